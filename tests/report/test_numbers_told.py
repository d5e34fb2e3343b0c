"""Every effect with an interval in the words of the page stands in its tables or in the results."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from html.parser import HTMLParser
from typing import Any

import pytest

from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render

NUMBER = r"\u2212?\d+\.\d+"
EFFECT = re.compile(rf"(?<![\d.])({NUMBER})(?: mmHg)? \(({NUMBER}) to ({NUMBER})\)")
PROSE = {"p", "li", "figcaption", "dd"}
VOID = {"meta", "link", "br", "input", "img", "hr"}
Triple = tuple[str, str, str]


class Words(HTMLParser):
    """Collects the page's prose, paragraph by paragraph, and its table rows."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.prose: list[str] = []
        self.rows: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append("")
        elif tag in PROSE and "table" not in self.open:
            self.prose.append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"script", "style", "svg"} & set(self.open):
            return
        if "table" in self.open and self.rows:
            self.rows[-1] += f"{data} "
        elif PROSE & set(self.open):
            self.prose[-1] += data


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)  # a no-break space is a space here


def told(html: str) -> tuple[list[Triple], set[Triple]]:
    """Return the effects of the prose, and all three neighbouring numbers of table rows."""
    page = Words()
    page.feed(html)
    effects = [match.groups() for text in page.prose for match in EFFECT.finditer(_plain(text))]
    rows = [re.findall(NUMBER, _plain(row)) for row in page.rows]
    triples = {tuple(row[i : i + 3]) for row in rows for i in range(len(row) - 2)}
    return effects, triples  # type: ignore[return-value]


def spans(node: Any) -> Iterator[tuple[list[float], float, float]]:
    """Yield what stands beside each pair of interval ends in the results: candidates, low, high."""
    if isinstance(node, Mapping):
        for low in [key for key in node if isinstance(key, str) and key.endswith("low")]:
            ends = node[low], node.get(f"{low[:-3]}high")
            if all(isinstance(end, int | float) and math.isfinite(end) for end in ends):
                beside = [value for value in node.values() if isinstance(value, float)]
                yield beside, *ends
        for value in node.values():
            yield from spans(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from spans(value)


# Slopes are told for a step a reader can picture: the results hold them a mg/d or a week.
STEPS = (1.0, 4.0, 100.0)


def unsupported(html: str, inputs: Inputs) -> list[Triple]:
    """Return the effects of the prose that neither a table of the page nor the results hold."""
    effects, triples = told(html)
    missing = [effect for effect in effects if effect not in triples]
    sources = [getattr(inputs.results, item.name) for item in fields(inputs.results)]
    known = list(spans([*sources, vars(inputs.published)]))
    return [effect for effect in missing if not any(_is(effect, *span) for span in known)]


def _is(effect: Triple, beside: list[float], low: float, high: float) -> bool:
    printed = [float(text.replace("\u2212", "-")) for text in effect]
    room = 0.5 * 10.0 ** -len(effect[0].partition(".")[2]) * (1 + 1e-6)

    def near(value: float, target: float) -> bool:
        return abs(value - target) <= room

    return any(
        near(step * low, printed[1])
        and near(step * high, printed[2])
        and any(near(step * value, printed[0]) for value in beside)
        for step in STEPS
    )


@pytest.fixture(scope="module")
def inputs(make_inputs: Callable[..., Inputs]) -> Inputs:
    return make_inputs()


@pytest.fixture(scope="module")
def html(inputs: Inputs) -> str:
    return render(build_page(inputs))


def test_every_effect_told_in_words_stands_in_a_table_or_in_the_results(html: str, inputs: Inputs) -> None:
    assert len(told(html)[0]) > 50
    assert unsupported(html, inputs) == []


def test_a_wrong_figure_in_a_sentence_is_found(html: str, inputs: Inputs) -> None:
    effects, triples = told(html)
    one = next(effect for effect in effects if effect in triples)
    wrong = (f"{one[0][:-1]}{(int(one[0][-1]) + 5) % 10}", *one[1:])
    text = f"<p>{wrong[0]} ({wrong[1]} to {wrong[2]})</p>"
    assert unsupported(html.replace("</main>", f"{text}</main>"), inputs) == [wrong]
