"""What no schema of one cell can say: rows against rows, tables against tables, numbers against numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mgmeta.evidence.agreement import arms_agree, p_agrees, significance_agrees
from mgmeta.evidence.cells import cells_hold
from mgmeta.evidence.exposure import MAGNESIUM, Exposure, read_exposure
from mgmeta.evidence.findings import Finding, Level, ordered, quoted
from mgmeta.evidence.load import TABLES, read_evidence
from mgmeta.evidence.records import Evidence, Report, Trial
from mgmeta.evidence.references import (
    intake_findings,
    parameter_findings,
    review_findings,
    review_group_findings,
)
from mgmeta.evidence.rows import (
    coding_findings,
    interval_findings,
    plausibility_findings,
    remark,
    stated_findings,
)
from mgmeta.evidence.trials import duplicate_findings, overlap_findings, trial_findings

PRESSURES = ("sbp", "dbp", "map", "pp")


def check_folder(folder: Path, *, screen: bool = False) -> tuple[Evidence, list[Finding]]:
    """Check the six raw tables and return what was read and everything there is to say about it.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables; nothing in it is written.
    screen : bool
        Ask the rules of the cells first, and pandera only if one of them does not hold: the same findings, a
        second sooner where there are none.

    Returns
    -------
    Evidence
        The records that could be read; usable only if no finding is an error.
    list of Finding
        Errors, ambiguities and notes, in this order and then by file, line and column.
    """
    loaded = read_evidence(folder)
    exposure = read_exposure(folder)
    findings = [*loaded.problems]
    if not (screen and cells_hold(loaded.evidence, exposure)):
        from mgmeta.evidence.schema import schema_findings  # pandera and pandas: half a second

        findings += schema_findings(loaded.evidence, exposure)
    broken = frozenset((finding.file, finding.row) for finding in findings)
    findings += crosscheck(loaded.evidence, broken, exposure)
    return loaded.evidence, ordered(findings)


def crosscheck(
    evidence: Evidence,
    broken: frozenset[tuple[str, int]] = frozenset(),
    exposure: Exposure = MAGNESIUM,
) -> list[Finding]:
    """Check rows against themselves, each other and the other tables.

    Parameters
    ----------
    evidence : Evidence
        The records of all tables.
    broken : frozenset of (str, int)
        (file, line) of rows with an error of their own: they are left out here, because what follows from a
        wrong cell would only repeat it.
    exposure : Exposure
        What is supplemented: the weight of a mmol.

    Returns
    -------
    list of Finding
    """
    sound = Evidence(
        **{
            name: tuple(row for row in getattr(evidence, name) if (table.file, row.row) not in broken)
            for name, table in TABLES.items()
        }
    )
    findings: list[Finding] = []
    for trial in sound.trials:
        findings += trial_findings(trial, exposure)
        if all(("reports.csv", report.row) not in broken for report in evidence.reports_of(trial.trial_id)):
            findings += level_findings(trial, sound.reports_of(trial.trial_id))
    findings += duplicate_findings(sound.trials)
    findings += overlap_findings(sound)
    for report in sound.reports:
        findings += report_findings(report, sound)
    findings += repeated_findings(sound.reports)
    findings += pressure_findings(sound.reports)
    for source in sound.sources:
        if not source.source_id.startswith(f"{source.trial_id}-"):
            found = f"found {quoted(source.source_id)}, expected it to start with {source.trial_id}-"
            findings.append(Finding("error", "sources.csv", source.row, "source_id", found))
    for review in sound.reviews:
        findings += review_findings(review)
    findings += review_group_findings(sound.reviews)
    for intake in sound.intakes:
        findings += intake_findings(intake)
    for parameter in sound.parameters:
        findings += parameter_findings(parameter)
    return findings


def report_findings(report: Report, evidence: Evidence) -> Iterator[Finding]:
    """Yield everything there is to say about one row of ``reports.csv``."""
    trial = evidence.trial_by_id.get(report.trial_id)
    yield from coding_findings(report)
    yield from stated_findings(report)
    yield from interval_findings(report, "difference", "reports.csv")
    yield from plausibility_findings(report)
    yield from p_agrees(report, trial)
    yield from significance_agrees(report, trial)
    yield from arms_agree(report)
    start = f"{report.trial_id}-{report.outcome}-"
    if not report.report_id.startswith(start):
        found = f"found {quoted(report.report_id)}, expected it to start with {start}"
        yield remark(report, "error", "report_id", found)
    source = evidence.source_by_id.get(report.source_id)
    if source is not None and source.trial_id != report.trial_id:
        found = f"found {quoted(report.source_id)}, a source of {source.trial_id}, expected one of this trial"
        yield remark(report, "error", "source_id", found)
    if trial is not None:
        yield from _against_trial(report, trial)


def _against_trial(report: Report, trial: Trial) -> Iterator[Finding]:
    if report.contrast != "before_after":
        if trial.design == "single_arm":
            found = f"found {report.contrast}, expected before_after: {trial.trial_id} has a single arm"
            yield remark(report, "error", "contrast", found)
        elif trial.design != "unclear" and (report.contrast == "crossover") != (trial.design == "crossover"):
            found = f"{report.contrast} contrast of a trial whose design is {trial.design}"
            yield remark(report, "ambiguity", "contrast", found)
    if report.contrast == "crossover" and report.n_mg != report.n_control:
        found = (
            f"{report.n_mg} with magnesium, {report.n_control} with control: a crossover has the same people"
        )
        yield remark(report, "ambiguity", "n_control", found)
    counted = [n for n in (report.n_mg, report.n_control) if n is not None]
    most = sum(counted) if report.contrast == "parallel" else max(counted, default=0)
    if trial.n_randomised is not None and most > trial.n_randomised:
        found = f"found {most} people, expected at most the {trial.n_randomised} randomised (trials.csv)"
        yield remark(report, "error", "n_mg", found)
    dose, week = report.dose_mg_per_day, report.timepoint_weeks
    if dose is not None and trial.dose_basis == "salt_mass_only":
        found = f"found {dose:g}, expected nothing: only the mass of the salt is known (dose_basis)"
        yield remark(report, "error", "dose_mg_per_day", found)
    elif dose is not None and trial.dose_mg_per_day is not None and dose > trial.dose_mg_per_day:
        found = f"{dose:g} mg/d is more than the trial's highest dose {trial.dose_mg_per_day:g} (trials.csv)"
        yield remark(report, "ambiguity", "dose_mg_per_day", found)
    if week is not None and trial.duration_weeks is not None and week > trial.duration_weeks:
        found = f"{week:g} weeks is after the trial's end at {trial.duration_weeks:g} (trials.csv)"
        yield remark(report, "ambiguity", "timepoint_weeks", found)


def level_findings(trial: Trial, reports: tuple[Report, ...]) -> Iterator[Finding]:
    """Yield a finding where ``evidence_level`` is not what the trial's reports hold.

    ``numeric``: a contrast of blood pressure with a difference or both arms' changes or finals; ``verbal``: a
    significance or P only. Changes within the magnesium arm are no contrast.
    """

    def say(level: Level, message: str) -> Finding:
        return Finding(level, "trials.csv", trial.row, "evidence_level", message)

    if not reports:
        yield say("note", "no row of reports.csv belongs to this trial")
    held = "none"
    for report in reports:
        if report.outcome not in PRESSURES or report.contrast == "before_after":
            continue
        pairs = (("mg_change_mean", "control_change_mean"), ("mg_final_mean", "control_final_mean"))
        if report.difference is not None or any(set(pair) <= report.printed.keys() for pair in pairs):
            held = "numeric"
        elif held == "none" and (report.significance or report.p_value is not None):
            held = "verbal"
    if held != trial.evidence_level:
        yield say("ambiguity", f"{trial.evidence_level!r}, but the best contrast in reports.csv is {held!r}")


def repeated_findings(reports: tuple[Report, ...]) -> Iterator[Finding]:
    """Yield rows that report the same comparison twice under two ids."""
    columns = ("trial_id", "outcome", "method", "position", "timepoint_weeks", "dose_mg_per_day")
    first: dict[tuple[object, ...], Report] = {}
    for report in reports:
        key = tuple(getattr(report, column) for column in (*columns, "arm_label", "contrast"))
        other = first.setdefault(key, report)
        if other is not report:
            found = f"same comparison as {other.report_id} on line {other.row}: two readings of one result?"
            yield remark(report, "ambiguity", "report_id", found)


def pressure_findings(reports: tuple[Report, ...]) -> Iterator[Finding]:
    """Yield diastolic means that are not below the systolic mean of the same arm and time."""
    means = [f"{arm}_{when}_mean" for arm in ("mg", "control") for when in ("baseline", "final")]
    columns = (
        "trial_id",
        "method",
        "position",
        "timepoint_weeks",
        "dose_mg_per_day",
        "arm_label",
        "contrast",
    )
    groups: dict[tuple[object, ...], dict[str, Report]] = {}
    for report in reports:
        key = tuple(getattr(report, column) for column in columns)
        groups.setdefault(key, {}).setdefault(report.outcome, report)
    for group in groups.values():
        if not {"sbp", "dbp"} <= group.keys():
            continue
        sbp, dbp = group["sbp"], group["dbp"]
        for column in set(means) & sbp.printed.keys() & dbp.printed.keys():
            if getattr(dbp, column) >= getattr(sbp, column):
                found = f"found {dbp.printed[column]}, expected it below the SBP {sbp.printed[column]}"
                yield remark(dbp, "error", column, f"{found} on line {sbp.row}")
