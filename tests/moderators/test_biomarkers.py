"""Serum magnesium and the vascular outcomes on the real tables: pooled like the pressures, nothing hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgmeta.config import load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.moderators.biomarkers import PooledBiomarker, pool_biomarker, published_pools
from mgmeta.pooling.bounded import fit_bounded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found() -> dict[str, PooledBiomarker]:
    config = load_config(ROOT / "config/config.yaml")
    evidence = load_evidence(ROOT / config.raw)
    keys = ("serum_mg", "fmd", "nitric_oxide")
    return {key: pool_biomarker(evidence, config.analyses["update"], key) for key in keys}


def test_serum_is_the_bounded_pool_of_its_rows(found: dict[str, PooledBiomarker]) -> None:
    serum = found["serum_mg"]
    columns = [[row[key] for row in serum.rows] for key in ("yi", "sei", "yi_low", "yi_high")]
    y, se, low, high = ([float("nan") if v is None else v for v in column] for column in columns)
    fit = fit_bounded(y, se, low, high, level=0.95)
    assert serum.bounded is not None
    assert serum.bounded["estimate"] == pytest.approx(fit.beta[0])
    assert serum.bounded["estimate"] > 0
    assert len(serum.rows) == serum.k_numeric + serum.k_bounds
    assert serum.dose.difference is not None and serum.dose.line is not None


def test_who_prints_it_is_pooled_or_named(found: dict[str, PooledBiomarker]) -> None:
    pooled = {row["trial_id"] for row in found["fmd"].rows}
    left_out = {row["trial_id"]: row for row in found["fmd"].left_out}
    assert not pooled & set(left_out)
    assert all(row["reason"] or row["status"] for row in left_out.values())


def test_no_trial_no_pool_but_a_reason(found: dict[str, PooledBiomarker]) -> None:
    nothing = found["nitric_oxide"]
    assert nothing.bounded is None and "a pool needs at least 2" in nothing.bounded_reason
    assert nothing.left_out


def test_published_pools_are_those_of_the_table() -> None:
    evidence = load_evidence(ROOT / "data/raw")
    printed = {item.label: item.estimate for item in published_pools(evidence, "fmd", "percentage points")}
    rows = {r.review_id: r.estimate for r in evidence.reviews if (r.outcome, r.subset) == ("fmd", "overall")}
    assert printed["Marques 2020"] == rows["marques2020"]
    assert printed["Darooghegi Mofrad 2018"] == rows["darooghegi2018"]
