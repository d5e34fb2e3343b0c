"""Data of a contour-enhanced funnel plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.pooling.pool import check_effects
from mgmeta.stats.distributions import quantile, two_sided_p

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Contour:
    """Effects with |y| < half_width are not significant at two-sided *p*; one half-width an SE."""

    p: float
    half_width: Array


@dataclass(frozen=True)
class Funnel:
    """Points, contours of significance and the pseudo-confidence region.

    Attributes
    ----------
    y, se, p : (k,) effects, SEs, two-sided P of each study by the normal
    zone : (k,) the smallest contour level that P is below, or 1 outside all
    se_grid : (m,) from 0 to the largest SE
    contours : one a level, around 0
    centre : the pooled effect the region is drawn around
    region_low, region_high : (m,) centre -+ quantile(level) x SE
    """

    y: Array
    se: Array
    p: Array
    zone: Array
    se_grid: Array
    contours: tuple[Contour, ...]
    centre: float
    region_low: Array
    region_high: Array


def funnel(
    y: ArrayLike,
    v: ArrayLike,
    *,
    centre: float,
    level: float,
    levels: Sequence[float] = (0.01, 0.05, 0.10),
    points: int = 101,
) -> Funnel:
    """Compute what a contour-enhanced funnel plot shows.

    Asymmetry with the gap in the zone of non-significance points to selection by
    P value; a gap elsewhere points to other reasons.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    centre : pooled effect
    level : of the pseudo-confidence region, in (0, 1)
    levels : two-sided P values of the contours
    points : grid points of SE

    References
    ----------
    Peters JL et al. J Clin Epidemiol 2008;61:991-996.
    """
    effects, variances = check_effects(y, v)
    se = np.sqrt(variances)
    grid = np.linspace(0.0, float(se.max()), points)
    p = np.array([two_sided_p(z, None) for z in effects / se])
    ascending = np.sort(np.asarray(levels, dtype=float))
    place = np.searchsorted(ascending, p, side="right")
    half = quantile(level, None) * grid
    return Funnel(
        y=effects,
        se=se,
        p=p,
        zone=np.append(ascending, 1.0)[place],
        se_grid=grid,
        contours=tuple(Contour(float(a), quantile(1.0 - float(a), None) * grid) for a in ascending),
        centre=centre,
        region_low=centre - half,
        region_high=centre + half,
    )
