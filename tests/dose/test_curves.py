"""Curves: zero at zero, derivatives in dose and in shape, the ends of the Emax family."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.cli.dose import COVARIANCES, CURVES
from mgmeta.dose.contrasts import CONVENTIONS
from mgmeta.dose.curves import LogLinear, Polynomial
from mgmeta.dose.emax import Emax, EmaxThrough
from mgmeta.dose.registry import DOSE_CURVES, CurveOptions, build_curves, options_for
from mgmeta.errors import ConfigError

DOSE = np.array([0.0, 30.0, 120.0, 350.0, 800.0])
SHAPES = [
    (Emax(300.0), [0.35]),
    (Emax(300.0, sigmoid=True), [0.35, 2.3]),
    (EmaxThrough(300.0, 0.7, 0.8), [1.4]),
]


def test_the_verb_and_the_engine_name_the_same_curves() -> None:
    assert tuple(DOSE_CURVES) == CURVES
    assert COVARIANCES == CONVENTIONS


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_is_zero_at_zero_and_has_its_slope(name: str) -> None:
    doses = np.array([100.0, 200, 300, 365, 500, 700, 1000])
    curve = build_curves(name, doses, CurveOptions())[0]
    if isinstance(curve, Emax):
        shape = np.array(curve.starts[1])

        def value(dose: np.ndarray) -> np.ndarray:
            return curve.share(dose, shape, 400.0)[0]

        slope = curve.slopes(DOSE[1:], shape, 400.0)
        assert value(np.array([400.0]))[0] == pytest.approx(1.0)
    else:

        def value(dose: np.ndarray) -> np.ndarray:
            return curve.columns(dose).sum(axis=1)

        slope = curve.slopes(DOSE[1:]).sum(axis=1)
        assert len(curve.terms) == curve.columns(DOSE).shape[1]
    assert value(np.zeros(1))[0] == 0.0
    numeric = (value(DOSE[1:] + 1e-3) - value(DOSE[1:] - 1e-3)) / 2e-3
    np.testing.assert_allclose(slope, numeric, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("curve", "shape"), SHAPES, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("anchor", [90.0, 700.0])
def test_derivatives_in_the_shape(curve, shape: list[float], anchor: float) -> None:
    at = np.array(shape)
    _, gradient, hessian = curve.share(DOSE, at, anchor)
    for j in range(at.size):
        step = np.zeros(at.size)
        step[j] = 1e-6
        up, down = curve.share(DOSE, at + step, anchor), curve.share(DOSE, at - step, anchor)
        np.testing.assert_allclose((up[0] - down[0]) / 2e-6, gradient[:, j], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose((up[1] - down[1]) / 2e-6, hessian[:, j], rtol=1e-5, atol=1e-7)


def test_emax_in_its_own_parameters() -> None:
    curve = Emax(300.0, sigmoid=True)
    u, h = 0.35, 2.3
    ed50 = 300.0 * (u / (1 - u)) ** (1 / h)
    expected = DOSE**h / (ed50**h + DOSE**h)
    found = curve.share(DOSE, np.array([u, h]), np.inf)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert curve.ed(np.array([u, h])) == pytest.approx(ed50)
    q80 = curve.ed(np.array([u, h]), 0.8)
    assert q80**h / (ed50**h + q80**h) == pytest.approx(0.8)
    through = EmaxThrough(300.0, q80 / 300.0, 0.8)
    np.testing.assert_allclose(
        through.share(DOSE, np.array([h]), 365.0)[0],
        curve.share(DOSE, np.array([u, h]), 365.0)[0],
        rtol=1e-12,
    )


def test_ends_of_the_emax_family() -> None:
    curve = Emax(300.0)
    flat, line = (curve.share(DOSE, np.array([u]), 365.0)[0] for u in (0.0, 1.0))
    assert np.all(flat[1:] == 1.0)
    assert flat[0] == 0.0
    np.testing.assert_allclose(line, DOSE / 365.0, rtol=1e-12)
    assert curve.ed(np.array([0.0])) == 0.0
    assert curve.ed(np.array([1.0])) == np.inf


def test_derivatives_at_an_infinite_anchor() -> None:
    curve = Emax(300.0, sigmoid=True)
    at = np.array([0.4, 1.6])
    _, gradient, hessian = curve.share(DOSE, at, np.inf)
    for j in range(2):
        step = np.eye(2)[j] * 1e-6
        up, down = curve.share(DOSE, at + step, np.inf), curve.share(DOSE, at - step, np.inf)
        np.testing.assert_allclose((up[0] - down[0]) / 2e-6, gradient[:, j], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose((up[1] - down[1]) / 2e-6, hessian[:, j], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("cubic", CurveOptions(), "choose one of linear"),
        ("linear", CurveOptions(knots=3), "belongs to rcs, monotone"),
        ("loglinear", CurveOptions(offset=0.0), "above 0"),
        ("fp", CurveOptions(powers=(7.0,)), "give 1 of"),
        ("fp2", CurveOptions(powers=(1.0,)), "give 2 of"),
        ("fp", CurveOptions(shift=-1.0), "above 0"),
        ("monotone", CurveOptions(knots=(1000.0,)), "between 0 and the largest"),
    ],
)
def test_options_that_do_not_fit(name: str, options: CurveOptions, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_curves(name, np.array([100.0, 400.0, 1000.0]), options)
    with pytest.raises(ConfigError, match="no dose is above 0"):
        build_curves("linear", np.zeros(3), CurveOptions())


def test_options_reach_their_curve() -> None:
    dose = np.array([0.0, 100.0, 400.0, 1000.0])
    assert build_curves("loglinear", dose, CurveOptions(offset=50.0)) == (LogLinear(50.0),)
    assert build_curves("quadratic", dose, CurveOptions()) == (Polynomial(2),)
    fixed = build_curves("fp2", dose, CurveOptions(powers=(2.0, -1.0), shift=7.0))
    assert [(c.powers, c.shift, c.selected) for c in fixed] == [((-1.0, 2.0), 7.0, 0)]
    chosen = build_curves("fp2", dose, CurveOptions())
    assert {c.selected for c in chosen} == {2}
    given = CurveOptions(knots=4, offset=50.0)
    assert options_for("rcs", given) == CurveOptions(knots=4)
    assert options_for("linear", given) == CurveOptions()
