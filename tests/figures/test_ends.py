"""An open end excludes nothing on its side, and only there."""

from __future__ import annotations

import pytest

from mgmeta.figures.ends import capped_axis, excludes_zero, lies_within


@pytest.mark.parametrize(
    ("low", "high", "within"),
    [
        (-1.0, 1.0, True),
        (None, -1.2, False),
        (None, 1.2, True),
        (0.5, None, False),
        (-0.5, None, True),
        (None, None, True),
        (0.0, 1.0, True),
        (-3.0, -1.0, False),
    ],
)
def test_zero_and_intervals_with_open_ends(low, high, within):
    assert lies_within(0.0, low, high) is within
    assert excludes_zero({"ci_low": low, "ci_high": high}) is not within


def test_an_axis_holds_its_intervals_but_not_absurd_ones():
    low, high = capped_axis([-2.0, 3.0, None], "sbp")
    assert low < -2.0 and high > 3.0
    wide = capped_axis([-1000.0, 1000.0], "sbp")
    assert wide == capped_axis([-500.0, 500.0], "sbp")
    assert capped_axis([], "sbp") == capped_axis([-1.0, 1.0], "sbp")
