"""The verb: a file that repeats itself, an analysis that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mgmeta import io
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.cli.robustness import command
from mgmeta.errors import ConfigError
from mgmeta.robustness import study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Systolic pressure only, and two pairs of priors for the 232, which take most of the time."""
    pairs = [(parse_mu("normal:0,10"), parse_tau(tau)) for tau in ("halfnormal:1", "halfnormal:5")]
    monkeypatch.setattr(study, "prior_grid", lambda: pairs)
    text = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text.replace("[sbp, dbp]", "[sbp]"), encoding="utf-8")
    return ["--config", str(tmp_path / "config.yaml"), "--raw", str(ROOT / "data/raw")]


def test_the_file_holds_every_part(tmp_path: Path, places: list[str]) -> None:
    done = CliRunner().invoke(command, [*places, "--out", str(tmp_path / "a.json")], catch_exceptions=False)
    assert done.exit_code == 0
    found: dict[str, Any] = io.read_json(tmp_path / "a.json")
    assert list(found["outcomes"]) == ["sbp"]
    tables = found["outcomes"]["sbp"]
    assert not [key for key in tables if key.endswith("_reason")]
    assert tables["prior_grid"]["pairs"] == 2
    assert found["priors"] == {"mu": "normal:0,10", "tau": "halfnormal:5"}


def test_the_summary_names_every_kind_of_check(places: list[str]) -> None:
    done = CliRunner().invoke(command, places, catch_exceptions=False)
    assert done.exit_code == 0
    for text in ("each trial left out (Bayes)", "priors", "small-study methods", "sbp: 20 trials"):
        assert text in done.output


def test_an_unknown_analysis_is_refused_by_name() -> None:
    done = CliRunner().invoke(
        command, ["--config", str(ROOT / "config/config.yaml"), "--analysis", "zhang2061"]
    )
    assert isinstance(done.exception, ConfigError)
