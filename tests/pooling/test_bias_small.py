"""PET-PEESE, limit meta-analysis, WAAP, excess significance, fail-safe N, funnel data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.egger import egger
from mgmeta.pooling.excess_significance import excess_significance
from mgmeta.pooling.failsafe import general, orwin, rosenberg, rosenthal, with_null_studies
from mgmeta.pooling.funnel import funnel
from mgmeta.pooling.limit_meta import limit_meta
from mgmeta.pooling.pet_peese import pet_peese, pet_peese_bounded
from mgmeta.pooling.pool import pool
from mgmeta.pooling.waap import waap

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5])
Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, -0.5, -1.2, -3.3, -6.0, -0.7])


def test_effects_on_the_line_are_found_by_pet_and_peese() -> None:
    noise = 1e-6 * np.cos(np.arange(11))
    pet = pet_peese(-1.0 - 0.5 * SE + noise, SE**2, level=0.95).pet
    assert (pet.intercept.estimate, pet.slope.estimate) == pytest.approx((-1.0, -0.5), abs=1e-5)
    peese = pet_peese(-1.0 - 0.5 * SE**2 + noise, SE**2, level=0.95).peese
    assert (peese.intercept.estimate, peese.slope.estimate) == pytest.approx((-1.0, -0.5), abs=1e-5)


def test_the_rule_takes_peese_only_if_pet_finds_an_effect() -> None:
    none = pet_peese(Y - 0.6, SE**2, level=0.95)
    assert none.pet.intercept.p_value >= 0.10
    assert none.chosen == "PET" and none.estimate == none.pet.intercept
    some = pet_peese(Y - 5, SE**2, level=0.95)
    assert some.pet.intercept.p_value < 0.10
    assert some.chosen == "PEESE" and some.estimate == some.peese.intercept


def test_pet_peese_takes_bounds() -> None:
    y, se = np.append(Y, np.nan), np.append(SE, 2.5)
    low, high = np.full(12, np.nan), np.full(12, np.nan)
    low[11], high[11] = -4.9, 4.9
    found = pet_peese_bounded(y, se, low, high, level=0.95)
    assert found.pet.k_bounds == found.peese.k_bounds == 1
    assert found.pet.intercept.ci_low < found.pet.intercept.estimate < found.pet.intercept.ci_high


def test_without_heterogeneity_the_limit_is_the_radial_line() -> None:
    """tau2 = 0: the adjusted effect is Egger's intercept and every study shrinks onto it."""
    y = -1.0 - 0.2 * SE + 0.01 * np.sin(np.arange(11))
    found = limit_meta(y, SE**2, level=0.95)
    line = egger(y, SE**2, level=0.95).line
    assert found.tau == 0.0
    assert found.estimate == pytest.approx(line.intercept.estimate)
    assert found.alpha == pytest.approx(line.slope.estimate)
    np.testing.assert_allclose(found.shrunken, found.beta)
    assert found.q_small + found.q_resid == pytest.approx(pool(y, SE**2).q)


def test_limit_meta_follows_units_and_sign() -> None:
    found, again = (limit_meta(c * Y, (c * SE) ** 2, level=0.95) for c in (1.0, -0.133322))
    assert again.estimate == pytest.approx(-0.133322 * found.estimate)
    assert again.g2 == pytest.approx(found.g2)
    assert again.p_value == pytest.approx(found.p_value)
    with pytest.raises(FitError, match="different SE"):
        limit_meta(Y, np.ones(11), level=0.95)
    with pytest.raises(FitError, match="at least 3"):
        limit_meta(Y[:2], SE[:2], level=0.95)


def test_rosenberg_n_is_where_significance_is_lost() -> None:
    """Add that many null studies of average weight: P crosses 0.05 between n - 1 and n."""
    found = rosenberg(Y, SE**2)
    mean_weight = np.mean(1 / SE**2)

    def p_with(n: int) -> float:
        y = np.append(Y, np.zeros(n))
        v = np.append(SE**2, np.full(n, 1 / mean_weight))
        return pool(y, v, method="EE").p_value

    assert p_with(found.n - 1) <= 0.05 < p_with(found.n)


