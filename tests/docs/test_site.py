"""The documentation site: builds strictly without the network, and needs none to be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import mgmeta.api
from mgmeta.cli import VERBS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    mkdocs = Path(sys.executable).parent / "mkdocs"
    # A proxy that nothing listens on: whoever asks for the network, fails.
    deaf = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, **deaf, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Reader(HTMLParser):
    """Collects what a page loads, its pictures, its ids and its text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.ids: set[str] = set()
        self.text = page.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        if tag in ("script", "img", "iframe", "source"):
            self.loads.append(found.get("src") or "")
        if tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload", "preconnect"):
            self.loads.append(found.get("href") or "")
        if tag == "img":
            self.pictures.append(found)


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        found = Reader(page)
        assert not [load for load in found.loads if re.match(r"(https?:)?//", load)], page
        for load in found.loads:
            if load and not load.startswith("data:") and page.name != "404.html":
                assert (page.parent / load.partition("?")[0]).is_file(), f"{page}: {load}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )


def test_every_picture_says_what_it_shows(site: Path) -> None:
    for page in site.rglob("*.html"):
        for picture in Reader(page).pictures:
            assert picture.get("alt"), f"{page}: {picture}"


def test_the_reference_is_complete(site: Path) -> None:
    verbs = Reader(site / "reference/cli.html")
    assert not [verb for verb in VERBS if f"mgmeta-{verb}" not in verbs.ids]
    names = Reader(site / "reference/api.html")
    assert not [name for name in mgmeta.api.__all__ if f"mgmeta.api.{name}" not in names.ids]
    assert "analyses.&lt;name&gt;.select" in Reader(site / "reference/config.html").text
    assert "serum_mg_baseline_mmol_l" in Reader(site / "reference/data.html").text


def test_the_site_names_no_machine(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text, page
        assert "Sentinel" not in text, page
