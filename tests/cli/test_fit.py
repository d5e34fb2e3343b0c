"""The verb ``mgmeta fit`` on a slice small enough to work out by hand."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scipy.special import stdtr, stdtrit

from mgmeta.cli import cli
from mgmeta.errors import ConfigError, MgmetaError

# SBP: four numbers with SE 1, two in each group. DBP: two mirror-symmetric bounds.
COLUMNS = "outcome,trial_id,label,year,kind,yi,yi_low,yi_high,sei,sei_low,sei_high,df,design,timepoint_weeks,"
COLUMNS += "n_mg,n_control,dose_mg_per_day,dose_per_100mg,hypertensive,assumed"
SLICE = f"""{COLUMNS}
dbp,amber2001,Amber 2001,2001,bound,,-3.92,3.92,2,,,38,parallel,8,20,20,368,0,1,SD of change 9
dbp,birch2002,Birch 2002,2002,bound,,-1.96,1.96,1,,,38,parallel,8,20,20,368,0,0,SD of change 9
sbp,amber2001,Amber 2001,2001,estimate,-4,,,1,,,38,parallel,8,20,20,368,0,1,
sbp,birch2002,Birch 2002,2002,estimate,0,,,1,,,38,parallel,10,20,20,468,1,0,
sbp,cedar2003,Cedar 2003,2003,estimate,-2,,,1,,,19,crossover,12,20,20,268,-1,1,
sbp,daisy2004,Daisy 2004,2004,estimate,2,,,1,,,,parallel,14,20,22,,,0,
"""
SPEC: dict[str, Any] = {
    "analysis": "toy",
    "title": "Toy",
    "level": 0.95,
    "seed": 1,
    "outcomes": ["sbp", "dbp"],
    "moderators": {
        "dose": {"column": "dose_per_100mg", "label": "per 100 mg/d"},
        "hypertension": {"column": "hypertensive", "label": "hypertensive against not"},
    },
    "select": {"silent": "ignore"},
    "bayes": None,
}
T2, T3 = float(stdtrit(2, 0.975)), float(stdtrit(3, 0.975))


def run(folder: Path, spec: str, text: str = SLICE) -> Path:
    path, out = folder / "toy.csv", folder / "out" / "toy.json"
    path.write_text(text, encoding="utf-8")
    arguments = ["fit", "--slice", str(path), "--spec", spec, "--out", str(out)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = json.loads(run(tmp_path_factory.mktemp("fit"), json.dumps(SPEC)).read_text())
    assert isinstance(found, dict)
    return found


def test_echoes_the_analysis(fitted: dict[str, Any]) -> None:
    assert fitted["spec"] == SPEC
    assert (fitted["analysis"], fitted["title"], fitted["level"]) == ("toy", "Toy", 0.95)
    assert list(fitted["outcomes"]) == ["sbp", "dbp"]
    assert fitted["outcomes"]["sbp"]["unit"] == "mmHg"


def test_numbers_alone_by_hand(fitted: dict[str, Any]) -> None:
    """Mean -1, Q = 9 + 1 + 1 + 9 = 20 on 3 df; DL: tau2 = (20 - 3) / (4 - 1); REML: 20 / 3 - 1."""
    numeric = fitted["outcomes"]["sbp"]["numeric"]
    dl, reml = numeric["DL"], numeric["REML"]
    assert (dl["k"], dl["q_df"]) == (4, 3)
    assert dl["q"] == pytest.approx(20.0)
    assert (dl["estimate"], reml["estimate"]) == pytest.approx((-1.0, -1.0))
    assert (dl["tau2"], reml["tau2"]) == pytest.approx((17 / 3, 17 / 3), rel=1e-10)
    se = math.sqrt((1 + 17 / 3) / 4)
    assert (dl["se"], reml["se"]) == pytest.approx((se, math.sqrt(20 / 3 / 4)), rel=1e-10)
    assert dl["ci_low"] == pytest.approx(-1 - 1.959963984540054 * se, rel=1e-10)
    assert reml["ci_low"] == pytest.approx(-1 - T3 * math.sqrt(20 / 12), rel=1e-10)
    assert dl["pi_high"] == pytest.approx(-1 + T2 * math.sqrt(17 / 3 + se**2), rel=1e-10)


def test_likelihood_by_hand(fitted: dict[str, Any]) -> None:
    """tau2 = 20 / 4 - 1; the profile is -2 log(5 + (mu + 1)^2): the ends are -1 +- sqrt(5 (e^(t2/4) - 1))."""
    bounded = fitted["outcomes"]["sbp"]["bounded"]
    assert bounded["estimate"] == pytest.approx(-1.0)
    assert bounded["tau2"] == pytest.approx(4.0)
    assert bounded["i2"] == pytest.approx(80.0)
    half = math.sqrt(5 * math.expm1(T3**2 / 4))
    assert (bounded["ci_low"], bounded["ci_high"]) == pytest.approx((-1 - half, -1 + half), rel=1e-9)
    ratio = 4 * math.log(6 / 5)  # at mu = 0 the mean square is 5 + 1
    assert bounded["p_value"] == pytest.approx(2 * stdtr(3, -math.sqrt(ratio)), rel=1e-9)
    assert bounded["loglik"] == pytest.approx(-2 * math.log(2 * math.pi * 5) - 2)


def test_bounds_alone_by_hand(fitted: dict[str, Any]) -> None:
    dbp = fitted["outcomes"]["dbp"]
    assert dbp["numeric"] is None
    assert dbp["numeric_reason"] == "0 of 2 trials print a number; a pool needs at least 2"
    assert dbp["bounded"]["estimate"] == pytest.approx(0.0, abs=1e-9)
    assert dbp["bounded"]["tau2"] == 0.0
    assert dbp["bounded"]["loglik"] == pytest.approx(2 * math.log(0.9500042097035593), rel=1e-9)
    # Both say |Z| < 1.96 SE: information goes as 1 / SE^2, that is 1 to 4.
    assert [row["weight_percent"] for row in dbp["rows"]] == pytest.approx([20.0, 80.0])
    assert dbp["counts"]["k_two_sided"] == 2


def test_regression_by_hand(fitted: dict[str, Any]) -> None:
    """Groups -4, -2 and 0, 2: difference -4, residual sum of squares 4 on 2 df; ML: tau2 = 4 / 4 - 1."""
    model = fitted["outcomes"]["sbp"]["moderators"]["hypertension"]
    numeric, bounded = model["numeric"], model["bounded"]
    for engine in (numeric, bounded):
        assert [c["estimate"] for c in engine["coefficients"]] == pytest.approx([1.0, -4.0])
    assert numeric["tau2"] == pytest.approx(1.0)
    assert numeric["r2"] == pytest.approx(100 * (1 - 1 / (17 / 3)))
    assert numeric["coefficients"][1]["se"] == pytest.approx(math.sqrt(2.0))
    assert bounded["tau2"] == pytest.approx(0.0, abs=1e-9)
    assert bounded["r2"] == pytest.approx(100.0)
    ratio = 4 * math.log(5)  # mean squares 5 without and 1 with the difference
    p = 2 * stdtr(2, -math.sqrt(ratio))
    assert bounded["coefficients"][1]["p_value"] == pytest.approx(p, rel=1e-8)
    assert fitted["outcomes"]["sbp"]["subgroups"]["hypertension"]["interaction"]["p_value"] == pytest.approx(
        p
    )


def test_missing_moderators_are_listed(fitted: dict[str, Any]) -> None:
    model = fitted["outcomes"]["sbp"]["moderators"]["dose"]
    assert model["excluded"] == [
        {"trial_id": "daisy2004", "label": "Daisy 2004", "missing": "dose_per_100mg"}
    ]
    assert model["bounded"] is None
    assert model["bounded_reason"] == "3 trials have these moderators; 2 coefficients need at least 4"


def test_counts_by_hand(fitted: dict[str, Any]) -> None:
    counts = fitted["outcomes"]["sbp"]["counts"]
    assert counts["n_total"] == 40 + 40 + 20 + 42
    assert (counts["dose_median_mg_per_day"], counts["duration_median_weeks"]) == (368, 11)


def test_same_bytes_from_a_file_and_from_text(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(SPEC), encoding="utf-8")
    first = run(tmp_path, json.dumps(SPEC)).read_bytes()
    assert run(tmp_path, f"@{tmp_path / 'spec.json'}").read_bytes() == first
    assert b"NaN" not in first and b"Infinity" not in first


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("@none.json", "none.json: cannot be read"),
        ("{", "not JSON"),
        ("[1]", "found a JSON list, expected an object"),
        (json.dumps({"analysis": "toy"}), "no key title, level, outcomes"),
        (json.dumps({**SPEC, "level": 95}), "level: found 95"),
        (json.dumps({**SPEC, "level": "0.95"}), "level: found '0.95'"),
        (json.dumps({**SPEC, "outcomes": "sbp"}), "outcomes: found 'sbp'"),
        (json.dumps({**SPEC, "outcomes": ["hba1c"]}), "'hba1c', expected one of"),
        (json.dumps({**SPEC, "moderators": True}), "moderators: found True"),
        (json.dumps({**SPEC, "moderators": {"dose": {"label": "x"}}}), "expected name: {column, label}"),
    ],
)
def test_bad_spec_is_one_clear_line(tmp_path: Path, spec: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(tmp_path, spec)
    assert words in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_bad_slice_is_refused_with_its_cell(tmp_path: Path) -> None:
    with pytest.raises(MgmetaError, match=r"toy\.csv:4:yi: found 'four'"):
        run(tmp_path, json.dumps(SPEC), SLICE.replace("estimate,-4,", "estimate,four,"))


def test_moderator_must_be_a_column(tmp_path: Path) -> None:
    spec = {**SPEC, "moderators": {"age": {"column": "age", "label": "per year"}}}
    with pytest.raises(MgmetaError, match="no column age"):
        run(tmp_path, json.dumps(spec))


def test_start_needs_neither_pandas_nor_scipy_stats(tmp_path: Path) -> None:
    """They cost seconds, times two dozen analyses."""
    path = tmp_path / "toy.csv"
    path.write_text(SLICE, encoding="utf-8")
    code = (
        "import sys\nfrom mgmeta.cli import cli\n"
        f"cli(['fit', '--slice', {str(path)!r}, '--spec', {json.dumps(SPEC)!r}, '--out', "
        f"{str(tmp_path / 'toy.json')!r}], standalone_mode=False)\n"
        "heavy = ('pandas', 'scipy.stats', 'statsmodels', 'matplotlib', 'pymc')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
