"""``mgmeta reproduce``, ``mgmeta claims`` and ``mgmeta multiverse`` as they are called."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mgmeta.cli import claims, multiverse, reproduce
from mgmeta.errors import ConfigError, DataError
from mgmeta.reproduce import choices
from mgmeta.reproduce.claim_table import CLAIM_COLUMNS
from mgmeta.reproduce.ledger_table import LEDGER_COLUMNS
from mgmeta.reproduce.multiverse_table import MOVE_COLUMNS

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ("--config", str(ROOT / "config" / "config.yaml"), "--raw", str(ROOT / "data" / "raw"))
REVIEWS = ("--reviews", str(ROOT / "config" / "reviews.yaml"))


def run(command, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*CONFIG, *arguments], catch_exceptions=False)


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return next(csv.reader(handle))


def test_one_review_in_sentences() -> None:
    done = run(reproduce.command, *REVIEWS, "--review", "behers2023")
    assert done.exit_code == 0
    assert done.output.startswith("Behers 2023, systolic blood pressure, normotensive people: published")
    assert done.output.count("\n") == 2


def test_a_ledger_drift_and_certainty_as_files(tmp_path: Path) -> None:
    out = {
        name: str(tmp_path / name) for name in ("ledger.json", "ledger.csv", "drift.json", "certainty.json")
    }
    arguments = ("--out", out["ledger.json"], "--csv", out["ledger.csv"])
    more = ("--drift", out["drift.json"], "--certainty", out["certainty.json"])
    assert run(reproduce.command, *REVIEWS, "--review", "asbaghi2021", *arguments, *more).exit_code == 0
    rows = json.loads(Path(out["ledger.json"]).read_text())["rows"]
    assert {row["published"]["review_id"] for row in rows} == {"asbaghi2021"}
    assert tuple(header(Path(out["ledger.csv"]))) == LEDGER_COLUMNS
    assert json.loads(Path(out["drift.json"]).read_text())["outcomes"]["sbp"]["steps"]
    assert json.loads(Path(out["certainty.json"]).read_text())["outcomes"]["dbp"]["grade"]


def test_an_unknown_review_is_named() -> None:
    with pytest.raises(ConfigError, match="no review 'zhang'"):
        run(reproduce.command, *REVIEWS, "--review", "zhang")


def test_claims_in_sentences_and_files(tmp_path: Path) -> None:
    out, table = tmp_path / "claims.json", tmp_path / "claims.csv"
    assert run(claims.command, "--out", str(out), "--csv", str(table)).output == ""
    document = json.loads(out.read_text())
    assert document["disclaimer"].startswith("This is a summary of published research, not medical advice.")
    assert tuple(header(table)) == CLAIM_COLUMNS
    spoken = run(claims.command).output
    for claim in document["claims"]:
        assert claim["text"] in spoken
        assert all(item["verdict"] in spoken for item in claim["tested"])


def test_a_table_that_is_not_there_is_one_line() -> None:
    with pytest.raises(DataError, match="no such folder"):
        CliRunner().invoke(claims.command, [*CONFIG[:2], "--raw", "nowhere"], catch_exceptions=False)


def test_a_small_multiverse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the protocol's readings: 5376 specifications an outcome, in a second."""
    import mgmeta.reproduce.multiverse as engine
    import mgmeta.reproduce.multiverse_summary as summary
    import mgmeta.reproduce.multiverse_table as table
    import mgmeta.reproduce.worlds as worlds

    small = tuple(
        choices.Choice(c.key, c.name, c.kind, c.levels[: 1 if c.kind == choices.READING else None])
        for c in choices.CHOICES
    )
    for module in (choices, engine, summary, table):
        monkeypatch.setattr(module, "CHOICES", small)
    assert worlds.of_kind is choices.of_kind
    out, moves = tmp_path / "multiverse.json", tmp_path / "multiverse.csv"
    assert run(multiverse.command, "--out", str(out), "--csv", str(moves)).exit_code == 0
    document = json.loads(out.read_text())
    assert document["outcomes"]["sbp"]["specifications"] == 384 * 7 * 2
    assert "not probabilities" in document["label"]
    assert tuple(header(moves)) == MOVE_COLUMNS
    spoken = run(multiverse.command).output
    assert "Systolic blood pressure: 5\u202f376 specifications" in spoken
    assert spoken.rstrip().endswith("most pool the same trials.")
