"""What the checks of the raw tables say: one finding a row, two tiers that matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "ambiguity", "note"]

LEVELS: tuple[Level, ...] = ("error", "ambiguity", "note")


@dataclass(frozen=True)
class Finding:
    """One remark on a cell, a row or a file.

    Attributes
    ----------
    level : {"error", "ambiguity", "note"}
        ``error``: the table cannot be used as it stands. ``ambiguity``: the source can be read in more
        than one way, or disagrees with itself; acknowledged and carried on. ``note``: worth knowing.
    file : str
        Name of the table (``trials.csv``).
    row : int
        Line number in the file, the header being line 1; 0 = the file as a whole.
    column : str
        Column name; "" = the row as a whole.
    message : str
        What was found and what was expected.
    """

    level: Level
    file: str
    row: int
    column: str
    message: str

    @property
    def place(self) -> str:
        """Return ``file:row:column`` as far as it is known."""
        parts = [self.file]
        if self.row:
            parts.append(str(self.row))
        if self.column:
            parts.append(self.column)
        return ":".join(parts)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def error(file: str, row: int, column: str, message: str) -> Finding:
    """Return a finding of level ``error``."""
    return Finding("error", file, row, column, message)


def quoted(text: str, limit: int = 40) -> str:
    """Return a cell's text for a message: control characters escaped, long texts cut."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return repr(shown)


def shown(text: str) -> str:
    """Return a name or a message as one printable line: control and hidden characters escaped.

    Parameters
    ----------
    text : str
        Such as the name of a column, which a file may give with a line end in it.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by level, file, row and column, without repeats."""
    return sorted(set(findings), key=lambda f: (LEVELS.index(f.level), f.file, f.row, f.column, f.message))
