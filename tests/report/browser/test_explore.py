"""The explorable part in a real browser: its figures are Python's, its state is its address."""

from __future__ import annotations

import csv
import math
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.pool import pool

LEVEL = 0.95
NUMERIC = {"REML": ("REML", "knha"), "REMLz": ("REML", "z"), "DL": ("DL", "z"), "DLhk": ("DL", "knha")}
KEYS = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "k")

# Sets the address to each view in turn and reads what the page then says.
READ = """async (views) => {
  const found = [];
  for (const view of views) {
    const heard = new Promise((done) => addEventListener("hashchange", done, { once: true }));
    location.hash = "#explore?" + view;
    await heard;
    await new Promise((done) => setTimeout(done));
    found.push(Object.fromEntries(KEYS.map((key) => [key, document.getElementById("explore-" + key).value])));
    found.at(-1).reason = document.getElementById("explore-reason").textContent;
  }
  return found;
}""".replace("KEYS", str([key.replace("_", "-") for key in KEYS]))


def expected(rows: list[dict[str, Any]], estimator: str) -> dict[str, Any] | None:
    """Return what the package makes of the rows, or None where it refuses."""
    if estimator == "ML":
        return bounded_pool(rows, LEVEL)[0]
    numbers = [row for row in rows if row["yi"] is not None]
    if len(numbers) < 2:
        return None
    method, test = NUMERIC[estimator]
    effects, variances = [row["yi"] for row in numbers], [row["sei"] ** 2 for row in numbers]
    found = pool(effects, variances, method=method, test=test, level=LEVEL, pi="hts")
    return {key: getattr(found, key) for key in KEYS}


def compare(found: dict[str, str], wanted: dict[str, Any] | None, where: str) -> None:
    if wanted is None:
        assert found["reason"].startswith("No pool: "), where
        return
    assert found["reason"] == "", where
    for key in KEYS:
        shown, value = found[key.replace("_", "-")], float(wanted[key])
        if not math.isfinite(value):
            assert shown == "", (where, key)
        else:
            assert abs(float(shown) - value) < 1e-6, (where, key, shown, value)


def test_every_analysis_and_estimator_is_the_packages(
    page: Page, address: str, many_fits: dict[str, Any]
) -> None:
    page.goto(address)
    cases = [
        (name, outcome, estimator)
        for name, fit in many_fits.items()
        for outcome in fit["outcomes"]
        for estimator in ("ML", *NUMERIC)
    ]
    views = [f"preset={name}&outcome={outcome}&estimator={estimator}" for name, outcome, estimator in cases]
    for view, case, found in zip(views, cases, page.evaluate(READ, views), strict=True):
        name, outcome, estimator = case
        compare(found, expected(many_fits[name]["outcomes"][outcome]["rows"], estimator), view)


def test_random_subsets_are_the_packages(page: Page, address: str, many_fits: dict[str, Any]) -> None:
    draw = random.Random(20160324)
    rows = many_fits["zhang2016"]["outcomes"]["sbp"]["rows"]
    cases = []
    for case in range(25):
        kept = draw.sample(rows, draw.randint(1, len(rows)))
        kept = [row for row in rows if row in kept]
        for estimator in ("ML", *NUMERIC):
            removed = ".".join(row["trial_id"] for row in rows if row not in kept)
            cases.append((f"estimator={estimator}&removed={removed}&case={case}", kept, estimator))
    page.goto(address)
    for (view, kept, estimator), found in zip(
        cases, page.evaluate(READ, [view for view, _, _ in cases]), strict=True
    ):
        compare(found, expected(kept, estimator), view)


def test_ticks_filters_and_reset_change_the_pool_and_the_address(page: Page, address: str) -> None:
    page.goto(address)
    count = page.locator("#explore-k")
    start = page.locator("#explore-estimate").get_attribute("value")
    assert count.inner_text() == "30"
    assert "This is the analysis" in page.locator("#explore-what").inner_text()
    page.get_by_label("Made 5", exact=True).uncheck()
    assert count.inner_text() == "29"
    assert "removed=made5" in page.url
    assert "Taken out: Made 5." in page.locator("#explore-what").inner_text()
    assert "no analysis of the protocol" in page.locator("#explore-what").inner_text()
    assert page.locator("#explore-estimate").get_attribute("value") != start
    page.get_by_text("Filters", exact=True).click()
    page.locator("#explore-bp").select_option("1")
    assert int(count.inner_text()) < 29
    page.locator("#explore-yearFrom").fill("1990")
    page.locator("#explore-doseFrom").fill("300")
    page.locator("#explore-doseUnknown").uncheck()
    few, shared = count.inner_text(), page.url
    assert "Out by the filters" in page.locator("#explore-what").inner_text()
    page.goto("about:blank")
    page.goto(shared)
    assert count.inner_text() == few
    assert page.locator("#explore-bp").input_value() == "1"
    page.locator("#explore-reset").click()
    assert page.locator("#explore-estimate").get_attribute("value") == start
    assert page.url.endswith("#explore")


def test_a_trial_of_another_analysis_can_be_added(page: Page, address: str) -> None:
    page.goto(f"{address}#explore?preset=zhang2016_strict")
    assert page.locator("#explore-k").inner_text() == "12"
    box = page.get_by_label("Made 5", exact=True)
    assert not box.is_checked()
    box.check()
    assert page.locator("#explore-k").inner_text() == "13"
    assert "Added: Made 5." in page.locator("#explore-what").inner_text()


def test_an_address_that_makes_no_sense_is_read_as_the_start(page: Page, address: str) -> None:
    page.goto(
        f"{address}#explore?preset=no&outcome=__proto__&estimator=toString&removed=constructor&doseFrom=x"
    )
    assert page.locator("#explore-k").inner_text() == "30"
    assert page.locator("#explore-estimator").input_value() == "ML"


def test_the_view_is_kept_as_a_table_and_a_picture(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}#explore?removed=made5")
    with page.expect_download() as download:
        page.locator("#explore-csv").click()
    table = tmp_path / "view.csv"
    download.value.save_as(table)
    assert download.value.suggested_filename == "mgmeta-zhang2016-sbp-ML-changed.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    trials, pools = ([row for row in rows if row["row"] == kind] for kind in ("trial", "pool"))
    assert sum(int(row["pooled"]) for row in trials) == 29
    assert [row["trial_id"] for row in trials if row["trial_id"] == "made5" and row["pooled"] == "0"]
    assert math.isclose(sum(float(row["weight_percent"] or 0) for row in trials), 100.0)
    assert pools[0]["yi"] == page.locator("#explore-estimate").get_attribute("value")
    with page.expect_download() as download:
        page.locator("#explore-svg").click()
    picture = tmp_path / "view.svg"
    download.value.save_as(picture)
    root = ET.fromstring(picture.read_text(encoding="utf-8"))
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<script>alert(1)</script>" in words
    assert "Pooled (29 trials)" in words
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert not re.search(r"var\(|https?://(?!www\.w3\.org)", picture.read_text(encoding="utf-8"))


def test_hostile_and_long_names_are_only_names(page: Page, address: str) -> None:
    page.goto(address)
    assert page.get_by_label("<script>alert(1)</script>", exact=True).is_checked()
    assert page.locator("#table-explore script").count() == 0
    name = page.locator("#table-explore label", has_text="Longxxx")
    assert len(name.inner_text()) == 200
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#table-explore").evaluate("e => e.scrollWidth - e.parentElement.clientWidth") <= 0
