"""Value of information against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.incomplete.printing import as_rows
from mgmeta.incomplete.value import Hidden, prepare

NAN = np.nan


def test_a_new_number_is_worth_its_precision():
    """tau = 0 by its prior: the SD after adding a trial of SE s is known in advance."""
    se = np.array([2.0, 3.0, 2.5])
    rows = as_rows([-1.0, -3.0, -2.0], se, [NAN] * 3, [NAN] * 3)
    ready = prepare(rows, log_spread=0.0, draws=50, seed=1, prior_tau_scale=1e-3)
    now = 1 / np.sqrt((1 / se**2).sum() + 0.01)
    after = 1 / np.sqrt((1 / se**2).sum() + 0.01 + 1 / 1.5**2)
    assert ready.sd_today == pytest.approx(now, rel=0.01)
    value = ready.value_of([Hidden("made", None, 1.5)])
    assert value.fall == pytest.approx(now - after, rel=0.05)
    half = ready.value_of([Hidden("made", None, 1.5, chance=0.5)])
    assert half.fall == pytest.approx(0.5 * value.fall, rel=0.4)


@pytest.fixture(scope="module")
def ready():
    y = [-6.0, -1.5, -4.0, NAN, NAN, NAN, NAN]
    se = [2.0, 1.0, 1.5, 2.0, 1.2, 6.0, 1.0]
    low = [NAN] * 3 + [-4.0, -2.5, -12.0, NAN]
    high = [NAN] * 3 + [4.0, 2.5, 12.0, -2.0]
    return prepare(as_rows(y, se, low, high), log_spread=0.2, draws=1200, seed=5)


def test_larger_trials_and_more_papers_are_worth_more(ready):
    """Among silent trials; a tight bound may leave little to learn from a large trial's number."""
    small, large = (ready.value_of([Hidden(f"s{se}", None, se)]) for se in (6.0, 1.2))
    assert large.fall > small.fall + 2 * np.hypot(small.error, large.error)
    both = ready.value_of([Hidden("s6.0", None, 6.0), Hidden("s1.2", None, 1.2)])
    assert both.fall > large.fall - 2 * both.error
    assert 0 < both.share < 1


def test_order_of_the_papers_does_not_matter(ready):
    first, second = Hidden("t4", 4, 1.2), Hidden("new", None, 2.0)
    one, two = ready.value_of([first, second]), ready.value_of([second, first])
    assert one.fall == pytest.approx(two.fall, rel=1e-9)


def test_a_trial_that_surely_reports_nothing_is_worth_nothing(ready):
    assert ready.value_of([Hidden("new", None, 1.0, chance=0.0)]).fall == pytest.approx(0.0, abs=1e-12)
