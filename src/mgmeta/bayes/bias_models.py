"""Models of small-study bias, with everything but the mean integrated out.

All take the effect in the direction in which bias would exaggerate it. For an estimate with standard
error s and true mean mu + ...:

- ``none``;
- ``pet``: mean ``mu + b s``, ``peese``: mean ``mu + b s^2``, b > 0 (Stanley and Doucouliagos 2014,
  Res Synth Methods 5:60);
- ``weights``: a result is seen with a probability that steps down as its P value grows,
  ``w(p) N(y; mu, tau^2 + s^2) / A``, A the probability of being seen (Vevea and Hedges 1995,
  Psychometrika 60:419). The first interval has weight 1, the others are ordered uniforms (a
  cumulative Dirichlet(1, ..., 1): Maier, Bartos and Wagenmakers 2023, Psychol Methods 28:107). A bound counts
  with the weighted probability of what it allows, over the same A.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import weigh
from mgmeta.bayes.panels import quadrature_weights, resolve
from mgmeta.bayes.priors import Prior, parse_tau
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import Axis

# Gauss points for each weight: one, two and three free weights. Log likelihoods err by 1e-4 near their
# peak and by 4e-3 in their tails, inclusion Bayes factors by less than 1e-3.
_WEIGHT_POINTS = {1: 24, 2: 14, 3: 9}
_TOLERANCE = 1e-8
_NEGLIGIBLE = 45.0  # means whose log likelihood stays this far below the best are left out
_CHEBYSHEV = 18
_CACHE = 30_000  # numbers in a block of products


@dataclass(frozen=True)
class BiasModel:
    """One model of bias.

    Attributes
    ----------
    name, kind : str
        Its name; ``none``, ``pet``, ``peese`` or ``weights``.
    steps : tuple of float
        P values at which the weight steps down, ascending; two-sided P if *sides* is 2.
    sides : int
        1 or 2.
    slope : Prior or None
        Prior of b, on positive numbers.
    share : float
        Prior probability among the models with bias.
    """

    name: str
    kind: str
    share: float
    steps: tuple[float, ...] = ()
    sides: int = 1
    slope: Prior | None = None


NONE = BiasModel("none", "none", 1.0)


def default_models(peese_unit: float = 1.0) -> tuple[BiasModel, ...]:
    """Return the eight bias models of Bartos et al. 2023 (Res Synth Methods 14:99).

    Half of the probability of bias is on the six weight functions, a quarter each on PET and PEESE. The
    priors of their slopes are half-Cauchy(1) and half-Cauchy(5) for standardised mean differences;
    the PEESE slope has the unit 1/effect, so *peese_unit*, the standard deviation of the outcome in the
    unit of the effects, divides it.
    """
    functions = (
        (2, (0.05,)),
        (2, (0.05, 0.10)),
        (1, (0.05,)),
        (1, (0.025, 0.05)),
        (1, (0.05, 0.5)),
        (1, (0.025, 0.05, 0.5)),
    )
    weights = tuple(
        BiasModel(
            f"weights {sides}-sided {', '.join(f'{p:g}' for p in steps)}", "weights", 1 / 12, steps, sides
        )
        for sides, steps in functions
    )
    pet = BiasModel("PET", "pet", 0.25, slope=parse_tau("halfcauchy:1"))
    peese = BiasModel("PEESE", "peese", 0.25, slope=parse_tau(f"halfcauchy:{5.0 / peese_unit!r}"))
    return (*weights, pet, peese)


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
        self.y, self.se = rows.y[number], rows.se[number]
        self.low, self.high, self.se_bound = rows.low[~number], rows.high[~number], rows.se[~number]
        self.bounds = BoundTerms(rows)
        self.probe = probe
        self._slopes: dict[str, tuple[Array, Array]] = {}

    def log_joint(self, model: BiasModel, mu: Array, tau: Array, log_prior: Array | None = None) -> Array:
        """Return the log likelihood with the bias parameters integrated out, shape (m,), (t,) -> (m, t).

        Under a weight function, means that are hopeless beside the others, given the log prior of tau,
        shape (t,), are left at -inf.
        """
        if model.kind == "none":
            return self._plain(mu, tau, 0.0)
        if model.kind == "weights":
            return self._weighted(model, mu, tau, np.zeros(len(tau)) if log_prior is None else log_prior)
        slopes, log_weights = self._slope_rule(model)
        power = 1 if model.kind == "pet" else 2
        peak = np.full((len(mu), len(tau)), -np.inf)
        total = np.zeros(peak.shape)
        for b, log_weight in zip(slopes, log_weights, strict=True):  # a running log of a sum
            value = self._plain(mu, tau, b, power) + log_weight
            higher = np.maximum(peak, value)
            total = total * np.exp(peak - higher) + np.exp(value - higher)
            peak = higher
        return np.asarray(peak + np.log(total))

    def _plain(self, mu: Array, tau: Array, b: float, power: int = 1) -> Array:
        """Return the log likelihood with means shifted by ``b s`` or ``b s^2``, shape (m, t)."""
        moments = weigh(self.y - b * self.se**power, self.se**2, tau)
        gap = mu[:, None] - moments.mean
        value = moments.log_norm - 0.5 * (moments.q + moments.precision * gap * gap)
        if self.bounds.any:
            at = np.broadcast_to(mu, (len(tau), len(mu)))
            offset = np.broadcast_to(b * self.se_bound**power, (len(tau), len(self.se_bound)))
            value = value + self.bounds.log_p(at, tau, offset).T
        return np.asarray(value)

    def _slope_rule(self, model: BiasModel) -> tuple[Array, Array]:
        """Return nodes of the bias slope and logs of weight times prior."""
        if model.name not in self._slopes:
            prior = model.slope
            assert prior is not None
            axis = Axis("algebraic", prior.params[0])
            power = 1 if model.kind == "pet" else 2

            def log_f(u: Array) -> Array:
                table = [self._plain(*self.probe, float(b), power).ravel() for b in axis.tau(u)]
                base = prior.log_density(axis.tau(u)) + axis.log_slope(u)
                return np.asarray(base[:, None] + np.array(table))

            edges, u, _ = resolve(log_f, tolerance=_TOLERANCE, start=2)
            nodes = axis.tau(u).ravel()
            log_weights = prior.log_density(nodes) + axis.log_slope(u.ravel())
            self._slopes[model.name] = (nodes, log_weights + np.log(quadrature_weights(edges).ravel()))
        return self._slopes[model.name]

    def _weighted(self, model: BiasModel, mu: Array, tau: Array, log_prior: Array) -> Array:
        """Return the log likelihood under a weight function, shape (m, t); -inf for hopeless means.

        The factor by which weights change the likelihood of the numbers is smooth in tau: it is computed at
        18 Chebyshev points of log(tau^2 + s^2) and interpolated, with an error of about 1e-6.
        """
        plain = self._plain(mu, tau, 0.0) + log_prior
        points, matrix = self._tau_points(tau)
        segments = _Segments(model)
        own = segments.of(self.y / self.se)
        c, shape = len(points), (len(mu), len(points))
        cell_mu, cell_tau = np.repeat(mu, c), np.tile(points, len(mu))
        seen = segments.probabilities(cell_mu, cell_tau, self.se)
        # No weights raise a number's density by more than one over the chance of its P value or a lower one.
        at_most = np.cumsum(seen, axis=-1)[:, np.arange(len(own)), own]
        with np.errstate(divide="ignore"):
            gain = -np.log(at_most).sum(axis=-1).reshape(shape).min(axis=1)
        live = np.isfinite(gain) & (plain.max(axis=1) + np.maximum(gain, 0.0) > plain.max() - _NEGLIGIBLE)
        cells = np.repeat(live, c)
        weights, log_weights = weight_rule(len(model.steps))
        logs = np.log(weights)[:, own].sum(axis=1) - _log_sum(seen[cells], weights) + log_weights
        if self.bounds.any:
            where = cell_mu[cells], cell_tau[cells], self.se_bound
            logs += _log_sum(segments.probabilities(*where, self.low, self.high), weights)
            logs -= _log_sum(segments.probabilities(*where), weights)
        peak = logs.max(axis=1)
        factor = (peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))).reshape(-1, c) @ matrix
        found = np.full((len(mu), len(tau)), -np.inf)
        found[live] = self._numbers(mu[live], tau) + factor
        return found

    def _tau_points(self, tau: Array) -> tuple[Array, Array]:
        """Return Chebyshev points of tau and the matrix from values there to those at *tau*, shape (c, t)."""
        if len(tau) <= _CHEBYSHEV:
            return tau, np.eye(len(tau))
        smallest = float(np.concatenate([self.se, self.se_bound]).min()) ** 2
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

    def _numbers(self, mu: Array, tau: Array) -> Array:
        """Return the log likelihood of the numbers without bias, shape (m, t)."""
        moments = weigh(self.y, self.se**2, tau)
        gap = mu[:, None] - moments.mean
        return np.asarray(moments.log_norm - 0.5 * (moments.q + moments.precision * gap * gap))


def weight_rule(free: int) -> tuple[Array, Array]:
    """Return nodes of the weights and logs of quadrature weights times prior.

    The weights are 1 and the order statistics of *free* uniforms, descending: ``w_2 = a_1``,
    ``w_3 = a_1 a_2``, ... with density ``free! a_1^(free - 1) a_2^(free - 2) ...`` on the unit cube. Gauss
    points are taken of the square roots: small weights are where the likelihood bends.

    Returns
    -------
    weights, log_weights
        Shape (n, free + 1) and (n,).
    """
    x, w = np.polynomial.legendre.leggauss(_WEIGHT_POINTS[free])
    x, w = 0.25 * (x + 1.0) ** 2, 0.5 * w * (x + 1.0)
    cube = np.array(list(itertools.product(x, repeat=free)))
    log_weights = np.log(np.array(list(itertools.product(w, repeat=free)))).sum(axis=1)
    for j in range(free):
        log_weights += (free - 1 - j) * np.log(cube[:, j]) + np.log(free - j)
    return np.column_stack([np.ones(len(cube)), np.cumprod(cube, axis=1)]), log_weights


class _Segments:
    """The z values at which a weight function steps, and the P interval of every piece between them."""

    def __init__(self, model: BiasModel) -> None:
        p = np.array(model.steps)
        inside = np.arange(len(p) + 1)
        if model.sides == 1:
            self.cuts, self.interval = -np.asarray(ndtri(p))[::-1], inside[::-1]
        else:
            upper = -np.asarray(ndtri(0.5 * p))
            self.cuts = np.concatenate([-upper, upper[::-1]])
            self.interval = np.concatenate([inside, inside[:-1][::-1]])
        self.count = len(inside)

    def of(self, z: Array) -> NDArray[np.intp]:
        """Return the P interval of z values."""
        return np.asarray(self.interval[np.searchsorted(self.cuts, z)])

    def probabilities(
        self, mu: Array, tau: Array, se: Array, low: Array | None = None, high: Array | None = None
    ) -> Array:
        """Return the probability of every P interval, or of its part between *low* and *high*.

        *mu* and *tau* have shape (c,), *se*, *low* and *high* (k,); the result (c, k, intervals).
        """
        edges = self.cuts * se[:, None]
        if low is not None and high is not None:
            edges = np.column_stack([low, np.clip(edges, low[:, None], high[:, None]), high])
        sigma = np.sqrt(se**2 + tau[:, None] ** 2)
        below = ndtr((edges - mu[:, None, None]) / sigma[:, :, None])
        if low is None:
            ends = (*below.shape[:-1], 1)
            below = np.concatenate([np.zeros(ends), below, np.ones(ends)], axis=-1)
        parts = np.diff(below, axis=-1)
        found = np.zeros((*parts.shape[:-1], self.count))
        for piece, which in enumerate(self.interval):
            found[..., which] += parts[..., piece]
        return found


def _log_sum(probabilities: Array, weights: Array) -> Array:
    """Return the sum over rows of log(probabilities @ weights), shape (c, k, j), (n, j) -> (c, n).

    Products of up to 40 rows are taken before the logarithm, in blocks that stay in the processor's cache.
    """
    c, k, _ = probabilities.shape
    total = np.zeros((c, len(weights)))
    size = max(1, _CACHE // len(weights))
    for start in range(0, c, size):
        part, into = probabilities[start : start + size], total[start : start + size]
        for i in range(0, k, 40):
            product = part[:, i] @ weights.T
            for row in range(i + 1, min(i + 40, k)):
                product *= part[:, row] @ weights.T
            with np.errstate(divide="ignore"):
                into += np.log(product)
    return total
