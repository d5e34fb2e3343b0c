r"""What if printing did not depend on significance alone?

A bound assumes that, among results that are not significant, a number is as
likely to be withheld whatever it is. Two departures are worth a number:

* **direction**: a non-significant fall is printed more often than a rise, so its
  words are rarer by a factor `fall_ratio` (<= 1) among the verbal results;
* **near-misses**: results with 0.05 < P < 0.10 are printed more often, so their
  words are rarer by a factor `near_ratio`.

The likelihood of a two-sided bound then is the sum over its segments of
probability times factor; printed numbers carry a factor that does not depend on
mu or tau and drop out. One-sided bounds are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

from mgmeta.incomplete.scalar_profile import LogLikelihood, ScalarFit, profile_fit
from mgmeta.stats.student import t_two_sided

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Numbers and bounds of one pool: arrays of shape (k,), NaN and infinities as in fit_bounded.

    ``df`` are the degrees of freedom of each trial's test (infinite = normal).
    """

    y: Array
    se: Array
    low: Array
    high: Array
    df: Array

    @property
    def two_sided(self) -> NDArray[np.bool_]:
        """Bounds closed on both sides."""
        return np.isnan(self.y) & np.isfinite(self.low) & np.isfinite(self.high)

    @property
    def one_sided(self) -> NDArray[np.bool_]:
        """Bounds open on one side."""
        return np.isnan(self.y) & ~self.two_sided

    def take(self, keep: NDArray[np.bool_]) -> Rows:
        """Return the rows where *keep* is true."""
        return Rows(self.y[keep], self.se[keep], self.low[keep], self.high[keep], self.df[keep])


def as_rows(
    y: ArrayLike, se: ArrayLike, low: ArrayLike, high: ArrayLike, df: ArrayLike | None = None
) -> Rows:
    """Build :class:`Rows`, reading NaN ends as open.

    Parameters
    ----------
    y : array_like, shape (k,)
        Effects, NaN where a row is a bound, in any one unit.
    se : array_like, shape (k,)
        Standard errors, in the same unit.
    low, high : array_like, shape (k,)
        Ends of the bounds, in the same unit; NaN is open.
    df : array_like, shape (k,), optional
        Degrees of freedom of the standard errors.
    """
    arrays = [np.asarray(a, dtype=float) for a in (y, se, low, high)]
    lower = np.where(np.isnan(arrays[2]), -np.inf, arrays[2])
    upper = np.where(np.isnan(arrays[3]), np.inf, arrays[3])
    degrees = np.full(arrays[0].shape, np.inf) if df is None else np.asarray(df, dtype=float)
    return Rows(arrays[0], arrays[1], lower, upper, np.where(np.isnan(degrees), np.inf, degrees))


def _interval(low: Array, high: Array, mean: Array, sd: Array) -> Array:
    """Return P(low < Z < high), from the tail that keeps its digits."""
    a, b = (low - mean) / sd, (high - mean) / sd
    turn = a + b > 0
    return np.asarray(np.where(turn, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a)), dtype=float)


def log_likelihood(rows: Rows, fall_ratio: float = 1.0, near_ratio: float = 1.0) -> LogLikelihood:
    """Return the log-likelihood in (mu, tau) under the two printing factors.

    Parameters
    ----------
    rows : the rows, sorted and checked
    fall_ratio : at most 1: how much rarer words are for a fall that is not significant, no unit
    near_ratio : how much rarer words are where 0.05 < P < 0.10, no unit
    """
    numeric, two, one = ~np.isnan(rows.y), rows.two_sided, rows.one_sided
    # Inside a two-sided bound: near-miss fall, clear fall, clear rise, near-miss rise.
    inner = np.array(
        [t_two_sided(0.10, d) / t_two_sided(0.05, d) for d in np.where(np.isinf(rows.df), 1e9, rows.df)]
    )[two]
    low, high = rows.low[two], rows.high[two]
    edges = np.stack([low, low * inner, np.zeros(low.size), high * inner, high])
    factors = np.array([fall_ratio * near_ratio, fall_ratio, 1.0, near_ratio])

    def loglik(mu: Array, tau: Array) -> Array:
        m, t2 = mu[:, None], tau[:, None] ** 2
        sd = np.sqrt(t2 + rows.se[numeric] ** 2)
        total = (-0.5 * ((rows.y[numeric] - m) / sd) ** 2 - np.log(sd)).sum(axis=1)
        if two.any():
            sd = np.sqrt(t2 + rows.se[two] ** 2)
            mass = sum(
                f * _interval(a, b, m, sd) for f, a, b in zip(factors, edges[:-1], edges[1:], strict=True)
            )
            total = total + np.log(np.maximum(mass, 1e-300)).sum(axis=1)
        if one.any():
            sd = np.sqrt(t2 + rows.se[one] ** 2)
            falls = np.isfinite(rows.high[one])
            edge = np.where(falls, rows.high[one], rows.low[one])
            z = (edge - m) / sd
            total = total + log_ndtr(np.where(falls, z, -z)).sum(axis=1)
        return np.asarray(total, dtype=float)

    return loglik


def fit_printing(
    rows: Rows,
    *,
    fall_ratio: float = 1.0,
    near_ratio: float = 1.0,
    penalised: bool = False,
    level: float = 0.95,
) -> ScalarFit:
    r"""Fit the random-effects model under given printing factors.

    Parameters
    ----------
    rows : Rows
        Numbers and bounds, in any one unit.
    fall_ratio, near_ratio : float
        How much rarer words are for a non-significant fall, and for a near-miss
        (1 = printing depends on significance alone).
    penalised : bool
        Add :math:`\log\tau`, the gamma(2, 0) penalty that keeps tau off zero
        (Chung Y et al. Psychometrika 2013;78:685-709).
    level : float
        Of the intervals, such as 0.95.

    Raises
    ------
    FitError
        With fewer than 2 rows.
    """
    plain = log_likelihood(rows, fall_ratio, near_ratio)

    def with_penalty(mu: Array, tau: Array) -> Array:
        return plain(mu, tau) + np.log(np.maximum(tau, 1e-12))

    numeric = ~np.isnan(rows.y)
    middle = np.clip(
        0.0, np.where(np.isnan(rows.y), rows.low, -np.inf), np.where(np.isnan(rows.y), rows.high, np.inf)
    )
    guess = np.where(numeric, np.nan_to_num(rows.y), middle)
    weight = 1.0 / rows.se**2
    start = float((guess * weight).sum() / weight.sum())
    spread = float(np.sqrt(((guess - start) ** 2).mean()))
    unit = max(float(weight.sum() ** -0.5), spread / np.sqrt(rows.y.size))
    return profile_fit(
        with_penalty if penalised else plain,
        k=rows.y.size,
        start=start,
        unit=unit,
        level=level,
        tau_max=4.0 * (spread + float(np.median(rows.se))),
    )
