"""A script in any text cell of any raw table is text on the page and in the files, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from mgmeta.evidence.load import TABLES
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.vocabulary import SHAPES, WORDS
from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render

SCRIPT = "</script><script>alert(9)</script><img src=x onerror=alert(9)>\"'><svg/onload=alert(9)>{{ 7*7 }}"


def poisoned(evidence: Evidence) -> tuple[Evidence, list[str]]:
    """Put the script behind the text of every free text cell; the cells that have a shape cannot hold it."""
    places: list[str] = []
    tables: dict[str, Any] = {}
    for name, table in TABLES.items():
        free = [
            column
            for column, kind in table.columns.items()
            if kind == "text" and column not in WORDS[table.file] and column not in SHAPES[table.file]
            if column != "source_id"
        ]
        places += [f"{table.file}:{column}" for column in free]
        tables[name] = tuple(
            replace(record, **{column: f"{getattr(record, column)} {SCRIPT}" for column in free})
            for record in getattr(evidence, name)
        )
    return replace(evidence, **tables), places


def test_every_free_text_of_every_table_is_escaped(
    make_inputs: Callable[..., Inputs], evidence: Evidence
) -> None:
    inputs = make_inputs()
    bad, places = poisoned(evidence)
    assert len(places) >= 15
    held = next(field.name for field in fields(inputs) if isinstance(getattr(inputs, field.name), Evidence))
    clean, page = (render(build_page(one)) for one in (inputs, replace(inputs, **{held: bad})))
    assert "alert(9)" in page and page != clean
    assert "<script>alert(9)" not in page and "<img src=x" not in page and "<svg/onload" not in page
    assert page.count("<script") == clean.count("<script")
    assert page.count("</script") == clean.count("</script")
    assert not re.search(r"<[^>]*\son[a-z]+=alert", page)
    assert "{{ 7*7 }}" in page  # a template that is filled once fills nothing it was filled with


def test_bad_addresses_are_no_links(make_inputs: Callable[..., Inputs], evidence: Evidence) -> None:
    """The checks refuse them; the page, built without a check, makes no link of them either."""
    inputs = make_inputs()
    held = next(field.name for field in fields(inputs) if isinstance(getattr(inputs, field.name), Evidence))
    tables = {
        name: tuple(
            replace(
                record,
                **{
                    column: "javascript:alert(9)"
                    for column in ("url", "doi", "pmid", "source_url")
                    if column in TABLES[name].columns
                },
            )
            for record in getattr(evidence, name)
        )
        for name in TABLES
    }
    page = render(build_page(replace(inputs, **{held: replace(evidence, **tables)})))
    assert not re.search(r"""(href|src)=["']?\s*javascript:""", page, re.IGNORECASE)
