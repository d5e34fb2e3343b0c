"""Dose curves in PyMC: their density by plain formulas, and (long) their draws against the quadrature."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import halfnorm, norm

from mgmeta.bayes import curve_pymc, curve_sampled
from mgmeta.bayes.checks import loo
from mgmeta.bayes.curve_grid import CurvePosterior, fit_curve
from mgmeta.bayes.curve_models import curve_models
from mgmeta.bayes.curve_sampled import both_engines, log_likelihood, loo_error
from mgmeta.bayes.diagnostics import Diagnostics
from mgmeta.bayes.family import Fit
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.spec import SamplerSettings
from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.simulation import Design, emax_truth, simulate_rows
from mgmeta.dose.splines import integrated

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
nan = np.nan
DOSE = np.array([200.0, 300.0, 365.0, 365.0, 450.0, 600.0])
Y = np.array([-0.5, -2.0, nan, -3.0, -1.0, nan])
SE = np.array([1.0, 1.5, 1.2, 2.0, 0.8, 1.6])
LOW, HIGH = np.array([nan, nan, -2.4, nan, nan, nan]), np.array([nan, nan, 2.4, nan, nan, -1.0])
POINTS = contrast_rows(Y, SE, DOSE, lower=LOW, upper=HIGH)
MODELS = {model.name: model for model in curve_models(DOSE)[0] if model.name not in curve_pymc.DISCRETE}
S, TOP = 365.0, 600.0


def formula(name: str, dose: Any, p: dict[str, float]) -> Any:
    """Return each curve as its definition has it."""
    x, a = dose / S, p["first"]
    if name == "flat":
        return np.full(dose.shape, a)
    if name == "linear":
        return a * x
    if name == "loglinear":
        return a * np.log1p(x) / math.log(2.0)
    if name == "quadratic":  # Lagrange through 0, s and the largest dose
        return a * dose * (TOP - dose) / (S * (TOP - S)) + p["second"] * dose * (dose - S) / (TOP * (TOP - S))
    if name == "monotone":
        rest = math.sqrt(p["v"])
        w = np.array([rest * (1.0 - p["u"]), rest * p["u"], 1.0 - rest])
        return a * (integrated(dose, (S,), TOP) @ w) / (integrated(np.array([S]), (S,), TOP) @ w)
    h = 0.5 * 20.0 ** p["v"] if name == "sigmoid" else 1.0
    half = S * (p["u"] / (1.0 - p["u"])) ** (1.0 / h)
    return a * dose**h / (dose**h + half**h) * (S**h + half**h) / S**h


def rows_by_hand(mean: Any, tau: float) -> Any:
    sd = np.sqrt(SE**2 + tau**2)
    low, high = np.where(np.isnan(LOW), -np.inf, LOW), np.where(np.isnan(HIGH), np.inf, HIGH)
    interval = np.log(norm.cdf((high - mean) / sd) - norm.cdf((low - mean) / sd))
    return np.where(np.isnan(Y), interval, norm.logpdf(np.nan_to_num(Y), mean, sd))


@pytest.fixture(scope="module")
def density() -> Any:
    """Log density of the model in its natural parameters, interpreted: compiling takes a minute."""
    pm = load_pymc()
    model = curve_pymc.build(MU, TAU)
    function = model.compile_logp(jacobian=False, mode="FAST_COMPILE")

    def at(data: dict[str, Any], p: dict[str, float]) -> float:
        with model:
            pm.set_data(data)
        return float(
            function(
                {
                    "first": p["first"],
                    "second": p["second"],
                    "tau_softplus__": math.log(math.expm1(p["tau"])),  # its knee lies at 1
                    "u_interval__": math.log(p["u"] / (1.0 - p["u"])),
                    "v_interval__": math.log(p["v"] / (1.0 - p["v"])),
                }
            )
        )

    return at


@pytest.mark.parametrize("name", ["flat", "linear", "loglinear", "quadratic", "emax", "sigmoid", "monotone"])
def test_the_density_is_that_of_the_formulas(density: Any, name: str) -> None:
    rng = np.random.default_rng(6)
    model = MODELS[name]
    data = curve_pymc.curve_data(POINTS, model)
    for _ in range(8):
        first, second = rng.normal(-2.0, 3.0, 2)
        u, v = rng.uniform(0.02, 0.98, 2)
        p = {"first": first, "second": second, "tau": abs(rng.normal(0.0, 3.0)) + 0.05, "u": u, "v": v}
        rows = rows_by_hand(formula(name, DOSE, p), p["tau"])
        prior = norm.logpdf([first, second], 0.0, 10.0).sum() + halfnorm.logpdf(p["tau"], scale=5.0)
        # PyMC rounds the constant of its half-normal.
        assert density(data, p) == pytest.approx(float(rows.sum() + prior), abs=1e-6)
        draws = {key: np.full((1, 1), value) for key, value in p.items()}
        kept = {key: value.ravel() for key, value in curve_pymc.unpack(model)(draws).items()}
        np.testing.assert_allclose(log_likelihood(POINTS, model, kept)[0], rows, atol=1e-10)
        at = np.array([150.0, 500.0, 600.0])
        np.testing.assert_allclose(
            curve_pymc.curve_at(POINTS, model, kept, at)[0], formula(name, at, p), rtol=1e-10
        )


def test_the_error_of_leave_one_out_is_that_of_repeats() -> None:
    """Draws of a normal mean, 150 times: spread of the elpd against the error that each run states."""
    rng = np.random.default_rng(3)
    y, found, stated = np.array([-1.0, 0.2, 0.9]), [], []
    for _ in range(150):
        theta = rng.normal(0.0, 0.5, 800)
        log_p = norm.logpdf(y, theta[:, None], 1.0)
        found.append(loo(log_p, ("a", "b", "c")).elpd)
        stated.append(loo_error(log_p, (4, 200)))
    assert np.mean(stated) == pytest.approx(np.std(found, ddof=1), rel=0.2)


def as_draws(exact: CurvePosterior, rng: np.random.Generator) -> dict[str, Any]:
    """Draw independent parameters from the nodes of the quadrature, four chains of 1,500."""
    at = rng.choice(exact.weights.size, 6000, p=exact.weights / exact.weights.sum())
    name, shape = exact.model.name, exact.model.shapes.values[exact.shape[at]]
    found = {"first": exact.effects[at, 0], "second": exact.effects[at, -1], "tau": exact.tau[at]}
    found |= {"u": np.zeros(6000), "v": np.zeros(6000)}
    if name in ("emax", "sigmoid"):
        found["u"] = shape[:, 0]
    if name == "sigmoid":
        found["v"] = np.log(shape[:, 1] / 0.5) / math.log(20.0)
    if name == "monotone":
        found |= {"u": shape[:, 1] / (1.0 - shape[:, 2]), "v": (1.0 - shape[:, 2]) ** 2}
    return {key: value.reshape(4, 1500) for key, value in found.items()}


def test_draws_of_the_quadrature_agree_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that follows the sampler, with draws known to be right: curves, leave-one-out, weights."""
    rng = np.random.default_rng(12)

    def instead(
        compiled: Any, data: Any, names: Any, sampler: Any, *, unpack: Any, model: str, **_: Any
    ) -> Fit:
        exact = fit_curve(POINTS, MODELS[model.split("_")[1]], mu=MU, tau=TAU)
        draws = Draws(unpack(as_draws(exact, rng)), {})
        return Fit(draws, Diagnostics(True, (), 1.0, 6e3, 6e3, 0, 1.0), {}, 0.95)

    monkeypatch.setattr(curve_sampled, "_compile", lambda mu, tau: None)
    monkeypatch.setattr(curve_sampled, "fit", instead)
    found = both_engines(
        POINTS, [200.0, 368.0, 800.0], mu=MU, tau=TAU, level=0.95, sampler=SamplerSettings(1, 1, 1, 0.9, 1)
    )
    assert found["not_sampled"] == ["Fractional polynomial, degree 1", "Fractional polynomial, degree 2"]
    assert {row["curve"] for row in found["curves"]} == set(MODELS)
    for row in found["curves"]:
        for place in row["at"]:  # 48 of them: four errors
            assert max(abs(place["off"]), abs(place["off_sd"])) < 4.0, (row["curve"], place)
        if not row["warnings"]:  # with k-hat above 0.7 the error of importance sampling is not known
            assert abs(row["elpd"] - row["exact_elpd"]) < 4.0 * row["elpd_mcse"] + 0.01, row
    assert any(not row["warnings"] for row in found["curves"])
    # The curves predict these six rows alike, so weights say little; what they lose does.
    assert -1e-6 <= found["stacking_loss"] < 0.3


