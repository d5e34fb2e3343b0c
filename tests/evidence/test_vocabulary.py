"""The words the code allows are the words the dictionary beside the data lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mgmeta.evidence.load import TABLES
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.vocabulary import REQUIRED, SHAPES, WORDS

README = (Path(__file__).resolve().parents[2] / "data" / "raw" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "column"), [(file, column) for file in ("trials.csv", "reports.csv") for column in WORDS[file]]
)
def test_words_are_those_of_the_dictionary(file: str, column: str) -> None:
    part = README.split(f"## {file}")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if re.match(rf"\|[^|]*\b{column}\b", line)]
    told = lines[0] if lines else README.split("`ambiguity` (reports.csv")[1].split("\n")[0]
    for word in WORDS[file][column]:
        assert not word or re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", told), (word, told)


def test_every_rule_names_a_column_of_its_table() -> None:
    columns = {table.file: table.columns for table in TABLES.values()}
    for rules in (WORDS, SHAPES, REQUIRED):
        assert rules.keys() == columns.keys()
        for file, names in rules.items():
            assert set(names) <= {name for name, kind in columns[file].items() if kind == "text"}


def test_every_outcome_that_is_pooled_can_be_reported() -> None:
    assert set(OUTCOMES) <= set(WORDS["reports.csv"]["outcome"])
