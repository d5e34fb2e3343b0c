"""Invented rows as the checks take them; nothing in them is real."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mgmeta.bayes.rows import make_rows
from mgmeta.robustness.pooled import Pooled

nan = np.nan


@pytest.fixture
def make_pooled() -> Callable[..., Pooled]:
    """A maker of pooled rows: five numbers and two bounds by default; the last of *doubtful* may be none."""

    def make(
        numbers: int = 5, bounds: int = 2, doubtful: int = 1, secondary: tuple[int, ...] = (1,)
    ) -> Pooled:
        y = [-4.1, -0.8, -6.5, -2.9, -1.2, -3.3, 0.4, -2.0, -5.1, -0.1, -2.2][:numbers]
        se = [1.2, 1.9, 2.2, 1.1, 1.6, 2.0, 1.4, 0.9, 2.5, 1.3, 1.7][:numbers]
        k = numbers + bounds
        more = k + doubtful
        half = [3.8, 4.4, 5.2, 3.1][: more - numbers]
        trials = [f"invented{i}" for i in range(more)]
        wider = make_rows(
            [*y, *[nan] * len(half)],
            [*se, *(h / 2.0 for h in half)],
            [*[nan] * numbers, *(-h for h in half)],
            [*[nan] * numbers, *half],
            labels=trials,
        )
        records = tuple(
            {"trial_id": trial, "label": f"Invented {1990 + i}", "year": 1990 + i}
            for i, trial in enumerate(trials[:k])
        )
        return Pooled(
            outcome="sbp",
            records=records,
            rows=wider.take(np.arange(k)),
            secondary=np.isin(np.arange(k), secondary),
            sd=9.0,
            wider=wider,
            uncertain=np.arange(more) >= k,
            names={trial: f"Invented {1990 + i}" for i, trial in enumerate(trials)},
        )

    return make
