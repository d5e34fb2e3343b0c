import math

import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.loo import leave_one_out
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import FitError

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")


def test_each_term_is_a_ratio_of_evidences(mixed_rows):
    full = fit_exact(mixed_rows, mu=MU, tau=TAU)
    found = leave_one_out(mixed_rows, mu=MU, tau=TAU, level=0.95)
    for i, row in enumerate(found.rows):
        without = fit_exact(mixed_rows.take(np.arange(8) != i), mu=MU, tau=TAU)
        assert row.log_predictive == pytest.approx(full.log_evidence - without.log_evidence, abs=1e-8)
        assert row.mean == without.mu.mean
        assert (row.tail is None) == bool(mixed_rows.is_bound[i])
    assert found.elpd == pytest.approx(sum(row.log_predictive for row in found.rows))
    assert found.elpd_se > 0


def test_an_outlier_is_a_surprise():
    rows = make_rows([-2.0, -1.5, -2.5, -1.0, 14.0], [1.0] * 5)
    tails = [row.tail for row in leave_one_out(rows, mu=MU, tau=TAU, level=0.95).rows]
    assert min(tails) == tails[4] < 0.001
    assert all(tail > 0.2 for tail in tails[:4])


def test_the_predictive_is_calibrated_when_the_model_is_true():
    # Exact probability integral transform: tails of data drawn from the model are uniform.
    rng = np.random.default_rng(8)
    tails = []
    for _ in range(150):
        mu, tau = rng.normal(0, 10), abs(rng.normal(0, 5))
        se = rng.uniform(0.5, 3, 6)
        y = rng.normal(mu, np.sqrt(tau**2 + se**2))
        tails.append(leave_one_out(make_rows(y, se), mu=MU, tau=TAU, level=0.95).rows[0].tail)
    # Kolmogorov-Smirnov distance of 150 uniforms: below 1.63 / sqrt(150) in 99 %.
    order = np.sort(tails)
    distance = np.abs(order - (np.arange(150) + 0.5) / 150).max()
    assert distance < 1.63 / math.sqrt(150)


def test_too_few_rows_are_refused():
    with pytest.raises(FitError, match="at least two"):
        leave_one_out(make_rows([1.0], [1.0]), mu=MU, tau=TAU, level=0.95)
    with pytest.raises(FitError, match="without a: improper"):
        three = make_rows([1.0, 2.0, 3.0], [1.0] * 3, labels="abc")
        leave_one_out(three, mu=parse_mu("flat"), tau=parse_tau("flat"), level=0.95)
