"""The multiverse: any specification picked out of it is what the slow path gives."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mgmeta.config import Analysis
from mgmeta.effects.derive import derive
from mgmeta.effects.eligibility import judge
from mgmeta.effects.slices import build_slice
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import pool
from mgmeta.pooling.slice_input import Effects, effects_of
from mgmeta.reproduce.choices import CHOICES, ELIGIBILITY, POOLINGS, assume_of, of_kind, select_of
from mgmeta.reproduce.multiverse import OUTLYING, Universe, marks, outlying, run_multiverse
from mgmeta.reproduce.multiverse_summary import LABEL, summarise
from mgmeta.reproduce.multiverse_table import document, move_rows
from mgmeta.reproduce.picked import whole_rows
from mgmeta.reproduce.worlds import eligibility_masks, trials_of, without_twins

KEYS = [choice.key for choice in CHOICES]


@pytest.fixture(scope="module")
def timed(evidence, config):
    start = time.process_time()
    found = run_multiverse(evidence, config)
    return found, time.process_time() - start


@pytest.fixture(scope="module")
def universes(timed):
    return timed[0]


def test_over_twenty_thousand_specifications_in_a_minute(timed):
    """Processor time, so that a busy machine is not a failure."""
    found, seconds = timed
    assert sum(universe.estimate.size for universe in found.values()) > 20_000
    assert all(universe.distinct > 10_000 for universe in found.values())
    assert seconds < 60.0


def test_the_first_specification_is_the_protocols(universes, evidence, derived, config):
    analysis = config.analyses[config.target.analysis]
    rows = whole_rows(build_slice(evidence, derived, analysis).rows)
    for outcome, universe in universes.items():
        e = effects_of([row for row in rows if row["outcome"] == outcome])
        fit = fit_bounded(e.y, e.se, e.low, e.high, level=config.level)
        first = (0,) * universe.estimate.ndim
        assert universe.k[first] == fit.k
        assert universe.estimate[first] == pytest.approx(fit.beta[0], abs=0.06)
        assert universe.ci_low[first] == pytest.approx(fit.ci_low[0], abs=0.05)
        assert universe.ci_high[first] == pytest.approx(fit.ci_high[0], abs=0.05)


def specification(index, base: Analysis):
    """Return the analysis that one specification is, its dose rule, and its pooling."""
    values = {c.key: c.levels[i][1] for c, i in zip(CHOICES, index, strict=True)}
    pooling = values["pooling"]
    select = replace(
        select_of(base, values),
        ambiguity_out=values["ambiguity"],
        silent="not_significant" if pooling.words == "bounds_silent" else "ignore",
    )
    assume = assume_of(base.assume, values["correlation"], values["sd"], values["conflict"])
    return replace(base, select=select, assume=assume), values["dose"], pooling


@pytest.mark.parametrize("seed", range(6))
def test_any_specification_is_what_the_slow_path_gives(universes, evidence, config, seed):
    """Random levels of everything but measurement and outliers, which have their own tests."""
    rng = np.random.default_rng(seed)
    base = config.analyses[config.target.analysis]
    index = [int(rng.integers(len(choice.levels))) for choice in CHOICES]
    for key in ("preference", "outliers"):
        index[KEYS.index(key)] = 0
    for pooling in range(len(POOLINGS)):
        index[KEYS.index("pooling")] = pooling
        analysis, elemental, how = specification(index, base)
        rows = whole_rows(build_slice(evidence, derive(evidence, analysis.assume), analysis).rows)
        if elemental:
            rows = tuple(row for row in rows if row["dose_per_100mg"] is not None)
        for outcome, universe in universes.items():
            e = effects_of([row for row in rows if row["outcome"] == outcome])
            at = tuple(index)
            if how.words == "drop":
                v = e.se[e.numeric] ** 2
                fit = pool(e.y[e.numeric], v, method=how.method, test=how.test, level=config.level)
                assert universe.k[at] == fit.k
                assert universe.estimate[at] == pytest.approx(fit.estimate, abs=1e-6)
                assert universe.ci_low[at] == pytest.approx(fit.ci_low, abs=1e-6)
                assert universe.tau[at] == pytest.approx(fit.tau, abs=1e-4)
            else:
                assert universe.k[at] == e.y.size
                if how.method == "ML":
                    slow = fit_bounded(e.y, e.se, e.low, e.high, level=config.level)
                    assert universe.estimate[at] == pytest.approx(slow.beta[0], abs=0.06)


def test_ambulatory_first_changes_only_trials_that_measured_it(universes):
    """Joris, Borrello and Kawano print both; the numbers of trials stay."""
    axis = KEYS.index("preference")
    for universe in universes.values():
        office, ambulatory = (universe.k.take(i, axis=axis) for i in (0, 1))
        assert np.nanmax(np.abs(office - ambulatory)) <= 3
        estimate = [universe.estimate.take(i, axis=axis) for i in (0, 1)]
        assert np.any(estimate[0] != estimate[1])


def test_masks_are_the_judgements_of_every_combination(evidence, config):
    base = config.analyses[config.target.analysis]
    masks = eligibility_masks(evidence, base)
    assert len(masks) == np.prod([len(choice.levels) for choice in of_kind(ELIGIBILITY)])
    assert masks.any(axis=1).all()
    trials = trials_of(evidence)
    double = {trial.trial_id for trial, inside in zip(trials, masks[0], strict=True) if inside}
    assert all(evidence.trial(t).blinding in ("double", "unclear") for t in double)


def test_judging_each_kind_of_trial_once_changes_no_mask(evidence, config):
    """Three combinations, every trial judged by itself."""
    base = config.analyses[config.target.analysis]
    masks, eligible = eligibility_masks(evidence, base), of_kind(ELIGIBILITY)
    combinations = list(product(*(choice.levels for choice in eligible)))
    for i in (0, 101, len(combinations) - 2):
        values = {c.key: level[1] for c, level in zip(eligible, combinations[i], strict=True)}
        select = select_of(base, values | {"dose": False})
        alone = np.array([judge(trial, select).eligible for trial in trials_of(evidence)])
        if values["dose"]:
            assert not (masks[i] & ~alone).any()
        else:
            np.testing.assert_array_equal(masks[i], alone)


def test_marks_tell_selections_apart_by_rows_numbers_and_kind():
    e = Effects(np.array([1.0, 1.0, np.nan]), np.ones(3), np.array([-np.inf, -np.inf, -2.0]), np.full(3, 2.0))
    masks = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1]], dtype=bool)
    first = marks(e, masks, b"a")
    assert len(first) == 5
    assert marks(e, masks[:2], b"a") == marks(e, masks[[1, 0, 0]], b"a") < first  # in any company
    assert not marks(e, masks[:3], b"b") & first
    other = Effects(np.array([1.0, 1.0 + 1e-15, np.nan]), e.se, e.low, e.high)
    assert len(marks(other, masks, b"a") & first) == 2  # those without the row that differs


def test_nobody_counts_twice(evidence, config):
    trials = trials_of(evidence)
    masks = without_twins(evidence, np.ones((1, len(trials)), dtype=bool))
    kept = {trial.trial_id for trial, inside in zip(trials, masks[0], strict=True) if inside}
    for trial in trials:
        if trial.overlaps_with:
            assert not {trial.trial_id, trial.overlaps_with} <= kept


def test_outlying_numbers_by_brute_force():
    rng = np.random.default_rng(3)
    y = np.append(rng.normal(-2.0, 1.0, 9), [-15.0, np.nan])
    e = Effects(y, np.full(11, 1.0), np.full(11, -np.inf), np.full(11, np.inf))
    masks = np.array([[True] * 10 + [False], [True] * 9 + [False] * 2, [True] * 3 + [False] * 8])
    found = outlying(e, masks)
    assert not found[2].any()  # three numbers cannot say which is odd
    for mask, odd in zip(masks[:2], found[:2], strict=True):
        inside = np.flatnonzero(mask)
        tau2 = pool(y[inside], np.ones(inside.size), method="DL", test="z").tau2
        for i in inside:
            others = inside[inside != i]
            mean = y[others].mean()  # equal weights
            sd = np.sqrt(1.0 + tau2 + (1.0 + tau2) / others.size)
            assert odd[i] == (abs(y[i] - mean) > OUTLYING * sd)
    assert found[0][9]


def additive(effects):
    """A universe whose estimate is a sum of one effect a choice: no interactions."""
    shape = tuple(len(choice.levels) for choice in CHOICES)
    total = np.zeros(shape)
    for axis, (choice, size) in enumerate(zip(CHOICES, effects, strict=True)):
        steps = size * np.arange(len(choice.levels))
        total = total + steps.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    k, seen = np.full(shape, 9.0), frozenset([b""])
    return Universe("sbp", total, total - 1.0, total + 1.0, np.abs(total), k, seen)


def test_without_interactions_the_shares_add_up_to_one():
    effects = [0.1 * (i + 1) for i in range(len(CHOICES))]
    found = summarise(additive(effects))
    assert sum(move.main for move in found.moves) == pytest.approx(1.0)
    for move in found.moves:
        assert move.total == pytest.approx(move.main)
        i = KEYS.index(move.key)
        levels = len(CHOICES[i].levels)
        variance = effects[i] ** 2 * (levels**2 - 1) / 12.0
        everywhere = sum(
            size**2 * (len(c.levels) ** 2 - 1) / 12.0 for size, c in zip(effects, CHOICES, strict=True)
        )
        assert move.main == pytest.approx(variance / everywhere)


def test_the_summary_counts_what_is_there(universes):
    for universe in universes.values():
        found = summarise(universe)
        values = universe.estimate
        assert found.specifications == values.size
        assert found.shares_below["-2"] == pytest.approx(np.mean(values[~np.isnan(values)] < -2.0))
        assert [point.estimate for point in found.curve] == sorted(point.estimate for point in found.curve)
        assert found.curve[0].estimate == pytest.approx(np.nanmin(values))
        assert found.curve[-1].estimate == pytest.approx(np.nanmax(values))
        for point in (*found.curve[::40], found.primary):
            assert values[point.levels] == point.estimate
        assert sum(n for _, _, n in found.cloud.counts) == np.sum(~np.isnan(universe.tau))
        assert 0.0 < found.words < next(m.main for m in found.moves if m.key == "pooling")


def test_shares_are_labelled_as_no_probabilities(universes):
    found = {name: summarise(universe) for name, universe in universes.items()}
    made = document(found, 0.95)
    assert made["label"] == LABEL
    assert "not probabilities" in LABEL
    assert [c["key"] for c in made["choices"]] == KEYS
    rows = move_rows(found)
    assert len(rows) == len(found) * sum(len(choice.levels) for choice in CHOICES)


def test_levels_are_different_and_named_once():
    for choice in CHOICES:
        names = [name for name, _ in choice.levels]
        assert len(set(names)) == len(names) >= 2
