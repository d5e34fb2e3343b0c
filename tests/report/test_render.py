"""The page: one file, safe, complete, the same on every run."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from mgmeta.figures.registry import FIGURES
from mgmeta.report.chapters.registry import CHAPTERS
from mgmeta.report.headline import build_headline
from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render, typeset

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Reader(HTMLParser):
    """Collects elements, text, ids and links, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(make_inputs: Callable[..., Inputs]) -> str:
    return render(build_page(make_inputs()))


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return Reader(html)


def test_it_is_the_same_on_every_run(html: str, make_inputs: Callable[..., Inputs]) -> None:
    assert render(build_page(make_inputs())) == html
    assert len(html.encode()) < 8_000_000
    assert not re.search(r"/(?:home|tmp|work|usr|root)/", html)


def test_tags_nest_and_ids_are_unique(page: Reader) -> None:
    assert not page.open
    assert len(page.ids) == len(set(page.ids))


def test_it_loads_nothing(html: str, page: Reader) -> None:
    assert not page.all("img")
    assert not page.all("iframe")
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    scripts = page.all("script")
    assert [script.get("type", "") for script in scripts] == ["application/json", ""]
    assert not any("src" in script for script in scripts)
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", html)
    for attributes in page.all("a"):
        href = attributes["href"]
        assert href.startswith(("#", "http://", "https://"))
        if not href.startswith("#"):
            assert "noopener" in attributes["rel"]


def test_the_browser_may_run_only_the_one_script(html: str) -> None:
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in html or f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html


def test_hostile_text_is_only_text(html: str, page: Reader) -> None:
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "javascript:" not in html
    assert "clinic &lt;b&gt;" in html
    assert "<script>alert(3)" not in html  # a title in the list of papers
    assert html.count("&lt;script&gt;alert(3)&lt;/script&gt; &amp; more") == 2
    assert "read as &lt;b&gt;SE&lt;/b&gt;" in html  # another reading
    assert "Fiction &lt;i&gt; 1901" in html
    assert not [
        attributes for _, attributes in page.elements if any(key.startswith("on") for key in attributes)
    ]


def test_a_long_name_is_whole_in_the_table(fits: dict[str, Any], make_inputs: Callable[..., Inputs]) -> None:
    changed = copy.deepcopy(fits)
    name = "<script>alert(2)</script>" + "x" * 175
    changed["zhang2016"]["outcomes"]["sbp"]["rows"][1]["label"] = name
    inputs = make_inputs()
    html = render(build_page(replace(inputs, results=replace(inputs.results, fits=changed))))
    assert "<script>alert(2)" not in html
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" + "x" * 175 in html


def test_every_figure_has_words_and_a_table(html: str, page: Reader) -> None:
    assert len(page.all("figure")) == len(FIGURES)
    drawings = [
        svg for svg in page.all("svg") if svg.get("aria-hidden") != "true"
    ]  # live ones have words beside
    assert len(drawings) == len(FIGURES)
    assert len(page.all("figcaption")) == len(FIGURES)
    assert all(svg["role"] == "img" for svg in drawings)
    names = re.findall(r'<figure id="fig-([a-z0-9_]+)"', html)
    assert sorted(names) == sorted(FIGURES)
    for number, name in enumerate(names, start=1):
        block = re.search(rf'<figure id="fig-{name}".*?</figure>', html, re.DOTALL)
        assert block
        assert f"<b>Figure {number}. " in block[0]
        assert re.search(r"<title>[^<]{10,}</title>\s*<desc>[^<]{40,}</desc>", block[0])
        assert f'<table id="data-{name}"' in block[0]


def test_the_contents_lead_to_every_section(html: str, page: Reader) -> None:
    targets = [a["href"].removeprefix("#") for a in page.all("a") if a["href"].startswith("#")]
    assert set(targets) <= set(page.ids)
    assert [chapter.key for chapter in CHAPTERS] == [s["id"] for s in page.all("section") if "id" in s]
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_the_answer_comes_first(html: str, page: Reader) -> None:
    text = " ".join("".join(page.text).split())
    lead = text.index("Systolic blood pressure was lower with magnesium than with control")
    assert lead < text.index("Figure 1.") < text.index("Figure 2.")
    assert "not medical advice" in text
    assert html.index('id="answer"') < html.index('id="fig-headline"') < html.index('id="table-headline"')


def test_tables_can_be_scrolled_by_keyboard_and_are_named(html: str, page: Reader) -> None:
    regions = [div for div in page.all("div") if div.get("class") == "scroll"]
    assert len(regions) == len(page.all("table")) + len(FIGURES)
    names = set()
    for div in regions:
        assert div["tabindex"] == "0"
        assert div["role"] == "region"
        name = div.get("aria-label") or div["aria-labelledby"]
        assert name not in names
        names.add(name)
        if "aria-labelledby" in div:
            assert div["aria-labelledby"] in page.ids
    assert all(cell["scope"] in ("col", "row") for cell in page.all("th"))


