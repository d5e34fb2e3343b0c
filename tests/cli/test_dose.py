"""The verb ``mgmeta dose``: contract, tables, complaints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.errors import MgmetaError

KEYS = {
    *("curve", "title", "formula", "settings", "stage", "heterogeneity", "method", "test", "level", "k"),
    *("k_numeric", "k_bounds", "trials", "df", "coefficients", "cov", "tau2", "psi", "loglik", "parameters"),
    *("aic", "q", "q_df", "q_p", "effect", "nonlinearity", "slope_per", "predictions", "reaches", "bins"),
    "warnings",
}

TRIALS = """study,yi,yi_low,yi_high,sei,dose
Amber,-1.2,,,1.1,120
Birch,,-2.2,2.2,1.1,200
Cedar,-2.4,,,0.9,240
Daisy,-2.1,,,1.3,300
Elder,-3.3,,,0.8,365
Fern,,,-2.0,1.0,365
Grass,-2.9,,,1.2,500
Holly,-4.8,,,1.4,600
Iris,-4.1,,,1.0,800
Juniper,-5.9,,,1.3,1000
"""


@pytest.fixture
def trials(tmp_path: Path) -> str:
    path = tmp_path / "trials.csv"
    path.write_text(TRIALS)
    return str(path)


@pytest.fixture
def arms(tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """The aripiprazole arms as a file, with their reference figures."""
    pins = json.loads((Path(__file__).parents[1] / "reference" / "dose_ari.json").read_text())
    columns = pins["arms"]
    lines = ["author,dose,change,sd,n"]
    lines += [",".join(str(columns[c][i]) for c in ("trial", "dose", "mean", "sd", "n")) for i in range(18)]
    path = tmp_path / "arms.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path), pins


def text(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["dose", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def answer(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(*arguments, "--format", "json"))
    return found


def complaint(*arguments: str) -> str:
    with pytest.raises(MgmetaError) as caught:
        CliRunner().invoke(cli, ["dose", *arguments], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_json_has_the_same_keys_for_every_curve(trials: str) -> None:
    for curve in ("linear", "rcs", "fp", "loglinear", "monotone"):
        found = answer(trials, "--curve", curve, "--grid", "0,400")
        assert set(found) == KEYS
        assert (found["k"], found["k_bounds"], found["level"]) == (10, 2, 0.95)
        assert found["predictions"][0]["estimate"] == 0.0
        assert len(found["predictions"]) == 2


def test_arms_meet_the_published_example(arms: tuple[str, dict[str, Any]]) -> None:
    path, pins = arms
    options = [
        "--study",
        "author",
        "--mean",
        "change",
        "--covariance",
        "mixed",
        "--stage",
        "two",
        "--test",
        "z",
    ]
    for curve in ("quadratic", "rcs"):
        expected = pins["fits"][f"mixed/{curve}/2stage_reml"]
        grid = ",".join(str(dose) for dose in pins["grid"])
        found = answer(path, *options, "--curve", curve, "--grid", grid)
        estimates = [c["estimate"] for c in found["coefficients"]]
        np.testing.assert_allclose(estimates, expected["coef"], rtol=1e-10)
        np.testing.assert_allclose(found["cov"], expected["vcov"], rtol=1e-9)
        for key in ("ci_low", "ci_high"):
            values = [p[key] for p in found["predictions"]]
            np.testing.assert_allclose(values, expected[key], rtol=1e-8, atol=1e-12)
    assert found["settings"] == {"knots": [0.0, 10.0, 30.0]}


def test_contrasts_of_several_arms(tmp_path: Path) -> None:
    path = tmp_path / "contrasts.csv"
    path.write_text(
        "study,yi,sei,dose,n_mg,n_placebo\nA,-2,1,200,40,40\nA,-3,1,400,40,40\nB,-1,1,300,40,40\nC,-4,1.5,800,20,20\n"
    )
    found = answer(str(path), "--n-treated", "n_mg", "--n-control", "n_placebo")
    assert (found["k"], found["trials"]) == (4, 3)
    assert "share a control" in complaint(str(path))


def test_the_table_says_it_all(trials: str) -> None:
    shown = text(trials, "--curve", "quadratic", "--grid", "0,365,800")
    for words in (
        "k = 10 (8 numbers, 2 bounds)", "quadratic curve, one stage", "profile_t", "dose^2", "straight line:",
        "no effect at any dose:", "50 % reached", "rows per dose", "note: thin data",
    ):  # fmt: skip
        assert words in shown, words
    slopes = text(trials, "--heterogeneity", "slopes")
    assert "SD of coefficients between trials" in slopes
    assert "fixed by its formula" in slopes


def test_comparison_lists_every_curve_once(trials: str) -> None:
    found = answer(trials, "--compare", "--knots", "240,400,700")
    names = [row["curve"] for row in found["curves"]] + [row["curve"] for row in found["refused"]]
    assert sorted(names) == sorted(
        ["linear", "quadratic", "rcs", "fp", "fp2", "loglinear", "emax", "sigmoid", "monotone"]
    )
    assert sum(row["weight"] for row in found["curves"]) == pytest.approx(1.0)
    assert all(row["reason"] for row in found["refused"])
    shown = text(trials, "--compare")
    assert "curves by AIC" in shown
    assert ("not fitted" in shown) == bool(answer(trials, "--compare")["refused"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dose", "mg"], "trials.csv:1: no column 'mg'"),
        (["--curve", "linear", "--knots", "3"], "knots says nothing about curve linear"),
        (["--knots", "many"], "--knots 'many'"),
        (["--stage", "two"], "rows are bounds"),
        (["--curve", "rcs", "--knots", "300,301,302"], "knots coincide"),
        (["--method", "REML"], "trials.csv: REML is for numbers"),
        (["--covariance", "arms"], "--covariance is for arms"),
        (["--mean", "yi", "--sei", "sei"], "--mean is for arms"),
        (["--mean", "sei"], "no column 'sd'"),
        (["--level", "0"], "--level"),
        (["--grid", "a"], "--grid"),
    ],
)
def test_options_that_cannot_be(trials: str, options: list[str], words: str) -> None:
    assert words in complaint(trials, *options)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Cedar,-2.4,,,0.9,240", "Cedar,-2.4,,,0.9,-240", ":4:dose: dose is -240; 0 or more is needed"),
        ("Cedar,-2.4,,,0.9,240", "Cedar,-2.4,,,0.9,0", ":4:dose: dose 0 is that of the referent"),
        ("Cedar,-2.4,,,0.9,240", "Cedar,-2.4,,,0.9,lots", ":4:dose: 'lots' is not a number"),
        ("Cedar,-2.4,,,0.9,240", "Cedar,-2.4,,,0.9,", ":4:dose: is blank"),
        ("Cedar,-2.4,,,0.9,240", "Cedar,x,,,0.9,240", ":4:yi: 'x' is not a number"),
        ("Cedar,-2.4,,,0.9,240", "Cedar,-2.4,,,0,240", ":4:sei: standard error is 0"),
        ("Cedar", "Amber", ":2:study: Amber: 2 rows share a control"),
    ],
)
def test_cells_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "trials.csv"
    path.write_text(TRIALS.replace(old, new))
    assert f"{path}{words}" in complaint(str(path))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("A,0,1,0,9\nA,100,2,1,9\n", ":2:sd: 0; an SD above 0 is needed"),
        ("A,0,1,1,9\nA,100,2,1,1\n", ":3:n: 1; an n above 1 is needed"),
        ("A,0,1,1,9\nB,100,2,1,9\nB,0,2,1,9\n", ":2:study: A: one arm alone"),
        ("A,0,1,1,9\nA,0,2,1,9\nA,5,2,1,9\n", ":2:study: A: two arms at the lowest dose"),
        ("A,-5,1,1,9\nA,0,2,1,9\n", ":2:dose: dose is -5"),
        ("", ": the table has a header but no rows"),
    ],
)
def test_arms_are_named(tmp_path: Path, rows: str, words: str) -> None:
    path = tmp_path / "arms.csv"
    path.write_text("study,dose,mean,sd,n\n" + rows)
    assert f"{path}{words}" in complaint(str(path), "--mean", "mean")


def test_exit_status_and_one_line(trials: str, tmp_path: Path) -> None:
    script = [sys.executable, "-c", "from mgmeta.cli import main; main()", "dose"]
    good = subprocess.run([*script, trials], capture_output=True, text=True, timeout=120)
    assert (good.returncode, good.stderr) == (0, "")
    bad = subprocess.run([*script, str(tmp_path / "none.csv")], capture_output=True, text=True, timeout=120)
    assert bad.returncode == 2
    assert bad.stderr.count("\n") == 1
    assert bad.stderr.startswith("mgmeta: ")
