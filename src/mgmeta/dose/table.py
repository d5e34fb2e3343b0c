"""Dose-response rows from any CSV file or table in memory; every complaint names file, row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.contrasts import CONVENTIONS
from mgmeta.dose.rows import DoseRows, TrialError, arm_rows, contrast_rows
from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.table_input import Table, effects_of_table, number, read_table

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a dose-response table; None where a default or nothing is meant.

    Contrasts need ``yi`` and ``vi`` or ``sei``; arms need ``mean``, ``sd`` and ``n``, with one referent
    arm, the one of the lowest dose, in every study.
    """

    dose: str = "dose"
    study: str | None = None
    yi: str = "yi"
    vi: str | None = None
    sei: str | None = None
    reference: str | None = None
    n_treated: str | None = None
    n_control: str | None = None
    mean: str | None = None
    sd: str = "sd"
    n: str = "n"


def read_rows(path: str, columns: Columns, *, convention: str = "pooled") -> DoseRows:
    """Read contrasts or arms from a CSV file, as :func:`rows_of_table` does from a table."""
    _check_options(columns, convention)
    return rows_of_table(read_table(path), columns, convention=convention)


def rows_of_table(table: Table, columns: Columns, *, convention: str = "pooled") -> DoseRows:
    """Read contrasts or, where ``columns.mean`` is given, arms.

    Rows whose effect is blank may hold a bound in ``yi_low``, ``yi_high`` (blank = open).

    Parameters
    ----------
    table : from :func:`mgmeta.pooling.table_input.read_table`, or made in memory
    columns : which column is what
    convention : covariance of the contrasts of arms, a key of :data:`mgmeta.dose.contrasts.CONVENTIONS`

    Raises
    ------
    ConfigError
        If options do not go together.
    DataError
        If a column, cell or trial cannot be used; says file:row:column.
    """
    _check_options(columns, convention)
    return _contrasts(table, columns) if columns.mean is None else _arms(table, columns, convention)


def _check_options(columns: Columns, convention: str) -> None:
    if convention not in CONVENTIONS:
        raise ConfigError(f"--covariance {convention!r} is unknown; choose one of {', '.join(CONVENTIONS)}")
    if columns.mean is not None:
        if columns.vi or columns.sei or columns.reference:
            raise ConfigError("--mean is for arms, --vi, --sei and --referent for contrasts; give one kind")
    elif convention != "pooled":
        raise ConfigError("--covariance is for arms (--mean, --sd, --n); contrasts bring their own errors")


def _arms(table: Table, columns: Columns, convention: str) -> DoseRows:
    study = columns.study or "study"
    labels = table.need(study)
    if not table.lines:
        raise DataError(f"{table.path}: the table has a header but no rows")
    dose = _doses(table, columns.dose)
    mean, sd, n = (_numbers(table, name) for name in (str(columns.mean), columns.sd, columns.n))
    for name, values, least, what in ((columns.sd, sd, 0.0, "SD above 0"), (columns.n, n, 1.0, "n above 1")):
        bad = np.flatnonzero(~(values > least))
        if bad.size:
            row = int(bad[0])
            raise DataError(f"{table.at(row, name)}: {values[row]:g}; an {what} is needed")
    try:
        return arm_rows(labels, dose, mean, sd, n, convention=convention)
    except TrialError as error:
        raise _located(table, labels, study, error) from error


def _contrasts(table: Table, columns: Columns) -> DoseRows:
    effects = effects_of_table(table, yi=columns.yi, vi=columns.vi, sei=columns.sei, study=columns.study)
    labels = [name or f"row {line}" for name, line in zip(effects.names, table.lines, strict=True)]
    dose = _doses(table, columns.dose)
    reference = np.zeros(dose.size) if columns.reference is None else _doses(table, columns.reference)
    same = np.flatnonzero(dose == reference)
    if same.size:
        row = int(same[0])
        raise DataError(
            f"{table.at(row, columns.dose)}: dose {dose[row]:g} is that of the referent; leave the row "
            "out, or give arms with --mean, --sd and --n"
        )
    sizes = [
        None if name is None else _numbers(table, name) for name in (columns.n_treated, columns.n_control)
    ]
    study = columns.study or ("study" if "study" in table.columns else columns.dose)
    try:
        return contrast_rows(
            effects.y,
            np.sqrt(effects.v),
            dose,
            lower=effects.low,
            upper=effects.high,
            reference=reference,
            trial=labels,
            n_treated=sizes[0],
            n_control=sizes[1],
        )
    except TrialError as error:
        raise _located(table, labels, study, error) from error


def _numbers(table: Table, column: str) -> Array:
    table.need(column)
    return np.array([number(table, row, column) for row in range(len(table.lines))])


def _doses(table: Table, column: str) -> Array:
    doses = _numbers(table, column)
    bad = np.flatnonzero(doses < 0.0)
    if bad.size:
        row = int(bad[0])
        raise DataError(f"{table.at(row, column)}: dose is {doses[row]:g}; 0 or more is needed")
    return doses


def _located(table: Table, labels: Sequence[str], study: str, error: TrialError) -> DataError:
    """Return the complaint about a trial with the place of its first row."""
    row = list(labels).index(error.label)
    return DataError(f"{table.at(row, study)}: {error.label}: {error.text}")
