"""All moderators at once under a regularised horseshoe, those that trials do not state imputed.

With standardised moderators, continuous x (missing: standard normal) and binary z (missing: a coin with
the share seen)::

    y_i ~ Normal(mu + x_i a + z_i b, sqrt(tau^2 + se_i^2))
    slope_j ~ Normal(0, g l~_j),   l~_j^2 = c^2 l_j^2 / (c^2 + g^2 l_j^2),
    l_j ~ half-Cauchy(1),  g ~ half-Cauchy(tau0),  c^2 ~ inverse gamma(nu / 2, nu s^2 / 2)

(Piironen and Vehtari 2017, Electron J Stat 11:5018). A missing value is never drawn: a standard
normal one adds a_j^2 to the trial's variance, and a binary one makes the trial a mixture of its levels.
Both integrals are exact, in numbers and in bounds alike. Values are taken as missing at random
and as independent of the other moderators; mean, SD and share are those of the trials that state them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr

from mgmeta.bayes.model_priors import SLAB_DF, SLAB_SCALE
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array
from mgmeta.bayes.sd_unknown import interval

NAMES = ("mu", "tau", "slope")
# Keeps the log finite where a trial has no probability left in double precision.
_TINY = 1e-290
Slopes = Callable[[Any, int], Any]


def horseshoe_slopes(tau0: Any, p: int) -> Any:
    """Return *p* slopes, shape (p,), as a PyMC variable ``slope``; call inside a model."""
    pm = load_pymc()
    import pytensor.tensor as pt

    raw = pm.Normal("raw", shape=p)
    local = pm.HalfCauchy("local", beta=1.0, shape=p)
    spread = tau0 * pm.HalfCauchy("global", beta=1.0)
    slab = SLAB_SCALE**2 * pm.InverseGamma("slab", alpha=0.5 * SLAB_DF, beta=0.5 * SLAB_DF)
    wide = spread * local
    return pm.Deterministic("slope", raw * wide * pt.sqrt(slab / (slab + wide**2)))


def build(mu_prior: Prior, tau_prior: Prior, smooth: int, binary: int, slopes: Slopes | None = None) -> Any:
    """Build the model.

    Parameters
    ----------
    mu_prior, tau_prior
        Of the effect in a trial with mean moderators and of the SD between trials, mmHg.
    smooth, binary
        Numbers of continuous and binary moderators.
    slopes
        From (tau0, number) to the slopes; the regularised horseshoe by default.
    """
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        d = {name: pm.Data(name, value) for name, value in _nothing(smooth, binary).items()}
        mu, tau = prior_variable("mu", mu_prior), prior_variable("tau", tau_prior)
        slope = (slopes or horseshoe_slopes)(d["tau0"][0], smooth + binary)
        a, b = slope[:smooth], slope[smooth:]

        def place(ending: str) -> tuple[Any, Any]:
            ways = pt.dot(d[f"z{ending}"], b).reshape(d[f"weight{ending}"].shape)
            centre = (mu + pt.dot(d[f"x{ending}"], a))[:, None] + ways
            variance = tau**2 + d[f"se{ending}"] ** 2 + pt.dot(d[f"open{ending}"], a**2)
            return centre, variance[:, None]

        centre, variance = place("")
        log_p = -0.5 * ((d["y"][:, None] - centre) ** 2 / variance + pt.log(2.0 * math.pi * variance))
        # From the most likely filling down, or a far trial would have no probability left to differentiate.
        top = pt.max(log_p, axis=1, keepdims=True)
        total = (d["weight"] * pt.exp(log_p - top)).sum(axis=1)
        pm.Potential("numbers", (top[:, 0] + pt.log(total + _TINY)).sum())
        centre, variance = place("_bound")
        s = pt.sqrt(variance)
        inside = interval((d["low"][:, None] - centre) / s, (d["high"][:, None] - centre) / s)
        pm.Potential("words", pt.log((d["weight_bound"] * inside).sum(axis=1) + _TINY).sum())
    return model


def _nothing(smooth: int, binary: int) -> dict[str, Array]:
    ones, two = np.array([1.0, 2.0]), np.ones((2, 1))
    found = {"y": ones, "low": -ones, "high": ones, "tau0": np.array([1.0])}
    for ending in ("", "_bound"):
        found[f"se{ending}"] = ones
        found[f"x{ending}"] = np.ones((2, smooth))
        found[f"open{ending}"] = np.ones((2, smooth))
        found[f"z{ending}"] = np.ones((2, binary))
        found[f"weight{ending}"] = two
    return found


def log_likelihood(data: Mapping[str, Array], mu: Array, tau: Array, slope: Array) -> Array:
    """Return the log likelihood of every trial, numbers first, shape (n, k).

    Parameters
    ----------
    data
        As :func:`mgmeta.bayes.horseshoe_data.horseshoe_data` makes them; effects in mmHg.
    mu, tau
        Draws of the mean and of the SD between trials, mmHg, shape (n,).
    slope
        Draws of the slopes, mmHg per SD of a moderator, shape (n, p), continuous ones first.
    """
    smooth = data["x"].shape[1]
    a, b = slope[:, :smooth], slope[:, smooth:]
    parts = []
    for ending in ("", "_bound"):
        weight = data[f"weight{ending}"]
        ways = (b @ data[f"z{ending}"].T).reshape(len(mu), *weight.shape)
        centre = (mu[:, None] + a @ data[f"x{ending}"].T)[..., None] + ways
        s = np.sqrt(tau[:, None] ** 2 + data[f"se{ending}"] ** 2 + a**2 @ data[f"open{ending}"].T)[..., None]
        if ending:
            upper, lower = (data["high"][:, None] - centre) / s, (data["low"][:, None] - centre) / s
            mirror = upper + lower > 0.0
            near, far = np.where(mirror, -lower, upper), np.where(mirror, -upper, lower)
            density = ndtr(near) - ndtr(far)
        else:
            density = np.exp(-0.5 * ((data["y"][:, None] - centre) / s) ** 2) / (s * math.sqrt(2.0 * math.pi))
        parts.append(np.log((weight * density).sum(axis=2) + _TINY))
    return np.concatenate(parts, axis=1)
