"""SBP and DBP together: two effects a trial, correlated within and between trials, either told in words.

With trial effects integrated out, results ``(y_s, y_d)`` of one trial are bivariate normal around
``(mu_s, mu_d)`` with variances ``tau^2 + se^2`` and covariance ``r_between tau_s tau_d + r_within se_s
se_d``.
A number with a bound is a normal times a conditional interval; two bounds are a rectangle, by
Gauss-Legendre quadrature over the first. A trial with one pressure informs the other through the
correlations only (Riley 2009, J R Stat Soc A 172:789).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta.bayes.model_priors import WITHIN_TRIAL
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.sd_unknown import interval

NAMES = ("mu_sbp", "mu_dbp", "tau_sbp", "tau_dbp", "r_between", "r_within")
_OPEN = 1e9
# Beyond this many SDs a normal has no probability in double precision.
_FAR = 8.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_TINY = 1e-290
_CONSTANT = 1.0 / math.sqrt(2.0 * math.pi)


@dataclass(frozen=True)
class Pair:
    """What one trial says of SBP and of DBP: (y, se, low, high), y NaN for words; None = nothing."""

    label: str
    sbp: tuple[float, float, float, float] | None
    dbp: tuple[float, float, float, float] | None


def pairs_of(tables: Mapping[str, Rows]) -> list[Pair]:
    """Return the trials of ``{"sbp": rows, "dbp": rows}`` by label."""
    cells = {
        key: {
            label: (float(rows.y[i]), float(rows.se[i]), float(rows.low[i]), float(rows.high[i]))
            for i, label in enumerate(rows.labels)
        }
        for key, rows in tables.items()
    }
    sbp, dbp = cells.get("sbp", {}), cells.get("dbp", {})
    return [Pair(label, sbp.get(label), dbp.get(label)) for label in dict.fromkeys([*sbp, *dbp])]


def model_data(pairs: Sequence[Pair]) -> dict[str, Array]:
    """Return the data: tables of trials by what they print, a row each.

    ``nn`` y_s se_s y_d se_d; ``nb`` is_sbp y se low high se_other (the number's first); ``bb`` low high se of
    SBP, then of DBP; ``n`` is_sbp y se; ``b`` is_sbp low high se.
    """
    found: dict[str, list[list[float]]] = {key: [] for key in _WIDTHS}
    for pair in pairs:
        if pair.sbp is None or pair.dbp is None:
            is_sbp, cell = (1.0, pair.sbp) if pair.sbp else (0.0, pair.dbp)
            assert cell is not None
            y, se, low, high = cell
            if math.isnan(y):
                found["b"].append([is_sbp, low, high, se])
            else:
                found["n"].append([is_sbp, y, se])
            continue
        words = math.isnan(pair.sbp[0]), math.isnan(pair.dbp[0])
        if words == (False, False):
            found["nn"].append([*pair.sbp[:2], *pair.dbp[:2]])
        elif words == (True, True):
            found["bb"].append([*pair.sbp[2:], pair.sbp[1], *pair.dbp[2:], pair.dbp[1]])
        else:
            number, other = (pair.sbp, pair.dbp) if words[1] else (pair.dbp, pair.sbp)
            found["nb"].append([float(words[1]), *number[:2], *other[2:], other[1]])
    tables = {key: np.array(rows, dtype=float).reshape(-1, _WIDTHS[key]) for key, rows in found.items()}
    return {key: np.clip(table, -_OPEN, _OPEN) for key, table in tables.items()}


_WIDTHS = {"nn": 4, "nb": 6, "bb": 6, "n": 3, "b": 4}


def build(mu_prior: Prior, tau_prior: Prior) -> Any:
    """Build the PyMC model; data as :func:`model_data`."""
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        d = {key: pm.Data(key, np.ones((2, width))) for key, width in _WIDTHS.items()}
        mu = [prior_variable(name, mu_prior) for name in NAMES[:2]]
        tau = [prior_variable(name, tau_prior) for name in NAMES[2:4]]
        between = pm.Uniform("r_between", lower=-1.0, upper=1.0)
        z = pm.Normal("z_within", WITHIN_TRIAL.mean, WITHIN_TRIAL.sd)
        within = pm.Deterministic("r_within", pt.tanh(z))
        shared = between * tau[0] * tau[1]

        def chosen(table: Any) -> tuple[Any, Any, Any, Any]:
            """Return mean and tau of the pressure a row names, then of the other."""
            is_sbp, other = table[:, 0], 1.0 - table[:, 0]
            means = is_sbp * mu[0] + other * mu[1], other * mu[0] + is_sbp * mu[1]
            taus = is_sbp * tau[0] + other * tau[1], other * tau[0] + is_sbp * tau[1]
            return means[0], taus[0], means[1], taus[1]

        def normal(y: Any, mean: Any, variance: Any) -> Any:
            return -0.5 * (pt.log(variance) + (y - mean) ** 2 / variance)

        def words(low: Any, high: Any, mean: Any, variance: Any) -> Any:
            s = pt.sqrt(variance)
            return pt.log(interval((low - mean) / s, (high - mean) / s) + _TINY)

        t = d["n"]
        mean, spread, _, _ = chosen(t)
        pm.Potential("one_number", normal(t[:, 1], mean, spread**2 + t[:, 2] ** 2).sum())
        t = d["b"]
        mean, spread, _, _ = chosen(t)
        pm.Potential("one_bound", words(t[:, 1], t[:, 2], mean, spread**2 + t[:, 3] ** 2).sum())
        t = d["nn"]
        v, w = tau[0] ** 2 + t[:, 1] ** 2, tau[1] ** 2 + t[:, 3] ** 2
        slope = (shared + within * t[:, 1] * t[:, 3]) / v
        both = normal(t[:, 0], mu[0], v)
        both = both + normal(t[:, 2], mu[1] + slope * (t[:, 0] - mu[0]), w - slope**2 * v)
        pm.Potential("two_numbers", both.sum())
        t = d["nb"]
        mean, spread, mean_other, spread_other = chosen(t)
        v, w = spread**2 + t[:, 2] ** 2, spread_other**2 + t[:, 5] ** 2
        slope = (shared + within * t[:, 2] * t[:, 5]) / v
        given = mean_other + slope * (t[:, 1] - mean)
        mixed = normal(t[:, 1], mean, v) + words(t[:, 3], t[:, 4], given, w - slope**2 * v)
        pm.Potential("number_and_bound", mixed.sum())
        t = d["bb"]
        v, w = tau[0] ** 2 + t[:, 2] ** 2, tau[1] ** 2 + t[:, 5] ** 2
        r = (shared + within * t[:, 2] * t[:, 5]) / pt.sqrt(v * w)
        ends = [(t[:, i] - mu[0]) / pt.sqrt(v) for i in (0, 1)]
        others = [(t[:, i] - mu[1]) / pt.sqrt(w) for i in (3, 4)]
        pm.Potential("two_bounds", pt.log(_rectangle(pt, ends, others, r) + _TINY).sum())
    return model


def _rectangle(pt: Any, first: Sequence[Any], second: Sequence[Any], r: Any) -> Any:
    """Return the probability of a rectangle under a standard bivariate normal with correlation *r*."""
    low = pt.maximum(first[0], pt.minimum(first[1], 0.0) - _FAR)
    high = pt.minimum(first[1], pt.maximum(first[0], 0.0) + _FAR)
    half = 0.5 * (high - low)
    z = 0.5 * (high + low)[:, None] + half[:, None] * _NODES
    rest = pt.sqrt(1.0 - r**2)[:, None]
    inside = interval(
        (second[0][:, None] - r[:, None] * z) / rest, (second[1][:, None] - r[:, None] * z) / rest
    )
    return half * pt.dot(pt.exp(-0.5 * z**2) * inside, _CONSTANT * _WEIGHTS)
