"""Parts of the multiverse, joined, are the multiverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError, DataError
from mgmeta.reproduce.choices import CHOICES
from mgmeta.reproduce.multiverse import Universe, run_multiverse
from mgmeta.reproduce.multiverse_parts import ARRAYS, join_parts, part_bytes, readings_of
from mgmeta.reproduce.worlds import all_readings

SHAPE = tuple(len(choice.levels) for choice in CHOICES)


@pytest.fixture(scope="module")
def whole():
    """Random numbers, some missing: joining looks at none of them."""
    rng = np.random.default_rng(5)
    arrays = {name: np.where(rng.random(SHAPE) < 0.1, np.nan, rng.normal(size=SHAPE)) for name in ARRAYS}
    seen = frozenset(rng.bytes(16) for _ in range(50)) | {bytes(16)}
    return {"sbp": Universe("sbp", **arrays, seen=seen)}


@given(st.integers(1, len(all_readings())))
def test_every_reading_is_in_one_part(count):
    parts = [readings_of(i, count) for i in range(1, count + 1)]
    assert tuple(reading for part in parts for reading in part) == all_readings()
    assert all(parts)


def test_more_parts_than_readings_are_refused():
    with pytest.raises(ConfigError, match="108 readings"):
        readings_of(1, 109)


@pytest.mark.parametrize("count", [1, 4, 108])
def test_joined_parts_are_the_whole_bit_by_bit(whole, count):
    files = {}
    for i in range(1, count + 1):
        readings = readings_of(i, count)
        files[f"{i}.npz"] = part_bytes(whole, readings)
    found = join_parts(dict(reversed(files.items())))
    assert found["sbp"].seen == whole["sbp"].seen
    for name in ARRAYS:
        assert getattr(found["sbp"], name).tobytes() == getattr(whole["sbp"], name).tobytes()


def test_a_part_pools_only_its_readings_and_as_the_whole_would(evidence, config):
    one, both = all_readings()[7:8], all_readings()[6:8]
    alone, together = run_multiverse(evidence, config, one), run_multiverse(evidence, config, both)
    for outcome, universe in alone.items():
        assert universe.seen < together[outcome].seen
        for name in ARRAYS:
            mine, theirs = getattr(universe, name), getattr(together[outcome], name)
            np.testing.assert_array_equal(mine[one[0]], theirs[one[0]])
            assert np.isnan(mine[both[0]]).all()


def test_what_is_no_part_or_not_all_of_them_is_named(whole):
    parts = {f"{i}.npz": part_bytes(whole, readings_of(i, 3)) for i in (1, 2, 3)}
    with pytest.raises(DataError, match=r"36 of 108 readings are in no part"):
        join_parts({name: parts[name] for name in ("1.npz", "3.npz")})
    with pytest.raises(DataError, match=r"again\.npz: .* is in 1\.npz too"):
        join_parts({**parts, "again.npz": parts["1.npz"]})
    for content in (b"", b"not a part", parts["1.npz"][:-40], parts["1.npz"][: len(parts["1.npz"]) // 2]):
        with pytest.raises(DataError, match=r"bad\.npz: no part of a multiverse"):
            join_parts({"bad.npz": content})
