"""Intervals as results hold them: an end that is None is open."""

from __future__ import annotations

from collections.abc import Iterable

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures.results import Json

# Share of the largest plausible effect at which an axis ends: 2.5 of them fill it.
AXIS_SHARE = 2.5


def lies_within(value: float, low: float | None, high: float | None) -> bool:
    """Return whether *value* lies in an interval (same unit), whose open ends are None.

    An interval without any end, of a fit that gives none, holds every value: nothing is excluded.
    """
    return (low is None or low <= value) and (high is None or value <= high)


def excludes_zero(item: Json) -> bool:
    """Return whether the interval ``ci_low`` to ``ci_high`` lies on one side of zero."""
    return not lies_within(0.0, item["ci_low"], item["ci_high"])


def capped_axis(ends: Iterable[float | None], outcome: str) -> tuple[float, float]:
    """Return the limits of an axis that holds the *ends* of intervals, in the unit of the outcome.

    The interval of two or three trials can be absurdly wide: beyond the cap it ends in arrowheads and
    crushes nothing.
    """
    cap = OUTCOMES[outcome].plausible_effect / AXIS_SHARE
    known = [value for value in ends if value is not None]
    low, high = max(min([*known, -1.0]), -cap), min(max([*known, 1.0]), cap)
    room = 0.05 * (high - low)
    return low - room, high + room
