"""Reading and writing files: atomic, canonical, the same bytes on every run.

Every output of mgmeta passes through :func:`write_bytes`, which writes a
temporary file beside the target and renames it. A reader therefore sees the
old file or the new one, never half of it, whatever kills the process.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from mgmeta.errors import DataError


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write *data* to *path* atomically and return the path.

    Raises
    ------
    DataError
        If the folder cannot be written (read-only, full disk, a file in the way).
    """
    target = Path(path)
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise DataError(
            f"{target}: cannot be written ({error.strerror}); free space or pick another folder"
        ) from error
    return target


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write *text* as UTF-8 with ``\\n`` line ends, atomically."""
    return write_bytes(path, text.encode("utf-8"))


def write_if_changed(path: str | os.PathLike[str], text: str) -> bool:
    """Write *text* only if the file differs; return whether it was written.

    An untouched file keeps its modification time, so nothing downstream of it
    is rebuilt.
    """
    target = Path(path)
    if target.is_file() and target.read_bytes() == text.encode("utf-8"):
        return False
    write_text(target, text)
    return True


def jsonable(value: Any) -> Any:
    """Turn dataclasses, numpy scalars and arrays into plain JSON values.

    NaN and infinities become ``None``: JSON has no word for them.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def dumps(value: Any) -> str:
    """Return canonical JSON: full precision, two-space indent, final newline."""
    return json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: str | os.PathLike[str], value: Any) -> Path:
    """Write *value* as canonical JSON, atomically."""
    return write_text(path, dumps(value))


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file.

    Raises
    ------
    DataError
        If the file is missing or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give the path of a file") from error


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    DataError
        If the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run `snakemake` first") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: not valid JSON ({error})") from error


def cell(value: Any) -> str:
    """Return the text of one CSV cell: shortest exact number, empty for missing."""
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return str(value)


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# A minus before a number that words or another number follow: -4.1 (-7.9 to -0.3). What could still call
# something (a bar, an exclamation mark, a name with a bracket, an operator) is no such text.
_NEGATIVE = re.compile(r"-\s?[0-9][0-9.]*(%|\s?[a-z]|\s?[(\[,;:]).*", re.DOTALL)
_CALLS = re.compile(r"[|!]|[A-Za-z_.][0-9]*\(")


def runs_as_formula(text: str) -> bool:
    """Say whether a spreadsheet would run a cell of a CSV: ``=``, ``+``, ``-``, ``@``, tab, CR first.

    A number is none, and neither is a single sign (``=`` before a P value) or a negative number with words
    after it that call nothing. The signs are those of the OWASP page on CSV injection.

    Parameters
    ----------
    text : str
        A cell as it stands, without the quotes of CSV.
    """
    bare = text.lstrip(" \u00a0")
    if len(bare) < 2 or bare[0] not in "=+-@\t\r\uff1d\uff0b\uff0d\uff20" or _NUMBER.fullmatch(bare):
        return False
    return not (_NEGATIVE.fullmatch(bare) and not _CALLS.search(bare))


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV text with a header; missing keys are empty cells.

    A text that a spreadsheet would run gets an apostrophe before it (:func:`runs_as_formula`). The checks of
    the raw tables refuse such texts, so this changes only what a configuration or a file of effects brings.

    Parameters
    ----------
    columns : sequence of str
        The header.
    rows : iterable of mapping of str to object
        Values by column.
    """
    lines = [columns, *([cell(row.get(column)) for column in columns] for row in rows)]
    return "".join(_line(map(_still, cells)) for cells in lines)


def _line(cells: Iterable[str]) -> str:
    """Return a line of CSV that ends with ``\\n``.

    The writer quotes the line ends it is told of, and no other: with ``\\n`` alone a CR would stand bare and
    cut the row in two for every reader.
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def _still(text: str) -> str:
    return f"'{text}" if runs_as_formula(text) else text


def write_csv(
    path: str | os.PathLike[str], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> Path:
    """Write rows as CSV, atomically."""
    return write_text(path, csv_text(columns, rows))
