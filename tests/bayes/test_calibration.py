"""Calibration: short here, long (marker `long`) against the committed table bayes_calibration.csv."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from mgmeta.bayes import posterior_io
from mgmeta.bayes.calibration import draw_rank, exact_ranks, ranks, simulate, uniformity
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.pymc_model import Priors, compile_model
from mgmeta.bayes.rows import make_rows

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
TABLE = Path(__file__).parents[1] / "reference" / "bayes_calibration.csv"
COLUMNS = ("engine", "trials", "silent", "repeats", "parameter", "chi2", "df", "p_value")
# (engine, trials, share of non-significant trials that print words only, repeats of the long run)
DESIGNS = (
    ("exact", 6, 0.0, 2000),
    ("exact", 6, 0.8, 2000),
    ("exact", 20, 0.8, 2000),
    ("pymc", 6, 0.0, 500),
    ("pymc", 6, 0.8, 500),
    ("pymc", 20, 0.8, 500),
)
# A false alarm in one of ten thousand runs of a file, shared by all its tests (Bonferroni).
ALARM = 1e-4 / (2 * len(DESIGNS))


def exact_engine(rows, truth):
    return exact_ranks(rows, truth, MU, TAU)


def pymc_engine(seed):
    compiled = compile_model(Priors(MU, MU, TAU), ("dose", "hypertension"))
    rng = np.random.default_rng([seed, 1])

    def engine(rows, truth):
        trace = posterior_io.sample(
            compiled.with_rows(rows),
            draws=500,
            tune=500,
            chains=2,
            target_accept=0.9,
            cores=1,
            seed=int(rng.integers(2**31)),
        )
        draws = posterior_io.draws_of(trace, ["mu", "tau"])
        return tuple(draw_rank(draws.flat(n), v, rng) for n, v in (("mu", truth.mu), ("tau", truth.tau)))

    return engine


def run(engine, trials, silent, repeats, seed=20160324):
    chosen = exact_engine if engine == "exact" else pymc_engine(seed)
    found = ranks(chosen, mu=MU, tau=TAU, trials=trials, silent=silent, repeats=repeats, seed=seed)
    return [uniformity(found[:, j]) for j in range(2)]


@pytest.mark.parametrize(("trials", "silent"), [(6, 0.0), (6, 0.8)])
def test_the_exact_engine_is_calibrated(trials, silent):
    for found in run("exact", trials, silent, 200, seed=3):
        assert found.p_value > ALARM


@pytest.mark.slow
def test_the_pymc_model_is_calibrated():
    for found in run("pymc", 6, 0.8, 100, seed=4):
        assert found.p_value > ALARM


def test_the_test_would_notice_words_taken_as_zeros():
    # Small effects, so that many trials are silent; each is replaced by 0 with its standard error.
    mu, tau = parse_mu("normal:0,2"), parse_tau("halfnormal:2")

    def wrong(rows, truth):
        zeros = np.where(rows.is_bound, 0.0, rows.y)
        return exact_ranks(make_rows(zeros, rows.se), truth, mu, tau)

    found = ranks(wrong, mu=mu, tau=tau, trials=20, silent=0.8, repeats=400, seed=5)
    assert min(uniformity(found[:, j]).p_value for j in range(2)) < ALARM


def test_uniform_ranks_pass_and_others_do_not():
    rng = np.random.default_rng(1)
    assert uniformity(rng.random(2000)).p_value > ALARM
    assert uniformity(rng.beta(1.5, 1.5, 2000)).p_value < ALARM


def test_ranks_of_draws_are_uniform_when_the_value_is_one_of_them():
    rng = np.random.default_rng(2)
    values = np.array([draw_rank(rng.normal(size=500), rng.normal(), rng) for _ in range(2000)])
    assert uniformity(values).p_value > ALARM
    assert values.min() > 0.0
    assert values.max() < 1.0


def test_silence_hides_only_what_is_not_significant():
    rng = np.random.default_rng(3)
    for _ in range(20):
        _, rows = simulate(rng, mu=MU, tau=TAU, trials=30, silent=1.0)
        numbers = ~rows.is_bound
        assert (np.abs(rows.y[numbers]) > 1.96 * rows.se[numbers]).all()
        assert rows.k_two_sided == rows.k_bounds


def test_the_committed_table_shows_no_miscalibration():
    rows = list(csv.DictReader(io.StringIO(TABLE.read_text())))
    assert len(rows) == 2 * len(DESIGNS)
    assert all(float(row["p_value"]) > ALARM for row in rows)


@pytest.mark.long
def test_the_long_run_repeats_the_committed_table():
    rows = list(csv.DictReader(io.StringIO(TABLE.read_text())))
    assert rows == [{key: str(value) for key, value in row.items()} for row in long_table()]


def long_table():
    found = []
    for engine, trials, silent, repeats in DESIGNS:
        for parameter, result in zip(("mu", "tau"), run(engine, trials, silent, repeats), strict=True):
            values = (engine, trials, silent, repeats, parameter)
            numbers = (f"{result.chi2:.2f}", result.df, f"{result.p_value:.3f}")
            found.append(dict(zip(COLUMNS, (*values, *numbers), strict=True)))
    return found
