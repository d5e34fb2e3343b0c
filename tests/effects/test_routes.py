"""Routes against the tests they undo: scipy's t tests on simulated people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from mgmeta.effects.arms import Arms
from mgmeta.effects.routes import (
    P_ROUTE_MAX_FACTOR,
    ROUTES,
    from_baseline_final,
    from_changes,
    from_ci,
    from_finals,
    from_p,
    from_se,
)

PARALLEL = Arms(23, 31, "row", False)
CROSSOVER = Arms(18, 18, "row", True)


def people(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(-5, 14, PARALLEL.n_mg), rng.normal(-2, 11, PARALLEL.n_control)


def pooled_se(a: np.ndarray, b: np.ndarray) -> float:
    df = a.size + b.size - 2
    variance = ((a.size - 1) * a.var(ddof=1) + (b.size - 1) * b.var(ddof=1)) / df
    return math.sqrt(variance * (1 / a.size + 1 / b.size))


@pytest.mark.parametrize("seed", range(5))
def test_ci_of_a_two_sample_t_test_gives_back_its_se(make_report, seed):
    mg, control = people(seed)
    interval = stats.ttest_ind(mg, control).confidence_interval(0.95)
    report = make_report(
        difference=f"{mg.mean() - control.mean():.9f}",
        ci_low=f"{interval.low:.9f}",
        ci_high=f"{interval.high:.9f}",
        ci_level="0.95",
    )
    result = from_ci(report, PARALLEL)
    assert result.se == pytest.approx(pooled_se(mg, control), rel=1e-7)
    assert result.df == 52 and result.route == "1_ci"


def test_ci_without_arm_sizes_takes_the_normal_quantile(make_report):
    report = make_report(difference="-2.000", ci_low="-3.960", ci_high="-0.040")
    result = from_ci(report, Arms(None, None, "missing", False))
    assert result.se == pytest.approx(1.0, abs=1e-4) and result.df is None


@pytest.mark.parametrize("seed", range(5))
def test_exact_p_gives_back_the_se(make_report, seed):
    mg, control = people(seed)
    p = stats.ttest_ind(mg, control).pvalue
    report = make_report(difference=f"{mg.mean() - control.mean():.9f}", p_value=f"{p:.9f}", p_relation="=")
    result = from_p(report, PARALLEL)
    assert result.se == pytest.approx(pooled_se(mg, control), rel=1e-6)


def test_crossover_p_uses_the_paired_t_test(make_report):
    rng = np.random.default_rng(3)
    control = rng.normal(150, 15, CROSSOVER.n_mg)
    mg = control + rng.normal(-4, 8, CROSSOVER.n_mg)
    p = stats.ttest_rel(mg, control).pvalue
    report = make_report(
        contrast="crossover",
        mg_final_mean=f"{mg.mean():.9f}",
        control_final_mean=f"{control.mean():.9f}",
        p_value=f"{p:.12f}",
        p_relation="=",
    )
    result = from_p(report, CROSSOVER)
    assert result.route == "7_crossover_p" and result.df == 17
    assert result.se == pytest.approx((mg - control).std(ddof=1) / math.sqrt(18), rel=1e-6)


def test_changes_finals_and_baselines_equal_the_sums_over_people(make_report):
    rng = np.random.default_rng(11)
    arms = {}
    for name, n, shift in (("mg", 23, -6.0), ("control", 31, -1.0)):
        baseline = rng.normal(150, 14, n)
        final = 0.5 * (baseline - 150) + 150 + shift + rng.normal(0, 10, n)
        # Force the sample correlation and equal it across arms: the identity is then exact.
        z = stats.zscore(final - np.polyval(np.polyfit(baseline, final, 1), baseline), ddof=1)
        final = 150 + shift + 12 * (0.5 * stats.zscore(baseline, ddof=1) + math.sqrt(0.75) * z)
        arms[name] = baseline, final
    cells: dict[str, str] = {}
    for name, (baseline, final) in arms.items():
        for quantity, values in (("baseline", baseline), ("final", final), ("change", final - baseline)):
            cells[f"{name}_{quantity}_mean"] = f"{values.mean():.10f}"
            cells[f"{name}_{quantity}_sd"] = f"{values.std(ddof=1):.10f}"
    report = make_report(**cells)
    (b1, f1), (b2, f2) = arms["mg"], arms["control"]
    welch = math.sqrt((f1 - b1).var(ddof=1) / 23 + (f2 - b2).var(ddof=1) / 31)
    effect = (f1 - b1).mean() - (f2 - b2).mean()
    for result in (
        from_changes(report, PARALLEL, "sd", 0.9),
        from_baseline_final(report, PARALLEL, "sd", 0.5),
    ):
        assert result.estimate == pytest.approx(effect, abs=1e-8)
        assert result.se == pytest.approx(welch, rel=1e-7)
    finals = from_finals(report, PARALLEL, "sd", 0.5)
    assert finals.se == pytest.approx(math.sqrt(f1.var(ddof=1) / 23 + f2.var(ddof=1) / 31), rel=1e-8)


def test_a_spread_printed_as_se_is_used_as_one(make_report):
    cells = {
        "mg_change_mean": "-5.000000",
        "mg_change_sd": "2.0",
        "control_change_mean": "1.000000",
        "control_change_sd": "1.5",
    }
    result = from_changes(make_report(**cells), PARALLEL, "se", 0.5)
    assert result.estimate == -6.0 and result.se == pytest.approx(2.5, rel=1e-6)
    # An SE needs no arm sizes.
    assert from_changes(make_report(**cells), Arms(None, None, "missing", False), "se", 0.5).se == result.se
    assert from_changes(make_report(**cells), Arms(None, None, "missing", False), "sd", 0.5) is None


def test_crossover_finals_take_the_assumed_correlation(make_report):
    report = make_report(
        contrast="crossover",
        mg_final_mean="140.00000",
        mg_final_sd="12",
        control_final_mean="145.00000",
        control_final_sd="9",
    )
    result = from_finals(report, CROSSOVER, "sd", 0.3)
    assert result.se == pytest.approx(math.sqrt((144 + 81 - 2 * 0.3 * 12 * 9) / 18), rel=1e-8)
    assert result.route == "7_crossover_sd"
    # Baselines of a crossover are no second arm: route 5 does not apply.
    assert from_baseline_final(report, CROSSOVER, "sd", 0.3) is None


def test_printed_se_is_taken(make_report):
    result = from_se(make_report(difference="-3.7", difference_se="1.3"), CROSSOVER)
    assert result.se == pytest.approx(math.hypot(1.3, 0.1 / math.sqrt(12)))
    assert (result.se_low, result.se_high) == (pytest.approx(1.25), pytest.approx(1.35))


@given(
    d=st.floats(-12, 12),
    se=st.floats(0.5, 6),
    decimals=st.integers(0, 2),
    n=st.integers(8, 200),
)
def test_rounding_range_holds_the_true_se(make_report, d, se, decimals, n):
    arms = Arms(n, n, "row", False)
    t = -stats.t.ppf(0.025, arms.df)
    report = make_report(
        difference=f"{d:.{decimals}f}",
        ci_low=f"{d - t * se:.{decimals}f}",
        ci_high=f"{d + t * se:.{decimals}f}",
    )
    result = from_ci(report, arms)
    assert result.se_low * (1 - 1e-9) <= se <= result.se_high * (1 + 1e-9)
    p = float(2 * stats.t.sf(abs(d / se), arms.df))
    assume(1e-3 < p < 1)
    with_p = from_p(make_report(difference=f"{d:.{decimals}f}", p_value=f"{p:.3f}", p_relation="="), arms)
    if with_p is not None:
        assert with_p.se_low * (1 - 1e-9) <= se <= with_p.se_high * (1 + 1e-9)
        assert with_p.se_high <= P_ROUTE_MAX_FACTOR * with_p.se_low


@given(mg=st.floats(120, 150), control=st.floats(120, 150), se=st.floats(0.5, 5), n=st.integers(8, 200))
def test_rounding_of_both_arms_is_carried(make_report, mg, control, se, n):
    """Two means rounded to whole mmHg can move their difference by a full unit."""
    p = float(2 * stats.t.sf(abs((mg - control) / se), 2 * n - 2))
    assume(2e-3 < p < 0.9)
    cells = {
        "mg_final_mean": f"{mg:.0f}",
        "control_final_mean": f"{control:.0f}",
        "p_value": f"{p:.3f}",
        "p_relation": "=",
    }
    result = from_p(make_report(**cells), Arms(n, n, "row", False))
    if result is not None:
        assert result.se_low * (1 - 1e-9) <= se <= result.se_high * (1 + 1e-9)


def test_exact_p_without_arm_sizes_yields_no_se(make_report):
    report = make_report(difference="-5.0", p_value="0.030", p_relation="=")
    assert from_p(report, Arms(None, None, "missing", False)) is None


@pytest.mark.parametrize(
    ("difference", "p"), [("0", "1.00"), ("0.0", "0.98"), ("-0.4", "0.98"), ("-3.0", "0"), ("-1", "0.60")]
)
def test_p_near_one_or_zero_and_a_zero_effect_never_yield_an_se(make_report, difference, p):
    assert from_p(make_report(difference=difference, p_value=p, p_relation="="), PARALLEL) is None


def test_an_inequality_is_not_an_exact_p(make_report):
    assert from_p(make_report(difference="-5.0", p_value="0.05", p_relation="<"), PARALLEL) is None


def test_the_sign_of_the_effect_turns_with_the_arms(make_report):
    cells = {
        "mg_final_mean": "140.0",
        "mg_final_sd": "12",
        "control_final_mean": "145.0",
        "control_final_sd": "9",
    }
    turned = {
        "mg_final_mean": "145.0",
        "mg_final_sd": "9",
        "control_final_mean": "140.0",
        "control_final_sd": "12",
    }
    arms = Arms(20, 20, "row", False)
    first, second = (from_finals(make_report(**c), arms, "sd", 0.5) for c in (cells, turned))
    assert first.estimate == -second.estimate == -5.0 and first.se == second.se


def test_every_route_has_words():
    assert all(words and name == name.lower() for name, words in ROUTES.items())
