"""Fitted curves as figures see them: `results/dose` turned into lines and bands."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgmeta.figures.results import Json


@dataclass(frozen=True)
class Line:
    """A line with its name: positions and effects."""

    title: str
    at: tuple[float, ...]
    effect: tuple[float, ...]


@dataclass(frozen=True)
class Bands(Line):
    """The primary curve with pointwise, simultaneous and prediction band; open ends are infinite."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]
    new_low: tuple[float, ...]
    new_high: tuple[float, ...]


@dataclass(frozen=True)
class Bin:
    """How many rows have a position in (low, high]."""

    low: float
    high: float
    k: int


@dataclass(frozen=True)
class Fitted:
    """All curves of one outcome against one axis.

    Attributes
    ----------
    primary : Bands or None
        The primary curve; None where it could not be fitted.
    others : tuple of Line
        The other curves, best AIC first.
    between : Line or None
        The straight line with a free intercept, over the positions of the trials.
    flat : float or None
        The one effect at every position.
    bins : tuple of Bin
        Rows by position.
    slope : (estimate, low, high) or None
        Of the primary line, per ``per``.
    per : float
        Amount of the axis a slope is per.
    refused : tuple of str
        Curves that could not be fitted.
    average : Line or None
        The Bayesian average over curves.
    """

    primary: Bands | None
    others: tuple[Line, ...]
    between: Line | None
    flat: float | None
    bins: tuple[Bin, ...]
    slope: tuple[float, float | None, float | None] | None
    per: float
    refused: tuple[str, ...]
    average: Line | None = None


def fitted(curves: Json) -> Fitted:
    """Return the curves of one axis of ``results/dose`` for drawing."""
    name = curves["primary"]
    by_name = {item["curve"]: item["fit"] for item in curves["curves"]}
    line, flat = curves.get("line", {}), curves.get("flat", {})
    primary = by_name.get(name)
    per = float(curves["per"])
    return Fitted(
        primary=_bands(primary) if primary else None,
        others=tuple(_line(item["fit"]) for item in curves["curves"] if item["curve"] != name),
        between=Line("between trials", tuple(line["at"]), tuple(line["ends"])) if "at" in line else None,
        flat=flat.get("estimate"),
        bins=tuple(Bin(item["low"], item["high"], item["k"]) for item in curves.get("bins", ())),
        slope=_slope(primary, per) if primary else None,
        per=per,
        refused=tuple(item["title"] for item in curves["refused"]),
        average=_average(curves.get("bayes", {})),
    )


def _average(bayes: Json) -> Line | None:
    rows = bayes.get("average")
    if not rows:
        return None
    at = tuple(float(row["dose"]) for row in rows)
    return Line("Bayesian average", at, tuple(float(row["median"]) for row in rows))


def _column(fit: Json, name: str, empty: float = math.nan) -> tuple[float, ...]:
    return tuple(empty if row[name] is None else float(row[name]) for row in fit["predictions"])


def _line(fit: Json) -> Line:
    return Line(str(fit["title"]), _column(fit, "dose"), _column(fit, "estimate"))


def _bands(fit: Json) -> Bands:
    low, high = -math.inf, math.inf
    return Bands(
        str(fit["title"]),
        _column(fit, "dose"),
        _column(fit, "estimate"),
        _column(fit, "ci_low", low),
        _column(fit, "ci_high", high),
        _column(fit, "band_low", low),
        _column(fit, "band_high", high),
        _column(fit, "pi_low", low),
        _column(fit, "pi_high", high),
    )


def _slope(fit: Json, per: float) -> tuple[float, float | None, float | None]:
    item = fit["coefficients"][0]
    low, high = (None if item[key] is None else per * item[key] for key in ("ci_low", "ci_high"))
    return per * item["estimate"], low, high
