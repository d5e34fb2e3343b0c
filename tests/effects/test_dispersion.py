"""The rule for an undefined plus-minus, one branch at a time."""

from __future__ import annotations

import pytest

from mgmeta.effects.arms import Arms
from mgmeta.effects.dispersion import agrees, read_arms
from mgmeta.effects.statements import RouteResult

ARMS = Arms(30, 30, "row", False)
CELLS = {
    "mg_change_mean": "-8.0", "mg_change_sd": "9", "control_change_mean": "-2.0", "control_change_sd": "9",
    "dispersion": "unclear",
}  # fmt: skip
# As SDs the SE is 9 sqrt(2/30) = 2.32 (t = 2.6, P = 0.01); as SEs it is 12.7 (P = 0.6).
AS_SD, AS_SE = 2.324, 12.728


def inference(se: float) -> RouteResult:
    return RouteResult("3_p", -6.0, se, se, se, 58.0)


def test_what_is_printed_is_not_questioned(make_report):
    for dispersion, se in (("sd", AS_SD), ("se", AS_SE)):
        reading = read_arms(make_report(**CELLS | {"dispersion": dispersion}), ARMS, 0.5, inference(50), 1.0)
        assert (reading.dispersion, reading.reason) == (dispersion, "as printed")
        assert reading.result.se == pytest.approx(se, rel=1e-3)


@pytest.mark.parametrize(("se", "expected"), [(2.5, "sd"), (5.0, "sd"), (6.0, "se"), (11.0, "se")])
def test_printed_inference_settles_it_on_the_log_scale(make_report, se, expected):
    # The geometric mean of the two readings is 5.44.
    assert read_arms(make_report(**CELLS), ARMS, 0.5, inference(se), 1000.0).dispersion == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"significance": "lower"}, "sd"),
        ({"significance": "ns"}, "se"),
        ({"p_value": "0.05", "p_relation": "<"}, "sd"),
        ({"p_value": "0.05", "p_relation": ">"}, "se"),
    ],
)
def test_printed_significance_settles_it(make_report, cells, expected):
    # The external SD would say the opposite: it is not asked.
    external = 1000.0 if expected == "sd" else 1.0
    assert read_arms(make_report(**CELLS | cells), ARMS, 0.5, None, external).dispersion == expected


@pytest.mark.parametrize(("external", "expected"), [(8.0, "sd"), (60.0, "se")])
def test_the_external_sd_is_asked_last(make_report, external, expected):
    assert read_arms(make_report(**CELLS), ARMS, 0.5, None, external).dispersion == expected


def test_without_arm_sizes_an_undefined_spread_stays_undefined(make_report):
    reading = read_arms(make_report(**CELLS), Arms(None, None, "missing", False), 0.5, None, 10.0)
    assert reading.result is None


def test_direction_counts_for_agreement(make_report):
    result = RouteResult("4_changes", 6.0, 1.0, 1.0, 1.0, 58.0)
    assert agrees(make_report(significance="lower"), result) is False
    assert agrees(make_report(significance="higher"), result) is True
    assert agrees(make_report(), result) is None
