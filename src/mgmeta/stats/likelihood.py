"""Restricted and full likelihood of tau2: score, curvature, and the global maximum."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mgmeta.stats.moments import Fit, fit, fit_tau2
from mgmeta.stats.root import falling_roots
from mgmeta.stats.sample import Sample

Array = NDArray[np.float64]
LOG_2PI = float(np.log(2.0 * np.pi))

GRID_RATIO = 1.5
"""Step of the scan in v_min + tau2. The score is made of terms 1 / (v + tau2), which change by at
most this factor within a cell; maxima closer than that differ by next to nothing in likelihood. Against
scans of 600 points on 20,000 data sets with wild variances (8 % with several maxima) 1.5 missed none,
2 missed one, by 0.0004 in log-likelihood."""


def score(at: Fit, restricted: bool) -> Array:
    """Twice the derivative of the (restricted) log-likelihood in tau2, (b,)."""
    return at.qq - (at.trace() if restricted else at.sample.total(at.w))


def slope(at: Fit, restricted: bool) -> Array:
    """Derivative of :func:`score` in tau2, (b,)."""
    trace2 = at.trace2() if restricted else at.sample.total(at.w * at.w)
    return trace2 - 2.0 * at.qqq


def loglik(sample: Sample, tau2: Array, restricted: bool) -> Array:
    """Log-likelihood of ML, or of the k - p error contrasts (REML), at tau2, (b,).

    The REML form includes + log|X'X| / 2 (zero in the orthonormal basis), so
    that it does not depend on how the design is coded.

    Parameters
    ----------
    sample : b data sets
    tau2 : (b,) between-trial variances
    restricted : REML if true, else ML
    """
    at = fit_tau2(sample, tau2)
    logdet = sample.total(sample.mask * np.log(sample.v + tau2[:, None]))
    df = sample.df if restricted else sample.k
    value = -0.5 * (df * LOG_2PI + logdet + at.q)
    if restricted:
        if sample.p == 1 and sample.x is None:
            value += 0.5 * np.log(at.inv[:, 0, 0]) + 0.5 * np.log(sample.k)
        else:
            value += 0.5 * np.linalg.slogdet(at.inv)[1]
    return np.asarray(value)


def bounds(sample: Sample) -> tuple[Array, Array, Array]:
    """Smallest variance, largest variance and unweighted residual sum of squares, each (b,)."""
    inside = sample.mask > 0
    smallest = np.where(inside, sample.v, np.inf).min(axis=1)
    largest = np.where(inside, sample.v, 0.0).max(axis=1)
    return smallest, largest, fit(sample, sample.mask).q


def grid(sample: Sample, restricted: bool) -> list[Array]:
    """Points of tau2 that separate the maxima of the likelihood, each (b,), from 0 to T.

    All roots of the score lie below T: with s2 = RSS / df, and P's non-zero
    eigenvalues between 1/(v_max + t) and 1/(v_min + t), the score is negative
    once (v_min + t)^2 > s2 (v_max + t). T is 0 where the likelihood falls from 0 on.
    """
    df = np.maximum(sample.df if restricted else sample.k, 1.0)
    v_min, v_max, rss = bounds(sample)
    s2 = rss / df
    top = 0.5 * (s2 + np.sqrt(s2 * (s2 + 4.0 * (v_max - v_min)))) * (1 + 1e-9) - v_min
    start = np.log(v_min)
    growth = np.log(v_min + np.maximum(top, 0.0)) - start
    cells = max(1, int(np.ceil(growth.max(initial=0.0) / np.log(GRID_RATIO))))
    inner = [np.exp(start + growth * (cell / cells)) - v_min for cell in range(1, cells)]
    return [np.zeros_like(top), *(np.maximum(t, 0.0) for t in inner), np.maximum(top, 0.0)]


def maximise(sample: Sample, restricted: bool) -> Array:
    """Return the tau2 >= 0 that maximises the (restricted) likelihood, (b,).

    The score is scanned on :func:`grid`; every falling sign change is solved by
    guarded Newton; zero is a candidate where the score there is not positive; the
    candidate with the largest likelihood wins.
    """
    points = grid(sample, restricted)
    at_zero = before = score(fit_tau2(sample, points[0]), restricted)
    rows, lows, highs = [], [], []
    for previous, here in pairwise(points):
        now = score(fit_tau2(sample, here), restricted)
        falls = np.flatnonzero((before > 0) & (now <= 0) & (here > previous))
        rows.append(falls)
        lows.append(previous[falls])
        highs.append(here[falls])
        before = now
    row, low, high = np.concatenate(rows), np.concatenate(lows), np.concatenate(highs)

    def equation(index: NDArray[np.intp], t: Array) -> tuple[Array, Array]:
        at = fit_tau2(sample.take(row[index]), t)
        return score(at, restricted), slope(at, restricted)

    roots = falling_roots(equation, low, high, bounds(sample)[0][row])
    return _best(sample, restricted, row, roots, at_zero)


def _best(sample: Sample, restricted: bool, row: NDArray[np.intp], roots: Array, at_zero: Array) -> Array:
    """Pick, for every sample, the candidate with the largest likelihood."""
    b = at_zero.size
    zero = np.flatnonzero(at_zero <= 0)
    owner = np.concatenate([zero, row])
    candidate = np.concatenate([np.zeros(zero.size), roots])
    result = np.zeros(b)
    result[owner] = candidate
    several = np.bincount(owner, minlength=b) > 1
    if several.any():
        chosen = several[owner]
        owner, candidate = owner[chosen], candidate[chosen]
        value = loglik(sample.take(owner), candidate, restricted)
        order = np.argsort(value, kind="stable")  # the best is assigned last
        result[owner[order]] = candidate[order]
    return result
