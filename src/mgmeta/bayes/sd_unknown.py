"""The model in which the SDs that trials do not print are unknown.

For a printed number ``y_i``, a result in words ``(l_j, u_j)`` in units of its SE, and a printed SD ``s_m``::

    y_i               ~ Normal(mu, sqrt(tau^2 + v_i(r)))       v_i(r) = v0 - v1 r_prepost - v2 r_crossover
    log sigma_j       ~ Normal(m_j, spread),  m_j = log_sd + home + ambulatory + crossover (as they apply)
    Pr(words j)       = E over sigma_j of [Phi((u_j e_j - mu) / w_j) - Phi((l_j e_j - mu) / w_j)],
                        e_j = c_j sigma_j,  w_j = sqrt(tau^2 + e_j^2)
    log s_m(r)        ~ Normal(m_m + bias(df), sqrt(spread^2 + trigamma(df/2) / 4))

So the SDs of trials that print one tell what the others may be. Trial effects are integrated out in
closed form, each unknown SD by Gauss-Hermite quadrature; nine parameters are left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import logsumexp

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.family import Fit
from mgmeta.bayes.model_priors import CORRELATION, LOG_RATIO, LOG_SD, LOG_SPREAD
from mgmeta.bayes.priors import Prior, parse_tau
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array
from mgmeta.bayes.sd_data import SdData

SAMPLED = ("mu", "tau", "spread", "raw")
KINDS = ("home", "ambulatory", "crossover")
CORRELATIONS = ("r_prepost", "r_crossover")
PARAMETERS = ("mu", "tau", "log_sd", *KINDS, "spread", *CORRELATIONS)
# An open end in units of the SE: finite, for the gradient; Phi of it is 0 or 1 to the last bit.
_OPEN = 1e9
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_WEIGHTS = _WEIGHTS / math.sqrt(2.0 * math.pi)
_LOG_WEIGHTS = np.log(_WEIGHTS)
_ROOT_HALF = math.sqrt(0.5)
# Keeps the log finite where a result in words has no probability left in double precision.
_TINY = 1e-290


def model_data(data: SdData) -> dict[str, Array]:
    """Return the data vectors of the model for one outcome."""
    return {
        "y": data.y,
        "variance": data.variance,
        "low": np.clip(data.low, -_OPEN, _OPEN),
        "high": np.clip(data.high, -_OPEN, _OPEN),
        "scale": data.scale,
        "bound_kind": data.bound_kind,
        "sd_variance": data.sd_variance,
        "sd_bias": data.sd_bias,
        "sd_error": data.sd_error,
        "sd_kind": data.sd_kind,
        "external": np.asarray(math.log(data.external)),
    }


def empty_data() -> dict[str, Array]:
    """Return data vectors of the right shapes to compile with."""
    two, three = np.ones(2), np.ones((2, 3)) * [1.0, 0.0, 0.0]
    same = {name: two.copy() for name in ("y", "low", "high", "scale", "sd_bias", "sd_error")}
    tables = {name: three.copy() for name in ("variance", "bound_kind", "sd_variance", "sd_kind")}
    return {**same, **tables, "external": np.asarray(1.0)}


def build(mu_prior: Prior, tau_prior: Prior) -> Any:
    """Build the PyMC model; data as :func:`model_data`."""
    pm = load_pymc()
    import pytensor.tensor as pt

    # One vector of standard normals and dot products instead of named scalars: a third of the compile time.
    with pm.Model(check_bounds=False) as model:
        d = {name: pm.Data(name, values) for name, values in empty_data().items()}
        mu, tau = prior_variable("mu", mu_prior), prior_variable("tau", tau_prior)
        spread = prior_variable("spread", parse_tau(f"halfnormal:{LOG_SPREAD}"))
        raw = pm.Normal("raw", 0.0, 1.0, shape=6)
        log_sd = d["external"] + LOG_SD * raw[0]
        ratios = LOG_RATIO.mean + LOG_RATIO.sd * raw[1:4]
        r = pt.tanh(CORRELATION.mean + CORRELATION.sd * raw[4:6])

        def squared(v: Any) -> Any:
            return v[:, 0] - pt.dot(v[:, 1:], r)

        variance = tau**2 + squared(d["variance"])
        pm.Potential("numbers", -0.5 * (pt.log(variance) + (d["y"] - mu) ** 2 / variance).sum())
        middle = log_sd + pt.dot(d["bound_kind"], ratios)
        se = d["scale"][:, None] * pt.exp(middle[:, None] + spread * _NODES)
        w = pt.sqrt(tau**2 + se**2)
        inside = interval((d["low"][:, None] * se - mu) / w, (d["high"][:, None] * se - mu) / w)
        pm.Potential("words", pt.log(pt.dot(inside, _WEIGHTS) + _TINY).sum())
        expected = log_sd + pt.dot(d["sd_kind"], ratios) + d["sd_bias"]
        error = spread**2 + d["sd_error"]
        log_s = 0.5 * pt.log(squared(d["sd_variance"]))
        pm.Potential("sds", -0.5 * (pt.log(error) + (log_s - expected) ** 2 / error).sum())
    return model


def interval(low: Any, high: Any) -> Any:
    """Return Phi(high) - Phi(low), mirrored to the lower tail so that it keeps its digits (PyTensor)."""
    import pytensor.tensor as pt

    mirror = low + high > 0.0
    far, near = pt.switch(mirror, -high, low), pt.switch(mirror, -low, high)
    return 0.5 * (pt.erfc(-_ROOT_HALF * near) - pt.erfc(-_ROOT_HALF * far))


def unpack(values: Mapping[str, Array], external: float) -> dict[str, Array]:
    """Return the parameters by name from the draws of mu, tau, spread and the six standard normals."""
    raw = values["raw"]
    r = np.tanh(CORRELATION.mean + CORRELATION.sd * raw[..., 4:6])
    ratios = LOG_RATIO.mean + LOG_RATIO.sd * raw[..., 1:4]
    found = {name: values[name] for name in ("mu", "tau", "spread")}
    found["log_sd"] = math.log(external) + LOG_SD * raw[..., 0]
    found |= {name: ratios[..., i] for i, name in enumerate(KINDS)}
    return found | {name: r[..., i] for i, name in enumerate(CORRELATIONS)}


def log_likelihood(data: SdData, fit: Fit | dict[str, Array]) -> Array:
    """Return the log likelihood of every trial (numbers, then words) at every draw, shape (n, k).

    The printed SDs are not among them: they are what the trials' results are judged by.
    """
    p = _columns(fit)
    r = np.stack([np.ones_like(p["mu"][:, 0]), -p["r_prepost"][:, 0], -p["r_crossover"][:, 0]])
    variance = p["tau"] ** 2 + (data.variance @ r).T
    numbers = -0.5 * (np.log(2.0 * math.pi * variance) + (data.y - p["mu"]) ** 2 / variance)
    return np.concatenate([numbers, logsumexp(_words(data, p) + _LOG_WEIGHTS, axis=2)], axis=1)


def _columns(fit: Fit | dict[str, Array]) -> dict[str, Array]:
    get = fit.flat if isinstance(fit, Fit) else fit.__getitem__
    return {name: np.asarray(get(name))[:, None] for name in PARAMETERS}


def _words(data: SdData, p: dict[str, Array]) -> Array:
    """Return the log probability of every result in words at every node of its SD, shape (n, m, nodes)."""
    ratios = np.concatenate([p[name] for name in KINDS], axis=1)
    middle = p["log_sd"] + ratios @ data.bound_kind.T
    log_sigma = middle[..., None] + p["spread"][..., None] * _NODES
    se = data.scale[:, None] * np.exp(log_sigma)
    mu, w = p["mu"][..., None], np.sqrt(p["tau"][..., None] ** 2 + se**2)
    low, high = (
        np.where(np.isinf(end[:, None]), end[:, None], end[:, None] * se) for end in (data.low, data.high)
    )
    return log_interval((low - mu) / w, (high - mu) / w)
