"""A trial asked for question by question: only what matters, each answer checked as it is given.

The answers become the text of a form, so that nothing typed is lost and every other check is that of
``mgmeta add FORM``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mgmeta.extend.draft import Cell, Refusals
from mgmeta.extend.entry import surname_of
from mgmeta.extend.results import ResultRow, Row
from mgmeta.extend.template import RESULT, SOURCE, TRIAL, Field

PRINTED = Field(
    "printed",
    "1 a difference between the groups is printed, 2 each group's own values, 3 words or a P only",
    "3",
)
MORE = Field("more", "another printed result? yes | no", "no")

# What a result is asked for, by what is printed; the rest of the form's keys keep their empty meaning.
ASKED: Mapping[str, tuple[str, ...]] = {
    "1": ("difference", "ci", "difference_se", "p"),
    "2": (
        *("mg_change", "control_change", "mg_baseline", "mg_final", "control_baseline", "control_final"),
        "dispersion",
        "p",
    ),
    "3": ("significance", "p"),
}
COMMON = ("method", "position", "timepoint")
FIELDS = {"trial": TRIAL, "source": SOURCE, "result": RESULT}

Answers = dict[str, str]
Ask = Callable[[str, Field], str]


@dataclass(frozen=True)
class Interview:
    """The answers: of the trial, of its source, of each result."""

    trial: Answers
    source: Answers
    results: tuple[Answers, ...]

    def form(self) -> str:
        """Return the answers as a filled form."""
        import yaml

        filled = {
            "trial": _filled(self.trial),
            "sources": [_filled(self.source)],
            "results": [_filled(result) for result in self.results],
        }
        text: str = yaml.safe_dump(filled, sort_keys=False, allow_unicode=True, width=100)
        return text

    @property
    def name(self) -> str:
        """The name a form of this trial is kept under: surname and year."""
        return f"{surname_of(self.trial['first_author']) or 'trial'}{self.trial['year']}"


def _filled(answers: Answers) -> Answers:
    return {key: text for key, text in answers.items() if text}


def problem(section: str, key: str, text: str) -> str:
    """Return what is wrong with one answer, or an empty string.

    Parameters
    ----------
    section : str
        ``trial``, ``source`` or ``result``.
    key, text : str
        Key of the form and the answer to it.
    """
    if key == PRINTED.key:
        return "" if text in ASKED else "expected 1, 2 or 3"
    if key == MORE.key:
        return "" if text.lower() in ("yes", "no", "y", "n") else "expected yes or no"
    if not text:
        field = next(field for field in FIELDS[section] if field.key == key)
        return "expected an answer: a trial cannot be placed without" if field.needed else ""
    refusals = Refusals()
    block = {key: Cell(text, key)}
    row = ResultRow(block, refusals, {}) if section == "result" else Row(section, block, refusals)
    row.read()
    return "; ".join(line.partition(": ")[2] for line in refusals.lines)


def _matters(key: str, trial: Answers) -> bool:
    """Say whether a question on the trial makes sense after the answers so far."""
    design = trial.get("design", "")
    if key == "washout":
        return design == "crossover"
    if key == "n_control":
        return design != "single_arm"
    if key == "dose_basis":
        dose = trial.get("dose", "").lower()
        return bool(dose) and "mmol" not in dose and "meq" not in dose
    if key == "n_arms":
        return design in ("parallel", "factorial", "unclear", "")
    return True


def interview(ask: Ask) -> Interview:
    """Ask for one trial.

    Parameters
    ----------
    ask : callable
        Puts one question, given section and field, until the answer has no :func:`problem`.
    """
    trial: Answers = {}
    for field in TRIAL:
        if _matters(field.key, trial):
            trial[field.key] = ask("trial", field)
    if trial.get("design") == "crossover" and trial.get("n_mg") and not trial.get("n_control"):
        trial["n_control"] = trial["n_mg"]
    source = {field.key: ask("source", field) for field in SOURCE if field.key not in ("doi", "pmid")}
    results = []
    while True:
        results.append(_result(ask, source))
        if not ask("result", MORE).lower().startswith("y"):
            return Interview(trial, source, tuple(results))


def _result(ask: Ask, source: Answers) -> Answers:
    fields = {field.key: field for field in RESULT}
    answers = {"outcome": ask("result", fields["outcome"])}
    if source.get("kind") != "abstract":
        answers["locator"] = ask("result", fields["locator"])
    for key in COMMON:
        answers[key] = ask("result", fields[key])
    for key in ASKED[ask("result", PRINTED)]:
        if _follows(key, answers):
            answers[key] = ask("result", fields[key])
    answers["certainty"] = ask("result", fields["certainty"])
    if answers["certainty"] == "ambiguous":
        answers["ambiguity"] = ask("result", fields["ambiguity"])
        answers["note"] = ask("result", fields["note"])
    return answers


def _follows(key: str, answers: Answers) -> bool:
    """Say whether a question on the result is still open after the answers so far."""
    if key == "difference_se":
        return not answers.get("ci")
    if key == "p":
        return not (answers.get("ci") or answers.get("difference_se"))
    if key in ("mg_baseline", "mg_final", "control_baseline", "control_final"):
        return not (answers.get("mg_change") and answers.get("control_change"))
    if key == "dispersion":
        given = " ".join(answers.values()).lower()
        return ("(" in given or "\u00b1" in given) and not any(w in given for w in ("sd", "se", "ci"))
    return True
