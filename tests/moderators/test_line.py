"""The line of a plot: where it goes through the fitted model, and when there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgmeta.moderators.line import fitted_line
from mgmeta.pooling.bounded import fit_bounded


def rows(k: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(11)
    return [
        {"yi": float(random.normal(-1.0, 2.0)), "sei": 1.5, "yi_low": None, "yi_high": None} for _ in range(k)
    ]


def test_ends_and_middle_are_the_model_centred_there() -> None:
    data, x = rows(9), np.linspace(10.0, 50.0, 9)
    line = fitted_line(data, list(x), 5.0, 0.95, points=3)
    assert line is not None
    assert line.at == (10.0, 30.0, 50.0)
    y, se, none = [row["yi"] for row in data], [1.5] * 9, [np.nan] * 9
    fit = fit_bounded(y, se, none, none, np.column_stack([np.ones(9), x]), level=0.95)
    assert line.estimate == pytest.approx([fit.beta[0] + at * fit.beta[1] for at in line.at], rel=1e-6)
    assert all(low < mean < high for low, mean, high in zip(line.low, line.estimate, line.high, strict=True))
    assert line.high[1] - line.low[1] < line.high[0] - line.low[0]


def test_no_line_without_a_model() -> None:
    assert fitted_line(rows(6), [3.0] * 6, 1.0, 0.95) is None
