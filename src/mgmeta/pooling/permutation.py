"""Permutation tests of pools and meta-regressions (Follmann & Proschan 1999, Biometrics 55:732)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError
from mgmeta.pooling.model import Model
from mgmeta.pooling.regression import tested_columns
from mgmeta.stats.batch import pool_batch

Array = NDArray[np.float64]

TIE = 1e-7
"""Statistics closer than this (relative) count as equal: mirrored permutations differ by rounding only."""

BLOCK = 65_536
"""Permutations held in memory at once."""


@dataclass(frozen=True)
class Permutation:
    """Result of a permutation test.

    Attributes
    ----------
    p_values : (p,) two-sided P of each coefficient, by |estimate / se|
    qm_p : P of the omnibus test (of the pooled effect where there are no moderators)
    exact : whether every distinct permutation was used
    permutations : their number; with ``exact`` false it includes the data as observed
    seed : of the random permutations; None if exact
    """

    p_values: tuple[float, ...]
    qm_p: float
    exact: bool
    permutations: int
    seed: int | None


def permutation_test(
    model: Model, *, max_exact: int = 100_000, draws: int = 10_000, seed: int = 20160324
) -> Permutation:
    """Test the coefficients of *model* by permutation; tau2 is estimated anew in each.

    Without moderators the signs of the effects are flipped (2^k ways), with
    moderators trials are shuffled over the rows of the design (k! ways, fewer if rows
    are equal). If there are at most *max_exact* ways all are used and P is exact, else
    *draws* random ones, with P = (1 + at least as extreme) / (1 + draws).

    Parameters
    ----------
    model : from :func:`mgmeta.pooling.model.fit_model`; test z, t, knha or adhoc
    max_exact, draws, seed : see above

    Raises
    ------
    ConfigError
        If the test is Kenward-Roger, for which there is no batch kernel.
    """
    if model.test == "kr":
        raise ConfigError("permutation tests take test z, t, knha or adhoc, not kr")
    ways = count_ways(model)
    exact = ways <= max_exact
    if exact:
        orders = _all_signs(model.k) if _signs(model) else _all_orders(model)
    else:
        orders = _random(model, draws, seed)
    observed, observed_qm = _statistics(model, None)
    hits, qm_hits = np.zeros(model.p), 0.0
    for block in orders:
        z, qm = _statistics(model, block)
        hits += (np.abs(z) >= np.abs(observed) * (1.0 - TIE)).sum(axis=0)
        qm_hits += float((qm >= observed_qm * (1.0 - 2.0 * TIE)).sum())
    total = int(ways) if exact else draws + 1
    extra = 0.0 if exact else 1.0
    p_values = np.minimum((hits + extra) / total, 1.0)
    return Permutation(
        tuple(p_values.tolist()), (qm_hits + extra) / total, exact, total, None if exact else seed
    )


def permutation_interval(model: Model, level: float, *, max_exact: int = 100_000) -> tuple[float, float]:
    """Exact confidence interval of a pooled effect: the values that the sign-flip test does not reject.

    Parameters
    ----------
    model : pool without moderators
    level : e.g. 0.95
    max_exact : largest number 2^k allowed

    Returns
    -------
    (low, high); infinite where 2^k is too small to reject any value at this level.

    Raises
    ------
    ConfigError
        If the model has moderators or 2^k exceeds *max_exact*.
    """
    if not _signs(model) or count_ways(model) > max_exact:
        raise ConfigError(f"a permutation interval needs a pool without moderators and 2^k <= {max_exact}")
    if 2.0 / count_ways(model) > 1.0 - level:
        return -math.inf, math.inf
    signs = np.concatenate(list(_all_signs(model.k)))
    step = math.sqrt(model.inference.cov[0, 0])
    return _boundary(model, signs, 1.0 - level, -step), _boundary(model, signs, 1.0 - level, step)


def _boundary(model: Model, signs: Array, alpha: float, step: float) -> float:
    """Where the P of y - theta first falls to alpha or less, walking from the estimate by *step*."""

    def rejected(theta: float) -> bool:
        moved = model.y - theta
        batch = pool_batch(moved * signs, model.v, method=model.method, test=model.test)
        size = np.abs(batch.estimate / batch.se)  # row 0 flips no sign: the data as observed
        return bool((size >= size[0] * (1.0 - TIE)).mean() <= alpha)

    inside = float(model.fit.beta[0])
    outside = inside + step
    while not rejected(outside):
        inside, outside = outside, outside + 2.0 * (outside - inside)
    while abs(outside - inside) > 1e-10 * abs(step):
        middle = 0.5 * (inside + outside)
        inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
    return 0.5 * (inside + outside)


def count_ways(model: Model) -> float:
    """Number of distinct permutations: 2^k sign flips, or orders of the design's rows."""
    if _signs(model):
        return 2.0**model.k
    _, counts = np.unique(model.x, axis=0, return_counts=True)
    return float(round(math.exp(math.lgamma(model.k + 1) - sum(math.lgamma(c + 1) for c in counts))))


