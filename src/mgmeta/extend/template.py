"""The empty one-page form, and the form of retrieved numbers, with help beside every key."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.evidence.vocabulary import WORDS


@dataclass(frozen=True)
class Field:
    """One line of the form: key, help, and what an empty answer means."""

    key: str
    help: str
    default: str = ""
    needed: bool = False


def _words(file: str, column: str) -> str:
    return " | ".join(word for word in WORDS[file][column] if word)


def _choice(file: str, column: str, default: str = "", needed: bool = False, says: str = "") -> Field:
    return Field(column, f"{says}{_words(file, column)}", default, needed)


TRIAL = (
    Field("first_author", "surname and initials: Smith JA", needed=True),
    Field("year", "of publication", needed=True),
    Field("title", "as printed"),
    Field("journal", "abbreviated as in PubMed"),
    Field("volume", "volume(issue)"),
    Field("pages", ""),
    Field("doi", "10.1000/xyz; an address before it is taken off"),
    Field("pmid", ""),
    Field("registry_id", "registration number"),
    Field("country", ""),
    _choice("trials.csv", "design", "unclear"),
    _choice("trials.csv", "randomised", "unclear"),
    _choice("trials.csv", "blinding", "unclear"),
    _choice("trials.csv", "comparator", "unclear"),
    Field("cointervention", "given in the magnesium arm only: none, potassium, zinc, ...", needed=True),
    Field("population", "who, in plain words", needed=True),
    _choice("trials.csv", "setting", needed=True),
    Field("age_mean", "years"),
    Field("female_percent", ""),
    _choice("trials.csv", "bp_status", "unclear", says="at entry: "),
    _choice("trials.csv", "bp_treatment", "unclear", says="drugs during the trial: "),
    _choice("trials.csv", "diabetes", "unclear"),
    _choice("trials.csv", "mg_status", "unclear"),
    Field("compound", "the magnesium salt"),
    Field("dose", "elemental, a day: 365 mg, 15 mmol, 30 mEq; leave empty if only the salt's mass is said"),
    _choice("trials.csv", "dose_basis", "unclear", says="a dose in mmol or mEq sets from_mmol: "),
    Field("duration", "12 weeks, 3 months, 90 days"),
    Field("washout", "crossover only"),
    Field("n_randomised", "people, all arms"),
    Field("n_arms", "only where more than two"),
    Field("n_mg", "people"),
    Field("n_control", "people; crossover: the same as n_mg"),
    Field("serum_mg_baseline", "0.82 mmol/L or 2.0 mg/dL, magnesium arm"),
    Field("overlaps_with", "trial_id of a trial with the same people"),
    Field("note", "in your own words"),
)
SOURCE = (
    _choice("sources.csv", "kind", needed=True),
    Field("citation", "empty for the first source: made from the trial"),
    Field("doi", ""),
    Field("pmid", ""),
    Field("url", "https://..."),
    Field("note", ""),
)
RESULT = (
    _choice("reports.csv", "outcome", needed=True),
    Field("source", "number of the source above, or a source_id of sources.csv", "1"),
    Field("locator", "abstract, table 2, p. 5", "abstract"),
    _choice("reports.csv", "method", "unspecified"),
    _choice("reports.csv", "position", "unspecified"),
    Field("timepoint", "12 weeks"),
    Field("arm_label", "only where there are several magnesium arms"),
    _choice("reports.csv", "contrast", "by the design"),
    Field("n_mg", "people measured, if printed"),
    Field("n_control", ""),
    Field("unit", "only if not mmHg (kPa) or mmol/L (mg/dL, mEq/L)"),
    Field("mg_baseline", "mean (SD) as printed: 145 (10), 145 (SE 2), 145"),
    Field("mg_final", ""),
    Field("mg_change", "-3.1 (95% CI -5.0 to -1.2) becomes an SE"),
    Field("control_baseline", ""),
    Field("control_final", ""),
    Field("control_change", ""),
    Field("dispersion", f"what stands in the brackets: {_words('reports.csv', 'dispersion')}"),
    Field("difference", "magnesium minus control: negative = magnesium lowers"),
    Field("difference_se", ""),
    Field("ci", "of the difference: -5.1 to -0.2, 90% CI -5 to 0"),
    Field("p", "between the groups: 0.03, <0.05"),
    Field("p_within", "of the magnesium arm's own change"),
    Field("significance", f"told in words, between the groups: {_words('reports.csv', 'significance')}"),
    _choice("reports.csv", "certainty", "clear"),
    Field("ambiguity", f"if ambiguous: {_words('reports.csv', 'ambiguity')}"),
    Field("note", ""),
)

_HEAD = """\
# One trial for `mgmeta add`. Fill in what the source prints, as printed; leave the rest empty.
# Compute and guess nothing: an empty cell is an honest one. Put a text with `: ` or ` #` in quotes.
# `mgmeta preview FILE` shows what it would do, `mgmeta add FILE` writes it, `mgmeta remove TRIAL` undoes it.
"""
_FILL_HEAD = """\
# Numbers retrieved for {trial}: `mgmeta fill {trial} FILE` adds them as new rows with a source of their own.
# A result in words that a number replaces stays in the table and is no longer used. Method, position and time
# are taken over from the trial's only result in words on the outcome where they are left empty here.
"""


def form_template() -> str:
    """Return the empty form of a trial."""
    return "\n".join([_HEAD.rstrip(), "trial:", *_lines(TRIAL, "  "), "", _sources(), "", _results(), ""])


def fill_template(trial_id: str) -> str:
    """Return the empty form of retrieved numbers of one trial."""
    return "\n".join([_FILL_HEAD.format(trial=trial_id).rstrip(), _sources(), "", _results(), ""])


def _sources() -> str:
    return "\n".join(["sources:  # one `- ` each", *_listed(SOURCE)])


def _results() -> str:
    return "\n".join(["results:  # one `- ` for each printed result; copy the block", *_listed(RESULT)])


def _lines(fields: tuple[Field, ...], indent: str) -> list[str]:
    return [f"{indent}{field.key}:{_comment(field, indent)}" for field in fields]


def _listed(fields: tuple[Field, ...]) -> list[str]:
    lines = _lines(fields, "    ")
    return [f"  - {lines[0].strip()}", *lines[1:]]


def _comment(field: Field, indent: str) -> str:
    parts = [field.help]
    if field.needed:
        parts.append("needed")
    if field.default:
        parts.append(f"empty = {field.default}")
    text = "; ".join(part for part in parts if part)
    pad = " " * max(1, 24 - len(indent) - len(field.key))
    return f"{pad}# {text}" if text else ""
