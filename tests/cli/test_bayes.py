import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mgmeta.bayes import sensitivity
from mgmeta.cli.bayes import command
from mgmeta.errors import ConfigError, DataError, FitError

CSV = """study,yi,se,yi_low,yi_high
Alpha 2001,-4.1,1.2,,
Beta 2002,-0.8,1.9,,
Gamma 2003,,2.0,-4.2,4.2
Delta [2004],,1.5,,-3.1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(CSV, encoding="utf-8")
    return str(path)


def test_json_has_full_precision_and_repeats_itself(file):
    run = [CliRunner().invoke(command, [file, "--sei", "se", "--format", "json"]) for _ in range(2)]
    assert run[0].exit_code == 0
    assert run[0].output == run[1].output
    found = json.loads(run[0].output)
    assert (found["k"], found["k_numeric"], found["k_bounds"]) == (4, 2, 2)
    assert found["priors"] == {"mu": "normal:0,10", "tau": "halfnormal:5"}
    assert found["shrinkage"][3]["study"] == "Delta [2004]"
    assert len(repr(found["mu"]["mean"])) > 12


def test_the_table_is_readable(file):
    done = CliRunner().invoke(command, [file, "--sei", "se", "--level", "90"])
    assert done.exit_code == 0
    for text in ("2 numbers, 2 bounds", "mean effect", "new trial", "90 %", "P(mu < -2)", "Bayes factor"):
        assert text in done.output
    for text in ("-4.2 to 4.2", "below -3.1", "Delta [2004]"):
        assert text in done.output


def test_priors_and_level_are_taken(file):
    arguments = [
        file,
        "--sei",
        "se",
        "--prior-mu",
        "t:0,4,5",
        "--prior-tau",
        "halfcauchy:2",
        "--format",
        "json",
    ]
    wide = json.loads(CliRunner().invoke(command, [*arguments, "--level", "99"]).output)
    narrow = json.loads(CliRunner().invoke(command, [*arguments, "--level", "0.5"]).output)
    assert wide["priors"] == {"mu": "t:0,4,5", "tau": "halfcauchy:2"}
    assert wide["level"] == 0.99
    assert wide["mu"]["ci_low"] < narrow["mu"]["ci_low"]
    assert wide["mu"]["mean"] == narrow["mu"]["mean"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--prior-tau", "halfnormal:-1"], ConfigError, "above 0"),
        (["--prior-tau", "gamma:1,2"], ConfigError, "unknown family"),
        (["--level", "0"], ConfigError, "--level"),
        (["--yi", "effect"], DataError, "no column 'effect'"),
        (["--vi", "se"], ConfigError, "give one"),
    ],
)
def test_bad_input_is_one_clear_line(file, arguments, error, words):
    done = CliRunner().invoke(command, [file, "--sei", "se", *arguments])
    assert isinstance(done.exception, error)
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)


def test_an_improper_posterior_names_the_file(file):
    with open(file, "w", encoding="utf-8") as handle:
        handle.write("yi,se,yi_high\n,1,2\n,1,3\n")
    done = CliRunner().invoke(command, [file, "--sei", "se", "--prior-mu", "flat"])
    assert isinstance(done.exception, FitError)
    assert str(done.exception).startswith(f"{file}: improper posterior: mu is flat")


def test_the_exact_engine_loads_neither_pymc_nor_pandas(file):
    code = (
        "import sys; from click.testing import CliRunner; from mgmeta.cli.bayes import command;"
        f"done = CliRunner().invoke(command, [{file!r}, '--sei', 'se']); assert done.exit_code == 0, done;"
        "slow = {'pymc', 'pandas', 'arviz', 'scipy.stats', 'matplotlib', 'statsmodels'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_other_engine_has_the_same_keys(file):
    arguments = [
        file,
        "--sei",
        "se",
        "--engine",
        "pymc",
        "--format",
        "json",
        "--draws",
        "500",
        "--tune",
        "500",
    ]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.exception
    sampled = json.loads(done.output)
    exact = json.loads(CliRunner().invoke(command, [file, "--sei", "se", "--format", "json"]).output)
    assert set(exact) <= set(sampled)
    assert sampled["mu"]["mean"] == pytest.approx(exact["mu"]["mean"], abs=0.3)


def test_priors_left_out_and_averaged_models_on_request(file, monkeypatch):
    monkeypatch.setattr(sensitivity, "TAU_PRIORS", ("halfnormal:5", "uniform:10"))
    arguments = [file, "--sei", "se", "--prior-grid", "--leave-one-out", "--average", "--sd", "9"]
    done = CliRunner().invoke(command, [*arguments, "--format", "json"])
    assert done.exit_code == 0, done.exception
    found = json.loads(done.output)
    assert found["prior_grid"]["pairs"] == 16
    own = {"mu": "normal:0,10", "tau": "halfnormal:5"}
    row = next(r for r in found["prior_grid"]["rows"] if {key: r[key] for key in own} == own)
    assert row["mean"] == pytest.approx(found["mu"]["mean"], rel=1e-9)
    assert [r["label"] for r in found["left_out"]["rows"]][-1] == "Delta [2004]"
    assert found["averaging"]["priors"]["effect"] == "normal:0,9"
    assert len(found["averaging"]["models"]) == 36


def test_further_tables_are_readable(file):
    done = CliRunner().invoke(command, [file, "--sei", "se", "--leave-one-out", "--average", "--sd", "9"])
    assert done.exit_code == 0, done.exception
    for text in ("Without each trial", "Components", "The likeliest models", "Delta [2004]", "elpd"):
        assert text in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--average", "--sd", "0"], "above 0"), (["--prior-grid", "--grid-scale", "-1"], "above 0")],
)
def test_a_scale_that_is_none_is_refused(file, arguments, words):
    done = CliRunner().invoke(command, [file, "--sei", "se", *arguments])
    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)


def test_nothing_more_is_computed_than_asked_for(file):
    found = json.loads(CliRunner().invoke(command, [file, "--sei", "se", "--format", "json"]).output)
    assert not {"prior_grid", "left_out", "averaging"} & set(found)
