"""Numbers and bounds: the mean given tau on a grid, turned back into normals.

Given tau the log likelihood of the mean is a parabola (numbers) plus ``log P_j(mu)`` of every bound, and
concave. Times the prior it is evaluated on an even grid that covers it down to exp(-42) of its
peak and is finer than its sharpest bend, where the trapezoidal rule is exact to rounding. The
density is then interpolated by one normal bell a grid point, of sd 1.6 grid steps::

    f(mu) = sum_j c_j N(mu; x_j, (1.6 h)^2),   c from f(x_j) by one banded linear system.

So the mean given tau is a finite mixture of normals here too, and every marginal, predictive and
trial effect follows from it as for numbers alone. The interpolation errs by
exp(-pi^2 1.6^2) = 1e-11 of the density.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import Components, Moments
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array

_DEPTH = 42.0
_BELL = 1.6
_FINENESS = 3.5  # grid steps in the smallest possible sd
_FINENESS_T = 10.0  # grid steps in the distance of a t's poles from the real line, scale sqrt(df)
_BAND = 15  # a bell is exp(-44) at 15 steps
_SMALLEST, _LARGEST = 32, 2048  # grid points
_LOG_2PI = math.log(2.0 * math.pi)
_ALL = slice(None)

Index = NDArray[np.intp]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Concave:
    """A concave log density of the mean at t values of tau: a parabola and some bounds.

    Attributes
    ----------
    centre, precision : array, shape (t,)
        Of the parabola; precision 0 is none.
    base : array, shape (t,)
        What the parabola leaves out.
    bounds : BoundTerms
        The bounds.
    tau : array, shape (t,)
        Between-trial standard deviations.
    offset : array, shape (t, bounds), or None
        What moderators add to the mean of each bound.
    """

    centre: Array
    precision: Array
    base: Array
    bounds: BoundTerms
    tau: Array
    offset: Array | None = None

    def log_q(self, mu: Array, at: Index | slice = _ALL) -> Array:
        """Return the log density less *base* at *mu*, shape (t, m), for all or some of the tau."""
        parabola = -0.5 * self.precision[at, None] * (mu - self.centre[at, None]) ** 2
        offset = None if self.offset is None else self.offset[at]
        return parabola + self.bounds.log_p(mu, self.tau[at], offset)

    def slope(self, mu: Array) -> Array:
        """Return its derivative, shape (t, m)."""
        pull = -self.precision[:, None] * (mu - self.centre[:, None])
        return pull + self.bounds.slope(mu, self.tau, self.offset)

    @property
    def finest(self) -> Array:
        """The smallest sd its bends can have, shape (t,)."""
        return np.asarray(1.0 / np.sqrt(self.precision + self.bounds.sharpness(self.tau)))

    def peak(self) -> Array:
        """Return where it is highest, to within its finest sd, shape (t,)."""
        if self.bounds.any:
            start = np.where(self.precision > 0.0, self.centre, self.bounds.middle())
            return _peak(self.slope, start, self.finest)
        return self.centre

    def support(self, depth: float | Array = _DEPTH) -> tuple[Array, Array]:
        """Return where it is *depth* below its peak on either side, shape (t,) each."""
        return _support(self.log_q, self.peak(), self.finest, np.broadcast_to(depth, self.tau.shape))


def concave(
    moments: Moments,
    bounds: BoundTerms,
    tau: Array,
    mean: float = 0.0,
    precision: float = 0.0,
    offset: Array | None = None,
) -> Concave:
    """Return the log likelihood times a normal prior (precision 0: times 1) as a function of the mean.

    Parameters
    ----------
    moments : sums of the rows with numbers, for each tau
    bounds : the rows known within bounds
    tau : between-trial SDs, mmHg
    mean : of the normal prior, mmHg
    precision : of the normal prior, 1/mmHg squared; 0: flat
    offset : added to the mean of each bound, mmHg; None: nothing
    """
    total = moments.precision + precision
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0.0, precision / total, 0.0)
    base = moments.log_norm - 0.5 * moments.q
    if precision > 0.0:
        base = base + 0.5 * (math.log(precision) - _LOG_2PI)
        base = base - 0.5 * moments.precision * share * (moments.mean - mean) ** 2
    return Concave(moments.mean + share * (mean - moments.mean), total, base, bounds, tau, offset)


def grid_components(
    moments: Moments,
    bounds: BoundTerms,
    tau: Array,
    *,
    mean: float = 0.0,
    precision: float = 0.0,
    heavy: Prior | None = None,
) -> Components:
    """Return the mean given tau, for a normal, flat (precision 0) or t prior of the mean.

    Parameters
    ----------
    moments
        Of the numbers at *tau*.
    bounds
        The bounds.
    tau
        Shape (t,).
    mean, precision
        Of a normal prior; with precision 0 its density is 1.
    heavy
        A t or Cauchy prior, in place of the normal. Some row must be a number or closed on both sides, or the
        posterior has a heavy tail that no grid covers.
    """
    q = concave(moments, bounds, tau, mean, precision)
    if heavy is None:
        low, high = q.support()
        return bells(q.log_q, q.base, low, high, q.finest / _FINENESS)
    # The prior may favour its own centre over the likelihood's peak by this much.
    favour = np.maximum(0.0, heavy.log_density(heavy.params[0]) - heavy.log_density(q.peak()))
    low, high = q.support(_DEPTH + favour)
    df = heavy.params[2] if heavy.family == "t" else 1.0
    step = np.minimum(q.finest / _FINENESS, heavy.params[1] * math.sqrt(df) / _FINENESS_T)

    def log_f(mu: Array, at: Index) -> Array:
        return q.log_q(mu, at) + heavy.log_density(mu)

    return bells(log_f, q.base, low, high, step)


def bells(
    log_f: Callable[[Array, Index], Array], base: Array, low: Array, high: Array, step: Array
) -> Components:
    """Turn log densities of the mean, one for each tau, into mixtures of normals.

    Parameters
    ----------
    log_f
        ``(mu, at) -> log density`` for the tau numbered *at*, shape (n, m), (n,) -> (n, m).
    base
        Constants to add to the log marginals, shape (t,).
    low, high
        Where each is negligible, shape (t,).
    step
        Grid steps that resolve them, shape (t,).
    """
    # Grid sizes in steps of a quarter octave, so that few distinct sizes serve all tau.
    octave = np.ceil(4.0 * np.log2(np.maximum((high - low) / step / _SMALLEST, 1.0))) / 4.0
    sizes = np.minimum(np.ceil(_SMALLEST * 2.0**octave), _LARGEST)
    parts = []
    for size in np.unique(sizes):
        at = np.flatnonzero(sizes == size)
        parts.append((at, _interpolate(log_f, at, low[at], high[at], int(size))))
    return _collect(parts, base)


def even_grid(low: Array, high: Array, m: int) -> Array:
    """Return m even points from *low* to *high*, shape (t,) each -> (t, m).

    Parameters
    ----------
    low : (t,) first points, mmHg
    high : (t,) last points, mmHg
    m : how many points
    """
    return np.asarray(low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, m))


def _interpolate(
    log_f: Callable[[Array, Index], Array], at: Index, low: Array, high: Array, m: int
) -> Components:
    """Evaluate log densities on m points and turn them into bells."""
    grid = even_grid(low, high, m)
    step = (high - low) / (m - 1)
    values = log_f(grid, at)
    peak = values.max(axis=1, keepdims=True)
    f = np.exp(values - peak)
    total = f.sum(axis=1, keepdims=True)
    log_integrals = peak[:, 0] + np.log(total[:, 0] * step)
    shares, sds = grid_weights(f / total, step)
    return Components(log_integrals, shares, grid, sds)


def _collect(parts: list[tuple[Index, Components]], base: Array) -> Components:
    """Put groups of tau with grids of different sizes into one table; short rows get weights of 0."""
    t, c = len(base), max(part.shares.shape[1] for _, part in parts)
    log_marginals, shares, means, sds = base.copy(), np.zeros((t, c)), np.zeros((t, c)), np.ones((t, c))
    for rows, part in parts:
        width = part.shares.shape[1]
        log_marginals[rows] += part.log_marginals
        shares[rows, :width], means[rows, :width], sds[rows, :width] = part.shares, part.means, part.sds
    return Components(log_marginals, shares, means, sds)


def grid_weights(f: Array, step: Array) -> tuple[Array, Array]:
    """Return weights and sds of the bells that pass through densities on grids.

    Parameters
    ----------
    f
        Densities times the step, shape (t, m); each row sums to 1.
    step
        Grid steps, shape (t,).

    Notes
    -----
    The matrix of bells is symmetric, positive definite and zero beyond a band of 15: its smallest
    eigenvalue is 7e-6, so five of sixteen digits go and the weights keep eleven.
    """
    distance = np.arange(_BAND + 1)
    bell = np.exp(-0.5 * (distance / _BELL) ** 2) / (_BELL * math.sqrt(2.0 * math.pi))
    band = np.repeat(bell[:, None], f.shape[1], axis=1)
    weights = solveh_banded(band, f.T, lower=True, overwrite_ab=True, check_finite=False).T
    return np.asarray(weights), np.broadcast_to(_BELL * step[:, None], f.shape)


def _support(log_q: Function, peak: Array, finest: Array, depth: Array) -> tuple[Array, Array]:
    """Return where a concave log density is *depth* below its peak on either side, shape (t,) each."""
    floor = log_q(peak[:, None]) - depth[:, None]
    sides = np.array([-1.0, 1.0])
    outer = np.repeat(4.0 * finest[:, None], 2, axis=1)
    for _ in range(200):
        inside = log_q(peak[:, None] + sides * outer) > floor
        if not inside.any():
            break
        outer = np.where(inside, 2.0 * outer, outer)
    inner = np.zeros(outer.shape)
    for _ in range(4):  # to a sixteenth: a wider grid costs points, not accuracy
        middle = 0.5 * (inner + outer)
        inside = log_q(peak[:, None] + sides * middle) > floor
        inner, outer = np.where(inside, middle, inner), np.where(inside, outer, middle)
    return peak - outer[:, 0], peak + outer[:, 1]


def _peak(slope: Function, start: Array, finest: Array) -> Array:
    """Return the peak to within the finest sd, by bisection on the falling slope, shape (t,)."""
    low, high = start.copy(), start.copy()
    step = finest.copy()
    for _ in range(200):
        down, up = slope(low[:, None])[:, 0] < 0.0, slope(high[:, None])[:, 0] > 0.0
        if not (down.any() or up.any()):
            break
        low, high = np.where(down, low - step, low), np.where(up, high + step, high)
        step = 2.0 * step
    for _ in range(200):
        if np.all(high - low <= finest):
            break
        middle = 0.5 * (low + high)
        rising = slope(middle[:, None])[:, 0] > 0.0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return 0.5 * (low + high)
