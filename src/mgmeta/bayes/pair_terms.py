"""The log likelihood of every trial of two pressures, and how well trials left out are predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr

from mgmeta.bayes.bivariate import NAMES, Pair
from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.checks import Loo, loo
from mgmeta.bayes.rows import Array

# Beyond this many SDs a normal has no probability in double precision.
_FAR = 8.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_TINY = 1e-290
Cell = tuple[float, float, float, float]


def pair_terms(pairs: Sequence[Pair], p: Mapping[str, Array]) -> Array:
    """Return the log likelihood of every trial at every draw, all it reports at once.

    Parameters
    ----------
    pairs
        k trials.
    p
        Draws of mu, tau and both correlations by name, shape (n,).

    Returns
    -------
    array, shape (n, k)
        log density of two numbers; of a number times the probability of words given it; of words.
    """
    return np.stack([_trial(pair, {name: p[name] for name in NAMES}) for pair in pairs], axis=1)


def _trial(pair: Pair, p: Mapping[str, Array]) -> Array:
    cells = {"sbp": pair.sbp, "dbp": pair.dbp}
    told = {key: cell for key, cell in cells.items() if cell is not None}
    # The number first: words are then judged given it.
    order = sorted(told, key=lambda key: math.isnan(told[key][0]))
    first = order[0]
    mean, variance = p[f"mu_{first}"], p[f"tau_{first}"] ** 2 + told[first][1] ** 2
    if len(order) == 1:
        return _one(told[first], mean, variance)
    second = order[1]
    other, spread = p[f"mu_{second}"], p[f"tau_{second}"] ** 2 + told[second][1] ** 2
    shared = p["r_between"] * p["tau_sbp"] * p["tau_dbp"] + p["r_within"] * told[first][1] * told[second][1]
    if math.isnan(told[first][0]):
        return _rectangle(told[first], told[second], (mean, variance), (other, spread), shared)
    slope = shared / variance
    given = other + slope * (told[first][0] - mean)
    return _one(told[first], mean, variance) + _one(told[second], given, spread - slope * shared)


def _one(cell: Cell, mean: Array, variance: Array) -> Array:
    y, _, low, high = cell
    s = np.sqrt(variance)
    if math.isnan(y):
        return log_interval((low - mean) / s, (high - mean) / s)
    return np.asarray(-0.5 * ((y - mean) / s) ** 2 - np.log(s) - 0.5 * math.log(2.0 * math.pi))


def _rectangle(
    one: Cell, two: Cell, first: tuple[Array, Array], second: tuple[Array, Array], shared: Array
) -> Array:
    """Return the log probability of words on both pressures: quadrature over the first, shape (n,)."""
    s, t = np.sqrt(first[1]), np.sqrt(second[1])
    r = (shared / (s * t))[:, None]
    low = np.clip((one[2] - first[0]) / s, -_FAR, _FAR)
    high = np.clip((one[3] - first[0]) / s, -_FAR, _FAR)
    z = 0.5 * (high + low)[:, None] + 0.5 * (high - low)[:, None] * _NODES
    rest = np.sqrt(1.0 - r**2)
    ends = [((end - second[0]) / t)[:, None] for end in two[2:]]
    inside = ndtr((ends[1] - r * z) / rest) - ndtr((ends[0] - r * z) / rest)
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
    return np.asarray(np.log(0.5 * (high - low) * ((density * inside) @ _WEIGHTS) + _TINY))


def pair_loo(pairs: Sequence[Pair], p: Mapping[str, Array]) -> Loo:
    """Return PSIS-LOO of whole trials: all that one reports, given all the others."""
    return loo(pair_terms(pairs, p), [pair.label for pair in pairs])


def apart(parts: Sequence[Loo]) -> Loo:
    """Return the LOO of whole trials by models of each pressure alone: independent, so the sums of theirs."""
    labels = dict.fromkeys(label for part in parts for label in part.pointwise)
    each = {label: sum(part.pointwise.get(label, 0.0) for part in parts) for label in labels}
    values = np.array(list(each.values()))
    return Loo(
        elpd=float(values.sum()),
        se=float(np.sqrt(len(values)) * values.std(ddof=1)) if len(values) > 1 else math.nan,
        p_loo=sum(part.p_loo for part in parts),
        pointwise=each,
        warnings=tuple(text for part in parts for text in part.warnings),
    )
