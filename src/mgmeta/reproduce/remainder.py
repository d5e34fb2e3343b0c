r"""What the unseen trials of a review must have shown, given its result and the evidence in hand.

A pooled mean is a weighted average: with total weight W the published estimate M, and
with weight w the estimate m of the trials in hand,

.. math:: R = (W M - w m) / (W - w)

is what the remaining trials showed on average, *if* all trials in hand were among the
review's. W is the published precision; w depends on tau2, and other weights (trials,
participants) are as good a guess at a review's: so R is a range, never a number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.pooling.bounded_likelihood import prepare
from mgmeta.pooling.bounded_newton import maximise
from mgmeta.pooling.slice_counts import counts
from mgmeta.pooling.slice_input import Row, effects_of
from mgmeta.reproduce.engines import Answer
from mgmeta.reproduce.targets import PrintedResult
from mgmeta.stats.student import t_quantile

# With more of the published precision in hand, R is the difference of two nearly equal sums.
MAX_SHARE = 0.8
TAU_STEPS = 9


@dataclass(frozen=True)
class RemainderAt:
    """One scenario: which weights, at which tau, the share in hand, and the remaining mean."""

    weights: str
    tau: float | None
    share: float
    estimate: float


@dataclass(frozen=True)
class Remainder:
    """The range of the remaining mean over scenarios; without one, why in `reason`.

    `precision_share` is our precision over the published one, each that of its interval.
    """

    low: float | None
    high: float | None
    precision_share: float | None
    scenarios: tuple[RemainderAt, ...]
    reason: str


def _cannot(reason: str, share: float | None = None) -> Remainder:
    return Remainder(None, None, share, (), f"cannot be computed: {reason}")


def at_tau(rows: Sequence[Row], tau: float) -> tuple[float, float]:
    """Return the bounded estimate at a fixed tau and its precision (observed information)."""
    e = effects_of(rows)
    problem = prepare(e.y, e.se, e.low, e.high, np.ones((len(rows), 1)))
    start = np.array([[0.0, (tau / problem.scale) ** 2]])
    best = maximise(problem, start, np.array([[True, False]]))
    estimate = float(problem.to_units(best.theta[0])[0])
    return estimate, float(-best.hessian[0, 0, 0]) / float(problem.beta_unit[0]) ** 2


def implied_remainder(published: PrintedResult, rows: Sequence[Row], ml: Answer) -> Remainder:
    """Return what the trials of a review that are not in hand must have shown on average.

    Parameters
    ----------
    published
        The target; its precision is that of its 95 % interval on the normal scale.
    rows
        Slice rows in the unit of the target.
    ml
        Their bounded fit.

    Notes
    -----
    tau runs from 0 to the largest value the published interval allows: with K trials the
    variance of a weighted mean is at least tau2 / K.
    """
    if published.estimate is None or published.ci_low is None or published.ci_high is None:
        return _cannot("the review prints no estimate with an interval")
    if published.k_trials is None:
        return _cannot("the review's number of trials is not printed")
    if len(rows) < 2:
        return _cannot(f"{len(rows)} trial{'' if len(rows) == 1 else 's'} in hand")
    if ml.estimate is None:
        return _cannot("the trials in hand give no estimate")
    width = published.ci_high - published.ci_low
    # No finite interval is no precision at all.
    ours = math.inf if ml.ci_low is None or ml.ci_high is None else ml.ci_high - ml.ci_low
    share = (width / ours) ** 2
    k, n_all = published.k_trials, published.n_participants
    if share >= MAX_SHARE:
        return _cannot(f"the trials in hand are {share:.0%} as precise as the published result", share)
    if len(rows) >= k:
        return _cannot(f"{len(rows)} trials in hand, {k} published", share)
    se = width / (2.0 * -t_quantile(0.025, None))
    total, theirs = 1.0 / se**2, published.estimate
    found = []
    for tau in np.linspace(0.0, se * math.sqrt(k), TAU_STEPS):
        estimate, precision = at_tau(rows, float(tau))
        if precision < MAX_SHARE * total:
            found.append(_scenario("inverse variance", float(tau), theirs, total, estimate, precision))
    if len(rows) < MAX_SHARE * k:
        found.append(_scenario("trials", None, theirs, k, ml.estimate, len(rows)))
    people = counts(rows)
    n = people["n_total"]
    if n_all is not None and not people["n_unknown_trials"] and n < MAX_SHARE * n_all:
        found.append(_scenario("participants", None, theirs, n_all, ml.estimate, n))
    if not found:
        return _cannot("by every weight the trials in hand hold nearly all of the published result", share)
    values = [item.estimate for item in found]
    return Remainder(min(values), max(values), share, tuple(found), "")


def _scenario(
    weights: str, tau: float | None, published: float, total: float, ours: float, weight: float
) -> RemainderAt:
    remaining = (total * published - weight * ours) / (total - weight)
    return RemainderAt(weights, tau, weight / total, remaining)
