"""Calibration: the exact engine; marked long, all models and wrong ones (short: test_pymc_model.py)."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mgmeta.bayes import baseline_risk, calibration_normal, robust
from mgmeta.bayes.calibration import Case, Ranked, adjusted, judge, repeats
from mgmeta.bayes.calibration_cases import CASES
from mgmeta.bayes.calibration_normal import (
    CRITICAL,
    MU,
    TAU,
    simulate_mixture,
    simulate_normal,
    simulate_regression,
    simulate_student,
    told,
)
from mgmeta.bayes.calibration_pair import simulate_bivariate
from mgmeta.bayes.calibration_sd import simulate_sd_unknown
from mgmeta.bayes.calibration_table import ALPHA
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import ConfigError


def smallest(found):
    """Smallest P value of a run, adjusted for the number of tests in it."""
    return float(adjusted(list(judge(found).values())).min())


def test_the_exact_engine_is_calibrated():
    assert smallest(repeats(CASES["exact"], range(100), seed=3)) > ALPHA


def test_words_taken_as_zeros_are_found():
    def wrong(rng, _):
        # Small effects, so that many trials are silent; each is replaced by 0 with its standard error.
        truth = {"mu": rng.normal(0.0, 2.0), "tau": abs(rng.normal(0.0, 5.0))}
        se = rng.uniform(1.0, 4.0, 20)
        rows = told(rng, rng.normal(truth["mu"], np.hypot(truth["tau"], se)), se)
        zeros = make_rows(np.where(rows.is_bound, 0.0, rows.y), rows.se)
        posterior = fit_exact(zeros, mu=parse_mu("normal:0,2"), tau=TAU)
        return Ranked({key: float(getattr(posterior, key).cdf(value)[0]) for key, value in truth.items()})

    assert smallest(repeats(Case("wrong", "exact", (), lambda: wrong), range(300), seed=5)) < ALPHA


def test_a_repeat_depends_on_its_number_alone():
    case = CASES["exact"]
    assert repeats(case, [7], seed=1) == repeats(case, range(5, 9), seed=1)[2:3]
    assert repeats(case, [7], seed=1) != repeats(case, [7], seed=2)


def test_words_say_on_which_side_of_significance_a_result_lies():
    rng = np.random.default_rng(3)
    y, se = rng.normal(0.0, 5.0, 4000), np.full(4000, 2.0)
    rows = told(rng, y, se)
    words = rows.is_bound
    assert ((rows.low[words] < y[words]) & (y[words] < rows.high[words])).all()
    inside = np.abs(y) < CRITICAL * se
    assert words[inside].mean() == pytest.approx(0.6, abs=0.05)
    assert words[~inside].mean() == pytest.approx(0.2, abs=0.04)
    assert rows.k_two_sided == (words & inside).sum()


def test_only_priors_that_can_be_drawn_from_are_taken():
    rng = np.random.default_rng(4)
    draws = [calibration_normal.draw_prior(rng, MU) for _ in range(4000)]
    spreads = [calibration_normal.draw_prior(rng, TAU) for _ in range(4000)]
    assert np.std(draws) == pytest.approx(10.0, rel=0.05)
    assert np.mean(spreads) == pytest.approx(5.0 * np.sqrt(2.0 / np.pi), rel=0.05)
    with pytest.raises(ConfigError, match="normal and halfnormal only"):
        calibration_normal.draw_prior(rng, parse_mu("cauchy:0,1"))


@dataclass(frozen=True)
class Moved:
    """A simulator and a small step of its parameters."""

    simulate: object
    step: dict


STEPS = {
    "normal": Moved(simulate_normal, {"mu": 0.3, "tau": 0.2}),
    "moderators": Moved(simulate_regression, {"slope_dose": 0.2, "slope_hypertension": 0.3}),
    "student_t": Moved(simulate_student, {"tau": 0.2, "nu": 2.0}),
    "mixture": Moved(simulate_mixture, {"extra": 0.5, "share": 0.01}),
    "sd_unknown": Moved(simulate_sd_unknown, {"log_sd": 0.05, "crossover": 0.05, "r_prepost": 0.03}),
    "bivariate": Moved(simulate_bivariate, {"mu_dbp": 0.2, "r_between": -0.02, "r_within": 0.03}),
}


@pytest.mark.parametrize("key", STEPS)
def test_data_are_drawn_from_the_likelihood(key, monkeypatch):
    # Whatever the parameters t and t': the mean of L(t') / L(t) over data drawn at t is 1.
    if key == "bivariate":  # its log likelihood is of the numbers, which are all of the data only then
        monkeypatch.setattr(calibration_normal, "SILENT", 0.0)
        monkeypatch.setattr(calibration_normal, "SILENT_SIGNIFICANT", 0.0)
    rng = np.random.default_rng(11)
    ratios = []
    for _ in range(600):
        drawn = STEPS[key].simulate(rng)
        if abs(drawn.truth.get("r_between", 0.0)) > 0.95:
            continue  # a step may not leave (-1, 1)
        pair = {name: np.array([v, v + STEPS[key].step.get(name, 0.0)]) for name, v in drawn.truth.items()}
        there, moved = drawn.log_likelihood(pair)
        ratios.append(np.exp(moved - there))
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert 0.001 < error < 0.1
    assert abs(np.mean(ratios) - 1.0) < 4.0 * error


def test_the_log_likelihood_of_moderators_is_that_of_the_shifted_numbers():
    rng = np.random.default_rng(12)
    rows = make_rows(
        [-2.0, 1.0, np.nan],
        [1.0, 2.0, 1.5],
        [-9, -9, -3.0],
        [9, 9, 3.0],
        x=[[1, 0], [2, 1], [0, 0]],
        moderators=("dose", "hypertension"),
    )
    p = {"mu": rng.normal(size=3), "slope_dose": rng.normal(size=3), "slope_hypertension": rng.normal(size=3)}
    p["tau"] = np.array([0.5, 1.0, 3.0])
    for i in range(3):
        shift = p["slope_dose"][i] * rows.x[:, 0] + p["slope_hypertension"][i] * rows.x[:, 1]
        plain = make_rows(rows.y - shift, rows.se, rows.low, rows.high)
        variances = np.array([[p["tau"][i] ** 2]])
        expected = robust.row_terms(plain, p["mu"][[i]], variances).sum()
        assert calibration_normal.log_likelihood(rows, p)[i] == pytest.approx(expected)


@pytest.mark.long
@pytest.mark.parametrize("key", CASES)
def test_every_model_is_calibrated_at_another_seed(key):
    assert smallest(repeats(CASES[key], range(100), seed=1)) > ALPHA


def doubled(name):
    return lambda data: {**data, name: 2.0 * data[name]}


def words_as_zeros(data):
    silent = (data["low"] > -1e8) & (data["high"] < 1e8)
    rest = {name: data[name][~silent] for name in ("low", "high", "se_bound")}
    zeros = np.concatenate([data["y"], np.zeros(silent.sum())])
    return {**data, **rest, "y": zeros, "se": np.concatenate([data["se"], data["se_bound"][silent]])}


def other_trials(data):
    # DBP of another trial: what is correlated within a trial no longer is.
    one = data["one"].copy()
    both = (one[:, 1] == 1.0) & (one[:, 4] == 1.0)
    one[np.ix_(both, [6, 9])] = np.roll(one[np.ix_(both, [6, 9])], 1, axis=0)
    return {**data, "one": one}


def entry_without_error(data):
    rows = data["rows"].copy()
    rows[:, [baseline_risk.COLUMNS.index(name) for name in ("variance", "covariance")]] = 0.0
    return {**data, "rows": rows}


# In the mixture SEs of the words alone doubled are not seen in 100 repeats (adjusted P 0.12 to 1): a third of
# the trials or so is silent, and SEs of 1 to 4 mmHg stand beside an SD between trials of some 4 mmHg.
WRONG = {
    "normal": doubled("se"),
    "moderators": doubled("x_dose"),
    "sd_unknown": doubled("sd_variance"),
    "student_t": words_as_zeros,
    "mixture": lambda data: {**data, "se": 2.0 * data["se"], "se_bound": 2.0 * data["se_bound"]},
    "bivariate": other_trials,
    "baseline_risk": entry_without_error,
}


@pytest.mark.long
@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_likelihood_is_found(key):
    right = CASES[key].prepare()

    def simulate(rng):
        drawn = right.simulate(rng)
        return replace(drawn, data=WRONG[key](drawn.data))

    wrong = Case(key, "pymc", (), lambda: replace(right, simulate=simulate))
    assert smallest(repeats(wrong, range(100), seed=2)) < ALPHA


# A constant of a robust model, the value the sampler is given, and the parameter it misleads: few degrees of
# freedom; outlying effects half as far apart as they are.
WRONG_PRIOR = {"student_t": ("NU_RATE", 1.0, "nu"), "mixture": ("EXTRA", 5.0, "extra")}


@pytest.mark.long
@pytest.mark.parametrize("key", WRONG_PRIOR)
def test_a_wrong_prior_is_found(key, monkeypatch):
    constant, value, parameter = WRONG_PRIOR[key]
    monkeypatch.setattr(robust, constant, value)
    right = CASES[key]
    found = judge(repeats(right, range(100), seed=2))
    assert adjusted(list(found.values()))[list(found).index(parameter)] < ALPHA
