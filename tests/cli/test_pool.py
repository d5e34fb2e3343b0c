"""The verb ``mgmeta pool``: its contract, its tables, its complaints, its cost."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.cli import pool as verb
from mgmeta.errors import MgmetaError
from mgmeta.stats.inference import TESTS
from mgmeta.stats.prediction import PREDICTIONS
from mgmeta.stats.tau2 import TAU2_ESTIMATORS

KEYS = {
    *("k", "method", "test", "estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "statistic"),
    *("p_value", "tau2", "tau2_se", "tau2_ci_low", "tau2_ci_high", "tau", "i2", "h2", "q", "q_df", "q_p"),
    "warnings",
}

TRIALS = """study,yi,sei,dose,hypertension,setting
Amber,-4.1,1.2,300,1,general
Birch,-1.0,0.9,250,0,general
Cedar,0.4,1.4,365,0,kidney
Daisy,-5.2,1.6,,1,kidney
Elder,-2.6,0.8,500,1,general
Fern,-0.3,1.1,200,0,kidney
Grass,-3.9,1.3,450,1,general
Holly,-1.8,1.0,400,,general
"""

BOUNDS = """study,yi,yi_low,yi_high,sei,dose
Amber,-4.1,,,1.2,3
Birch,-1.0,,,0.9,2.5
Cedar,,-2.8,2.8,1.4,3.6
Daisy,,,-3.2,1.6,4
Elder,-2.6,,,0.8,5
Fern,,-2.2,2.2,1.1,
Grass,-3.9,,,1.3,4.5
"""


@pytest.fixture
def trials(tmp_path: Path) -> str:
    path = tmp_path / "trials.csv"
    path.write_text(TRIALS)
    return str(path)


@pytest.fixture
def bounds(tmp_path: Path) -> str:
    path = tmp_path / "bounds.csv"
    path.write_text(BOUNDS)
    return str(path)


def text(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["pool", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def answer(*arguments: str) -> dict[str, Any]:
    return json.loads(text(*arguments, "--format", "json"))


def complaint(*arguments: str) -> str:
    with pytest.raises(MgmetaError) as caught:
        CliRunner().invoke(cli, ["pool", *arguments], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_keys_of_a_pool(trials: str) -> None:
    found = answer(trials)
    assert set(found) >= KEYS
    assert (found["k"], found["method"], found["test"], found["q_df"]) == (8, "REML", "z", 7)
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert found["undefined"] == {}
    assert sum(found["weights"]) == pytest.approx(100)
    assert found["studies"][0] == "Amber"
    assert all(found[key] is not None for key in KEYS)


def test_full_precision_and_the_same_bytes_every_time(trials: str) -> None:
    first, second = (text(trials, "--format", "json") for _ in range(2))
    assert first == second
    assert json.loads(first)["estimate"] == pytest.approx(-2.2, abs=0.5)
    assert len(str(json.loads(first)["estimate"])) > 12


def test_options_reach_the_engine(trials: str) -> None:
    assert answer(trials, "--test", "knha")["df"] == 7
    assert answer(trials)["df"] is None
    narrow, wide = answer(trials, "--level", "90"), answer(trials, "--level", "0.99")
    assert (narrow["level"], wide["level"]) == (0.9, 0.99)
    assert narrow["ci_high"] - narrow["ci_low"] < wide["ci_high"] - wide["ci_low"]
    assert answer(trials, "--pi", "hts")["pi_low"] < answer(trials)["pi_low"]
    profile = answer(trials, "--tau2-ci", "profile")
    assert profile["tau2_ci_high"] != answer(trials)["tau2_ci_high"]
    drawn = answer(trials, "--pi", "bootstrap", "--draws", "500", "--seed", "4")
    assert "500 draws, seed 4" in " ".join(drawn["warnings"])


def test_equal_effects_say_why_keys_are_null(trials: str) -> None:
    found = answer(trials, "--method", "EE")
    for key in ("tau2_se", "tau2_ci_low", "pi_low"):
        assert found[key] is None
        assert "no between-trial variance" in found["undefined"][key]


def test_moderators(trials: str) -> None:
    found = answer(trials, "--mods", "dose + hypertension", "--permute")
    assert set(found) >= KEYS | {"coefficients", "qm", "qm_df", "qm_p", "r2", "excluded"}
    assert [c["term"] for c in found["coefficients"]] == ["Intercept", "dose", "hypertension"]
    assert set(found["coefficients"][0]) >= {
        *("term", "estimate", "se", "statistic", "p_value", "ci_low", "ci_high")
    }
    assert found["estimate"] is None
    assert "see coefficients" in found["undefined"]["estimate"]
    assert found["k"] == 6
    assert found["excluded"] == [
        {"study": "Daisy", "row": 5, "missing": ["dose"]},
        {"study": "Holly", "row": 9, "missing": ["hypertension"]},
    ]
    assert "2 row(s) lack a moderator" in " ".join(found["warnings"])
    assert found["permutation"]["permutations"] == 720
    assert found["studies"] == ["Amber", "Birch", "Cedar", "Elder", "Fern", "Grass"]


def test_strict_refuses_rows_without_a_moderator(trials: str) -> None:
    told = complaint(trials, "--mods", "dose", "--strict")
    assert told.startswith(f"{trials}:5:dose: moderator is blank in 1 row(s)")
    assert answer(trials, "--mods", "setting", "--strict")["excluded"] == []


def test_predictions(trials: str, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("dose\n300\n500\n")
    found = answer(trials, "--mods", "dose", "--predict", str(new))
    slope = found["coefficients"][1]["estimate"]
    first, second = found["predictions"]
    assert second["estimate"] - first["estimate"] == pytest.approx(200 * slope)
    assert first["pi_low"] < first["ci_low"] < first["estimate"]
    assert (first["row"], second["row"]) == (2, 3)
    new.write_text("dose\nmuch\n")
    assert "'much' is not a number" in complaint(trials, "--mods", "dose", "--predict", str(new))
    assert "--predict needs --mods" in complaint(trials, "--predict", str(new))


def test_subgroups(trials: str) -> None:
    found = answer(trials, "--subgroup", "setting")["subgroups"]
    assert found["tau2_common"] is True
    assert [(g["level"], g["k"]) for g in found["levels"]] == [("general", 5), ("kidney", 3)]
    assert found["difference"]["minuend"] == "kidney"
    apart = answer(trials, "--subgroup", "setting", "--separate-tau2")["subgroups"]
    assert apart["levels"][0]["tau2"] != apart["levels"][1]["tau2"]
    assert ":9:hypertension: subgroup is blank" in complaint(trials, "--subgroup", "hypertension")


def test_bounds_are_pooled_with_numbers(bounds: str) -> None:
    from mgmeta.pooling.bounded import fit_bounded
    from mgmeta.pooling.table_input import read_effects

    found = answer(bounds)
    assert set(found) >= KEYS | {"k_numeric", "k_bounds"}
    assert (found["k"], found["k_numeric"], found["k_bounds"]) == (7, 4, 3)
    assert (found["method"], found["test"]) == ("ML", "profile_t")
    rows = read_effects(bounds)
    fit = fit_bounded(rows.y, rows.v**0.5, rows.low, rows.high, level=0.95)
    assert (found["estimate"], found["ci_low"], found["i2"]) == (fit.beta[0], fit.ci_low[0], fit.i2)
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert found["q"] is None
    assert "number in every row" in found["undefined"]["q"]
    assert "hksj" in found["undefined"]
    assert sum(found["weights"]) == pytest.approx(100)


def test_bounds_with_moderators_and_options_that_do_not_apply(bounds: str) -> None:
    found = answer(bounds, "--mods", "dose", "--method", "DL", "--test", "knha")
    assert [c["term"] for c in found["coefficients"]] == ["Intercept", "dose"]
    assert [row["study"] for row in found["excluded"]] == ["Fern"]
    notes = " ".join(found["warnings"])
    assert "method DL is not used" in notes
    assert "test knha is not used" in notes
    assert found["qm"] is None
    assert "--subgroup needs numbers only" in complaint(bounds, "--subgroup", "dose")
    assert "--permute needs numbers only" in complaint(bounds, "--permute")


def test_tables_are_readable(trials: str, bounds: str, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("dose\n300\n")
    plain = text(trials)
    assert "k = 8, method REML, test z" in plain
    assert "95 % CI" in plain
    assert "I2 =" in plain
    full = text(trials, "--mods", "dose", "--predict", str(new), "--permute", "--test", "knha")
    for words in (
        "Intercept",
        "moderators: F =",
        "new row",
        "permutation P",
        "left out: Daisy (row 5): no dose",
    ):
        assert words in full
    grouped = text(trials, "--subgroup", "setting", "--separate-tau2")
    assert "interaction (separate tau2)" in grouped
    assert "kidney minus general" in grouped
    assert "4 numbers, 3 bounds" in text(bounds)
    assert "Q =" not in text(bounds)


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        ("yi,vi\n1,1\n", (), "k = 1 where 2 are needed"),
        ("yi,vi\n", (), "k = 0"),
        ("yi,vi\n1,1\n2,-1\n", (), "t.csv:3:vi: variance is -1"),
        ("yi,vi\n1,1\nNaN,1\n", (), "t.csv:3:yi: effect is NaN"),
        ("yi,vi\n1,1\nabc,1\n", (), "t.csv:3:yi: 'abc' is not a number"),
        ("yi,v\n1,1\n", (), "no column 'vi' or 'sei'"),
        (
            "yi,vi,a,b\n1,1,1,2\n2,1,2,4\n3,1,5,10\n1,1,3,6\n",
            ("--mods", "a + b"),
            r"column 2 of the design \(b\)",
        ),
        ("yi,vi,a\n1,1,1\n2,1,2\n3,1,4\n", ("--mods", "z"), "no column 'z'"),
        ("yi,vi,a\n1,1,1\n2,1,2\n3,1,4\n", ("--mods", "a", "--subgroup", "a"), "given together"),
        ("yi,vi,a\n1,1,1\n2,1,2\n3,1,4\n", ("--mods", "a", "--pi", "bootstrap"), "without moderators"),
        ("yi,vi\n1,1\n2,1\n", ("--level", "100"), "--level 100 is not between"),
        ("yi,vi\n1,1\n2,1\n", ("--test", "kr", "--method", "DL"), "kr is defined for REML only"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, table: str, arguments: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table)
    assert re.search(message, complaint(str(path), *arguments))


def test_choices_are_those_of_the_engine() -> None:
    assert tuple(TAU2_ESTIMATORS) == verb.METHODS
    assert tuple(TESTS) == verb.TESTS
    assert (*PREDICTIONS, "bootstrap") == verb.INTERVALS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.argv[0] = 'mgmeta'; from mgmeta.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "pool", *arguments], capture_output=True, text=True, timeout=60
    )


def test_exit_status_and_one_line_of_complaint(tmp_path: Path, trials: str) -> None:
    assert run(trials).returncode == 0
    path = tmp_path / "t.csv"
    path.write_text("yi,vi\n1,0\n")
    done = run(str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_pool_loads_nothing_heavy(trials: str) -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom mgmeta.cli import cli\n"
        f"assert CliRunner().invoke(cli, ['pool', {trials!r}]).exit_code == 0\n"
        "heavy = {'pandas', 'statsmodels', 'scipy.stats', 'scipy.optimize', 'matplotlib', 'formulaic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_small_pool_takes_less_than_a_second(trials: str) -> None:
    """Processor time, which is the wall time of an idle machine; benchmarks/pool.py measures the wall."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run(trials).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0
