"""The methods of a manuscript say what the configuration says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mgmeta.config import Config, load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.export.references import bibliography
from mgmeta.report.methods_text import methods_markdown

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(ROOT / "config" / "config.yaml")


def test_every_citation_is_in_the_bibliography(config):
    text = methods_markdown(config, 86, {"mgmeta": "1.2.3"})
    cited = set(re.findall(r"@(\w+)", text))
    assert len(cited) > 3
    keys = set(re.findall(r"^@\w+\{([^,]+),$", bibliography(load_evidence(ROOT / "data/raw")), re.MULTILINE))
    assert cited <= keys


def test_the_text_follows_the_configuration(config):
    primary = config.analyses[config.target.analysis]
    text = methods_markdown(config, 86, {"mgmeta": "1.2.3"})
    assert "table of 86 trials" in text
    assert f"seed {config.seed}" in text
    assert "95% confidence intervals" in text
    assert "mgmeta 1.2.3" in text
    assert "risk of bias not assessed" in text
    other = replace(
        config,
        level=0.9,
        seed=7,
        analyses={
            primary.name: replace(
                primary,
                moderators=(),
                select=replace(primary.select, unclear="fail"),
                assume=replace(primary.assume, correlation=0.25, conflict="smallest_se"),
            )
        },
    )
    changed = methods_markdown(other, 3, {}, rob_assessed=True)
    for part in (
        "table of 3 trials",
        "seed 7",
        "90% confidence intervals",
        "correlation within a person 0.25",
        "the smaller is taken",
        "unclear fails",
        "None in the primary analysis",
        "0 further analyses",
        "by judgements of RoB 2",
    ):
        assert part in changed, part


def test_nothing_is_left_unfilled(config):
    text = methods_markdown(config, 86, {"mgmeta": "1"})
    assert not re.search(r"[{}]|None\b(?! in)|\(\)|\s[,;.]", text)
