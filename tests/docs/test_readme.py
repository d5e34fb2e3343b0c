"""The numbers and pictures of README.md are those the data give today."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mgmeta import words
from mgmeta.cli import cli
from mgmeta.config import load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.report.published import published_target
from mgmeta.reproduce.verdict import judge

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The fit of the analysis that answers the target, made anew."""
    folder = tmp_path_factory.mktemp("readme")
    config = load_config(ROOT / "config/config.yaml")
    spec = folder / "spec.json"
    spec.write_text(json.dumps(config.analyses[config.target.analysis].spec() | {"moderators": {}}))
    part = folder / f"slices/{config.target.analysis}.csv"
    options = ["--config", str(ROOT / "config/config.yaml"), "--raw", str(ROOT / "data/raw"), "--quiet"]
    for arguments in (
        ["slices", *options, "--out", str(folder)],
        ["fit", "--slice", str(part), "--spec", f"@{spec}", "--out", str(folder / "fit.json")],
    ):
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads((folder / "fit.json").read_text())["outcomes"]
    return found


def span(pool: dict[str, Any]) -> str:
    return words.with_interval(pool["estimate"], pool["ci_low"], pool["ci_high"])


@pytest.mark.parametrize(("outcome", "name"), [("sbp", "systolic"), ("dbp", "diastolic")])
def test_the_table_of_the_readme_is_the_fit(fit: dict[str, Any], outcome: str, name: str) -> None:
    config = load_config(ROOT / "config/config.yaml")
    reviews = load_evidence(ROOT / "data/raw").reviews
    published = published_target(reviews, config.target.review, config.target.subset, outcome)
    bounded, numeric = fit[outcome]["bounded"], fit[outcome]["numeric"]["REML"]
    theirs = words.with_interval(published.estimate, published.ci_low, published.ci_high)
    ours = f"{span(bounded)}, {words.count(bounded['k'], 'trial')}"
    alone = f"{span(numeric)}, {words.count(numeric['k'], 'trial')}"
    assert f"| {name} | {theirs} | {ours} | {alone} |" in README
    verdict = judge(published, bounded["k"], bounded["estimate"], bounded["ci_low"], bounded["ci_high"])
    assert verdict.word == "reproduced"  # "both published results are *reproduced*"
    assert 1.6 < numeric["estimate"] / bounded["estimate"] < 2.0  # "nearly doubles"


def test_the_picture_shows_the_same_numbers(fit: dict[str, Any]) -> None:
    picture = (ROOT / "docs/images/forest_sbp.svg").read_text(encoding="utf-8")
    said = re.search(r"<desc>(.*?)</desc>", picture, re.DOTALL)
    assert said, "make pictures"
    bounded = fit["sbp"]["bounded"]
    assert f"Numbers and words, ML (k = {bounded['k']}): {span(bounded)} mmHg" in said[1], "make pictures"
    assert f"with {words.count(bounded['k'], 'trial')}" in said[1]


def test_the_counts_are_those_of_the_tables() -> None:
    trials = len(load_evidence(ROOT / "data/raw").trials)
    assert f"abstracts of {trials}\ntrials" in README


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
)
def test_links_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|#|mailto:", link):
            assert (page.parent / link.partition("#")[0]).exists(), f"{page.name}: {link}"
