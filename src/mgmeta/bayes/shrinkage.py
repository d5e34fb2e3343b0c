"""The effects in the trials themselves, pulled towards the mean."""

from __future__ import annotations

import numpy as np

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.densities import Density, NormalMixture
from mgmeta.bayes.exact import ExactPosterior, fit_exact
from mgmeta.bayes.line_density import LineDensity, line_density
from mgmeta.bayes.rows import Array
from mgmeta.errors import FitError


def trial_effect(posterior: ExactPosterior, i: int) -> Density:
    """Return the posterior of the effect in the trial of row *i*.

    Raises
    ------
    FitError
        If the row is a bound and the posterior without it is improper.

    Notes
    -----
    For a number, given mu and tau: ``theta ~ N(b mu + (1 - b) y, (1 - b) s^2)``, ``b = s^2 / (s^2 + tau^2)``.
    For a bound: the predictive density of theta from all other rows times the probability of the
    bound under N(theta, s^2), which is Bayes' theorem with the row taken last.
    """
    rows = posterior.rows
    if posterior.power is not None:
        raise FitError("trial effects of a power posterior are not defined: its rows count in part")
    if rows.is_bound[i]:
        return _bounded(posterior, i)
    variance = float(rows.se[i] ** 2)
    b = variance / (variance + posterior.taus**2)
    means = b * posterior.means + (1.0 - b) * rows.y[i]
    sds = np.sqrt((1.0 - b) * variance + (b * posterior.sds) ** 2)
    # Given tau the effect is never wider than its standard error: its moments exist with those of mu / tau^2.
    return NormalMixture(posterior.weights, means, sds)


def _bounded(posterior: ExactPosterior, i: int) -> LineDensity:
    rows = posterior.rows
    if rows.k == 1:
        raise FitError("the only row is a bound: the effect of its trial needs another row")
    others = np.arange(rows.k) != i
    without = fit_exact(rows.take(others), mu=posterior.prior_mu, tau=posterior.prior_tau).predictive
    low, high, se = rows.low[i], rows.high[i], rows.se[i]

    def log_f(theta: Array) -> Array:
        with np.errstate(divide="ignore"):
            prior = np.log(np.maximum(without.pdf(theta), 0.0))
        return np.asarray(prior + log_interval((low - theta) / se, (high - theta) / se))

    quartiles = without.quantile(np.array([0.25, 0.5, 0.75]))
    scale = float(quartiles[2] - quartiles[0])
    return line_density(log_f, float(quartiles[1]), scale, tolerance=1e-10)
