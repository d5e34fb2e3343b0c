import math

import numpy as np
import pytest

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.importance import fit_importance
from mgmeta.bayes.intervals import shortest
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.regression_exact import fit_regression
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import ConfigError, FitError

nan = np.nan
FLAT = parse_mu("flat")
MU, SLOPE, TAU = parse_mu("normal:0,10"), parse_mu("normal:0,10"), parse_tau("halfnormal:5")
X = np.array([1.0, -0.5, 0.3, 0.8, -1.0, 0.2, 0.0, -0.6])
MIXED = make_rows(
    [-4.1, -0.8, -6.5, -2.9, nan, nan, nan, nan],
    [1.2, 1.9, 2.2, 1.1, 2.0, 1.4, 3.1, 1.5],
    [nan] * 4 + [-4.2, -2.9, -6.5, nan],
    [nan] * 4 + [4.2, 2.9, 6.5, -3.1],
    x=X[:, None],
    moderators=["dose"],
)


def with_moderator(rows, x, name="x"):
    return make_rows(rows.y, rows.se, x=np.asarray(x, dtype=float)[:, None], moderators=[name])


@pytest.mark.parametrize(
    ("data", "moderator"), [("bcg", "ablat"), ("bcg", "year"), ("raudenbush1985", "weeks")]
)
def test_meta_regressions_of_bayesmeta(examples, published, table_rows, data, moderator):
    # tau is exact there; the coefficients carry its grid error of up to 0.01 sd.
    summary = examples["bmr"][data][moderator]
    rows = with_moderator(table_rows(data), published[data][moderator])
    found = fit_regression(rows, mu=FLAT, slope=FLAT, tau=TAU)
    assert found.tau.mean == pytest.approx(summary["mean"][0], rel=1e-7)
    assert found.tau.sd == pytest.approx(summary["sd"][0], rel=1e-7)
    assert found.tau.quantile(0.5)[0] == pytest.approx(summary["median"][0], rel=1e-7)
    short = shortest(found.tau, 0.95, floor=0.0)
    assert short.high == pytest.approx(summary["95% upper"][0], rel=1e-4)
    for i, term in enumerate(("intercept", "x"), start=1):
        coefficient, sd = found.coefficient(term), summary["sd"][i]
        assert coefficient.mean == pytest.approx(summary["mean"][i], abs=0.01 * sd)
        assert coefficient.sd == pytest.approx(sd, rel=0.01)
        assert coefficient.quantile(0.5)[0] == pytest.approx(summary["median"][i], abs=0.01 * sd)
        ends = shortest(coefficient, 0.95)
        assert ends.low == pytest.approx(summary["95% lower"][i], abs=0.02 * sd)
        assert ends.high == pytest.approx(summary["95% upper"][i], abs=0.02 * sd)


def test_regression_with_proper_priors(examples, published, table_rows):
    summary = examples["bcg_half_normal"]["bmr"]["summary"]
    rows = with_moderator(table_rows("bcg"), np.array(published["bcg"]["ablat"]) - 33.0)
    found = fit_regression(
        rows, mu=parse_mu("normal:0,2"), slope=parse_mu("normal:0,1"), tau=parse_tau("halfnormal:0.5")
    )
    assert found.tau.mean == pytest.approx(summary["tau"]["mean"], rel=1e-7)
    for term, key in (("intercept", "var001"), ("x", "var002")):
        assert found.coefficient(term).mean == pytest.approx(
            summary[key]["mean"], abs=0.01 * summary[key]["sd"]
        )
        assert found.coefficient(term).sd == pytest.approx(summary[key]["sd"], rel=0.01)


def test_a_moderator_that_is_told_nothing_leaves_the_pool():
    # A slope with a prior tight around 0 is no slope.
    rows = make_rows([-4.0, -1.0, 0.5, -3.0], [1.0, 2.0, 1.5, 1.0])
    plain = fit_exact(rows, mu=MU, tau=TAU)
    found = fit_regression(
        with_moderator(rows, [1, 0, -1, 2]), mu=MU, slope=parse_mu("normal:0,1e-6"), tau=TAU
    )
    assert found.coefficient("intercept").mean == pytest.approx(plain.mu.mean, abs=1e-8)
    assert found.log_marginal == pytest.approx(plain.log_marginal, abs=1e-8)
    assert found.predictive_at([0.0]).sd == pytest.approx(plain.predictive.sd, rel=1e-8)


