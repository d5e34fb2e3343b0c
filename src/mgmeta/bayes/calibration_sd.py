"""Truths and trials of the model of unknown SDs, drawn from its own joint distribution.

A trial that prints its SD of change (or what it hangs on, given a correlation) has the SE that follows from
it; one told in words has an SD that nobody sees. Words of it are complete: not significant, lower, higher.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import polygamma, psi

from mgmeta.bayes import sd_unknown
from mgmeta.bayes.calibration import Simulated
from mgmeta.bayes.calibration_normal import CRITICAL, MU, TAU, Rng, draw_prior
from mgmeta.bayes.model_priors import CORRELATION, LOG_RATIO, LOG_SD, LOG_SPREAD
from mgmeta.bayes.rows import Array
from mgmeta.bayes.sd_data import SdData

# Median SD of change of external studies, mmHg; trials that print a number and trials told in words.
EXTERNAL = 9.0
NUMBERS, WORDS = (6, 12), (4, 8)
# Of the printed numbers, the share whose squared SD is A (1 - q r), and the range of q = B / A:
# 2 a b / (a^2 + b^2) for SDs a, b before and after that differ by up to a factor of two.
HANGS, COUPLING = 0.5, (0.8, 0.999)


def simulate_sd_unknown(rng: Rng) -> Simulated:
    """Draw for the model in which the SDs that trials do not print are unknown."""
    truth = {
        "mu": draw_prior(rng, MU),
        "tau": draw_prior(rng, TAU),
        "log_sd": math.log(EXTERNAL) + LOG_SD * rng.normal(),
        **{name: rng.normal(LOG_RATIO.mean, LOG_RATIO.sd) for name in sd_unknown.KINDS},
        "spread": abs(rng.normal(0.0, LOG_SPREAD)),
        **{name: math.tanh(rng.normal(CORRELATION.mean, CORRELATION.sd)) for name in sd_unknown.CORRELATIONS},
    }
    n, m = (int(rng.integers(low, high + 1)) for low, high in (NUMBERS, WORDS))
    df, words_df = (np.round(rng.uniform(18, 120, size)) for size in (n, m))
    kind, words_kind = _kinds(rng, n), _kinds(rng, m)
    sd_variance, squared = _printed(rng, truth, df, kind)
    scale2 = 4.0 / (df + 2.0)  # squared SE over squared SD of change, two equal arms
    log_sigma = rng.normal(_middle(truth, words_kind), truth["spread"])
    scale = 2.0 / np.sqrt(words_df + 2.0)
    se = scale * np.exp(log_sigma)
    z = rng.normal(truth["mu"], np.hypot(truth["tau"], se)) / se
    inside = np.abs(z) < CRITICAL
    data = SdData(
        outcome="sbp",
        labels=tuple(f"number {i}" for i in range(n)),
        y=rng.normal(truth["mu"], np.sqrt(truth["tau"] ** 2 + scale2 * squared)),
        variance=scale2[:, None] * sd_variance,
        bound_labels=tuple(f"words {i}" for i in range(m)),
        low=np.where(inside, -CRITICAL, np.where(z > 0.0, CRITICAL, -np.inf)),
        high=np.where(inside, CRITICAL, np.where(z < 0.0, -CRITICAL, np.inf)),
        scale=scale,
        bound_kind=words_kind,
        sd_labels=tuple(f"number {i}" for i in range(n)),
        sd_variance=sd_variance,
        sd_df=df,
        sd_kind=kind,
        external=EXTERNAL,
    )
    return Simulated(
        truth,
        sd_unknown.model_data(data),
        lambda p: np.asarray(sd_unknown.log_likelihood(data, dict(p)).sum(axis=1)),
        lambda values: sd_unknown.unpack(values, EXTERNAL),
    )


def _kinds(rng: Rng, n: int) -> Array:
    """Draw whether home, ambulatory, crossover, shape (n, 3)."""
    method = rng.choice(3, n, p=[0.6, 0.2, 0.2])
    return np.column_stack([method == 1, method == 2, rng.random(n) < 0.35]).astype(float)


def _middle(truth: dict[str, float], kind: Array) -> Array:
    """Return the mean log SD of trials of these kinds."""
    return np.asarray(truth["log_sd"] + kind @ [truth[name] for name in sd_unknown.KINDS])


def _printed(rng: Rng, truth: dict[str, float], df: Array, kind: Array) -> tuple[Array, Array]:
    """Draw printed SDs: ``(v0, v1, v2)`` of their squares, and the squares at the true correlations.

    The log of a sample SD is normal with the bias and variance that its degrees of freedom give it. With
    ``s^2 = A (1 - q r)`` and q given, log A is log s^2 less a constant: nothing else enters its density.
    """
    half = 0.5 * df
    log_s = rng.normal(
        _middle(truth, kind) + 0.5 * (psi(half) - np.log(half)),
        np.sqrt(truth["spread"] ** 2 + 0.25 * polygamma(1, half)),
    )
    squared = np.exp(2.0 * log_s)
    q = np.where(rng.random(len(df)) < HANGS, rng.uniform(*COUPLING, len(df)), 0.0)
    crossover = kind[:, 2]
    r = np.where(crossover > 0.0, truth["r_crossover"], truth["r_prepost"])
    start = squared / (1.0 - q * r)
    return np.column_stack([start, start * q * (1.0 - crossover), start * q * crossover]), squared
