"""The likelihood of many reviews at once on a grid of (mu, tau).

A simulation cell holds thousands of reviews and the value of a paper hundreds
of imagined ones, too many for one fit at a time; on a grid the profile interval,
the posterior and draws from it all come from one surface. Its agreement with
:func:`mgmeta.pooling.bounded.fit_bounded` is tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MU_POINTS = 61
TAU_POINTS = 28
TAU_MAX = 16.0


@dataclass(frozen=True)
class Reviews:
    """r reviews of k trials; every array has shape (r, k).

    Attributes
    ----------
    y, se : ndarray
        Estimates and their standard errors.
    low, high : ndarray
        For words: the bound (infinite = open).
    plug_in : ndarray
        For words: the SE the bound was built from.
    silent : ndarray of bool
        Words instead of a number.
    present : ndarray of bool
        False where the trial is missing altogether.
    """

    y: Array
    se: Array
    low: Array
    high: Array
    plug_in: Array
    silent: Mask
    present: Mask


@dataclass(frozen=True)
class Surface:
    """Log-likelihood of r reviews; ``mu`` (r, M), ``tau`` (T,), ``loglik`` (r, M, T), ``k`` (r,)."""

    mu: Array
    tau: Array
    loglik: Array
    k: Array


def surface(reviews: Reviews, numbers_for_words: bool = False) -> Surface:
    """Evaluate the likelihood on a grid around each review's crude mean.

    Parameters
    ----------
    numbers_for_words : bool
        True uses every trial's number as if none had been silenced (the complete
        data the methods are compared with).
    """
    silent = reviews.silent & ~np.asarray(numbers_for_words)
    numeric = (reviews.present | np.asarray(numbers_for_words)) & ~silent
    tau = TAU_MAX * (np.arange(TAU_POINTS) / (TAU_POINTS - 1)) ** 2
    centre, reach = _frame(reviews, numeric, silent)
    mu = centre[:, None] + reach[:, None] * np.linspace(-1.0, 1.0, MU_POINTS)
    loglik = np.zeros((mu.shape[0], MU_POINTS, TAU_POINTS))
    for j, t in enumerate(tau):
        w = np.where(numeric, 1.0 / (reviews.se**2 + t * t), 0.0)
        a, b, c = w.sum(axis=1), (w * reviews.y).sum(axis=1), (w * reviews.y**2).sum(axis=1)
        logs = np.where(numeric, np.log(reviews.se**2 + t * t), 0.0).sum(axis=1)
        loglik[:, :, j] = -0.5 * (a[:, None] * mu**2 - 2 * b[:, None] * mu + (c + logs)[:, None])
        loglik[:, :, j] += _words(reviews, silent, mu, float(t))
    return Surface(mu, tau, loglik, (numeric | silent).sum(axis=1).astype(float))


def _frame(reviews: Reviews, numeric: Mask, silent: Mask) -> tuple[Array, Array]:
    """Return centre and half-width of the mu grid: six crude standard errors."""
    value = np.where(numeric, reviews.y, 0.0)
    weight = np.where(numeric | silent, 1.0 / (reviews.se**2 + 4.0), 0.0)
    total = weight.sum(axis=1)
    centre = (weight * value).sum(axis=1) / total
    spread = (weight * (value - centre[:, None]) ** 2).sum(axis=1) / total
    k = (numeric | silent).sum(axis=1)
    reach = 6.0 * np.sqrt(1.0 / total + spread / k) * (1.0 + 8.0 / k)
    return centre, reach


def _words(reviews: Reviews, silent: Mask, mu: Array, tau: float) -> Array:
    """Return the bounds' part, shape (r, M): log P(|Z| < limit), summed over reviews."""
    total = np.zeros_like(mu)
    for i in range(reviews.y.shape[1]):
        rows = np.flatnonzero(silent[:, i])
        if rows.size:
            sd = np.sqrt(reviews.plug_in[rows, i] ** 2 + tau * tau)[:, None]
            a, b = ((ends[rows, i][:, None] - mu[rows]) / sd for ends in (reviews.low, reviews.high))
            # Above the mean the difference of upper tails keeps its digits.
            turn = np.where(a + b > 0, -1.0, 1.0)
            mass = np.abs(ndtr(turn * b) - ndtr(turn * a))
            total[rows] += np.log(np.maximum(mass, 1e-300))
    return total


def profile_interval(s: Surface, level: float) -> tuple[Array, Array, Array]:
    """Return (estimate, low, high) of the t-calibrated profile likelihood, each (r,)."""
    profile = _peak(s.loglik)[0]
    index = np.arange(profile.shape[0])
    top = np.clip(profile.argmax(axis=1), 1, MU_POINTS - 2)
    left, mid, right = (profile[index, top + d] for d in (-1, 0, 1))
    shift = _parabola(left, mid, right)
    step = s.mu[:, 1] - s.mu[:, 0]
    estimate = s.mu[index, top] + shift * step
    best = mid - 0.25 * (left - right) * shift
    root = np.sqrt(np.maximum(2.0 * (best[:, None] - profile), 0.0))
    signed = np.where(s.mu < estimate[:, None], -root, root)
    cut = stdtrit(np.maximum(s.k - 1.0, 1.0), 0.5 + level / 2.0)
    return estimate, _crossing(s.mu, signed, -cut), _crossing(s.mu, signed, cut)


