"""The one-page report of a project for another exposure."""

from __future__ import annotations

from pathlib import Path

from mgmeta.config import load_config
from mgmeta.evidence.exposure import Exposure
from mgmeta.report.project import project_page
from mgmeta.report.render import render_project

CONFIG = Path(__file__).parents[2] / "src/mgmeta/extend/project/config.yaml"
SVG = '<svg xmlns="x" width="100pt" height="10pt"><text id="a">Drawn</text></svg>'


def row(outcome: str, method: str, **filled: str) -> dict[str, str]:
    keys = ("estimate", "ci_low", "ci_high", "tau", "note")
    head = {"analysis": "main", "outcome": outcome, "method": method, "unit": "mmHg"}
    return {**head, "k": "3", "k_numeric": "3", "k_bounds": "0", **dict.fromkeys(keys, ""), **filled}


def test_the_page_says_what_was_pooled_and_why_not() -> None:
    answer = [
        row("sbp", "DL", note="no trial <prints> a number"),
        row("dbp", "DL", estimate="-2.5", ci_low="-4.0", ci_high="-1.0", tau="1.25"),
    ]
    flow = [{"trial_id": "made2000", "status": "pooled_estimate", "reason": ""}]
    svgs = {("main", "sbp"): SVG, ("main", "dbp"): SVG}
    page = project_page(
        load_config(CONFIG), Exposure("potassium", 39.098, 8000.0, 1.0), answer, flow, [], svgs, "1"
    )
    assert page.answers[0] == "SBP: no pooled result: no trial <prints> a number."
    assert page.answers[1].startswith("DBP: \u22122.50 (\u22124.00 to \u22121.00) mmHg (k = 3; numbers, Der")
    assert [drawing.title for drawing in page.drawings] == ["All trials of @EXPOSURE@ alone: DBP"]
    assert [column.label for column in page.flow.columns] == ["Trial id", "Status"]  # reason is empty
    html = render_project(page)
    assert "&lt;prints&gt;" in html and "<prints>" not in html
    assert "Does potassium lower blood pressure?" in html
    assert html.count("<svg") == 1
