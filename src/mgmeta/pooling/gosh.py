"""GOSH: the pool of every subset of the trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError
from mgmeta.pooling.pool import check_effects
from mgmeta.stats.batch import pool_batch

Array = NDArray[np.float64]

ALL_UP_TO = 2**20
"""Every subset is pooled up to this many; beyond, subsets are sampled."""

_PART = 2**15


@dataclass(frozen=True)
class Gosh:
    """Pools of b subsets of k trials.

    Attributes
    ----------
    complete : true if these are all 2^k - 1 subsets
    member : (b, k) true where the trial is in the subset
    k : (b,) trials in the subset
    estimate, tau2, i2, h2, q : (b,); a subset of one trial has tau2 = q = i2 = 0, h2 = 1
    """

    complete: bool
    member: NDArray[np.bool_]
    k: NDArray[np.int64]
    estimate: Array
    tau2: Array
    i2: Array
    h2: Array
    q: Array


def gosh(
    y: ArrayLike,
    v: ArrayLike,
    *,
    method: str = "REML",
    subsets: int = 100_000,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gosh:
    """Pool all subsets, or a random sample of them where there are more than 2^20.

    Subset number s (from 1) of the complete table holds trial i (from 0) if bit i of s is set.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    method : estimator of tau2
    subsets : how many to sample where k > 20; each non-empty subset is equally likely
    seed : of the sample; needed where k > 20
    progress : called with (done, total) after each part

    Raises
    ------
    ConfigError
        If a sample is needed and no seed was given, or *subsets* is not positive.

    References
    ----------
    Olkin I, Dahabreh IJ, Trikalinos TA. Res Synth Methods 2012;3:214-223.
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    complete = 2**k - 1 <= ALL_UP_TO
    if not complete and seed is None:
        raise ConfigError(f"{k} trials have 2^{k} subsets, so they are sampled: give a seed")
    if subsets < 1:
        raise ConfigError(f"{subsets} subsets cannot be sampled; at least 1 is needed")
    total = 2**k - 1 if complete else subsets
    parts, done = [], []
    for member in _every(k) if complete else _sampled(k, subsets, np.random.default_rng(seed)):
        batch = pool_batch(effects, variances, member, method)
        parts.append(member)
        done.append(np.stack([batch.estimate, batch.tau2, batch.i2, batch.h2, batch.q]))
        if progress is not None:
            progress(sum(part.shape[0] for part in parts), total)
    member = np.concatenate(parts)
    estimate, tau2, i2, h2, q = np.concatenate(done, axis=1)
    size = member.sum(axis=1)
    alone = size == 1
    return Gosh(
        complete=complete,
        member=member,
        k=size,
        estimate=estimate,
        tau2=np.where(alone, 0.0, tau2),
        i2=np.where(alone, 0.0, i2),
        h2=np.where(alone, 1.0, h2),
        q=np.where(alone, 0.0, q),
    )


def _every(k: int) -> Iterator[NDArray[np.bool_]]:
    """All non-empty subsets in parts, by counting in binary."""
    for low in range(1, 2**k, _PART):
        code = np.arange(low, min(low + _PART, 2**k))
        yield (code[:, None] >> np.arange(k)) & 1 == 1


def _sampled(k: int, subsets: int, random: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
    """Random non-empty subsets in parts: each trial in or out with even odds."""
    left = subsets
    while left > 0:
        member = random.integers(0, 2, size=(min(left, _PART), k), dtype=np.int8) == 1
        member = member[member.any(axis=1)]
        left -= member.shape[0]
        yield member


@dataclass(frozen=True)
class GoshTrial:
    """Subsets with one trial against subsets without it: mean estimate and mean I2 of each."""

    estimate_with: float
    estimate_without: float
    i2_with: float
    i2_without: float


def by_trial(table: Gosh) -> list[GoshTrial]:
    """Compare, for each trial, the subsets that hold it with those that do not.

    A trial that splits the estimates or I2 in two clouds is the outlier the plot is drawn for.
    """
    out = []
    for inside in table.member.T:
        apart = [
            column[rows].mean() if rows.any() else np.nan
            for column in (table.estimate, table.i2)
            for rows in (inside, ~inside)
        ]
        out.append(GoshTrial(*(float(value) for value in apart)))
    return out
