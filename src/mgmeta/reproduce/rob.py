"""The optional table of risk of bias: ``rob.csv`` beside the raw tables, RoB 2 domains.

No file, or no row, is "not assessed": blinding alone is not risk of bias, and nothing
here guesses it from an abstract.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mgmeta.errors import DataError
from mgmeta.pooling.table_input import Table, read_table

DOMAINS = ("randomisation", "deviations", "missing_data", "measurement", "selection")
JUDGEMENTS = ("low", "some_concerns", "high")
COLUMNS = ("trial_id", *DOMAINS, "overall", "note")


@dataclass(frozen=True)
class RiskOfBias:
    """One trial's judgements (Sterne JAC et al. BMJ 2019;366:l4898)."""

    trial_id: str
    domains: dict[str, str]
    overall: str
    note: str


def load_rob(folder: Path, trial_ids: Iterable[str]) -> dict[str, RiskOfBias]:
    """Read the judgements by trial; empty where there is no ``rob.csv``.

    Raises
    ------
    DataError
        With every problem as ``file:row:column``: a column missing, a trial unknown or
        twice, a judgement that is none of low, some_concerns, high.
    """
    path = folder / "rob.csv"
    if not path.is_file():
        return {}
    table = read_table(str(path))
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise DataError(f"{table.path}:1: no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    known = set(trial_ids)
    found: dict[str, RiskOfBias] = {}
    problems = []
    for i in range(len(table.lines)):
        trial_id = table.columns["trial_id"][i]
        if trial_id not in known:
            problems.append(f"{table.at(i, 'trial_id')}: found {trial_id!r}, expected a trial of trials.csv")
        elif trial_id in found:
            problems.append(f"{table.at(i, 'trial_id')}: {trial_id} has a row already")
        problems += _wrong(table, i)
        found[trial_id] = RiskOfBias(
            trial_id,
            {domain: table.columns[domain][i] for domain in DOMAINS},
            table.columns["overall"][i],
            table.columns["note"][i],
        )
    if problems:
        raise DataError("\n".join(problems))
    return found


def _wrong(table: Table, i: int) -> list[str]:
    return [
        f"{table.at(i, column)}: found {table.columns[column][i]!r}, expected {', '.join(JUDGEMENTS)}"
        for column in (*DOMAINS, "overall")
        if table.columns[column][i] not in JUDGEMENTS
    ]
