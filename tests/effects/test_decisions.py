"""The log of decisions: in order, once each, and fast enough for a big table."""

from __future__ import annotations

import time

from mgmeta.effects.decisions import Decision, DecisionLog


def decision(i: int) -> Decision:
    return Decision(f"trial_{i}", "sbp", f"trial_{i}-sbp-1", "route", "from the interval", value=float(i))


def test_a_repeated_decision_is_kept_once_where_it_came_first() -> None:
    log = DecisionLog()
    for i in (3, 1, 3, 2, 1):
        log.add(decision(i))
    assert list(log.entries) == [decision(i) for i in (3, 1, 2)]


def test_a_big_table_takes_no_square_of_its_size() -> None:
    """Searched as a list, these 40,000 would cost 8e8 comparisons: many minutes."""
    log = DecisionLog()
    start = time.process_time()
    for i in range(40_000):
        log.add(decision(i))
    assert time.process_time() - start < 20.0
    assert len(log.entries) == 40_000
