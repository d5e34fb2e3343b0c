"""Fractional polynomials: formulas, repeated powers, anchoring, derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.dose.fractional import (
    POWERS,
    fractional,
    fractional_slopes,
    fractional_terms,
    power_sets,
    shift_and_scale,
)
from mgmeta.errors import ConfigError

DOSE = np.array([0.0, 100.0, 365.0, 1000.0])
X = (DOSE + 100.0) / 1000.0


def test_power_sets() -> None:
    assert len(power_sets(1)) == 8
    assert len(set(power_sets(2))) == 36


def test_formulas() -> None:
    def anchored(h: np.ndarray) -> np.ndarray:
        return h - h[0]

    cases = {
        (-0.5,): [X**-0.5],
        (0.0,): [np.log(X)],
        (0.0, 2.0): [np.log(X), X**2],
        (0.0, 0.0): [np.log(X), np.log(X) ** 2],
        (2.0, 2.0): [X**2, X**2 * np.log(X)],
        (-2.0, -2.0): [X**-2, X**-2 * np.log(X)],
    }
    for powers, columns in cases.items():
        expected = np.column_stack([anchored(column) for column in columns])
        np.testing.assert_allclose(fractional(DOSE, powers, 100.0, 1000.0), expected, rtol=1e-12)


@pytest.mark.parametrize("powers", [*power_sets(1), *power_sets(2)])
def test_slopes_are_derivatives_and_zero_is_zero(powers: tuple[float, ...]) -> None:
    assert np.all(fractional(np.zeros(1), powers, 50.0, 100.0) == 0.0)
    step = 1e-4
    numeric = (
        fractional(DOSE + step, powers, 50.0, 100.0) - fractional(DOSE - step, powers, 50.0, 100.0)
    ) / (2 * step)
    np.testing.assert_allclose(fractional_slopes(DOSE, powers, 50.0, 100.0), numeric, rtol=1e-6, atol=1e-9)


def test_shift_is_the_smallest_dose_and_scale_a_power_of_ten() -> None:
    assert shift_and_scale([0.0, 240.0, 365.0, 368.0, 972.0]) == (240.0, 100.0)
    assert shift_and_scale([2.0, 30.0]) == (2.0, 10.0)
    with pytest.raises(ConfigError, match="above 0"):
        shift_and_scale([0.0])


def test_names() -> None:
    assert fractional_terms((0.0, 0.0)) == ("log(x)", "log(x)^2")
    assert fractional_terms((-2.0, -2.0)) == ("x^-2", "x^-2*log(x)")
    assert fractional_terms((0.5, 3.0)) == ("x^0.5", "x^3")
    assert len({fractional_terms(p) for p in power_sets(2)}) == 36
    assert 0.0 in POWERS
