"""Printed quantities with their units, turned into what the tables hold.

A number without a unit passes as printed, digit for digit, because its rounding is evidence. A converted
number is rounded to the digits the table keeps, and what was printed is said in words for the note.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.records import printed_step
from mgmeta.stats.student import t_two_sided

BY_ELEMENT = math.nan  # a factor that the exposure decides
MMHG_PER_KPA = 7.50062  # 1 mmHg = 133.322 Pa
WEEKS_PER_MONTH = 4.345  # data/raw/README.md
WEEKS_PER_YEAR = 52.14  # 12 such months

NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"({NUMBER})\s*(.*)")


@dataclass(frozen=True)
class Kind:
    """A kind of quantity: the unit the table holds, the decimals kept, and unit -> factor."""

    unit: str
    decimals: int
    factors: Mapping[str, float]


KINDS: dict[str, Kind] = {
    "dose": Kind(
        "mg/d",
        1,
        {"mg": 1.0, "g": 1000.0, "mmol": BY_ELEMENT, "meq": BY_ELEMENT, "ug": 0.001},
    ),
    "weeks": Kind(
        "weeks",
        1,
        {
            **dict.fromkeys(("week", "weeks", "wk", "w"), 1.0),
            **dict.fromkeys(("day", "days", "d"), 1.0 / 7.0),
            **dict.fromkeys(("month", "months", "mo"), WEEKS_PER_MONTH),
            **dict.fromkeys(("year", "years", "y"), WEEKS_PER_YEAR),
        },
    ),
    "serum": Kind("mmol/L", 3, {"mmol/l": 1.0, "mg/dl": BY_ELEMENT, "meq/l": BY_ELEMENT}),
    "pressure": Kind("mmHg", 2, {"mmhg": 1.0, "kpa": MMHG_PER_KPA}),
    "percent": Kind("percent", 1, {"%": 1.0, "percent": 1.0}),
}


class NotAQuantity(ValueError):
    """A text that is no number with a unit of its kind; the message says what was expected."""


@dataclass(frozen=True)
class Amount:
    """A number as the table holds it, and in words what was converted (empty = nothing)."""

    text: str
    unit: str
    converted: str


def plain_number(text: str) -> str:
    """Return a number in plain digits: a typographic minus is a minus, a leading plus goes.

    Raises
    ------
    NotAQuantity
        If it is no number. A comma is refused, because it may mean thousands or decimals.
    """
    tidy = text.strip().replace("\u2212", "-").replace("\u2013", "-").removeprefix("+")
    if re.fullmatch(NUMBER, tidy) is None:
        what = "a decimal point, not a comma" if "," in tidy else "a number in plain digits"
        raise NotAQuantity(f"expected {what}")
    return tidy


def amount(text: str, kind: str, exposure: Exposure = MAGNESIUM) -> Amount:
    """Return a quantity such as ``15 mmol/d``, ``3 months`` or ``1.9 mg/dL`` in the table's unit.

    Parameters
    ----------
    text : str
        A number, alone (then in the table's unit) or with a unit.
    kind : str
        A key of :data:`KINDS`.
    exposure : Exposure
        What a mmol of the dose weighs.

    Raises
    ------
    NotAQuantity
        If the number or the unit cannot be read.
    """
    entry = KINDS[kind]
    match = _QUANTITY.fullmatch(text.strip().replace("\u2212", "-"))
    if match is None:
        raise NotAQuantity(f"expected a number in {entry.unit}, or with one of {', '.join(entry.factors)}")
    number, unit = match[1], match[2].strip().lower().replace("\u00b5", "u").replace("\u03bc", "u")
    if kind == "dose":
        unit = re.sub(r"(/d|/day|\s+per day|\s+daily|\s+a day)$", "", unit).removesuffix(" mg").strip()
    if unit in ("", entry.unit.lower()) or entry.factors.get(unit) == 1.0:
        return Amount(plain_number(number), "", "")
    if unit not in entry.factors:
        raise NotAQuantity(f"expected {entry.unit}, or one of {', '.join(entry.factors)}")
    factor = entry.factors[unit]
    if kind == "dose" and unit in ("mmol", "meq"):
        charge = 1.0 if unit == "mmol" else exposure.charge
        factor = exposure.mg_per_mmol / charge
    if kind == "serum" and unit == "mg/dl":
        factor = round(10.0 / exposure.mg_per_mmol, 4)
    if kind == "serum" and unit == "meq/l":
        factor = 1.0 / exposure.charge
    value = round(float(number) * factor, entry.decimals)
    return Amount(f"{value:g}" if value else "0", unit, f"{text.strip()} = {value:g} {entry.unit}")


@dataclass(frozen=True)
class Spread:
    """A mean with what is printed beside it; ``kind`` is ``""`` (not said), ``sd``, ``se`` or ``ci``."""

    mean: str
    spread: str
    kind: str
    ends: tuple[str, str] | None = None
    level: float = 0.95


_MEAN = re.compile(rf"({NUMBER})\s*(?:(?:\u00b1|\+/-|\+-|\()\s*(?:(SD|SE|SEM)\s*)?({NUMBER})\s*\)?)?", re.I)
_ENDS = re.compile(
    rf"\(?\[?\s*(?:([0-9.]+)\s*%\s*)?(?:CI)?[:,]?\s*({NUMBER})\s*(?:to|,|;)\s*({NUMBER})\s*\]?\)?", re.I
)
_MEAN_CI = re.compile(
    rf"({NUMBER})\s*[\(\[]\s*(?:([0-9.]+)\s*%)?\s*(?:CI)?[:,]?\s*({NUMBER})\s*(?:to|,|;)\s*({NUMBER})\s*[\)\]]",
    re.I,
)


def mean_with_spread(text: str) -> Spread:
    """Read ``145 (10)``, ``145 ± 10``, ``145 (SE 2)``, ``-3.1 (95% CI -5.0 to -1.2)`` or ``145``.

    Raises
    ------
    NotAQuantity
        If it is none of these.
    """
    tidy = text.strip().replace("\u2212", "-")
    match = _MEAN_CI.fullmatch(tidy)
    if match is not None:
        return Spread(match[1], "", "ci", (match[3], match[4]), _level(match[2]))
    match = _MEAN.fullmatch(tidy)
    if match is None:
        raise NotAQuantity("expected a mean such as 145, 145 (10), 145 (SE 2) or -3.1 (95% CI -5.0 to -1.2)")
    word = (match[2] or "").lower()
    return Spread(match[1], match[3] or "", "se" if word.startswith("se") else word)


def interval(text: str) -> tuple[str, str, str]:
    """Read ``-5.1 to -0.2`` or ``90% CI -5.1, -0.2`` as (low, high, level).

    Raises
    ------
    NotAQuantity
        If it is no interval.
    """
    match = _ENDS.fullmatch(text.strip().replace("\u2212", "-"))
    if match is None:
        raise NotAQuantity("expected an interval such as -5.1 to -0.2, or 90% CI -5.1 to -0.2")
    return match[2], match[3], f"{_level(match[1]):g}"


def _level(percent: str | None) -> float:
    if percent is None:
        return 0.95
    try:
        level = float(percent) / 100.0
    except ValueError:
        raise NotAQuantity(f"found the level {percent} %, expected a number such as 95") from None
    if not 0.5 <= level <= 0.999:
        raise NotAQuantity(f"found the level {percent} %, expected 50 to 99.9")
    return round(level, 6)


def p_value(text: str) -> tuple[str, str]:
    """Read ``<0.05``, ``= 0.03``, ``0.03``, ``P < .001`` as (number, relation).

    Raises
    ------
    NotAQuantity
        If it is no P value. ``NS`` belongs in `significance`.
    """
    match = re.fullmatch(
        r"(?:p\s*)?([<>=]?)\s*(0?\.[0-9]+|[01](?:\.[0-9]+)?(?:e-[0-9]{1,2})?)", text.strip(), re.I
    )
    if match is None:
        raise NotAQuantity("expected a P value such as 0.03 or <0.05; words such as ns go into significance")
    number = f"0{match[2]}" if match[2].startswith(".") else match[2]
    return number, match[1] or "="


def se_of_ends(low: str, high: str, level: float, df: float | None) -> str:
    r"""Return the SE a printed interval of a mean implies, to one digit more than its ends.

    .. math:: SE = (high - low) / (2 t_{df, 1 - (1 - level) / 2})

    (Cochrane Handbook 6.5.2.2; the normal quantile where df is not known.)
    """
    width = float(high) - float(low)
    se = width / (2.0 * t_two_sided(1.0 - level, df))
    step = min(printed_step(low), printed_step(high)) / 10.0
    digits = max(0, -math.floor(math.log10(step) + 0.5))
    return f"{se:.{digits}f}"
