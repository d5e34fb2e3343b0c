from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.stats.shared_control import average_shared_control, shared_control_covariance


def test_covariance_of_simulated_arms():
    rng = np.random.default_rng(8)
    sizes, control, sd = np.array([20, 35, 50]), 15, 9.0
    arms = rng.normal(0, sd / np.sqrt(sizes), (400_000, 3))
    common = rng.normal(0, sd / np.sqrt(control), (400_000, 1))
    seen = np.cov((arms - common).T)
    se = sd * np.sqrt(1 / sizes + 1 / control)
    assert shared_control_covariance(se, sizes, control) == pytest.approx(seen, rel=0.02)


def test_average_is_the_contrast_of_all_treated_people():
    sizes, control, sd = np.array([20, 35, 50]), 15, 9.0
    se = sd * np.sqrt(1 / sizes + 1 / control)
    pooled = average_shared_control([-4.0, -1.0, 2.0], se, sizes, control)
    assert pooled.weights == pytest.approx(sizes / sizes.sum())
    assert pooled.se == pytest.approx(sd * np.sqrt(1 / sizes.sum() + 1 / control))


def test_sizes_must_be_positive():
    with pytest.raises(FitError, match="must be positive"):
        shared_control_covariance([1.0, 0.0], [10, 10], 10)
