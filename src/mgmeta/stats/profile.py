"""Profile-likelihood confidence interval of tau2 (Hardy & Thompson 1996, Stat Med 15:619)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError
from mgmeta.stats.distributions import quantile
from mgmeta.stats.likelihood import bounds, grid, loglik, maximise, score
from mgmeta.stats.moments import fit_tau2
from mgmeta.stats.root import falling_roots
from mgmeta.stats.sample import Sample, make_sample

Array = NDArray[np.float64]


def profile_tau2(
    y: ArrayLike, v: ArrayLike, x: ArrayLike | None, level: float, method: str = "REML"
) -> tuple[float, float]:
    """Confidence limits of tau2 where twice the log-likelihood has dropped by chi-squared(1).

    If the likelihood has several maxima, the limits are the outermost ones.

    Parameters
    ----------
    y, v : (k,) effects and variances
    x : (k, p) design or None
    level : e.g. 0.95
    method : "ML" or "REML"

    Returns
    -------
    (low, high); low is 0 where tau2 = 0 lies within the drop; NaN where k = p.

    Raises
    ------
    ConfigError
        If the method has no likelihood.
    """
    if method not in ("ML", "REML"):
        raise ConfigError(f"method {method!r} has no likelihood; a profile interval needs ML or REML")
    restricted = method == "REML"
    sample = make_sample(y, v, x)
    if sample.df[0] <= 0:
        return float("nan"), float("nan")
    best = maximise(sample, restricted)
    cut = float(loglik(sample, best, restricted)[0]) - 0.5 * quantile(level, None) ** 2
    points = sorted({float(t[0]) for t in grid(sample, restricted)} | {float(best[0])})
    above = [float(loglik(sample, np.array([t]), restricted)[0]) > cut for t in points]
    first = above.index(True)
    low = 0.0 if first == 0 else _crossing(sample, restricted, cut, points[first], points[first - 1])
    last = len(points) - 1 - above[::-1].index(True)
    if last + 1 < len(points):
        return low, _crossing(sample, restricted, cut, points[last], points[last + 1])
    scale = float(bounds(sample)[0][0])
    outside = points[last] + scale
    while float(loglik(sample, np.array([outside]), restricted)[0]) > cut:
        outside = 2.0 * outside + scale
    return low, _crossing(sample, restricted, cut, points[last], outside)


def _crossing(sample: Sample, restricted: bool, cut: float, inside: float, outside: float) -> float:
    """Solve log-likelihood = cut between a point above it and one not above it."""
    start = np.array([inside])
    direction = 1.0 if outside > inside else -1.0

    def equation(_: NDArray[np.intp], distance: Array) -> tuple[Array, Array]:
        t = np.maximum(start + direction * distance, 0.0)
        slope = 0.5 * score(fit_tau2(sample, t), restricted)
        return loglik(sample, t, restricted) - cut, direction * slope

    scale = bounds(sample)[0]
    distance = falling_roots(equation, np.zeros(1), np.array([abs(outside - inside)]), scale)
    return float(max(inside + direction * distance[0], 0.0))
