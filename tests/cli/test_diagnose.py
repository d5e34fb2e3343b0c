"""The verb ``mgmeta diagnose``: its JSON, its tables, its complaints."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mgmeta.cli import cli
from mgmeta.cli import diagnose as verb
from mgmeta.cli.effect_options import TESTS
from mgmeta.errors import MgmetaError
from mgmeta.pooling import diagnose_answer
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import pool
from mgmeta.stats.inference import TESTS as ENGINE_TESTS

TRIALS = """study,yi,sei,year,lab
Amber,-4.1,1.2,1999,x
Birch,-1.0,0.9,1991,x
Cedar,0.4,1.4,1993,y
Daisy,-5.2,1.6,1990,y
Elder,-2.6,0.8,2002,z
Fern,-0.3,1.1,1995,z
"""

BOUNDS = """study,yi,yi_low,yi_high,sei,year
Amber,-4.1,,,1.2,1999
Birch,-1.0,,,0.9,1991
Cedar,,-2.8,2.8,1.4,1993
Daisy,,,-3.2,1.6,1990
Elder,-2.6,,,0.8,2002
Fern,,-2.2,2.2,1.1,1995
"""

TWO = """trial,outcome,yi,vi
a,sbp,-3.0,1.0
a,dbp,-2.0,0.5
b,sbp,-1.0,0.8
b,dbp,-1.5,0.4
c,sbp,-5.0,2.0
c,dbp,-2.5,1.0
d,sbp,0.5,1.5
e,dbp,-0.5,0.6
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    made = {}
    for name, content in {"trials": TRIALS, "bounds": BOUNDS, "two": TWO}.items():
        (tmp_path / f"{name}.csv").write_text(content)
        made[name] = str(tmp_path / f"{name}.csv")
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["diagnose", *arguments])


