import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.propriety import check
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import FitError

nan = np.nan


def rows(numbers, two_sided, one_sided):
    k = numbers + two_sided + one_sided
    y = [0.5 * i for i in range(numbers)] + [nan] * (two_sided + one_sided)
    low = [nan] * numbers + [-2.0] * two_sided + [nan] * one_sided
    high = [nan] * numbers + [2.0] * two_sided + [1.0] * one_sided
    return make_rows(y, [1.0] * k, low, high)


@pytest.mark.parametrize(
    ("made", "mu", "tau", "proper"),
    [
        # Flat tau: numbers + two-sided - (1 if mu is flat) >= 2.
        ((2, 0, 0), "normal:0,10", "flat", True),
        ((2, 0, 0), "flat", "flat", False),
        ((3, 0, 0), "flat", "flat", True),
        ((1, 2, 0), "flat", "flat", True),
        ((0, 2, 0), "normal:0,10", "flat", True),
        ((1, 0, 9), "normal:0,10", "flat", False),
        ((2, 0, 9), "flat", "flat", False),
        # All one-sided and flat mu: never.
        ((0, 0, 5), "flat", "halfnormal:5", False),
        ((0, 0, 5), "normal:0,10", "halfnormal:5", True),
        ((0, 0, 5), "normal:0,10", "flat", False),
        ((1, 0, 0), "flat", "halfnormal:5", True),
        ((0, 1, 3), "flat", "halfcauchy:5", True),
        # Other improper priors: one row less by their tail.
        ((2, 0, 0), "flat", "sqrt", True),
        ((1, 0, 0), "flat", "sqrt", False),
        ((2, 0, 0), "flat", "jeffreys", True),
        ((1, 0, 0), "normal:0,10", "berger_deely", True),
    ],
)
def test_the_rule(made, mu, tau, proper):
    table, mean, spread = rows(*made), parse_mu(mu), parse_tau(tau)
    if proper:
        check(table, mean, spread)
        assert fit_exact(table, mu=mean, tau=spread).tau.cdf([1e9])[0] > 0.999
    else:
        with pytest.raises(FitError, match="improper posterior"):
            check(table, mean, spread)


def test_the_message_says_what_is_missing():
    with pytest.raises(FitError) as error:
        check(rows(1, 1, 4), parse_mu("flat"), parse_tau("flat"))
    assert "2 rows are numbers or two-sided bounds, less 1 for the flat mu" in str(error.value)
    assert "at least 2" in str(error.value)
    assert "one-sided bounds don't count" in str(error.value)


def test_the_rule_is_where_the_integral_stops_growing():
    # k = 2 with flat mu and tau: the integral to T grows like log T for ever; with k = 3 it stops.
    from mgmeta.bayes.exact import Conditional
    from mgmeta.bayes.mean_prior import mean_prior

    tau = np.array([1e3, 1e6])
    for k, power in ((2, 1.0), (3, 2.0)):
        flat = Conditional(rows(k, 0, 0), mean_prior(parse_mu("flat"))).at(tau).log_marginals
        assert (flat[0] - flat[1]) / np.log(1e3) == pytest.approx(power, abs=1e-4)
        assert k - 1 == pytest.approx(power)


@pytest.mark.parametrize(
    ("made", "mu", "tau", "expected"),
    [
        ((3, 0, 0), "flat", "flat", (0, 0, 0)),
        ((4, 0, 0), "flat", "flat", (1, 1, 1)),
        ((5, 0, 0), "flat", "flat", (2, 2, 2)),
        ((3, 0, 0), "normal:0,1", "flat", (1, 2, 1)),
        ((3, 0, 0), "t:0,1,5", "flat", (1, 2, 1)),
        ((3, 0, 0), "cauchy:0,1", "flat", (1, 1, 1)),
        ((2, 0, 0), "flat", "halfnormal:1", (2, 2, 2)),
        ((2, 0, 0), "flat", "halfcauchy:1", (1, 1, 1)),
    ],
)
def test_which_moments_exist(made, mu, tau, expected):
    tail = check(rows(*made), parse_mu(mu), parse_tau(tau))
    assert (tail.tau_moments, tail.mu_moments, tail.predictive_moments) == expected
