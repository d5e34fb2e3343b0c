"""Knots: Harrell's percentiles, given ones, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.dose.knots import harrell_knots, interior_knots
from mgmeta.errors import ConfigError, FitError

CLUSTERED = [240, 357, 365, 365, 365, 365, 368, 368, 368, 368, 368, 386, 400, 1000]


@pytest.mark.parametrize(
    ("knots", "expected"),
    [(3, [100, 500, 900]), (4, [50, 350, 650, 950]), (5, [50, 275, 500, 725, 950]), (None, [100, 500, 900])],
)
def test_percentiles(knots: int | None, expected: list[float]) -> None:
    np.testing.assert_allclose(harrell_knots(np.linspace(0, 1000, 1001), knots), expected)


def test_given_knots_are_kept() -> None:
    assert harrell_knots(CLUSTERED, (0.0, 300.0, 800.0)) == (0.0, 300.0, 800.0)
    assert interior_knots(CLUSTERED, (300.0,)) == (300.0,)


def test_coincident_knots_are_refused_with_the_reason() -> None:
    with pytest.raises(FitError, match=r"35th percentile is 365 and the 65th percentile is 368.*cluster"):
        harrell_knots(CLUSTERED, 4)
    with pytest.raises(FitError, match="knot 2 is 300 and knot 3 is 301"):
        harrell_knots(CLUSTERED, (100.0, 300.0, 301.0))


@pytest.mark.parametrize(
    ("knots", "words"),
    [
        (2, "3 to 5"),
        (7, "3 to 5"),
        ((1.0, 2.0), "3 to 5"),
        ((5.0, 3.0, 9.0), "rising"),
        ((-1.0, 3.0, 9.0), "0 or"),
    ],
)
def test_impossible_knots(knots: int | tuple[float, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        harrell_knots([0.0, 100.0, 1000.0], knots)
