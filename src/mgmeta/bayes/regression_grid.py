"""Bounds and one slope: the slope on a grid, and the mean on a grid for every slope.

Given tau, the density of the slope b is concave (the integral of a concave log density over the
mean is), and the mean given (tau, b) is that of :mod:`mgmeta.bayes.mu_grid` with every row shifted by
``x_i b``. Both go on even grids where the trapezoidal rule is exact to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import Components, weigh
from mgmeta.bayes.densities import NormalMixture, TauDensity
from mgmeta.bayes.mu_grid import bells, concave, even_grid, grid_weights
from mgmeta.bayes.regression_target import RegressionTarget
from mgmeta.bayes.rows import Array, Rows
from mgmeta.errors import ConfigError

_LOG_2PI = math.log(2.0 * math.pi)
_DEPTH = 36.0
_FINENESS = 3.5
_FINENESS_REACH = 1.7  # sd of the mean given the slope, in slope steps times the largest moderator
_FAR = 20.0  # largest moderator value in units of its spread
_NEGLIGIBLE = 50.0  # tau whose density is exp(-50) of the highest are left out
_PRUNE = 1e-14
_BLOCK = 4000  # pairs of tau and slope done at once


@dataclass(frozen=True)
class GridJoint:
    """Intercept and slope, from grids.

    Attributes
    ----------
    weights, taus, slopes, means, sds : array, shape (c,)
        With weight w: tau, slope b, and the intercept N(mean, sd^2).
    slope : NormalMixture
        Marginal of the slope.
    reach : float
        Largest absolute value of the moderator that the slope grid resolves.
    """

    weights: Array
    taus: Array
    slopes: Array
    means: Array
    sds: Array
    slope: NormalMixture
    reach: float

    def at(self, point: Array, *, new_trial: bool = False) -> NormalMixture:
        """Return the posterior of ``point[0] intercept + point[1] slope``; of a new trial with *new_trial*.

        Raises
        ------
        ConfigError
            If the moderator lies beyond the data: its value there is an extrapolation, and the grid is too
            coarse for it.
        """
        if point[0] == 0.0 and not new_trial:
            mixture = self.slope
            means, sds = point[1] * mixture.means, abs(point[1]) * mixture.sds
            return NormalMixture(mixture.weights, means, sds, mixture.moments)
        if abs(point[1]) > self.reach * abs(point[0]) * (1.0 + 1e-9):
            raise ConfigError(
                f"moderator at {point[1] / point[0]:g}: beyond the data (at most {self.reach:g})"
            )
        variances = (point[0] * self.sds) ** 2 + (self.taus**2 if new_trial else 0.0)
        means = point[0] * self.means + point[1] * self.slopes
        return NormalMixture(self.weights, means, np.sqrt(variances), self.slope.moments)


class SlopeGrid:
    """The intercept and one slope of numbers and bounds, given tau.

    Parameters
    ----------
    rows
        With one moderator.
    means, precisions
        Of the normal priors of intercept and slope, shape (2,); precision 0 is flat.

    Raises
    ------
    ConfigError
        If the moderator is not centred: the grid would need a step of its spread over its size.
    """

    def __init__(self, rows: Rows, means: Array, precisions: Array) -> None:
        number = ~rows.is_bound
        self.target = RegressionTarget(rows, means, precisions)
        self.y, self.variances, self.x = rows.y[number], rows.se[number] ** 2, rows.x[number, 0]
        self.bounds, self.x_bound = BoundTerms(rows), rows.x[~number, 0]
        self.means, self.precisions = means, precisions
        self.reach = float(np.abs(rows.x).max())
        if self.reach > _FAR * float(rows.x.std()) and np.ptp(rows.x) > 0.0:
            raise ConfigError(f"moderator {rows.moderators[0]}: values far from 0; centre it first")
        self._best = -np.inf

    def log_marginals(self, tau: Array, prior: Array) -> Array:
        """Return log density of the data given tau, shape (t,); -inf where prior times it is negligible.

        *prior* is the log prior of tau, shape (t,), by which that is seen.
        """
        mode = self.target.mode(tau)
        covariance = np.linalg.inv(self.target.most_information(tau))
        rough = self.target.log_density(mode, tau) + 0.5 * np.linalg.slogdet(covariance)[1] + _LOG_2PI + prior
        self._best = max(self._best, float(rough.max()))
        live = rough > self._best - _NEGLIGIBLE
        found = np.full(len(tau), -np.inf)
        if live.any():
            found[live] = self._slopes(tau[live], mode[live], covariance[live])[0].log_marginals
        return found

    def joint(self, density: TauDensity, moments: int) -> GridJoint:
        """Return intercept and slope, integrated over tau, and how many of their moments exist."""
        live = density.weights > 1e-13
        tau, weight = density.nodes[live], density.weights[live] / density.weights[live].sum()
        covariance = np.asarray(np.linalg.inv(self.target.most_information(tau)), dtype=np.float64)
        slopes, points, grid, inner = self._slopes(tau, self.target.mode(tau), covariance)
        b, c = grid.shape[1], inner.shares.shape[1]
        weights = ((weight[:, None] * points).ravel()[:, None] * inner.shares).ravel()
        keep = np.abs(weights) > _PRUNE / len(weights) * 1e2
        kept = weights[keep]
        return GridJoint(
            kept / kept.sum(),
            np.repeat(tau, b * c)[keep],
            np.repeat(grid.ravel(), c)[keep],
            inner.means.ravel()[keep],
            inner.sds.ravel()[keep],
            NormalMixture(
                (weight[:, None] * slopes.shares).ravel(), slopes.means.ravel(), slopes.sds.ravel(), moments
            ),
            self.reach,
        )

    def _inner(self, tau: Array, slope: Array) -> Components:
        """Return the intercept given tau and slope, shape (n,); log marginals include the slope's prior."""
        parts = []
        for i in range(0, len(tau), _BLOCK):
            t, b = tau[i : i + _BLOCK], slope[i : i + _BLOCK]
            moments = weigh(self.y - b[:, None] * self.x, self.variances, t)
            offset = b[:, None] * self.x_bound
            q = concave(moments, self.bounds, t, float(self.means[0]), float(self.precisions[0]), offset)
            low, high = q.support()
            parts.append(bells(q.log_q, q.base + self._log_prior(b), low, high, q.finest / _FINENESS))
        width = max(part.shares.shape[1] for part in parts)

        def joined(name: str, fill: float) -> Array:
            tables = [getattr(part, name) for part in parts]
            short = [((0, 0), (0, width - table.shape[1])) for table in tables]
            return np.concatenate(
                [np.pad(table, pad, constant_values=fill) for table, pad in zip(tables, short, strict=True)]
            )

        log_marginals = np.concatenate([part.log_marginals for part in parts])
        return Components(log_marginals, joined("shares", 0.0), joined("means", 0.0), joined("sds", 1.0))

    def _log_prior(self, slope: Array) -> Array:
        q0 = self.precisions[1]
        if q0 == 0.0:
            return np.zeros(slope.shape)
        return np.asarray(0.5 * (math.log(q0) - _LOG_2PI) - 0.5 * q0 * (slope - self.means[1]) ** 2)

    def _slopes(
        self, tau: Array, mode: Array, covariance: Array
    ) -> tuple[Components, Array, Array, Components]:
        """Return the slope given tau as bells, its grid weights and grid, and the intercept at each point."""
        finest = np.sqrt(covariance[:, 1, 1])
        low, high = self._support(tau, mode[:, 1], finest)
        # The mean given the slope has at least this sd; its shift over one slope step must stay within it.
        inner_sd = np.sqrt(covariance[:, 0, 0] - covariance[:, 0, 1] ** 2 / covariance[:, 1, 1])
        step = np.minimum(finest / _FINENESS, inner_sd / (_FINENESS_REACH * max(self.reach, 1e-300)))
        m = int(np.ceil(float(np.max((high - low) / step)))) + 1
        grid = even_grid(low, high, m)
        inner = self._inner(np.repeat(tau, m), grid.ravel())
        values = inner.log_marginals.reshape(grid.shape)
        peak = values.max(axis=1, keepdims=True)
        f = np.exp(values - peak)
        total = f.sum(axis=1, keepdims=True)
        width = (high - low) / (m - 1)
        log_marginals = peak[:, 0] + np.log(total[:, 0] * width)
        points = f / total
        shares, sds = grid_weights(points, width)
        return Components(log_marginals, shares, grid, sds), points, grid, inner

    def _support(self, tau: Array, centre: Array, finest: Array) -> tuple[Array, Array]:
        """Return where the density of the slope is exp(-36) of that at *centre*, on either side."""

        def height(slope: Array) -> Array:
            pairs = self._inner(np.repeat(tau, slope.shape[1]), slope.ravel())
            return pairs.log_marginals.reshape(slope.shape)

        floor = height(centre[:, None]) - _DEPTH
        sides = np.array([-1.0, 1.0])
        outer = np.repeat(9.0 * finest[:, None], 2, axis=1)
        inner = np.zeros(outer.shape)
        for _ in range(60):
            inside = height(centre[:, None] + sides * outer) > floor
            if not inside.any():
                break
            inner = np.where(inside, outer, inner)
            outer = np.where(inside, 1.6 * outer, outer)
        return centre - outer[:, 0], centre + outer[:, 1]
