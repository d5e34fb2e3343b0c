"""What is supplemented: magnesium, unless ``exposure.csv`` beside the tables says otherwise.

The tables keep their column names in every project: ``mg`` in ``n_mg``, ``mg_change_mean`` and so on marks
the supplemented arm. What depends on the element itself is said here once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mgmeta.errors import DataError
from mgmeta.evidence.findings import Finding, error, quoted
from mgmeta.evidence.raw_file import read_rows

FILE = "exposure.csv"
COLUMNS = ("quantity", "value", "unit", "source_url", "note")


@dataclass(frozen=True)
class Exposure:
    """A supplemented element.

    Attributes
    ----------
    name : str
        In plain words, lower case.
    mg_per_mmol : float
        Standard atomic weight, g/mol.
    dose_max_mg_per_day : float
        Largest elemental dose a trial may hold, in mg/d; above it a cell is taken for a misprint.
    charge : float
        Of its ion: mEq in a mmol.
    """

    name: str
    mg_per_mmol: float
    dose_max_mg_per_day: float
    charge: float


MAGNESIUM = Exposure("magnesium", 24.305, 3000.0, 2.0)  # 24.305 g/mol (IUPAC)


def read_exposure(folder: Path) -> Exposure:
    """Return the exposure of the tables in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables; without ``exposure.csv`` in it the exposure is magnesium.

    Raises
    ------
    DataError
        If the file is not a table of ``quantity,value,unit,source_url,note`` with the rows ``name``,
        ``mg_per_mmol``, ``dose_max_mg_per_day`` and ``charge``.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return MAGNESIUM
    problems: list[Finding] = []
    read = read_rows(path, COLUMNS, problems)
    rows: dict[str, tuple[str, int]] = {}
    for line, cells in read or ():
        if cells["quantity"] in rows:
            found = f"found {quoted(cells['quantity'])} again, expected it once"
            problems.append(error(FILE, line, "quantity", found))
        rows[cells["quantity"]] = cells["value"], line
    if problems:
        raise DataError(str(problems[0]))
    name, line = rows.get("name", ("", 0))
    if re.fullmatch(r"[a-z][a-z -]{0,39}", name) is None:
        raise DataError(f"{FILE}:{line}:value: found {name!r}, expected the name in lower-case letters")
    numbers = []
    for quantity in ("mg_per_mmol", "dose_max_mg_per_day", "charge"):
        text, line = rows.get(quantity, ("", 0))
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) is None or float(text) <= 0.0:
            raise DataError(f"{FILE}:{line}:value: found {text!r} for {quantity}, expected a number above 0")
        numbers.append(float(text))
    return Exposure(name, *numbers)
