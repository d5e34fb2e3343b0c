"""Bayesian leave-one-out, exact: the posterior without each trial, and how well it foretells that trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.densities import NormalMixture
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Rows
from mgmeta.errors import FitError


@dataclass(frozen=True)
class LeftOut:
    """The posterior without one row.

    Attributes
    ----------
    label : str
        The row.
    mean, sd, ci_low, ci_high : float
        Posterior of mu without it.
    tau_mean : float
        Posterior mean of tau without it.
    log_predictive : float
        Log predictive density of its number, or log predictive probability of its bound.
    tail : float or None
        Of a number, the predictive probability of one at least as far out, both sides together: a small
        value is a surprise. None of a bound: its own probability is exp(log_predictive).
    """

    label: str
    mean: float
    sd: float
    ci_low: float
    ci_high: float
    tau_mean: float
    log_predictive: float
    tail: float | None


@dataclass(frozen=True)
class LeaveOneOut:
    """All rows of :func:`leave_one_out` and the sum of their log predictive densities (elpd)."""

    rows: tuple[LeftOut, ...]
    elpd: float
    elpd_se: float


def leave_one_out(rows: Rows, *, mu: Prior, tau: Prior, level: float) -> LeaveOneOut:
    """Refit without each row in turn.

    Parameters
    ----------
    rows, mu, tau
        Rows and priors.
    level
        Probability of the intervals, such as 0.95.

    Raises
    ------
    FitError
        If there are fewer than two rows, or the posterior without some row is improper.

    Notes
    -----
    ``elpd = sum_i log p(y_i | y_-i)``, by k exact refits where PSIS-LOO (Vehtari, Gelman and Gabry 2017,
    Stat Comput 27:1413) approximates it from one; its standard error is ``sqrt(k var)`` over the
    rows. A bound's term is a probability and a number's a density, so an elpd compares models on the
    same rows only.
    """
    if rows.k < 2:
        raise FitError("leave-one-out needs at least two rows")
    found = tuple(_left_out(rows, i, mu, tau, level) for i in range(rows.k))
    terms = np.array([row.log_predictive for row in found])
    return LeaveOneOut(found, float(terms.sum()), float(math.sqrt(rows.k) * terms.std(ddof=1)))


def _left_out(rows: Rows, i: int, mu: Prior, tau: Prior, level: float) -> LeftOut:
    try:
        posterior = fit_exact(rows.take(np.arange(rows.k) != i), mu=mu, tau=tau)
    except FitError as error:
        raise FitError(f"without {rows.labels[i]}: {error}") from error
    edge = 0.5 * (1.0 - level)
    low, high = (float(value) for value in posterior.mu.quantile(np.array([edge, 1.0 - edge])))
    log_predictive, tail = score(posterior.predict_estimate(float(rows.se[i])), rows, i)
    return LeftOut(
        rows.labels[i],
        posterior.mu.mean,
        posterior.mu.sd,
        low,
        high,
        posterior.tau.mean,
        log_predictive,
        tail,
    )


def score(predictive: NormalMixture, rows: Rows, i: int) -> tuple[float, float | None]:
    """Return the log predictive density (or probability) of row *i*, and its two-sided tail if a number.

    Parameters
    ----------
    predictive : mixture of normals for a row left out, mmHg
    rows : the rows, sorted and checked
    i : place of the row, from 0
    """
    if rows.is_bound[i]:
        ends = predictive.cdf(np.array([rows.low[i], rows.high[i]]))
        return float(np.log(ends[1] - ends[0])), None
    below = float(predictive.cdf(rows.y[i : i + 1])[0])
    density = float(predictive.pdf(rows.y[i : i + 1])[0])
    return math.log(density), 2.0 * min(below, 1.0 - below)
