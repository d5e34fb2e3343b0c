"""Section 11 of the protocol and docs/risk_of_bias.md say what the code does."""

from __future__ import annotations

import re
from math import prod
from pathlib import Path

from mgmeta.reproduce.choices import CHOICES
from mgmeta.reproduce.remainder import MAX_SHARE, TAU_STEPS
from mgmeta.reproduce.rob import COLUMNS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def first_cells(text: str) -> list[str]:
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]


def test_the_protocol_lists_every_choice_and_counts_the_combinations() -> None:
    part = (DOCS / "protocol.md").read_text(encoding="utf-8").split("### 11.3", 1)[1]
    part = re.split(r"\n##", part)[0]
    assert first_cells(part) == ["choice", *(choice.name for choice in CHOICES)]
    count = f"{prod(len(choice.levels) for choice in CHOICES):,}".replace(",", " ")
    assert f"All combinations of {len(CHOICES)} choices, {count} an outcome" in part


def test_the_columns_of_rob_csv_are_described_in_order() -> None:
    cells = first_cells((DOCS / "risk_of_bias.md").read_text(encoding="utf-8"))
    assert cells == ["column", *(f"`{name}`" for name in COLUMNS)]


def test_the_protocol_states_the_limits_of_the_remainder() -> None:
    text = (DOCS / "protocol.md").read_text(encoding="utf-8")
    part = re.split(r"\n##", text.split("Implied remainder and drift", 1)[1])[0]
    words = {9: "nine"}
    assert f"at {words[TAU_STEPS]} values of tau" in part
    assert f"below {MAX_SHARE:.0%}".replace("%", " %") in part
    assert f"at least {MAX_SHARE:.0%}".replace("%", " %") in part
