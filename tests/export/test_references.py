from __future__ import annotations

import re
from pathlib import Path

import pytest

from mgmeta.evidence.load import load_evidence
from mgmeta.export.method_references import METHOD_REFERENCES
from mgmeta.export.references import author, bibliography

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"


@pytest.fixture(scope="module")
def text() -> str:
    return bibliography(load_evidence(RAW))


def test_every_trial_review_and_method_has_one_entry_in_order(text: str) -> None:
    evidence = load_evidence(RAW)
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert keys == sorted(keys)
    assert set(keys) == {trial.trial_id for trial in evidence.trials} | {
        f"review_{review.review_id}" for review in evidence.reviews
    } | set(METHOD_REFERENCES)
    assert len(keys) == len(set(keys))


def test_an_entry_prints_the_cells_of_its_trial(text: str) -> None:
    entry = text[text.index("@article{afitska2021,") :].split("\n}\n")[0]
    assert "  author = {Afitska, K and others}," in entry
    assert "  pages = {130--139}," in entry
    assert "  doi = {10.1684/mrh.2021.0489}," in entry


def test_braces_balance_and_no_field_is_empty(text: str) -> None:
    for entry in text.split("\n\n"):
        bare = re.sub(r"\\[{}]", "", entry)
        assert bare.count("{") == bare.count("}")
    assert not re.search(r"= \{\}", text)


@pytest.mark.parametrize(
    ("name", "others", "written"),
    [
        ("de Valk HW", True, "de Valk, HW and others"),
        ("Lima de Souza e Silva", False, "{Lima de Souza e Silva}"),
        ("", True, ""),
    ],
)
def test_author(name: str, others: bool, written: str) -> None:
    assert author(name, others) == written


def test_a_source_by_other_authors_is_not_taken_for_the_trial(text: str) -> None:
    entry = text[text.index("{simentalmendia2012,") :].split("\n}\n")[0]
    assert "  author = {{Simental-Mendía}}," in entry
    assert "  note = {Values read in: Dibaba DT et al." in entry
