"""What stands behind an estimate: its printed cells, its source, the decisions that concern it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from mgmeta.evidence.records import Evidence, Report
from mgmeta.report.provenance import provenances

DECISION = dict.fromkeys(
    ("assumption_set", "trial_id", "outcome", "report_id", "step", "chosen", "value", "unit"), ""
) | dict.fromkeys(("alternative", "alternative_value", "reason"), "")


def decision(**cells: str) -> dict[str, str]:
    return DECISION | {"assumption_set": "base", "trial_id": "invented1", "outcome": "sbp"} | cells


def report(report_id: str) -> Report:
    empty: dict[str, Any] = dict.fromkeys((field.name for field in fields(Report)), "")
    return Report(
        **empty
        | {"report_id": report_id, "trial_id": "invented1", "source_id": "invented1-s1", "row": 7}
        | {"printed": {"difference": "-4.0", "ci_low": "-7.9"}, "locator": "Table 2", "certainty": "certain"}
    )


def test_a_row_is_told_with_its_print_its_source_and_its_route(
    fits: dict[str, Any], evidence: Evidence
) -> None:
    with_report = replace(evidence, reports=(report("invented1-sbp-1"),))
    found = {item.anchor: item for item in provenances(fits, ["zhang2016", "update"], with_report, [])}
    told = found["behind-sbp-invented1"]
    assert told.title == "Fiction 1901, systolic blood pressure"
    assert told.route == "difference with its confidence interval (1_ci)"
    assert told.effect.startswith("\u22124.00 (")
    (printed,) = told.printed
    assert printed.cells == (("difference", "-4.0"), ("ci low", "-7.9"))
    assert (printed.place, printed.locator, printed.certainty) == ("reports.csv:7", "Table 2", "certain")
    assert [link.href for link in printed.links] == [
        "https://doi.org/10.1234/one",
        "https://pubmed.ncbi.nlm.nih.gov/123/",
    ]
    pooled = {
        (outcome, row["trial_id"])
        for name in ("zhang2016", "update")
        for outcome, out in fits[name]["outcomes"].items()
        for row in out["rows"]
    }
    assert len(found) == len(pooled)


def test_only_the_decisions_behind_the_row_are_told(fits: dict[str, Any], evidence: Evidence) -> None:
    made = [
        decision(
            report_id="invented1-sbp-1", step="arm_size", chosen="split", alternative="whole", reason="why"
        ),
        decision(step="preference", chosen="office", assumption_set="analysis zhang2016"),
        decision(step="preference", chosen="other analysis", assumption_set="analysis update"),
        decision(report_id="invented1-sbp-1", step="borrowed", chosen="no", assumption_set="sd_factor=0.7"),
        decision(report_id="invented1-sbp-2", step="unused", chosen="no"),
        decision(outcome="dbp", step="preference", chosen="no"),
    ]
    found = {item.anchor: item for item in provenances(fits, ["zhang2016", "update"], evidence, made)}
    assert found["behind-sbp-invented1"].decisions == (
        ("arm size", "split instead of whole (why)"),
        ("preference", "office"),
    )
    assert found["behind-sbp-invented2"].decisions == ()
