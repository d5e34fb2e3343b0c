"""The tau grid of model averaging, and the likelihood of the mean under every model on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mgmeta.bayes.bias_likelihood import Likelihood
from mgmeta.bayes.bias_models import NONE, BiasModel
from mgmeta.bayes.panels import quadrature_weights, resolve
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import choose_axis

_TOLERANCE = 1e-8
_PROBE_SHARE = 1e-11  # tau nodes below this share of every curve are left out


class Grids:
    """The tau grid, and curves of the mean's likelihood on it."""

    def __init__(self, rows: Rows, tau: Prior) -> None:
        ends = np.concatenate([rows.low, rows.high])
        said = np.concatenate([rows.y[~rows.is_bound], ends[np.isfinite(ends)]])
        probe = np.unique(np.concatenate([[0.0], np.quantile(said, [0.25, 0.5, 0.75])]))
        self.spread = float(np.median(rows.se) + np.median(np.abs(said)))
        axis, variances = choose_axis(tau, rows.se), rows.se**2
        plain = Likelihood(rows, (probe, np.zeros(1)))

        def log_f(u: Array) -> Array:
            at = axis.tau(u)
            base = tau.log_density(at, variances) + axis.log_slope(u)
            alive = np.isfinite(at) & (base > -np.inf)
            values = np.full((len(at), len(probe)), -np.inf)
            values[alive] = base[alive, None] + plain.log_joint(NONE, probe, at[alive]).T
            return values

        edges, u, values = resolve(log_f, tolerance=_TOLERANCE, start=4)
        mass = np.exp(values - values.max(axis=(0, 1))) * quadrature_weights(edges)[:, :, None]
        share = (mass / mass.sum(axis=(0, 1))).reshape(-1, len(probe))
        keep = share.max(axis=1) > _PROBE_SHARE
        nodes = axis.tau(u.ravel())[keep]
        log_prior = tau.log_density(nodes, variances) + axis.log_slope(u.ravel()[keep])
        self.tau = nodes
        self.log_weights = log_prior + np.log(quadrature_weights(edges).ravel()[keep])
        typical = np.cumsum(share.mean(axis=1)[keep])
        middle = nodes[np.searchsorted(typical, np.array([0.25, 0.5, 0.75, 0.95]) * typical[-1])]
        self.likelihood = Likelihood(rows, (probe, np.concatenate([[0.0], middle])))

    def curves(self, biases: Sequence[BiasModel], mu: Array) -> tuple[Array, Array]:
        """Return log likelihoods of the mean and posterior means of tau given it, shape (m, 2 models).

        Columns run over bias models, without and with heterogeneity.
        """
        logs, taus = [], []
        none = np.zeros(1)
        plain, plain_fixed = self.likelihood.plain(mu, self.tau), self.likelihood.plain(mu, none)
        for model in biases:
            fixed = self.likelihood.log_joint(model, mu, none, None, plain_fixed)
            joint = self.likelihood.log_joint(model, mu, self.tau, self.log_weights, plain)
            random = joint + self.log_weights
            peak = np.maximum(random.max(axis=1, keepdims=True), -1e300)
            mass = np.exp(random - peak)
            total = np.maximum(mass.sum(axis=1), 1e-300)
            logs += [fixed[:, 0], peak[:, 0] + np.log(total)]
            taus += [np.zeros(len(mu)), mass @ self.tau / total]
        return np.stack(logs, axis=1), np.stack(taus, axis=1)
