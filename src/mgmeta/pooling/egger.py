"""Egger's test: do small studies report other effects than large ones?"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from mgmeta.pooling.small_study import LIMIT_AT_ZERO, Line, LineTerm, fit_line, fit_line_bounded


@dataclass(frozen=True)
class Egger:
    """A regression test for funnel asymmetry.

    Attributes
    ----------
    line : the fitted line
    statistic, df, p_value : test of its slope (for numbers plus bounds: likelihood ratio,
        statistic NaN)
    limit : the effect of an infinitely large study, or None where the predictor grows with size
    """

    line: Line
    statistic: float
    df: float
    p_value: float
    limit: LineTerm | None


def egger(
    y: ArrayLike,
    v: ArrayLike,
    *,
    predictor: str = "sei",
    n: ArrayLike | None = None,
    model: str = "lm",
    test: str = "t",
    level: float,
) -> Egger:
    """Test the slope of the effects on study size.

    ``model="lm", predictor="sei"`` is the classic test (the slope here is the intercept of
    the radial plot); a tau2 model gives the random-effects form.

    Parameters
    ----------
    as in :func:`mgmeta.pooling.small_study.fit_line`

    References
    ----------
    Egger M et al. BMJ 1997;315:629-634. Thompson SG, Sharp SJ. Stat Med 1999;18:2693-2708.
    """
    return _test(fit_line(y, v, predictor=predictor, n=n, model=model, test=test, level=level))


def egger_bounded(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    predictor: str = "sei",
    n: ArrayLike | None = None,
    level: float,
) -> Egger:
    """Test the slope on numbers plus bounds, by likelihood ratio calibrated with t(k - 2).

    Parameters
    ----------
    y, se, lower, upper : (k,) effects (NaN = bound), standard errors, ends of the bounds (infinite = open)
    predictor : of the slope: a key of the small-study predictors, by default the standard error
    n : (k,) people, where the predictor is made of them
    level : of the intervals, e.g. 0.95
    """
    return _test(fit_line_bounded(y, se, lower, upper, predictor=predictor, n=n, level=level))


def _test(line: Line) -> Egger:
    slope = line.slope
    limit = line.intercept if line.predictor in LIMIT_AT_ZERO else None
    return Egger(line, slope.statistic, slope.df, slope.p_value, limit)
