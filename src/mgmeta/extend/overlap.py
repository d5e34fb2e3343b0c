"""Is a new trial already in the table, or made of people who are? By identifier, and by likeness.

The same DOI, PMID or registration is the same paper or trial. Likeness is judged on what two reports of one
trial share whoever typed them: the surname (edit similarity of at least 85 %, accents and marks aside), the
year of publication (at most one apart) and the number of people (within a tenth, where both are known); or
the words of the title (at least 90 %, in any order).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mgmeta.evidence.records import Evidence, Trial
from mgmeta.extend.entry import Entry, surname_of

SURNAME, TITLE, SIZE = 85.0, 90.0, 0.1
OWN_KINDS = ("abstract", "full_text_excerpt", "registry")  # a secondary table is a source of many trials


@dataclass(frozen=True)
class Likeness:
    """One trial a new one may be: ``certain`` by an identifier, else by likeness."""

    trial_id: str
    certain: bool
    column: str
    reason: str


def likenesses(entry: Entry, evidence: Evidence) -> list[Likeness]:
    """Return the trials of the tables that *entry* may repeat, certain ones first.

    Parameters
    ----------
    entry : Entry
        Rows of a new trial.
    evidence : Evidence
        The tables as they are.
    """
    new = entry.rows["trials.csv"][0]
    found = [*_identified(new, entry.rows["sources.csv"], evidence)]
    named = {one.trial_id for one in found}
    found += [one for trial in evidence.trials if trial.trial_id not in named for one in _alike(new, trial)]
    return found


def _identified(
    new: Mapping[str, str], sources: tuple[Mapping[str, str], ...], evidence: Evidence
) -> Iterator[Likeness]:
    seen: set[str] = set()
    own = [source for source in sources if source["kind"] in OWN_KINDS]
    for column in ("doi", "pmid", "registry_id"):
        values = {new.get(column, "").lower(), *(source.get(column, "").lower() for source in own)} - {""}
        for trial in evidence.trials:
            theirs = [("trials.csv", trial.row, getattr(trial, column))]
            theirs += [
                ("sources.csv", source.row, getattr(source, column))
                for source in evidence.sources
                if source.trial_id == trial.trial_id and source.kind in OWN_KINDS and column != "registry_id"
            ]
            for file, row, text in theirs:
                if text and text.lower() in values and trial.trial_id not in seen:
                    seen.add(trial.trial_id)
                    name = {"doi": "DOI", "pmid": "PMID"}.get(column, "registration")
                    yield Likeness(
                        trial.trial_id,
                        True,
                        column,
                        f"the {name} {text} belongs to {trial.trial_id} ({_where(file, row)})",
                    )


def _alike(new: Mapping[str, str], trial: Trial) -> Iterator[Likeness]:
    from rapidfuzz import fuzz

    title = fuzz.token_sort_ratio(_words(new["title"]), _words(trial.title)) if new["title"] else 0.0
    if trial.title and title >= TITLE:
        yield Likeness(
            trial.trial_id,
            False,
            "title",
            f"its title is {title:.0f} % that of {trial.trial_id} ({_where('trials.csv', trial.row)})",
        )
        return
    surname = fuzz.ratio(surname_of(new["first_author"]), surname_of(trial.first_author))
    if surname < SURNAME or trial.year is None or abs(_whole(new, "year") - trial.year) > 1:
        return
    mine, theirs = _size(new), _size_of(trial)
    if mine and theirs and abs(mine - theirs) > SIZE * max(mine, theirs):
        return
    size = f"{theirs} people" if theirs else "number of people not known"
    yield Likeness(
        trial.trial_id,
        False,
        "first_author",
        f"author, year and size are like {trial.trial_id} ({trial.first_author} {trial.year}, {size}; "
        f"{_where('trials.csv', trial.row)})",
    )


def _where(file: str, row: int) -> str:
    return f"{file}:{row}" if row else "added with it"


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def _size(cells: Mapping[str, str]) -> int:
    n, n_mg, n_control = (_whole(cells, name) for name in ("n_randomised", "n_mg", "n_control"))
    return n or (max(n_mg, n_control) if cells.get("design") == "crossover" else n_mg + n_control)


def _whole(cells: Mapping[str, str], name: str) -> int:
    """Return a number as typed, 1e3 as well as 1000; 0 for an empty cell."""
    return int(float(cells.get(name) or 0))


def _size_of(trial: Trial) -> int:
    arms = (trial.n_mg or 0, trial.n_control or 0)
    return trial.n_randomised or (max(arms) if trial.design == "crossover" else sum(arms))
