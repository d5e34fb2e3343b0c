"""One analysis: what a slice turns into, against the engines and by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mgmeta.errors import ConfigError
from mgmeta.io import dumps
from mgmeta.pooling.analysis import analyse
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import pool
from mgmeta.pooling.regression import regress

Row = dict[str, Any]
NAMES = {"sbp": ("systolic blood pressure", "mmHg"), "dbp": ("diastolic blood pressure", "mmHg")}
MODERATORS = {
    "dose": {"column": "dose_per_100mg", "label": "per 100 mg/d"},
    "hypertension": {"column": "hypertensive", "label": "hypertensive against not"},
}
POOL_KEYS = {
    *("k", "method", "test", "estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "statistic"),
    *("p_value", "tau2", "tau2_se", "tau2_ci_low", "tau2_ci_high", "tau", "i2", "h2", "q", "q_df", "q_p"),
    "warnings",
}
BOUNDED_KEYS = {
    *("k", "k_numeric", "k_bounds", "method", "test", "df", "estimate", "ci_low", "ci_high"),
    *("ci_low_chi2", "ci_high_chi2", "pi_low", "pi_high", "tau2", "tau", "i2", "loglik", "warnings"),
}


def row(name: str, y: float | tuple[float | None, float | None], se: float, **cells: Any) -> Row:
    bound = isinstance(y, tuple)
    return {
        "outcome": "sbp",
        "trial_id": name,
        "label": name.title(),
        "kind": "bound" if bound else "estimate",
        "yi": None if bound else y,
        "yi_low": y[0] if bound else None,
        "yi_high": y[1] if bound else None,
        "sei": se,
        "design": "parallel",
        "n_mg": 20,
        "n_control": 25,
        "timepoint_weeks": 12.0,
        "dose_mg_per_day": 368.0,
        "dose_per_100mg": 0.0,
        "hypertensive": 1,
        **cells,
    }


MIXED = [
    row("amber", -4.1, 1.2, dose_per_100mg=0.5, dose_mg_per_day=418.0),
    row("birch", -1.0, 0.9, dose_per_100mg=-1.0, hypertensive=0, n_control=None),
    row("cedar", (-2.8, 2.8), 1.4, dose_per_100mg=-0.5, hypertensive=0, timepoint_weeks=4.0),
    row("daisy", (None, -3.2), 1.6, dose_per_100mg=0.8, design="crossover", n_control=20),
    row("elder", -2.6, 0.8, dose_per_100mg=None, dose_mg_per_day=None),
    row("fern", (-2.2, 2.2), 1.1, dose_per_100mg=-0.9, hypertensive=0),
    row("grass", -3.9, 1.3, dose_per_100mg=0.7),
    row("holly", -0.4, 1.0, dose_per_100mg=-1.2, hypertensive=0),
    row("iris", -3.0, 1.5, dose_per_100mg=0.1, hypertensive=None),
]


def spec(**changes: Any) -> dict[str, Any]:
    known = {"analysis": "toy", "title": "Toy", "level": 0.95, "outcomes": ["sbp"], "moderators": MODERATORS}
    return {**known, **changes}


@pytest.fixture(scope="module")
def out() -> dict[str, Any]:
    return analyse(MIXED, spec(), NAMES)["outcomes"]["sbp"]


def arrays(rows: list[Row]) -> tuple[np.ndarray, ...]:
    def column(name: str) -> np.ndarray:
        return np.array([np.nan if r[name] is None else r[name] for r in rows], dtype=float)

    return column("yi"), column("sei"), column("yi_low"), column("yi_high")


def test_document_says_what_was_asked() -> None:
    asked = spec(level=0.9, outcomes=["dbp", "sbp"], moderators={})
    found = analyse(MIXED, asked, NAMES)
    assert list(found) == ["analysis", "title", "level", "spec", "outcomes"]
    assert (found["analysis"], found["title"], found["level"], found["spec"]) == ("toy", "Toy", 0.9, asked)
    assert list(found["outcomes"]) == ["dbp", "sbp"]
    sbp = found["outcomes"]["sbp"]
    assert (sbp["name"], sbp["unit"]) == NAMES["sbp"]
    assert "moderators" not in sbp and "subgroups" not in sbp
    assert sbp["numeric"]["REML"].level == 0.9 == sbp["bounded"]["level"]


def test_counts(out: dict[str, Any]) -> None:
    assert out["counts"] == {
        "k": 9,
        "k_numeric": 6,
        "k_bounds": 3,
        "k_two_sided": 2,
        "k_one_sided": 1,
        "n_total": 7 * 45 + 20,  # the crossover's 20 count once, birch prints one arm only
        "n_unknown_trials": 1,
        "dose_median_mg_per_day": 368.0,
        "duration_median_weeks": 12.0,
    }


def test_numeric_pools_are_those_of_the_pool_engine(out: dict[str, Any]) -> None:
    y, se, _, _ = arrays([r for r in MIXED if r["kind"] == "estimate"])
    for key, test in (("DL", "z"), ("REML", "knha")):
        assert out["numeric"][key] == pool(y, se**2, method=key, test=test, level=0.95, pi="hts")
    document = json.loads(dumps(out["numeric"]["DL"]))
    assert document.keys() >= POOL_KEYS


def test_bounded_pool_is_that_of_the_bounded_engine(out: dict[str, Any]) -> None:
    fit = fit_bounded(*arrays(MIXED))
    found = out["bounded"]
    assert found.keys() >= BOUNDED_KEYS
    assert (found["estimate"], found["ci_low"], found["ci_high"]) == (
        fit.beta[0],
        fit.ci_low[0],
        fit.ci_high[0],
    )
    assert (found["tau2"], found["loglik"], found["pi_low"]) == (fit.tau2, fit.loglik, fit.pi_low)
    assert (found["k"], found["k_numeric"], found["k_bounds"], found["df"]) == (9, 6, 3, 8)


def test_rows_keep_their_order_and_carry_weights(out: dict[str, Any]) -> None:
    rows = out["rows"]
    assert [r["trial_id"] for r in rows] == [r["trial_id"] for r in MIXED]
    assert all(new[key] == old[key] for new, old in zip(rows, MIXED, strict=True) for key in old)
    assert sum(r["weight_percent"] for r in rows) == pytest.approx(100.0)
    assert [r["weight_numeric_percent"] is None for r in rows] == [r["kind"] == "bound" for r in MIXED]
    assert sum(r["weight_numeric_percent"] or 0.0 for r in rows) == pytest.approx(100.0)


def test_moderators_list_who_is_left_out(out: dict[str, Any]) -> None:
    found = out["moderators"]
    assert list(found) == ["dose", "hypertension", "both"]
    lacking = {
        key: [(e["trial_id"], e["missing"]) for e in model["excluded"]] for key, model in found.items()
    }
    assert lacking["dose"] == [("elder", "dose_per_100mg")]
    assert lacking["hypertension"] == [("iris", "hypertensive")]
    assert lacking["both"] == [("elder", "dose_per_100mg"), ("iris", "hypertensive")]
    assert found["dose"]["formula"] == "1 + dose_per_100mg"
    for model, left_out in zip(found.values(), (1, 1, 2), strict=True):
        assert model["counts"]["k"] == 9 - left_out
        assert model["counts"]["k_numeric"] + model["counts"]["k_bounds"] == model["counts"]["k"]


def test_numeric_regression_is_that_of_the_regression_engine(out: dict[str, Any]) -> None:
    kept = [r for r in MIXED if r["kind"] == "estimate" and r["hypertensive"] is not None]
    y, se, _, _ = arrays(kept)
    x = np.array([[1.0, r["hypertensive"]] for r in kept])
    wanted = regress(y, se**2, x, method="REML", test="knha", level=0.95)
    found = out["moderators"]["hypertension"]["numeric"]
    assert (found["method"], found["test"], found["df"]) == ("REML", "knha", 3.0)
    assert found["tau2"] == pytest.approx(wanted.tau2, rel=1e-10, abs=1e-12)
    assert found["r2"] == pytest.approx(wanted.r2, rel=1e-10)
    for mine, theirs in zip(found["coefficients"], wanted.coefficients, strict=True):
        for key in ("estimate", "se", "ci_low", "ci_high", "p_value"):
            assert mine[key] == pytest.approx(getattr(theirs, key), rel=1e-10)


def test_bounded_regression_is_that_of_the_bounded_engine(out: dict[str, Any]) -> None:
    kept = [r for r in MIXED if r["hypertensive"] is not None and r["dose_per_100mg"] is not None]
    x = np.array([[1.0, r["dose_per_100mg"], r["hypertensive"]] for r in kept])
    fit = fit_bounded(*arrays(kept), x)
    found = out["moderators"]["both"]["bounded"]
    assert [c["term"] for c in found["coefficients"]] == ["intercept", "dose", "hypertension"]
    assert found["coefficients"][1]["label"] == "per 100 mg/d"
    assert [c["estimate"] for c in found["coefficients"]] == fit.beta.tolist()
    assert [c["p_value"] for c in found["coefficients"]] == fit.p_value.tolist()
    assert found["df"] == 4


def test_subgroups_and_their_difference(out: dict[str, Any]) -> None:
    found = out["subgroups"]["hypertension"]
    for item, value in zip(found["levels"], (1, 0), strict=True):
        mine = [r for r in MIXED if r["hypertensive"] == value]
        fit = fit_bounded(*arrays(mine))
        assert item["bounded"]["estimate"] == fit.beta[0]
        assert (item["k_numeric"], item["k_bounds"]) == (fit.k_numeric, fit.k_bounds)
    slope = out["moderators"]["hypertension"]["bounded"]["coefficients"][1]
    assert found["interaction"] == {key: slope[key] for key in ("estimate", "ci_low", "ci_high", "p_value")}


def test_too_little_evidence_is_a_reason_not_a_crash() -> None:
    found = analyse(MIXED[:1], spec(outcomes=["sbp", "dbp"]), NAMES)["outcomes"]
    sbp, dbp = found["sbp"], found["dbp"]
    assert sbp["numeric"] is None and "1 of 1 trials print a number" in sbp["numeric_reason"]
    assert sbp["bounded"] is None and sbp["bounded_reason"] == "1 trial; a pool needs at least 2"
    assert dbp["bounded_reason"] == "0 trials; a pool needs at least 2"
    assert (dbp["counts"]["k"], dbp["counts"]["dose_median_mg_per_day"], dbp["rows"]) == (0, None, [])
    model = sbp["moderators"]["dose"]
    assert model["numeric"] is None and model["bounded"] is None
    assert "2 coefficients need at least 4" in model["bounded_reason"]
    group = sbp["subgroups"]["hypertension"]
    assert group["interaction"] is None and group["interaction_reason"]
    assert [item["bounded"] for item in group["levels"]] == [None, None]
    dumps(found)  # nothing in it that JSON cannot say


def test_bounds_of_one_side_only_have_no_pool() -> None:
    rows = [row(name, (None, -3.0), 1.5) for name in ("amber", "birch", "cedar")]
    out = analyse(rows, spec(moderators={}), NAMES)["outcomes"]["sbp"]
    assert out["bounded"] is None
    assert "open on the same side" in out["bounded_reason"]
    assert all(np.isnan(r["weight_percent"]) and r["weight_numeric_percent"] is None for r in out["rows"])


def test_moderator_without_variation_is_named() -> None:
    rows = [{**r, "hypertensive": 1} for r in MIXED]
    model = analyse(rows, spec(), NAMES)["outcomes"]["sbp"]["moderators"]["hypertension"]
    assert model["bounded_reason"] == "hypertension is the same in all 9 trials"
    assert model["numeric_reason"] == "hypertension is the same in all 6 trials"


def test_single_moderator_has_no_joint_model() -> None:
    asked = spec(moderators={"dose": MODERATORS["dose"]})
    assert list(analyse(MIXED, asked, NAMES)["outcomes"]["sbp"]["moderators"]) == ["dose"]


def test_unknown_outcome_is_refused() -> None:
    with pytest.raises(ConfigError, match="'hba1c', expected one of sbp, dbp"):
        analyse(MIXED, spec(outcomes=["hba1c"]), NAMES)
