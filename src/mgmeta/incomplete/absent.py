"""What a trial printed on an outcome, and what a paper would have to add."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.effects.candidates import Candidate
from mgmeta.effects.routes import printed_effect
from mgmeta.effects.statements import Bound, Estimate, NotAContrast
from mgmeta.evidence.records import Evidence, Report, Trial


@dataclass(frozen=True)
class Printed:
    """What is there and what is not, in words.

    ``printed`` is ``numbers``, ``words``, ``own change only`` or ``nothing``.
    """

    printed: str
    absent: tuple[str, ...]


def what_is_absent(
    evidence: Evidence, candidates: dict[str, Candidate], trial: Trial, outcome: str
) -> Printed:
    """Describe one trial's reports on one outcome."""
    reports = evidence.reports_of(trial.trial_id, outcome)
    if not reports:
        sizes = () if trial.n_mg or trial.n_randomised else ("arm sizes",)
        return Printed("nothing", ("any result", *sizes))
    found = [candidates[report.report_id] for report in reports]
    kinds = {type(candidate.statement) for candidate in found}
    if Estimate in kinds:
        numeric = next(c for c in found if isinstance(c.statement, Estimate))
        return Printed("numbers", _missing_beside_numbers(numeric))
    absent = ["the difference or the arm means", "their spread"]
    if not any(candidate.arms.known for candidate in found):
        absent.append("arm sizes")
    if NotAContrast in kinds and Bound not in kinds:
        return Printed(
            "own change only", ("the control arm's values", "a test between the arms", *absent[2:])
        )
    if any(report.mg_final_mean is not None and report.control_final_mean is None for report in reports):
        absent[0] = "the control arm's values"
    return Printed("words", tuple(absent))


def _missing_beside_numbers(candidate: Candidate) -> tuple[str, ...]:
    """Return what a numeric row still leaves to assume."""
    report: Report = candidate.report
    absent: list[str] = []
    statement = candidate.statement
    assert isinstance(statement, Estimate)
    if statement.se_assumed:
        absent.append("the spread or the interval")
    if candidate.arms.origin in ("split", "missing"):
        absent.append("arm sizes")
    if report.dispersion == "unclear" and printed_effect(report) is not None:
        absent.append("what the plus-minus is")
    if "correlation" in candidate.assumed:
        absent.append("the SD of change")
    return tuple(absent)
