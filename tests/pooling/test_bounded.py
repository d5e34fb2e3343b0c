"""Maximum likelihood from numbers and bounds: truth, a second method, limits, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import chdtri, log_ndtr, ndtr, ndtri, stdtr, stdtrit

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import BoundedFit, fit_bounded
from mgmeta.pooling.bounded_likelihood import prepare
from mgmeta.stats.likelihood import loglik
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]
Data = tuple[Array, Array, Array, Array]
SEEDS = st.integers(0, 10_000)


def simulate(
    rng: np.random.Generator, k: int, mu: float = -2.0, tau: float = 2.0, hidden: float = 0.7
) -> Data:
    """Trials of which some non-significant ones say so and a few significant ones only "lower"."""
    se = rng.uniform(1.0, 4.0, k)
    y = rng.normal(rng.normal(mu, tau, k), se)
    low, high = np.full(k, -np.inf), np.full(k, np.inf)
    limit = 1.96 * se
    words = rng.random(k) < hidden
    not_significant = words & (np.abs(y) < limit)
    lower = words & (y < -limit) & (rng.random(k) < 0.3)
    low[not_significant], high[not_significant] = -limit[not_significant], limit[not_significant]
    high[lower] = -limit[lower]
    y[not_significant | lower] = np.nan
    return y, se, low, high


def direct(data: Data, x: Array, theta: Array) -> float:
    """Return the log-likelihood written down the plain way."""
    y, se, low, high = data
    v = theta[-1] + se**2
    eta, s = x @ theta[:-1], np.sqrt(v)
    number = ~np.isnan(y)
    z = (y[number] - eta[number]) / s[number]
    inside = ndtr((high - eta) / s) - ndtr((low - eta) / s)
    return float(-0.5 * np.sum(z * z + np.log(2 * np.pi * v[number])) + np.sum(np.log(inside[~number])))


def climb(data: Data, x: Array, start: Array, fixed: dict[int, float] | None = None) -> float:
    """Return the highest log-likelihood that Nelder-Mead finds, some parameters fixed."""
    held = fixed or {}
    free = [i for i in range(len(start)) if i not in held]

    def whole(part: Array) -> Array:
        theta = start.copy()
        theta[free] = part
        for i, value in held.items():
            theta[i] = value
        theta[-1] = theta[-1] ** 2  # tau moves, tau2 stays above 0
        return theta

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
    tops = []
    for tau in (0.1, 1.5, 4.0):
        first = start.copy()
        first[-1] = tau
        found = minimize(
            lambda part: -direct(data, x, whole(part)), first[free], method="Nelder-Mead", options=options
        )
        tops.append(-float(found.fun))
    return max(tops)


@pytest.fixture(scope="module")
def regression() -> tuple[Data, Array, BoundedFit]:
    rng = np.random.default_rng(11)
    data = simulate(rng, 25)
    x = np.column_stack([np.ones(25), rng.normal(size=25)])
    return data, x, fit_bounded(*data, x)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_search_without_derivatives(seed: int) -> None:
    data = simulate(np.random.default_rng(seed), 14)
    x = np.ones((14, 1))
    fit = fit_bounded(*data)
    assert direct(data, x, np.append(fit.beta, fit.tau2)) == pytest.approx(fit.loglik, rel=1e-12)
    assert climb(data, x, np.array([-2.0, 1.0])) == pytest.approx(fit.loglik, abs=1e-6)


@pytest.mark.parametrize("kind", ["t", "chi2"])
@pytest.mark.parametrize("term", [0, 1])
@pytest.mark.parametrize("side", ["low", "high"])
def test_profile_falls_by_exactly_the_calibrated_amount(
    regression: tuple[Data, Array, BoundedFit], kind: str, term: int, side: str
) -> None:
    data, x, fit = regression
    end = getattr(fit, f"ci_{side}" + ("_chi2" if kind == "chi2" else ""))[term]
    drop = stdtrit(23, 0.975) ** 2 if kind == "t" else chdtri(1, 0.05)
    profile = climb(data, x, np.array([*fit.beta, 1.0]), {term: float(end)})
    assert 2.0 * (fit.loglik - profile) == pytest.approx(drop, abs=1e-6)


def test_p_value_is_the_t_tail_of_the_likelihood_ratio(regression: tuple[Data, Array, BoundedFit]) -> None:
    data, x, fit = regression
    for term in (0, 1):
        ratio = 2.0 * (fit.loglik - climb(data, x, np.array([*fit.beta, 1.0]), {term: 0.0}))
        assert fit.p_value[term] == pytest.approx(2.0 * stdtr(23, -np.sqrt(ratio)), rel=1e-5)


@given(SEEDS, st.floats(-6, 6), st.floats(-2, 2), st.floats(0.01, 40))
def test_gradient_and_hessian_are_those_of_finite_differences(
    seed: int, mu: float, slope: float, between: float
) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(10), rng.normal(size=10)])
    problem = prepare(*simulate(rng, 10), x)
    theta = np.array([[mu, slope, between]]) / problem.scale
    at = problem.derivatives(theta)
    steps = 1e-5 * np.diag([1.0, 1.0, theta[0, -1]])
    for i, step in enumerate(steps):
        width = 2.0 * step[i]
        rise = (problem.loglik(theta + step) - problem.loglik(theta - step))[0] / width
        bend = (problem.derivatives(theta + step).gradient - problem.derivatives(theta - step).gradient)[0]
        assert at.gradient[0, i] == pytest.approx(rise, rel=1e-5, abs=1e-5)
        assert at.hessian[0, i] == pytest.approx(bend / width, rel=1e-5, abs=1e-5)


@given(SEEDS)
def test_gradient_vanishes_at_the_maximum(seed: int) -> None:
    data = simulate(np.random.default_rng(seed), 12)
    fit = fit_bounded(*data, term_profile=False)
    problem = prepare(*data, np.ones((12, 1)))
    gradient = problem.derivatives(
        np.array([[fit.beta[0] / problem.scale, fit.tau2 / problem.scale**2]])
    ).gradient
    assert abs(gradient[0, 0]) < 1e-9
    assert abs(gradient[0, 1]) < 1e-9 if fit.tau2 > 0 else gradient[0, 1] <= 1e-9


@given(SEEDS)
def test_numbers_alone_are_plain_maximum_likelihood(seed: int) -> None:
    rng = np.random.default_rng(seed)
    se, x = rng.uniform(1, 4, 12), np.column_stack([np.ones(12), rng.normal(size=12)])
    y = rng.normal(-2, 3, 12)
    fit = fit_bounded(y, se, np.full(12, -9.0), np.full(12, 9.0), x, term_profile=False)
    between = tau2("ML", y, se**2, x)
    plain = wls(y, 1.0 / (se**2 + between), x)
    assert fit.tau2 == pytest.approx(between, rel=1e-8, abs=1e-8)
    assert fit.beta == pytest.approx(plain.beta, rel=1e-8, abs=1e-8)
    sample = make_sample(y, se**2, x)
    assert fit.loglik == pytest.approx(
        float(loglik(sample, np.array([between]), restricted=False)[0]), rel=1e-10
    )
    share = 100.0 / (se**2 + fit.tau2)
    assert fit.weights == pytest.approx(share / np.sum(1.0 / (se**2 + fit.tau2)), rel=1e-10)


def test_numbers_alone_reproduce_metafor(bcg: Any) -> None:
    wanted = bcg.figures["fits"]["ML"]["z"]
    fit = fit_bounded(bcg.y, np.sqrt(bcg.v), np.full(13, np.nan), np.full(13, np.nan))
    assert fit.beta[0] == pytest.approx(wanted["b"][0], rel=1e-8)
    assert fit.tau2 == pytest.approx(wanted["tau2"], rel=1e-8)
    assert fit.i2 == pytest.approx(wanted["I2"], rel=1e-8)
    assert fit.loglik == pytest.approx(wanted["logLik_ML"], rel=1e-8)
    assert (fit.k, fit.k_numeric, fit.k_bounds, fit.df) == (13, 13, 0, 12)


def test_equal_variances_have_a_closed_form() -> None:
    """y = -4, -2, 0, 2 with SE 1: mean -1, tau2 = 5 - 1, and l(mu) = -2 log(5 + (mu + 1)^2) + const."""
    fit = fit_bounded([-4.0, -2.0, 0.0, 2.0], np.ones(4), np.full(4, -np.inf), np.full(4, np.inf))
    assert fit.beta[0] == pytest.approx(-1.0, abs=1e-12)
    assert fit.tau2 == pytest.approx(4.0, rel=1e-12)
    assert fit.i2 == pytest.approx(80.0, rel=1e-12)
    half = np.sqrt(5.0 * np.expm1(stdtrit(3, 0.975) ** 2 / 4.0))
    assert fit.ci_high[0] == pytest.approx(-1.0 + half, rel=1e-10)
    assert fit.ci_low[0] == pytest.approx(-1.0 - half, rel=1e-10)
    assert fit.se[0] == pytest.approx(np.sqrt(5.0 / 4.0), rel=1e-12)
    reach = stdtrit(2, 0.975) * np.sqrt(4.0 + 5.0 / 4.0)
    assert (fit.pi_low, fit.pi_high) == pytest.approx((-1.0 - reach, -1.0 + reach), rel=1e-12)


def test_ridge_of_equal_likelihood_is_refused() -> None:
    """Three of four equal trials say Z < 0: only mu / sqrt(tau2 + SE^2) = -ndtri(3/4) is known."""
    inf = np.inf
    with pytest.raises(FitError, match="flat along intercept"):
        fit_bounded(np.full(4, np.nan), np.full(4, 2.0), [-inf, -inf, -inf, 0.0], [0.0, 0.0, 0.0, inf])


def test_signs_at_two_limits_have_a_closed_form() -> None:
    """P(Z < -1) = 1/2 and P(Z < 1) = 3/4 of equal trials: mu = -1, sqrt(tau2 + SE^2) = 2 / ndtri(3/4)."""
    limit = np.repeat([-1.0, 1.0], 4)
    below = np.array([1, 1, 0, 0, 1, 1, 1, 0], dtype=bool)
    low, high = np.where(below, -np.inf, limit), np.where(below, limit, np.inf)
    fit = fit_bounded(np.full(8, np.nan), np.full(8, 0.5), low, high, term_profile=False)
    assert fit.beta[0] == pytest.approx(-1.0, abs=1e-9)
    assert fit.tau2 == pytest.approx((2.0 / ndtri(0.75)) ** 2 - 0.25, rel=1e-9)
    assert fit.loglik == pytest.approx(4 * np.log(0.5) + 3 * np.log(0.75) + np.log(0.25), rel=1e-12)


def test_narrow_bound_is_a_number() -> None:
    y, se, low, high = simulate(np.random.default_rng(5), 12, hidden=0.0)
    numbers = fit_bounded(y, se, low, high)
    width = 1e-4
    narrow = fit_bounded(np.full(12, np.nan), se, y - width / 2, y + width / 2)
    assert narrow.beta == pytest.approx(numbers.beta, abs=1e-7)
    assert narrow.tau2 == pytest.approx(numbers.tau2, abs=1e-7)
    assert narrow.ci_low == pytest.approx(numbers.ci_low, abs=1e-6)
    assert narrow.p_value == pytest.approx(numbers.p_value, rel=1e-6)
    assert narrow.weights == pytest.approx(numbers.weights, rel=1e-6)
    assert narrow.loglik == pytest.approx(numbers.loglik + 12 * np.log(width), rel=1e-8)


def test_wide_bound_changes_nothing() -> None:
    y, se, low, high = simulate(np.random.default_rng(6), 12)
    without = fit_bounded(y, se, low, high)
    wide = fit_bounded(np.append(y, np.nan), np.append(se, 2.0), np.append(low, -1e3), np.append(high, 1e3))
    assert wide.beta == pytest.approx(without.beta, abs=1e-10)
    assert wide.tau2 == pytest.approx(without.tau2, abs=1e-10)
    assert wide.ci_low_chi2 == pytest.approx(without.ci_low_chi2, abs=1e-9)
    assert wide.weights[-1] == pytest.approx(0.0, abs=1e-12)
    assert wide.df == without.df + 1


def test_symmetric_bounds_alone_say_zero() -> None:
    se = np.array([1.0, 2.0, 3.0, 1.5])
    fit = fit_bounded(np.full(4, np.nan), se, -1.96 * se, 1.96 * se)
    assert fit.beta[0] == pytest.approx(0.0, abs=1e-10)
    assert fit.ci_low[0] == pytest.approx(-fit.ci_high[0], rel=1e-9)
    assert fit.p_value[0] == pytest.approx(1.0, abs=1e-7)
    assert fit.tau2 == 0.0


def test_bounds_do_not_bound_what_they_do_not_see() -> None:
    """One-sided bounds that overlap: the likelihood has a maximum but never falls to nothing."""
    inf = np.inf
    fit = fit_bounded(np.full(3, np.nan), np.ones(3), [-inf, -2.0, -inf], [2.0, inf, 1.5])
    assert np.isfinite(fit.beta[0])
    assert (fit.ci_low[0], fit.ci_high[0]) == (-inf, inf)
    assert sum("never falls far enough" in warning for warning in fit.warnings) == 2


def test_without_degrees_of_freedom_only_chi2_is_left() -> None:
    fit = fit_bounded([-3.0], [2.0], [np.nan], [np.nan])
    assert fit.df == 0
    assert np.isnan(fit.ci_low[0]) and np.isnan(fit.p_value[0]) and np.isnan(fit.pi_low)
    assert np.isfinite(fit.ci_low_chi2[0])
    assert any("no degrees of freedom" in warning for warning in fit.warnings)


def test_profile_can_be_skipped() -> None:
    data = simulate(np.random.default_rng(3), 10)
    full, bare = fit_bounded(*data), fit_bounded(*data, term_profile=False)
    assert np.isnan(bare.ci_low).all() and np.isnan(bare.p_value).all()
    assert (bare.beta == full.beta).all() and bare.tau2 == full.tau2


NO = float("nan")
INF = float("inf")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([], [], [], []), "no rows"),
        (([NO] * 3, [1.0] * 3, [-INF] * 3, [-2.0] * 3), "open on the same side"),
        (([NO] * 2, [1.0] * 2, [-INF, 2.0], [-2.0, INF]), "keeps rising as tau grows"),
        (([1.0, 2.0], [1.0, 0.0], [NO] * 2, [NO] * 2), "row 2: se is 0"),
        (([1.0, 2.0], [1.0, NO], [NO] * 2, [NO] * 2), "row 2: se is nan"),
        (([1.0, INF], [1.0, 1.0], [NO] * 2, [NO] * 2), "row 2: y is inf"),
        (([NO, 2.0], [1.0, 1.0], [1.0, NO], [1.0, NO]), "row 1: lower is 1, not below upper"),
        (([NO, 2.0], [1.0, 1.0], [NO, NO], [NO, NO]), "row 1: neither a number nor a bound"),
        (([1.0, 2.0], [1.0], [NO] * 2, [NO] * 2), r"\(2, 1, 2, 2\) values"),
        (([NO] * 2, [0.1] * 2, [-50.0, -40.0], [50.0, 60.0]), "flat along intercept"),
    ],
)
def test_says_why_it_cannot_fit(arguments: tuple[list[float], ...], words: str) -> None:
    with pytest.raises(FitError, match=words):
        fit_bounded(*arguments)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.ones((4, 2)), "collinear"),
        (np.ones((3, 1)), "shape"),
        (np.column_stack([np.ones(4), [1, 2, NO, 4]]), "row 3: moderator column 2 is missing"),
        (np.random.default_rng(0).normal(size=(4, 5)), "4 rows for 5 coefficients"),
    ],
)
def test_says_what_is_wrong_with_the_design(x: Array, words: str) -> None:
    with pytest.raises(FitError, match=words):
        fit_bounded([1.0, 2.0, 3.0, 5.0], np.ones(4), np.full(4, NO), np.full(4, NO), x)


def test_moderator_seen_only_by_bounds_of_one_side_is_refused() -> None:
    """Group 1 has only "lower": its difference from group 0 runs to minus infinity."""
    group = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    y = np.array([-1.0, 0.0, -2.0, NO, NO])
    high = np.array([NO, NO, NO, -2.0, -3.0])
    with pytest.raises(FitError, match="combination of moderators"):
        fit_bounded(y, np.ones(5), np.full(5, NO), high, np.column_stack([np.ones(5), group]))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_level_is_a_fraction(level: float) -> None:
    with pytest.raises(FitError, match="fraction between 0 and 1"):
        fit_bounded([1.0, 2.0], [1.0, 1.0], [NO] * 2, [NO] * 2, level=level)


def test_names_must_match_the_design() -> None:
    with pytest.raises(FitError, match="2 names for 1 coefficients"):
        fit_bounded([1.0, 2.0], [1.0, 1.0], [NO] * 2, [NO] * 2, names=["a", "b"])


def test_far_away_bounds_keep_their_digits() -> None:
    """At a mean 30 SE beyond its bound a trial still pulls with the inverse Mills ratio."""
    problem = prepare(
        np.array([NO, 0.0]), np.ones(2), np.array([-INF, NO]), np.array([0.0, NO]), np.ones((2, 1))
    )
    at = problem.derivatives(np.array([[30.0, 0.0]]))
    pull = np.exp(-0.5 * 30.0**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-30.0))
    assert at.gradient[0, 0] == pytest.approx(-30.0 - pull, rel=1e-12)


def test_memory_does_not_grow_with_the_square_of_the_trials() -> None:
    """A k by k matrix of 6,000 trials would take 288 MB."""
    import tracemalloc

    rng = np.random.default_rng(20160324)
    se = rng.uniform(0.7, 3.0, 6000)
    y = np.where(np.arange(6000) % 3 == 0, np.nan, rng.normal(-2.0, 2.0, 6000))
    tracemalloc.start()
    try:
        fit_bounded(y, se, -2.0 * se, 2.0 * se)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60e6
