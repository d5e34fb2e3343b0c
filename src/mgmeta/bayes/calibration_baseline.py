"""Truths and trials of the model of blood pressure at entry, drawn from its own joint distribution."""

from __future__ import annotations

import math

import numpy as np

from mgmeta.bayes import baseline_risk as model
from mgmeta.bayes.baseline_data import BaselineData
from mgmeta.bayes.calibration import Simulated
from mgmeta.bayes.calibration_normal import MU, SLOPE, TAU, Rng, draw_prior, layout, told
from mgmeta.bayes.rows import Array

# SD of people at entry, mmHg; correlation of the two errors where one arm's entry is printed. With r = 0.5
# and n people an arm the formulas give (r - 1) s0^2/n over (s0 / sqrt(n)) (s0 sqrt(4 (1 - r) / n)) = -0.354.
PEOPLE, COUPLED = 15.0, -0.354
# Shares of trials that print no pressure at entry, and one arm's only.
SILENT_ENTRY, ONE_ARM = 0.3, 0.3


def simulate_baseline(rng: Rng) -> Simulated:
    """Draw for systolic pressure: truth from the priors, trials with pressures at entry, words among them."""
    prior = model.ENTRY["sbp"]
    truth = {"mu": draw_prior(rng, MU), "tau": draw_prior(rng, TAU), "slope": draw_prior(rng, SLOPE)}
    truth |= {"mean_entry": rng.normal(prior.middle, prior.width)}
    truth |= {"sd_entry": prior.width * abs(rng.normal())}
    data = trials(rng, truth, layout(rng))
    table = model.model_data(data)

    def log_likelihood(p: dict[str, Array]) -> Array:
        whole = {name: np.asarray(p[name]) for name in truth} | {"level": np.zeros(len(p["mu"]))}
        return np.asarray(model.row_terms(table, whole)[0].sum(axis=1))

    keep = tuple(truth)
    return Simulated(
        truth,
        table,
        lambda p: log_likelihood(dict(p)),
        lambda values: model.unpack(values, "sbp", keep),
    )


def trials(rng: Rng, truth: dict[str, float], se: Array) -> BaselineData:
    """Draw trials with these standard errors, shape (k,): pressures at entry with error, effects, words.

    Parameters
    ----------
    rng : generator that is drawn from
    truth : parameter to value, mmHg; the slope is per step of the pressure at entry
    se : (k,) standard errors, mmHg
    """
    k = len(se)
    people = rng.uniform(20.0, 100.0, k)
    one = rng.random(k) < ONE_ARM
    variance = PEOPLE**2 / np.where(one, 0.5 * people, people)
    covariance = np.where(one, COUPLED, 0.0) * np.sqrt(variance) * se
    true = rng.normal(truth["mean_entry"], truth["sd_entry"], k)
    effect = truth["mu"] + truth["slope"] / model.STEP * (true - truth["mean_entry"])
    effect = effect + truth["tau"] * rng.normal(size=k)
    first, second = rng.normal(size=(2, k))
    x = true + np.sqrt(variance) * first
    r = covariance / (np.sqrt(variance) * se)
    y = effect + se * (r * first + np.sqrt(1.0 - r * r) * second)
    rows = told(rng, y, se)
    silent = rng.random(k) < SILENT_ENTRY
    return BaselineData(
        outcome="sbp",
        rows=rows,
        x=np.where(silent, math.nan, x),
        variance=variance,
        covariance=covariance,
        one_arm=int((one & ~silent).sum()),
        spread=PEOPLE,
        levels={},
    )
