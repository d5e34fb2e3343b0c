"""Intervals as JSON holds them: an end that is None is open."""

from __future__ import annotations


def lies_within(value: float, low: float | None, high: float | None) -> bool:
    """Return whether *value* lies in an interval (same unit), whose open ends are None.

    An interval without any end, of a fit that gives none, holds every value: nothing is excluded.
    """
    return (low is None or low <= value) and (high is None or value <= high)
