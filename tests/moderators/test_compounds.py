"""Organic or inorganic: every kind of name the tables hold."""

from __future__ import annotations

import pytest

from mgmeta.moderators.compounds import compound_class


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("magnesium oxide", 0.0),
        ("oxide", 0.0),
        ("magnesium hydroxide, slow release", 0.0),
        ("magnesium chloride 5% solution", 0.0),
        ("magnesium sulfate", 0.0),
        ("magnesium citrate", 1.0),
        ("magnesium aspartate hydrochloride", 1.0),
        ("magnesium L-lactate", 1.0),
        ("magnesium amino acid chelate", 1.0),
        ("magnesium diglycine", 1.0),
        ("", None),
        ("magnesium chelate", None),
        ("magnesium granulate", None),
        ("magnesium citrate / oxide / sulfate (three arms)", None),
        ("magnesium oxide (registry: magnesium citrate)", None),
        ("potassium magnesium citrate powder", None),
        ("magnesium bicarbonate in spring water", None),
        ("sodium-potassium-magnesium salt replacing 35 or 55% of sodium chloride", None),
    ],
)
def test_class_by_name(name: str, expected: float | None) -> None:
    assert compound_class(name) == expected
