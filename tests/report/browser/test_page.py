"""The page in a real browser: quiet, offline, for every eye and every width, by keyboard alone."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

BUILT = Path(__file__).resolve().parents[3] / "results" / "report" / "index.html"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"

# What stands further right than the window, outside of what can be scrolled by itself.
TOO_WIDE = """(width) => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll") && !e.closest(".toc"))
    .map((e) => `${e.tagName} ${e.id} ${e.className} ${e.textContent.slice(0, 40)}`);
}"""

# Figures that lack words, or a table of at least one row.
POOR_FIGURES = """() => [...document.querySelectorAll("figure")].filter((figure) => {
  const svg = figure.querySelector("svg[role=img]");
  const words = svg && svg.querySelector("title")?.textContent.length > 9
    && svg.querySelector("desc")?.textContent.length > 39;
  return !words || !figure.querySelector("figcaption") || !figure.querySelector("details table tbody tr");
}).map((figure) => figure.id)"""


def test_it_opens_offline_without_a_complaint_and_at_once(page: Page, address: str) -> None:
    paints = []
    for _ in range(3):  # the best of three: other tests run beside this one
        page.goto(address)
        paints.append(page.evaluate(PAINT))
        if paints[-1] < 1_000:
            break
    assert min(paints) < 1_000, paints
    assert page.locator("h1").inner_text() == "Does oral magnesium lower blood pressure?"
    assert page.evaluate("document.getElementsByTagName('section').length") > 10


@pytest.mark.long
def test_the_built_page_is_seen_within_a_second(browser: Browser) -> None:
    """The median of five loads, allowed longer by as much as the machine has more to do than it has cores."""
    if not BUILT.is_file():
        pytest.skip(f"no {BUILT.name} of a full run; `snakemake results/report/index.html` makes it")
    paints = []
    for _ in range(5):
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.goto(BUILT.as_uri())
        paints.append(page.evaluate(PAINT))
        context.close()
    allowed = 1_000 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert median(paints) < allowed, paints
    assert BUILT.stat().st_size < 8_000_000


@pytest.mark.parametrize("width", [360, 1600])
def test_figures_not_yet_laid_out_keep_their_place(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    heights = "[...document.querySelectorAll('.drawing')].map((e) => e.getBoundingClientRect().height)"
    before = page.evaluate(heights)
    last = page.locator(".drawing > svg").last
    assert not last.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    page.evaluate(
        "for (const e of document.querySelectorAll('.drawing')) e.style.contentVisibility = 'visible'"
    )
    assert last.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    assert page.evaluate(heights) == pytest.approx(before, abs=0.5)
    assert min(before) > 50


def test_every_figure_has_words_and_a_table(page: Page, address: str) -> None:
    page.goto(address)
    assert page.locator("figure").count() > 10
    assert page.evaluate(POOR_FIGURES) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_of_accessibility(browser: Browser, address: str, scheme: str) -> None:
    # The policy of the page lets no other script in, the checker neither: for this test it is set aside.
    context = browser.new_context(offline=True, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}#explore?removed=made5")
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if scheme == "dark":  # all but the colours is as in light
        options["runOnly"] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    found = Axe().run(page, options=options).response["violations"]
    context.close()
    serious = [
        (item["id"], [node["html"][:120] for node in item["nodes"][:3]])
        for item in found
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("width", [360, 1600])
def test_nothing_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    assert page.evaluate(TOO_WIDE, width) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_can_be_worked_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#answer")
    box = page.get_by_label("Made 5", exact=True)
    box.focus()
    page.keyboard.press("Space")
    assert not box.is_checked()
    assert box.evaluate("e => e === document.activeElement")
    page.locator("#explore-bp").evaluate("e => { e.closest('details').open = true; e.focus(); }")
    page.keyboard.press("ArrowDown")
    assert page.locator("#explore-bp").input_value() == "1"
    figure = page.locator("figure details summary").first
    figure.focus()
    page.keyboard.press("Enter")
    assert page.locator("figure details").first.evaluate("e => e.open")
    unreachable = "() => [...document.querySelectorAll('.scroll')].filter((e) => e.tabIndex < 0).length"
    assert page.evaluate(unreachable) == 0


def test_the_contents_mark_the_section_on_screen(page: Page, address: str) -> None:
    page.goto(f"{address}#methods")
    current = page.locator('.toc a[aria-current="true"]')
    page.wait_for_function("document.querySelector('.toc a[aria-current]')?.hash === '#methods'")
    assert current.count() == 1
    assert current.inner_text() == "Methods"


def test_print_leaves_nothing_that_only_a_screen_needs(page: Page, address: str) -> None:
    page.goto(address)
    page.emulate_media(media="print")
    for name in (".toc", ".skip", "#explore-controls", "#explore-rows-others"):
        assert not page.locator(name).first.is_visible()
    assert page.locator("figure svg[role=img]").first.is_visible()
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


@pytest.mark.parametrize("width", [360, 1600])
def test_what_can_be_scrolled_sideways_says_so(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = page.locator(".scroll").evaluate_all(
        """boxes => boxes.filter((b) => b.checkVisibility()).map((b) => [
            b.scrollWidth > b.clientWidth + 1,
            getComputedStyle(b, "::before").content.includes("sideways"),
            b.outerHTML.slice(0, 200), b.scrollWidth, b.clientWidth, b.className,
        ])"""
    )
    assert len(found) > 10
    assert [rest for wider, said, *rest in found if wider != said] == []
    assert any(wider for wider, *_ in found)
    page.emulate_media(media="print")
    assert page.locator(".scroll").first.evaluate("b => getComputedStyle(b, '::before').content") == "none"
