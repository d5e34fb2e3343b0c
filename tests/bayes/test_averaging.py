import itertools
import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mgmeta.bayes import weight_functions
from mgmeta.bayes.averaging import average_models
from mgmeta.bayes.bias_likelihood import Likelihood
from mgmeta.bayes.bias_models import BiasModel, default_models
from mgmeta.bayes.exact import fit_exact, log_evidence_at, log_likelihood_fixed
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.weight_functions import weight_rule
from mgmeta.errors import ConfigError

nan = np.nan
ROOT_HALF = math.sqrt(0.5)
FOUR = ("fixed_H0", "random_H0", "fixed_H1", "random_H1")
RNG = np.random.default_rng(6)
SE = RNG.uniform(0.1, 0.4, 8)
ROWS = make_rows(RNG.normal(0.25, np.sqrt(0.1**2 + SE**2)), SE)
EFFECT, TAU = parse_mu("normal:0,1"), parse_tau("invgamma:1,0.15")


def check_exact(found, exact):
    by_name = dict(zip(FOUR, found.models, strict=True))
    for name, model in by_name.items():
        assert model.log_marginal == pytest.approx(exact["logml"][name], abs=1e-8)
    order = ("fixed_H0", "fixed_H1", "random_H0", "random_H1")
    assert [by_name[name].posterior for name in order] == pytest.approx(exact["post"], rel=1e-7)
    assert found.effect.bf == pytest.approx(exact["BF_effect"], rel=1e-8)
    assert found.heterogeneity.bf == pytest.approx(exact["BF_heterogeneity"], rel=1e-8)
    for name in ("fixed_H1", "random_H1"):
        assert (by_name[name].mean, by_name[name].sd) == pytest.approx(exact[f"{name}_mean_sd"], rel=1e-7)
    assert (found.conditional.mean, found.conditional.sd) == pytest.approx(
        exact["averaged_H1_mean_sd"], rel=1e-7
    )
    assert by_name["random_H1"].tau_mean == pytest.approx(exact["tau_random_H1_mean"], rel=1e-7)
    # The reference reads these quantiles off a grid, half a step low: they agree to 3e-3 only.
    # test_the_averaged_density_is_the_mixture_of_the_exact_ones checks them to 1e-7.
    q = found.conditional.quantile([0.025, 0.5, 0.975])
    np.testing.assert_allclose(q, exact["averaged_H1_q"], atol=3e-3)


def test_power_pose(examples):
    data = examples["power_pose"]
    rows = make_rows(data["data"]["y"], data["data"]["se"])
    one_sided = average_models(
        rows, effect=parse_tau(f"halfcauchy:{ROOT_HALF!r}"), tau=TAU, direction="positive"
    )
    check_exact(one_sided, data["exact"]["exact_quadrature_test"])
    two_sided = average_models(rows, effect=parse_mu(f"cauchy:0,{ROOT_HALF!r}"), tau=TAU)
    check_exact(two_sided, data["exact"]["exact_quadrature_estimation_prior"])
    printed = data["printed"]
    assert one_sided.effect.bf == pytest.approx(printed["BF_inclusion"], abs=5e-4)
    assert one_sided.effect.posterior == pytest.approx(printed["inclusion_prob"], abs=5e-4)
    for name, model in zip(FOUR, one_sided.models, strict=True):
        assert model.posterior == pytest.approx(printed["posterior"][name], abs=5e-6)
    assert one_sided.conditional.mean == pytest.approx(printed["averaged"]["mean"], abs=5e-3)
    q = one_sided.conditional.quantile([0.025, 0.975])
    np.testing.assert_allclose(q, printed["averaged"]["q"], atol=6e-3)


def test_dentine_hypersensitivity(examples):
    data = examples["poulsen2006"]
    rows = make_rows(data["data"]["y"], data["data"]["se"])
    found = average_models(rows, effect=parse_mu("t:0,0.51,5"), tau=parse_tau("invgamma:1.79,0.28"))
    check_exact(found, data["exact"])
    paper = data["printed"]["paper"]
    assert found.effect.bf == pytest.approx(paper["BF10"], abs=5e-3)
    assert found.heterogeneity.bf == pytest.approx(paper["BFrf"], abs=5e-3)


def test_the_averaged_density_is_the_mixture_of_the_exact_ones():
    found = average_models(ROWS, effect=EFFECT, tau=TAU)
    fixed = 1.0 / (1.0 + np.sum(ROWS.se**-2.0))
    mean = fixed * np.sum(ROWS.y / ROWS.se**2)
    posterior = fit_exact(ROWS, mu=EFFECT, tau=TAU)
    share = found.models[2].posterior / found.effect.posterior
    x = np.linspace(-0.2, 0.7, 9)
    expected = share * ndtr((x - mean) / math.sqrt(fixed)) + (1 - share) * posterior.mu.cdf(x)
    np.testing.assert_allclose(found.conditional.cdf(x), expected, atol=1e-7)


