"""Every figure of the reference quadrature, and the worked examples of the literature."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact, log_evidence_at, log_likelihood_fixed
from mgmeta.bayes.intervals import mode, shortest
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.shrinkage import trial_effect

DATA = ("bcg", "hine1989", "normand1999", "raudenbush1985")
TAU = ("halfnormal_5", "halfcauchy_5", "halfnormal_0.5", "halfcauchy_0.5", "uniform")

# Not figures of the posterior: what they are instead.
NOT_FIGURES = {"probs": "levels of the quantiles", "quad_check_rel": "the reference's check of itself"}


def priors(tau, mu):
    tau_prior = parse_tau("flat" if tau == "uniform" else tau.replace("_", ":"))
    return parse_mu("flat" if mu == "mu_flat" else "normal:0,10"), tau_prior


def figures(rows, mu, tau, probs, grid):
    """Everything the reference holds, computed here, under its names."""
    posterior = fit_exact(rows, mu=mu, tau=tau)
    found = {}
    for name in ("tau", "mu", "predictive"):
        density = getattr(posterior, name)
        floor = 0.0 if name == "tau" else None
        q = density.quantile(probs)
        short = shortest(density, 0.95, floor=floor)
        found[name] = {
            "mean": density.mean,
            "sd": density.sd,
            "quantiles": q,
            "median": q[4],
            "central95": [q[1], q[7]],
            "shortest95": [short.low, short.high],
        }
    found["tau"]["mode"] = mode(posterior.tau, floor=0.0)
    for name in ("mu", "predictive"):
        found[name]["p_lt_0"] = getattr(posterior, name).cdf(0.0)[0]
    effects = [trial_effect(posterior, i) for i in range(rows.k)]
    ends = np.array([effect.quantile([0.025, 0.5, 0.975]) for effect in effects])
    found["theta"] = {
        "mean": [effect.mean for effect in effects],
        "sd": [effect.sd for effect in effects],
        "lo": ends[:, 0],
        "median": ends[:, 1],
        "hi": ends[:, 2],
    }
    found["tau2_mean"] = posterior.tau.mean_square
    found["tail_exponent"] = posterior.tail.power
    found["logmarglik_tau0"] = log_likelihood_fixed(rows, mu)
    if posterior.log_marginal is not None:
        null = log_evidence_at(rows, 0.0, tau)
        both = log_likelihood_fixed(rows, 0.0)
        found["logmarglik"] = posterior.log_marginal
        found["logmarglik_mu0"] = null
        found["logmarglik_mu0_tau0"] = both
        found["BF_tau0"] = np.exp(found["logmarglik_tau0"] - posterior.log_marginal)
        found["BF_mu0"] = np.exp(null - posterior.log_marginal)
        found["BF_mu0_tau0"] = np.exp(both - posterior.log_marginal)
    found["grid"] = {"tau": grid["tau"], "mu": grid["mu"]}
    for name in ("tau", "mu"):
        density = getattr(posterior, name)
        found["grid"][f"{name}_cdf"] = density.cdf(grid[name])
        x = np.maximum(grid["tau"], 1e-12) if name == "tau" else grid["mu"]
        found["grid"][f"{name}_density"] = density.pdf(x)
    return found


def compare(reference, found, path=""):
    """Compare every leaf; a figure of the reference that is not computed fails."""
    for key, expected in reference.items():
        where = f"{path}.{key}"
        if key in NOT_FIGURES:
            continue
        assert key in found, f"{where} is not computed"
        if isinstance(expected, dict):
            compare(expected, found[key], where)
        elif expected is None:
            assert found[key] == np.inf, where  # an exponential tail has no exponent
        else:
            scale = np.abs(np.atleast_1d(expected)).max()
            rel = 1e-7 if key == "mode" else 1e-9
            np.testing.assert_allclose(found[key], expected, rtol=rel, atol=rel * scale, err_msg=where)


@pytest.mark.parametrize("tau", TAU)
@pytest.mark.parametrize("data", DATA)
def test_every_figure_of_the_quadrature(quadrature, table_rows, data, tau):
    for mu, reference in quadrature[data][tau].items():
        found = figures(table_rows(data), *priors(tau, mu), np.array(reference["probs"]), reference["grid"])
        compare(reference, found, f"{data}.{tau}.{mu}")


def test_no_prior_of_the_reference_is_left_out(quadrature):
    assert set(quadrature) - {"made_with"} == set(DATA)
    for data in DATA:
        assert set(quadrature[data]) == set(TAU)


def test_a_larger_table_beside_the_checkout(shared):
    data = json.loads((shared / "r" / "li2007" / "output.json").read_text())
    rows = make_rows(data["data"]["yi"], np.sqrt(data["data"]["vi"]))
    for tau in TAU:
        for mu, entry in data["bayes"][tau].items():
            reference = entry["indep_quadrature"]
            found = figures(rows, *priors(tau, mu), np.array(reference["probs"]), reference["grid"])
            compare(reference, found, f"li2007.{tau}.{mu}")


def test_bayesmeta_agrees_to_its_own_error(shared):
    # Its default grid errs by up to 2e-3 sd in mu and 5e-3 sd in the predictive; tau is exact.
    data = json.loads((shared / "r" / "bcg" / "output.json").read_text())
    rows = make_rows(data["data"]["yi"], np.sqrt(data["data"]["vi"]))
    for tau in TAU:
        for mu, entry in data["bayes"][tau].items():
            theirs = entry["bayesmeta"]
            posterior = fit_exact(rows, mu=priors(tau, mu)[0], tau=priors(tau, mu)[1])
            probs = np.array(theirs["probs"])
            np.testing.assert_allclose(posterior.tau.quantile(probs), theirs["q_tau"], rtol=1e-5)
            np.testing.assert_allclose(
                posterior.mu.quantile(probs), theirs["q_mu"], atol=0.03 * posterior.mu.sd
            )
            np.testing.assert_allclose(
                posterior.predictive.quantile(probs), theirs["q_pred"], atol=0.05 * posterior.predictive.sd
            )
            if theirs["marginal_likelihood"] is not None:
                assert np.exp(posterior.log_marginal) == pytest.approx(
                    theirs["marginal_likelihood"], rel=1e-6
                )
                null = log_evidence_at(rows, 0.0, priors(tau, mu)[1])
                assert np.exp(null - posterior.log_marginal) == pytest.approx(
                    theirs["bayesfactor"]["actual_mu0"], rel=1e-6
                )


def check_exact(posterior, exact):
    assert posterior.mu.mean == pytest.approx(exact["mu_mean"], rel=1e-10)
    assert posterior.mu.sd == pytest.approx(exact["mu_sd"], rel=1e-10)
    assert posterior.tau.mean == pytest.approx(exact["tau_mean"], rel=1e-10)
    assert posterior.tau.sd == pytest.approx(exact["tau_sd"], rel=1e-10)
    assert posterior.log_marginal == pytest.approx(exact["logml"], abs=1e-9)
    p = np.array([0.025, 0.5, 0.975])
    np.testing.assert_allclose(posterior.mu.quantile(p), exact["mu_q"], rtol=1e-8)
    np.testing.assert_allclose(posterior.predictive.quantile(p), exact["pred_q"], rtol=1e-8)
    assert 1.0 - posterior.mu.cdf(0.0)[0] == pytest.approx(exact["p_gt0"], rel=1e-8)


def check_bayesmeta(posterior, computed):
    """Figures of bayesmeta: tau to 1e-6, mu and the predictive to 0.01 sd of its grid."""
    summary = computed["summary"]
    tau, mu, theta = summary["tau"], summary["mu"], summary["theta"]
    for name in ("mean", "sd"):
        assert getattr(posterior.tau, name) == pytest.approx(tau[name], rel=2e-6)
        assert getattr(posterior.mu, name) == pytest.approx(mu[name], abs=0.01 * mu["sd"])
        assert getattr(posterior.predictive, name) == pytest.approx(theta[name], abs=0.03 * theta["sd"])
    assert posterior.tau.quantile(0.5)[0] == pytest.approx(tau["median"], rel=1e-6)
    assert mode(posterior.tau, floor=0.0) == pytest.approx(tau["mode"], abs=2e-4 * tau["sd"])
    short = shortest(posterior.tau, 0.95, floor=0.0)
    assert (short.low, short.high) == pytest.approx(
        (tau["95% lower"], tau["95% upper"]), abs=1e-4 * tau["sd"]
    )
    assert posterior.mu.quantile(0.5)[0] == pytest.approx(mu["median"], abs=0.01 * mu["sd"])


def test_eight_schools(examples):
    example = examples["eight_schools_half_cauchy"]
    rows = make_rows(example["data"]["y"], example["data"]["se"])
    posterior = fit_exact(rows, mu=parse_mu("normal:0,50"), tau=parse_tau("halfcauchy:25"))
    check_exact(posterior, example["exact"])
    check_bayesmeta(posterior, example["bayesmeta"])
    printed = example["printed"]
    assert posterior.tau.quantile([0.025, 0.975]) == pytest.approx(printed["tau_q"], rel=1e-6)
    assert trial_effect(posterior, 0).mean == pytest.approx(printed["shrink_A"]["mean"], abs=0.01)
    assert trial_effect(posterior, 0).sd == pytest.approx(printed["shrink_A"]["sd"], abs=0.01)


def test_eight_schools_with_flat_priors(examples):
    example = examples["eight_schools_uniform"]
    rows = make_rows(example["data"]["y"], example["data"]["se"])
    posterior = fit_exact(rows, mu=parse_mu("flat"), tau=parse_tau("flat"))
    check_bayesmeta(posterior, example["bayesmeta"])
    assert posterior.tau.quantile([0.025, 0.5, 0.975]) == pytest.approx(
        example["bayesmeta"]["tau_q"], rel=1e-6
    )
    assert posterior.log_marginal is None


CRINS = {
    "crins_hn05": ("normal:0,4", "halfnormal:0.5"),
    "crins_hn05_flat": ("flat", "halfnormal:0.5"),
    "crins_uniform": ("flat", "flat"),
    "crins_sqrt": ("flat", "sqrt"),
    "crins_Jeffreys": ("flat", "jeffreys"),
    "crins_BergerDeely": ("flat", "berger_deely"),
    "crins_conventional": ("flat", "conventional"),
    "crins_DuMouchel": ("flat", "dumouchel"),
    "crins_shrinkage": ("flat", "shrinkage"),
    "crins_I2": ("flat", "i2"),
}


def test_crins_under_ten_priors(examples, odds):
    example = examples["crins2014"]
    rows = odds(example["data"])
    np.testing.assert_allclose(rows.y, example["printed"]["yi"], atol=5e-5)
    np.testing.assert_allclose(rows.se**2, example["printed"]["vi"], atol=5e-5)
    computed = example["computed"]
    assert set(computed) == {*CRINS, "exact_hn05"}
    check_exact(
        fit_exact(rows, mu=parse_mu("normal:0,4"), tau=parse_tau("halfnormal:0.5")), computed["exact_hn05"]
    )
    for name, (mu, tau) in CRINS.items():
        posterior = fit_exact(rows, mu=parse_mu(mu), tau=parse_tau(tau))
        check_bayesmeta(posterior, computed[name])
        assert posterior.tau.quantile([0.025, 0.5, 0.975]) == pytest.approx(computed[name]["tau_q"], rel=1e-6)


def test_bcg_with_a_half_normal(examples, table_rows):
    posterior = fit_exact(table_rows("bcg"), mu=parse_mu("normal:0,2"), tau=parse_tau("halfnormal:0.5"))
    check_exact(posterior, examples["bcg_half_normal"]["exact"])
