"""Exact posteriors of dose curves: against the other engine, draws from the prior, and their limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from mgmeta.bayes.curve_grid import CurvePosterior, fit_curve, normal_quantiles, weighted_quantiles
from mgmeta.bayes.curve_models import CurveModel, curve_models
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.loo import leave_one_out
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.splines import integrated
from mgmeta.errors import ConfigError

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
DOSE = np.array([200.0, 300.0, 365.0, 365.0, 450.0, 600.0])
Y = np.array([-0.5, -2.0, np.nan, -3.0, -1.0, np.nan])
SE = np.array([1.0, 1.5, 1.2, 2.0, 0.8, 1.6])
LOW = np.array([np.nan, np.nan, -2.4, np.nan, np.nan, np.nan])
HIGH = np.array([np.nan, np.nan, 2.4, np.nan, np.nan, -1.0])


@pytest.fixture(scope="module")
def points() -> DoseRows:
    return contrast_rows(Y, SE, DOSE, lower=LOW, upper=HIGH)


@pytest.fixture(scope="module")
def models(points: DoseRows) -> dict[str, CurveModel]:
    return {model.name: model for model in curve_models(points.dose)[0]}


@pytest.fixture(scope="module")
def fits(points: DoseRows, models: dict[str, CurveModel]) -> dict[str, CurvePosterior]:
    return {name: fit_curve(points, model, mu=MU, tau=TAU) for name, model in models.items()}


def test_one_effect_everywhere_is_the_pool_of_the_exact_engine(fits: dict[str, CurvePosterior]) -> None:
    rows = make_rows(Y, SE, LOW, HIGH)
    exact = fit_exact(rows, mu=MU, tau=TAU)
    found = fits["flat"]
    assert exact.log_marginal is not None
    assert found.log_marginal == pytest.approx(exact.log_marginal, abs=1e-5)
    levels = np.array([0.025, 0.25, 0.5, 0.75, 0.975])
    np.testing.assert_allclose(found.quantiles(365.0, levels), exact.mu.quantile(levels), atol=0.02)
    assert float(found.weights @ found.at(365.0)) == pytest.approx(exact.mu.mean, abs=1e-5)
    loo = leave_one_out(rows, mu=MU, tau=TAU, level=0.95)
    np.testing.assert_allclose(found.log_predictive, [row.log_predictive for row in loo.rows], atol=1e-4)


def log_likelihood(mean: np.ndarray, tau: np.ndarray) -> np.ndarray:
    sd = np.sqrt(SE**2 + tau[:, None] ** 2)
    number = ~np.isnan(Y)
    low, high = np.where(np.isnan(LOW), -np.inf, LOW), np.where(np.isnan(HIGH), np.inf, HIGH)
    parts = norm.logpdf(Y[number], mean[:, number], sd[:, number]).sum(axis=1)
    bound = ~number
    p = norm.cdf((high - mean)[:, bound] / sd[:, bound]) - norm.cdf((low - mean)[:, bound] / sd[:, bound])
    with np.errstate(divide="ignore"):
        return np.asarray(parts + np.log(p).sum(axis=1))


def by_powers(dose: np.ndarray, pair: np.ndarray, middle: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return fractional polynomials through 0 and two effects, by Cramer's rule, a pair of powers a draw."""
    powers = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0]
    sets = [(p, q) for i, p in enumerate(powers) for q in powers[i:]]

    def term(at: np.ndarray, p: float, logs: int) -> np.ndarray:
        x, x0 = (at + 200.0) / 100.0, np.array([2.0])
        value = [(np.log(z) if p == 0.0 else z**p) * np.log(z) ** logs for z in (x, x0)]
        return np.asarray(value[0] - value[1])

    out = np.empty((pair.size, dose.size))
    for number, (p, q) in enumerate(sets):
        mine = pair == number
        (a, c), (b, d) = term(np.array([365.0, 600.0]), p, 0), term(np.array([365.0, 600.0]), q, int(p == q))
        first = (middle[mine] * d - top[mine] * b) / (a * d - b * c)
        second = (a * top[mine] - c * middle[mine]) / (a * d - b * c)
        out[mine] = first[:, None] * term(dose, p, 0) + second[:, None] * term(dose, q, int(p == q))
    return out