def test_two_moderators_of_numbers_and_shifts_of_origin():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(9, 2))
    y, se = rng.normal(-2, 2, 9), rng.uniform(0.5, 2, 9)
    here = make_rows(y, se, x=x, moderators=["a", "b"])
    moved = make_rows(y, se, x=x - [1.0, -2.0], moderators=["a", "b"])
    f, g = (fit_regression(rows, mu=FLAT, slope=FLAT, tau=TAU) for rows in (here, moved))
    assert f.terms == ("intercept", "a", "b")
    assert f.coefficient("b").mean == pytest.approx(g.coefficient("b").mean, rel=1e-9)
    assert f.mean_at([1.0, -2.0]).mean == pytest.approx(g.coefficient("intercept").mean, rel=1e-9)
    assert f.mean_at([1.0, -2.0]).sd == pytest.approx(g.coefficient("intercept").sd, rel=1e-9)
    assert f.log_marginal is None


def brute(rows):
    """Joint posterior of intercept, slope and tau on plain grids."""
    m, s = np.linspace(-40, 40, 401), np.linspace(-45, 45, 451)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    edges = np.array([0.0, 2, 5, 10, 20, 40])
    taus = (edges[:-1, None] + np.diff(edges)[:, None] * (nodes + 1) / 2).ravel()
    tau_weights = (np.diff(edges)[:, None] * weights / 2).ravel()
    mm, ss = np.meshgrid(m, s, indexing="ij")
    sums = np.zeros(7)
    for t, tw in zip(taus, tau_weights, strict=True):
        total = MU.log_density(mm) + SLOPE.log_density(ss) + float(TAU.log_density(t))
        for i in range(rows.k):
            sd, eta = math.hypot(t, rows.se[i]), mm + ss * rows.x[i, 0]
            if rows.is_bound[i]:
                total += log_interval((rows.low[i] - eta) / sd, (rows.high[i] - eta) / sd)
            else:
                total += -0.5 * ((rows.y[i] - eta) / sd) ** 2 - math.log(sd) - 0.5 * math.log(2 * math.pi)
        p = np.exp(total + 20) * tw * (m[1] - m[0]) * (s[1] - s[0])
        sums += [
            p.sum(),
            (p * mm).sum(),
            (p * mm**2).sum(),
            (p * ss).sum(),
            (p * ss**2).sum(),
            (p * mm * ss).sum(),
            t * p.sum(),
        ]
    evidence = math.log(sums[0]) - 20
    a = sums / sums[0]
    covariance = np.array([[a[2] - a[1] ** 2, a[5] - a[1] * a[3]], [a[5] - a[1] * a[3], a[4] - a[3] ** 2]])
    return evidence, a[1], a[3], covariance, a[6]


@pytest.mark.slow
def test_bounds_and_one_slope_agree_with_plain_grids_and_with_importance_sampling():
    found = fit_regression(MIXED, mu=MU, slope=SLOPE, tau=TAU)
    evidence, mean, slope, covariance, tau = brute(MIXED)
    assert found.log_evidence == pytest.approx(evidence, abs=1e-8)
    assert found.tau.mean == pytest.approx(tau, rel=1e-8)
    assert found.coefficient("intercept").mean == pytest.approx(mean, rel=1e-8)
    assert found.coefficient("dose").mean == pytest.approx(slope, rel=1e-8)
    assert found.coefficient("intercept").sd == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-8)
    assert found.coefficient("dose").sd == pytest.approx(math.sqrt(covariance[1, 1]), rel=1e-8)
    for at in (0.7, -1.0):
        point = np.array([1.0, at])
        assert found.mean_at([at]).mean == pytest.approx(mean + at * slope, rel=1e-8)
        assert found.mean_at([at]).sd == pytest.approx(math.sqrt(point @ covariance @ point), rel=1e-8)
    with pytest.raises(ConfigError, match="beyond the data"):
        found.mean_at([1.5])

    sampled = fit_importance(MIXED, mu=MU, slope=SLOPE, tau=TAU, seed=3)
    assert sampled.reliable
    assert sampled.khat < 0.3
    assert abs(sampled.log_evidence - evidence) < 4 * sampled.log_evidence_se
    for term in ("intercept", "dose"):
        exact, drawn = found.coefficient(term), sampled.coefficient(term)
        error = exact.sd / math.sqrt(sampled.ess)
        assert abs(drawn.mean - exact.mean) < 4 * error
        assert drawn.sd == pytest.approx(exact.sd, rel=4 / math.sqrt(sampled.ess))
        q = exact.quantile([0.025, 0.975])
        np.testing.assert_allclose(drawn.cdf(q), [0.025, 0.975], atol=4 * 0.16 / math.sqrt(sampled.ess))


