"""What the multiverse shows: the curve, the shares, and which choice moves the answer most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.reproduce.choices import CHOICES, POOLINGS
from mgmeta.reproduce.multiverse import Universe

Array = NDArray[np.float64]

THRESHOLDS = (0.0, -1.0, -2.0)  # mmHg
QUANTILES = (0.0, 0.025, 0.25, 0.5, 0.75, 0.975, 1.0)
CURVE_POINTS = 400
CLOUD_BINS = (48, 32)
LABEL = (
    "Shares of specifications are not probabilities: the specifications are neither equally sensible nor "
    "independent, and most pool the same trials."
)


@dataclass(frozen=True)
class Moves:
    """How much one choice moves the answer.

    Attributes
    ----------
    main : float
        Share of the variance over all specifications that is between the means of its levels.
    total : float
        Share that is within combinations of all other choices: its effect with all interactions.
    level_means : dict
        Level -> mean estimate.
    """

    key: str
    name: str
    main: float
    total: float
    level_means: dict[str, float]


@dataclass(frozen=True)
class CurvePoint:
    """One specification of the sorted curve: its estimate, interval and the level of every choice."""

    share: float
    estimate: float
    ci_low: float | None
    ci_high: float | None
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Cloud:
    """How often (estimate, tau) falls in a bin: edges, and rows (estimate bin, tau bin, specifications)."""

    estimate_edges: tuple[float, ...]
    tau_edges: tuple[float, ...]
    counts: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class MultiverseSummary:
    """One outcome.

    ``specifications`` are all that were run, ``distinct`` the different sets of numbers they
    pooled, ``failed`` those without an estimate. ``primary`` is the protocol's own. ``words``
    is the share of variance between dropping words, counting them, and counting silence too.
    """

    outcome: str
    specifications: int
    distinct: int
    failed: int
    primary: CurvePoint
    quantiles: dict[str, float]
    shares_below: dict[str, float]
    share_interval_below_0: float
    share_interval_above_0: float
    words: float
    moves: tuple[Moves, ...]
    curve: tuple[CurvePoint, ...]
    cloud: Cloud


def summarise(universe: Universe) -> MultiverseSummary:
    """Return what one outcome's specifications show."""
    values = universe.estimate
    known = values[~np.isnan(values)]
    return MultiverseSummary(
        outcome=universe.outcome,
        specifications=int(values.size),
        distinct=universe.distinct,
        failed=int(values.size - known.size),
        primary=_point(universe, 0, float(np.mean(known <= values.flat[0]))),
        quantiles={f"{q:g}": float(np.quantile(known, q)) for q in QUANTILES},
        shares_below={f"{limit:g}": float(np.mean(known < limit)) for limit in THRESHOLDS},
        share_interval_below_0=float(np.mean(universe.ci_high[~np.isnan(values)] < 0.0)),
        share_interval_above_0=float(np.mean(universe.ci_low[~np.isnan(values)] > 0.0)),
        words=_words_share(values),
        moves=tuple(sorted(_moves(values), key=lambda item: (-item.total, item.key))),
        curve=_curve(universe),
        cloud=_cloud(universe),
    )


def _moves(values: Array) -> list[Moves]:
    """Return first-order and total shares of variance (Sobol indices of a full factorial)."""
    everywhere = float(np.nanvar(values))
    axes = range(values.ndim)
    found = []
    for axis, choice in enumerate(CHOICES):
        means = np.nanmean(values, axis=tuple(a for a in axes if a != axis))
        within = float(np.nanmean(np.nanvar(values, axis=axis)))
        names = [name for name, _ in choice.levels]
        found.append(
            Moves(
                choice.key,
                choice.name,
                float(np.var(means)) / everywhere if everywhere > 0 else 0.0,
                within / everywhere if everywhere > 0 else 0.0,
                dict(zip(names, map(float, means), strict=True)),
            )
        )
    return found


def _words_share(values: Array) -> float:
    """Return the share of variance between the ways of handling words, estimators averaged."""
    axis = [choice.key for choice in CHOICES].index("pooling")
    means = np.nanmean(values, axis=tuple(a for a in range(values.ndim) if a != axis))
    groups: dict[str, list[float]] = {}
    for (_, pooling), mean in zip(POOLINGS, means, strict=True):
        groups.setdefault(pooling.words, []).append(float(mean))
    sizes = np.array([len(group) for group in groups.values()], dtype=float)
    centres = np.array([np.mean(group) for group in groups.values()])
    overall = float(sizes @ centres) / float(sizes.sum())
    between = float(sizes @ (centres - overall) ** 2) / float(sizes.sum())
    everywhere = float(np.nanvar(values))
    return between / everywhere if everywhere > 0 else 0.0


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _point(universe: Universe, flat: int, share: float) -> CurvePoint:
    levels = np.unravel_index(flat, universe.estimate.shape)
    return CurvePoint(
        share,
        float(universe.estimate.flat[flat]),
        _finite(universe.ci_low.flat[flat]),
        _finite(universe.ci_high.flat[flat]),
        tuple(int(level) for level in levels),
    )


def _curve(universe: Universe) -> tuple[CurvePoint, ...]:
    """Return equally spaced ranks of the sorted estimates (ties in the order of the choices)."""
    # Rounded, so that the last bit of a sum cannot reorder specifications that pool the same numbers.
    flat = universe.estimate.reshape(-1).round(9)
    order = np.argsort(flat, kind="stable")[: int(np.sum(~np.isnan(flat)))]
    picks = np.unique(np.linspace(0, order.size - 1, min(CURVE_POINTS, order.size)).round().astype(int))
    last = max(order.size - 1, 1)
    return tuple(_point(universe, int(order[i]), float(i) / last) for i in picks)


def _cloud(universe: Universe) -> Cloud:
    known = ~np.isnan(universe.estimate) & ~np.isnan(universe.tau)
    counts, x, y = np.histogram2d(universe.estimate[known], universe.tau[known], bins=CLOUD_BINS)
    filled = tuple((int(i), int(j), int(counts[i, j])) for i, j in zip(*np.nonzero(counts), strict=True))
    return Cloud(tuple(map(float, x)), tuple(map(float, y)), filled)
