"""The verb ``mgmeta curves``: one JSON of an analysis, and specs it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.errors import ConfigError

COLUMNS = "outcome,trial_id,label,year,kind,yi,yi_low,yi_high,sei,sei_low,sei_high,df,design,timepoint_weeks,"
COLUMNS += "n_mg,n_control,dose_mg_per_day,dose_per_100mg,hypertensive,assumed"
SLICE = f"""{COLUMNS}
sbp,amber2001,Amber 2001,2001,estimate,-4,,,1,,,38,parallel,8,20,20,368,0,1,
sbp,birch2002,Birch 2002,2002,bound,,-2,2,1,,,38,parallel,10,20,20,468,1,0,
sbp,cedar2003,Cedar 2003,2003,estimate,-2,,,1,,,19,crossover,12,20,20,268,-1,1,
sbp,daisy2004,Daisy 2004,2004,estimate,2,,,1,,,,parallel,14,20,22,,,0,
"""
SPEC = {"analysis": "toy", "title": "Toy", "level": 0.9, "outcomes": ["sbp"], "moderators": {}}


def run(folder: Path, spec: str, *more: str) -> dict[str, object]:
    path, out = folder / "toy.csv", folder / "toy.json"
    path.write_text(SLICE, encoding="utf-8")
    arguments = ["curves", "--slice", str(path), "--spec", spec, "--out", str(out), *more]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_both_axes_by_default_and_one_if_asked(tmp_path: Path) -> None:
    found = run(tmp_path, json.dumps(SPEC))
    assert (found["analysis"], found["title"], found["level"]) == ("toy", "Toy", 0.9)
    both = found["outcomes"]["sbp"]  # type: ignore[index]
    assert (both["dose"]["k"], both["duration"]["k"]) == (3, 4)
    assert [item["label"] for item in both["dose"]["left_out"]] == ["Daisy 2004"]
    one = run(tmp_path, json.dumps(SPEC), "--only", "dose")
    assert one["outcomes"]["sbp"] == {"dose": both["dose"]}  # type: ignore[index]


def test_with_priors_the_curves_are_averaged_too(tmp_path: Path) -> None:
    priors = {"prior_mu": "normal:0,10", "prior_tau": "halfnormal:5"}
    found = run(tmp_path, json.dumps({**SPEC, "bayes": priors}), "--only", "dose")
    bayes = found["outcomes"]["sbp"]["dose"]["bayes"]  # type: ignore[index]
    assert sum(item["probability"] for item in bayes["models"]) == pytest.approx(1.0)
    shapes = bayes["priors"].pop("shapes")
    assert "Dirichlet(1, 1, 1)" in shapes["monotone"]
    assert bayes["priors"] == {
        "effect_at_anchor": "normal:0,10",
        "tau": "halfnormal:5",
        "anchors": [368.0, 468.0],
    }


def test_both_engines_are_set_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of them; the engines themselves are tested in tests/bayes/test_curve_pymc.py."""
    asked: list[tuple[list[float], dict[str, object]]] = []

    def record(points: object, dose: list[float], **more: object) -> dict[str, object]:
        asked.append((dose, more))
        return {"curves": []}

    monkeypatch.setattr("mgmeta.bayes.curve_sampled.both_engines", record)
    bayes = {"prior_mu": "normal:0,10", "prior_tau": "halfnormal:5", "draws": 900, "tune": 800, "chains": 4}
    spec = {**SPEC, "seed": 7, "bayes": {**bayes, "target_accept": 0.95}}
    found = run(tmp_path, json.dumps(spec), "--only", "dose", "--engine", "both")
    axis = found["outcomes"]["sbp"]["dose"]  # type: ignore[index]
    assert axis["engines"] == {"curves": []} and axis["bayes"]["models"]
    ((dose, more),) = asked
    assert dose == [318.0, 368.0, 418.0, 468.0]
    assert (more["name"], str(more["tau"])) == ("toy_sbp_dose", "halfnormal:5")
    sampler = more["sampler"]
    assert (sampler.draws, sampler.tune, sampler.seed) == (900, 800, 7)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{", "not JSON"),
        ("[]", "found a JSON list, expected an object"),
        ('{"level": 0.9}', "no key analysis"),
    ],
)
def test_a_spec_it_cannot_use_is_refused(tmp_path: Path, spec: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(tmp_path, spec)
