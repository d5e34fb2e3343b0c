from __future__ import annotations

import pytest

from mgmeta.export.effects import BOUND_COLUMNS, EFFECT_COLUMNS, split_effects

NUMBER = {
    "label": "Doe 1999",
    "year": "1999",
    "outcome": "sbp",
    "yi": "-2.5",
    "yi_low": "",
    "yi_high": "",
    "sei": "1.5",
    "timepoint_weeks": "12.0",
    "n_mg": "20",
    "n_control": "",
    "dose_mg_per_day": "300.0",
    "trial_id": "doe1999",
}
WORDS = {**NUMBER, "yi": "", "yi_low": "-3.0", "yi_high": "3.0"}


def test_every_row_is_in_one_of_the_two_tables() -> None:
    effects, bounds = split_effects([NUMBER, WORDS, {**NUMBER, "yi": "0.0"}])
    assert [row["yi"] for row in effects] == ["-2.5", "0.0"]
    assert [(row["yi_low"], row["yi_high"]) for row in bounds] == [("-3.0", "3.0")]
    assert tuple(effects[0]) == EFFECT_COLUMNS
    assert tuple(bounds[0]) == BOUND_COLUMNS


def test_columns_carry_the_values_of_the_slice() -> None:
    (row,), _ = split_effects([NUMBER])
    assert (row["study"], row["duration_weeks"], row["n_control"]) == ("Doe 1999", "12.0", "")
    assert float(row["vi"]) == pytest.approx(2.25)


def test_no_standard_error_gives_no_variance() -> None:
    (row,), _ = split_effects([{**NUMBER, "sei": ""}])
    assert row["vi"] == ""
