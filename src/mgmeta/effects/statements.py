"""What a statement in print amounts to: a closed set of four shapes.

Every row of ``reports.csv`` ends as exactly one of these. The sign is magnesium
minus control; all values are in the outcome's unit.
"""

from __future__ import annotations

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
    """An effect with a standard error.

    ``se_assumed`` is true where the SE comes from the SD model (route 8).
    """

    yi: float
    se: float
    se_low: float
    se_high: float
    df: float | None
    route: str
    se_assumed: bool = False


@dataclass(frozen=True)
class Bound:
    """A verbal result: the estimate lay between two limits.

    ``low`` or ``high`` is infinite for a one-sided bound ("significantly
    lower"). ``se`` is the standard error of the unseen estimate.
    """

    low: float
    high: float
    se: float
    df: float | None
    route: str


@dataclass(frozen=True)
class NotAContrast:
    """Only one arm's own change is printed: no evidence of a difference."""

    reason: str


@dataclass(frozen=True)
class Unusable:
    """A statement that cannot be placed, with what is missing."""

    reason: str


Statement = Estimate | Bound | NotAContrast | Unusable
