import itertools

import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.mixture import Share, parse_share, two_states
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import ConfigError, FitError

nan = np.nan
MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
ROWS = make_rows(
    [-4.1, -0.8, -2.9, 3.0, nan, -12.0],
    [1.2, 1.9, 1.1, 2.2, 2.0, 1.5],
    [nan] * 4 + [-4.0, nan],
    [nan] * 4 + [4.0, nan],
    labels="abcdef",
)
UNSURE = np.array([False, False, False, True, True, True])


def by_enumeration(share):
    """The same posterior as a sum over the 2^3 sets of contrasts, each an ordinary exact fit."""
    index = np.flatnonzero(UNSURE)
    alone = {i: fit_exact(ROWS.take([i]), mu=MU, tau=TAU).log_evidence for i in index}
    moments = np.exp(share.log_moments(3))
    total, mean, second, tau, inside = 0.0, 0.0, 0.0, 0.0, np.zeros(3)
    for states in itertools.product([0, 1], repeat=3):
        chosen = [*np.flatnonzero(~UNSURE), *(i for i, s in zip(index, states, strict=True) if s)]
        fit = fit_exact(ROWS.take(chosen), mu=MU, tau=TAU)
        rest = sum(alone[i] for i, s in zip(index, states, strict=True) if not s)
        weight = moments[sum(states)] * np.exp(fit.log_evidence + rest)
        total += weight
        mean += weight * fit.mu.mean
        second += weight * (fit.mu.sd**2 + fit.mu.mean**2)
        tau += weight * fit.tau.mean
        inside += weight * np.array(states)
    mean /= total
    return np.log(total), mean, np.sqrt(second / total - mean**2), tau / total, inside / total


@pytest.mark.parametrize("text", ["0.5", "0.2", "beta:1,1", "beta:2,5"])
def test_the_two_ways_agree(text):
    share = parse_share(text)
    found = two_states(ROWS, UNSURE, share, mu=MU, tau=TAU)
    evidence, mean, sd, tau, inside = by_enumeration(share)
    assert found.log_evidence == pytest.approx(evidence, abs=1e-8)
    assert found.mu.mean == pytest.approx(mean, abs=1e-7)
    assert found.mu.sd == pytest.approx(sd, rel=1e-7)
    assert found.tau.mean == pytest.approx(tau, rel=1e-7)
    assert [p for _, p in found.probabilities] == pytest.approx(inside, abs=1e-6)


def test_zero_and_one_are_without_and_with():
    without = two_states(ROWS, UNSURE, Share(0.0), mu=MU, tau=TAU)
    full = two_states(ROWS, UNSURE, Share(1.0), mu=MU, tau=TAU)
    assert without.mu.mean == pytest.approx(fit_exact(ROWS.take(~UNSURE), mu=MU, tau=TAU).mu.mean, abs=1e-8)
    assert full.mu.mean == pytest.approx(fit_exact(ROWS, mu=MU, tau=TAU).mu.mean, abs=1e-8)
    assert [p for _, p in without.probabilities] == pytest.approx([0.0] * 3, abs=1e-12)
    assert [p for _, p in full.probabilities] == pytest.approx([1.0] * 3, abs=1e-9)


def test_a_row_that_does_not_fit_is_unlikely_to_be_a_contrast():
    tight = make_rows([-2.0, -2.2, -1.8, -2.1, -25.0, -2.0], [0.5] * 6, labels="abcdef")
    found = two_states(tight, [0, 0, 0, 0, 1, 1], Share(0.5), mu=MU, tau=parse_tau("halfnormal:1"))
    assert dict(found.probabilities)["e"] < 0.01
    assert dict(found.probabilities)["f"] > 0.8
    assert found.mu.mean == pytest.approx(-2.0, abs=0.2)


@pytest.mark.parametrize("text", ["0", "0.5", "1", "beta:1,1", "beta:0.5,2"])
def test_shares_are_read_back(text):
    assert parse_share(str(parse_share(text))) == parse_share(text)


@pytest.mark.parametrize("text", ["2", "-0.1", "beta:0,1", "beta:1", "half", "beta:1,1,1", ""])
def test_other_shares_are_refused(text):
    with pytest.raises(ConfigError, match="share of contrasts"):
        parse_share(text)


def test_what_has_no_value_is_refused():
    with pytest.raises(FitError, match="0 rows may not be contrasts"):
        two_states(ROWS, np.zeros(6), Share(0.5), mu=MU, tau=TAU)
    with pytest.raises(ConfigError, match="needs a normal prior"):
        two_states(ROWS, UNSURE, Share(0.5), mu=parse_mu("flat"), tau=TAU)
    with pytest.raises(ConfigError, match="a proper one of tau"):
        two_states(ROWS, UNSURE, Share(0.5), mu=MU, tau=parse_tau("flat"))
