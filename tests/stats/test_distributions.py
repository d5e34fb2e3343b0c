from __future__ import annotations

import math

import pytest
import scipy.stats

from mgmeta.errors import ConfigError
from mgmeta.stats.distributions import check_level, chi2_p, f_p, quantile, two_sided_p, wald


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_quantiles(level: float) -> None:
    assert quantile(level, None) == pytest.approx(scipy.stats.norm.ppf(0.5 + level / 2), rel=1e-12)
    assert quantile(level, math.inf) == quantile(level, None)
    assert quantile(level, 3.7) == pytest.approx(scipy.stats.t.ppf(0.5 + level / 2, 3.7), rel=1e-10)
    assert math.isnan(quantile(level, 0.0))


def test_tail_areas() -> None:
    assert two_sided_p(-2.2, None) == pytest.approx(2 * scipy.stats.norm.sf(2.2), rel=1e-12)
    assert two_sided_p(2.2, 5.5) == pytest.approx(2 * scipy.stats.t.sf(2.2, 5.5), rel=1e-10)
    assert two_sided_p(30.0, None) == pytest.approx(2 * scipy.stats.norm.sf(30.0), rel=1e-10)
    assert chi2_p(7.0, 3) == pytest.approx(scipy.stats.chi2.sf(7.0, 3), rel=1e-12)
    assert chi2_p(0.0, 0) == 1.0
    assert f_p(2.5, 2, 9) == pytest.approx(scipy.stats.f.sf(2.5, 2, 9), rel=1e-12)
    assert math.isnan(f_p(2.5, 2, 0))
    assert math.isnan(two_sided_p(1.0, 0))


def test_a_standard_error_of_zero() -> None:
    assert wald(1.0, 0.5) == 2.0
    assert wald(-1.0, 0.0) == -math.inf
    assert two_sided_p(wald(-1.0, 0.0), 4.0) == 0.0
    assert math.isnan(wald(0.0, 0.0))


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, math.nan])
def test_a_level_is_a_proportion(level: float) -> None:
    with pytest.raises(ConfigError, match="not between 0 and 1"):
        check_level(level)