def test_models_without_bias_are_the_exact_engines(mixed_rows):
    for rows in (ROWS, mixed_rows):
        effect, tau = (EFFECT, TAU) if rows is ROWS else (parse_mu("normal:0,10"), parse_tau("halfnormal:5"))
        logs = [model.log_marginal for model in average_models(rows, effect=effect, tau=tau).models]
        expected = [
            log_likelihood_fixed(rows, 0.0),
            log_evidence_at(rows, 0.0, tau),
            log_likelihood_fixed(rows, effect),
            fit_exact(rows, mu=effect, tau=tau).log_evidence,
        ]
        assert logs == pytest.approx(expected, abs=1e-8)


def grid(function, *axes):
    """A sum over a product of axes, each (points, weights)."""
    total = 0.0
    for combination in itertools.product(*(zip(*axis, strict=True) for axis in axes)):
        weight = math.prod(w for _, w in combination)
        total += weight * function(*(x for x, _ in combination))
    return total


def axis(low, high, n):
    x, w = np.polynomial.legendre.leggauss(n)
    return low + (high - low) * (x + 1) / 2, (high - low) * w / 2


def test_pet_is_what_plain_integration_says():
    model = BiasModel("PET", "pet", 1.0, slope=parse_tau("halfcauchy:1"))
    found = average_models(ROWS, effect=EFFECT, tau=TAU, bias=[model], direction="positive").models

    def density(mu, b):
        z = (ROWS.y - mu - b * ROWS.se) / ROWS.se
        return np.exp(-0.5 * np.sum(z * z) - np.sum(np.log(ROWS.se)) - 4 * math.log(2 * math.pi))

    bs = axis(0.0, 8.0, 120)
    null = grid(lambda b: density(0.0, b) * math.exp(model.slope.log_density(b)), bs)
    full = grid(
        lambda mu, b: density(mu, b) * math.exp(model.slope.log_density(b) + EFFECT.log_density(mu)),
        axis(-4.0, 2.0, 120),
        bs,
    )
    logs = {(m.effect, m.heterogeneity, m.bias): m.log_marginal for m in found}
    assert logs[False, False, "PET"] == pytest.approx(math.log(null), abs=1e-6)
    assert logs[True, False, "PET"] == pytest.approx(math.log(full), abs=1e-6)


def seen_density(rows, mu, tau, weights, cuts):
    """Density of the rows under a one-sided weight function with known weights, directly."""
    cut_z = -ndtri(np.array(cuts))  # descending
    total = 0.0
    for i in range(rows.k):
        s = math.hypot(tau, rows.se[i])
        edges = np.concatenate([[np.inf], cut_z * rows.se[i], [-np.inf]])
        if rows.is_bound[i]:
            own = [
                weights[j]
                * max(
                    0.0,
                    ndtr((min(edges[j], rows.high[i]) - mu) / s)
                    - ndtr((max(edges[j + 1], rows.low[i]) - mu) / s),
                )
                for j in range(len(weights))
            ]
            total += math.log(sum(own))
        else:
            j = int(np.sum(rows.y[i] / rows.se[i] < cut_z))
            total += (
                math.log(weights[j])
                - 0.5 * ((rows.y[i] - mu) / s) ** 2
                - math.log(s * math.sqrt(2 * math.pi))
            )
        parts = [
            weights[j] * (ndtr((edges[j] - mu) / s) - ndtr((edges[j + 1] - mu) / s))
            for j in range(len(weights))
        ]
        total -= math.log(sum(parts))
    return math.exp(total)


@pytest.mark.parametrize("with_bound", [False, True])
def test_weight_functions_are_what_plain_integration_says(with_bound):
    rows = ROWS
    if with_bound:
        rows = make_rows([*ROWS.y, nan], [*ROWS.se, 0.3], [nan] * 8 + [-0.588], [nan] * 8 + [0.588])
    for cuts in ((0.05,), (0.025, 0.05)):
        model = BiasModel("w", "weights", 1.0, cuts, 1)
        likelihood = Likelihood(rows, (np.zeros(1), np.zeros(1)))
        nodes, weights = axis(0.0, 1.0, 60)
        for mu, tau in ((0.0, 0.0), (0.3, 0.2), (-0.2, 0.1)):
            if len(cuts) == 1:
                plain = grid(lambda a: seen_density(rows, mu, tau, [1, a], cuts), (nodes, weights))  # noqa: B023
            else:
                plain = grid(
                    lambda a, b: 2 * a * seen_density(rows, mu, tau, [1, a, a * b], cuts),  # noqa: B023
                    (nodes, weights),
                    (nodes, weights),
                )
            found = likelihood.log_joint(model, np.array([mu]), np.array([tau]))[0, 0]
            # Far from the peak the rule for the weights is coarser.
            assert found == pytest.approx(math.log(plain), abs=5e-3 if mu < 0 else 1e-4)


