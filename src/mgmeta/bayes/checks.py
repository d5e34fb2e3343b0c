"""How well a model predicts: PSIS-LOO with its warnings, and replicated data.

Leave-one-out by Pareto-smoothed importance sampling (Vehtari, Gelman and Gabry 2017, Stat Comput 27:1413):
``elpd_i = log sum_s w_s p(y_i | s)``, weights ``1 / p(y_i | s)`` smoothed; k-hat above 0.7 is a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

from mgmeta.bayes.psis import KHAT_MAX, smooth
from mgmeta.bayes.rows import Array, Rows


@dataclass(frozen=True)
class Loo:
    """Expected log predictive density of trials left out.

    Attributes
    ----------
    elpd, se : float
        Sum over trials and its standard error.
    p_loo : float
        Effective number of parameters.
    pointwise : mapping of str to float
        Contribution of every trial.
    warnings : tuple of str
        Trials whose k-hat is above 0.7.
    """

    elpd: float
    se: float
    p_loo: float
    pointwise: dict[str, float]
    warnings: tuple[str, ...]


def loo(log_likelihood: Array, labels: Sequence[str], given: Array | None = None) -> Loo:
    """Return PSIS-LOO from the log likelihood of every trial at every draw, shape (n, k).

    *given*, of the same shape, is the part of it that is of a covariate with a distribution of its own: then
    ``elpd_i = log p(y_i, x_i | others) - log p(x_i | others)``, the density of a result at its covariate.

    Parameters
    ----------
    log_likelihood : (n, k), no unit
    labels : of the k trials
    given : (n, k), no unit; None: nothing is given
    """
    n, k = log_likelihood.shape
    each, warnings = np.empty(k), []
    for i in range(k):
        smoothed = smooth(-log_likelihood[:, i])
        with np.errstate(divide="ignore"):
            log_weights = np.log(smoothed.weights)
        each[i] = logsumexp(log_likelihood[:, i] + log_weights)
        if given is not None:
            each[i] -= logsumexp(given[:, i] + log_weights)
        if smoothed.khat > KHAT_MAX:
            warnings.append(f"{labels[i]}: k-hat {smoothed.khat:.2f}")
    inside = logsumexp(log_likelihood, axis=0) - np.log(n)
    if given is not None:
        inside -= logsumexp(given, axis=0) - np.log(n)
    return Loo(
        elpd=float(each.sum()),
        se=float(np.sqrt(k * each.var(ddof=1))) if k > 1 else float("nan"),
        p_loo=float((inside - each).sum()),
        pointwise=dict(zip(labels, (float(value) for value in each), strict=True)),
        warnings=tuple(warnings),
    )


def replicate(mu: Array, variances: Array, log_weights: Array, se: Array, rng: np.random.Generator) -> Array:
    """Draw one result of every trial at every draw; (n,), (n, q), (n, q), se (n, k) -> (n, k).

    Parameters
    ----------
    mu : mean effects, mmHg
    variances : variances of each component, mmHg squared
    log_weights : log weights of the components
    se : (k,) standard errors, mmHg
    rng : generator that is drawn from
    """
    n, k = se.shape
    total = np.cumsum(np.exp(log_weights), axis=1)
    u = rng.random((n, k))
    which = (u[..., None] > total[:, None, :-1]).sum(axis=2)
    variance = np.take_along_axis(variances, which, axis=1)
    return np.asarray(rng.normal(mu[:, None], np.sqrt(variance + se**2)))


def predictive_checks(results: Array, se: Array, rows: Rows, level: float) -> dict[str, Any]:
    """Compare replicated with observed trials: how many are significant, how far the farthest number lies.

    Parameters
    ----------
    results, se
        Replicated results and their SEs, shape (n, k).
    rows
        The observed rows, in the same order.
    level
        Level of the intervals.

    Returns
    -------
    dict
        ``significant`` (of all rows; for words it is what they say), ``mean`` (of the printed numbers, mmHg)
        and ``farthest`` (largest distance of one of them from it, mmHg), each
        ``{observed, low, high, p_above}`` with p_above the share
        of replicates at or above the observed value.
    """
    limit = critical(rows)
    observed = np.where(
        rows.is_bound, np.isinf(rows.low) | np.isinf(rows.high), np.abs(rows.y) > limit * rows.se
    )
    found = {"significant": _compare((np.abs(results) > limit * se).sum(axis=1), int(observed.sum()), level)}
    numbers = ~rows.is_bound
    if numbers.sum() > 1:
        printed = results[:, numbers]
        found["mean"] = _compare(printed.mean(axis=1), float(rows.y[numbers].mean()), level)
        spread = np.abs(printed - printed.mean(axis=1, keepdims=True)).max(axis=1)
        actual = float(np.abs(rows.y[numbers] - rows.y[numbers].mean()).max())
        found["farthest"] = _compare(spread, actual, level)
    return found


def critical(rows: Rows) -> Array:
    """Return how many SEs make a row significant: the bound's own quantile, else the normal one."""
    ends = np.where(np.isfinite(rows.high), np.abs(rows.high), np.abs(rows.low)) / rows.se
    return np.where(rows.is_bound, ends, 1.959963984540054)


def _compare(values: Array, observed: float, level: float) -> dict[str, float]:
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return {
        "observed": observed,
        "low": float(low),
        "high": float(high),
        "p_above": float((values >= observed).mean()),
    }
