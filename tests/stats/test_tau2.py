"""Estimators of tau2: algebra, solutions to rounding, global maxima."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mgmeta.errors import ConfigError
from mgmeta.stats.likelihood import loglik, score
from mgmeta.stats.moments import fit_tau2
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import TAU2_ESTIMATORS, tau2, tau2_se

RANDOM = [name for name in TAU2_ESTIMATORS if name not in ("FE", "EE")]
MMHG_IN_KPA = 0.133322387415

methods = st.sampled_from(RANDOM)
trials = st.integers(3, 12).flatmap(
    lambda k: st.tuples(
        arrays(float, k, elements=st.floats(-5, 5).map(lambda x: round(x, 3))),
        arrays(float, k, elements=st.floats(0.05, 4).map(lambda x: round(x, 3))),
    )
)


def near(value: float, expected: float, v: np.ndarray) -> bool:
    """Equal to rounding of v + tau2."""
    return abs(value - expected) <= 1e-9 * (expected + float(np.median(v)))


@given(trials, methods, st.randoms(use_true_random=False))
def test_the_order_of_trials_does_not_matter(data: tuple, method: str, random: object) -> None:
    y, v = data
    order = np.arange(y.size)
    random.shuffle(order)  # type: ignore[attr-defined]
    assert near(tau2(method, y[order], v[order]), tau2(method, y, v), v)


@given(trials, methods, st.sampled_from([MMHG_IN_KPA, 1 / MMHG_IN_KPA, 1e3, 1e-3]))
def test_units_scale_tau2_by_their_square(data: tuple, method: str, c: float) -> None:
    y, v = data
    assert near(tau2(method, c * y, c * c * v) / c**2, tau2(method, y, v), v)


@given(trials, methods, st.floats(-10, 10))
def test_sign_and_shift_do_not_matter(data: tuple, method: str, shift: float) -> None:
    y, v = data
    assert near(tau2(method, -y + shift, v), tau2(method, y, v), v)


@given(trials, methods)
def test_a_moderator_in_other_units_does_not_matter(data: tuple, method: str) -> None:
    y, v = data
    x = np.column_stack([np.ones(y.size), np.linspace(0, 1, y.size) ** 2])
    recoded = np.column_stack([x[:, 0], 1950 + 40 * x[:, 1]])
    assert near(tau2(method, y, v, recoded), tau2(method, y, v, x), v)


@given(st.integers(3, 20), st.floats(0.1, 3), st.integers(0, 1000))
def test_equal_variances_have_closed_forms(k: int, variance: float, seed: int) -> None:
    y = np.random.default_rng(seed).normal(0, 1.5, k)
    v = np.full(k, variance)
    unbiased = max(float(y.var(ddof=1)) - variance, 0.0)
    for method in ("DL", "HE", "REML", "EB", "PM"):
        assert tau2(method, y, v) == pytest.approx(unbiased, abs=1e-12)
    for method in ("ML", "HS"):
        assert tau2(method, y, v) == pytest.approx(max(float(y.var()) - variance, 0.0), abs=1e-12)


@settings(max_examples=60)
@given(trials, st.sampled_from(["ML", "REML"]), st.booleans())
def test_likelihood_solutions_are_global_maxima(data: tuple, method: str, wild: bool) -> None:
    y, v = data
    v = v**4 if wild else v
    restricted = method == "REML"
    found = tau2(method, y, v)
    sample = make_sample(y, v)
    best = loglik(sample, np.array([found]), restricted)[0]
    scan = np.concatenate([[0.0], np.geomspace(1e-4 * v.min(), 400.0 + v.max(), 400)])
    everywhere = [loglik(sample, np.array([t]), restricted)[0] for t in scan]
    assert max(everywhere) <= best + 1e-9
    slope = score(fit_tau2(sample, np.array([found])), restricted)[0]
    total = np.sum(1 / (v + found))
    assert slope <= 1e-11 * total if found == 0 else abs(slope) <= 1e-11 * total


def test_the_higher_of_two_maxima_is_taken() -> None:
    """Likelihoods with a maximum at 0 and another inside: the score has three sign changes."""
    y = np.array([1.61, 0.02, -1.59, -0.79, -0.02, -2.02])
    v = np.array([31.0631, 2.003, 4.5336, 3.0607, 0.001, 0.3819])
    sample = make_sample(y, v)
    scan = np.concatenate([[0.0], np.geomspace(1e-6, 50, 4000)])
    values = [loglik(sample, np.array([t]), False)[0] for t in scan]
    signs = np.sign([score(fit_tau2(sample, np.array([t])), False)[0] for t in scan])
    assert np.count_nonzero(np.diff(signs)) >= 2
    found = tau2("ML", y, v)
    assert loglik(sample, np.array([found]), False)[0] >= max(values) - 1e-12


@given(trials, st.sampled_from(["PM", "EB"]))
def test_paule_mandel_solves_its_equation(data: tuple, method: str) -> None:
    y, v = data
    found = tau2(method, y, v)
    q = fit_tau2(make_sample(y, v), np.array([found])).q[0]
    df = y.size - 1
    assert q <= df * (1 + 1e-12) if found == 0 else q == pytest.approx(df, rel=1e-12)


@given(trials, methods)
def test_identical_effects_have_no_heterogeneity(data: tuple, method: str) -> None:
    _, v = data
    assert tau2(method, np.full(v.size, 0.7), v) == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize("method", RANDOM)
def test_standard_errors_are_positive_and_scale(method: str) -> None:
    rng = np.random.default_rng(1)
    y, v = rng.normal(0, 1, 15), rng.uniform(0.2, 1, 15)
    t = tau2(method, y, v)
    se = tau2_se(method, y, v, None, t)
    assert se > 0
    assert tau2_se(method, 3 * y, 9 * v, None, 9 * t) == pytest.approx(9 * se)


def test_moment_standard_error_is_that_of_simulation() -> None:
    rng = np.random.default_rng(3)
    v = rng.uniform(0.2, 1.5, 12)
    truth = 2.0
    from mgmeta.stats.batch import pool_batch

    y = rng.normal(0, np.sqrt(v + truth), (40_000, 12))
    for method in ("DL", "HE"):  # rarely truncated here, so unbiased
        drawn = pool_batch(y, v, method=method).tau2
        assert drawn.mean() == pytest.approx(truth, abs=0.03)
        assert drawn.std() == pytest.approx(tau2_se(method, y[0], v, None, truth), rel=0.03)


def test_an_unknown_method_is_told_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match="'reml' is unknown; choose one of FE, EE, DL"):
        tau2("reml", [1.0, 2.0], [1.0, 1.0])


def test_no_degrees_of_freedom_is_no_heterogeneity() -> None:
    for method in RANDOM:
        assert tau2(method, [1.0], [0.5]) == 0.0


def test_one_trial_a_trillion_times_as_precise_leaves_dersimonian_laird_exact() -> None:
    from fractions import Fraction

    y, v = [0.25, 1.5, -2.0, 0.5], [2.0**-40, 0.5, 2.0, 1.0]
    w, effects = [1 / Fraction(x) for x in v], [Fraction(x) for x in y]
    total = sum(w)
    mean = sum(a * b for a, b in zip(w, effects, strict=True)) / total
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, effects, strict=True))
    exact = (q - 3) / (total - sum(a * a for a in w) / total)
    assert tau2("DL", y, v) == pytest.approx(float(exact), rel=1e-12)


def test_extreme_numbers_are_solved() -> None:
    rng = np.random.default_rng(5)
    y, v = rng.normal(0, 1, 8), rng.uniform(0.5, 1, 8)
    for scale in (1e-8, 1e8):
        for method in ("ML", "REML", "PM"):
            assert tau2(method, scale * y, scale**2 * v) == pytest.approx(
                scale**2 * tau2(method, y, v), rel=1e-9, abs=1e-12 * scale**2
            )
    precise = np.array([1e-12, 1.0, 1.0, 2.0, 1.5])
    assert np.isfinite(tau2("REML", [0.0, 1.0, -1.0, 3.0, 2.0], precise))
