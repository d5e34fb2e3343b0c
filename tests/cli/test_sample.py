import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mgmeta.cli.sample import command
from mgmeta.errors import ConfigError, DataError

HEADER = (
    "outcome,trial_id,label,kind,yi,yi_low,yi_high,sei,sei_low,sei_high,df,year,design,timepoint_weeks,n_mg,"
    "n_control,dose_mg_per_day,dose_per_100mg,hypertensive\n"
)
REST = ",,,38,2001,parallel,8,20,20,300,-0.68,1\n"
SLICE = (
    HEADER
    + f"sbp,a2000,A 2000,estimate,-4,,,2{REST}"
    + f"sbp,b2001,B 2001,bound,,-3.9,3.9,2{REST}"
    + f"sbp,c2002,C 2002,estimate,-1,,,1.5{REST}"
)
SPEC = {
    "analysis": "toy",
    "level": 0.95,
    "seed": 5,
    "outcomes": ["sbp"],
    "moderators": {},
    "bayes": {
        "prior_mu": "normal:0,10",
        "prior_slope": "normal:0,10",
        "prior_tau": "halfnormal:5",
        "draws": 500,
        "tune": 500,
        "chains": 4,
        "target_accept": 0.95,
    },
}


def arguments(folder, spec=SPEC, text=SLICE):
    (folder / "toy.csv").write_text(text, encoding="utf-8")
    return [
        *("--slice", str(folder / "toy.csv")),
        *("--spec", json.dumps(spec)),
        *("--out", str(folder / "bayes" / "toy.json")),
        *("--posterior", str(folder / "posteriors" / "toy.nc")),
    ]


@pytest.mark.slow
def test_the_verb_is_quiet_needs_no_compiler_and_leaves_nothing_behind(tmp_path):
    # A fresh process with no C compiler on its PATH, every warning an error, its own scratch folder.
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTENSOR_FLAGS"},
        "PATH": "",
        "PYTHONWARNINGS": "error",
        "TMPDIR": str(scratch),
    }
    run = [sys.executable, "-c", "from mgmeta.cli import main; main()", "sample", *arguments(tmp_path)]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("sbp overall: k 3, mu ")
    found = json.loads((tmp_path / "bayes" / "toy.json").read_text())
    assert found["outcomes"]["sbp"]["overall"]["counts"]["k_bounds"] == 1
    assert (tmp_path / "posteriors" / "toy.nc").stat().st_size > 10_000
    # PyTensor itself leaves a few small source files; the compile directory must be gone.
    assert [path for path in scratch.iterdir() if path.is_dir()] == []


def test_an_empty_slice_says_so(tmp_path):
    done = CliRunner().invoke(command, arguments(tmp_path, text=HEADER))
    assert done.exit_code == 0
    assert done.output == "sbp overall: not sampled: no rows\n"
    quiet = CliRunner().invoke(command, [*arguments(tmp_path, text=HEADER), "--quiet"])
    assert quiet.output == ""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{", "--spec: not JSON"),
        ("[]", "found a JSON list"),
        ("@nowhere.json", "cannot be read"),
        ('{"analysis": "x"}', "key 'bayes' is missing"),
    ],
)
def test_a_bad_spec_is_refused(tmp_path, spec, words):
    given = arguments(tmp_path)
    given[3] = spec
    done = CliRunner().invoke(command, given)
    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)


def test_a_spec_may_be_a_file(tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    given = arguments(tmp_path, text=HEADER)
    given[3] = f"@{tmp_path / 'spec.json'}"
    assert CliRunner().invoke(command, given).exit_code == 0


def test_a_bad_slice_is_refused_with_its_cell(tmp_path):
    text = SLICE.replace("estimate,-4,", "estimate,low,")
    done = CliRunner().invoke(command, arguments(tmp_path, text=text))
    assert isinstance(done.exception, DataError)
    assert "toy.csv:2:yi: found 'low'" in str(done.exception)
