"""The Python API: the numbers of the verbs, frozen, and at no cost before it is used."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import mgmeta as mg
from mgmeta.cli import cli
from mgmeta.errors import ConfigError, DataError, FitError

ROWS: dict[str, list[Any]] = {
    "study": ["Amber", "Birch", "Cedar", "Daisy", "Elder", "Fern", "Grass", "Holly"],
    "yi": [-4.1, -1.0, 0.1 + 0.2, -5.2, -2.6, -0.3, -3.9, -1.8],
    "sei": [1.2, 0.9, 1.4, 1.6, 0.8, 1.1, 1.3, 1.0],
    "dose": [300, 250, 365, None, 500, 200, 450, 400],
    "setting": ["general", "general", "kidney", "kidney", "general", "kidney", "general", "general"],
}
DOCUMENTED = ("mgmeta", *(f"mgmeta.api.{name}" for name in ("pools", "posteriors", "curves", "plot")))
BOUNDED = {
    **ROWS,
    "yi": [-4.1, -1.0, None, None, -2.6, None, -3.9, -1.8],
    "yi_low": [None, None, -2.8, None, None, -2.2, None, None],
    "yi_high": [None, None, 2.8, -3.2, None, 2.2, None, None],
}


@pytest.fixture(params=["numbers", "bounds"])
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    return pd.DataFrame(ROWS if request.param == "numbers" else BOUNDED)


def verb(tmp_path: Path, frame: pd.DataFrame, *arguments: str) -> str:
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    done = CliRunner().invoke(
        cli, [arguments[0], str(path), *arguments[1:], "--format", "json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def test_importing_costs_nothing() -> None:
    script = (
        "import sys, mgmeta\nprint([m for m in sys.modules if m in ('pandas','numpy','matplotlib','pymc')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pooling_loads_no_pandas_no_plots_and_no_sampler() -> None:
    script = (
        "import sys, mgmeta as mg\nmg.pool({'yi': [1, 2, 4], 'vi': [1, 1, 1]}).estimate\n"
        "print([m for m in sys.modules if m in ('pandas', 'matplotlib', 'pymc', 'click')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("first", ["", "import mgmeta.bayes.rows, mgmeta.dose.rows; "])
def test_the_verbs_are_there_whatever_was_imported_before(first: str) -> None:
    script = (
        f"{first}import mgmeta as mg\nd = {{'yi': [1, 2, 4], 'vi': [1, 1, 1], 'dose': [1, 2, 3]}}\n"
        "print(mg.bayes(d).k, mg.dose(d).k, mg.pool(d).k)\n"
        "import inspect; print('prior_tau' in inspect.signature(mg.bayes).parameters)\n"
        "from mgmeta.bayes.rows import Rows"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "3", "3", "True"]


def test_unknown_names_are_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="the API is bayes, dose, forest, pool"):
        mg.peel  # noqa: B018
    assert {"pool", "bayes", "dose", "forest"} <= set(dir(mg))


def test_pool_says_what_the_verb_says(tmp_path: Path, frame: pd.DataFrame) -> None:
    assert mg.pool(frame).to_json() == verb(tmp_path, frame, "pool")
    assert mg.pool(frame.to_dict("list"), level=90).to_json() == verb(
        tmp_path, frame, "pool", "--level", "90"
    )


def test_pool_passes_every_option_on(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS)
    new = tmp_path / "new.csv"
    new.write_text("dose\n300\n")
    given = ["--method", "PM", "--test", "knha", "--mods", "dose", "--pi", "t", "--permute", "--draws", "200"]
    expected = json.loads(verb(tmp_path, frame, "pool", *given, "--seed", "7", "--predict", str(new)))
    found = mg.pool(
        frame,
        method="PM",
        test="knha",
        mods="dose",
        pi="t",
        permute=True,
        draws=200,
        seed=7,
        predict=pd.DataFrame({"dose": [300]}),
    )
    got = json.loads(found.to_json())
    for answer in (expected, got):  # a file counts its lines, a table in memory its rows
        for row in [*answer["excluded"], *answer["predictions"]]:
            row.pop("row")
    assert got == expected
    assert found.parts == ("coefficients", "studies", "predictions", "excluded")
    assert list(found.to_frame("studies").study) == [s for s in ROWS["study"] if s != "Daisy"]
    separate = mg.pool(frame, subgroup="setting", separate_tau2=True)
    assert separate.to_json() == verb(tmp_path, frame, "pool", "--subgroup", "setting", "--separate-tau2")
    assert mg.pool(frame, tau2_ci="profile").to_json() == verb(
        tmp_path, frame, "pool", "--tau2-ci", "profile"
    )
    with pytest.raises(DataError, match=r"data:3:dose: moderator is blank in 1 row.*drop strict="):
        mg.pool(frame, mods="dose", strict=True)


def test_bayes_says_what_the_verb_says(tmp_path: Path, frame: pd.DataFrame) -> None:
    given = {"prior_mu": "t:0,5,4", "prior_tau": "halfcauchy:2", "level": 0.9}
    text = verb(
        tmp_path, frame, "bayes", "--prior-mu", "t:0,5,4", "--prior-tau", "halfcauchy:2", "--level", "90"
    )
    found = mg.bayes(frame, **given)
    assert found.to_json() == text
    assert found.p_below[-1.0] == json.loads(text)["p_below"]["-1"]


def test_dose_says_what_the_verb_says(tmp_path: Path, frame: pd.DataFrame) -> None:
    known = frame.dropna(subset="dose")
    for keywords, options in (
        ({}, []),
        ({"curve": "rcs", "knots": [220, 350, 480]}, ["--curve", "rcs", "--knots", "220,350,480"]),
        (
            {"curve": "fp", "powers": [0.5], "grid": [100, 200]},
            ["--curve=fp", "--powers=0.5", "--grid=100,200"],
        ),
    ):
        assert mg.dose(known, **keywords).to_json() == verb(tmp_path, known, "dose", *options)


def test_arms_are_read_as_arms(tmp_path: Path) -> None:
    arms = pd.DataFrame(
        {
            "study": ["a", "a", "b", "b", "c", "c"],
            "dose": [0, 200, 0, 300, 0, 400],
            "change": [0.0, -2.0, 0.5, -2.5, 0.1, -4.0],
            "sd": [8.0, 8.5, 9.0, 8.0, 7.0, 7.5],
            "n": [30, 30, 25, 26, 40, 41],
        }
    )
    found = mg.dose(arms, mean="change", covariance="arms")
    assert found.to_json() == verb(tmp_path, arms, "dose", "--mean", "change", "--covariance", "arms")
    assert found.to_frame().dose.iloc[-1] == 400


def test_results_are_frozen_equal_and_survive_a_pickle() -> None:
    result = mg.pool(ROWS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 0.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.answer = {}  # type: ignore[misc]
    result.to_dict()["estimate"] = 0.0
    assert result.estimate == json.loads(result.to_json())["estimate"]
    assert pickle.loads(pickle.dumps(result)) == result
    assert result != mg.pool(ROWS, method="DL")
    assert len({result, mg.pool(ROWS)}) == 1


def test_frames_hold_the_numbers_of_the_answer() -> None:
    result = mg.pool(BOUNDED)
    assert result.to_frame().estimate[0] == result.estimate
    studies = result.to_frame("studies")
    assert list(studies.kind).count("bound") == 3 == result.k_bounds
    assert studies.weight_percent.sum() == pytest.approx(100)
    assert math.isnan(result.q)
    assert math.isnan(mg.pool(ROWS, mods="dose").estimate)
    assert list(mg.bayes(ROWS).to_frame().quantity) == ["mu", "tau", "predictive"]
    assert list(mg.dose(ROWS | {"dose": [1.0] * 4 + [2.0] * 4}).to_frame("coefficients").term) == ["dose"]
    with pytest.raises(ConfigError, match="no part 'loops'; this result has estimate, studies"):
        result.to_frame("loops")


def test_missing_values_and_true_and_false_are_cells() -> None:
    given = pd.DataFrame(
        {"yi": [-1.0, -2.0, -3.0, -2.5], "sei": [1.0] * 4, "strict": [True, False, True, False]}
    )
    assert [c["term"] for c in mg.pool(given, mods="strict").answer["coefficients"]][1] == "strict[T.yes]"
    with_na = pd.DataFrame({"yi": pd.array([1.0, 2.0, 3.0]), "vi": [1.0] * 3, "x": pd.array([1, pd.NA, 3])})
    assert mg.pool(with_na, mods="1", strict=True).k == 3


@pytest.mark.parametrize(
    ("data", "keywords", "error", "said"),
    [
        (3, {}, DataError, "data: int; a DataFrame or a mapping of columns is needed"),
        ({}, {}, DataError, "no columns"),
        ({"yi": "abc", "vi": [1]}, {}, DataError, "column 'yi' is a str"),
        ({"yi": [1, 2], "vi": [1]}, {}, DataError, r"differ in length \(yi 2, vi 1\)"),
        ({"yi": [1, 2]}, {}, DataError, r"data: no column 'vi' or 'sei' \(yi\); name one with vi= or sei="),
        ({"yi": [1, None], "vi": [1, 1]}, {}, DataError, "data:1:yi: effect is blank"),
        ({"yi": [1, 2], "vi": [1, 0]}, {}, DataError, "data:1:vi: variance is 0"),
        ({"yi": [], "vi": []}, {}, DataError, "no effects to pool"),
        (ROWS, {"method": "XX"}, ConfigError, "XX"),
        (ROWS, {"level": 0}, ConfigError, "level= 0 is not between"),
        (ROWS, {"vi": "sei", "sei": "sei"}, ConfigError, "both vi= and sei= are given"),
        (
            ROWS,
            {"subgroup": "setting", "mods": "dose"},
            ConfigError,
            "mods= and subgroup= are given together",
        ),
        (ROWS, {"mods": "dose", "predict": {"dose": []}}, DataError, "predict: no rows to predict"),
        (pd.DataFrame([[1, 2]], columns=["yi", "yi"]), {}, DataError, "column 'yi' is named twice"),
    ],
)
def test_complaints_are_in_the_words_of_python(
    data: Any, keywords: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        mg.pool(data, **keywords)


def test_an_unknown_engine_and_a_hopeless_curve_are_refused() -> None:
    with pytest.raises(ConfigError, match="choose exact or pymc"):
        mg.bayes(ROWS, engine="stan")
    with pytest.raises(FitError):
        mg.dose({"yi": [1.0, 2.0], "vi": [1.0, 1.0], "dose": [1, 1]}, curve="quadratic")


@pytest.mark.parametrize("module", DOCUMENTED)
def test_the_examples_of_the_docstrings_are_true(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0
    assert found.failed == 0


def test_all_curves_are_compared_as_the_verb_does(tmp_path: Path, frame: pd.DataFrame) -> None:
    known = frame.dropna(subset="dose")
    found = mg.dose(known, compare=True)
    said = json.loads(verb(tmp_path, known, "dose", "--compare"))
    for row in said["refused"]:
        row["reason"] = row["reason"].replace("--keep-unbounded", "keep_unbounded=")
    assert said == json.loads(found.to_json())["comparison"]
    ranks, refused = found.to_frame("compared"), found.rows("refused")
    assert ranks.aic.is_monotonic_increasing and ranks.weight.sum() == pytest.approx(1.0)
    assert len(ranks) + len(refused) == 9 and all(row["reason"] for row in refused)
    assert "compared" not in mg.dose(known).parts


def test_a_curve_is_plotted_with_its_studies(tmp_path: Path, frame: pd.DataFrame) -> None:
    known = frame.dropna(subset="dose")
    fit = mg.dose(known, grid=[0, 250, 500])
    plot = fit.plot(title="Invented", xlabel="mg/d", ylabel="mmHg")
    assert plot.to_frame().shape == (3, 3)
    assert "<title>Invented</title>" in plot.svg()
    assert plot._repr_html_().startswith("<div")
    assert plot.save(tmp_path / "curve.png").stat().st_size > 10_000
    bounds = int(known.yi.isna().sum())
    assert (f"{bounds} of them words only" in repr(plot)) == (bounds > 0)
    axes = plot.figure().axes[0]
    assert len(axes.collections) == 1 + len(known) - bounds  # the band and a circle a number
    assert [*fit.to_frame("contrasts").dose] == [float(x) for x in known.dose]
    low, high = axes.get_ylim()
    assert low < min(x for x in known.yi if x == x) < high
