"""The methods under trial, each on a whole chunk of reviews at once."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from mgmeta.incomplete.surface import (
    Reviews,
    Surface,
    credible_interval,
    draw,
    maximum,
    posterior,
    profile_interval,
    surface,
)
from mgmeta.incomplete.truncated_normal import truncated_normal
from mgmeta.stats.batch import pool_batch

Array = NDArray[np.float64]
Interval = tuple[Array, Array, Array]

LEVEL = 0.95
IMPUTATIONS = 50
PRIOR_MU_SD = 10.0
PRIOR_TAU_SCALE = 5.0


def _hksj(y: Array, v: Array, mask: NDArray[np.bool_]) -> Interval:
    """REML with Hartung-Knapp on numeric rows; NaN with fewer than 2."""
    enough = mask.sum(axis=1) >= 2
    out = np.full((3, y.shape[0]), np.nan)
    if enough.any():
        fit = pool_batch(y[enough], v[enough], mask[enough], "REML", test="knha")
        half = stdtrit(fit.k - 1.0, 0.5 + LEVEL / 2.0) * fit.se
        out[:, enough] = fit.estimate, fit.estimate - half, fit.estimate + half
    return out[0], out[1], out[2]


def _numeric_only(reviews: Reviews) -> Interval:
    return _hksj(reviews.y, reviews.se**2, reviews.present & ~reviews.silent)


def _zero(reviews: Reviews) -> Interval:
    y = np.where(reviews.silent, 0.0, reviews.y)
    v = np.where(reviews.silent, reviews.plug_in, reviews.se) ** 2
    return _hksj(y, v, reviews.present)


def _complete(reviews: Reviews) -> Interval:
    return _hksj(reviews.y, reviews.se**2, np.ones_like(reviews.present))


def _imputed(reviews: Reviews, mu: Array, tau: Array, rng: np.random.Generator) -> Interval:
    """Complete each review m times, pool by REML with Hartung-Knapp, combine by Rubin."""
    (r, m), k = mu.shape, reviews.y.shape[1]
    mean, sd = mu[:, :, None], np.sqrt(tau[:, :, None] ** 2 + reviews.plug_in[:, None, :] ** 2)
    low, high = reviews.low[:, None, :], reviews.high[:, None, :]
    drawn = truncated_normal(mean, sd, low, high, rng.random((r, m, k)))
    y = np.where(reviews.silent[:, None, :], drawn, reviews.y[:, None, :]).reshape(r * m, k)
    v = np.repeat(np.where(reviews.silent, reviews.plug_in, reviews.se) ** 2, m, axis=0)
    fit = pool_batch(y, v, np.repeat(reviews.present, m, axis=0), "REML", test="knha")
    beta, within = fit.estimate.reshape(r, m), (fit.se**2).reshape(r, m).mean(axis=1)
    between = beta.var(axis=1, ddof=1)
    total = within + (1.0 + 1.0 / m) * between
    share = (1.0 + 1.0 / m) * between / total
    complete = reviews.present.sum(axis=1) - 1.0
    observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - share)
    df = np.where(between > 0, 1.0 / (share**2 / (m - 1.0) + 1.0 / observed), complete)
    half = stdtrit(df, 0.5 + LEVEL / 2.0) * np.sqrt(total)
    estimate = beta.mean(axis=1)
    return estimate, estimate - half, estimate + half


def run_all(
    reviews: Reviews, rng: np.random.Generator, methods: Collection[str] | None = None
) -> dict[str, Interval]:
    """Return (estimate, low, high), mmHg, of every method, or of those asked for, on a chunk of reviews."""
    s: Surface = surface(reviews)

    def proper() -> Interval:
        # Imputation draws from the posterior with mu's prior flat in effect.
        mu, tau = draw(s, posterior(s, 1e3, PRIOR_TAU_SCALE), IMPUTATIONS, rng)
        return _imputed(reviews, mu, tau, rng)

    def improper() -> Interval:
        mu, tau = (np.repeat(a[:, None], IMPUTATIONS, axis=1) for a in maximum(s))
        return _imputed(reviews, mu, tau, rng)

    runs: dict[str, Callable[[], Interval]] = {
        "bounded_ml": lambda: profile_interval(s, LEVEL),
        "bayes": lambda: credible_interval(s, posterior(s, PRIOR_MU_SD, PRIOR_TAU_SCALE), LEVEL),
        "mi_reml": proper,
        "mi_improper": improper,
        "numeric_reml": lambda: _numeric_only(reviews),
        "zero_reml": lambda: _zero(reviews),
        "complete_ml": lambda: profile_interval(surface(reviews, numbers_for_words=True), LEVEL),
        "complete_reml": lambda: _complete(reviews),
    }
    return {name: run() for name, run in runs.items() if methods is None or name in methods}


CONTENDERS: dict[str, str] = {
    "bounded_ml": "ML with bounds, t-calibrated profile (primary)",
    "bayes": "Bayes with bounds, mu ~ N(0, 10), tau ~ half-normal(5)",
    "mi_reml": "proper multiple imputation, REML with Hartung-Knapp",
    "mi_improper": "imputation at the point estimate (under-covers)",
    "numeric_reml": "words dropped, REML with Hartung-Knapp (wrong)",
    "zero_reml": "words set to zero, REML with Hartung-Knapp (wrong)",
    "complete_ml": "complete data: ML, t-calibrated profile",
    "complete_reml": "complete data: REML with Hartung-Knapp",
}
