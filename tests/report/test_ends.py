"""An open end excludes nothing on its side, and only there."""

from __future__ import annotations

import pytest

from mgmeta.report.ends import lies_within


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