def cases() -> dict[str, DoseRows]:
    """Return six rows, and 30 trials of an Emax truth of which many say it in words."""
    design = Design(k=30, verbal=0.8)
    return {"six": POINTS, "thirty": simulate_rows(emax_truth(-6.0, 250.0), design, np.random.default_rng(9))}


@pytest.mark.long
@pytest.mark.parametrize("case", ["six", "thirty"])
def test_both_engines_agree(case: str) -> None:
    """Mean and SD of every curve at three doses, and the elpd, within three Monte Carlo errors; weights."""
    found = both_engines(
        cases()[case],
        [200.0, 368.0, 800.0],
        mu=MU,
        tau=TAU,
        level=0.95,
        sampler=SamplerSettings(4000, 1000, 4, 0.95, 20160324),
        name=case,
    )
    assert {row["curve"] for row in found["curves"]} == set(MODELS)
    for row in found["curves"]:
        assert row["diagnostics"].ok, (row["curve"], row["diagnostics"])
        for place in row["at"]:
            assert abs(place["off"]) < 3.0, (row["curve"], place)
            assert abs(place["off_sd"]) < 3.0, (row["curve"], place)
        if not row["warnings"]:
            assert abs(row["elpd"] - row["exact_elpd"]) < 3.0 * row["elpd_mcse"] + 0.01, row
        if case == "thirty":  # the curves predict the six rows alike: their weights are a toss-up
            assert row["stacking"] == pytest.approx(row["exact_stacking"], abs=0.02), row
    assert -1e-6 <= found["stacking_loss"] < 0.3
