"""The implied remainder: the weighted average undone, and refused where it would be noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.effects.slices import SLICE_COLUMNS
from mgmeta.pooling.bounded_rows import fit_rows
from mgmeta.reproduce.engines import Answer
from mgmeta.reproduce.remainder import MAX_SHARE, at_tau, implied_remainder
from mgmeta.reproduce.targets import PrintedResult

Z = 1.959963984540054


def published(estimate, se, k, n=None):
    return PrintedResult(
        "r", "R", 2000, "sbp", "overall", "mmHg", estimate, estimate - Z * se, estimate + Z * se, k, n,
        None, None, "", "", "primary", "", "", "", 2,
    )  # fmt: skip


def rows_of(y, se, bounds=()):
    start = dict.fromkeys(SLICE_COLUMNS)
    start |= {"design": "parallel", "n_mg": 10, "n_control": 10}
    rows = [
        {**start, "trial_id": f"t{i}", "kind": "estimate", "yi": a, "sei": b}
        for i, (a, b) in enumerate(zip(y, se, strict=True))
    ]
    return rows + [
        {**start, "trial_id": f"b{i}", "kind": "bound", "yi_low": -limit, "yi_high": limit, "sei": limit / 2}
        for i, limit in enumerate(bounds)
    ]


def answer(estimate, half):
    return Answer("ML", 3, estimate, estimate - half, estimate + half)


@given(st.floats(0.0, 8.0))
def test_at_a_fixed_tau_numbers_give_the_weighted_mean(tau):
    y, se = np.array([-3.0, 1.0, -6.0]), np.array([1.0, 2.0, 3.0])
    w = 1.0 / (se**2 + tau**2)
    estimate, precision = at_tau(rows_of(y, se), tau)
    assert estimate == pytest.approx(float(w @ y / w.sum()), abs=1e-9)
    assert precision == pytest.approx(float(w.sum()), rel=1e-9)


def test_at_the_fitted_tau_bounds_give_the_fitted_estimate():
    rows = rows_of([-6.0, -1.0, 2.0], [1.0, 1.5, 1.2], bounds=(4.0, 3.0))
    fit = fit_rows(rows, 0.95)
    assert fit.tau > 0.1
    assert at_tau(rows, fit.tau)[0] == pytest.approx(float(fit.beta[0]), abs=1e-6)


def test_the_remainder_is_what_completes_the_published_mean():
    """Six trials of SE 2 at tau 0, mean -1; two of them in hand at -4: the other four average 0.5."""
    rows = rows_of([-4.0, -4.0], [2.0, 2.0])
    found = implied_remainder(published(-1.0, 2.0 / math.sqrt(6.0), 6), rows, answer(-4.0, 8.0))
    exact = next(item for item in found.scenarios if item.tau == 0.0)
    assert exact.share == pytest.approx(2 / 6)
    assert exact.estimate == pytest.approx(0.5)
    counted = next(item for item in found.scenarios if item.weights == "trials")
    assert counted.estimate == pytest.approx(0.5)
    assert found.low <= 0.5 <= found.high
    for item in found.scenarios:
        assert item.share < MAX_SHARE
        assert item.share * -4.0 + (1 - item.share) * item.estimate == pytest.approx(-1.0)


def test_participants_count_only_where_everyone_is_known():
    rows = rows_of([-4.0, -4.0], [2.0, 2.0])
    target = published(-1.0, 0.8, 6, n=100)
    kinds = {item.weights for item in implied_remainder(target, rows, answer(-4.0, 8.0)).scenarios}
    assert "participants" in kinds
    rows[0]["n_mg"] = None
    kinds = {item.weights for item in implied_remainder(target, rows, answer(-4.0, 8.0)).scenarios}
    assert "participants" not in kinds


@pytest.mark.parametrize(
    ("target", "k", "half", "reason"),
    [
        (published(-1.0, 1.0, 10), 3, 2.0, "% as precise as the published result"),
        (published(-1.0, 1.0, 3), 3, 9.0, "3 trials in hand, 3 published"),
        (published(-1.0, 1.0, None), 3, 9.0, "number of trials is not printed"),
        (published(-1.0, 1.0, 10), 1, 9.0, "1 trial in hand"),
    ],
)
def test_where_it_cannot_be_computed_it_says_why(target, k, half, reason):
    rows = rows_of([-1.0] * k, [1.0] * k)
    found = implied_remainder(target, rows, answer(-1.0, half))
    assert found.low is None
    assert found.reason.startswith("cannot be computed: ")
    assert reason in found.reason


def test_no_published_interval_no_remainder():
    target = PrintedResult(
        "r",
        "R",
        2000,
        "sbp",
        "overall",
        "mmHg",
        -2.0,
        None,
        None,
        5,
        None,
        None,
        None,
        "",
        "",
        "",
        "",
        "",
        "",
        2,
    )
    found = implied_remainder(target, rows_of([-1.0, -2.0], [1.0, 1.0]), answer(-1.5, 9.0))
    assert "prints no estimate with an interval" in found.reason
