"""Likelihoods of mean and tau under every model of small-study bias, on grids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mgmeta.bayes.bias_models import BiasModel
from mgmeta.bayes.bias_slopes import SlopeLikelihood
from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import weigh
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.weight_functions import Segments, log_sum, weight_rule

NEGLIGIBLE = 45.0  # means whose log likelihood stays this far below the best are left out
_CHEBYSHEV = 22


class Likelihood:
    """Likelihoods of all bias models on grids of mean and tau.

    Parameters
    ----------
    rows
        Numbers and bounds, in the direction of bias.
    probe
        Means, shape (n,), and tau, shape (l,), at which the bias slopes' integrals must be resolved.
    """

    def __init__(self, rows: Rows, probe: tuple[Array, Array]) -> None:
        number = ~rows.is_bound
        self.rows, self.probe = rows, probe
        self.y, self.se = rows.y[number], rows.se[number]
        self.low, self.high, self.se_bound = rows.low[~number], rows.high[~number], rows.se[~number]
        self.bounds = BoundTerms(rows)
        self._slopes: dict[str, SlopeLikelihood] = {}

    def plain(self, mu: Array, tau: Array) -> Array:
        """Return the log likelihood without bias, shape (m,), (t,) -> (m, t)."""
        moments = weigh(self.y, self.se**2, tau)
        gap = mu[:, None] - moments.mean
        value = moments.log_norm - 0.5 * (moments.q + moments.precision * gap * gap)
        if self.bounds.any:
            at = np.broadcast_to(mu, (len(tau), len(mu)))
            value = value + self.bounds.log_p(at, tau).T
        return np.asarray(value)

    def log_joint(
        self,
        model: BiasModel,
        mu: Array,
        tau: Array,
        log_prior: Array | None = None,
        plain: Array | None = None,
    ) -> Array:
        """Return the log likelihood with the bias parameters integrated out, shape (m,), (t,) -> (m, t).

        Under bias, means that are hopeless beside the others, given the log prior of tau, shape (t,),
        are left at -inf. *plain* is what :meth:`plain` gives at the same points, if it is known already.

        Parameters
        ----------
        model : which model
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        log_prior : (t,) log prior of each tau; None: flat
        plain : (m, t) log likelihood without bias; None: computed
        """
        base = self.plain(mu, tau) if plain is None else plain
        if model.kind == "none":
            return base
        weight = np.zeros(len(tau)) if log_prior is None else log_prior
        points, matrix = self._tau_points(tau)
        if model.kind == "weights":
            return self._weighted(model, mu, base, weight, points, matrix)
        slope = self._slope(model)
        limit = slope.at_most(mu, tau) + weight

        def factor(live: Array) -> Array:
            return slope.log_joint(live, points) - self.plain(live, points)

        top = int(limit.max(axis=1).argmax())
        best = float((base[top] + factor(mu[top : top + 1])[0] @ matrix + weight).max())
        return _spread(base, factor, mu, limit.max(axis=1) > best - NEGLIGIBLE, matrix)

    def _slope(self, model: BiasModel) -> SlopeLikelihood:
        if model.name not in self._slopes:
            assert model.slope is not None
            power = 1 if model.kind == "pet" else 2
            self._slopes[model.name] = SlopeLikelihood(self.rows, power, model.slope, self.probe)
        return self._slopes[model.name]

    def _weighted(
        self, model: BiasModel, mu: Array, base: Array, log_prior: Array, points: Array, matrix: Array
    ) -> Array:
        """Return the log likelihood under a weight function, shape (m, t); -inf for hopeless means."""
        segments = Segments(model.steps, model.sides)
        weights, log_weights = weight_rule(len(model.steps))
        own = segments.of(self.y / self.se)
        least = segments.least(self.se_bound, self.low, self.high)
        chosen = np.log(weights)[:, own].sum(axis=1) + log_weights
        every_se, every_own = np.concatenate([self.se, self.se_bound]), np.concatenate([own, least])

        def cells(at: Array) -> tuple[Array, Array]:
            return np.repeat(at, len(points)), np.tile(points, len(at))

        # No weights raise a row's likelihood by more than one over the chance of its smallest P or a lower
        # one, nor by more than one over the smallest of the weights.
        seen = segments.probabilities(*cells(mu), every_se)
        at_most = np.cumsum(seen, axis=-1)[:, np.arange(len(every_own)), every_own]
        gain = -np.log(np.maximum(at_most, weights.min())).sum(axis=-1).reshape(len(mu), -1)
        limit = (base + gain @ matrix + log_prior).max(axis=1)
        live = limit > (base + log_prior).max() - NEGLIGIBLE
        kept = seen[np.repeat(live, len(points))]

        def factor(at: Array) -> Array:
            logs = chosen - log_sum(kept, weights)
            if self.bounds.any:
                logs += log_sum(segments.shares(*cells(at), self.se_bound, self.low, self.high), weights)
            peak = logs.max(axis=1)
            return np.asarray((peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))).reshape(len(at), -1))

        return _spread(base, factor, mu, live, matrix)

    def _tau_points(self, tau: Array) -> tuple[Array, Array]:
        """Return Chebyshev points of tau and the matrix from values there to those at *tau*, shape (c, t).

        The factor by which bias changes the likelihood is smooth in log(tau^2 + s^2): interpolated between
        22 points it errs by less than 1e-5 where the standard errors differ tenfold.
        """
        if len(tau) <= _CHEBYSHEV:
            return tau, np.eye(len(tau))
        smallest = float(self.rows.se.min()) ** 2
        v = np.log(tau**2 + smallest)
        low, high = float(v.min()), float(v.max())
        angle = (np.arange(_CHEBYSHEV) + 0.5) * np.pi / _CHEBYSHEV
        x = np.cos(angle)
        points = np.sqrt(np.maximum(np.exp(0.5 * (low + high + (high - low) * x)) - smallest, 0.0))
        at = (2.0 * v - low - high) / (high - low)
        # Values to Chebyshev coefficients to values.
        to = 2.0 / _CHEBYSHEV * np.cos(np.outer(np.arange(_CHEBYSHEV), angle))
        to[0] *= 0.5
        return points, (np.polynomial.chebyshev.chebvander(at, _CHEBYSHEV - 1) @ to).T


def _spread(base: Array, factor: Callable[[Array], Array], mu: Array, live: Array, matrix: Array) -> Array:
    """Return *base* times the factor of the live means, taken from the points to all of tau; else -inf."""
    found = np.full(base.shape, -np.inf)
    found[live] = base[live] + factor(mu[live]) @ matrix
    return found
