"""Which printed row speaks for a trial: an order that never asks what it says."""

from __future__ import annotations

from collections.abc import Iterable

from mgmeta.evidence.records import Report

METHOD_ORDER = ("office", "unspecified", "home", "ambulatory_24h", "ambulatory_day", "ambulatory_night")
POSITION_ORDER = ("sitting", "supine", "unspecified", "standing")

Key = tuple[int, int, float]


def preference_key(report: Report) -> Key:
    """Return the sort key: method, then position, then the last time point.

    Office and unspecified methods rank alike (an abstract that names no method
    means the usual one).
    """
    method = max(METHOD_ORDER.index(report.method) - 1, 0)
    return method, POSITION_ORDER.index(report.position), -(report.timepoint_weeks or 0.0)


def preferred_groups(reports: Iterable[Report]) -> list[list[Report]]:
    """Return the rows in groups of equal rank, best first.

    A group with more than one row holds several magnesium arms measured alike.
    """
    groups: dict[Key, list[Report]] = {}
    for report in reports:
        groups.setdefault(preference_key(report), []).append(report)
    return [groups[key] for key in sorted(groups)]
