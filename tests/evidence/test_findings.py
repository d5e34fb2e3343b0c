from __future__ import annotations

from mgmeta.evidence.findings import Finding, error, ordered, quoted


def test_place_names_what_is_known() -> None:
    assert error("trials.csv", 17, "year", "x").place == "trials.csv:17:year"
    assert error("trials.csv", 17, "", "x").place == "trials.csv:17"
    assert error("trials.csv", 0, "", "x").place == "trials.csv"
    assert (
        str(error("trials.csv", 17, "year", "found a, expected b"))
        == "trials.csv:17:year: found a, expected b"
    )


def test_quoted_cannot_break_a_line_or_a_terminal() -> None:
    assert quoted("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"
    assert len(quoted("x" * 5000)) == 42


def test_ordered_puts_errors_first_lines_in_order_and_says_things_once() -> None:
    note = Finding("note", "a.csv", 1, "", "n")
    late, early = error("a.csv", 10, "", "e"), error("a.csv", 9, "", "e")
    other = Finding("ambiguity", "a.csv", 2, "", "m")
    assert ordered([note, late, other, early, late]) == [early, late, other, note]
