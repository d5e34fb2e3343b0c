"""The general solver against the exact one, and the printing factors by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mgmeta.errors import FitError
from mgmeta.incomplete.printing import as_rows, fit_printing
from mgmeta.pooling.bounded import fit_bounded

Y = np.array([-6.0, -1.5, -4.0, -9.0, np.nan, np.nan, np.nan, np.nan])
SE = np.array([2.0, 1.0, 1.5, 3.0, 2.0, 1.2, 2.5, 1.0])
LOW = np.array([np.nan] * 4 + [-4.0, -2.5, -5.0, -np.inf])
HIGH = np.array([np.nan] * 4 + [4.0, 2.5, 5.0, -2.0])


def test_with_nothing_changed_it_is_the_exact_fit():
    general = fit_printing(as_rows(Y, SE, LOW, HIGH))
    exact = fit_bounded(Y, SE, LOW, HIGH)
    assert general.estimate == pytest.approx(exact.beta[0], abs=1e-5)
    assert general.tau == pytest.approx(exact.tau, abs=1e-4)
    assert (general.ci_low, general.ci_high) == (
        pytest.approx(exact.ci_low[0], abs=1e-5),
        pytest.approx(exact.ci_high[0], abs=1e-5),
    )


def test_the_penalty_keeps_tau_off_zero():
    y, se = np.array([-2.0, -2.1, -1.9, -2.0]), np.full(4, 1.0)
    open_end = np.full(4, np.nan)
    plain, penalised = (fit_printing(as_rows(y, se, open_end, open_end), penalised=p) for p in (False, True))
    assert plain.tau < 1e-4 < penalised.tau
    assert penalised.ci_high - penalised.ci_low > plain.ci_high - plain.ci_low


@pytest.mark.slow
def test_the_right_factor_removes_the_bias_of_selective_words():
    """Falls are printed twice as often as rises among non-significant results."""
    rng = np.random.default_rng(6)
    naive, right = [], []
    for _ in range(40):
        se = rng.uniform(1.5, 3.0, 60)
        y = rng.normal(-1.0, np.sqrt(se**2 + 1.0))
        limit = stats.norm.ppf(0.975) * se
        silent = (np.abs(y) < limit) & (rng.random(60) < np.where(y < 0, 0.4, 0.8))
        rows = as_rows(np.where(silent, np.nan, y), se, -limit, limit)
        naive.append(fit_printing(rows).estimate)
        right.append(fit_printing(rows, fall_ratio=0.5).estimate)
    error = np.std(right, ddof=1) / np.sqrt(40)
    assert np.mean(right) == pytest.approx(-1.0, abs=3 * error)
    assert np.mean(naive) < np.mean(right) - 0.1


def test_rarer_words_for_falls_move_the_pool_up():
    rows = as_rows(Y, SE, LOW, HIGH)
    estimates = [fit_printing(rows, fall_ratio=ratio).estimate for ratio in (1.0, 0.5, 0.25)]
    assert estimates[0] < estimates[1] < estimates[2]


def test_one_row_is_refused():
    with pytest.raises(FitError, match="at least 2"):
        fit_printing(as_rows([-2.0], [1.0], [np.nan], [np.nan]))
