"""Every combination of defensible choices, pooled: the multiverse.

Steegen S, Tuerlinckx F, Gelman A, Vanpaemel W. Perspect Psychol Sci 2016;11:702-712.
Simonsohn U, Simmons JP, Nelson LD. Nat Hum Behav 2020;4:1208-1214 (specification curve).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from mgmeta.config import Config
from mgmeta.errors import ConfigError
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Effects
from mgmeta.reproduce.choices import CHOICES, ELIGIBILITY, POOLINGS, READING, of_kind
from mgmeta.reproduce.grid_kernel import Pooled, Prior, alike, pool_selections
from mgmeta.reproduce.worlds import (
    Reading,
    World,
    all_readings,
    build_worlds,
    eligibility_masks,
    without_twins,
)
from mgmeta.stats.batch import pool_batch

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A number is outlying if its deleted residual exceeds the two-sided 5 % point of the normal
# (Viechtbauer and Cheung 2010, Res Synth Methods 1:112).
OUTLYING = 1.959963984540054
MIN_TRIALS = 2
# Trials times selections whose residuals are held at once: arrays of 32 MB.
CELLS = 4_000_000


@dataclass(frozen=True)
class Universe:
    """All specifications of one outcome; every array has one axis a choice of `CHOICES`, in their order.

    NaN where a specification has no estimate (fewer than 2 trials, or an end beyond the
    grid). ``seen`` has a mark for every different set of rows with different numbers that was pooled.
    """

    outcome: str
    estimate: Array
    ci_low: Array
    ci_high: Array
    tau: Array
    k: Array
    seen: frozenset[bytes]

    @property
    def distinct(self) -> int:
        """How many different sets of numbers were pooled."""
        return len(self.seen)


def run_multiverse(
    evidence: Evidence, config: Config, readings: Sequence[Reading] | None = None
) -> dict[str, Universe]:
    """Pool every specification of every outcome.

    Parameters
    ----------
    readings
        Combinations of reading choices, of :func:`mgmeta.reproduce.worlds.all_readings`; None = all.
        Specifications of the others are NaN.

    Raises
    ------
    ConfigError
        If the priors of the configuration are not normal and half-normal: the grid knows no others.
    """
    base = config.analyses[config.target.analysis]
    prior = grid_prior(config)
    masks = eligibility_masks(evidence, base)
    shape = tuple(len(choice.levels) for choice in CHOICES)
    found: dict[str, _Sheet] = {name: _Sheet(shape) for name in config.pressures}
    for world in build_worlds(evidence, base, config.pressures, readings or all_readings()):
        sheet = found[world.outcome]
        chosen = without_twins(evidence, masks & world.speaks)
        spoken = without_twins(evidence, masks & world.speaks & ~world.silent)
        _pool_world(sheet, world, spoken, chosen, config.level, prior)
    return {name: sheet.universe(name) for name, sheet in found.items()}


def grid_prior(config: Config) -> Prior:
    """Return the priors of the configuration as scales.

    Raises
    ------
    ConfigError
        If they are not a normal prior of mu and a half-normal one of tau.
    """
    from mgmeta.bayes.priors import parse_mu, parse_tau

    mu, tau = parse_mu(config.bayes.prior_mu), parse_tau(config.bayes.prior_tau)
    if mu.family != "normal" or tau.family != "halfnormal":
        raise ConfigError(
            "bayes: the multiverse needs a normal prior of mu and a half-normal one of tau; "
            f"found {mu} and {tau}"
        )
    return Prior(mu.params[0], mu.params[1], tau.params[0])


class _Sheet:
    """Results of one outcome while they come in."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.reading = tuple(len(c.levels) for c in of_kind(READING))
        self.eligible = tuple(len(c.levels) for c in of_kind(ELIGIBILITY))
        m = int(np.prod(self.eligible))
        blocks = (*self.reading, m, len(POOLINGS), 2)
        self.values = {
            name: np.full(blocks, np.nan) for name in ("estimate", "ci_low", "ci_high", "tau", "k")
        }
        self.seen: set[bytes] = set()

    def put(self, index: tuple[int, ...], pooling: int, outliers: int, found: Pooled) -> None:
        """Store one estimate an eligibility combination."""
        for name, values in self.values.items():
            values[index][:, pooling, outliers] = getattr(found, name)

    def universe(self, outcome: str) -> Universe:
        """Return the arrays with one axis a choice."""
        arrays = {name: values.reshape(self.shape) for name, values in self.values.items()}
        return Universe(outcome, **arrays, seen=frozenset(self.seen))


def _pool_world(sheet: _Sheet, world: World, spoken: Mask, chosen: Mask, level: float, prior: Prior) -> None:
    """Pool every selection of one world by every pooling, with and without outlying numbers."""
    e = world.effects
    numeric = spoken & e.numeric
    odd = outlying(e, numeric)
    dropped = (np.zeros_like(odd), odd)
    wanted = {
        (words, outliers): masks & ~dropped[outliers]
        for words, masks in (("bounds", spoken), ("bounds_silent", chosen))
        for outliers in (0, 1)
    }
    bounded = _bounded(sheet, e, wanted, level, prior)
    for outliers in (0, 1):
        for index, (_, pooling) in enumerate(POOLINGS):
            if pooling.words == "drop":
                kept = numeric & ~dropped[outliers]
                found = _numbers(sheet, e, kept, pooling.method, pooling.test, level)
            else:
                found = bounded[pooling.words, outliers, pooling.method]
            sheet.put(world.index, index, outliers, found)


