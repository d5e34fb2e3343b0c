"""The search of the documentation works in pages opened from a folder, where browsers allow no workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.slow


def test_search_finds_pages_without_a_server(tmp_path: Path) -> None:
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser at {CHROMIUM}; on Debian and Ubuntu: apt-get install chromium")
    mkdocs = Path(sys.executable).parent / "mkdocs"
    site = tmp_path / "site"
    subprocess.run(
        [mkdocs, "build", "--quiet", "--site-dir", site],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.locator("input[name=query]").click()
        page.keyboard.type("interval censoring")
        found = page.locator(".md-search-result__item")
        found.first.wait_for(timeout=60_000)
        assert "Numbers and words" in " ".join(found.all_inner_texts())
        browser.close()
    assert not complaints
    assert not [url for url in asked if url.startswith("http")]
