"""Taking a trial out again: its rows leave, every other byte stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mgmeta.errors import DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.extend.addition import check_changed, read_tables
from mgmeta.extend.draft import Refusals
from mgmeta.extend.entry import IDS, ORDER
from mgmeta.extend.journal import Change
from mgmeta.extend.lines import Line


@dataclass(frozen=True)
class Removal:
    """What a removal takes away: file -> lines, and the change of every table, results first."""

    trial_id: str
    lines: dict[str, list[Line]]
    changes: dict[str, Change]


def plan_removal(folder: Path, trial_id: str, reports: tuple[str, ...] = ()) -> Removal:
    """Return what taking a trial, or some of its results, out of the tables would change.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables; nothing in it is written.
    trial_id : str
    reports : tuple of str
        Only these rows of ``reports.csv``, with the sources nothing else is read from; empty = the trial.

    Raises
    ------
    DataError
        If there is no such trial or result, another row names the trial, or the rest would not pass.
    """
    evidence = load_evidence(folder)
    evidence.trial(trial_id)
    _refuse_named(folder, trial_id, bool(reports))
    own = {report.report_id for report in evidence.reports_of(trial_id)}
    for name in reports:
        if name not in own:
            raise DataError(
                f"reports.csv: found no {name!r} of {trial_id}, expected one of {', '.join(sorted(own))}"
            )
    gone: dict[str, set[str]] = {"trials.csv": set(), "sources.csv": set(), "reports.csv": set(reports)}
    if reports:
        left = {r.source_id for r in evidence.reports if r.report_id not in reports}
        read = {r.source_id for r in evidence.reports if r.report_id in reports}
        gone["sources.csv"] = read - left
    else:
        gone["trials.csv"] = {trial_id}
        gone["sources.csv"] = {s.source_id for s in evidence.sources if s.trial_id == trial_id}
        gone["reports.csv"] = own
    lines: dict[str, list[Line]] = {}
    changes: dict[str, Change] = {}
    for file, (data, table) in reversed(read_tables(folder).items()):
        names = gone[file]
        lines[file] = [line for line in table.lines if line.cells[IDS[file]] in names]
        rest = table.drop(lambda line, file=file, names=names: line.cells[IDS[file]] in names)  # type: ignore[misc]
        changes[file] = Change(data, rest.text().encode("utf-8"))
    _, findings = check_changed(folder, changes)
    refusals = Refusals()
    for finding in findings:
        if finding.level == "error":
            refusals.add(finding.place, finding.message)
    refusals.raise_if_any("nothing was removed, because the tables would not pass without these rows")
    return Removal(trial_id, {file: lines[file] for file in ORDER}, changes)


def _refuse_named(folder: Path, trial_id: str, partly: bool) -> None:
    """Refuse to remove a trial that rows elsewhere name."""
    if partly:
        return
    refusals = Refusals()
    for line in read_tables(folder)["trials.csv"][1].rows("overlaps_with", trial_id):
        name = line.cells["trial_id"]
        refusals.add(f"trials.csv:{line.number}:overlaps_with", f"{name} names it; change that row first")
    path = folder / "rob.csv"
    if path.is_file():
        from mgmeta.extend.lines import read_lines

        for line in read_lines("rob.csv", path.read_bytes()).rows("trial_id", trial_id):
            refusals.add(f"rob.csv:{line.number}:trial_id", "a judgement of its bias; delete that row first")
    refusals.raise_if_any(f"{trial_id} was not removed, because other rows name it")
