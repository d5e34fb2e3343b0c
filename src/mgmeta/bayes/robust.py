"""Random effects that outlying trials pull on less: Student-t, and a mixture of two normals.

Both are scale mixtures of normals, so a trial's effect is integrated out component by component::

    effect_i ~ sum over q of W_q Normal(mu, V_q)
    Student-t:  V = tau^2 / w, w ~ Gamma(nu/2, nu/2), by the trapezoidal rule in log w
    mixture:    V = (tau^2, tau^2 + extra^2), W = (1 - share, share)

The outlying component of the mixture is the wider one by construction: its labels cannot switch. Both
share the mean (Beath 2014, Res Synth Methods 5:285; Lee and Thompson 2008, Stat Med 27:418).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.family import Fit
from mgmeta.bayes.model_priors import EXTRA, NU_FLOOR, NU_RATE, NU_SHAPE, SHARE_A, SHARE_B
from mgmeta.bayes.priors import Prior, parse_tau
from mgmeta.bayes.pymc_model import model_data
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.sd_unknown import interval

STUDENT = ("mu", "tau", "nu")
MIXTURE = ("mu", "tau", "extra", "share")
# Trapezoidal points in log w: the error is below 1e-6 for nu from 2 up.
_GRID = np.linspace(0.0, 1.0, 48)
_TINY = 1e-290


def data_of(rows: Rows) -> dict[str, Array]:
    """Return the data vectors of both models."""
    return model_data(rows, ())


def _log_w_range(a: Any, root: Any) -> tuple[Any, Any]:
    """Return the range of log w that holds all but 1e-10 of Gamma(a, a), a >= 1; *root* is a square root."""
    return -23.0 / a - 7.0 / root(a), 7.0 / root(a + 3.0)


def build_student(mu_prior: Prior, tau_prior: Prior) -> Any:
    """Build the Student-t model."""
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        mu, tau = prior_variable("mu", mu_prior), prior_variable("tau", tau_prior)
        nu = pm.Deterministic("nu", NU_FLOOR + pm.Gamma("nu_above", alpha=NU_SHAPE, beta=NU_RATE))
        a = 0.5 * nu
        low, high = _log_w_range(a, pt.sqrt)
        log_w = low + (high - low) * _GRID
        density = pt.exp(a * (log_w + 1.0 - pt.exp(log_w)))
        _likelihood(pm, pt, mu, tau**2 * pt.exp(-log_w), density / density.sum())
    return model


def build_mixture(mu_prior: Prior, tau_prior: Prior) -> Any:
    """Build the mixture of two normals."""
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        mu, tau = prior_variable("mu", mu_prior), prior_variable("tau", tau_prior)
        extra = prior_variable("extra", parse_tau(f"halfnormal:{EXTRA}"))
        share = pm.Beta("share", alpha=SHARE_A, beta=SHARE_B)
        variances = tau**2 + extra**2 * np.array([0.0, 1.0])
        _likelihood(pm, pt, mu, variances, pt.stack([1.0 - share, share]))
    return model


def _likelihood(pm: Any, pt: Any, mu: Any, variances: Any, weights: Any) -> None:
    nothing = np.array([1.0, 2.0])
    d = {name: pm.Data(name, nothing) for name in ("y", "se", "low", "high", "se_bound")}
    variance = variances[None, :] + d["se"][:, None] ** 2
    density = pt.exp(-0.5 * (d["y"][:, None] - mu) ** 2 / variance) / pt.sqrt(variance)
    pm.Potential("numbers", pt.log(pt.dot(density, weights) + _TINY).sum())
    s = pt.sqrt(variances[None, :] + d["se_bound"][:, None] ** 2)
    inside = interval((d["low"][:, None] - mu) / s, (d["high"][:, None] - mu) / s)
    pm.Potential("words", pt.log(pt.dot(inside, weights) + _TINY).sum())


def student_components(nu: Array, tau: Array) -> tuple[Array, Array]:
    """Return variances and log weights of the scale mixture at every draw, shape (n, nodes)."""
    a = 0.5 * nu[:, None]
    low, high = _log_w_range(a, np.sqrt)
    log_w = low + (high - low) * _GRID
    log_density = a * (log_w + 1.0 - np.exp(log_w))
    log_weights = log_density - logsumexp(log_density, axis=1, keepdims=True)
    return tau[:, None] ** 2 * np.exp(-log_w), log_weights


def mixture_components(tau: Array, extra: Array, share: Array) -> tuple[Array, Array]:
    """Return variances and log weights of the two components at every draw, shape (n, 2).

    Parameters
    ----------
    tau : between-trial SDs, mmHg
    extra : extra variance of the outlying component, mmHg squared
    share : share of outlying trials, from 0 to 1
    """
    variances = np.stack([tau**2, tau**2 + extra**2], axis=1)
    return variances, np.log(np.stack([1.0 - share, share], axis=1))


def components(found: Fit | dict[str, Array], model: str) -> tuple[Array, Array]:
    """Return variances and log weights at every draw of ``student_t`` or ``mixture``."""
    get = found.flat if isinstance(found, Fit) else found.__getitem__
    if model == "student_t":
        return student_components(get("nu"), get("tau"))
    return mixture_components(get("tau"), get("extra"), get("share"))


def row_terms(rows: Rows, mu: Array, variances: Array) -> Array:
    """Return the log likelihood of every row under every component, (n,), (n, q) -> (n, k, q).

    Parameters
    ----------
    rows : the rows, sorted and checked
    mu : mean effects, mmHg
    variances : variances of each component, mmHg squared
    """
    s = np.sqrt(variances[:, None, :] + rows.se[None, :, None] ** 2)
    m = mu[:, None, None]
    z = (np.nan_to_num(rows.y)[None, :, None] - m) / s
    found = -0.5 * (z**2 + math.log(2.0 * math.pi)) - np.log(s)
    bound = rows.is_bound
    if bound.any():
        low, high = rows.low[bound][None, :, None], rows.high[bound][None, :, None]
        found[:, bound] = log_interval((low - m) / s[:, bound], (high - m) / s[:, bound])
    return found
