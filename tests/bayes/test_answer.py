import json

import numpy as np
import pytest

from mgmeta import io
from mgmeta.bayes.answer import exact_answer
from mgmeta.bayes.answer_pymc import pymc_answer
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.spec import SamplerSettings
from mgmeta.errors import FitError

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
NUMBERS = make_rows([-4.1, -0.8, -6.5, 1.2, -2.9, -3.6], [1.2, 1.9, 2.2, 2.8, 1.1, 3.0])
SUMMARY = ["mean", "sd", "median", "ci_low", "ci_high"]


def test_keys_are_the_contract(mixed_rows):
    found = json.loads(io.dumps(exact_answer(mixed_rows, MU, TAU, level=0.95)))
    assert list(found)[:6] == ["engine", "level", "priors", "k", "k_numeric", "k_bounds"]
    for name in ("mu", "tau", "predictive"):
        assert list(found[name])[:5] == SUMMARY
        assert found[name]["ci_low"] < found[name]["median"] < found[name]["ci_high"]
        short = found[name]["shortest_high"] - found[name]["shortest_low"]
        assert short <= found[name]["ci_high"] - found[name]["ci_low"]
    assert list(found["p_below"]) == ["0", "-1", "-2"]
    assert found["bf10"] == pytest.approx(np.exp(found["log_bf10"]))
    assert [row["study"] for row in found["shrinkage"]] == list("abcdefgh")
    assert [row["kind"] for row in found["shrinkage"]] == ["estimate"] * 4 + ["bound"] * 4
    assert found["shrinkage"][7]["yi_low"] is None
    assert all(row["sd"] > 0 for row in found["shrinkage"])
    assert found["warnings"] == []


def test_improper_priors_leave_nulls_and_their_reasons():
    rows = make_rows([-4.0, -1.0, 0.5], [1.0, 2.0, 1.5])
    found = exact_answer(rows, parse_mu("flat"), parse_tau("flat"), level=0.95)
    assert found["log_marginal"] is None
    assert found["bf10"] is None
    assert np.isnan(found["mu"]["mean"])
    notes = " ".join(found["warnings"])
    assert "mu: no mean and sd; the posterior of tau falls like tau^-2" in notes
    assert "improper prior of mu (flat) and tau (flat)" in notes
    assert json.loads(io.dumps(found))["mu"]["mean"] is None


def test_a_flat_tau_still_compares_with_no_effect():
    found = exact_answer(NUMBERS, MU, parse_tau("flat"), level=0.95)
    assert found["log_marginal"] is None
    assert found["bf10"] > 1.0
    assert found["bf_heterogeneity"] is None


def test_data_that_say_nothing_are_noticed():
    rows = make_rows([np.nan], [1.0], [np.nan], [30.0])
    found = exact_answer(rows, MU, TAU, level=0.95)
    assert any("mu is not identified" in note for note in found["warnings"])
    assert any("no effect of its own" in note for note in found["warnings"])


def test_an_overwhelming_effect_is_infinitely_likelier():
    found = exact_answer(make_rows([90.0] * 4, [0.1] * 4), MU, parse_tau("uniform:1"), level=0.95)
    assert found["bf10"] == np.inf
    assert found["log_bf10"] > 709


def test_improper_posteriors_are_refused_by_both_engines():
    one_sided = make_rows([np.nan, np.nan], [1.0, 1.0], None, [1.0, 2.0])
    sampler = SamplerSettings(200, 200, 2, 0.9, 1)
    with pytest.raises(FitError, match="improper"):
        exact_answer(one_sided, parse_mu("flat"), TAU, level=0.95)
    with pytest.raises(FitError, match="improper"):
        pymc_answer(one_sided, parse_mu("flat"), TAU, level=0.95, sampler=sampler)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["numbers", "numbers and bounds"])
def test_the_engines_agree_within_three_monte_carlo_errors(mixed_rows, which):
    rows = NUMBERS if which == "numbers" else mixed_rows
    exact = json.loads(io.dumps(exact_answer(rows, MU, TAU, level=0.95)))
    sampler = SamplerSettings(2000, 1000, 4, 0.95, 20160324)
    sampled = json.loads(io.dumps(pymc_answer(rows, MU, TAU, level=0.95, sampler=sampler)))
    assert sampled["diagnostics"]["ok"]
    ess = min(sampled["diagnostics"]["ess_bulk_min"], sampled["diagnostics"]["ess_tail_min"])
    for name in ("mu", "tau", "predictive"):
        theirs, ours = sampled[name], exact[name]
        assert abs(theirs["mean"] - ours["mean"]) < 3 * theirs["mcse_mean"]
        assert theirs["sd"] == pytest.approx(ours["sd"], rel=3 * np.sqrt(2 / ess))
    # Quantile p of n draws has the standard error sqrt(p (1 - p) / n) on the scale of probability.
    for threshold, p in exact["p_below"].items():
        error = np.sqrt(p * (1 - p) / ess)
        assert abs(sampled["p_below"][threshold] - p) < 3 * error
    for ours, theirs in zip(exact["shrinkage"], sampled["shrinkage"], strict=True):
        assert theirs["mean"] == pytest.approx(ours["mean"], abs=3 * ours["sd"] / np.sqrt(ess))
        assert theirs["sd"] == pytest.approx(ours["sd"], rel=3 * np.sqrt(2 / ess))