def _unique(masks: Mask) -> tuple[Mask, NDArray[np.intp]]:
    """Return the different selections and which of them each one is."""
    packed = np.packbits(masks, axis=1)
    _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return masks[first], inverse.reshape(-1)


def _spread(found: Pooled, inverse: NDArray[np.intp], enough: Mask) -> Pooled:
    """Return one result a selection, NaN where it has too few trials."""
    return Pooled(
        *(np.where(enough, getattr(found, name)[inverse], np.nan) for name in Pooled.__annotations__)
    )


def _bounded(
    sheet: _Sheet, e: Effects, wanted: dict[tuple[str, int], Mask], level: float, prior: Prior
) -> dict[tuple[str, int, str], Pooled]:
    """Pool numbers and bounds of every selection on one grid, the same selection once."""
    masks = np.concatenate(list(wanted.values()))
    unique, inverse = _unique(masks)
    used = unique.any(axis=0)
    part = Effects(e.y[used], e.se[used], e.low[used], e.high[used])
    found = pool_selections(part, unique[:, used], level, prior)
    sheet.seen |= marks(e, unique, b"numbers and bounds")
    enough = masks.sum(axis=1) >= MIN_TRIALS
    parts = {}
    for method, pooled in found.items():
        spread = _spread(pooled, inverse, enough)
        start = 0
        for (words, outliers), part_masks in wanted.items():
            piece = slice(start, start + len(part_masks))
            start = piece.stop
            parts[words, outliers, method] = Pooled(
                *(getattr(spread, name)[piece] for name in Pooled.__annotations__)
            )
    return parts


def marks(e: Effects, masks: Mask, salt: bytes) -> set[bytes]:
    """Return one mark a selection: the same for the same rows with the same numbers, else another.

    A mark is the sum of 128 random bits a row, drawn by a hash of its place and numbers: two
    selections of n share one by chance with probability n^2 / 2^129. The rows themselves, a
    million times 86,000 of them, would not fit in memory.
    """
    rows = zip(range(e.y.size), e.y, e.se, e.low, e.high, strict=True)
    digests = b"".join(blake2b(struct.pack("<q4d", *row), digest_size=16, key=salt).digest() for row in rows)
    kinds = alike(masks)
    bits = np.zeros((kinds.size, 2), dtype=np.uint64)
    np.add.at(bits, kinds.of_row, np.frombuffer(digests, dtype="<u8").reshape(-1, 2))
    return {mark.tobytes() for mark in kinds.taken.astype(np.uint64) @ bits}


def _numbers(sheet: _Sheet, e: Effects, masks: Mask, method: str, test: str, level: float) -> Pooled:
    """Pool the numbers of every selection by the batch kernel."""
    enough = masks.sum(axis=1) >= MIN_TRIALS
    unique, inverse = _unique(masks)
    fits = unique.sum(axis=1) >= MIN_TRIALS
    used = unique[fits].any(axis=0)
    empty = np.full(len(unique), np.nan)
    values = {name: empty.copy() for name in Pooled.__annotations__}
    if fits.any():
        done = pool_batch(e.y[used], e.se[used] ** 2, unique[np.ix_(fits, used)], method, test=test)
        quantile = stdtrit(done.k - 1.0, 0.5 + level / 2.0) if test == "knha" else ndtri(0.5 + level / 2.0)
        half = quantile * done.se
        values["k"][fits], values["estimate"][fits] = done.k, done.estimate
        values["ci_low"][fits], values["ci_high"][fits] = done.estimate - half, done.estimate + half
        values["tau"][fits] = np.sqrt(np.maximum(done.tau2, 0.0))
        sheet.seen |= marks(e, unique[fits], b"numbers")
    return _spread(Pooled(**values), inverse, enough)


def outlying(e: Effects, masks: Mask) -> Mask:
    r"""Return which numbers of each selection are outlying.

    Deleted residual at the DerSimonian-Laird tau2 of the selection:
    :math:`(y_i - \hat\mu_{(i)}) / \sqrt{s_i^2 + \tau^2 + 1/\sum_{j \ne i} w_j}` beyond
    :data:`OUTLYING`. A selection of fewer than 4 numbers has none: two cannot say which is odd.
    """
    out = np.zeros_like(masks)
    enough = masks.sum(axis=1) >= 4
    if not enough.any():
        return out
    unique, inverse = _unique(masks[enough])
    used = unique.any(axis=0)
    y, v = e.y[used], e.se[used] ** 2
    odd = np.zeros_like(unique)
    step = max(1, CELLS // y.size)
    for start in range(0, len(unique), step):
        part = slice(start, start + step)
        odd[part, used] = _deleted(y, v, unique[part][:, used])
    out[enough] = odd[inverse]
    return out


def _deleted(y: Array, v: Array, inside: Mask) -> Mask:
    """Return where the deleted residual of selections (b, k) is outlying."""
    tau2 = pool_batch(y, v, inside, "DL").tau2[:, None]
    w = inside / (v + tau2)
    total, weighted = w.sum(axis=1, keepdims=True), (w * y).sum(axis=1, keepdims=True)
    others = np.where(inside, total - w, 1.0)
    residual = y - (weighted - w * y) / others
    return np.asarray(inside & (np.abs(residual) > OUTLYING * np.sqrt(v + tau2 + 1.0 / others)))
