"""What Snakemake plans, checks and refuses before it runs anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from mgmeta.config import load_config
from mgmeta.figures.registry import FIGURES

if TYPE_CHECKING:
    from conftest import Project

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.workflow


def test_every_analysis_gets_its_jobs(real: Project) -> None:
    config = load_config(real.path("config/config.yaml"))
    jobs = real.planned()
    assert jobs["fit"] == len(config.analyses)
    assert jobs["sample"] == sum(analysis.bayes is not None for analysis in config.analyses.values())
    assert jobs["check"] == jobs["slices"] == jobs["headline"] == jobs["report"] == 1


def test_the_catalogue_shim_plans_the_same(real: Project) -> None:
    shim = real.planned("-s", "workflow/Snakefile")
    assert shim.pop("default") == 1
    assert shim == real.planned()


def test_the_linter_is_content(real: Project) -> None:
    for snakefile in ("Snakefile", "workflow/Snakefile"):
        assert "Congratulations" in real.build("--lint", "-s", snakefile)


def test_the_workflow_is_formatted() -> None:
    done = subprocess.run(
        [BIN / "snakefmt", "--check", "Snakefile", "workflow"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_the_figures_are_those_of_the_registry(real: Project) -> None:
    planned = re.findall(r"wildcards: figure=(\w+)", real.build("-n"))
    assert len(planned) == len(set(planned))
    assert set(planned) <= set(FIGURES)
    assert {
        "headline",
        "forest_sbp",
        "forest_dbp",
        "dose_sbp",
        "dose_dbp",
        "moderators",
        "subgroups",
        "bubbles_sbp",
        "scenarios",
    } <= set(planned)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("level: 0.95", "levle: 0.95", ["config/config.yaml:4: levle: unknown key", "did you mean 'level'"]),
        (
            "blinding: [double]",
            "blinding: [duoble]",
            ["analyses.reproduction.select.blinding[0]", "'double'"],
        ),
        ("like: update", "like: updaet", ["analyses.update_strict.like", "did you mean 'update'"]),
        ("seed: 7", "seed: 7\nseed: 8", ["seed: this key is written twice"]),
    ],
)
def test_a_typo_is_refused_by_name(toy: Project, old: str, new: str, words: list[str]) -> None:
    toy.edit("config/config.yaml", old, new)
    done = toy.snakemake("-n")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    for word in words:
        assert word in done.stdout


def test_settings_on_the_command_line_are_refused(toy: Project) -> None:
    done = toy.snakemake("-n", "--config", "level=0.9")
    assert done.returncode == 1
    assert "Edit it there" in done.stdout


def test_a_missing_package_is_said_plainly(toy: Project, tmp_path: Path) -> None:
    broken = tmp_path / "broken/mgmeta"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('not here')\n")
    done = toy.snakemake("-n", extra={"PYTHONPATH": str(broken.parent)})
    assert done.returncode == 1
    assert "mgmeta is not installed where this Snakemake runs" in done.stdout


def test_an_analysis_whose_title_needs_quoting_is_quoted(toy: Project) -> None:
    title = """It's "x1.4" $(touch ruined); {braces} `touch ruined` & more"""
    path = toy.path("config/config.yaml")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["analyses"]["update"]["title"] = title
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    toy.build("results/fits/update.json")
    assert not toy.path("ruined").exists()
    assert yaml.safe_load(toy.path("results/fits/update.json").read_text(encoding="utf-8"))["title"] == title


def test_a_bad_table_stops_everything_with_its_line(toy: Project) -> None:
    toy.edit("data/raw/reports.csv", "-8.2,0.2,0.95", "-1.2,0.2,0.95")
    done = toy.snakemake("--quiet", "rules", "reason", "host")  # as `make` says it
    assert done.returncode == 1
    assert "reports.csv:2:" in done.stdout
    assert not toy.path("data/processed/slices.json").exists()


def test_snakemake_needs_nothing_but_its_own_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import mgmeta, snakemake; print(mgmeta.__version__)"],
        capture_output=True,
        text=True,
        env={},
        check=True,
    )
    assert done.stdout.strip()
