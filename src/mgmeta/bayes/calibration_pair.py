"""Truths and trials of the model of SBP and DBP together: both, one, or words of either."""

from __future__ import annotations

import math

import numpy as np

from mgmeta.bayes import bivariate
from mgmeta.bayes.calibration import Simulated, Values
from mgmeta.bayes.calibration_normal import MU, TAU, Rng, draw_prior, layout, told
from mgmeta.bayes.model_priors import WITHIN_TRIAL
from mgmeta.bayes.rows import Array

# Trials with SBP alone, and as many with DBP alone; the others have both.
ALONE = 2
# DBP varies less: its standard errors are this share of those of SBP.
DBP_SHARE = 0.7


def simulate_bivariate(rng: Rng) -> Simulated:
    """Draw for two pressures correlated within and between trials.

    ``effects ~ N(mu, T)``, covariance ``r_between tau_s tau_d``; results ``~ N(effects, S)``, covariance
    ``r_within se_s se_d``; each is then told as a number or in words.
    """
    truth = {name: draw_prior(rng, MU if name.startswith("mu") else TAU) for name in bivariate.NAMES[:4]}
    truth["r_between"] = rng.uniform(-1.0, 1.0)
    truth["r_within"] = math.tanh(rng.normal(WITHIN_TRIAL.mean, WITHIN_TRIAL.sd))
    se_sbp = layout(rng)
    se = np.column_stack([se_sbp, DBP_SHARE * se_sbp])
    tau = np.array([truth["tau_sbp"], truth["tau_dbp"]])
    effects = np.array([truth["mu_sbp"], truth["mu_dbp"]]) + tau * _pairs(rng, truth["r_between"], len(se))
    y = effects + se * _pairs(rng, truth["r_within"], len(se))
    labels = [f"trial {i}" for i in range(len(se))]
    has = slice(None, -ALONE), slice(ALONE, None)
    tables = {
        key: told(rng, y[rows, j], se[rows, j], labels=labels[rows])
        for j, (key, rows) in enumerate(zip(("sbp", "dbp"), has, strict=True))
    }
    data = bivariate.model_data(bivariate.pairs_of(tables))
    return Simulated(truth, data, lambda p: log_likelihood_of_numbers(bivariate.both_numbers(data["one"]), p))


def _pairs(rng: Rng, r: float, n: int) -> Array:
    """Draw standard normal pairs with correlation *r*, shape (n, 2)."""
    first, other = rng.normal(size=(2, n))
    return np.column_stack([first, r * first + math.sqrt(1.0 - r * r) * other])


def log_likelihood_of_numbers(table: Array, p: Values) -> Array:
    """Return the log likelihood of the trials that print both numbers, at parameters of shape (n,).

    *table* has a row ``y_s se_s y_d se_d`` a trial. A part of the data has a uniform rank like the whole.
    """
    y_s, s_s, y_d, s_d = table.T
    cell = {name: values[:, None] for name, values in p.items()}
    v = cell["tau_sbp"] ** 2 + s_s**2
    w = cell["tau_dbp"] ** 2 + s_d**2
    c = cell["r_between"] * cell["tau_sbp"] * cell["tau_dbp"] + cell["r_within"] * s_s * s_d
    a, b = y_s - cell["mu_sbp"], y_d - cell["mu_dbp"]
    det = v * w - c * c
    quadratic = (w * a * a - 2.0 * c * a * b + v * b * b) / det
    return np.asarray((-math.log(2.0 * math.pi) - 0.5 * (np.log(det) + quadratic)).sum(axis=1))
