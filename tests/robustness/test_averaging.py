"""Model averaging in the unit of the effects: the unit changes nothing but the unit."""

from __future__ import annotations

import pytest

from mgmeta.bayes.rows import make_rows
from mgmeta.errors import ConfigError
from mgmeta.robustness.averaging import averaging_table

Y, SE = [-0.41, -0.08, -0.65, -0.29, -0.12], [0.12, 0.19, 0.22, 0.11, 0.16]


def test_a_stated_sd_is_a_change_of_unit():
    smd = averaging_table(make_rows(Y, SE), 1.0, 0.95)
    mmhg = averaging_table(make_rows([9.0 * y for y in Y], [9.0 * se for se in SE]), 9.0, 0.95)
    assert mmhg["priors"]["effect"] == "normal:0,9"
    assert mmhg["inclusion"]["effect"]["bf"] == pytest.approx(smd["inclusion"]["effect"]["bf"], rel=1e-5)
    assert mmhg["inclusion"]["bias"]["bf"] == pytest.approx(smd["inclusion"]["bias"]["bf"], rel=1e-5)
    assert mmhg["mean"] == pytest.approx(9.0 * smd["mean"], rel=1e-5)
    assert mmhg["ci_low"] == pytest.approx(9.0 * smd["ci_low"], rel=1e-4)


def test_the_parts_agree():
    found = averaging_table(make_rows(Y, SE), 1.0, 0.95)
    assert len(found["models"]) == 36
    assert sum(model["posterior"] for model in found["models"]) == pytest.approx(1.0)
    none = [model for model in found["models"] if model["bias"] == "none"]
    assert found["without_bias"]["posterior"] == pytest.approx(sum(model["posterior"] for model in none))
    assert found["without_bias"]["mean"] < found["mean"] < 0.0  # bias explains a part of the fall
    assert found["ci_low"] <= found["mean"] <= found["ci_high"]


@pytest.mark.parametrize("sd", [0.0, -1.0, float("nan")])
def test_an_sd_that_is_none_is_refused(sd):
    with pytest.raises(ConfigError, match="above 0"):
        averaging_table(make_rows(Y, SE), sd, 0.95)
