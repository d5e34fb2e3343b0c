"""How large an effect the silent trials must have had to change the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from mgmeta.errors import FitError
from mgmeta.incomplete.pooled_rows import Row, arrays, as_estimates
from mgmeta.pooling.bounded import BoundedFit, fit_bounded

# Mean effects of the silent trials that are searched, mmHg; beyond it no supplement goes.
SEARCH_MMHG = 40.0


@dataclass(frozen=True)
class TippingPoint:
    """Mean effect of the silent trials at which something happens.

    ``effect`` is None where no effect within the searched range does it.
    """

    event: str
    silent_trials: int
    effect: float | None
    reason: str = ""


def tipping_points(
    pooled: Sequence[Row], silent: Sequence[Row], published: float | None, level: float
) -> list[TippingPoint]:
    """Return the tipping points of one pool.

    The silent trials are given a common effect with the SE their size implies.
    Sought: the effect at which the interval reaches 0, and the one at which the
    pool equals the published value.

    Parameters
    ----------
    pooled, silent : sequences of slice rows
        What is pooled, and the eligible trials that print nothing (with their SE).
    published : float or None
        The published pooled effect, in the unit of the rows.
    level : float
        Of the interval that is to reach 0, such as 0.95.
    """

    def fit(effect: float) -> BoundedFit:
        rows = arrays([*pooled, *as_estimates(silent, effect)])
        return fit_bounded(rows.y, rows.se, rows.low, rows.high, level=level)

    if not silent:
        return []
    base = arrays(pooled)
    now = fit_bounded(base.y, base.se, base.low, base.high, level=level)
    start = float(now.beta[0])
    falls = start < 0

    def end(effect: float) -> float:
        found = fit(effect)
        return float(found.ci_high[0] if falls else found.ci_low[0])

    event = "the interval reaches 0"
    if float(now.ci_low[0]) > 0 or float(now.ci_high[0]) < 0:
        points = [TippingPoint(event, len(silent), _nearest_root(end, start))]
    else:
        points = [TippingPoint(event, len(silent), None, "it reaches 0 without them")]
    if published is not None:
        value = published
        root = _nearest_root(lambda d: float(fit(d).beta[0]) - value, start)
        points.append(TippingPoint("the pool equals the published value", len(silent), root))
    return points


def _nearest_root(gap: Callable[[float], float], start: float) -> float | None:
    """Return the root nearest to *start* on either side, or None."""
    roots = [r for direction in (-1.0, 1.0) if (r := _root(gap, start, direction)) is not None]
    return min(roots, key=lambda r: abs(r - start)) if roots else None


def _root(gap: Callable[[float], float], start: float, direction: float) -> float | None:
    """Find where *gap* changes sign, walking from *start*; None if it never does."""
    step = 0.5
    try:
        previous, value = start, gap(start)
        while abs(previous - start) < SEARCH_MMHG:
            current = previous + direction * step
            found = gap(current)
            if value * found <= 0:
                return float(brentq(gap, previous, current, xtol=1e-6))
            previous, value, step = current, found, step * 1.5
    except FitError:
        return None
    return None
