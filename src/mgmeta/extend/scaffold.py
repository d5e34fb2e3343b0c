"""A project folder for another exposure: the same tables, a configuration, a Snakefile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mgmeta.errors import ConfigError, DataError
from mgmeta.evidence.exposure import COLUMNS, Exposure
from mgmeta.evidence.exposure import FILE as EXPOSURE
from mgmeta.evidence.findings import Finding
from mgmeta.evidence.load import TABLES
from mgmeta.evidence.raw_file import read_rows
from mgmeta.io import csv_text, write_text

ATOMIC_WEIGHTS = "https://iupac.qmul.ac.uk/AtWt/"

# name -> (standard atomic weight in g/mol (IUPAC, abridged), charge of the ion)
ELEMENTS: dict[str, tuple[float, float]] = {
    "potassium": (39.098, 1.0),
    "calcium": (40.078, 2.0),
    "sodium": (22.990, 1.0),
    "zinc": (65.38, 2.0),
    "magnesium": (24.305, 2.0),
}


@dataclass(frozen=True)
class Project:
    """The files of a new project: path below its folder -> text."""

    folder: Path
    files: dict[str, str]


def plan_project(exposure: Exposure, folder: Path, parameters: Path | None = None) -> Project:
    """Return the files of a new project.

    Parameters
    ----------
    exposure : Exposure
        What is supplemented.
    folder : Path
        Where it is to be; must not exist, or be empty.
    parameters : Path, optional
        A ``reference_parameters.csv`` to start from: an SD of a change in pressure does not depend on what
        is supplemented. None: the table starts empty.

    Raises
    ------
    DataError
        If the folder holds anything, or the parameters are not such a table.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is there and not empty; expected a new folder, nothing was written")
    files = {
        name: _template(template).replace("@EXPOSURE@", exposure.name)
        for name, template in (
            ("Snakefile", "Snakefile"),
            ("config/config.yaml", "config.yaml"),
            ("README.md", "README.md"),
        )
    }
    files["profiles/default/config.yaml"] = "cores: all\n"
    files[".gitignore"] = ".snakemake/\nresults/\ndata/processed/\n"
    for table in TABLES.values():
        files[f"data/raw/{table.file}"] = csv_text(tuple(table.columns), ())
    if parameters is not None:
        files["data/raw/reference_parameters.csv"] = _parameters(parameters)
    files[f"data/raw/{EXPOSURE}"] = _exposure_table(exposure)
    return Project(folder, files)


def write_project(project: Project) -> None:
    """Write the files of a project, the Snakefile last: a folder without it is unfinished."""
    for name, text in sorted(project.files.items(), key=lambda item: item[0] == "Snakefile"):
        write_text(project.folder / name, text)


def _template(name: str) -> str:
    return resources.files("mgmeta.extend.project").joinpath(name).read_text(encoding="utf-8")


def _parameters(path: Path) -> str:
    columns = tuple(TABLES["parameters"].columns)
    problems: list[Finding] = []
    rows = read_rows(path, columns, problems)
    if problems or rows is None:
        raise DataError(f"{path.parent / str(problems[0])}")
    return csv_text(columns, [cells for _, cells in rows])


def _exposure_table(exposure: Exposure) -> str:
    rows = [
        {"quantity": "name", "value": exposure.name},
        {
            "quantity": "mg_per_mmol",
            "value": f"{exposure.mg_per_mmol:g}",
            "unit": "mg/mmol",
            "source_url": ATOMIC_WEIGHTS,
            "note": "standard atomic weight",
        },
        {
            "quantity": "dose_max_mg_per_day",
            "value": f"{exposure.dose_max_mg_per_day:g}",
            "unit": "mg/d",
            "note": "a larger dose in a cell is taken for a misprint; no statement on safety",
        },
        {"quantity": "charge", "value": f"{exposure.charge:g}", "unit": "mEq/mmol"},
    ]
    return csv_text(COLUMNS, rows)


def exposure_named(name: str, mg_per_mmol: float | None, dose_max: float, charge: float | None) -> Exposure:
    """Return a known element, or one described in full.

    Raises
    ------
    ConfigError
        If the name is no plain word, or an unknown element is not described.
    """
    key = name.strip().lower()
    if re.fullmatch(r"[a-z][a-z -]{0,39}", key) is None:
        raise ConfigError(f"exposure: found {name!r}, expected a name in letters, such as potassium")
    weight, ion = ELEMENTS.get(key, (None, None))
    weight, ion = mg_per_mmol or weight, charge or ion
    if weight is None or ion is None:
        known = ", ".join(ELEMENTS)
        raise ConfigError(f"exposure: {key!r} is none of {known}; say --mg-per-mmol and --charge")
    return Exposure(key, weight, dose_max, ion)
