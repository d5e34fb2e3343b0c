"""Effect on blood pressure at entry, both with error; and on levels of a trial, in the same family.

Per trial the true mean at entry is ``xi ~ N(m, s^2)``, the true effect
``theta ~ N(mu + b (xi - m) + d z, tau^2)``, and ``(x, y)`` is bivariate normal around them with variances
``v = var(x)`` and ``se^2`` and covariance c (:mod:`mgmeta.bayes.baseline_data`). With xi and theta integrated
out::

    x     ~ N(m, u)                                                               u = s^2 + v
    y | x ~ N(mu + d z + g (x - m), b^2 s^2 + tau^2 + se^2 - g^2 u)               g = (b s^2 + c) / u

A result in words is the probability of its interval under the second. A trial that prints no pressure at
entry has ``y ~ N(mu + d z, b^2 s^2 + tau^2 + se^2)``: it tells of mu and of the total spread. So mu is the
mean effect in trials like these, whatever their pressure. Regression of y on x sees ``g``, not b: with c = 0
that is b times the reliability ``s^2 / u`` (Thompson, Smith and Sharp 1997, Stat Med 16:2741; Arends 2000,
Stat Med 19:3497).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta.bayes.baseline_data import BaselineData
from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array
from mgmeta.bayes.sd_unknown import interval

SAMPLED = ("mu", "tau", "slope", "level", "raw_mean", "raw_spread")
PARAMETERS = ("mu", "tau", "slope", "level", "mean_entry", "sd_entry")
# The slope is per this many mmHg at entry.
STEP = 10.0
_OPEN = 1e9
_TINY = 1e-290
# One table for numbers and words, whose normals are the same: half the graph, half the compile time.
COLUMNS = ("y", "low", "high", "words", "se", "x", "variance", "covariance", "known", "used", "z")


@dataclass(frozen=True)
class EntryPrior:
    """Prior at entry, mmHg: mean ~ N(middle, width), SD between trials ~ half-normal(width)."""

    middle: float
    width: float

    def __str__(self) -> str:
        """Return it in the notation of the configuration."""
        return f"normal:{self.middle:g},{self.width:g}; SD between trials halfnormal:{self.width:g}"


# Trials of adults run from normal to stage-2 hypertension: 100 to 180 and 65 to 105 mmHg within two SDs.
ENTRY = {"sbp": EntryPrior(140.0, 20.0), "dbp": EntryPrior(85.0, 10.0)}


@dataclass(frozen=True)
class Terms:
    """What one model of the family uses: error at entry or not, and which level, if any."""

    entry: bool = True
    error: bool = True
    level: str = ""


# "naive" takes the printed means at entry as exact: what a meta-regression does.
MODELS = {
    "entry": Terms(),
    "naive": Terms(error=False),
    "hypertension": Terms(entry=False, level="hypertension"),
    "mg_status": Terms(entry=False, level="mg_status"),
}


def model_data(data: BaselineData, terms: Terms = MODELS["entry"]) -> dict[str, Array]:
    """Return the data of the model for one outcome; rows must know the level, if there is one."""
    rows, known = data.rows, data.known * float(terms.entry)
    z = data.levels[terms.level] if terms.level else np.zeros(rows.k)
    error = known * float(terms.error)
    words = rows.is_bound
    table = {
        "y": np.where(words, 0.0, rows.y),
        "low": np.where(words, np.clip(rows.low, -_OPEN, _OPEN), -_OPEN),
        "high": np.where(words, np.clip(rows.high, -_OPEN, _OPEN), _OPEN),
        "words": words.astype(float),
        "se": rows.se,
        "x": np.where(known > 0.0, data.x, 0.0),
        "variance": error * data.variance,
        "covariance": error * data.covariance,
        "known": known,
        "used": np.full(rows.k, float(terms.entry)),
        "z": z,
    }
    return {
        "rows": np.column_stack([table[name] for name in COLUMNS]),
        "middle": np.asarray(ENTRY[data.outcome].middle),
        "width": np.asarray(ENTRY[data.outcome].width),
    }


def build(mu_prior: Prior, tau_prior: Prior, slope_prior: Prior) -> Any:
    """Build the PyMC model; data as :func:`model_data`. What no row uses keeps its prior."""
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        table = pm.Data("rows", np.ones((2, len(COLUMNS))))
        middle, width = pm.Data("middle", 140.0), pm.Data("width", 20.0)
        mu, tau = prior_variable("mu", mu_prior), prior_variable("tau", tau_prior)
        slope, level = (prior_variable(name, slope_prior) for name in ("slope", "level"))
        m = middle + width * pm.Normal("raw_mean", 0.0, 1.0)
        s = width * pm.HalfNormal("raw_spread", 1.0)
        p = {"mu": mu, "tau": tau, "slope": slope, "level": level, "mean_entry": m, "sd_entry": s}
        row = {name: table[:, i] for i, name in enumerate(COLUMNS)}
        mean, variance, entry = conditional(p, row, pt.log)
        number = -0.5 * (pt.log(variance) + (row["y"] - mean) ** 2 / variance)
        w = pt.sqrt(variance)
        inside = interval((row["low"] - mean) / w, (row["high"] - mean) / w)
        told = pt.switch(row["words"] > 0.0, pt.log(inside + _TINY), number)
        pm.Potential("rows_told", (told + entry).sum())
    return model


def conditional(p: Mapping[str, Any], row: Mapping[str, Any], log: Any = np.log) -> tuple[Any, Any, Any]:
    """Return mean and variance of y given x, and the log density of x (up to a constant), of every row.

    Parameters
    ----------
    p
        Parameters by name, scalars or of shape (n, 1).
    row
        By name of :data:`COLUMNS`, shape (k,). *used* is 0 if the model has no pressure at entry.
    log
        NumPy's logarithm, or PyTensor's.
    """
    b, s2 = row["used"] * p["slope"] / STEP, p["sd_entry"] ** 2
    u, shared = s2 + row["variance"], b * s2 + row["covariance"]
    g = row["known"] * shared / u
    gap = row["x"] - p["mean_entry"]
    mean = p["mu"] + p["level"] * row["z"] + g * gap
    variance = b**2 * s2 + p["tau"] ** 2 + row["se"] ** 2 - g * shared
    return mean, variance, -0.5 * row["known"] * (log(u) + gap**2 / u)


def unpack(values: Mapping[str, Array], outcome: str, keep: tuple[str, ...] = PARAMETERS) -> dict[str, Array]:
    """Return the parameters by name from the draws of :data:`SAMPLED`, any shape.

    Parameters
    ----------
    values : draws of the sampled parameters by name, mmHg or no unit
    outcome : sbp or dbp, whose priors scale the pressures at entry
    keep : names of the parameters that are returned
    """
    prior = ENTRY[outcome]
    found = {name: values[name] for name in SAMPLED[:4]}
    found["mean_entry"] = prior.middle + prior.width * values["raw_mean"]
    found["sd_entry"] = prior.width * values["raw_spread"]
    return {name: found[name] for name in keep}


def row_terms(data: Mapping[str, Array], p: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return the log likelihood of every row and the part of it that is of x.

    Parameters
    ----------
    data
        From :func:`model_data`, k rows.
    p
        Draws of all :data:`PARAMETERS`, shape (n,).

    Returns
    -------
    tuple of array, shape (n, k)
        log p(x, y) and log p(x); of a trial that prints no x, log p(y) and 0.
    """
    row = dict(zip(COLUMNS, data["rows"].T, strict=True))
    half = 0.5 * math.log(2.0 * math.pi)
    mean, variance, entry = conditional({name: np.asarray(v)[:, None] for name, v in p.items()}, row)
    entry = entry - half * row["known"]
    told = -0.5 * (np.log(variance) + (row["y"] - mean) ** 2 / variance) - half
    words = row["words"] > 0.0
    w = np.sqrt(variance[:, words])
    low, high = (
        (np.where(np.abs(row[end][words]) < _OPEN, row[end][words], side * np.inf) - mean[:, words]) / w
        for end, side in (("low", -1.0), ("high", 1.0))
    )
    told[:, words] = log_interval(low, high)
    return told + entry, entry
