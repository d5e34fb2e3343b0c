"""`mgmeta moderators`: a table to read, a document for the workflow, a wrong name refused."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.errors import ConfigError

ROOT = Path(__file__).parents[2]
WHERE = ["--config", str(ROOT / "config/config.yaml"), "--raw", str(ROOT / "data/raw")]


def test_the_document_names_its_analysis_and_every_pressure(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    done = CliRunner().invoke(
        cli, ["moderators", *WHERE, "--analysis", "zhang2016_strict", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["analysis"] == "zhang2016_strict"
    assert set(document["outcomes"]) == {"sbp", "dbp"}


def test_the_table_says_what_was_refused() -> None:
    done = CliRunner().invoke(cli, ["moderators", *WHERE])
    assert done.exit_code == 0, done.output
    assert "refused" in done.output and "Serum magnesium at entry" in done.output


def test_an_unknown_analysis_is_refused_by_name() -> None:
    done = CliRunner().invoke(cli, ["moderators", *WHERE, "--analysis", "nobody"])
    assert isinstance(done.exception, ConfigError)
