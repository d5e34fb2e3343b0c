"""What a notebook shows: well-formed, escaped, with the warnings."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import mgmeta as mg
from mgmeta.api.notebook import LONGEST, table_html
from mgmeta.api.result import Result

TRIALS = {
    "study": ["<b>A & B</b>", "C", "D", "E"],
    "yi": [-4.1, -1.0, None, -3.0],
    "yi_low": [None, None, -2.0, None],
    "yi_high": [None, None, 2.0, None],
    "sei": [1.2, 0.9, 1.0, 1.1],
    "dose": [300, 250, 365, 400],
}


@pytest.mark.parametrize(
    "result", [mg.pool(TRIALS), mg.bayes(TRIALS), mg.dose(TRIALS)], ids=lambda r: type(r).__name__
)
def test_a_result_is_well_formed_html_of_its_own_numbers(result: Result) -> None:
    html = result._repr_html_()
    tree = ElementTree.fromstring(html)
    assert "<b>A" not in html
    assert {th.get("scope") for th in tree.iter("th")} == {"col"}
    notes = [p for p in tree.iter("p") if "Note:" in "".join(p.itertext())]
    assert len(notes) == len(result.warnings)
    first = result.rows(result.parts[0])[0]
    body = next(tree.iter("tbody"))
    assert len(body[0]) == len(first)
    assert repr(result).startswith(f"{type(result).__name__}(k=4")


def test_numbers_are_short_and_what_is_missing_is_a_dash() -> None:
    html = table_html([{"a": -1.23456, "b": None, "c": float("inf"), "d": (1, 2)}, {"a": float("nan")}])
    assert "<td>\u22121.235</td><td>\u2013</td><td>open</td><td>1, 2</td>" in html
    assert html.count("<td>\u2013</td>") == 5


def test_a_long_table_says_what_it_hides() -> None:
    html = table_html([{"a": i} for i in range(LONGEST + 3)])
    assert html.count("<tr>") == LONGEST + 1
    assert "3 more rows" in html
