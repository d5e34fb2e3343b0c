"""Exact posterior of a dose curve on a grid of anchor effects, tau and shape, with leave-one-out.

The effects' range is found by zooming in on where the posterior is not negligible, so the trapezoid rule
there is near exact; tau has Gauss-Legendre nodes in its root.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.curve_models import CurveModel
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array
from mgmeta.dose.rows import DoseRows
from mgmeta.errors import ConfigError

Index = NDArray[np.intp]
_LOG_2PI = math.log(2.0 * math.pi)
_NEGLIGIBLE = 20.0  # log units below the peak
_TAUS = 24  # nodes
_ZOOMS, _COARSE = 12, 15
# Effects at one anchor, by the most shapes there may be: quantiles need the finer grid, cost the coarser.
_FINE = ((100, 241), (200, 161), (math.inf, 81))
_BLOCK = 8192  # nodes evaluated at once: their tables stay in the processor's cache
_BINS, _HALVINGS = 96, 36


@dataclass(frozen=True)
class CurvePosterior:
    """Nodes with posterior weights.

    Attributes
    ----------
    model : the curve
    weights : (n,), sum to 1
    effects : (n, q) at the anchors
    tau : (n,)
    shape : (n,) index into ``model.shapes``
    log_marginal : log of the prior times likelihood, integrated
    log_predictive : (k,) log p(row i | other rows), exact
    """

    model: CurveModel
    weights: Array
    effects: Array
    tau: Array
    shape: Index
    log_marginal: float
    log_predictive: Array

    def at(self, dose: float) -> Array:
        """Return f(dose) at every node."""
        basis = self.model.basis(np.array([dose]))[:, 0]
        return np.asarray(np.einsum("nq,nq->n", basis[self.shape], self.effects))

    def quantiles(self, dose: float, levels: Array) -> Array:
        """Return quantiles of f(dose)."""
        return weighted_quantiles(self.at(dose), self.weights, levels)

    def new_trial(self, dose: float) -> tuple[Array, Array, Array]:
        """Return weights, means and SDs of normals that make up the true effect of a new trial at a dose.

        f(dose) + N(0, tau^2), with f in bins at every tau; a bin's own spread is added to tau.
        """
        value = self.at(dose)
        low, high = float(value.min()), float(value.max())
        step = max((high - low) / _BINS, 1e-12)
        taus, which = np.unique(self.tau, return_inverse=True)
        cell = np.minimum(((value - low) / step).astype(np.intp), _BINS - 1)
        place, size = which * _BINS + cell, taus.size * _BINS
        mass, first, second = (np.bincount(place, self.weights * value**j, size) for j in range(3))
        alive = mass > 1e-10
        mean = first[alive] / mass[alive]
        own = np.maximum(second[alive] / mass[alive] - mean**2, 0.0)
        weight = np.asarray(mass[alive], dtype=float)
        return weight, mean, np.sqrt(np.repeat(taus, _BINS)[alive] ** 2 + own)


def fit_curve(given: DoseRows, model: CurveModel, *, mu: Prior, tau: Prior) -> CurvePosterior:
    """Return the posterior of one curve.

    Parameters
    ----------
    given : numbers and bounds, each its own trial, against dose 0
    model : from :func:`mgmeta.bayes.curve_models.curve_models`
    mu : proper prior of the effect at each anchor, independent
    tau : proper prior of the between-trial standard deviation

    Raises
    ------
    ConfigError
        If a prior is improper or depends on the trials, or a trial has several rows.
    """
    if not (mu.proper and tau.proper):
        raise ConfigError("curves are compared by their marginal likelihood, which needs proper priors")
    if any(trial.y.size > 1 for trial in given.trials) or given.reference.any():
        raise ConfigError("one row a trial, against dose 0")
    target = _Target(given, model, mu, tau)
    axes = _zoom(target)
    return _posterior(target, axes)


class _Target:
    """Log prior times likelihood at nodes."""

    def __init__(self, given: DoseRows, model: CurveModel, mu: Prior, tau: Prior) -> None:
        self.y, self.low, self.high = given.y, given.lower, given.upper
        self.variance = np.array([trial.covariance[0, 0] for trial in given.trials])
        self.number = given.numeric
        self.model, self.mu, self.tau = model, mu, tau
        basis = model.basis(given.dose)  # (s, k, q)
        # Rows with a number, then rows within bounds: their places, and their part of the basis.
        places = (np.flatnonzero(self.number), np.flatnonzero(~self.number))
        self.parts = [(some, np.ascontiguousarray(basis[:, some])) for some in places if some.size]

    def rows(self, effects: Array, tau: Array, shape: Index) -> Array:
        """Return the log-likelihood of every row at every node, (n, k)."""
        found = np.empty((tau.size, self.y.size))
        square = tau[:, None] ** 2
        for some, basis in self.parts:
            mean = np.einsum("nkq,nq->nk", basis[shape], effects)
            sd = np.sqrt(self.variance[some] + square)
            if self.number[some[0]]:
                z = (self.y[some] - mean) / sd
                found[:, some] = -0.5 * z**2 - np.log(sd) - 0.5 * _LOG_2PI
            else:
                found[:, some] = log_interval((self.low[some] - mean) / sd, (self.high[some] - mean) / sd)
        return found

    def prior(self, effects: Array, tau: Array) -> Array:
        """Return the log prior density of effects and tau, (n,)."""
        return np.asarray(self.mu.log_density(effects).sum(axis=1) + self.tau.log_density(tau, self.variance))

    def log_f(self, effects: Array, tau: Array, shape: Index) -> Array:
        """Return log prior times likelihood, (n,), the weight of the shape left out."""
        parts = [
            self.rows(effects[i : i + _BLOCK], tau[i : i + _BLOCK], shape[i : i + _BLOCK]).sum(axis=1)
            for i in range(0, tau.size, _BLOCK)
        ]
        return np.concatenate(parts) + self.prior(effects, tau)


@dataclass(frozen=True)
class _Axes:
    """Ranges: of every anchor effect (q, 2), and the largest tau."""

    effects: Array
    tau: float


def _mesh(axes: list[Array], shapes: int) -> tuple[Array, Array, Index]:
    """Return all combinations of effects, tau and shape as nodes."""
    found = np.meshgrid(*axes, np.arange(shapes), indexing="ij")
    flat = [np.asarray(item.ravel(), dtype=float) for item in found]
    return np.column_stack(flat[:-2]), flat[-2], flat[-1].astype(np.intp)


def _zoom(target: _Target) -> _Axes:
    """Narrow the ranges to where the posterior is within 20 log units of its peak."""
    q, shapes = len(target.model.anchors), len(target.model.shapes.weights)
    spread = 20.0 * float(np.sqrt(target.variance.max())) + float(np.nanmax(np.abs(target.y), initial=1.0))
    ranges, top = np.tile([-spread, spread], (q, 1)), spread
    some = np.unique(np.linspace(0, shapes - 1, 12).astype(np.intp))
    for _ in range(_ZOOMS):
        grids = [np.linspace(low, high, _COARSE) for low, high in ranges]
        taus = top * np.linspace(0.02, 1.0, 10) ** 2
        effects, tau, index = _mesh([*grids, taus], some.size)
        value = target.log_f(effects, tau, some[index])
        alive = value > value.max() - _NEGLIGIBLE
        new = np.array([[effects[alive, j].min(), effects[alive, j].max()] for j in range(q)])
        step = np.diff(ranges, axis=1) / (_COARSE - 1)
        new = np.clip(new + step * [-1.0, 1.0], ranges[:, :1], ranges[:, 1:])
        reach = min(top, float(tau[alive].max()) * 1.6)
        narrow = np.diff(new, axis=1) > 0.85 * np.diff(ranges, axis=1)
        ranges, done, top = new, bool(narrow.all()) and reach > 0.85 * top, reach
        if done:
            break
    return _Axes(ranges, top)


def _posterior(target: _Target, axes: _Axes) -> CurvePosterior:
    shapes = target.model.shapes
    n = 65 if len(target.model.anchors) > 1 else next(n for most, n in _FINE if shapes.weights.size <= most)
    grids = [np.linspace(low, high, n) for low, high in axes.effects]
    x, w = np.polynomial.legendre.leggauss(_TAUS)
    root = 0.5 * (x + 1.0)
    effects, tau, shape = _mesh([*grids, axes.tau * root**2], shapes.weights.size)
    # dtau = 2 top u du; the trapezoid's ends are negligible.
    cell = math.log(math.prod(float(grid[1] - grid[0]) for grid in grids))
    log_tau = np.log(w * root * axes.tau)
    places = np.tile(
        np.repeat(np.arange(_TAUS), shapes.weights.size), tau.size // (_TAUS * shapes.weights.size)
    )
    log_f = target.log_f(effects, tau, shape) + log_tau[places] + cell + np.log(shapes.weights[shape])
    total = float(logsumexp(log_f))
    keep = log_f > log_f.max() - _NEGLIGIBLE - 10.0
    effects, tau, shape = effects[keep], tau[keep], shape[keep]
    log_w = log_f[keep] - total
    rows = np.concatenate(
        [
            target.rows(effects[i : i + _BLOCK], tau[i : i + _BLOCK], shape[i : i + _BLOCK])
            for i in range(0, tau.size, _BLOCK)
        ]
    )
    predictive = -logsumexp(log_w[:, None] - rows, axis=0)
    return CurvePosterior(target.model, np.exp(log_w), effects, tau, shape, total, np.asarray(predictive))


def weighted_quantiles(value: Array, weight: Array, levels: Array) -> Array:
    """Return quantiles of weighted points: each point's weight lies between the middles to its neighbours.

    Parameters
    ----------
    value : the values, mmHg or mmHg per step of a moderator
    weight : weight of each point or component, no unit
    levels : probabilities of the quantiles
    """
    scale = max(float(np.abs(value).max()), 1e-300)
    points, which = np.unique(np.round(value / scale, 10), return_inverse=True)
    if points.size == 1:
        return np.full(levels.shape, points[0] * scale)
    middle = 0.5 * (points[1:] + points[:-1])
    edges = np.concatenate([[2.0 * points[0] - middle[0]], middle, [2.0 * points[-1] - middle[-1]]])
    below = np.concatenate([[0.0], np.cumsum(np.bincount(which, weight))])
    return np.asarray(np.interp(levels, below / below[-1], edges) * scale)


def normal_quantiles(weight: Array, mean: Array, sd: Array, levels: Array) -> Array:
    """Return quantiles of a mixture of normals by halving; *weight* sums to 1.

    Parameters
    ----------
    weight : weight of each point or component, no unit
    mean : means of the components, mmHg
    sd : SDs of the components, mmHg
    levels : probabilities of the quantiles
    """
    low = np.full(levels.shape, float((mean - 9.0 * sd).min()))
    high = np.full(levels.shape, float((mean + 9.0 * sd).max()))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = (weight * ndtr((middle[:, None] - mean) / sd)).sum(axis=1) < levels
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high))