def test_the_mean_may_be_interpolated_in_tau():
    model = default_models()[3]
    likelihood = Likelihood(ROWS, (np.zeros(1), np.zeros(1)))
    tau, mu = np.linspace(0.0, 1.2, 60), np.array([-0.1, 0.2, 0.4])
    together = likelihood.log_joint(model, mu, tau)
    alone = np.hstack([likelihood.log_joint(model, mu, tau[i : i + 1]) for i in range(60)])
    np.testing.assert_allclose(together, alone, atol=5e-6)


@pytest.mark.parametrize("free", [1, 2, 3])
def test_weights_are_ordered_uniforms(free):
    weights, log_weights = weight_rule(free)
    p = np.exp(log_weights)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    # The j-th largest of n uniforms has mean (n + 1 - j) / (n + 1).
    expected = [1.0, *((free + 1 - j) / (free + 1) for j in range(1, free + 1))]
    assert p @ weights == pytest.approx(expected, abs=1e-12)
    assert (np.diff(weights, axis=1) < 0).all()


def test_thirty_six_models(monkeypatch):
    found = average_models(ROWS, effect=EFFECT, tau=TAU, bias=default_models(), direction="positive")
    assert len(found.models) == 36
    assert sum(model.prior for model in found.models) == pytest.approx(1.0)
    assert sum(model.posterior for model in found.models) == pytest.approx(1.0)
    assert (found.effect.prior, found.heterogeneity.prior, found.bias.prior) == pytest.approx((0.5, 0.5, 0.5))
    odds = found.effect.posterior / (1 - found.effect.posterior)
    assert found.effect.bf == pytest.approx(odds, rel=1e-9)
    mean = sum(model.posterior * model.mean for model in found.models)
    assert found.mean == pytest.approx(mean)
    assert found.mean == pytest.approx(found.effect.posterior * found.conditional.mean, rel=1e-7)
    # A finer rule for the weights changes Bayes factors by less than 1e-3.
    monkeypatch.setattr(weight_functions, "POINTS", {1: 32, 2: 20, 3: 14})
    finer = average_models(ROWS, effect=EFFECT, tau=TAU, bias=default_models(), direction="positive")
    assert found.effect.bf == pytest.approx(finer.effect.bf, rel=1e-3)
    assert found.bias.bf == pytest.approx(finer.bias.bf, rel=1e-3)


def test_the_mirror_image_has_the_mirrored_answer():
    a = average_models(ROWS, effect=EFFECT, tau=TAU, bias=default_models()[-3:], direction="positive")
    b = average_models(
        make_rows(-ROWS.y, ROWS.se), effect=EFFECT, tau=TAU, bias=default_models()[-3:], direction="negative"
    )
    assert b.mean == pytest.approx(-a.mean, rel=1e-7)
    assert b.bias.bf == pytest.approx(a.bias.bf, rel=1e-7)
    assert b.quantile(0.975) == pytest.approx(-a.quantile(0.025), abs=1e-7)


def test_bias_made_by_selection_is_found():
    rng = np.random.default_rng(2)
    y, se = [], []
    while len(y) < 25:  # no effect; results below P = 0.05 in the wanted direction are hardly seen
        s = rng.uniform(0.1, 0.4)
        x = rng.normal(0.0, s)
        if x / s > 1.645 or rng.random() < 0.01:
            y.append(x)
            se.append(s)
    rows = make_rows(y, se)
    naive = average_models(rows, effect=EFFECT, tau=TAU)
    honest = average_models(rows, effect=EFFECT, tau=TAU, bias=default_models(), direction="positive")
    assert naive.effect.bf > 10
    assert honest.bias.bf > 10
    assert honest.effect.bf < 3


def test_quantiles_know_the_spike():
    found = average_models(ROWS, effect=EFFECT, tau=TAU)
    below = found.effect.posterior * found.conditional.cdf(0.0)[0]
    spike = 1 - found.effect.posterior
    assert found.quantile(below + 0.5 * spike) == 0.0
    assert found.quantile(0.5 * below) < 0.0
    assert found.quantile(0.5 * (1 + below + spike)) > 0.0


def test_an_overwhelming_effect_keeps_finite_logs():
    rows = make_rows([50.0] * 6, [0.1] * 6)
    found = average_models(rows, effect=parse_mu("normal:0,10"), tau=parse_tau("uniform:1"))
    assert found.effect.bf == math.inf
    assert found.effect.posterior == 1.0
    assert all(math.isfinite(model.log_marginal) for model in found.models)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"effect": parse_mu("flat")}, "improper"),
        ({"tau": parse_tau("flat")}, "improper"),
        ({"direction": "up"}, "expected negative or positive"),
        ({"prior_effect": 1.0}, "between 0 and 1"),
        ({"bias": [default_models()[0]] * 2}, "expected different ones"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        average_models(ROWS, **{"effect": EFFECT, "tau": TAU, **changes})


def test_peese_takes_the_unit_of_the_effects():
    plain, mmhg = default_models()[-1], default_models(10.0)[-1]
    assert plain.slope.params == (5.0,)
    assert mmhg.slope.params == (0.5,)
    assert sum(model.share for model in default_models()) == pytest.approx(1.0)
