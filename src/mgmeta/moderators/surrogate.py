"""Does a larger rise of serum magnesium go with a larger fall of pressure? Errors in both, bounds too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from mgmeta.moderators.surrogate_likelihood import Pairs, Parameters, loglik
from mgmeta.pooling.slice_input import Row, effects_of
from mgmeta.stats.student import t_p_value

Array = NDArray[np.float64]

SCALE = 0.1  # mmol/L: the slope is for this much more
LEAST = 5  # trials with both outcomes: two more than the coefficients of the line and the SD about it
# Beyond a slope this steep (mmHg per 0.1 mmol/L) an interval is called unbounded.
STEEPEST = 100.0
# Sampling errors of the two outcomes in one trial: their correlation is printed nowhere.
WITHIN = (-0.5, 0.0, 0.5)


@dataclass(frozen=True)
class Surrogate:
    """The trial-level line of blood pressure in serum magnesium.

    Attributes
    ----------
    k, k_numbers : int
        Trials with both outcomes; those with a number for both.
    within : float
        Correlation of sampling errors assumed.
    slope, ci_low, ci_high : float or None
        mmHg for 0.1 mmol/L more; an open end is None.
    p_value : float or None
        Of slope 0: P(t(k - 2)^2 > likelihood ratio).
    intercept : float or None
        Effect on pressure where serum magnesium does not change, mmHg.
    serum_mean, serum_tau, residual_tau : float or None
        Mean and SD between trials of the true serum change (mmol/L); SD of true pressure about the line.
    identified : bool
        Both ends of the interval are finite.
    reason : str
        Why there is no fit, or why it is not identified.
    trials : tuple of str
        trial_id of the trials used.
    """

    k: int
    k_numbers: int
    within: float
    slope: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    intercept: float | None
    serum_mean: float | None
    serum_tau: float | None
    residual_tau: float | None
    identified: bool
    reason: str
    trials: tuple[str, ...]


def paired(serum: Sequence[Row], pressure: Sequence[Row], within: float) -> tuple[Pairs, tuple[str, ...]]:
    """Return the trials that have both outcomes; serum in units of :data:`SCALE`.

    Parameters
    ----------
    serum : rows on serum magnesium, mmol/L
    pressure : rows on blood pressure, mmHg
    within : assumed correlation within trials, no unit
    """
    by_trial = {str(row["trial_id"]): row for row in serum}
    names = tuple(str(row["trial_id"]) for row in pressure if str(row["trial_id"]) in by_trial)
    one = effects_of([by_trial[name] for name in names])
    two = effects_of([row for row in pressure if str(row["trial_id"]) in by_trial])
    columns = [
        np.column_stack([getattr(one, key) / SCALE, getattr(two, key)]) for key in ("y", "se", "low", "high")
    ]
    y, se, low, high = columns
    return Pairs(y, se, low, high, np.full(len(names), within)), names


def fit_surrogate(
    serum: Sequence[Row], pressure: Sequence[Row], within: float, level: float, *, interval: bool = True
) -> Surrogate:
    r"""Fit :math:`\theta_{2i} = a + b \theta_{1i} + e_i` to the true effects of trials with both.

    Parameters
    ----------
    serum, pressure
        Slice rows: change of serum magnesium (mmol/L) and of one pressure (mmHg), magnesium minus control.
    within
        Correlation of the two sampling errors in a trial.
    level
        Of the profile-likelihood interval, calibrated by t(k - 2).
    interval
        False leaves the interval out (and ``identified`` False): for other values of `within`.

    Notes
    -----
    A structural errors-in-variables model: serum and pressure effects are bivariate normal between
    trials, both observed with error or as bounds (van Houwelingen 2002, Stat Med 21:589; trial-level
    surrogacy: Buyse 2000, Biostatistics 1:49). Where true serum changes hardly differ between trials, any
    slope fits: the profile never drops, an end is open, and the slope is *not identified*.
    """
    pairs, names = paired(serum, pressure, within)
    numbers = int((~np.isnan(pairs.y)).all(axis=1).sum())
    nothing = (None,) * 8
    if pairs.k < LEAST:
        reason = f"{pairs.k} trials report both; the line needs at least {LEAST}"
        return Surrogate(pairs.k, numbers, within, *nothing, False, reason, names)
    profile = Profile(pairs)
    best, top = profile.maximum()
    drop = float(stdtrit(pairs.k - 2, 0.5 + 0.5 * level)) ** 2
    low, high = (profile.end(best, top, drop, side) if interval else None for side in (-1.0, 1.0))
    ratio = max(0.0, 2.0 * (top - profile.at(0.0)[1]))
    identified = low is not None and high is not None
    reason = (
        ""
        if identified or not interval
        else f"slopes beyond {STEEPEST:g} mmHg per {SCALE:g} mmol/L fit nearly as well"
    )
    return Surrogate(
        pairs.k,
        numbers,
        within,
        best.b,
        low,
        high,
        float(t_p_value(math.sqrt(ratio), pairs.k - 2)),
        best.a,
        best.m * SCALE,
        best.t * SCALE,
        best.w,
        identified,
        reason,
        names,
    )


class Profile:
    """The likelihood maximised over all but the slope; remembers where it was."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        crude = np.where(np.isnan(pairs.y), np.clip(0.0, pairs.low, pairs.high), pairs.y)
        weight = 1.0 / pairs.se**2
        mean = (crude * weight).sum(axis=0) / weight.sum(axis=0)
        self.start = np.array([mean[0], max(float(crude[:, 0].std()), 0.1), mean[1], 1.0])
        self.spread = float(crude[:, 1].std()) or 1.0

    def at(self, slope: float, warm: Parameters | None = None) -> tuple[Parameters, float]:
        """Return the best parameters with the slope fixed, and the log-likelihood there.

        *warm* is where a search nearby ended: it then starts there and from no line at all.
        """
        from scipy.optimize import minimize

        m, t, centre, w = self.start

        def parameters(x: Array) -> Parameters:
            # Anchored at the mean of serum, where intercept and slope are nearly free of each other.
            return Parameters(x[0], x[1], x[2] - slope * x[0], slope, x[3])

        def target(x: Array) -> float:
            return -loglik(self.pairs, parameters(x))

        starts = [np.array([m, t, centre, w]), np.array([m, 0.05 * t, centre, self.spread])]
        if warm is not None:
            starts[0] = np.array([warm.m, warm.t, warm.a + warm.b * warm.m, warm.w])
        bounds = [(None, None), (0.0, None), (None, None), (0.0, None)]
        found = [minimize(target, start, method="L-BFGS-B", bounds=bounds) for start in starts]
        best = min(found, key=lambda item: float(item.fun))
        return parameters(best.x), -float(best.fun)

    def maximum(self) -> tuple[Parameters, float]:
        """Return the overall best: the best of a spread of slopes, refined."""
        from scipy.optimize import minimize_scalar

        unit = max(self.spread / max(float(self.start[1]), 0.1), 0.5)
        grid = unit * np.array([-16.0, -8.0, -4.0, -2.0, -1.0, -0.4, 0.0, 0.4, 1.0, 2.0, 4.0, 8.0, 16.0])
        tried = [self.at(float(slope)) for slope in grid]
        place = min(max(int(np.argmax([height for _, height in tried])), 1), len(grid) - 2)
        warm = tried[place][0]
        found = minimize_scalar(
            lambda slope: -self.at(float(slope), warm)[1],
            bounds=(float(grid[place - 1]), float(grid[place + 1])),
            method="bounded",
            options={"xatol": 1e-3 * unit},
        )
        best, again = self.at(float(found.x), warm), self.at(float(found.x))
        return max(best, again, *tried, key=lambda item: item[1])

    def end(self, best: Parameters, top: float, drop: float, side: float) -> float | None:
        """Return where twice the log-likelihood has fallen by *drop*, or None beyond :data:`STEEPEST`.

        Parameters
        ----------
        best : parameters at the maximum
        top : log likelihood there
        drop : fall of twice the log likelihood that ends the interval, no unit
        side : 1 upwards, -1 downwards
        """
        from scipy.optimize import brentq

        if abs(best.b) >= STEEPEST:
            return None
        warm = best

        def excess(b: float) -> float:
            nonlocal warm
            warm, height = self.at(b, warm)
            return 2.0 * (top - height) - drop

        inner, step = best.b, max(0.5, 0.5 * abs(best.b))
        while True:
            # Never past the limit, but to it: an end just inside is an end.
            outer = max(-STEEPEST, min(STEEPEST, inner + side * step))
            if excess(outer) > 0:
                return float(brentq(excess, inner, outer, xtol=1e-3))
            if abs(outer) >= STEEPEST:
                return None
            inner, step = outer, 2.0 * step
