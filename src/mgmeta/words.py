"""Numbers as text: one place decides precision, sign and the words around them.

Figures, tables and sentences all call these functions, so the same number
reads the same wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "\u2212"
MISSING = "\u2013"
DIGITS = 2  # of every effect in mmHg: the precision of the published target


def fixed(value: float | None, digits: int = DIGITS) -> str:
    """Return *value* with *digits* decimals, a real minus sign and no negative zero.

    Parameters
    ----------
    value : float or None
        Any number; ``None``, NaN and infinities become a dash.
    digits : int
        Decimals.

    Returns
    -------
    str
        For example ``"−3.58"``; never ``"−0.00"``.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):.{digits}f}"
    negative = value < 0 and float(text) != 0.0
    return f"{MINUS}{text}" if negative else text


def signed(value: float | None, digits: int = DIGITS) -> str:
    """Return *value* as :func:`fixed` does, with a plus sign where it is positive."""
    text = fixed(value, digits)
    positive = (
        value is not None and math.isfinite(value) and value > 0 and float(f"{value:.{digits}f}") != 0.0
    )
    return f"+{text}" if positive else text


def interval(low: float | None, high: float | None, digits: int = DIGITS) -> str:
    """Return ``"low to high"``; an open side is put in words."""
    if low is None and high is None:
        return MISSING
    if low is None:
        return f"below {fixed(high, digits)}"
    if high is None:
        return f"above {fixed(low, digits)}"
    return f"{fixed(low, digits)} to {fixed(high, digits)}"


def with_interval(estimate: float | None, low: float | None, high: float | None, digits: int = DIGITS) -> str:
    """Return ``"estimate (low to high)"``."""
    if estimate is None:
        return MISSING
    return f"{fixed(estimate, digits)} ({interval(low, high, digits)})"


def p_value(p: float | None) -> str:
    """Return ``"P = 0.03"`` or ``"P < 0.001"``: two significant digits, three decimals at most."""
    if p is None or not math.isfinite(p):
        return f"P {MISSING}"
    if p < 0.001:
        return "P < 0.001"
    if p > 0.99:
        return "P > 0.99"
    digits = 3 if p < 0.0995 else 2
    return f"P = {p:.{digits}f}"


def percent(fraction: float | None, digits: int = 0) -> str:
    """Return a fraction of one as a percentage, for example ``0.95 -> "95%"``."""
    if fraction is None or not math.isfinite(fraction):
        return MISSING
    if digits == 0 and 0.0 < fraction < 0.005:
        return "under 1%"
    if digits == 0 and 0.995 <= fraction < 1.0:
        return "over 99%"
    return f"{100.0 * fraction:.{digits}f}%"


def level(fraction: float) -> str:
    """Return an interval level: ``0.95 -> "95%"``, ``0.999 -> "99.9%"``."""
    return f"{100.0 * fraction:.6g}%"


def integer(value: float | None) -> str:
    """Return a whole number with thin spaces between thousands; a dash where missing."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{round(value):,}".replace(",", "\u202f")


def plain(value: float | None) -> str:
    """Return a printed quantity (a dose, a duration) without trailing zeros."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.10g}".replace("-", MINUS)


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return ``"1 trial"``, ``"12 trials"``."""
    return f"{integer(n)} {noun if n == 1 else plural or noun + 's'}"


def listing(items: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def capital(text: str) -> str:
    """Return *text* with its first letter in upper case and the rest untouched."""
    return text[:1].upper() + text[1:]
