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
Cell = tuple[float, float, float, float]


@dataclass(frozen=True)
class Pair:
    """What one trial says of SBP and of DBP: (y, se, low, high), y NaN for words; None = nothing."""

    label: str
    sbp: Cell | None
    dbp: Cell | None


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
    """Return the data: two tables of trials by what they print, a row each.

    ``one``: trials with words on one pressure at most, their number first: is_sbp (of the first), says (1,
    or 0 where it is missing), y, se; then the other pressure: numbers (1 or 0), words (1 or 0), y, low,
    high, se. ``two``: words on both: low, high, se of SBP, then of DBP. What is not there is a
    placeholder that its 0 takes out: one table instead of four is compiled in four fifths of the time.
    """
    found: dict[str, list[list[float]]] = {key: [] for key in _WIDTHS}
    for pair in pairs:
        cells = {is_sbp: cell for is_sbp, cell in ((1.0, pair.sbp), (0.0, pair.dbp)) if cell}
        told = {is_sbp: math.isnan(cell[0]) for is_sbp, cell in cells.items()}
        if len(cells) == 2 and all(told.values()):
            found["two"].append(
                [number for is_sbp in (1.0, 0.0) for number in (*cells[is_sbp][2:], cells[is_sbp][1])]
            )
            continue
        first = next((is_sbp for is_sbp, words in told.items() if not words), None)
        if first is None:
            (other,) = cells
            head = [1.0 - other, 0.0, 0.0, 1.0]
        else:
            other = 1.0 - first
            head = [first, 1.0, *cells[first][:2]]
        found["one"].append([*head, *_second(cells.get(other))])
    tables = {key: np.array(rows, dtype=float).reshape(-1, _WIDTHS[key]) for key, rows in found.items()}
    return {key: np.clip(table, -_OPEN, _OPEN) for key, table in tables.items()}


def _second(cell: Cell | None) -> list[float]:
    """Return numbers, words, y, low, high, se of the other pressure of a trial."""
    if cell is None:
        return [0.0, 0.0, 0.0, -1.0, 1.0, 1.0]
    y, se, low, high = cell
    return [0.0, 1.0, 0.0, low, high, se] if math.isnan(y) else [1.0, 0.0, y, -1.0, 1.0, se]


_WIDTHS = {"one": 10, "two": 6}


def both_numbers(table: Array) -> Array:
    """Return ``y_sbp se_sbp y_dbp se_dbp`` of the trials in table ``one`` that print both."""
    both = table[(table[:, 1] == 1.0) & (table[:, 4] == 1.0)]
    found: Array = both[:, [2, 3, 6, 9]]
    return found


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

        def normal(y: Any, mean: Any, variance: Any) -> Any:
            return -0.5 * (pt.log(variance) + (y - mean) ** 2 / variance)

        is_sbp, says, y, se, numbers, words, y_other, low, high, se_other = (
            d["one"][:, i] for i in range(10)
        )
        mean, mean_other = is_sbp * mu[0] + (1.0 - is_sbp) * mu[1], is_sbp * mu[1] + (1.0 - is_sbp) * mu[0]
        spread, spread_other = (
            is_sbp * tau[0] + (1.0 - is_sbp) * tau[1],
            is_sbp * tau[1] + (1.0 - is_sbp) * tau[0],
        )
        v = spread**2 + se**2
        slope = says * (shared + within * se * se_other) / v
        given = mean_other + slope * (y - mean)
        rest = spread_other**2 + se_other**2 - slope**2 * v
        sd = pt.sqrt(rest)
        inside = interval((low - given) / sd, (high - given) / sd)
        row = (
            says * normal(y, mean, v)
            + numbers * normal(y_other, given, rest)
            + words * pt.log(inside + _TINY)
        )
        pm.Potential("words_on_one_at_most", row.sum())
        t = d["two"]
        v, w = tau[0] ** 2 + t[:, 2] ** 2, tau[1] ** 2 + t[:, 5] ** 2
        r = (shared + within * t[:, 2] * t[:, 5]) / pt.sqrt(v * w)
        ends = [(t[:, i] - mu[0]) / pt.sqrt(v) for i in (0, 1)]
        others = [(t[:, i] - mu[1]) / pt.sqrt(w) for i in (3, 4)]
        pm.Potential("words_on_both", pt.log(_rectangle(pt, ends, others, r) + _TINY).sum())
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