@pytest.mark.parametrize("name", ["linear", "quadratic", "fp2", "emax", "sigmoid", "monotone"])
def test_the_posterior_is_the_prior_weighted_by_the_likelihood(
    fits: dict[str, CurvePosterior], name: str
) -> None:
    """Draws from the prior, told by the formula of each curve and not by its basis."""
    rng, n = np.random.default_rng(11), 400_000
    tau = np.abs(rng.normal(0.0, 5.0, n))
    middle, top = rng.normal(0.0, 10.0, n), rng.normal(0.0, 10.0, n)
    s = 365.0
    u, h = rng.uniform(size=n), 0.5 * 20.0 ** rng.uniform(size=n)
    pair, shares = rng.integers(36, size=n), rng.dirichlet(np.ones(3), n)
    if name == "emax":
        h = np.ones(n)

    def curve(dose: np.ndarray) -> np.ndarray:
        if name == "linear":
            return np.asarray(middle[:, None] * dose / s)
        if name == "quadratic":  # Lagrange through 0, s and 600
            at_s = dose * (600.0 - dose) / (s * (600.0 - s))
            at_top = dose * (dose - s) / (600.0 * (600.0 - s))
            return np.asarray(middle[:, None] * at_s + top[:, None] * at_top)
        if name == "fp2":
            return by_powers(dose, pair, middle, top)
        if name == "monotone":
            at_s = shares @ integrated(np.array([s]), (s,), 600.0)[0]
            return np.asarray(middle[:, None] * (shares @ integrated(dose, (s,), 600.0).T) / at_s[:, None])
        half = (s * (u / (1.0 - u)) ** (1.0 / h))[:, None]
        power = h[:, None]
        share = dose**power / (dose**power + half**power)
        return np.asarray(middle[:, None] * share / (s**power / (s**power + half**power)))

    log_l = log_likelihood(curve(DOSE), tau)
    weight = np.exp(log_l - logsumexp(log_l))
    effective = 1.0 / float((weight**2).sum())
    assert effective > 3000
    found = fits[name]
    assert found.log_marginal == pytest.approx(
        float(logsumexp(log_l)) - np.log(n), abs=4.0 / np.sqrt(effective)
    )
    for dose in (250.0, 550.0):
        value = curve(np.array([dose]))[:, 0]
        mean = float(weight @ value)
        sd = float(np.sqrt(weight @ (value - mean) ** 2))
        error = 4.0 * sd / np.sqrt(effective)
        assert float(found.weights @ found.at(dose)) == pytest.approx(mean, abs=error)
        ends = weighted_quantiles(value, weight, np.array([0.025, 0.975]))
        np.testing.assert_allclose(found.quantiles(dose, np.array([0.025, 0.975])), ends, atol=0.15 * sd)


def test_a_new_trial_varies_by_tau_as_well(fits: dict[str, CurvePosterior]) -> None:
    found = fits["linear"]
    weight, mean, sd = found.new_trial(365.0)
    assert weight.sum() == pytest.approx(1.0, abs=1e-5)
    variance = float(weight @ (mean**2 + sd**2)) - float(weight @ mean) ** 2
    value = found.at(365.0)
    own = float(found.weights @ value**2) - float(found.weights @ value) ** 2
    assert variance == pytest.approx(own + float(found.weights @ found.tau**2), rel=1e-5)


