"""Moderators of every trial as the horseshoe takes them: standardised, with what is missing left open."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.model_priors import NONZERO, TYPICAL_TAU
from mgmeta.bayes.rows import Array, Rows

Value = float | None
# A moderator that fewer trials state, or that does not differ between them, is left out.
LEAST_STATED = 3
# An open end of a bound, in mmHg: finite, for the gradient; Phi of it is 0 or 1 to the last bit.
_OPEN = 1e9


@dataclass(frozen=True)
class Scaled:
    """One moderator of k trials.

    Attributes
    ----------
    key : str
        Its id.
    binary : bool
        Whether it has two levels, 0 and 1.
    centre, sd : float
        Mean and SD (divisor n) over the trials that state it, in its own unit; SD 0 if it is left out.
    stated : int
        Trials that state it.
    values : array, shape (k,)
        Standardised; NaN = missing.
    """

    key: str
    binary: bool
    centre: float
    sd: float
    stated: int
    values: Array

    @property
    def used(self) -> bool:
        """Whether it takes part."""
        return self.sd > 0.0


def scale(key: str, found: Sequence[Value], *, binary: bool) -> Scaled:
    """Standardise one moderator over the trials that state it; None = missing."""
    raw = np.array([np.nan if value is None else value for value in found], dtype=float)
    known = raw[np.isfinite(raw)]
    if known.size < LEAST_STATED or np.ptp(known) == 0.0:
        return Scaled(key, binary, math.nan, 0.0, known.size, np.zeros(raw.size))
    centre, sd = float(known.mean()), float(known.std())
    return Scaled(key, binary, centre, sd, known.size, (raw - centre) / sd)


def global_scale(se: Array, moderators: int) -> float:
    """Return tau0, the scale of the global shrinkage, in mmHg per SD of a moderator.

    ``tau0 = p0 / (D - p0) / sqrt(sum 1 / (se_i^2 + 3.4^2))`` with p0 = 2 slopes expected away from zero
    among D. The last factor is the standard error of one standardised slope; in a normal regression
    it is sigma / sqrt(n) of Piironen and Vehtari (2017). With D of at most 2 p0 the ratio is held at 1.
    """
    odds = NONZERO / (moderators - NONZERO) if moderators > 2.0 * NONZERO else 1.0
    return odds / math.sqrt(float(np.sum(1.0 / (se**2 + TYPICAL_TAU**2))))


def horseshoe_data(rows: Rows, moderators: Sequence[Scaled]) -> dict[str, Array]:
    """Return the data of the model: for numbers, and with the ending ``_bound`` for results in words.

    ``x`` (k, C) holds the continuous moderators, 0 where missing; ``open`` (k, C) is 1 there. ``z`` (k q, B)
    holds the standardised levels of the binary ones in every way the missing ones can be filled,
    ``weight`` (k, q) the probability of each: the share of level 1 among the trials that state it.
    """
    bound = rows.is_bound
    data: dict[str, Array] = {
        "y": rows.y[~bound],
        "low": np.clip(rows.low[bound], -_OPEN, _OPEN),
        "high": np.clip(rows.high[bound], -_OPEN, _OPEN),
        "tau0": np.array([global_scale(rows.se, sum(item.used for item in moderators))]),
    }
    smooth = [item for item in moderators if not item.binary]
    binary = [item for item in moderators if item.binary]
    x = np.stack([item.values for item in smooth], axis=1)
    levels, weight = _fillings(binary, rows.k)
    for which, ending in ((~bound, ""), (bound, "_bound")):
        part = x[which]
        data[f"se{ending}"] = rows.se[which]
        data[f"x{ending}"] = np.nan_to_num(part)
        data[f"open{ending}"] = np.isnan(part).astype(float)
        data[f"z{ending}"] = levels[which].reshape(-1, len(binary))
        data[f"weight{ending}"] = weight[which]
    return data


def _fillings(binary: Sequence[Scaled], k: int) -> tuple[Array, Array]:
    """Return the levels (k, q, B) and their probabilities (k, q); rows with fewer ways get weight 0."""
    ways: list[list[tuple[tuple[float, ...], float]]] = []
    for i in range(k):
        options = [_options(item, i) for item in binary]
        ways.append(
            [
                (tuple(value for value, _ in way), math.prod(share for _, share in way))
                for way in itertools.product(*options)
            ]
        )
    most = max(len(way) for way in ways)
    levels, weight = np.zeros((k, most, len(binary))), np.zeros((k, most))
    for i, way in enumerate(ways):
        for j, (values, share) in enumerate(way):
            levels[i, j], weight[i, j] = values, share
    return levels, weight


def _options(item: Scaled, i: int) -> list[tuple[float, float]]:
    value = float(item.values[i])
    if not math.isnan(value):
        return [(value, 1.0)]
    share = item.centre
    return [(-share / item.sd, 1.0 - share), ((1.0 - share) / item.sd, share)]


def scaled_of(found: Mapping[str, Sequence[Value]], binary: Mapping[str, bool]) -> tuple[Scaled, ...]:
    """Return all moderators, the continuous ones first: the order of the slopes in the model."""
    order = sorted(found, key=lambda key: binary[key])
    return tuple(scale(key, found[key], binary=binary[key]) for key in order)
