import copy
import json

import numpy as np
import pytest

from mgmeta import io
from mgmeta.bayes import posterior_io, sampling
from mgmeta.bayes.spec import read_spec
from mgmeta.errors import DataError

RAW = {
    "analysis": "toy",
    "level": 0.95,
    "seed": 5,
    "outcomes": ["sbp", "dbp"],
    "moderators": {"dose": {"column": "dose_per_100mg"}, "hypertension": {"column": "hypertensive"}},
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
SPEC = read_spec(RAW)


def record(trial, **cells):
    base = {
        "outcome": "sbp",
        "trial_id": trial,
        "label": trial.title(),
        "kind": "estimate" if "yi" in cells else "bound",
        "yi": None,
        "sei": 2.0,
        "yi_low": None,
        "yi_high": None,
        "n_mg": 20,
        "n_control": 21,
        "design": "parallel",
        "dose_mg_per_day": None,
        "timepoint_weeks": 8.0,
        "dose_per_100mg": None,
        "hypertensive": None,
    }
    return {**base, **cells}


RECORDS = [
    record("a", yi=-4.0, dose_per_100mg=-1.0, hypertensive=1),
    record("b", yi=-1.0, dose_per_100mg=0.5, hypertensive=1),
    record("c", yi_low=-4.0, yi_high=4.0, dose_per_100mg=2.0),
    record("d", yi_high=-3.9, hypertensive=1),
    record("e", yi=-6.0),
]


def test_the_plan_names_what_is_left_out_and_why():
    tasks = {task.name: task for task in sampling.plan(RECORDS, SPEC)}
    assert list(tasks)[:4] == ["sbp_overall", "sbp_dose", "sbp_hypertension", "sbp_both"]
    assert tasks["sbp_overall"].rows.k == 5
    assert tasks["sbp_dose"].rows.labels == ("a", "b", "c")
    assert [item["missing"] for item in tasks["sbp_dose"].excluded] == ["dose_per_100mg", "dose_per_100mg"]
    assert tasks["sbp_hypertension"].rows is None
    assert "hypertension is 1 in all 3 rows" in tasks["sbp_hypertension"].reason
    both = {"trial_id": "e", "label": "E", "missing": "dose_per_100mg, hypertensive"}
    assert both in tasks["sbp_both"].excluded
    assert tasks["sbp_dose"].counts["k_bounds"] == 1
    assert tasks["dbp_overall"].reason == "no rows"


@pytest.mark.slow
def test_one_analysis_end_to_end(tmp_path):
    lines = []
    found = sampling.sample_analysis(RECORDS, SPEC, cores=2, tell=lines.append)
    document = json.loads(io.dumps(found.document))
    assert lines == ["compiling the model", "sampling sbp_overall", "sampling sbp_dose"]
    sbp, dbp = document["outcomes"]["sbp"], document["outcomes"]["dbp"]
    assert sbp["hypertension"] is None
    assert "slope" in sbp["hypertension_reason"]
    assert dbp["overall"] is None
    assert dbp["overall_reason"] == "no rows"
    overall, dose = sbp["overall"], sbp["dose"]
    expected = {"k": 5, "k_numeric": 3, "k_bounds": 2, "k_two_sided": 1, "k_one_sided": 1, "n_total": 205}
    assert expected.items() <= overall["counts"].items()
    assert list(overall["mu"]) == ["mean", "sd", "median", "ci_low", "ci_high", "mcse_mean"]
    assert overall["predictive"]["ci_low"] < overall["mu"]["ci_low"]
    assert overall["p_below"]["0"] >= overall["p_below"]["-1"] >= overall["p_below"]["-2"]
    assert list(dose["slopes"]) == ["dose"]
    assert document["priors"] == {"mu": "normal:0,10", "slope": "normal:0,10", "tau": "halfnormal:5"}

    # Every draw is in the file, and the summaries are theirs.
    path = posterior_io.write_posterior(tmp_path / "toy.nc", found.posteriors)
    mu = posterior_io.read_draws(path, "sbp_overall")
    assert mu.shape == (4, 500)
    assert mu.mean() == pytest.approx(overall["mu"]["mean"], rel=1e-14)
    assert posterior_io.read_draws(path, "sbp_dose", "slope_dose").shape == (4, 500)

    # The same seed gives the same bytes, whatever the cores and whichever models run beside it.
    alone = copy.deepcopy(RAW)
    alone["outcomes"] = ["sbp"]
    again = sampling.sample_analysis(RECORDS, read_spec(alone), cores=1)
    assert io.dumps(again.document["outcomes"]["sbp"]) == io.dumps(found.document["outcomes"]["sbp"])
    second = posterior_io.write_posterior(tmp_path / "again.nc", again.posteriors)
    assert second.read_bytes() == path.read_bytes()

    other = read_spec({**RAW, "seed": 6})
    moved = sampling.sample_analysis(RECORDS, other, cores=1)
    assert (
        moved.document["outcomes"]["sbp"]["overall"]["mu"]
        != found.document["outcomes"]["sbp"]["overall"]["mu"]
    )

    with pytest.raises(DataError, match="holds no draws of mu in model dbp_overall"):
        posterior_io.read_draws(path, "dbp_overall")


def test_an_analysis_without_rows_still_writes_its_files(tmp_path):
    found = sampling.sample_analysis([], SPEC)
    path = posterior_io.write_posterior(tmp_path / "none.nc", found.posteriors)
    assert path.stat().st_size > 0
    assert found.document["outcomes"]["sbp"]["both_reason"] == "no rows"
    with pytest.raises(DataError, match="no such file"):
        posterior_io.read_draws(tmp_path / "missing.nc", "sbp_overall")


@pytest.mark.slow
def test_the_file_is_an_arviz_inference_data(tmp_path):
    import arviz

    rng = np.random.default_rng(4)
    rows = sampling.plan(RECORDS, SPEC)[0].rows
    stats = {name: rng.normal(size=(2, 50)) for name in ("energy", "lp")}
    draws = posterior_io.Draws({"mu": rng.normal(size=(2, 50))}, stats)
    path = posterior_io.write_posterior(tmp_path / "x.nc", {"sbp_overall": (rows, draws)})
    found = arviz.InferenceData.from_netcdf(str(path), base_group="sbp_overall")
    assert set(found.groups()) == {"posterior", "sample_stats", "observed_data", "constant_data"}
    np.testing.assert_array_equal(found.posterior["mu"].values, draws.values["mu"])
    assert found.observed_data["trial"].values.tolist() == ["a", "b", "c", "d", "e"]
    assert found.constant_data["low"].values[3] == -np.inf
    assert "created_at" not in found.posterior.attrs
