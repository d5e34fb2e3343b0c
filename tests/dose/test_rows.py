"""Rows: grouping, checks, and the rotation that makes contrasts of one trial independent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from mgmeta.dose.rows import ARM_CORRELATION, TrialError, arm_rows, contrast_rows, independent
from mgmeta.errors import DataError


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 9.0))
def test_the_rotation_keeps_the_likelihood(seed: int, tau2: float) -> None:
    """Density of the turned rows plus the Jacobian is the density of the given ones, for every tau2."""
    rng = np.random.default_rng(seed)
    rows = arm_rows(
        ["a"] * 4 + ["b"] * 2 + ["c"] * 3,
        [0, 100, 200, 300, 0, 400, 50, 100, 500],
        rng.normal(size=9),
        rng.uniform(2, 9, 9),
        rng.integers(10, 60, 9),
        convention="arms",
    )
    mean = rng.normal(size=rows.y.size)
    turned = independent(rows)
    direct, at = 0.0, 0
    for trial in rows.trials:
        m = trial.y.size
        between = np.full((m, m), ARM_CORRELATION) + (1 - ARM_CORRELATION) * np.eye(m)
        direct += multivariate_normal.logpdf(trial.y, mean[at : at + m], trial.covariance + tau2 * between)
        at += m
    z = turned.y - turned.turn @ mean
    v = turned.se**2 + tau2
    through = -0.5 * np.sum(np.log(2 * np.pi * v) + z**2 / v) + turned.log_jacobian
    assert through == pytest.approx(direct, rel=1e-9, abs=1e-9)


def test_the_lowest_dose_is_the_referent() -> None:
    rows = arm_rows(["a", "a", "a"], [300, 100, 200], [5.0, 9.0, 7.0], [3, 3, 3], [20, 30, 40])
    assert rows.y.tolist() == [-4.0, -2.0]
    assert rows.dose.tolist() == [300.0, 200.0]
    assert rows.reference.tolist() == [100.0, 100.0]
    assert rows.arm_doses.tolist() == [300.0, 100.0, 200.0]


def test_contrasts_of_one_trial_share_their_control() -> None:
    rows = contrast_rows(
        [-1.0, -2.0, -3.0], [1.0, 1.5, 1.2], [100, 300, 200], trial=["a", "b", "a"],
        n_treated=[20, 30, 25], n_control=[22, 30, 22],
    )  # fmt: skip
    assert [trial.label for trial in rows.trials] == ["a", "b"]
    per_person = np.array([1.0, 1.2]) / np.sqrt(1 / np.array([20, 25]) + 1 / 22)
    assert rows.trials[0].covariance[0, 1] == pytest.approx(per_person.prod() / 22)
    assert rows.trials[0].covariance[1, 1] == pytest.approx(1.44)


def test_bounds_open_ends() -> None:
    rows = contrast_rows([np.nan, -1.0], [1.0, 1.0], [100, 200], lower=[np.nan, np.nan], upper=[-2.0, np.nan])
    assert rows.lower.tolist() == [-np.inf, -np.inf]
    assert rows.numeric.tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dose": [100, -1, 200]}, "b: dose is -1"),
        ({"dose": [100, np.nan, 200]}, "b: dose is nan"),
        ({"se": [1, 0, 1]}, "b: a standard error"),
        ({"dose": [100, 0, 200]}, "b: dose 0 is that of its referent"),
        ({"trial": ["a", "b", "a"]}, "a: 2 rows share a control"),
        (
            {"trial": ["a", "b", "a"], "y": [1.0, 1.0, np.nan], "upper": [1, 1, 1]},
            "a: 2 rows of which one is a bound",
        ),
        ({"trial": ["a", "b", "a"], "reference": [0, 0, 50]}, "a: its rows have different referent"),
        (
            {"trial": ["a", "b", "a"], "n_treated": [9, 9, 9], "n_control": [9, 9, 8]},
            "a: arm sizes must be positive and the control's the same",
        ),
    ],
)
def test_refusals_name_the_trial(change: dict, words: str) -> None:
    given_ = {
        "y": [1.0, 2.0, 3.0],
        "se": [1.0, 1, 1],
        "dose": [100.0, 150, 200],
        "trial": ["a", "b", "c"],
    } | change
    with pytest.raises(TrialError, match=words):
        contrast_rows(**given_)


def test_refusals_of_tables() -> None:
    with pytest.raises(DataError, match="give one of each"):
        contrast_rows([1.0], [1.0, 2.0], [100.0])
    with pytest.raises(DataError, match="no rows"):
        contrast_rows([], [], [])
    with pytest.raises(TrialError, match="a: two arms at the lowest dose, 0"):
        arm_rows(["a"] * 3, [0, 0, 9], [1, 2, 3], [1, 1, 1], [9, 9, 9])
    with pytest.raises(TrialError, match="b: one arm alone"):
        arm_rows(["a", "a", "b"], [0, 9, 9], [1, 2, 3], [1, 1, 1], [9, 9, 9])
    with pytest.raises(TrialError, match="a: a mean is missing"):
        arm_rows(["a", "a"], [0, 9], [1, np.nan], [1, 1], [9, 9])
