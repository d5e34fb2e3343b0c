"""Truths and trials of the models whose trials print a number or words: normal, moderators, robust.

A trial tells its result in words with a probability that hangs on its own significance only, so what is
known of a silent trial is that its result lies between the ends of the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import stdtrit

from mgmeta.bayes import robust
from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.calibration import Simulated, Values
from mgmeta.bayes.model_priors import EXTRA, NU_FLOOR, NU_RATE, NU_SHAPE, SHARE_A, SHARE_B
from mgmeta.bayes.priors import Prior, parse_mu, parse_tau
from mgmeta.bayes.pymc_model import model_data
from mgmeta.bayes.rows import Array, Rows, make_rows
from mgmeta.errors import ConfigError

Rng = np.random.Generator
# The priors of the configuration.
MU, SLOPE, TAU = parse_mu("normal:0,10"), parse_mu("normal:0,10"), parse_tau("halfnormal:5")
MODERATORS = ("dose", "hypertension")
# Trials, from and to; their standard errors are uniform between these, mmHg.
TRIALS = (10, 20)
SE = (1.0, 4.0)
# Share told in words of the results that are not significant, and of those that are (t, 58 df, 5 %).
SILENT, SILENT_SIGNIFICANT = 0.6, 0.2
CRITICAL = float(stdtrit(58.0, 0.975))


def draw_prior(rng: Rng, prior: Prior) -> float:
    """Draw from a normal or half-normal prior.

    Raises
    ------
    ConfigError
        If it is of another family.
    """
    if prior.family == "normal":
        return float(rng.normal(prior.params[0], prior.params[1]))
    if prior.family == "halfnormal":
        return float(abs(rng.normal(0.0, prior.params[0])))
    raise ConfigError(f"prior {prior}: calibration draws from normal and halfnormal only")


def layout(rng: Rng) -> Array:
    """Draw the standard errors of a meta-analysis, shape (k,)."""
    return rng.uniform(*SE, int(rng.integers(TRIALS[0], TRIALS[1] + 1)))


def told(rng: Rng, y: Array, se: Array, x: Array | None = None, *, labels: list[str] | None = None) -> Rows:
    """Return the trials as they print their results: numbers, "not significant", "lower" or "higher".

    Parameters
    ----------
    rng
        Random numbers.
    y, se
        Results and standard errors, shape (k,).
    x
        Moderators :data:`MODERATORS`, shape (k, 2).
    labels
        Names of the trials.
    """
    edge = CRITICAL * se
    inside = np.abs(y) < edge
    words = rng.random(len(y)) < np.where(inside, SILENT, SILENT_SIGNIFICANT)
    low = np.where(inside, -edge, np.where(y > 0.0, edge, -np.inf))
    high = np.where(inside, edge, np.where(y < 0.0, -edge, np.inf))
    names = () if x is None else MODERATORS
    return make_rows(np.where(words, np.nan, y), se, low, high, x=x, moderators=names, labels=labels)


def normal_trials(rng: Rng) -> tuple[dict[str, float], Rows]:
    """Draw mean and spread, and the trials of normal random effects."""
    truth = {"mu": draw_prior(rng, MU), "tau": draw_prior(rng, TAU)}
    se = layout(rng)
    return truth, told(rng, rng.normal(truth["mu"], np.hypot(truth["tau"], se)), se)


def simulate_normal(rng: Rng) -> Simulated:
    """Draw for the normal model without moderators, compiled with them as it is in use."""
    truth, rows = normal_trials(rng)
    return Simulated(truth, model_data(rows, MODERATORS), lambda p: log_likelihood(rows, p))


def simulate_regression(rng: Rng) -> Simulated:
    """Draw for the normal model with dose (per 100 mg, from 368 mg) and hypertension (0 or 1)."""
    names = tuple(f"slope_{name}" for name in MODERATORS)
    truth = {"mu": draw_prior(rng, MU), **{name: draw_prior(rng, SLOPE) for name in names}}
    truth["tau"] = draw_prior(rng, TAU)
    se = layout(rng)
    x = np.column_stack([rng.uniform(-2.5, 2.5, len(se)), rng.random(len(se)) < 0.5]).astype(float)
    centre = truth["mu"] + x @ [truth[name] for name in names]
    rows = told(rng, rng.normal(centre, np.hypot(truth["tau"], se)), se, x)
    return Simulated(truth, model_data(rows, MODERATORS), lambda p: log_likelihood(rows, p))


def log_likelihood(rows: Rows, p: Values) -> Array:
    """Return the log likelihood of normal random effects at parameters of shape (n,), shape (n,)."""
    centre = p["mu"][:, None] + sum(
        p[f"slope_{name}"][:, None] * rows.x[:, j] for j, name in enumerate(rows.moderators)
    )
    s = np.hypot(p["tau"][:, None], rows.se)
    z = (rows.y - centre) / s
    numbers = -0.5 * z**2 - np.log(s) - 0.5 * np.log(2.0 * np.pi)
    words = rows.is_bound
    ends = [
        (end[words] - np.broadcast_to(centre, s.shape)[:, words]) / s[:, words]
        for end in (rows.low, rows.high)
    ]
    return np.asarray(numbers[:, ~words].sum(axis=1) + log_interval(ends[0], ends[1]).sum(axis=1))


def simulate_student(rng: Rng) -> Simulated:
    """Draw for Student-t random effects: effect = mu + tau t, t with nu degrees of freedom."""
    truth = {"mu": draw_prior(rng, MU), "tau": draw_prior(rng, TAU)}
    truth["nu"] = NU_FLOOR + rng.gamma(NU_SHAPE, 1.0 / NU_RATE)
    se = layout(rng)
    effects = truth["mu"] + truth["tau"] * rng.standard_t(truth["nu"], len(se))
    return _robust(rng, truth, effects, se, "student_t")


def simulate_mixture(rng: Rng) -> Simulated:
    """Draw for the mixture: a share of the trials has effects with a wider spread."""
    truth = {"mu": draw_prior(rng, MU), "tau": draw_prior(rng, TAU)}
    truth |= {"extra": abs(rng.normal(0.0, EXTRA)), "share": rng.beta(SHARE_A, SHARE_B)}
    se = layout(rng)
    apart = rng.random(len(se)) < truth["share"]
    effects = rng.normal(truth["mu"], np.hypot(truth["tau"], apart * truth["extra"]))
    return _robust(rng, truth, effects, se, "mixture")


def _robust(rng: Rng, truth: Mapping[str, float], effects: Array, se: Array, key: str) -> Simulated:
    rows = told(rng, rng.normal(effects, se), se)
    return Simulated(truth, robust.data_of(rows), robust_log_likelihood(rows, key))


def robust_log_likelihood(rows: Rows, key: str) -> Callable[[Values], Array]:
    """Return the log likelihood of a robust model as a function of its parameters."""

    def log_p(p: Values) -> Array:
        variances, log_weights = robust.components(dict(p), key)
        terms = robust.row_terms(rows, p["mu"], variances) + log_weights[:, None, :]
        return np.asarray(np.logaddexp.reduce(terms, axis=2).sum(axis=1))

    return log_p
