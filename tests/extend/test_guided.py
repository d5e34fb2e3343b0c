"""The questions: only those that matter, each answer checked at once, a form at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.evidence.load import load_evidence
from mgmeta.extend.form import drafts_of
from mgmeta.extend.guided import interview, problem
from mgmeta.extend.template import Field

TRIAL = {
    "first_author": "Erewhon E",
    "year": "2019",
    "design": "crossover",
    "randomised": "yes",
    "cointervention": "none",
    "population": "people: invented",
    "setting": "general",
    "dose": "15 mmol",
    "duration": "8 weeks",
    "washout": "2 weeks",
    "n_mg": "20",
}


def asked(answers: dict[str, str | list[str]]) -> tuple[list[str], str]:
    """Return the keys asked for and the form, given answers by key (a list: one at a time)."""
    keys: list[str] = []
    queues = {key: list(value) if isinstance(value, list) else [value] for key, value in answers.items()}

    def ask(section: str, field: Field) -> str:
        keys.append(field.key)
        queue = queues.get(field.key, [""])
        text = queue.pop(0) if len(queue) > 1 else queue[0]
        text = text or (field.default if field.key in ("printed", "more") else "")
        assert problem(section, field.key, text) == ""
        return text

    return keys, interview(ask).form()


def test_only_what_matters_is_asked() -> None:
    keys, form = asked({**TRIAL, "kind": "abstract", "outcome": "sbp", "printed": "1", "difference": "-3",
                        "ci": "-6 to 0", "certainty": "", "more": "no"})  # fmt: skip
    assert "washout" in keys and "dose_basis" not in keys and "n_arms" not in keys
    assert "difference_se" not in keys and "p" not in keys  # the interval says it
    assert "locator" not in keys and "ambiguity" not in keys and "mg_change" not in keys
    draft = drafts_of(form, "form.yaml")[0]
    assert draft.trial["population"].text == "people: invented"
    assert draft.trial["n_control"].text == "20"  # the same people
    assert draft.results[0]["ci"].text == "-6 to 0"


def test_arms_and_words_ask_for_their_own() -> None:
    parallel = {**TRIAL, "design": "parallel", "dose": "300 mg", "dose_basis": "stated_elemental"}
    keys, form = asked({**parallel, "kind": "registry", "outcome": ["sbp", "dbp", "dbp"],
                        "printed": ["2", "3", "3"],
                        "locator": "table 1", "mg_change": "-3 (8)", "control_change": "-1 (9)",
                        "dispersion": "sd", "significance": "ns", "certainty": ["", "ambiguous", ""],
                        "ambiguity": "comparator", "more": ["yes", "no", "no"]})  # fmt: skip
    assert "washout" not in keys and "dose_basis" in keys
    assert keys.count("outcome") == 2
    assert "mg_baseline" not in keys  # the changes are there
    assert "ambiguity" in keys
    results = drafts_of(form, "form.yaml")[0].results
    assert (results[0]["dispersion"].text, results[1]["significance"].text) == ("sd", "ns")


@pytest.mark.parametrize(
    ("section", "key", "text", "says"),
    [
        ("trial", "year", "", "expected an answer"),
        ("trial", "title", "", ""),
        ("trial", "design", "paralel", "expected one of parallel"),
        ("trial", "dose", "15 stone", "expected mg/d"),
        ("trial", "population", "=1+1", "formula"),
        ("result", "ci", "wide", "expected an interval"),
        ("result", "p", "0.03", ""),
        ("result", "mg_change", "-3.1 (95% CI -5.0 to -1.2)", ""),
        ("result", "printed", "4", "expected 1, 2 or 3"),
        ("result", "more", "maybe", "expected yes or no"),
        ("source", "kind", "rumour", "expected one of abstract"),
    ],
)
def test_an_answer_is_checked_at_once(section: str, key: str, text: str, says: str) -> None:
    found = problem(section, key, text)
    assert (says in found) if says else found == ""


def test_the_terminal_asks_again_and_the_trial_is_in_the_tables(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed: list[str] = []
    answers = {**TRIAL, "kind": "abstract", "outcome": "sbp", "printed": "3", "significance": "ns"}

    def ask(section: str, field: Field) -> str:
        text = answers.get(field.key, "")
        if field.key == "year":
            typed.append("soon")  # refused, asked again
        typed.append(text)
        return text or (field.default if field.key in ("printed", "more") else "")

    interview(ask)
    done = CliRunner().invoke(cli, ["add", "--guided", "--raw", str(raw)], input="\n".join([*typed, "y", ""]))
    assert done.exit_code == 0, done.output
    assert "found 'soon', expected a number in plain digits" in done.output
    assert "kept in erewhon2019.yaml" in done.output
    assert load_evidence(raw).trial("erewhon2019").washout_weeks == 2.0
    # Declined, it is kept and nothing is written.
    done = CliRunner().invoke(cli, ["add", "--guided", "--raw", str(raw)], input="\n".join([*typed, "n", ""]))
    assert "kept in erewhon2019_2.yaml" in done.output
    assert len([t for t in load_evidence(raw).trials if t.trial_id.startswith("erewhon2019")]) == 1
