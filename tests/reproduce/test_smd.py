"""Standardised effects: closed form, words without an SD, unit free."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.effects.sd_model import SdEntry, SdModel
from mgmeta.effects.slices import SLICE_COLUMNS
from mgmeta.reproduce.smd import standardise
from mgmeta.stats.student import t_two_sided


def model(sd):
    entries = tuple(SdEntry("sbp", "clinic", "parallel", f"t{i}", f"r{i}", sd, 20.0) for i in range(3))
    return SdModel(entries, {"sbp": sd}, {"sbp": 0.1}, 1.0)


def row(**cells):
    start = dict.fromkeys(SLICE_COLUMNS)
    start |= {"trial_id": "made", "kind": "estimate", "design": "parallel", "n_mg": 20, "n_control": 30}
    return {**start, **cells}


def test_hedges_g_by_hand():
    """d = 5/10 = 0.5; J = 1 - 3/191; variance J^2 (1/20 + 1/30) + g^2/100."""
    se = 10.0 * math.sqrt(1 / 20 + 1 / 30)
    found = standardise([row(yi=-5.0, sei=se)], "sbp", model(12.0))
    g = found.rows[0]["yi"] / found.sd
    assert found.sd == pytest.approx(12.0)
    assert g == pytest.approx(-0.5 * (1 - 3 / 191), rel=1e-12)
    variance = (1 - 3 / 191) ** 2 * (1 / 20 + 1 / 30) + g**2 / 100
    assert found.rows[0]["sei"] / found.sd == pytest.approx(math.sqrt(variance), rel=1e-12)


@given(st.floats(0.1, 50.0), st.integers(3, 200), st.integers(3, 200))
def test_words_need_no_sd(sd, n_mg, n_control):
    """The bound of g is J t sqrt(1/n1 + 1/n2), whatever SD the bound in mmHg borrowed."""
    se = sd * math.sqrt(1 / n_mg + 1 / n_control)
    limit = t_two_sided(0.05, n_mg + n_control - 2.0) * se
    words = row(kind="bound", yi_low=-limit, yi_high=limit, sei=se, n_mg=n_mg, n_control=n_control)
    found = standardise([words], "sbp", model(12.0)).rows[0]
    small = 1 - 3 / (4 * (n_mg + n_control - 2) - 1)
    expected = small * t_two_sided(0.05, n_mg + n_control - 2.0) * math.sqrt(1 / n_mg + 1 / n_control)
    assert found["yi_high"] / 12.0 == pytest.approx(expected, rel=1e-9)
    assert found["yi_low"] == -found["yi_high"]


@given(st.floats(0.01, 100.0))
def test_the_unit_of_pressure_does_not_matter(factor):
    a = standardise([row(yi=-3.0, sei=2.0)], "sbp", model(12.0)).rows[0]
    b = standardise([row(yi=-3.0 * factor, sei=2.0 * factor)], "sbp", model(12.0)).rows[0]
    assert b["yi"] == pytest.approx(a["yi"], rel=1e-9)
    assert b["sei"] == pytest.approx(a["sei"], rel=1e-9)


def test_open_ends_stay_open():
    found = standardise([row(kind="bound", yi_high=-2.0, sei=1.0)], "sbp", model(12.0)).rows[0]
    assert found["yi_low"] is None
    assert found["yi_high"] < 0


def test_crossovers_and_unknown_sizes_are_refused_by_name():
    rows = [
        row(trial_id="cross", design="crossover", yi=1.0, sei=1.0),
        row(trial_id="sizes", n_mg=None, yi=1.0, sei=1.0),
        row(trial_id="kept", yi=1.0, sei=1.0),
    ]
    found = standardise(rows, "sbp", model(12.0))
    assert found.refused == ("cross", "sizes")
    assert [item["trial_id"] for item in found.rows] == ["kept"]
