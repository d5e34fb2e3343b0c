"""Adjusted P values: the textbook example, an outside implementation, what may not come in."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import DataError
from mgmeta.moderators.multiplicity import benjamini_hochberg, holm


def test_an_example_done_by_hand() -> None:
    p = [0.04, 0.01, 0.03, 0.02]
    assert holm(p) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert benjamini_hochberg(p) == pytest.approx([0.04, 0.04, 0.04, 0.04])


def test_agrees_with_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    random = np.random.default_rng(3)
    for m in (1, 2, 7, 30):
        p = list(np.round(random.uniform(size=m) ** 2, 3))
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-15)
        assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-15)


@pytest.mark.parametrize("bad", [1.2, -0.1, float("nan")])
def test_a_value_that_is_no_probability_is_refused(bad: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        holm([0.5, bad])
