"""Mapping files: which column of another program's export is which key of the form.

A mapping is YAML: ``columns`` names for each column of the export the key it fills (``trial.doi``,
``result.mg_final_mean``), or a block with ``to``, and, where it is needed, ``as`` (how it is read) and
``values`` (word -> word of the dictionary); ``set`` gives keys a fixed text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mgmeta.errors import ConfigError, DataError
from mgmeta.evidence.findings import quoted
from mgmeta.extend.draft import Cell
from mgmeta.extend.form import form_text, mapping, safe_nodes
from mgmeta.extend.keys import keys
from mgmeta.extend.quantities import NotAQuantity, plain_number

if TYPE_CHECKING:
    import yaml

BUILT_IN = ("metafor", "revman", "covidence")
READINGS = ("text", "study", "variance", "negated")


@dataclass(frozen=True)
class Mapped:
    """The cells of one row by section."""

    trial: dict[str, Cell]
    source: dict[str, Cell]
    result: dict[str, Cell]


@dataclass(frozen=True)
class Target:
    """Where a column goes: section, key, how it is read, and word -> word."""

    section: str
    key: str
    reading: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class MappingFile:
    """A mapping: column -> targets, and fixed texts."""

    name: str
    columns: Mapping[str, Target]
    fixed: tuple[tuple[Target, str], ...]

    def apply(self, cells: Mapping[str, Cell], line: int, file: str) -> Mapped:
        """Return the cells of a row under the keys of the form; columns the mapping does not name are left.

        Raises
        ------
        DataError
            If none of the mapped columns is there, or a cell cannot be read as the mapping says.
        """
        found = Mapped({}, {}, {})
        if not any(name in cells for name in self.columns):
            expected = ", ".join(self.columns)
            raise DataError(
                f"{file}:{line}: none of the columns of the mapping {self.name} is here: {expected}"
            )
        for target, text in self.fixed:
            getattr(found, target.section)[target.key] = Cell(text, f"{file}:{line}:{target.key}")
        for name, target in self.columns.items():
            cell = cells.get(name)
            if cell is None or not cell:
                continue
            if target.reading == "study":
                self._study(cell, found)
                continue
            text = target.values.get(cell.text.lower(), cell.text)
            section = getattr(found, target.section)
            section[target.key] = Cell(_read(text, target.reading, cell), cell.place)
        if "n_mg" in found.result and "n_mg" not in found.trial:
            found.trial["n_mg"] = found.result["n_mg"]
        if "n_control" in found.result and "n_control" not in found.trial:
            found.trial["n_control"] = found.result["n_control"]
        return found

    def _study(self, cell: Cell, found: Mapped) -> None:
        """Read ``Smith 2024`` or ``Smith JA, 2024a`` as author and year."""
        match = re.fullmatch(r"(.+?)[,\s]*\(?((?:19|20)[0-9]{2})[a-z]?\)?", cell.text)
        if match is None:
            raise DataError(f"{cell.place}: found {quoted(cell.text)}, expected author and year: Smith 2024")
        found.trial["first_author"] = Cell(
            match[1].removesuffix(" et al.").removesuffix(" et al"), cell.place
        )
        found.trial["year"] = Cell(match[2], cell.place)


def _read(text: str, reading: str, cell: Cell) -> str:
    if reading in ("variance", "negated"):
        try:
            digits = plain_number(text)
            value = float(digits)
            if not math.isfinite(value) or (reading == "variance" and not value > 0.0):
                raise NotAQuantity
        except NotAQuantity:
            found = f"found {quoted(cell.text)}, expected a number"
            raise DataError(f"{cell.place}: {found}{' above 0' if reading == 'variance' else ''}") from None
        if reading == "variance":
            return f"{math.sqrt(value):.6g}"
        return digits.removeprefix("-") if digits.startswith("-") else f"-{digits}"
    return text


def load_mapping(name: str) -> MappingFile:
    """Return a built-in mapping, or that of a file.

    Parameters
    ----------
    name : str
        ``metafor``, ``revman``, ``covidence``, or the path of a YAML file.

    Raises
    ------
    ConfigError
        If it is neither, or names a key that is not of the form.
    DataError
        If the file is not safe YAML.
    """
    if name in BUILT_IN:
        text = resources.files("mgmeta.extend").joinpath(f"mappings/{name}.yaml").read_text(encoding="utf-8")
        file = f"{name}.yaml"
    elif Path(name).is_file():
        text, file = form_text(Path(name)), Path(name).name
    else:
        raise ConfigError(f"--mapping: found {name!r}, expected {', '.join(BUILT_IN)}, or a YAML file")
    roots = safe_nodes(text, file)
    if len(roots) != 1:
        raise ConfigError(f"{file}: found {len(roots)} documents, expected one mapping")
    parts = mapping(roots[0], file, "a mapping")
    for part in parts:
        if part not in ("columns", "set"):
            raise ConfigError(f"{file}: found {part!r}, expected columns and set")
    columns = mapping(parts["columns"], file, "columns") if "columns" in parts else {}
    fixed = mapping(parts["set"], file, "set") if "set" in parts else {}
    if not columns:
        raise ConfigError(f"{file}: found no columns, expected at least one")
    return MappingFile(
        file.removesuffix(".yaml"),
        {column: _target(node, file, column) for column, node in columns.items()},
        tuple((_key(key, "text", {}, file, key), _scalar(node, file, key)) for key, node in fixed.items()),
    )


def _scalar(node: yaml.Node, file: str, what: str) -> str:
    import yaml

    if not isinstance(node, yaml.ScalarNode):
        raise ConfigError(f"{file}:{node.start_mark.line + 1}: {what}: expected one value")
    return str(node.value).strip()


def _target(node: yaml.Node, file: str, column: str) -> Target:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        text = str(node.value).strip()
        return Target("trial", "", "study", {}) if text == "study" else _key(text, "text", {}, file, column)
    parts = mapping(node, file, f"column {column}")
    for part in parts:
        if part not in ("to", "as", "values"):
            raise ConfigError(f"{file}: column {column}: found {part!r}, expected to, as, values")
    if "to" not in parts:
        raise ConfigError(f"{file}: column {column}: found no `to`, expected the key it fills")
    reading = _scalar(parts["as"], file, column) if "as" in parts else "text"
    if reading not in READINGS:
        raise ConfigError(
            f"{file}: column {column}: found {reading!r}, expected one of {', '.join(READINGS)}"
        )
    words = mapping(parts["values"], file, "values") if "values" in parts else {}
    values = {word.lower(): _scalar(value, file, column) for word, value in words.items()}
    return _key(_scalar(parts["to"], file, column), reading, values, file, column)


def _key(text: str, reading: str, values: Mapping[str, str], file: str, column: str) -> Target:
    section, _, key = text.partition(".")
    if section not in ("trial", "source", "result") or key not in keys(section):
        found = f"found {quoted(text)}, expected a key of the form such as trial.doi or result.difference"
        raise ConfigError(f"{file}: column {column}: {found}")
    return Target(section, key, reading, values)