def test_precise_trials_settle_the_shape() -> None:
    dose = np.tile([50.0, 100.0, 200.0, 365.0, 600.0, 1000.0], 3)
    given = contrast_rows(-6.0 * dose / (150.0 + dose), np.full(dose.size, 0.1), dose)
    model = next(model for model in curve_models(dose)[0] if model.name == "emax")
    found = fit_curve(given, model, mu=MU, tau=TAU)
    shape = np.bincount(found.shape, found.weights, model.shapes.weights.size)
    low, middle, high = weighted_quantiles(model.shapes.ed50, shape, np.array([0.025, 0.5, 0.975]))
    assert low < 150.0 < high
    assert middle == pytest.approx(150.0, rel=0.15)
    assert float(np.minimum(shape, model.shapes.weights).sum()) < 0.3
    assert found.quantiles(282.5, np.array([0.5]))[0] == pytest.approx(-6.0 * 282.5 / 432.5, abs=0.1)


def test_improper_priors_and_trials_of_several_arms_are_refused(
    points: DoseRows, models: dict[str, CurveModel]
) -> None:
    with pytest.raises(ConfigError, match="needs proper priors"):
        fit_curve(points, models["linear"], mu=parse_mu("flat"), tau=TAU)
    arms = contrast_rows(
        [-1.0, -2.0], [1.0, 1.0], [200.0, 400.0], trial=["a", "a"], n_treated=[20, 20], n_control=[20, 20]
    )
    with pytest.raises(ConfigError, match="one row a trial"):
        fit_curve(arms, models["linear"], mu=MU, tau=TAU)


def test_a_single_dose_cannot_carry_two_anchors() -> None:
    models, refused = curve_models(np.full(5, 365.0))
    two = {"Quadratic", "Restricted cubic spline", "Fractional polynomial, degree 2"}
    assert two | {"Monotone spline"} == set(refused)
    assert "do not determine" in refused["Quadratic"]
    assert "between 0 and the largest dose" in refused["Monotone spline"]
    assert "emax" in {model.name for model in models}


def test_every_basis_is_one_at_its_own_anchor_and_zero_at_no_dose(models: dict[str, CurveModel]) -> None:
    for model in models.values():
        q = model.anchors.size
        basis = model.basis(model.anchors)
        np.testing.assert_allclose(basis, np.broadcast_to(np.eye(q), basis.shape), atol=1e-9)
        np.testing.assert_array_equal(model.basis(np.array([0.0])), 0.0)
        assert model.shapes.weights.sum() == pytest.approx(1.0)


def test_shares_of_the_spline_are_uniform_on_their_simplex(models: dict[str, CurveModel]) -> None:
    """Moments of Dirichlet(1, 1, 1): means 1/3, squares 1/6, products 1/12."""
    shapes = models["monotone"].shapes
    np.testing.assert_allclose(shapes.weights @ shapes.values, 1.0 / 3.0, rtol=1e-12)
    moments = np.einsum("s,si,sj->ij", shapes.weights, shapes.values, shapes.values)
    np.testing.assert_allclose(moments, (np.ones((3, 3)) + np.eye(3)) / 12.0, rtol=1e-12)


def test_the_monotone_spline_never_turns(fits: dict[str, CurvePosterior]) -> None:
    found = fits["monotone"]
    path = np.stack([found.at(dose) for dose in np.linspace(0.0, 600.0, 25)])
    steps = np.diff(path, axis=0) * np.sign(found.effects[:, 0])
    assert steps.min() >= -1e-9 * np.abs(path).max()


def test_quantiles_of_lattices_and_of_normals() -> None:
    lattice = np.linspace(-6.0, 6.0, 97)
    levels = np.array([0.025, 0.3, 0.5, 0.9])
    np.testing.assert_allclose(
        weighted_quantiles(lattice, norm.pdf(lattice), levels), norm.ppf(levels), atol=0.01
    )
    np.testing.assert_array_equal(weighted_quantiles(np.full(3, 2.0), np.ones(3), levels), 2.0)
    mixed = normal_quantiles(np.array([0.4, 0.6]), np.array([-1.0, 2.0]), np.array([1.0, 0.5]), levels)
    np.testing.assert_allclose(
        0.4 * norm.cdf(mixed + 1.0) + 0.6 * norm.cdf((mixed - 2.0) / 0.5), levels, atol=1e-8
    )