def test_rosenthal_n_is_where_stouffers_sum_is_lost() -> None:
    found = rosenthal(Y, SE**2)
    total = abs((Y / SE).sum())
    before, after = (1 - ndtr(total / math.sqrt(11 + n)) for n in (found.n - 1, found.n))
    assert before <= 0.05 < after
    assert "weak" in found.warnings[0]


def test_orwin_n_brings_the_mean_to_its_target() -> None:
    found = orwin(Y, SE**2, target=-0.5, weighted=False)
    assert abs(Y.sum()) / (11 + found.n) <= 0.5 < abs(Y.sum()) / (11 + found.n - 1)
    assert orwin(Y, SE**2, target=-50.0).n == 0
    with pytest.raises(ConfigError, match="other than 0"):
        orwin(Y, SE**2, target=0.0)
    with pytest.raises(ConfigError, match="alpha"):
        rosenthal(Y, SE**2, alpha=2.0)


@pytest.mark.parametrize("exact", [False, True])
def test_the_general_n_is_where_significance_is_lost(exact: bool) -> None:
    found = general(Y, SE**2, exact=exact)
    before, after = (with_null_studies(Y, SE**2, n, exact=exact) for n in (found.n - 1, found.n))
    assert before.p_value <= 0.05 < after.p_value
    assert with_null_studies(Y, SE**2, 0).estimate == pytest.approx(pool(Y, SE**2).estimate)
    assert general([0.1, -0.1, 0.2], np.ones(3), exact=exact).n == 0


def test_excess_counts_coins_of_unequal_weight() -> None:
    """With all powers equal the count is binomial."""
    y = np.array([-3.0, -2.5, -2.2, 0.1, 0.3])
    found = excess_significance(y, np.ones(5), effect=-1.0, alternative="less", alpha=0.025)
    power = float(ndtr(1.0 + ndtri(0.025)))
    np.testing.assert_allclose(found.power, power)
    tail = sum(math.comb(5, j) * power**j * (1 - power) ** (5 - j) for j in (3, 4, 5))
    assert (found.observed, found.expected) == (3, pytest.approx(5 * power))
    assert found.p_value == pytest.approx(tail)
    with pytest.raises(ConfigError, match="alternative"):
        excess_significance(y, np.ones(5), alternative="up")
    with pytest.raises(ConfigError, match="alpha"):
        excess_significance(y, np.ones(5), alpha=0.0)


def test_waap_averages_the_powered_studies() -> None:
    y, se = Y - 2.0, SE
    found = waap(y, se**2, level=0.95)
    powered = se < abs(found.uwls.estimate) / 2.8
    assert 2 <= found.k_adequate == powered.sum() < 11
    assert found.waap is not None
    assert found.waap.estimate == pytest.approx(pool(y[powered], se[powered] ** 2, method="EE").estimate)
    none = waap([0.1, -0.1, 0.05], np.ones(3), level=0.95)
    assert none.waap is None and "undefined" in none.warnings[0]
    with pytest.raises(FitError, match="at least 2"):
        waap([1.0], [1.0], level=0.95)


def test_funnel_zones_follow_the_contours() -> None:
    found = funnel(Y, SE**2, centre=-1.0, level=0.95)
    for z, zone in zip(np.abs(Y / SE), found.zone, strict=True):
        p = 2 * (1 - ndtr(z))
        assert zone == (0.01 if p < 0.01 else 0.05 if p < 0.05 else 0.1 if p < 0.1 else 1.0)
    contour = found.contours[1]
    assert contour.p == 0.05
    np.testing.assert_allclose(contour.half_width, 1.959963984540054 * found.se_grid)
    np.testing.assert_allclose(found.region_high + found.region_low, -2.0)
