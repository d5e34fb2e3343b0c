"""All subsets, in order; or a sample of them, by seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgmeta.errors import ConfigError
from mgmeta.pooling.gosh import by_trial, gosh
from mgmeta.pooling.pool import pool

Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9])
V = np.array([1.5, 1.1, 2.2, 0.9, 1.2])


def test_rows_count_in_binary_and_hold_the_pool_of_their_members() -> None:
    table = gosh(Y, V)
    assert table.complete and table.k.size == 31
    for code in (1, 6, 19, 31):
        inside = np.array([code >> i & 1 for i in range(5)], dtype=bool)
        np.testing.assert_array_equal(table.member[code - 1], inside)
        if inside.sum() > 1:
            usual = pool(Y[inside], V[inside])
            row = (table.estimate, table.tau2, table.i2, table.h2, table.q)
            assert [float(part[code - 1]) for part in row] == pytest.approx(
                [usual.estimate, usual.tau2, usual.i2, usual.h2, usual.q], rel=1e-9, abs=1e-12
            )
    assert (table.q[0], table.i2[0], table.h2[0]) == (0.0, 0.0, 1.0)
    assert table.estimate[0] == pytest.approx(Y[0])
    assert (np.bincount(table.k)[1:] == [math.comb(5, k) for k in range(1, 6)]).all()


def test_many_trials_are_sampled_by_seed() -> None:
    random = np.random.default_rng(1)
    y, v = random.normal(size=25), random.uniform(0.1, 1, 25)
    table, again = (gosh(y, v, method="DL", subsets=5000, seed=7) for _ in range(2))
    other = gosh(y, v, method="DL", subsets=5000, seed=8)
    assert not table.complete and table.k.size == 5000
    np.testing.assert_array_equal(table.estimate, again.estimate)
    assert not np.array_equal(table.estimate, other.estimate)
    assert table.member.mean() == pytest.approx(0.5, abs=0.01)
    assert table.k.min() >= 1
    with pytest.raises(ConfigError, match="give a seed"):
        gosh(y, v)
    with pytest.raises(ConfigError, match="at least 1"):
        gosh(y, v, subsets=0, seed=1)


def test_progress_ends_at_the_total() -> None:
    seen: list[tuple[int, int]] = []
    random = np.random.default_rng(1)
    gosh(random.normal(size=16), np.ones(16), method="FE", progress=lambda *at: seen.append(at))
    assert seen == [(32768, 65535), (65535, 65535)]


def test_the_outlier_splits_the_subsets() -> None:
    y = np.append(Y, 8.0)
    v = np.append(V, 0.5)
    trials = by_trial(gosh(y, v))
    shifts = [trial.estimate_with - trial.estimate_without for trial in trials]
    assert int(np.argmax(np.abs(shifts))) == 5
    assert trials[5].i2_with > trials[5].i2_without + 20


def test_8191_subsets_by_reml_take_a_tenth_of_a_second() -> None:
    """0.03 s on one idle core of 2020; the limit leaves room for a busy machine."""
    import time

    random = np.random.default_rng(1)
    y, v = random.normal(size=13), random.uniform(0.05, 1, 13)
    gosh(y, v)
    start = time.process_time()
    assert gosh(y, v).k.size == 8191
    assert time.process_time() - start < 0.4
