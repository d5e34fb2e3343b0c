"""What changed since a release: invented results before and after."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta import io
from mgmeta.evidence.records import Evidence
from mgmeta.report.change_words import (
    NO_RELEASE,
    changelog,
    headline_table,
    lead,
    reasons,
    trial_table,
    verdict_table,
)
from mgmeta.report.changes import Changes, changes_from_json, compare
from mgmeta.report.chapters import changes as chapter
from mgmeta.report.headline import Headline
from mgmeta.report.page import build_page
from mgmeta.report.release import digest, raw_rows, release_document
from mgmeta.report.render import render


@pytest.fixture
def reproduction() -> dict[str, Any]:
    published = {
        "review_id": "jee2002", "label": "Jee 2002", "outcome": "sbp", "subset": "overall", "unit": "mmHg"
    }  # fmt: skip
    tested = [{"outcome": "dbp", "name": "diastolic blood pressure", "verdict": "supported"}]
    return {
        "ledger": {"rows": [{"published": published, "verdict": "consistent"}]},
        "claims": {"claims": [{"id": "falls", "text": "It falls", "tested": tested}]},
    }


@pytest.fixture
def pinned(
    fits: dict[str, Any], bayes: dict[str, Any], headline: Headline, reproduction: dict[str, Any]
) -> dict[str, Any]:
    return release_document("0.1.0", io.jsonable(headline), fits, bayes, reproduction)


def test_a_release_pins_the_main_analyses_and_every_verdict(
    pinned: dict[str, Any], fits: dict[str, Any]
) -> None:
    assert list(pinned["analyses"]) == ["zhang2016", "update"]
    out = fits["update"]["outcomes"]["sbp"]
    found = pinned["analyses"]["update"]["outcomes"]["sbp"]
    assert found["estimate"] == pytest.approx(out["bounded"]["estimate"], abs=1e-6)
    assert found["rows"].keys() == {row["trial_id"] for row in out["rows"]}
    assert [item["key"] for item in pinned["verdicts"]] == [
        "headline:sbp",
        "headline:dbp",
        "ledger:jee2002:sbp:overall:mmHg",
        "claim:falls:dbp",
    ]


def test_nothing_changed_says_so(pinned: dict[str, Any], evidence: Evidence) -> None:
    rows = raw_rows(evidence)
    changes = compare(pinned, rows, copy.deepcopy(pinned), rows, evidence)
    assert changes.nothing
    assert lead(changes) == (
        "Nothing changed since release 0.1.0: trials, headline and verdicts are the same."
    )
    assert list(changelog(changes)) == []
    assert lead(Changes("")) == NO_RELEASE


def test_every_kind_of_change_is_told(pinned: dict[str, Any], evidence: Evidence) -> None:
    now, rows = copy.deepcopy(pinned), raw_rows(evidence)
    trial = evidence.trials[0]
    old = [row for row in rows if row["trial_id"] != trial.trial_id]
    old.append({"file": "trials.csv", "trial_id": "lost1980", "id": "lost1980", "sha256": "0"})
    pool = now["analyses"]["update"]["outcomes"]["sbp"]
    first, second, third = list(pool["rows"])[:3]
    pool["estimate"] += 0.4
    pool["rows"][first]["kind"] = "bound" if pool["rows"][first]["kind"] == "estimate" else "estimate"
    pool["rows"][second]["sei"] += 1.0
    del pool["rows"][third]
    now["analyses"]["zhang2016"]["question"] = "another"
    now["verdicts"][0]["verdict"] = "inconsistent"
    now["verdicts"].pop()
    changes = compare(pinned, old, now, rows, evidence)
    assert {(t.trial_id, t.how) for t in changes.trials} == {
        (trial.trial_id, "added"),
        ("lost1980", "removed"),
    }
    moved = [pool for pool in changes.pools if pool.moved]
    assert [(p.analysis, p.outcome) for p in moved] == [("update", "sbp")]
    assert moved[0].borrowed == 1
    assert any("goes from" in text for text in moved[0].trials)
    assert any("leaves" in text for text in moved[0].trials)
    assert all(p.question == (p.analysis == "zhang2016") for p in changes.pools)
    assert [(f.after) for f in changes.flips] == ["inconsistent", ""]
    assert lead(changes) == (
        "Since release 0.1.0: 1 trial added, 1 trial removed; 1 of 4 main results moved; 2 verdicts changed."
    )
    said = "\n".join(changelog(changes))
    assert "- Data: lost1980 removed" in said
    assert "criteria or assumptions" not in said  # of a result that did not move
    assert "- Verdict: " in said
    assert headline_table(changes).strong == {2}
    assert any("leaves" in text for text in reasons(changes))
    assert any("criteria or assumptions changed" in text for text in reasons(changes))
    assert trial_table(changes) is not None and verdict_table(changes) is not None
    assert changes_from_json(io.jsonable(changes.document())) == changes


def test_retrieved_numbers_and_corrections_are_told_apart(pinned: dict[str, Any], evidence: Evidence) -> None:
    rows = raw_rows(evidence)
    trial = evidence.trials[0]
    more = {"file": "reports.csv", "trial_id": trial.trial_id, "id": f"{trial.trial_id}-sbp-9", "sha256": "1"}
    changes = compare(pinned, rows, pinned, [*rows, more], evidence)
    assert [(t.how, t.rows) for t in changes.trials] == [
        ("numbers", (f"{trial.trial_id}-sbp-9 new in reports.csv",))
    ]
    other = replace(evidence, trials=(replace(trial, country="Atlantis"), *evidence.trials[1:]))
    changes = compare(pinned, rows, pinned, raw_rows(other), other)
    assert [(t.how, t.rows) for t in changes.trials] == [
        ("corrected", (f"{trial.trial_id} changed in trials.csv",))
    ]


def test_a_digest_is_of_the_filled_cells() -> None:
    assert digest({"a": 1, "b": "x"}) == digest({"b": "x", "a": 1}) != digest({"a": 2, "b": "x"})
    assert len(digest({})) == 16


def test_the_chapter_is_on_the_page(
    make_inputs: Callable[..., Any], pinned: dict[str, Any], evidence: Evidence
) -> None:
    assert chapter.content(make_inputs(changes=None)) is None
    none = render(build_page(make_inputs(changes=Changes(""))))
    assert "No release has been made yet" in none
    rows = raw_rows(evidence)
    now = copy.deepcopy(pinned)
    now["analyses"]["update"]["outcomes"]["dbp"]["estimate"] -= 1.0
    now["verdicts"][0]["what"] = now["verdicts"][0]["what"]
    page = render(build_page(make_inputs(changes=compare(pinned, rows[1:], now, rows, evidence))))
    assert 'id="changes-headline"' in page and 'id="changes-trials"' in page
    assert "Proposed for the changelog" in page
    assert "1 of 4 main results moved" in page
