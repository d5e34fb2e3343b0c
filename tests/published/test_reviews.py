"""One test a reproduced review: the ledger's numbers, pinned.

``ledger.json`` holds what the committed tables gave when the criteria of
``config/reviews.yaml`` were written. A change of a table, a criterion or an engine
shows here as the rows it moves; look at them, then write the file anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mgmeta.config import load_config
from mgmeta.effects.derive import derive
from mgmeta.evidence.load import load_evidence
from mgmeta.reproduce.ledger import build_ledger
from mgmeta.reproduce.plan import load_plan

ROOT = Path(__file__).resolve().parents[2]
PINNED = json.loads((Path(__file__).parent / "ledger.json").read_text(encoding="utf-8"))

# Likelihood and quadrature settle to far more digits; a change of 0.01 mmHg is a change of a number.
# Imputations are drawn: their Monte Carlo error is up to 0.1 mmHg where all but three rows are words.
TOLERANCE, DRAWN = 0.01, 0.15


@pytest.fixture(scope="module")
def ledger():
    config = load_config(ROOT / "config" / "config.yaml")
    evidence = load_evidence(ROOT / "data" / "raw")
    plan = load_plan(ROOT / "config" / "reviews.yaml", config)
    return build_ledger(evidence, derive(evidence, config.assume), config, plan)


def near(found, pinned, tolerance):
    assert len(found) == len(pinned)
    for ours, theirs in zip(found, pinned, strict=True):
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            # Intervals on one degree of freedom reach to hundreds of mmHg: relative there.
            assert ours == pytest.approx(theirs, abs=tolerance, rel=tolerance)


@pytest.mark.parametrize("review_id", PINNED)
def test_review(ledger, review_id):
    rows = [row for row in ledger.rows if row.published.review_id == review_id]
    assert len(rows) == len(PINNED[review_id])
    for row, pinned in zip(rows, PINNED[review_id], strict=True):
        key = row.published
        assert (key.outcome, key.subset, key.unit) == (pinned["outcome"], pinned["subset"], pinned["unit"])
        assert [row.found.eligible, row.found.pooled, row.found.numeric] == pinned["k"]
        for name, answer, tolerance in (
            ("numeric", row.numeric[0], TOLERANCE),
            ("ml", row.ml, TOLERANCE),
            ("mi", row.mi, DRAWN),
            ("bayes", row.bayes, TOLERANCE),
        ):
            near([answer.estimate, answer.ci_low, answer.ci_high], pinned[name], tolerance)
        if pinned["remainder"] is None:
            assert row.remainder is None
        else:
            near([row.remainder.low, row.remainder.high], pinned["remainder"], 0.05)
        assert row.verdict == pinned["verdict"]


def test_every_review_is_pinned(ledger):
    assert list(dict.fromkeys(row.published.review_id for row in ledger.rows)) == list(PINNED)