def _signs(model: Model) -> bool:
    return model.p == 1 and bool((model.x == 1.0).all())


def _statistics(model: Model, block: Array | None) -> tuple[Array, Array]:
    """Return estimate / se (b, p) and the omnibus Wald statistic (b,) of a block of permutations."""
    y, v = model.y, model.v
    if block is not None and _signs(model):
        y = y * block
    elif block is not None:
        order = block.astype(np.intp)
        y, v = y[order], v[order]
    x = None if _signs(model) else model.x
    batch = pool_batch(y, v, method=model.method, x=x, test=model.test)
    z = batch.beta / np.sqrt(np.einsum("bpp->bp", batch.cov))
    tested = tested_columns(model.x)
    beta = batch.beta[:, tested]
    solved = np.linalg.solve(batch.cov[:, tested[:, None], tested], beta[:, :, None])[:, :, 0]
    return z, (beta * solved).sum(axis=1)


def _sign(bits: NDArray[np.int64]) -> Array:
    return np.where(bits == 0, 1.0, -1.0)


def _all_signs(k: int) -> Iterator[Array]:
    """All vectors of -1 and 1, in blocks of rows."""
    for low in range(0, 2**k, BLOCK):
        codes = np.arange(low, min(low + BLOCK, 2**k))
        yield _sign((codes[:, None] >> np.arange(k)) & 1)


def _all_orders(model: Model) -> Iterator[Array]:
    """One order of the trials for each distinct arrangement of the design's rows.

    Arrangements are grown position by position, all at once: a row of ``counts``
    holds how many trials of each kind of design row are still to be placed.
    """
    _, kind, counts = np.unique(model.x, axis=0, return_inverse=True, return_counts=True)
    kind = kind.ravel()
    left = counts[None, :]
    placed = np.zeros((1, 0), dtype=np.intp)
    for _ in range(model.k):
        row, chosen = np.nonzero(left > 0)
        placed = np.column_stack([placed[row], chosen])
        left = left[row]
        left[np.arange(len(row)), chosen] -= 1
    # Trial i takes the n-th place of its kind: the order that turns kinds into the arrangement.
    trials = np.argsort(kind, kind="stable")
    places = np.argsort(placed, axis=1, kind="stable")
    orders = np.empty_like(placed)
    np.put_along_axis(orders, np.broadcast_to(trials, placed.shape), places, axis=1)
    for low in range(0, len(orders), BLOCK):
        yield orders[low : low + BLOCK].astype(float)


def _random(model: Model, draws: int, seed: int) -> Iterator[Array]:
    """Random sign flips or orders, in blocks of rows."""
    rng = np.random.default_rng(seed)
    for low in range(0, draws, BLOCK):
        n = min(BLOCK, draws - low)
        if _signs(model):
            yield _sign(rng.integers(0, 2, (n, model.k)))
        else:
            yield rng.permuted(np.tile(np.arange(float(model.k)), (n, 1)), axis=1)