def answer(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def complaint(*arguments: str) -> str:
    """A MgmetaError of one line, which main() prints with exit status 2."""
    result = run(*arguments)
    assert isinstance(result.exception, MgmetaError), result.output
    message = str(result.exception)
    assert "\n" not in message
    return message


def test_the_lists_of_the_verb_are_the_engines() -> None:
    assert verb.KINDS == diagnose_answer.KINDS
    assert set(TESTS) == set(ENGINE_TESTS)


@pytest.mark.parametrize("what", ["leave1out", "influence", "cumulative", "gosh", "baujat"])
def test_every_kind_has_a_table_and_json(files: dict[str, str], what: str) -> None:
    found = answer(files["trials"], "--what", what)
    assert {"what", "k", "k_numeric", "k_bounds", "method", "test", "level", "rows", "warnings"} <= set(found)
    assert len(found["rows"]) == 6 and found["warnings"] == []
    table = run(files["trials"], "--what", what).output
    assert all(name in table for name in ("Amber", "Fern", "k = 6"))
    assert "…" not in table


def test_leave_one_out_holds_the_pool_of_the_others(files: dict[str, str]) -> None:
    row = answer(files["trials"], "--what", "leave1out", "--method", "DL", "--test", "knha")["rows"][2]
    y, se = [-4.1, -1.0, -5.2, -2.6, -0.3], [1.2, 0.9, 1.6, 0.8, 1.1]
    usual = pool(y, [s**2 for s in se], method="DL", test="knha")
    assert row["left_out"] == "Cedar"
    assert row["estimate"] == pytest.approx(usual.estimate)
    assert row["ci_high"] == pytest.approx(usual.ci_high)


def test_cumulative_follows_a_column_either_way(files: dict[str, str]) -> None:
    up = answer(files["trials"], "--what", "cumulative", "--order", "year")
    assert [row["added"] for row in up["rows"]] == ["Daisy", "Birch", "Cedar", "Fern", "Amber", "Elder"]
    assert [row["order"] for row in up["rows"]][:2] == [1990, 1991]
    down = answer(files["trials"], "--what", "cumulative", "--order", "year", "--descending")
    assert [row["added"] for row in down["rows"]] == [row["added"] for row in up["rows"]][::-1]
    precise = answer(files["trials"], "--what", "cumulative", "--order", "precision")
    assert precise["rows"][0]["added"] == "Elder"
    low = answer(files["trials"], "--what", "cumulative", "--order", "effect")
    assert low["rows"][0]["added"] == "Daisy"


def test_bounds_are_used_where_they_can_be(files: dict[str, str]) -> None:
    found = answer(files["bounds"], "--what", "leave1out")
    assert (found["method"], found["k_bounds"], len(found["rows"])) == ("ML", 3, 6)
    nan, inf = float("nan"), float("inf")
    usual = fit_bounded(
        [-1.0, nan, nan, -2.6, nan],
        [0.9, 1.4, 1.6, 0.8, 1.1],
        [nan, -2.8, -inf, nan, -2.2],
        [nan, 2.8, -3.2, nan, 2.2],
        level=0.95,
    )
    assert found["rows"][0]["estimate"] == pytest.approx(usual.beta[0])
    assert found["rows"][0]["q"] is None
    steps = answer(files["bounds"], "--what", "cumulative", "--order", "year")["rows"]
    assert "estimate" not in steps[0] and steps[-1]["k"] == 6  # Daisy alone is one-sided


@pytest.mark.parametrize("what", ["influence", "gosh", "baujat", "leave1out"])
def test_numbers_alone_are_labelled_as_confounded(files: dict[str, str], what: str) -> None:
    found = answer(files["bounds"], "--what", what, "--numbers-only")
    assert (found["k"], found["k_bounds"]) == (3, 0)
    assert "confounded by silence" in found["warnings"][0]


def test_gosh_writes_every_subset(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "subsets.csv"
    found = answer(files["trials"], "--what", "gosh", "--rows", str(out))
    assert (found["subsets"], found["complete"], found["seed"]) == (63, True, None)
    with out.open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 63
    everything = rows[-1]
    assert everything["k"] == "6" and everything["in_1_Amber"] == "1"
    assert float(everything["estimate"]) == pytest.approx(
        pool([-4.1, -1.0, 0.4, -5.2, -2.6, -0.3], [1.44, 0.81, 1.96, 2.56, 0.64, 1.21]).estimate
    )
    again = tmp_path / "again.csv"
    run(files["trials"], "--what", "gosh", "--rows", str(again))
    assert again.read_bytes() == out.read_bytes()


def test_clusters(files: dict[str, str]) -> None:
    robust = answer(files["trials"], "--what", "robust", "--cluster", "lab")
    assert (robust["test"], robust["clusters"]) == ("CR2", 3)
    assert any("3 clusters" in note for note in robust["warnings"])
    nested = answer(files["trials"], "--what", "multilevel", "--cluster", "lab", "--correlation", "0.5")
    assert nested["correlation"] == 0.5 and nested["robust"]["kind"] == "CR2"
    assert nested["sigma2_between"] >= 0 and nested["sigma2_within"] >= 0
    table = run(files["trials"], "--what", "multilevel", "--cluster", "lab").output
    assert "variance between clusters" in table and "CR2" in table
    assert "3 clusters in lab" in run(files["trials"], "--what", "robust", "--cluster", "lab").output


def test_two_outcomes_over_correlations(files: dict[str, str]) -> None:
    options = ("--what", "bivariate", "--cluster", "trial", "--outcome", "outcome")
    found = answer(files["two"], *options, "--correlation", "0.2, 0.7")
    assert found["outcomes"] == ["dbp", "sbp"] and found["trials"] == 5
    assert [row["correlation_within"] for row in found["rows"]] == [0.2, 0.7]
    assert found["rows"][0]["outcomes"][1]["estimate"] < 0
    assert "sbp minus dbp" in run(files["two"], *options, "--correlation", "0.5").output


def test_complaints_are_one_line(files: dict[str, str], tmp_path: Path) -> None:
    trials, two = files["trials"], files["two"]
    assert "cannot be read" in complaint(str(tmp_path / "none.csv"), "--what", "gosh")
    assert "--cluster is needed" in complaint(trials, "--what", "robust")
    assert "no column 'lbo'" in complaint(trials, "--what", "robust", "--cluster", "lbo")
    assert "'x' is not a number" in complaint(trials, "--what", "cumulative", "--order", "lab")
    assert "two are needed" in complaint(
        trials, "--what", "bivariate", "--cluster", "study", "--outcome", "lab", "--correlation", "0.5"
    )
    pair = ("--what", "bivariate", "--cluster", "trial", "--outcome", "outcome")
    assert "--correlation 0.5" in complaint(two, *pair)
    assert "numbers separated" in complaint(two, *pair, "--correlation", "high")
    assert "--method REML or ML" in complaint(two, *pair, "--correlation", "0.5", "--method", "DL")
    assert "not between 0 and 100" in complaint(trials, "--what", "gosh", "--level", "0")
    lone = tmp_path / "lone.csv"
    lone.write_text("yi,vi\n1,1\n")
    assert "lone.csv: leave-one-out needs at least 2" in complaint(str(lone), "--what", "leave1out")
    empty = tmp_path / "words.csv"
    empty.write_text("yi,sei,yi_low,yi_high\n,1,-2,2\n")
    assert "no row has a number" in complaint(str(empty), "--what", "gosh")
    assert "bounds have no place" in complaint(files["bounds"], "--what", "cumulative", "--order", "effect")
    twice = tmp_path / "twice.csv"
    twice.write_text(TWO + "a,sbp,-3.0,1.0\n")
    assert "twice.csv:10:outcome: a has sbp twice" in complaint(str(twice), *pair, "--correlation", "0.5")


def test_help_has_examples_and_needs_no_numpy() -> None:
    import subprocess
    import sys

    script = (
        "import sys; from mgmeta.cli import cli; "
        "cli(['diagnose', '--help'], standalone_mode=False); "
        "print('LOADED', [m for m in ('numpy', 'scipy', 'pandas', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "Examples: mgmeta diagnose" in done.stdout
    assert done.stdout.strip().endswith("LOADED []")
