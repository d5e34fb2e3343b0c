"""Each statement's likelihood against the frequency of what it says, by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from mgmeta.effects.likelihood import log_likelihood
from mgmeta.effects.statements import (
    Bound,
    Direction,
    Estimate,
    NotAContrast,
    Significant,
    Silence,
    Unusable,
)
from mgmeta.pooling.bounded import fit_bounded

MU, TAU, SE = -2.0, 1.5, 2.5
N = 400_000


@pytest.fixture(scope="module")
def simulated():
    rng = np.random.default_rng(14)
    return rng.normal(MU + TAU * rng.standard_normal(N), SE)


def known(y: float, se: float = SE) -> Estimate:
    return Estimate(y, se, se, se, 50.0, "1_ci")


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        (Bound(-4.9, 4.9, SE, 58.0, "10_words"), lambda y: np.abs(y) < 4.9),
        (Bound(-math.inf, -4.9, SE, 58.0, "10_words"), lambda y: y < -4.9),
        (Bound(4.9, math.inf, SE, 58.0, "10_words"), lambda y: y > 4.9),
        (Significant(4.9, SE, 58.0), lambda y: np.abs(y) > 4.9),
        (Direction(True, SE), lambda y: y < 0),
        (Direction(False, SE), lambda y: y > 0),
    ],
)
def test_probability_is_the_frequency(simulated, statement, event):
    frequency = event(simulated).mean()
    error = math.sqrt(frequency * (1 - frequency) / N)
    assert math.exp(log_likelihood(statement, MU, TAU)) == pytest.approx(frequency, abs=4 * error)


def test_density_is_the_histogram(simulated):
    inside = np.abs(simulated + 3.0) < 0.05
    assert math.exp(log_likelihood(known(-3.0), MU, TAU)) == pytest.approx(inside.mean() / 0.1, rel=0.03)


@pytest.mark.parametrize(("low", "high"), [(0.0, math.inf), (0.0, 2.0), (3.0, math.inf), (1.5, 2.5)])
def test_unknown_precision_averages_over_the_cut_lognormal(low, high):
    statement = Estimate(-4.0, 2.0, 1.0, 3.0, 30.0, "8_borrowed_sd", True, 2.2, 0.4, low, high)
    model = stats.lognorm(s=0.4, scale=2.2)
    top = min(high, float(model.ppf(1 - 1e-12)))
    value, _ = integrate.quad(
        lambda s: stats.norm.pdf(-4.0, MU, math.hypot(TAU, s)) * model.pdf(s),
        low,
        top,
        epsabs=1e-13,
        limit=200,
    )
    expected = math.log(value / (model.cdf(high) - model.cdf(low)))
    assert log_likelihood(statement, MU, TAU) == pytest.approx(expected, abs=1e-7)


def test_what_is_no_evidence_says_nothing():
    for statement in (NotAContrast("own change"), Unusable("n is missing"), Silence()):
        assert log_likelihood(statement, MU, TAU) == 0.0


@given(mu=st.floats(-60, 60), tau=st.floats(0, 10), limit=st.floats(0.1, 20))
def test_inside_and_outside_add_up_to_one(mu, tau, limit):
    inside = math.exp(log_likelihood(Bound(-limit, limit, SE, None, "10_words"), mu, tau))
    outside = math.exp(log_likelihood(Significant(limit, SE, None), mu, tau))
    assert inside + outside == pytest.approx(1.0, abs=1e-12)


def test_the_pooling_engine_maximises_this_likelihood():
    """fit_bounded's log-likelihood is the sum of these definitions at its maximum."""
    statements = [known(-6.0), known(-1.0, 1.0), known(-3.5, 1.5), Bound(-4.0, 4.0, 2.0, None, "10_words")]
    statements.append(Bound(-math.inf, -2.0, 1.0, None, "10_words"))
    y = [s.yi if isinstance(s, Estimate) else math.nan for s in statements]
    low = [s.low if isinstance(s, Bound) else math.nan for s in statements]
    high = [s.high if isinstance(s, Bound) else math.nan for s in statements]
    fit = fit_bounded(y, [s.se for s in statements], low, high)

    def total(mu: float, tau: float) -> float:
        return sum(log_likelihood(s, mu, tau) for s in statements)

    assert fit.loglik == pytest.approx(total(fit.beta[0], fit.tau), abs=1e-9)
    for mu, tau in ((fit.beta[0] + 0.1, fit.tau), (fit.beta[0] - 0.1, fit.tau), (fit.beta[0], fit.tau + 0.1)):
        assert total(mu, tau) < fit.loglik