def _parabola(left: Array, mid: Array, right: Array) -> Array:
    """Return where the parabola through three equidistant points peaks, in steps."""
    bend = left - 2.0 * mid + right
    return np.clip(np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0), -1, 1)


def _peak(loglik: Array) -> tuple[Array, Array]:
    """Return the maximum over tau (last axis), interpolated, and its position."""
    top = loglik.argmax(axis=2)
    inner = np.clip(top, 1, loglik.shape[2] - 2)
    left, mid, right = (np.take_along_axis(loglik, (inner + d)[..., None], 2)[..., 0] for d in (-1, 0, 1))
    shift = np.where(top == inner, _parabola(left, mid, right), 0.0)
    value = np.where(top == inner, mid - 0.25 * (left - right) * shift, loglik.max(axis=2))
    return value, np.where(top == inner, inner + shift, top.astype(float))


def _crossing(mu: Array, signed: Array, target: Array) -> Array:
    """Interpolate where the signed root of the deviance passes *target* (rising)."""
    below = (np.maximum.accumulate(signed, axis=1) < target[:, None]).sum(axis=1)
    right = np.clip(below, 1, MU_POINTS - 1)
    index = np.arange(mu.shape[0])
    a, b = signed[index, right - 1], signed[index, right]
    share = np.clip((target - a) / np.where(b > a, b - a, 1.0), 0.0, 1.0)
    return np.asarray(mu[index, right - 1] + share * (mu[index, right] - mu[index, right - 1]), dtype=float)


def posterior(s: Surface, prior_mu_sd: float, prior_tau_scale: float) -> Array:
    """Return posterior weights (r, M, T): normal prior on mu, half-normal on tau.

    Parameters
    ----------
    s : likelihood on the grid of (mu, tau)
    prior_mu_sd : SD of the normal prior on mu, mmHg
    prior_tau_scale : scale of the half-normal prior on tau, mmHg
    """
    width = np.gradient(s.tau)
    log = s.loglik - 0.5 * (s.mu[:, :, None] / prior_mu_sd) ** 2
    log = log - 0.5 * (s.tau / prior_tau_scale) ** 2 + np.log(width)
    weights = np.exp(log - log.max(axis=(1, 2), keepdims=True))
    return np.asarray(weights / weights.sum(axis=(1, 2), keepdims=True), dtype=float)


def credible_interval(s: Surface, weights: Array, level: float) -> tuple[Array, Array, Array]:
    """Return (posterior mean, low, high) of mu, equal tails, each (r,).

    Parameters
    ----------
    s : likelihood on the grid of (mu, tau)
    weights : posterior weight of every grid point
    level : of the intervals, such as 0.95
    """
    marginal = weights.sum(axis=2)
    mean = (marginal * s.mu).sum(axis=1)
    # Steps are up to half a posterior SD: the trapezoid sum needs its first Euler-Maclaurin
    # correction (a twelfth of the slope), and on the normal scale the distribution function
    # is nearly straight, so that linear interpolation is good to a fraction of 1 %.
    summed = np.cumsum(marginal, axis=1) - 0.5 * marginal - np.gradient(marginal, axis=1) / 12.0
    below = ndtri(np.clip(np.maximum.accumulate(summed, axis=1), 1e-15, 1.0 - 1e-15))
    tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
    ends = [np.array([np.interp(ndtri(q), below[i], s.mu[i]) for i in range(s.mu.shape[0])]) for q in tails]
    return mean, ends[0], ends[1]


def draw(s: Surface, weights: Array, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw (mu, tau), each (r, draws), jittered within their grid cells.

    Parameters
    ----------
    s : likelihood on the grid of (mu, tau)
    weights : posterior weight of every grid point
    draws : how many draws to make
    rng : generator that is drawn from
    """
    r = weights.shape[0]
    flat = np.cumsum(weights.reshape(r, -1), axis=1)
    target = rng.random((r, draws)) * flat[:, -1:]
    index = np.stack([np.searchsorted(flat[i], target[i]) for i in range(r)])
    index = np.minimum(index, flat.shape[1] - 1)
    row, column = index // s.tau.size, index % s.tau.size
    step = (s.mu[:, 1] - s.mu[:, 0])[:, None]
    mu = np.take_along_axis(s.mu, row, 1) + step * (rng.random((r, draws)) - 0.5)
    width = np.gradient(s.tau)[column]
    return mu, np.abs(s.tau[column] + width * (rng.random((r, draws)) - 0.5))


def maximum(s: Surface) -> tuple[Array, Array]:
    """Return the maximum-likelihood (mu, tau), each (r,)."""
    estimate = profile_interval(s, 0.95)[0]
    profile, where = _peak(s.loglik)
    top = profile.argmax(axis=1)
    position = np.take_along_axis(where, top[:, None], 1)[:, 0]
    return estimate, np.interp(position, np.arange(s.tau.size), s.tau)
