import numpy as np
import pytest

from mgmeta.bayes.diagnostics import diagnose
from mgmeta.bayes.posterior_io import Convergence, Draws, ebfmi

RNG = np.random.default_rng(1)
GOOD = Convergence(1.001, 3000.0, 2500.0, 0.01)


def draws(diverging=0, energy=None):
    flags = np.zeros((4, 500), dtype=bool)
    flags.flat[:diverging] = True
    energy = RNG.normal(size=(4, 500)) if energy is None else energy
    return Draws({"mu": RNG.normal(size=(4, 500))}, {"diverging": flags, "energy": energy})


def test_good_draws_pass():
    found = diagnose({"mu": GOOD, "tau": GOOD}, draws())
    assert found.ok
    assert found.reasons == ()
    assert found.rhat_max == 1.001


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Convergence(1.02, 3000.0, 2500.0, 0.01), "R-hat of tau is 1.0200"),
        (Convergence(float("nan"), 3000.0, 2500.0, 0.01), "R-hat of tau is nan"),
        (Convergence(1.001, 300.0, 2500.0, 0.01), "bulk ESS of tau is 300"),
        (Convergence(1.001, 3000.0, 400.0, 0.01), "tail ESS of tau is 400"),
    ],
)
def test_each_gate_closes(bad, words):
    found = diagnose({"mu": GOOD, "tau": bad}, draws())
    assert not found.ok
    assert len(found.reasons) == 1
    assert words in found.reasons[0]


def test_one_divergence_is_enough():
    found = diagnose({"mu": GOOD}, draws(diverging=1))
    assert found.divergences == 1
    assert found.reasons == ("1 of 2000 draws diverged",)


def test_a_sluggish_energy_is_seen():
    walk = np.cumsum(RNG.normal(size=(4, 500)), axis=1)
    found = diagnose({"mu": GOOD}, draws(energy=walk))
    assert not found.ok
    assert "E-BFMI" in found.reasons[0]


def test_ebfmi_of_independent_energies_is_two():
    assert ebfmi(RNG.normal(size=(3, 20000))) == pytest.approx(2.0, abs=0.1)
