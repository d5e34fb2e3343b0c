"""One printed result of a draft as cells of ``reports.csv``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.findings import quoted
from mgmeta.evidence.vocabulary import WORDS
from mgmeta.extend.draft import Block, Cell, Refusals, allowed, plain
from mgmeta.extend.keys import COLUMNS, FILES, MEASURED, NUMERIC, SHORTHANDS, SILENT, keys
from mgmeta.extend.quantities import (
    NotAQuantity,
    amount,
    interval,
    mean_with_spread,
    p_value,
    plain_number,
    se_of_ends,
)

Fill = Callable[[str, str, str], None]  # column, text, place


class Row:
    """Cells of one table row as they are gathered, with the place each was typed at and notes in words."""

    def __init__(
        self, section: str, block: Block, refusals: Refusals, exposure: Exposure = MAGNESIUM
    ) -> None:
        self.exposure = exposure
        self.section, self.file, self.block, self.refusals = section, FILES[section], block, refusals
        self.cells: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self.notes: list[str] = []
        allowed(block, keys(section), refusals)

    def fill(self, column: str, text: str, place: str) -> None:
        """Set a cell; refuse a second, different text for it."""
        if self.cells.get(column, text) != text:
            self.refusals.add(
                place, f"found {quoted(text)} for {column}, which is {self.cells[column]!r} too"
            )
            return
        self.cells[column] = text
        self.places[column] = place

    def read(self) -> None:
        """Take over the columns that are given as such, then the shorthands."""
        for name, cell in self.block.items():
            if cell and name in COLUMNS[self.section]:
                self._column(name, cell)
        for name, short in SHORTHANDS[self.section].items():
            given = self.block.get(name)
            if given is None or not given:
                continue
            try:
                self._shorthand(name, short.kind, short.columns, given)
            except NotAQuantity as problem:
                self.refusals.add(given.place, f"found {quoted(given.text)}, {problem}")

    def finish(self) -> dict[str, str]:
        """Return the cells: silent ones say so, conversions stand in the note."""
        for column, word in SILENT[self.section].items():
            self.cells.setdefault(column, word)
        if self.notes:
            note = "; ".join(part for part in (self.cells.get("note", ""), *self.notes) if part)
            self.cells["note"] = note
        return {column: self.cells.get(column, "") for column in COLUMNS[self.section]}

    def _column(self, name: str, cell: Cell) -> None:
        words = WORDS[self.file].get(name)
        if name in NUMERIC[self.section]:
            try:
                self.fill(name, plain_number(cell.text), cell.place)
            except NotAQuantity as problem:
                self.refusals.add(cell.place, f"found {quoted(cell.text)}, {problem}")
        elif words is not None:
            word = cell.text.lower()
            if word in words:
                self.fill(name, word, cell.place)
            else:
                shown = ", ".join(word for word in words if word)
                self.refusals.add(cell.place, f"found {quoted(cell.text)}, expected one of {shown}")
        else:
            text = Cell(" ".join(cell.text.split()), cell.place)
            if plain(Cell(cell.text.replace("\n", " "), cell.place), self.refusals):
                self.fill(name, _tidy(name, text.text), cell.place)

    def _shorthand(self, name: str, kind: str, columns: tuple[str, ...], cell: Cell) -> None:
        if kind in ("dose", "weeks", "serum"):
            found = amount(cell.text, kind, self.exposure)
            self.fill(columns[0], found.text, cell.place)
            if found.converted:
                self.notes.append(f"{name} as printed: {found.converted}")
            if columns[1:] and found.unit in ("mmol", "meq"):
                self.fill("dose_basis", "from_mmol", cell.place)
        elif kind == "p":
            for column, text in zip(columns, p_value(cell.text), strict=True):
                self.fill(column, text, cell.place)
        elif kind == "ci":
            for column, text in zip(columns, interval(cell.text), strict=True):
                self.fill(column, text, cell.place)


class ResultRow(Row):
    """A row of ``reports.csv``; `df` gives the degrees of freedom of an arm of a size."""

    def __init__(
        self,
        block: Block,
        refusals: Refusals,
        sizes: Mapping[str, str],
        exposure: Exposure = MAGNESIUM,
    ) -> None:
        super().__init__("result", block, refusals, exposure)
        self.sizes = sizes  # n_mg and n_control of the trial, where the row has none of its own

    def read(self) -> None:
        """Read as every row, then convert measured values where a unit is named."""
        super().read()
        unit = self.block.get("unit")
        if unit is not None and unit:
            self._convert(unit)
        if "ci_low" in self.cells and "ci_level" not in self.cells:
            self.fill("ci_level", "0.95", self.places["ci_low"])
        for column in ("p_value", "p_within_mg"):
            relation = column.replace("p_value", "p") + "_relation"
            if column in self.cells and relation not in self.cells:
                self.fill(relation, "=", self.places[column])

    def _shorthand(self, name: str, kind: str, columns: tuple[str, ...], cell: Cell) -> None:
        if kind != "mean":
            super()._shorthand(name, kind, columns, cell)
            return
        found = mean_with_spread(cell.text)
        self.fill(columns[0], plain_number(found.mean), cell.place)
        spread, word = found.spread, found.kind
        if found.ends is not None:
            size = self.cells.get(f"n_{name.partition('_')[0]}") or self.sizes.get(
                f"n_{name.partition('_')[0]}", ""
            )
            df = float(size) - 1.0 if size.isdigit() and int(size) > 1 else None
            spread, word = se_of_ends(*found.ends, found.level, df), "se"
            by = f"t, {df:g} df" if df is not None else "normal quantile"
            self.notes.append(
                f"{name} printed with {100 * found.level:g} % CI {found.ends[0]} to {found.ends[1]}: "
                f"SE {spread} ({by})"
            )
        if spread:
            self.fill(columns[1], spread, cell.place)
        if word:
            self.fill("dispersion", word, cell.place)

    def _convert(self, unit: Cell) -> None:
        kind = {"sbp": "pressure", "dbp": "pressure", "map": "pressure", "pp": "pressure"}
        outcome = self.cells.get("outcome", "")
        kind["serum_mg"] = "serum"
        if outcome not in kind:
            if outcome:
                self.refusals.add(unit.place, f"found a unit for {outcome}, which is held as printed only")
            return
        changed = []
        for column in sorted(MEASURED & self.cells.keys()):
            try:
                found = amount(f"{self.cells[column]} {unit.text}", kind[outcome])
            except NotAQuantity as problem:
                self.refusals.add(unit.place, f"found {quoted(unit.text)}, {problem}")
                return
            if found.converted:
                changed.append(f"{column} {self.cells[column]}")
            self.cells[column] = found.text
        if changed:
            self.notes.append(f"printed in {unit.text}: {', '.join(changed)}")


def _tidy(name: str, text: str) -> str:
    """Return an identifier as the tables write it: without the address or word before it."""
    lower = text.lower()
    if name == "doi":
        for start in (
            "https://doi.org/",
            "http://doi.org/",
            "https://dx.doi.org/",
            "http://dx.doi.org/",
            "doi:",
        ):
            if lower.startswith(start):
                return text[len(start) :].strip()
    if name == "pmid":
        return lower.removeprefix("pmid").lstrip(": ").strip()
    return text
