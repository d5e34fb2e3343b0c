"""A real browser on a page of invented results, offline; skipped where there is no Chromium."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = "<script>alert(1)</script>"
LONG = "Long" + "x" * 196


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser at {CHROMIUM}; on Debian and Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield found
        found.close()


def invented_rows(like: dict[str, Any], count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of all kinds after the row *like*; two have names that a page must survive."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        effect, se = float(random.normal(-2.0, 3.0)), float(np.exp(random.normal(0.8, 0.6)))
        row = {**like, "trial_id": f"made{i}", "label": f"Made {i}", "year": 1980 + i, "sei": se}
        row |= {"yi": None, "yi_low": None, "yi_high": None, "kind": "bound"}
        row |= {"hypertensive": (1, 0, None)[i % 3], "dose_mg_per_day": 100.0 + 20.0 * i}
        row |= {"dose_per_100mg": None if i % 4 == 0 else (20.0 * i - 268.0) / 100.0}
        kind = ("number", "number", "two_sided", "lower")[i % 4]
        if kind == "number":
            row |= {"yi": effect, "kind": "estimate"}
        elif kind == "two_sided":
            row |= {"yi_low": -2.0 * se, "yi_high": 2.0 * se}
        else:
            row |= {"yi_high": -2.0 * se + 4.0}
        rows.append(row)
    rows[1]["label"], rows[2]["label"] = HOSTILE, LONG
    return rows


@pytest.fixture(scope="session")
def many_fits(fits: dict[str, Any]) -> dict[str, Any]:
    """Fits whose main analysis pools 24 more invented rows, its strict variant every other one of them."""
    changed = copy.deepcopy(fits)
    for seed, outcome in enumerate(("sbp", "dbp")):
        rows = changed["zhang2016"]["outcomes"][outcome]["rows"]
        made = [{**row, "outcome": outcome} for row in invented_rows(rows[0], 24, seed)]
        rows.extend(made)
        changed["zhang2016_strict"]["outcomes"][outcome]["rows"] = made[::2]
    return changed


@pytest.fixture(scope="session")
def address(
    many_fits: dict[str, Any], make_inputs: Callable[..., Inputs], tmp_path_factory: pytest.TempPathFactory
) -> str:
    inputs = make_inputs()
    html = render(build_page(replace(inputs, results=replace(inputs.results, fits=many_fits))))
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of or asked the network for; a test of the page ends with it empty."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(
        offline=True, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)  # a busy machine is not a failure
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:", "blob:")) else complaints.append(request.url)
        ),
    )
    yield page
    context.close()
    assert complaints == []
