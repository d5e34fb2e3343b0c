"""The rows a forest plot draws: every trial, or above a number that fits a page, trials taken together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from mgmeta.figures import words
from mgmeta.figures.rows import ESTIMATE, TrialRow

LARGEST = 500
"""Most trials that are drawn one a row."""

TOGETHER = 80
"""About as many rows are drawn where there are more trials than that."""


@dataclass(frozen=True)
class ForestRow:
    """One row drawn, and how many trials it stands for."""

    row: TrialRow
    trials: int


def drawn_rows(
    rows: Sequence[TrialRow], largest: int = LARGEST, together: int = TOGETHER, of: int | None = None
) -> tuple[ForestRow, ...]:
    """Return the rows to draw; no trial is left out. With *of*, they are a part of that many in the figure.

    Up to *largest* trials each has its row. Above, neighbours in the order given (numbers first, by year)
    that say the same kind of thing share one, about *together* rows in all:

    - numbers: their common-effect mean and interval, weights 1 / half-width squared, which with intervals
      of one kind is the inverse-variance mean;
    - words: the median of each limit, as a band; it shows where the bands lie and pools nothing.

    Participants and weights are summed.
    """
    total = len(rows) if of is None else of
    if total <= largest:
        return tuple(ForestRow(row, 1) for row in rows)
    size = math.ceil(total / together)
    ordered = sorted(rows, key=lambda row: (row.shape != ESTIMATE, row.shape))  # stable: by year within
    return tuple(
        _taken_together(members[start : start + size])
        for _, group in groupby(ordered, key=lambda row: row.shape)
        for members in (list(group),)
        for start in range(0, len(members), size)
    )


def _taken_together(rows: Sequence[TrialRow]) -> ForestRow:
    first = rows[0]
    estimate, low, high = _mean(rows) if first.shape == ESTIMATE else (None, *_band(rows))
    weights = [row.weight for row in rows if row.weight is not None]
    people = [row.n for row in rows if row.n is not None]
    row = TrialRow(
        trial_id=first.trial_id,
        label=_label(rows),
        year=first.year,
        shape=first.shape,
        estimate=estimate,
        low=low,
        high=high,
        n=sum(people) if people else None,
        dose=None,
        hypertensive=None,
        weight=math.fsum(weights) if weights else None,
        se_assumed=any(row.se_assumed for row in rows),
    )
    return ForestRow(row, len(rows))


def _label(rows: Sequence[TrialRow]) -> str:
    years = [row.year for row in rows if row.year is not None]
    count = words.count(len(rows), "trial")
    if not years:
        return count
    return f"{count}, {min(years)}" + (f"\u2013{max(years)}" if max(years) > min(years) else "")


def _mean(rows: Sequence[TrialRow]) -> tuple[float, float, float]:
    weights, values = [], []
    for row in rows:
        assert row.estimate is not None and row.low is not None and row.high is not None
        weights.append((0.5 * (row.high - row.low)) ** -2)
        values.append(row.estimate)
    total = math.fsum(weights)
    mean = math.fsum(w * y for w, y in zip(weights, values, strict=True)) / total
    half = total**-0.5
    return mean, mean - half, mean + half


def _band(rows: Sequence[TrialRow]) -> tuple[float | None, float | None]:
    lows = [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.high is not None]
    return (median(lows) if lows else None, median(highs) if highs else None)
