"""What a statement in print amounts to: a closed set of shapes.

Every row of ``reports.csv`` ends as exactly one of these; the likelihood of each
is in :mod:`mgmeta.effects.likelihood`. The sign is magnesium minus control; all
values are in the outcome's unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class RouteResult:
    """An effect and its SE as one route gives them.

    Attributes
    ----------
    route : str
        Name of the route, as in ``ROUTES``.
    estimate, se : float
        Effect and standard error.
    se_low, se_high : float
        Range of the SE over the rounding of the printed digits.
    df : float or None
        Degrees of freedom of the test the SE belongs to; None = normal.
    """

    route: str
    estimate: float
    se: float
    se_low: float
    se_high: float
    df: float | None


@dataclass(frozen=True)
class Estimate:
    """An effect with a standard error, known or borrowed.

    ``se_assumed`` is true where the SE comes from the SD model (route 8): then it
    is the median of the log-normal with median ``se_center`` and log-SD
    ``se_log_spread``, cut to (``se_min``, ``se_max``) by the printed inequality.
    """

    yi: float
    se: float
    se_low: float
    se_high: float
    df: float | None
    route: str
    se_assumed: bool = False
    se_center: float = 0.0
    se_log_spread: float = 0.0
    se_min: float = 0.0
    se_max: float = math.inf


@dataclass(frozen=True)
class Bound:
    """A result in words: the estimate lay between two limits.

    ``low`` or ``high`` is infinite for a one-sided bound ("significantly
    lower"); "P > 0.10" and "not significant" are closed on both sides. ``se`` is
    the standard error of the unseen estimate.
    """

    low: float
    high: float
    se: float
    df: float | None
    route: str


@dataclass(frozen=True)
class Significant:
    """A P below a level with no direction: the estimate lay outside +-``limit``."""

    limit: float
    se: float
    df: float | None


@dataclass(frozen=True)
class Direction:
    """Only the side: "tended to fall" (``lower`` true) or to rise."""

    lower: bool
    se: float


@dataclass(frozen=True)
class NotAContrast:
    """Only one arm's own change is printed: no evidence of a difference."""

    reason: str


@dataclass(frozen=True)
class Unusable:
    """A statement that cannot be placed, with what is missing."""

    reason: str


@dataclass(frozen=True)
class Silence:
    """No statement at all on this outcome."""


Statement = Estimate | Bound | Significant | Direction | NotAContrast | Unusable
