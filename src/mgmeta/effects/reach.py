"""Which trials can touch an analysis at all: the others need not be read by its jobs.

A trial that fails the criteria of an analysis is not pooled, but the SDs that its numbers
imply are lent to results in words (:mod:`mgmeta.effects.sd_model`). Only where it prints no
such number either is nothing of it used.
"""

from __future__ import annotations

from dataclasses import replace

from mgmeta.config import Analysis
from mgmeta.effects.derive import CONVERTIBLE, is_subgroup
from mgmeta.effects.eligibility import LISTED, judge
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


# Criteria in lists that stay as they are in every check; moderators lift those on blinding and comparator.
FIXED = ("randomised", "cointervention", "setting", "design")


def within_reach(evidence: Evidence, analysis: Analysis) -> frozenset[str]:
    """Return the trials on which a result of the analysis can depend, as ids.

    Out of reach is a trial that

    - fails for certain one of the criteria that no check lifts: :data:`FIXED`, duration or year, and
    - lends nothing: no number that compares arms, nothing but whole-trial blood pressure, and
    - shares no participants with a trial within reach.

    When in doubt a trial is within reach: then more runs again than need be, and no result is wrong.
    """
    lending = {report.trial_id for report in evidence.reports if lends(report)}
    reached = {
        trial.trial_id
        for trial in evidence.trials
        if trial.trial_id in lending or not _refused(trial, analysis)
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


def _refused(trial: Trial, analysis: Analysis) -> bool:
    lifted = dict.fromkeys(column for column in LISTED if column not in FIXED)
    return bool(judge(trial, replace(analysis.select, **lifted)).failed)  # type: ignore[arg-type]
