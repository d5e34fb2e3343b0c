"""Rows that may not be contrasts at all: in two states, each with its probability.

A row marked uncertain is, with probability pi, a contrast like the others, with likelihood
``L_i(mu, tau)``; else it tells nothing about them, and its density is

    q_i = int int L_i(m, t) p(m) p(t) dm dt,

that of a trial with an effect of its own from the same priors. The likelihood of the row is
``pi L_i + (1 - pi) q_i``. With pi = 0 the posterior is the one without these rows, with pi = 1 the one with
them; in between each row weighs as much as it fits the rest.

For pi ~ Beta(a, b), shared by the rows, the product over m rows is a polynomial in pi, integrated
term by term: ``E[pi^s (1 - pi)^(m - s)] = B(a + s, b + m - s) / B(a, b)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln

from mgmeta.bayes import propriety
from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import Components, weigh
from mgmeta.bayes.densities import NormalMixture, TauDensity
from mgmeta.bayes.exact import TOLERANCE_BOUNDS, fit_exact, flatten
from mgmeta.bayes.mu_grid import Concave, Index, bells, concave, even_grid
from mgmeta.bayes.panels import integrate
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import choose_axis
from mgmeta.errors import ConfigError, FitError

_MOST = 40  # uncertain rows: powers of their likelihood ratios must stay below 1e308
_POINTS = 257  # grid on which the states are read off: only their mean is asked for


@dataclass(frozen=True)
class Share:
    """What is assumed of pi: a number, or a Beta distribution.

    ``a`` and ``b`` are None for a number; *value* is the prior mean of a Beta.
    """

    value: float
    a: float | None = None
    b: float | None = None

    def log_moments(self, m: int) -> Array:
        """Return log E[pi^s (1 - pi)^(m - s)] for s = 0 .. m."""
        s = np.arange(m + 1.0)
        if self.a is not None and self.b is not None:
            return np.asarray(betaln(self.a + s, self.b + m - s) - betaln(self.a, self.b))
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(s > 0, s * np.log(self.value), 0.0)
            outside = np.where(s < m, (m - s) * np.log1p(-self.value), 0.0)
        return np.asarray(inside + outside)

    def __str__(self) -> str:
        """Return the text that :func:`parse_share` reads back."""
        return f"{self.value:g}" if self.a is None else f"beta:{self.a:g},{self.b:g}"


def parse_share(text: str) -> Share:
    """Read ``0.5`` or ``beta:1,1``.

    Raises
    ------
    ConfigError
        If it is neither a number from 0 to 1 nor a Beta with parameters above 0.
    """
    name, _, rest = text.strip().lower().partition(":")
    try:
        numbers = [float(part) for part in (rest if name == "beta" else name).split(",")]
    except ValueError:
        numbers = []
    if name == "beta" and len(numbers) == 2 and min(numbers) > 0.0 and np.isfinite(numbers).all():
        return Share(numbers[0] / sum(numbers), numbers[0], numbers[1])
    if name != "beta" and not rest and len(numbers) == 1 and 0.0 <= numbers[0] <= 1.0:
        return Share(numbers[0])
    raise ConfigError(
        f"share of contrasts {text!r}: expected a number from 0 to 1 or beta:A,B, such as beta:1,1"
    )


@dataclass(frozen=True)
class TwoState:
    """Posterior of :func:`two_states`.

    Attributes
    ----------
    share : Share
        What was assumed of pi.
    mu, predictive : NormalMixture
        Mean effect, effect of a new trial.
    tau : TauDensity
        Between-trial standard deviation.
    probabilities : tuple of (str, float)
        Label and posterior probability of being a contrast, of every uncertain row.
    log_evidence : float
        Log marginal likelihood.
    """

    share: Share
    mu: NormalMixture
    predictive: NormalMixture
    tau: TauDensity
    probabilities: tuple[tuple[str, float], ...]
    log_evidence: float


def two_states(rows: Rows, uncertain: ArrayLike, share: Share, *, mu: Prior, tau: Prior) -> TwoState:
    """Return the posterior with some rows in two states.

    Parameters
    ----------
    rows
        All rows.
    uncertain
        Which may not be contrasts, shape (k,).
    share
        Probability that such a row is one.
    mu
        Normal prior of the mean.
    tau
        Proper prior of the between-trial standard deviation.

    Raises
    ------
    FitError
        If no row is uncertain or more than 40 are.
    ConfigError
        If the prior of mu is not normal or that of tau is improper: q_i then has no value.
    """
    mask: NDArray[np.bool_] = np.asarray(uncertain, dtype=bool)
    if not 0 < mask.sum() <= _MOST:
        raise FitError(f"{int(mask.sum())} rows may not be contrasts; expected 1 to {_MOST}")
    if mu.family != "normal" or not tau.proper:
        raise ConfigError(
            f"priors {mu} and {tau}: a row that may be no contrast needs a normal prior of mu and a proper "
            "one of tau"
        )
    problem = _Problem(rows, mask, share, mu, tau)
    axis = choose_axis(tau, rows.se)
    variances = rows.se**2

    def log_f(u: Array) -> Array:
        at = axis.tau(u)
        values = tau.log_density(at, variances) + axis.log_slope(u)
        alive = np.isfinite(at) & (values > -np.inf)
        values[~alive] = -np.inf
        values[alive] += problem.components(at[alive]).log_marginals
        return values

    panels = integrate(log_f, tolerance=TOLERANCE_BOUNDS)
    density = TauDensity(axis, panels)
    weights, taus, means, sds = flatten(density, problem.components(density.nodes))
    labels = (label for label, marked in zip(rows.labels, mask, strict=True) if marked)
    states = problem.states(density)
    return TwoState(
        share,
        NormalMixture(weights, means, sds),
        NormalMixture(weights, means, np.hypot(sds, taus)),
        density,
        tuple((label, float(p)) for label, p in zip(labels, states, strict=True)),
        panels.log_integral(),
    )


class _Problem:
    """The density of the mean given tau, times the prior, with the uncertain rows in two states."""

    def __init__(self, rows: Rows, mask: NDArray[np.bool_], share: Share, mu: Prior, tau: Prior) -> None:
        propriety.check(rows, mu, tau)
        self.mean, self.precision = mu.params[0], mu.params[1] ** -2.0
        self.sure = rows.take(~mask)
        self.unsure = [rows.take(np.arange(rows.k) == i) for i in np.flatnonzero(mask)]
        self.everything = rows
        self.log_alone = np.array([fit_exact(row, mu=mu, tau=tau).log_evidence for row in self.unsure])
        self.log_moments = share.log_moments(len(self.unsure))
        self.share = share

    def _part(self, rows: Rows, tau: Array, *, prior: bool = True) -> Concave:
        number = ~rows.is_bound
        moments = weigh(rows.y[number], rows.se[number] ** 2, tau)
        precision = self.precision if prior else 0.0
        return concave(moments, BoundTerms(rows), tau, self.mean if prior else 0.0, precision)

    def _range(self, tau: Array) -> tuple[Array, Array, Array]:
        """Return a range that holds every combination of states, and the finest sd among them."""
        sets = [self._part(self.sure, tau), self._part(self.everything, tau)]
        sets += [self._part(row, tau) for row in self.unsure]
        ends = [part.support() for part in sets]
        low = np.min([end[0] for end in ends], axis=0)
        high = np.max([end[1] for end in ends], axis=0)
        return low, high, sets[1].finest

    def _logs(self, tau: Array, mu: Array, at: Index) -> tuple[Array, list[Array]]:
        """Return the log density of the sure rows and the log ratio L_i / q_i of each other, shape (n, m)."""
        sure = self._part(self.sure, tau)
        log_sure = sure.log_q(mu, at) + sure.base[at, None]
        ratios = []
        for row, alone in zip(self.unsure, self.log_alone, strict=True):
            part = self._part(row, tau, prior=False)
            ratios.append(part.log_q(mu, at) + part.base[at, None] - alone)
        return log_sure, ratios

    def components(self, tau: Array) -> Components:
        """Return the mean given tau, shape (t,)."""
        low, high, finest = self._range(tau)

        def log_f(mu: Array, at: Index) -> Array:
            log_sure, ratios = self._logs(tau, mu, at)
            return log_sure + self._log_product(ratios, self.log_moments)

        constant = np.full(len(tau), float(self.log_alone.sum()))
        return bells(log_f, constant, low, high, finest / 3.5)

    def states(self, density: TauDensity) -> Array:
        """Return the posterior probability of being a contrast, for every uncertain row."""
        live = density.weights > 1e-14
        tau, weights = density.nodes[live], density.weights[live]
        low, high, _ = self._range(tau)
        mu = even_grid(low, high, _POINTS)
        log_sure, ratios = self._logs(tau, mu, np.arange(len(tau)))
        total = log_sure + self._log_product(ratios, self.log_moments)
        peak = total.max(axis=1, keepdims=True)
        norm = np.exp(total - peak).sum(axis=1)
        found = []
        for i, ratio in enumerate(ratios):
            # Of the terms of the polynomial those with row i in: pi L_i times the others.
            others = [other for j, other in enumerate(ratios) if j != i]
            inside = log_sure + ratio + self._log_product(others, self.log_moments[1:])
            found.append(float(weights @ (np.exp(inside - peak).sum(axis=1) / norm)) / float(weights.sum()))
        return np.clip(found, 0.0, 1.0)

    @staticmethod
    def _log_product(log_ratios: list[Array], log_moments: Array) -> Array:
        """Return log of the product of (pi r_i + 1 - pi), integrated over pi by its moments."""
        if not log_ratios:
            return np.asarray(log_moments[0])
        limit = 650.0 / len(log_ratios)
        coefficients = [np.ones(log_ratios[0].shape)]
        for log_ratio in log_ratios:
            r = np.exp(np.clip(log_ratio, -limit, limit))
            grown = [*coefficients, np.zeros(r.shape)]
            for s, coefficient in enumerate(coefficients):
                grown[s + 1] = grown[s + 1] + r * coefficient
            coefficients = grown
        moments = np.exp(log_moments)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(sum(m * c for m, c in zip(moments, coefficients, strict=True))))