def test_importance_sampling_of_numbers_agrees_with_the_closed_form():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(9, 2))
    rows = make_rows(rng.normal(-2, 2, 9), rng.uniform(0.5, 2, 9), x=x, moderators=["a", "b"])
    exact = fit_regression(rows, mu=MU, slope=SLOPE, tau=TAU)
    drawn = fit_importance(rows, mu=MU, slope=SLOPE, tau=TAU, seed=1)
    assert drawn.reliable
    assert abs(drawn.log_evidence - exact.log_evidence) < 4 * drawn.log_evidence_se
    for term in exact.terms:
        error = exact.coefficient(term).sd / math.sqrt(drawn.ess)
        assert abs(drawn.coefficient(term).mean - exact.coefficient(term).mean) < 4 * error
    assert drawn.coefficient("tau").mean == pytest.approx(exact.tau.mean, rel=0.02)
    assert drawn.mean_at([0.5, 0.5]).mean == pytest.approx(exact.mean_at([0.5, 0.5]).mean, abs=0.03)


def test_importance_sampling_repeats_itself_and_takes_two_moderators_with_bounds():
    x = np.column_stack([X, [0, 1, 0, 1, 1, 0, 1, 0]])
    rows = make_rows(MIXED.y, MIXED.se, MIXED.low, MIXED.high, x=x, moderators=["dose", "hypertension"])
    with pytest.raises(ConfigError, match="quadrature takes one"):
        fit_regression(rows, mu=MU, slope=SLOPE, tau=TAU)
    a, b = (fit_importance(rows, mu=MU, slope=SLOPE, tau=TAU, seed=9, draws=4000) for _ in range(2))
    assert a.reliable
    np.testing.assert_array_equal(a.weights, b.weights)
    assert a.coefficient("hypertension").quantile(0.5)[0] == b.coefficient("hypertension").quantile(0.5)[0]


@pytest.mark.parametrize(
    ("x", "priors", "error", "words"),
    [
        ([1.0, 1.0, 1.0], ("flat", "flat"), FitError, "collinear"),
        ([1.0, 2.0, 3.0], ("t:0,1,4", "flat"), ConfigError, "expected normal:MEAN,SD or flat"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, priors, error, words):
    rows = with_moderator(make_rows([1.0, 2.0, 4.0], [1.0] * 3), x)
    with pytest.raises(error, match=words):
        fit_regression(rows, mu=parse_mu(priors[0]), slope=parse_mu(priors[1]), tau=TAU)


def test_flat_coefficients_need_rows():
    rows = with_moderator(make_rows([1.0, 2.0, 4.0], [1.0] * 3), [1, 2, 3])
    with pytest.raises(FitError, match="improper"):
        fit_regression(rows, mu=FLAT, slope=FLAT, tau=parse_tau("flat"))
    with pytest.raises(ConfigError, match="use fit_exact"):
        fit_regression(make_rows([1.0], [1.0]), mu=MU, slope=SLOPE, tau=TAU)


def test_an_uncentred_moderator_with_bounds_is_refused():
    rows = make_rows(MIXED.y, MIXED.se, MIXED.low, MIXED.high, x=(X + 2000.0)[:, None], moderators=["year"])
    with pytest.raises(ConfigError, match="year: values far from 0; centre it"):
        fit_regression(rows, mu=MU, slope=SLOPE, tau=TAU)
