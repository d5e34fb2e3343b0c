"""Probabilities of intervals and their derivatives, against 900-digit decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.pooling.interval_normal import (
    IntervalTerms,
    one_sided,
    one_sided_log_p,
    two_sided,
    two_sided_log_p,
)

DIGITS = 900  # P at 40 standard deviations is about 1e-350: 550 digits of it are left


def _pi() -> Decimal:
    """Machin: pi = 16 arctan(1/5) - 4 arctan(1/239)."""

    def arctan_inverse(n: int) -> Decimal:
        power = Decimal(1) / n
        total, k = power, 1
        while abs(power) > Decimal(10) ** -(DIGITS + 5):
            power /= -n * n
            k += 2
            total += power / k
        return total

    return 16 * arctan_inverse(5) - 4 * arctan_inverse(239)


def _density(x: Decimal, root: Decimal) -> Decimal:
    return (-x * x / 2).exp() / root


def _above_half(x: Decimal, root: Decimal) -> Decimal:
    """Phi(x) - 1/2 = phi(x) (x + x^3/3 + x^5/15 + ...)."""
    term, total, n = x, x, 1
    while abs(term) > Decimal(10) ** -DIGITS:
        n += 2
        term *= x * x / n
        total += term
    return _density(x, root) * total


def exact(a: float, b: float) -> tuple[float, list[float]]:
    """log P and m_0 .. m_3 of the interval (a, b); infinite ends are open."""
    with localcontext() as context:
        context.prec = DIGITS
        root = (2 * _pi()).sqrt()
        half = Decimal("0.5")
        high = half if b == np.inf else _above_half(Decimal(b), root)
        low = -half if a == -np.inf else _above_half(Decimal(a), root)
        p = high - low
        ends = [(Decimal(x), sign) for x, sign in ((b, 1), (a, -1)) if np.isfinite(x)]
        sums = [sum(s * (x**j if j else 1) * _density(x, root) for x, s in ends) / p for j in range(4)]
        return float(p.ln()), [float(m) for m in sums]


def found(a: float, b: float) -> tuple[float, list[float]]:
    eta, v = np.zeros((1, 1)), np.ones((1, 1))
    terms: IntervalTerms
    if np.isfinite(a) and np.isfinite(b):
        terms = two_sided(np.array([a]), np.array([b]), eta, v)
    else:
        direction = 1.0 if np.isfinite(b) else -1.0
        terms = one_sided(np.array([b if direction > 0 else a]), eta, v, np.array([direction]))
    sums = [terms.m0, terms.m1, terms.m2, terms.m3]
    return float(terms.log_p[0, 0]), [float(m[0, 0]) for m in sums]


CASES = [
    (-1.96, 1.96),
    (-0.3, 0.1),
    (-np.inf, -30.0),
    (30.0, np.inf),
    (-np.inf, 30.0),
    (-np.inf, 0.0),
    (29.5, 30.0),
    (30.0, 31.0),
    (-38.0, -30.0),
    (30.0, 30.0 + 2**-20),
    (-2.5, -2.5 + 2**-30),
    (-8.0, 30.0),
    (-30.0, 30.0),
    (0.0, 0.25),
    (-0.5, 0.5),
    (-1e6, 1.0),
]


@pytest.mark.parametrize(("a", "b"), CASES)
def test_agrees_with_decimal_arithmetic(a: float, b: float) -> None:
    """A finite end far out contributes nothing: the decimal series is given an open end instead."""
    log_p, sums = found(a, b)
    wanted_log_p, wanted = exact(-np.inf if a < -50 else a, b)
    assert log_p == pytest.approx(wanted_log_p, rel=2e-14)
    assert sums == pytest.approx(wanted, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("z", [5.0, 30.0, 1e3])
def test_tail_follows_its_asymptotic_series(z: float) -> None:
    """log Phi(-z) = -z^2/2 - log(z sqrt(2 pi)) + log(1 - 1/z^2 + 3/z^4 - 15/z^6 + ...)."""
    series = 1 - 1 / z**2 + 3 / z**4 - 15 / z**6 + 105 / z**8
    wanted = -0.5 * z * z - np.log(z * np.sqrt(2 * np.pi)) + np.log(series)
    assert found(-np.inf, -z)[0] == pytest.approx(wanted, rel=1e-5 if z == 5.0 else 1e-14)


@given(st.floats(-40, 40), st.floats(1e-6, 20))
def test_mirrored_interval_has_the_same_probability(a: float, width: float) -> None:
    b = a + width
    log_p, m = found(a, b)
    mirrored, n = found(-b, -a)
    assert mirrored == pytest.approx(log_p, rel=1e-13)
    assert n == pytest.approx([-m[0], m[1], -m[2], m[3]], rel=1e-12, abs=1e-300)


@given(st.floats(-30, 30), st.floats(1e-4, 5), st.floats(1e-4, 5))
def test_probabilities_of_neighbours_add_up(a: float, first: float, second: float) -> None:
    middle, b = a + first, a + first + second
    parts = np.logaddexp(found(a, middle)[0], found(middle, b)[0])
    assert parts == pytest.approx(found(a, b)[0], rel=1e-12, abs=1e-12)


@given(st.floats(-200, 200), st.floats(1e-5, 100), st.floats(1e-3, 1e3))
def test_log_p_alone_is_the_same(eta: float, width: float, v: float) -> None:
    low, high = np.array([-width]), np.array([width])
    at, var, up = np.array([[eta]]), np.array([[v]]), np.array([1.0])
    assert two_sided_log_p(low, high, at, var) == two_sided(low, high, at, var).log_p
    assert one_sided_log_p(high, at, var, up) == one_sided(high, at, var, up).log_p


@given(st.floats(-35, 35), st.floats(1e-5, 60))
def test_variance_within_an_interval_is_that_of_a_truncated_normal(a: float, width: float) -> None:
    """1 - m1 - m0^2 lies between 0 and both 1 and (width / 2)^2."""
    m0, m1 = found(a, a + width)[1][:2]
    variance = 1.0 - m1 - m0 * m0
    assert -1e-11 <= variance <= min(1.0, width * width / 4.0) + 1e-11
