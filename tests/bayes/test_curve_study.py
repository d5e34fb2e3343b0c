"""Curves compared and averaged: weights, averages and what is learnt of ED50."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from mgmeta.bayes.curve_study import stack, study_curves
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.dose.rows import contrast_rows
from mgmeta.errors import FitError

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    dose = np.array([100.0, 200.0, 300.0, 400.0, 500.0, 700.0, 900.0])
    noise = np.array([0.3, -0.2, 0.1, -0.4, 0.2, 0.3, -0.3])
    points = contrast_rows(-0.8 * dose / 100.0 + noise, np.full(7, 0.6), dose)
    return study_curves(points, [0.0, 250.0, 400.0, 900.0], mu=MU, tau=TAU, level=0.9, per=100.0)


def test_weights_are_distributions_and_a_straight_truth_beats_one_effect(study: dict[str, Any]) -> None:
    models = {item["curve"]: item for item in study["models"]}
    for key in ("probability", "stacking"):
        assert sum(item[key] for item in models.values()) == pytest.approx(1.0)
    assert models["linear"]["probability"] > 20.0 * models["flat"]["probability"]
    assert models["linear"]["elpd"] > models["flat"]["elpd"]
    odds = np.log(models["linear"]["probability"] / models["flat"]["probability"])
    assert odds == pytest.approx(models["linear"]["log_marginal"] - models["flat"]["log_marginal"])
    assert models["flat"]["slope"]["median"] == 0.0
    assert models["linear"]["slope"]["median"] == pytest.approx(-0.8, abs=0.15)
    order = [item["probability"] for item in study["models"]]
    assert order == sorted(order, reverse=True)


def test_the_average_lies_among_the_curves_and_new_trials_vary_more(study: dict[str, Any]) -> None:
    assert [row["dose"] for row in study["average"]] == [250.0, 400.0, 900.0]
    middle = study["average"][1]
    medians = [item["effect"]["median"] for item in study["models"]]
    assert min(medians) <= middle["median"] <= max(medians)
    assert middle["pi_low"] < middle["ci_low"] < middle["median"] < middle["ci_high"] < middle["pi_high"]


def test_what_is_learnt_is_set_beside_the_prior(study: dict[str, Any]) -> None:
    found = study["ed"]["emax"]
    half, most = found["shares"]
    assert half["prior_median"] == pytest.approx(400.0, rel=0.02)
    assert most["prior_median"] == pytest.approx(4.0 * half["prior_median"], rel=1e-6)
    assert half["prior_high"] == pytest.approx(400.0 * 19.0, rel=0.15)
    assert half["posterior_median"] > half["prior_median"]  # the truth is a straight line
    assert 0.0 < found["overlap"] < 1.0


def test_stacking_solves_its_problem() -> None:
    log_p = np.log(np.random.default_rng(2).uniform(0.05, 1.0, (12, 3)))

    def loss(theta: np.ndarray) -> float:
        weights = np.exp(np.append(theta, 0.0))
        return -float(np.log(np.exp(log_p) @ (weights / weights.sum())).sum())

    best = minimize(
        loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    )
    weights = stack(log_p)
    assert weights.sum() == pytest.approx(1.0)
    assert -float(np.log(np.exp(log_p) @ weights).sum()) == pytest.approx(best.fun, abs=1e-5)
    np.testing.assert_allclose(stack(np.zeros((4, 5))), 0.2)


def test_one_trial_cannot_be_foretold() -> None:
    with pytest.raises(FitError, match="at least two rows"):
        study_curves(contrast_rows([-1.0], [1.0], [300.0]), [300.0], mu=MU, tau=TAU, level=0.9, per=100.0)
