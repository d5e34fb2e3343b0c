"""What a form, a spreadsheet or a guided entry says: text by column, each cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mgmeta.errors import DataError
from mgmeta.evidence.findings import quoted, shown
from mgmeta.io import runs_as_formula

MAX_CELL = 4000  # characters; the longest note of the tables has under a thousand

# Control characters, and those that turn, hide or split text on a screen.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


@dataclass(frozen=True)
class Cell:
    """A text and where it stands: ``new.yaml:12:dose``."""

    text: str
    place: str

    def __bool__(self) -> bool:
        return bool(self.text)


Block = Mapping[str, Cell]


@dataclass(frozen=True)
class Draft:
    """One trial as entered: cells of the trial, of each source, of each result; nothing judged yet.

    ``place`` is where the trial begins.
    """

    place: str
    trial: Block
    sources: tuple[Block, ...]
    results: tuple[Block, ...]


class Refusals:
    """Collects what is wrong with an entry, so that all of it is told at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, place: str, message: str) -> None:
        """Note one problem."""
        line = shown(f"{place}: {message}")
        if line not in self.lines:
            self.lines.append(line)

    def raise_if_any(self, head: str) -> None:
        """Raise all problems noted.

        Raises
        ------
        DataError
            If there are any: *head*, then a line each.
        """
        if self.lines:
            raise DataError("\n".join([head, *(f"  {line}" for line in self.lines)]))


def plain(cell: Cell, refusals: Refusals) -> bool:
    """Say whether a text may go into a table; if not, note why.

    Refused are control and hidden characters (they change what a reader sees), texts a spreadsheet would run
    as a formula, and texts too long for a cell.
    """
    found = _HIDDEN.search(cell.text)
    if found is not None:
        refusals.add(cell.place, f"found the hidden character U+{ord(found[0]):04X}, expected plain text")
    elif len(cell.text) > MAX_CELL:
        refusals.add(
            cell.place, f"found {len(cell.text)} characters, expected at most {MAX_CELL}; say it shorter"
        )
    elif runs_as_formula(cell.text):
        found_text = quoted(cell.text)
        refusals.add(
            cell.place, f"found {found_text}, which a spreadsheet runs as a formula; begin with a word"
        )
    else:
        return True
    return False


def allowed(block: Block, names: Iterable[str], refusals: Refusals) -> None:
    """Note every key of *block* that is not among *names*, with the nearest one that is."""
    from difflib import get_close_matches

    known = list(names)
    for name, cell in block.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]!r}?" if near else "`mgmeta add --template` lists the keys"
            refusals.add(cell.place, f"found the key {quoted(name)}, which is not one of the form; {advice}")
