"""Trim and fill: how many studies would make the funnel symmetric, and the pool with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.pool import Pool, check_effects, pool
from mgmeta.pooling.small_study import FEW
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]

ESTIMATORS = ("L0", "R0", "Q0")
_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class TrimFill:
    """The filled pool.

    Attributes
    ----------
    estimator, side : "L0", "R0" or "Q0"; "left" or "right", where studies are missing
    missing, missing_se : estimated number of missing studies and its SE (NaN if undefined)
    missing_p : P of no study missing (R0 only, else NaN)
    filled_y, filled_v : (missing,) the mirror images added
    pool : the pool of observed and filled studies
    warnings : what a reader should know
    """

    estimator: str
    side: str
    missing: int
    missing_se: float
    missing_p: float
    filled_y: Array
    filled_v: Array
    pool: Pool
    warnings: tuple[str, ...]


def trim_fill(
    y: ArrayLike,
    v: ArrayLike,
    *,
    estimator: str = "L0",
    side: str = "auto",
    method: str = "REML",
    test: str = "z",
    level: float,
) -> TrimFill:
    """Trim the extreme studies of one side until what is left is symmetric, then fill in mirror images.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    estimator : of the number missing: "L0", "R0" or "Q0"
    side : where studies are missing: "left", "right", or "auto" (right if the effects fall as
        SE grows)
    method, test, level : of the pools

    Raises
    ------
    ConfigError
        If an option is unknown.
    FitError
        If k < 3 or the iteration does not settle.

    Notes
    -----
    With ranks of the distances from the trimmed pool, signed by side, T the sum of the ranks
    on the full side and r the longest run of extreme ranks there: R0 = r - 1,
    L0 = (4T - k(k+1)) / (2k - 1), Q0 = k - 1/2 - sqrt(2k^2 - 4T + 1/4).

    References
    ----------
    Duval S, Tweedie R. J Am Stat Assoc 2000;95:89-98; Biometrics 2000;56:455-463.
    """
    effects, variances = check_effects(y, v)
    if estimator not in ESTIMATORS:
        raise ConfigError(f"estimator {estimator!r} is unknown; use {', '.join(ESTIMATORS)}")
    if side not in {"auto", "left", "right"}:
        raise ConfigError(f"side {side!r} is unknown; use auto, left or right")
    if effects.size < 3:
        raise FitError(f"trim and fill needs at least 3 effects; {effects.size} given")
    if side == "auto":
        side = _emptier_side(effects, variances, method)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * effects, kind="stable")
    facing, spread = (sign * effects)[order], variances[order]
    missing, centre = _settle(facing, spread, estimator, method)
    extreme = slice(facing.size - missing, facing.size)
    filled_y = sign * (2.0 * centre - facing[extreme])
    filled_v = spread[extreme]
    se, p = _uncertainty(facing - centre, missing, estimator)
    warnings = ["a sensitivity analysis: the added studies are invented, not found"]
    if effects.size < FEW:
        warnings.append(f"only {effects.size} rows: the number of missing studies is hardly known")
    return TrimFill(
        estimator=estimator,
        side=side,
        missing=missing,
        missing_se=se,
        missing_p=p,
        filled_y=filled_y,
        filled_v=filled_v,
        pool=pool(
            np.append(effects, filled_y),
            np.append(variances, filled_v),
            method=method,
            test=test,
            level=level,
        ),
        warnings=tuple(warnings),
    )


def _emptier_side(y: Array, v: Array, method: str) -> str:
    """Return the side away from which small studies lean."""
    design = np.column_stack([np.ones_like(y), np.sqrt(v)])
    if np.ptp(design[:, 1]) <= 1e-12 * design[:, 1].max():
        raise FitError("all studies have the same SE: the side cannot be found; give side left or right")
    slope = wls(y, 1.0 / (v + tau2(method, y, v, design)), design).beta[1]
    return "right" if slope < 0 else "left"


def _centre(y: Array, v: Array, method: str) -> float:
    weights = 1.0 / (v + tau2(method, y, v))
    return float(weights @ y / weights.sum())


def _settle(y: Array, v: Array, estimator: str, method: str) -> tuple[int, float]:
    """Iterate between trimming and counting; effects ascend, the missing are on the left."""
    missing = 0
    for _ in range(_MAX_ITERATIONS):
        keep = y.size - missing
        centre = _centre(y[:keep], v[:keep], method)
        count = _count(y - centre, estimator)
        if count == missing:
            return missing, centre
        missing = min(count, y.size - 1)
    raise FitError(f"trim and fill ({estimator}) does not settle on a number of missing studies")


def _signed_ranks(centred: Array) -> Array:
    """Ranks of |distance| (ties in order of appearance) with the sign of the distance."""
    ranks = np.empty(centred.size)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, centred.size + 1)
    return np.asarray(np.sign(centred) * ranks)


def _raw_count(centred: Array, estimator: str) -> float:
    k = centred.size
    ranks = _signed_ranks(centred)
    total = float(ranks[ranks > 0].sum())
    if estimator == "R0":
        return k - float(np.max(-ranks[ranks < 0], initial=0.0)) - 1.0
    if estimator == "L0":
        return (4.0 * total - k * (k + 1)) / (2.0 * k - 1.0)
    return k - 0.5 - math.sqrt(2.0 * k**2 - 4.0 * total + 0.25)


def _count(centred: Array, estimator: str) -> int:
    return max(0, round(_raw_count(centred, estimator)))


def _uncertainty(centred: Array, missing: int, estimator: str) -> tuple[float, float]:
    """Return the SE of the number missing, and for R0 the P of none missing."""
    k, m = centred.size, _raw_count(centred, estimator)
    if estimator == "R0":
        return math.sqrt(2.0 * max(0.0, m) + 2.0), 0.5 ** (missing + 1)
    # The large-sample formula takes the estimate before it is cut at 0 and rounded; far below 0
    # it may be undefined.
    variance = (
        k * (k + 1) * (2 * k + 1) + 10 * m**3 + 27 * m**2 + 17 * m - 18 * k * m**2 - 18 * k * m + 6 * k**2 * m
    ) / 24.0
    root = math.sqrt(variance) if variance >= 0 else math.nan
    if estimator == "L0":
        return 4.0 * root / (2.0 * k - 1.0), math.nan
    inner = (k - 0.5) ** 2 - m * (2.0 * k - m - 1.0)
    return (2.0 * root / math.sqrt(inner) if inner > 0 else math.nan), math.nan
