"""fit_dose: algebra, defaults, refusals with their reason, warnings."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.dose.answer import answer
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import CurveOptions
from mgmeta.dose.result import DoseFit
from mgmeta.dose.rows import DoseRows, arm_rows, contrast_rows
from mgmeta.dose.simulation import Design, emax_truth, simulate_rows
from mgmeta.errors import ConfigError, FitError
from mgmeta.io import dumps
from mgmeta.pooling.model import fit_model

LEVEL = 0.95
GRID = np.array([0.0, 200.0, 400.0, 800.0])
SMOOTH = ("linear", "quadratic", "rcs", "fp", "loglinear", "emax")


def small(seed: int) -> DoseRows:
    return simulate_rows(emax_truth(-6.0, 250.0), Design(k=16, verbal=0.6), np.random.default_rng(seed))


def rebuilt(rows: DoseRows, order: np.ndarray, effect: float, dose: float) -> DoseRows:
    """The same rows in another order and other units."""
    se = np.sqrt([trial.covariance[0, 0] for trial in rows.trials])
    low, high = effect * rows.lower, effect * rows.upper
    return contrast_rows(
        effect * rows.y[order], abs(effect) * se[order], dose * rows.dose[order],
        lower=np.minimum(low, high)[order], upper=np.maximum(low, high)[order],
    )  # fmt: skip


def curves(fit: DoseFit) -> np.ndarray:
    p = fit.predictions
    return np.stack([p.estimate, p.ci_low, p.ci_high, p.band_low, p.band_high, p.pi_low, p.pi_high])


@settings(max_examples=12)
@given(
    st.integers(0, 10_000),
    st.sampled_from(SMOOTH),
    st.sampled_from([0.133322387415, -1.0, 8.0]),
    st.sampled_from([0.001, 1.0, 24.305]),
)
def test_units_order_and_sign_do_not_matter(seed: int, curve: str, effect: float, dose: float) -> None:
    rows = small(seed)
    order = np.random.default_rng(seed).permutation(rows.y.size)
    before = fit_dose(rows, curve, level=LEVEL, grid=GRID, unbounded="keep")
    after = fit_dose(
        rebuilt(rows, order, effect, dose),
        curve,
        level=LEVEL,
        grid=dose * GRID,
        per=100.0 * dose,
        unbounded="keep",
    )
    expected = effect * curves(before)
    if effect < 0:
        expected = expected[[0, 2, 1, 4, 3, 6, 5]]
    size = abs(effect) * np.abs(curves(before)[np.isfinite(curves(before))]).max()
    np.testing.assert_allclose(curves(after), expected, rtol=1e-6, atol=1e-6 * size)
    assert after.tau2 == pytest.approx(effect**2 * before.tau2, rel=1e-5, abs=1e-7 * effect**2)
    if curve == "fp":  # x = (d + shift)/scale: a scale that is a power of ten does not follow the unit
        assert after.settings["powers"] == before.settings["powers"]
    assert after.effect.p_value == pytest.approx(before.effect.p_value, rel=1e-5)
    k = int(rows.numeric.sum())
    assert after.loglik == pytest.approx(before.loglik - k * np.log(abs(effect)), abs=1e-7)


@pytest.mark.parametrize("curve", ["linear", "quadratic", "emax"])
def test_rows_that_say_nothing_change_nothing(curve: str) -> None:
    rows = small(5)
    se = np.sqrt([trial.covariance[0, 0] for trial in rows.trials])
    wide = contrast_rows(
        np.append(rows.y, np.nan), np.append(se, 1.0), np.append(rows.dose, np.median(rows.dose)),
        lower=np.append(rows.lower, -1e5), upper=np.append(rows.upper, 1e5),
    )  # fmt: skip
    one, two = (fit_dose(r, curve, level=LEVEL, grid=GRID, test="z", unbounded="keep") for r in (rows, wide))
    np.testing.assert_allclose(curves(one)[:3], curves(two)[:3], rtol=1e-6, atol=1e-7)
    assert two.k == one.k + 1


def test_defaults(number_rows: DoseRows) -> None:
    fit = fit_dose(number_rows, level=LEVEL)
    assert (fit.curve, fit.stage, fit.heterogeneity, fit.method, fit.test) == (
        "linear", 1, "additive", "ML", "profile_t",
    )  # fmt: skip
    assert fit.df == 11.0
    assert fit.predictions.dose.tolist() == np.linspace(0.0, 1000.0, 21).tolist()
    assert fit.predictions.per == 100.0
    assert [reach.share for reach in fit.reaches] == [0.5, 0.8]
    reml = fit_dose(number_rows, level=LEVEL, method="REML")
    assert reml.test == "knha"
    slopes = fit_dose(number_rows, level=LEVEL, heterogeneity="slopes")
    assert (slopes.method, slopes.test, slopes.tau2) == ("REML", "t", None)
    assert slopes.psi is not None


def test_additive_reml_is_the_pools_regression_through_the_origin(number_rows: DoseRows) -> None:
    x = np.column_stack([number_rows.dose, number_rows.dose**2])
    v = np.array([trial.covariance[0, 0] for trial in number_rows.trials])
    for test in ("z", "t", "knha", "kr"):
        model = fit_model(number_rows.y, v, x, method="REML", test=test)
        fit = fit_dose(number_rows, "quadratic", level=LEVEL, method="REML", test=test, grid=GRID)
        np.testing.assert_allclose(fit.coefficients.estimate, model.fit.beta, rtol=1e-10)
        np.testing.assert_allclose(fit.coefficients.cov, model.inference.cov, rtol=1e-10)
        assert fit.tau2 == pytest.approx(model.tau2)
    assert any("AIC of REML" in note for note in fit.warnings)


def test_ml_and_reml_differ_in_tau2_only_by_the_degrees_of_freedom(number_rows: DoseRows) -> None:
    ml, reml = (fit_dose(number_rows, level=LEVEL, method=m, grid=GRID) for m in ("ML", "REML"))
    assert ml.q == pytest.approx(reml.q)
    assert ml.tau2 is not None
    assert reml.tau2 is not None
    assert ml.tau2 <= reml.tau2 + 1e-12


def test_chosen_powers_are_the_best(mixed_rows: DoseRows) -> None:
    from mgmeta.dose.fractional import POWERS

    best = fit_dose(mixed_rows, "fp", level=LEVEL, grid=GRID)
    each = [
        fit_dose(mixed_rows, "fp", level=LEVEL, grid=GRID, options=CurveOptions(powers=(p,))).loglik
        for p in POWERS
    ]
    assert best.loglik == pytest.approx(max(each))
    assert POWERS[int(np.argmax(each))] == best.settings["powers"][0]


def straight() -> DoseRows:
    dose = np.linspace(100.0, 1000.0, 20)
    noise = 0.02 * np.cos(np.arange(20))
    return contrast_rows(-0.01 * dose * (1 + 1e-4 * dose) + noise, np.full(20, 0.1), dose)


def test_no_plateau_is_refused_with_the_reason() -> None:
    rows = straight()
    with pytest.raises(
        FitError, match=r"rising as ED50 grows: these doses show no plateau.*--keep-unbounded"
    ):
        fit_dose(rows, "emax", level=LEVEL)
    kept = fit_dose(rows, "emax", level=LEVEL, unbounded="keep", grid=GRID)
    line = fit_dose(rows, "linear", level=LEVEL, grid=GRID)
    np.testing.assert_allclose(kept.predictions.estimate, line.predictions.estimate, rtol=1e-6)
    assert kept.loglik == pytest.approx(line.loglik, abs=1e-7)
    assert np.isinf(kept.coefficients.estimate[1])
    assert np.isinf(kept.coefficients.ci_high[1])
    assert any("no plateau" in note for note in kept.warnings)
    assert kept.nonlinearity.p_value == 1.0


def test_the_same_effect_at_every_dose_is_refused_with_the_reason() -> None:
    dose = np.linspace(100.0, 1000.0, 20)
    rows = contrast_rows(-4.0 + 0.001 * dose, np.full(20, 0.3), dose)
    with pytest.raises(FitError, match="ED50 falls to 0: the effect is the same"):
        fit_dose(rows, "emax", level=LEVEL)


def test_an_unbounded_profile_is_refused_with_the_level() -> None:
    dose = np.array([240.0, 357, 365, 365, 368, 368, 368, 386, 400, 500])
    rows = contrast_rows(-5 * dose / (300 + dose) + 0.05 * np.sin(dose), np.full(10, 0.4), dose)
    with pytest.raises(
        FitError, match=r"profile likelihood of ED50 is unbounded above: at level 0\.95|falls to 0|grows"
    ):
        fit_dose(rows, "emax", level=LEVEL)


def test_coincident_knots_are_refused() -> None:
    dose = np.array([240.0, 357, 365, 365, 365, 368, 368, 368, 368, 386, 400, 1000])
    rows = contrast_rows(-0.01 * dose, np.full(12, 1.0), dose)
    with pytest.raises(FitError, match="knots coincide"):
        fit_dose(rows, "rcs", level=LEVEL, options=CurveOptions(knots=5))
    fit_dose(rows, "rcs", level=LEVEL, options=CurveOptions(knots=(240.0, 365.0, 600.0)), grid=GRID)


def test_too_little_data() -> None:
    two = contrast_rows([-1.0, -2.0, -1.5], [1.0, 1, 1], [300.0, 300, 600])
    with pytest.raises(FitError, match="2 different doses cannot show 3"):
        fit_dose(two, "sigmoid", level=LEVEL)
    one = contrast_rows([-1.0, -2.0, -1.5], [1.0, 1, 1], [300.0, 300, 300])
    with pytest.raises(FitError, match="collinear"):
        fit_dose(one, "quadratic", level=LEVEL)
    open_ = contrast_rows([np.nan] * 4, [1.0] * 4, [100.0, 200, 300, 400], upper=[-1.0] * 4)
    for curve in ("linear", "emax"):
        with pytest.raises(FitError, match="without end"):
            fit_dose(open_, curve, level=LEVEL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"curve": "cubic"}, "unknown"),
        ({"stage": 3}, "stage"),
        ({"heterogeneity": "none"}, "heterogeneity"),
        ({"stage": 2, "heterogeneity": "additive"}, "two stages pool coefficients"),
        ({"method": "DL"}, "method"),
        ({"method": "FE"}, "FE with slopes"),
        ({"psi": "full", "heterogeneity": "slopes"}, "psi"),
        ({"test": "knha"}, "profile intervals"),
        ({"test": "kr", "heterogeneity": "slopes"}, "random slopes"),
        ({"level": 95.0}, "level"),
        ({"per": 0.0}, "per"),
        ({"grid": [-1.0]}, "grid"),
        ({"shares": (1.0,)}, "shares"),
        ({"curve": "emax", "stage": 2}, "one stage by ML"),
        ({"curve": "emax", "method": "REML"}, "one stage by ML"),
        ({"curve": "emax", "unbounded": "maybe"}, "unbounded"),
        ({"curve": "emax", "test": "knha"}, "profile intervals"),
    ],
)
def test_options_that_do_not_go_together(number_rows: DoseRows, change: dict, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        fit_dose(number_rows, **({"level": LEVEL} | change))


def test_bounds_need_ml(mixed_rows: DoseRows) -> None:
    with pytest.raises(FitError, match="bounds need --method ML"):
        fit_dose(mixed_rows, level=LEVEL, method="REML")
    with pytest.raises(FitError, match="rows are bounds"):
        fit_dose(mixed_rows, level=LEVEL, stage=2)


def test_several_arms_and_bounds_together() -> None:
    """Trials with a shared control beside trials that print a bound, in one likelihood."""
    arms = arm_rows(
        ["a"] * 3 + ["b"] * 3, [0, 200, 500, 0, 300, 800], [0.0, -2, -4, 0.5, -2.5, -4.5], [8.0] * 6, [40] * 6
    )
    single = contrast_rows(
        [np.nan, -3.0, np.nan], [1.0, 1.2, 1.5], [100.0, 400, 250], lower=[-2.0, np.nan, np.nan],
        upper=[2.0, np.nan, -2.9], trial=["c", "d", "e"],
    )  # fmt: skip
    rows = DoseRows(arms.trials + single.trials, np.concatenate([arms.arm_doses, single.arm_doses]))
    for curve in ("linear", "quadratic", "emax", "monotone"):
        fit = fit_dose(rows, curve, level=LEVEL, grid=GRID, unbounded="keep")
        assert (fit.k, fit.k_numeric, fit.k_bounds, fit.trials) == (7, 5, 2, 5)
        p = fit.predictions
        assert np.all((p.ci_low <= p.estimate) & (p.estimate <= p.ci_high))
        assert p.estimate[2] < 0.0


def test_extrapolation_and_thin_data_are_said(number_rows: DoseRows) -> None:
    fit = fit_dose(number_rows, level=LEVEL, grid=[500.0, 1500.0], edges=[0.0, 450.0, 1000.0])
    assert any(note.startswith("doses above 1000") for note in fit.warnings)
    assert not any(note.startswith("thin") for note in fit.warnings)
    assert any(note.startswith("thin") for note in fit_dose(number_rows, level=LEVEL).warnings)


def test_answers_are_plain_and_repeatable(mixed_rows: DoseRows) -> None:
    texts = [dumps(answer(fit_dose(mixed_rows, "rcs", level=LEVEL))) for _ in range(2)]
    assert texts[0] == texts[1]
    found = json.loads(texts[0])
    assert [c["term"] for c in found["coefficients"]] == ["dose", "dose'"]
    assert len(found["predictions"]) == 21
    assert set(found["predictions"][0]) == {
        "dose", "estimate", "se", "ci_low", "ci_high", "band_low", "band_high", "pi_low", "pi_high", "slope",
        "slope_low", "slope_high",
    }  # fmt: skip
    assert len(found["cov"]) == 2
