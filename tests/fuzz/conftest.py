"""Spoilt copies of good files, and a second CSV reader that shares no line with the one under test."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

# What people, spreadsheets and enemies put into cells.
CELLS = [
    *(
        "",
        " ",
        "NA",
        "nan",
        "inf",
        "-inf",
        "-",
        "?",
        "0",
        "-0",
        "1e308",
        "-1e308",
        "1e309",
        "5e-324",
        "1e-320",
    ),
    *(
        "1e-99",
        "9" * 15,
        "9" * 16,
        "9" * 400,
        "0x10",
        "1_000",
        "1,5",
        "1.",
        ".5",
        "+3",
        "−3",
        "١٢",
        "½",
        "1e3",
    ),
    *("12 ", " 12", "12\t", "3 mmHg", "<0.05", "1/2", "TRUE", "2015-01-01", "#REF!", "None", "null"),
    *("=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "-1+1", '=HYPERLINK("http://example.org")'),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "&lt;",
        "{{ 7*7 }}",
    ),
    *("../../etc/passwd", "/etc/passwd", "..", "CON", "a/b", "a\\b", "$(touch x)", "`touch x`", "; rm x"),
    *(
        "a\nb",
        "a\r\nb",
        "a\rb",
        '"',
        '""',
        ",",
        "a,b",
        "\ufeff",
        "\u202e",
        "\u2028",
        "\x00",
        "\x1b[31m",
        "\x85",
    ),
    *("é", "e\u0301", "𝒳", "x" * 5000, "yes", "no", "unclear", "ns", "lower", "higher", "ambiguous"),
]

BYTES = [
    *(b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x1a"),
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b'"',
        b'""',
        b"'",
        b",",
        b";",
        b"\t",
        b" ",
        b":",
        b"-",
        b"=",
        b"#",
        b"&a",
        b"*a",
    ),
    *(b"!!python/object/apply:os.system [echo]", b"<<: ", b"[", b"]", b"{", b"}", b"|", b"e9", b"0", b"."),
]


@dataclass(frozen=True)
class Spoiler:
    """Draws spoilt versions of a file; `draw` is that of hypothesis."""

    def data(self, draw: Callable[[Any], Any], good: bytes) -> bytes:
        """Change bytes anywhere: what a bad disk, editor or transfer does."""
        data = good
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(data)))
            kind = draw(
                st.sampled_from(("insert", "cut", "replace", "twice", "end", "encode", "lines", "swap"))
            )
            some = draw(st.sampled_from(BYTES)) if kind in ("insert", "replace") else b""
            until = draw(st.integers(at, min(len(data), at + 200))) if kind in ("cut", "twice") else at
            if kind == "insert":
                data = data[:at] + some + data[at:]
            elif kind == "replace":
                data = data[:at] + some + data[at + len(some) :]
            elif kind == "cut":
                data = data[:at] + data[until:]
            elif kind == "twice":
                data = data[:until] + data[at:]
            elif kind == "end":
                data = data[:at]
            elif kind == "encode":
                encoding = draw(st.sampled_from(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252")))
                data = data.decode("utf-8", "replace").encode(encoding, "replace")
            elif kind == "lines":
                data = data.replace(b"\n", draw(st.sampled_from((b"\r\n", b"\r", b"\n\n", b" \n", b""))))
            else:
                lines = data.split(b"\n")
                i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
                lines[i], lines[j] = lines[j], lines[i]
                data = b"\n".join(lines)
        return data

    def cells(self, draw: Callable[[Any], Any], good: bytes) -> bytes:
        """Change cells, columns and rows of a CSV and quote it well: what a person or a spreadsheet does."""
        rows = list(csv.reader(io.StringIO(good.decode("utf-8"), newline="")))
        for _ in range(draw(st.integers(1, 3))):
            kind = draw(st.sampled_from(("cell", "cell", "cell", "cell", "row", "column", "header", "move")))
            i = draw(st.integers(0 if kind == "header" else min(1, len(rows) - 1), len(rows) - 1))
            j = draw(st.integers(0, max(0, len(rows[i]) - 1)))
            if kind in ("cell", "header"):
                where = rows[0 if kind == "header" else i]
                other = st.sampled_from([cell for row in rows for cell in row[j : j + 1]])
                if where:
                    where[min(j, len(where) - 1)] = draw(
                        st.one_of(st.sampled_from(CELLS), other, st.text(max_size=8))
                    )
            elif kind == "row":
                rows.insert(i, list(rows[draw(st.integers(0, len(rows) - 1))]))
            elif kind == "column":
                keep = draw(st.booleans())
                rows = [
                    [*row[:j], *row[j : j + 1] * 2, *row[j + 1 :]] if keep else row[:j] + row[j + 1 :]
                    for row in rows
                ]
            else:
                rows[i] = rows[i][::-1]
        buffer = io.StringIO()
        csv.writer(
            buffer, lineterminator="\n", quoting=draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
        ).writerows(rows)
        return buffer.getvalue().encode("utf-8", "surrogatepass")

    def table(self, draw: Callable[[Any], Any], good: bytes) -> bytes:
        """Spoil a CSV in either way."""
        return (self.cells if draw(st.integers(0, 3)) else self.data)(draw, good)


def rows_of(text: str) -> list[list[str]]:
    """Read CSV (RFC 4180, any line end) character by character; blank lines are no rows."""
    rows: list[list[str]] = []
    row: list[str] = []
    cell: list[str] = []
    started = quoted = closed = False
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if quoted:
            if char != '"':
                cell.append(char)
            elif text[at : at + 1] == '"':
                cell.append(char)
                at += 1
            else:
                quoted, closed = False, True
        elif char in "\r\n":
            if started:
                rows.append([*row, "".join(cell)])
            row, cell, started, closed = [], [], False, False
            at += char == "\r" and text[at : at + 1] == "\n"
        elif char == ",":
            row, cell, started, closed = [*row, "".join(cell)], [], True, False
        elif char == '"' and not cell and not closed:
            started = quoted = True
        else:
            assert not closed, "text after a closing quote was accepted"
            started = True
            cell.append(char)
    assert not quoted, "an open quote was accepted: everything after it is lost in one cell"
    return [*rows, [*row, "".join(cell)]] if started else rows


PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Tools:
    """What the tests here share: conftest modules cannot be imported from each other."""

    spoil: Spoiler
    rows_of: Callable[[str], list[list[str]]]
    plain: re.Pattern[str]
    cells: list[str]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(Spoiler(), rows_of, PLAIN, CELLS)


# One run of a reader takes milliseconds; a hang is cut off by the test's own clock.
settings.register_profile(
    "fuzz",
    parent=settings.get_profile("mgmeta"),
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # an error is told by its message; shrinking it may take an hour
)
