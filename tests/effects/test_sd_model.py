"""The SD model: its pool, its fall-backs and its cut log-normal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mgmeta.effects.sd_model import (
    MIN_SPREAD,
    SdEntry,
    build_sd_model,
    external_sds,
    root_mean_square,
    spread_of_log_sd,
    truncated_median,
)
from mgmeta.errors import DataError


def entry(
    sd: float, df: float = 30, trial: str = "a", group: str = "clinic", design: str = "parallel"
) -> SdEntry:
    return SdEntry("sbp", group, design, trial, f"{trial}-sbp-1", sd, df)


def test_root_mean_square_is_the_pooled_sd_of_people():
    rng = np.random.default_rng(1)
    groups = [rng.normal(0, 10, n) for n in (12, 30, 55)]
    pooled = math.sqrt(sum(((g - g.mean()) ** 2).sum() for g in groups) / sum(g.size - 1 for g in groups))
    entries = [entry(float(g.std(ddof=1)), g.size - 1, str(i)) for i, g in enumerate(groups)]
    assert root_mean_square(entries) == pytest.approx(pooled, rel=1e-12)


def test_borrowing_widens_step_by_step(evidence):
    entries = [entry(10, trial=str(i)) for i in range(3)]
    entries += [entry(6, trial="x1", design="crossover"), entry(4, trial="h1", group="home")]
    model = build_sd_model(entries, evidence.parameters)
    own = model.borrow("sbp", "office", "parallel")
    assert (own.sd, own.k, own.source) == (10, 3, "clinic, parallel")
    both = model.borrow("sbp", "unspecified", "crossover")
    assert (both.k, both.source) == (4, "clinic, both designs")
    assert model.borrow("sbp", "home", "parallel").source == "clinic, both designs"
    outside = model.borrow("dbp", "office", "parallel")
    assert (outside.k, outside.source, outside.sd) == (0, "external studies", model.external["dbp"])


def test_the_factor_scales_every_borrowed_sd(evidence):
    entries = [entry(10, trial=str(i)) for i in range(3)]
    base, scaled = (build_sd_model(entries, evidence.parameters, factor) for factor in (1.0, 0.7))
    for outcome in ("sbp", "dbp"):
        first, second = (m.borrow(outcome, "office", "parallel").sd for m in (base, scaled))
        assert second == pytest.approx(0.7 * first)


def test_external_medians_come_from_the_table(evidence):
    values = sorted(
        r.value if r.quantity.startswith("sd") else math.sqrt(r.value)
        for r in evidence.parameters
        if r.quantity in ("sd_change_sbp_mmhg", "variance_change_sbp_mmhg2")
    )
    assert external_sds(evidence.parameters)["sbp"] == pytest.approx(float(np.median(values)))
    with pytest.raises(DataError, match=r"reference_parameters.csv: no SD of change for sbp"):
        external_sds([])


def test_spread_recovers_a_known_between_trial_sd():
    rng = np.random.default_rng(7)
    truth, df = 0.3, 40
    true_sd = 10 * np.exp(rng.normal(0, truth, 4000))
    seen = true_sd * np.sqrt(rng.chisquare(df, 4000) / df)
    entries = [
        entry(float(s), df, str(i), design="parallel" if i % 2 else "crossover") for i, s in enumerate(seen)
    ]
    assert spread_of_log_sd(entries) == pytest.approx(truth, abs=0.015)


def test_identical_sds_leave_the_floor():
    assert spread_of_log_sd([entry(8, trial=str(i)) for i in range(4)]) == MIN_SPREAD
    assert spread_of_log_sd([]) == MIN_SPREAD


@given(
    center=st.floats(0.5, 20), spread=st.floats(0.05, 1), cut=st.floats(0.1, 40), above=st.booleans()
)  # fmt: skip
def test_truncated_median_halves_what_is_left(center, spread, cut, above):
    low, high = (cut, math.inf) if above else (0.0, cut)
    median = truncated_median(center, spread, low, high)
    assert low <= median <= high
    model = stats.lognorm(s=spread, scale=center)
    left = model.sf(cut) if above else model.cdf(cut)
    if left > 1e-6:
        half = model.sf(median) if above else model.cdf(median)
        assert half == pytest.approx(left / 2, rel=1e-6)


def test_nothing_left_gives_the_cut_itself():
    assert truncated_median(1.0, 0.05, low=100.0) == pytest.approx(100.0)
    assert truncated_median(100.0, 0.05, high=1.0) == pytest.approx(1.0)
    assert truncated_median(3.0, 0.2) == pytest.approx(3.0)
