"""The Bayesian tables: consistent with each other, and what cannot be computed says why."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.sensitivity import prior_grid
from mgmeta.robustness.bayes_tables import SHARES, bayes_tables

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
PAIRS = [(parse_mu(mu), parse_tau(tau)) for mu in ("normal:0,2", "flat") for tau in ("halfnormal:1", "flat")]


def test_the_grid_of_the_report_has_at_least_200_priors():
    assert len(prior_grid()) >= 200


def test_all_tables_start_from_the_same_posterior(make_pooled):
    data = make_pooled()
    tables = bayes_tables(data, MU, TAU, 0.95, PAIRS)
    mean = fit_exact(data.rows, mu=MU, tau=TAU).mu.mean
    assert tables["shrinkage"]["mu"]["mean"] == pytest.approx(mean, rel=1e-9)
    assert tables["power"]["rows"][-1]["mean"] == pytest.approx(mean, rel=1e-9)
    assert tables["mixture"]["rows"][0]["mean"] == pytest.approx(mean, abs=1e-6)
    assert tables["power"]["secondary"] == ["Invented 1991"]
    assert tables["mixture"]["labels"] == ["Invented 1997"]


def test_power_0_is_leaving_the_row_out(make_pooled):
    tables = bayes_tables(make_pooled(), MU, TAU, 0.95, PAIRS)
    without = next(row for row in tables["left_out"]["rows"] if row["trial_id"] == "invented1")
    assert tables["power"]["rows"][0]["mean"] == pytest.approx(without["mean"], rel=1e-9)
    assert without["label"] == "Invented 1991"


def test_a_contrast_for_certain_is_a_row_like_any_other(make_pooled):
    data = make_pooled()
    tables = bayes_tables(data, MU, TAU, 0.95, PAIRS)
    rows = {row["share"]: row for row in tables["mixture"]["rows"]}
    assert tuple(rows) == SHARES
    assert rows["1"]["mean"] == pytest.approx(fit_exact(data.wider, mu=MU, tau=TAU).mu.mean, abs=1e-6)
    low, high = sorted((rows["0"]["mean"], rows["1"]["mean"]))
    assert low < rows["0.5"]["mean"] < high


def test_the_grid_says_how_far_it_reaches(make_pooled):
    grid = bayes_tables(make_pooled(), MU, TAU, 0.95, PAIRS)["prior_grid"]
    means = [row["mean"] for row in grid["rows"]]
    assert (grid["pairs"], grid["improper"]) == (4, 0)
    assert (grid["lowest"]["mean"], grid["highest"]["mean"]) == (min(means), max(means))
    assert grid["excluding_0"] == sum(row["ci_high"] < 0 for row in grid["rows"])


def test_what_cannot_be_computed_says_why_and_stops_nothing(make_pooled):
    tables = bayes_tables(make_pooled(1, 0, 0, ()), MU, TAU, 0.95, PAIRS)
    assert tables["left_out"] is None
    assert "at least two rows" in tables["left_out_reason"]
    assert tables["power"] is None
    assert tables["mixture"] is None
    assert "no row is out" in tables["mixture_reason"]
    grid = tables["prior_grid"]
    assert grid["improper"] == 2  # a flat prior of tau needs more
    assert len(grid["reasons"]) >= 1
    assert np.isfinite(grid["lowest"]["mean"])


def test_a_grid_of_improper_posteriors_is_refused(make_pooled):
    tables = bayes_tables(make_pooled(1, 0, 0, ()), MU, TAU, 0.95, PAIRS[-1:])
    assert tables["prior_grid"] is None
    assert tables["prior_grid_reason"].startswith("no prior of 1 gives a proper posterior")
