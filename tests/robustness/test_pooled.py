"""Which rows the checks work on, from the real tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgmeta.config import load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.robustness.pooled import collect

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def evidence():
    return load_evidence(ROOT / "data" / "raw")


@pytest.fixture(scope="module")
def config():
    return load_config(ROOT / "config" / "config.yaml")


def test_rows_are_those_of_the_slice_and_doubtful_ones_come_on_top(evidence, config):
    analysis = config.analyses["zhang2016"]
    found = collect(evidence, analysis)
    assert [item.outcome for item in found] == list(analysis.outcomes)
    wide = collect(evidence, config.analyses["zhang2016_permissive"])
    for narrow, permissive in zip(found, wide, strict=True):
        assert not narrow.uncertain[: narrow.rows.k].any()
        assert narrow.uncertain[narrow.rows.k :].all()
        assert set(narrow.wider.labels) == set(permissive.rows.labels)
        assert not permissive.uncertain.any()  # its rows are in already
        assert len(narrow.labels) == narrow.rows.k == len(narrow.years)


def test_second_hand_is_what_a_secondary_source_prints(evidence, config):
    kinds = {source.source_id: source.kind for source in evidence.sources}
    for item in collect(evidence, config.analyses["update"]):
        for row, second in zip(item.records, item.secondary, strict=True):
            read = [kinds[source] for source in row["source_ids"].split(";")]
            assert second == any(kind in ("secondary_table", "secondary_text") for kind in read)
        assert 0 < item.secondary.sum() < item.rows.k


def test_an_outcome_without_rows_is_left_out(evidence, config):
    analysis = config.analyses["zhang2016"]
    none = replace(analysis, select=replace(analysis.select, year_max=1900, year_unclear=()))
    assert collect(evidence, none) == []


def test_the_stated_sd_is_that_of_the_sd_model(evidence, config):
    found = collect(evidence, config.analyses["zhang2016"])
    assert all(np.isfinite(item.sd) and item.sd > 0 for item in found)
    high = collect(evidence, config.analyses["zhang2016_sd_high"])
    assert high[0].sd == pytest.approx(1.4 * found[0].sd)
