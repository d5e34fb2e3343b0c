"""What a preview found: the pool before and after, and where each new trial falls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pooled:
    """A pool of one outcome, in the outcome's unit.

    Attributes
    ----------
    k_numeric, k_bounds : int
    mean, low, high, tau : float or None
        Exact posterior: mean of mu with its equal-tailed interval, median of tau; None without rows.
    ml, ml_low, ml_high : float or None
        Bounded maximum likelihood with its profile interval.
    verdict : str
        On the published target; empty in other analyses.
    """

    k_numeric: int
    k_bounds: int
    mean: float | None
    low: float | None
    high: float | None
    tau: float | None
    ml: float | None
    ml_low: float | None
    ml_high: float | None
    verdict: str


@dataclass(frozen=True)
class Standing:
    """Where one new trial falls in one outcome of one analysis.

    Attributes
    ----------
    status, reason : str
        Its fate, as ``flow.csv`` has it.
    kind : str
        ``estimate``, ``bound``, or empty if it is not pooled.
    effect, low, high, se : float or None
        Estimate or ends of the bound (None = open), standard error.
    route, assumed : str
        How it was derived, and what was borrowed.
    rank, of : int or None
        Place among the numbers from the lowest effect on, itself counted; of how many.
    precision_rank : int or None
        Place among the numbers from the smallest standard error on.
    funnel_z : float or None
        (effect - pooled mean before) / SE: beyond the normal quantile it lies outside the funnel.
    expected_low, expected_high : float or None
        Predictive interval of a printed estimate with this SE, from all other trials.
    probability : float or None
        Of an estimate as far out (two-sided), or of falling inside the bound.
    outlier : bool
        Outside the predictive interval; of a bound: less probable than 1 - level.
    """

    trial_id: str
    label: str
    outcome: str
    status: str
    reason: str
    kind: str = ""
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    route: str = ""
    assumed: str = ""
    rank: int | None = None
    of: int | None = None
    precision_rank: int | None = None
    funnel_z: float | None = None
    inside_funnel: bool | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    probability: float | None = None
    outlier: bool = False


@dataclass(frozen=True)
class Look:
    """One outcome of one analysis before and after; `others` are old trials whose row changes too."""

    analysis: str
    title: str
    outcome: str
    name: str
    unit: str
    level: float
    before: Pooled
    after: Pooled
    standings: tuple[Standing, ...]
    others: tuple[str, ...]
