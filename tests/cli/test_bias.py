"""The verb ``mgmeta bias``: its JSON, its tables, its complaints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mgmeta.cli import bias as verb
from mgmeta.cli import cli
from mgmeta.cli.bias_table import PARTS, TITLES
from mgmeta.errors import MgmetaError
from mgmeta.pooling import bias_answer
from mgmeta.pooling.egger import egger, egger_bounded
from mgmeta.pooling.selection import step_selection
from mgmeta.pooling.small_study import PREDICTORS
from mgmeta.pooling.weight_curves import CURVES

Y = [-4.1, -1.0, 0.4, -5.2, -2.6, -0.3, -3.9, -1.8, -0.9, -2.2, -6.0]
SE = [1.2, 0.9, 1.4, 1.6, 0.8, 1.1, 1.3, 1.0, 0.4, 0.5, 2.0]


@pytest.fixture
def trials(tmp_path: Path) -> str:
    path = tmp_path / "trials.csv"
    rows = [f"t{i},{y},{s},{20 * (i + 1)}" for i, (y, s) in enumerate(zip(Y, SE, strict=True))]
    path.write_text("study,yi,sei,n\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.fixture
def bounds(tmp_path: Path) -> str:
    path = tmp_path / "bounds.csv"
    rows = [f"t{i},{y},{s},," for i, (y, s) in enumerate(zip(Y, SE, strict=True))]
    rows += ["w1,,2.2,-4.3,4.3", "w2,,1.5,,-3"]
    path.write_text("study,yi,sei,yi_low,yi_high\n" + "\n".join(rows) + "\n")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bias", *arguments])


def answer(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.output)


def complaint(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, MgmetaError), result.output
    message = str(result.exception)
    assert "\n" not in message
    return message


def test_the_lists_of_the_verb_are_the_engines() -> None:
    assert verb.KINDS == bias_answer.KINDS == tuple(bias_answer.METHODS) == tuple(PARTS) == tuple(TITLES)
    assert verb.PREDICTORS == PREDICTORS
    assert ("steps", *CURVES) == verb.CURVES


@pytest.mark.parametrize("what", verb.KINDS)
def test_every_kind_has_a_table_and_json(trials: str, bounds: str, what: str) -> None:
    found = answer(trials, "--what", what)
    assert {"what", "k", "k_numeric", "k_bounds", "level", "warnings"} <= set(found)
    assert (found["k"], found["k_bounds"]) == (11, 0)
    table = run(trials, "--what", what)
    assert table.exit_code == 0 and "k = 11" in table.output and "…" not in table.output
    mixed = answer(bounds, "--what", what)
    labelled = any("confounded by silence" in note for note in mixed["warnings"])
    assert labelled != (what in bias_answer.USE_BOUNDS)
    assert mixed["k_bounds"] == (2 if what in bias_answer.USE_BOUNDS else 0)


def test_egger_is_the_engines(trials: str) -> None:
    found = answer(trials, "--what", "egger")
    usual = egger(Y, np.square(SE), level=0.95)
    assert found["p_value"] == usual.p_value and found["slope"]["estimate"] == usual.line.slope.estimate
    rma = answer(trials, "--what", "egger", "--model", "rma", "--method", "DL", "--test", "knha")
    other = egger(Y, np.square(SE), model="DL", test="knha", level=0.95)
    assert rma["p_value"] == pytest.approx(other.p_value) and rma["tau2"] == pytest.approx(other.line.tau2)
    sized = answer(trials, "--what", "egger", "--predictor", "sqrtninv", "--ni", "n")
    assert sized["predictor"] == "sqrtninv" and sized["limit"] is not None


def test_egger_takes_the_bounds(bounds: str) -> None:
    found = answer(bounds, "--what", "egger")
    nan, inf = float("nan"), float("inf")
    usual = egger_bounded(
        [*Y, nan, nan],
        [*SE, 2.2, 1.5],
        [nan] * 11 + [-4.3, -inf],
        [nan] * 11 + [4.3, -3.0],
        level=0.95,
    )
    assert found["p_value"] == pytest.approx(usual.p_value)
    assert (found["model"], found["k_numeric"], found["k_bounds"]) == ("ML", 11, 2)
    numbers = answer(bounds, "--what", "egger", "--numbers-only")
    assert numbers["k_bounds"] == 0 and "confounded by silence" in numbers["warnings"][0]


def test_selection_takes_steps_direction_and_weights(bounds: str) -> None:
    found = answer(bounds, "--what", "selection", "--steps", "0.025,0.5")
    assert found["alternative"] == "less"
    assert [i["p_to"] for i in found["intervals"]] == [0.025, 0.5, 1.0]
    nan, inf = float("nan"), float("inf")
    usual = step_selection(
        [*Y, nan, nan],
        [*SE, 2.2, 1.5],
        lower=[nan] * 11 + [-4.3, -inf],
        upper=[nan] * 11 + [4.3, -3.0],
        steps=(0.025, 0.5),
        level=0.95,
    )
    assert found["estimate"] == pytest.approx(usual.estimate)
    assert [i["weight"] for i in found["intervals"]] == pytest.approx(usual.weights.tolist())
    fixed = answer(bounds, "--what", "selection", "--weights", "1 0.5", "--alternative", "two.sided")
    assert fixed["lrt_df"] == 0 and fixed["lrt_p"] is None
    assert "weights are fixed" in run(bounds, "--what", "selection", "--weights", "1,0.5").output


def test_smooth_curves_take_numbers_and_say_so(bounds: str) -> None:
    found = answer(bounds, "--what", "selection", "--curve", "negexp")
    assert found["curve"] == "negexp" and len(found["parameters"]) == 1 and found["k_bounds"] == 0
    assert "confounded by silence" in found["warnings"][0]
    assert "beta curve" in run(bounds, "--what", "selection", "--curve", "beta").output
    assert "--curve steps" in complaint(bounds, "--what", "selection", "--curve", "beta", "--weights", "1,1")


def test_weak_methods_are_labelled(trials: str) -> None:
    assert "weak" in answer(trials, "--what", "failsafe")["warnings"][0]
    assert "invented" in answer(trials, "--what", "trimfill")["warnings"][0]
    assert "assumed, not estimated" in answer(trials, "--what", "copas")["warnings"][0]


def test_complaints_are_one_line(trials: str, tmp_path: Path) -> None:
    assert "name its column" in complaint(trials, "--what", "egger", "--predictor", "ni")
    assert "no column 'size'" in complaint(trials, "--what", "egger", "--predictor", "ni", "--ni", "size")
    assert "cut points" in complaint(trials, "--what", "selection", "--steps", "0.5,2")
    assert "2 P intervals" in complaint(trials, "--what", "selection", "--weights", "1,2,3")
    assert "numbers separated" in complaint(trials, "--what", "selection", "--steps", "low")
    small = tmp_path / "small.csv"
    small.write_text("yi,vi\n1,1\n2,1\n")
    for what in ("egger", "begg", "trimfill", "pet", "selection", "limit", "copas", "puniform"):
        assert complaint(str(small), "--what", what).startswith(f"{small}: ")
    bad = tmp_path / "bad.csv"
    bad.write_text("yi,vi\n1,-1\n2,1\n")
    assert "bad.csv:2:vi: variance is -1" in complaint(str(bad), "--what", "egger")
    words = tmp_path / "words.csv"
    words.write_text("yi,sei,yi_low,yi_high\n,1,-2,2\n")
    assert "no row has a number" in complaint(str(words), "--what", "begg")


def test_help_has_examples_and_needs_no_numpy() -> None:
    import subprocess
    import sys

    script = (
        "import sys; from mgmeta.cli import cli; "
        "cli(['bias', '--help'], standalone_mode=False); "
        "print('LOADED', [m for m in ('numpy', 'scipy', 'pandas', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "Examples: mgmeta bias" in done.stdout
    assert done.stdout.strip().endswith("LOADED []")
