"""Replicates of the model of unknown SDs: what the model itself made is what it expects."""

from types import SimpleNamespace

import numpy as np
import pytest

from mgmeta.bayes import sd_unknown
from mgmeta.bayes.calibration_sd import EXTERNAL
from mgmeta.bayes.model_priors import LOG_SD
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.sd_checks import draw_priors, replicated, rows_of
from mgmeta.bayes.sd_data import SdData

JOB = SimpleNamespace(mu=parse_mu("normal:0,10"), tau=parse_tau("halfnormal:5"))
DATA = SdData(
    outcome="sbp",
    labels=("a", "b"),
    y=np.array([-3.0, 1.0]),
    variance=np.array([[4.0, 0.0, 0.0], [8.0, 6.0, 0.0]]),
    bound_labels=("c", "d"),
    low=np.array([-2.0, -np.inf]),
    high=np.array([2.0, -2.1]),
    scale=np.array([0.3, 0.4]),
    bound_kind=np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    sd_labels=(),
    sd_variance=np.zeros((0, 3)),
    sd_df=np.zeros(0),
    sd_kind=np.zeros((0, 3)),
    external=EXTERNAL,
)


def test_priors_are_those_of_the_model():
    p = draw_priors(DATA, JOB, np.random.default_rng(1))
    assert set(p) == set(sd_unknown.PARAMETERS)
    assert p["log_sd"].mean() == pytest.approx(np.log(EXTERNAL), abs=0.1)
    assert p["log_sd"].std() == pytest.approx(LOG_SD, rel=0.08)


def test_replicates_have_the_spread_of_their_trial():
    n = 40_000
    p = {name: np.zeros(n) for name in sd_unknown.PARAMETERS}
    p |= {"mu": np.full(n, -2.0), "tau": np.ones(n), "log_sd": np.full(n, np.log(10.0))}
    p |= {"r_prepost": np.full(n, 0.5), "crossover": np.full(n, np.log(0.5))}
    se, results = replicated(DATA, p, np.random.default_rng(2))
    np.testing.assert_allclose(se[0], [2.0, np.sqrt(5.0), 3.0, 2.0])
    np.testing.assert_allclose(results.mean(axis=0), -2.0, atol=0.06)
    np.testing.assert_allclose(results.std(axis=0), np.sqrt(1.0 + se[0] ** 2), rtol=0.02)
    rows = rows_of(DATA)
    assert rows.k_bounds == 2
    np.testing.assert_allclose(rows.se, [2.0, np.sqrt(5.0), 1.0, 1.0])