def test_trials_left_out_have_their_reason(html: str) -> None:
    text = re.sub(r"<[^>]+>", " ", html)
    assert "not eligible: year 2020, after 2015" in text
    assert "says nothing on this outcome" in text
    row = re.search(r'<table id="table-excluded".*?</table>', html, re.DOTALL)
    assert row
    assert "Fiction" not in row[0]


def test_decisions_and_findings_are_printed(html: str) -> None:
    assert "clinic &lt;b&gt;: \u22128.765 mmHg" in html
    assert "The checks of the raw tables found 0 errors, 1 acknowledged ambiguity and 0 notes." in html
    assert "found &lt;5&gt;" in html


def test_methods_print_level_seed_priors_and_versions(html: str) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))
    assert "Seed 20160324" in text
    assert "normal (mean 0, SD 10)" in text
    assert "half-normal (scale 5)" in text
    assert "4 chains of 2 000 draws kept after 1 000 of tuning, target acceptance 0.95" in text
    assert "9.9" in text


def test_failed_diagnostics_are_loud_and_sound_ones_silent(
    html: str,
    bayes: dict[str, Any],
    fits: dict[str, Any],
    targets: dict[str, Any],
    make_inputs: Callable[..., Inputs],
) -> None:
    assert 'class="alarm" role="alert"' in html
    assert "update, systolic blood pressure, model overall: R-hat 1.08 above 1.01" in html
    assert html.index('class="alarm"') < html.index('id="answer"')
    sound = {"zhang2016": bayes["zhang2016"], "update": bayes["zhang2016"]}
    inputs = make_inputs()
    headline = build_headline(fits, sound, targets, "zhang2016")
    quiet = render(
        build_page(replace(inputs, headline=headline, results=replace(inputs.results, bayes=sound)))
    )
    assert 'role="alert"' not in quiet
    assert "FAILED" not in re.sub(r"<svg.*?</svg>", "", quiet, flags=re.DOTALL)  # the drawings are of before


def test_numbers_keep_their_units_on_the_line() -> None:
    assert typeset("by \u22122.00 (\u22123.58 to 0.43) mmHg in 12 trials") == (
        "by \u22122.00 (\u22123.58\u00a0to\u00a00.43) mmHg in 12\u00a0trials"
    )
    assert typeset("by 9.9% \u00b1 0.5%") == "by 9.9%\u00a0\u00b1\u00a00.5%"
    assert typeset("4 mmHg, P = 0.3") == "4\u00a0mmHg, P\u00a0=\u00a00.3"


def test_both_colour_schemes_are_there(html: str) -> None:
    assert html.count("--fig-ink:") == 2
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_the_flow_adds_up(make_inputs: Callable[..., Inputs]) -> None:
    evidence = next(chapter for chapter in build_page(make_inputs()).chapters if chapter.key == "evidence")
    table = evidence.content.flow
    assert [column.label for column in table.columns][1:] == [
        "zhang2016, systolic",
        "zhang2016, diastolic",
        "update, systolic",
        "update, diastolic",
    ]
    *parts, total = table.rows
    for column in range(1, len(total)):
        assert int(str(total[column])) == sum(int(str(row[column])) for row in parts)
    assert parts[0][0] == "Pooled, a number"


def test_a_chapter_with_nothing_to_tell_is_left_out_with_its_line(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    svgs = {name: svg for name, svg in inputs.svgs.items() if name != "missing"}
    page = build_page(replace(inputs, svgs=svgs, results=replace(inputs.results, missing={})))
    assert [chapter.key for chapter in page.chapters] == [c.key for c in CHAPTERS if c.key != "fetch"]
    html = render(page)
    assert 'href="#fetch"' not in html
    assert 'id="fetch"' not in html


def test_a_page_without_the_simulation_study_says_so(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    svgs = {name: svg for name, svg in inputs.svgs.items() if name != "simulation"}
    html = render(build_page(replace(inputs, svgs=svgs, results=replace(inputs.results, simulation=()))))
    assert "was not there when this page was made" in html
    assert "table-simulation" not in html


def test_the_first_page_holds_other_sds_and_how_far_choices_move_it(html: str) -> None:
    answer = html[html.index('<section id="answer"') : html.index('<section id="headline"')]
    assert answer.index("fig-headline") < answer.index('id="table-firm"') < answer.index("could be defended")
    assert "second decimal" in answer


def test_scenarios_that_affect_no_trial_are_said_to_be_identical(html: str) -> None:
    section = re.findall(r'<section id="scenarios".*?</section>', html, re.DOTALL)[0]
    assert section.count("is identical to the analysis it varies: no trial is affected.") == 1


def test_a_page_without_some_figures_is_whole(make_inputs: Callable[..., Inputs]) -> None:
    svgs = {name: svg for name, svg in make_inputs().svgs.items() if name in ("headline", "forest_sbp")}
    html = render(build_page(make_inputs(svgs=svgs)))
    assert len(Reader(html).all("figure")) == 2
