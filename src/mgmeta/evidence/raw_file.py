"""One raw table as lines of cells: decoded, its header checked, nothing yet taken for a number."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mgmeta.evidence.findings import Finding, error, quoted

# A thousand times the tables of today stay below (reports.csv has some 61 kB). A larger file is a mistake,
# and reading it would fill the memory of a laptop.
MOST_BYTES = 100_000_000


def read_rows(
    path: Path, columns: tuple[str, ...], problems: list[Finding]
) -> list[tuple[int, dict[str, str]]] | None:
    """Return the rows of a raw table, or None if the file or its header cannot be used.

    Parameters
    ----------
    path : Path
        A CSV file, UTF-8, of at most `MOST_BYTES` bytes.
    columns : tuple of str
        Columns it must have, in any order, and no others.
    problems : list of Finding
        Gets what is wrong, with file, line and column.

    Returns
    -------
    list of (int, dict of str to str)
        Line of the file on which the row starts (the header is line 1), and its cells by column.
    """
    text = _decoded(path, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = cells
                if not _header_usable(path.name, start, header, columns, problems):
                    return None
            elif len(cells) != len(header):
                found = f"found {len(cells)} cells, expected {len(header)}; quote a cell that holds a comma"
                problems.append(error(path.name, start, "", found))
            else:
                rows.append((start, dict(zip(header, cells, strict=True))))
    except csv.Error as exc:
        problems.append(error(path.name, line, "", f"found broken CSV ({exc}), expected balanced quotes"))
    if header is None:
        problems.append(
            error(path.name, 0, "", "found no header, expected " + ",".join(columns[:3]) + ",...")
        )
        return None
    return rows


def _decoded(path: Path, problems: list[Finding]) -> str | None:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            found = f"found {size} bytes, expected at most {MOST_BYTES}; is it the right file?"
            problems.append(error(path.name, 0, "", found))
            return None
        data = path.read_bytes()
    except OSError as exc:
        problems.append(
            error(path.name, 0, "", f"cannot be read ({exc.strerror}), expected a CSV file in {path.parent}")
        )
        return None
    if not data.strip():
        problems.append(error(path.name, 0, "", "found an empty file, expected a header and rows"))
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.append(error(path.name, 1, "", "found UTF-16, expected UTF-8; save the file again as UTF-8"))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        found = f"found byte 0x{data[exc.start]:02x}, which is not UTF-8; save the file again as UTF-8"
        problems.append(error(path.name, line, "", found))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append(error(path.name, line, "", "found a NUL character, expected text in UTF-8"))
        return None
    return text


def _header_usable(
    file: str, line: int, header: list[str], columns: tuple[str, ...], problems: list[Finding]
) -> bool:
    before = len(problems)
    for name in dict.fromkeys(header):
        if name not in columns:
            known = ", ".join(columns)
            place = name if name.isprintable() else ""
            problems.append(
                error(file, line, place, f"found unknown column {quoted(name)}, expected {known}")
            )
        elif header.count(name) > 1:
            problems.append(
                error(file, line, name, f"found {header.count(name)} columns of this name, expected 1")
            )
    for name in columns:
        if name not in header:
            problems.append(
                error(file, line, name, "found no such column, expected it (an empty one will do)")
            )
    return len(problems) == before
