"""Which trials can touch an analysis at all: the others need not be read by its jobs.

A trial that appeared after the years an analysis asks for is not pooled, but the SDs
that its numbers imply are lent to results in words (:mod:`mgmeta.effects.sd_model`).
Only where it prints no such number either is nothing of it used.
"""

from __future__ import annotations

from mgmeta.config import Analysis
from mgmeta.effects.derive import CONVERTIBLE, is_subgroup
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence, Report, Trial

# Numbers a comparison of arms can be derived from; sizes, doses, times and levels of intervals are none.
RESULTS = (
    *(
        f"{arm}_{what}_{kind}"
        for arm in ("mg", "control")
        for what in ("baseline", "final", "change")
        for kind in ("mean", "sd")
    ),
    "difference",
    "difference_se",
    "ci_low",
    "ci_high",
    "p_value",
)


def within_reach(evidence: Evidence, analysis: Analysis) -> frozenset[str]:
    """Return the trials on which a result of the analysis can depend, as ids.

    Out of reach is a trial that

    - appeared after `year_max` for certain (checks vary every other criterion, but not this one), and
    - lends nothing: no number that compares arms, nothing but whole-trial blood pressure, and
    - shares no participants with a trial within reach.

    When in doubt a trial is within reach: then more runs again than need be, and no result is wrong.
    """
    lending = {report.trial_id for report in evidence.reports if lends(report)}
    reached = {
        trial.trial_id
        for trial in evidence.trials
        if trial.trial_id in lending or not _too_late(trial, analysis)
    }
    linked = [(trial.trial_id, trial.overlaps_with) for trial in evidence.trials if trial.overlaps_with]
    while True:
        more = {one for pair in linked if reached & set(pair) for one in pair} - reached
        if not more:
            return frozenset(reached)
        reached |= more


def lends(report: Report) -> bool:
    """Say whether a row of a trial that is not pooled can still be used."""
    if is_subgroup(report) or report.outcome not in (*OUTCOMES, *CONVERTIBLE):
        return True
    return report.contrast != "before_after" and any(
        getattr(report, column) is not None for column in RESULTS
    )


def _too_late(trial: Trial, analysis: Analysis) -> bool:
    latest = analysis.select.year_max
    if latest is None or trial.year is None or trial.year in analysis.select.year_unclear:
        return False
    return trial.year > latest
