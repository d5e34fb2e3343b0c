"""The ledger: every published result beside the same question asked of one evidence table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mgmeta.config import Config
from mgmeta.effects.derive import Derived
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Row
from mgmeta.reproduce import engines
from mgmeta.reproduce.engines import Answer, Settings
from mgmeta.reproduce.ledger_words import sentence
from mgmeta.reproduce.picked import Picked, pick
from mgmeta.reproduce.plan import Plan, Reading, ReviewPlan, TargetKey
from mgmeta.reproduce.remainder import Remainder, implied_remainder
from mgmeta.reproduce.smd import standardise
from mgmeta.reproduce.targets import NoTarget, PrintedResult, no_targets, printed_result
from mgmeta.reproduce.verdict import judge

# 10 mmol of magnesium in the unit of the dose moderator, 100 mg/d (24.305 mg/mmol).
PER_10_MMOL = 2.4305
DOSE = "dose_per_100mg"


@dataclass(frozen=True)
class Count:
    """Trials found: those that meet the criteria, those pooled, and how these speak."""

    eligible: int
    pooled: int
    numeric: int
    bounds: int


@dataclass(frozen=True)
class Overlap:
    """Where two intervals overlap (None = nowhere), and the share of the published one that is covered."""

    low: float | None
    high: float | None
    share_of_published: float


@dataclass(frozen=True)
class Difference:
    """Ours minus the published estimate, with our interval shifted alike.

    The published uncertainty is not added: the reviews share trials with this table, so that the
    two are not independent.
    """

    estimate: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class ReadingResult:
    """The bounded estimate under one reading of what the review does not state; "" = primary."""

    label: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class LedgerRow:
    """One published result and ours.

    Attributes
    ----------
    numeric : tuple of Answer
        The review's own model on the numbers alone; all its readings, the primary first.
    ml, mi, bayes : Answer
        Numbers and bounds by maximum likelihood, multiple imputation and exact posterior.
    judged_at_sd : float or None
        For standardised targets: the SD of change (mmHg) at which the rule is applied.
    verdict : str or None
        A word of the rule, on `ml`; None where it is not applied.
    trials, refused : tuple of str
        Trials pooled; those that a standardised effect cannot use.
    """

    published: PrintedResult
    found: Count
    numeric: tuple[Answer, ...]
    ml: Answer
    mi: Answer
    bayes: Answer
    difference: Difference | None
    overlap: Overlap | None
    judged_at_sd: float | None
    verdict: str | None
    reason: str
    sentence: str
    readings: tuple[ReadingResult, ...]
    cannot_say: str
    trials: tuple[str, ...]
    refused: tuple[str, ...]
    remainder: Remainder | None


@dataclass(frozen=True)
class Ledger:
    """All rows, and the rows of ``reviews.csv`` that are no targets."""

    level: float
    rows: tuple[LedgerRow, ...]
    no_targets: tuple[NoTarget, ...]


@dataclass(frozen=True)
class _Scaled:
    """Rows as one target asks for them, and the factor from the engines' unit to the target's."""

    rows: tuple[Row, ...]
    factor: float
    column: str
    sd: float | None
    refused: tuple[str, ...] = ()


def build_ledger(evidence: Evidence, derived: Derived, config: Config, plan: Plan) -> Ledger:
    """Reproduce every target.

    Parameters
    ----------
    derived
        The table under the configuration's assumptions.

    Raises
    ------
    ConfigError
        If a target names no row of ``reviews.csv``, or a row is neither target nor left out.
    """
    left = no_targets(evidence, plan)
    bench = _Bench(evidence, derived, config)
    rows = tuple(bench.row(review, key) for review in plan.reviews for key in review.targets)
    return Ledger(config.level, rows, left)


class _Bench:
    """Works through targets and pools the same rows once."""

    def __init__(self, evidence: Evidence, derived: Derived, config: Config) -> None:
        self.evidence, self.derived, self.config = evidence, derived, config
        self.settings = Settings.of(config)
        self.picked: dict[Reading, Picked] = {}
        self.done: dict[tuple[Any, ...], Answer] = {}

    def row(self, review: ReviewPlan, key: TargetKey) -> LedgerRow:
        """Return one row of the ledger."""
        published = printed_result(self.evidence, review.review_id, key)
        readings = review.readings[key.subset]
        primary = self._pick(readings[0])
        use = self._scaled(primary, key)
        numeric = tuple(self._own(use, model) for model in review.models)
        ml = self._ml(use)
        mi = self._once("MI", use, lambda: engines.imputed(use.rows, self.settings, use.column))
        bayes = self._once("Bayes", use, lambda: engines.bayes(use.rows, self.settings, use.column))
        found = _count(primary, use.rows)
        verdict, reason = _verdict(review, published, found.pooled, ml, use)
        return LedgerRow(
            published=published,
            found=found,
            numeric=numeric,
            ml=ml,
            mi=mi,
            bayes=bayes,
            difference=_difference(published, ml),
            overlap=_overlap(published, ml),
            judged_at_sd=use.sd,
            verdict=verdict,
            reason=reason,
            sentence=sentence(OUTCOMES[key.outcome].name, published, found, ml, verdict, reason),
            readings=tuple(self._reading(reading, key) for reading in readings),
            cannot_say=review.cannot_say,
            trials=tuple(str(row["trial_id"]) for row in use.rows),
            refused=use.refused,
            remainder=None if use.column or use.sd else implied_remainder(published, use.rows, ml),
        )

    def _pick(self, reading: Reading) -> Picked:
        if reading not in self.picked:
            self.picked[reading] = pick(self.evidence, self.derived, self.config, reading)
        return self.picked[reading]

    def _scaled(self, picked: Picked, key: TargetKey) -> _Scaled:
        rows = picked.of(key.outcome)
        if key.unit == "mmHg_per_10_mmol":
            return _Scaled(tuple(row for row in rows if row[DOSE] is not None), PER_10_MMOL, DOSE, None)
        if key.unit == "smd":
            found = standardise(rows, key.outcome, self.derived.sd_model)
            return _Scaled(found.rows, 1.0 / found.sd, "", found.sd, found.refused)
        return _Scaled(rows, 1.0, "", None)

    def _once(self, method: str, use: _Scaled, run: Callable[[], Answer]) -> Answer:
        key = (method, use.column, engines.key_of(use.rows))
        if key not in self.done:
            self.done[key] = run()
        return self.done[key].times(use.factor)

    def _own(self, use: _Scaled, model: str) -> Answer:
        return self._once(
            model, use, lambda: engines.own_model(use.rows, model, self.config.level, use.column)
        )

    def _ml(self, use: _Scaled) -> Answer:
        level = self.config.level
        return self._once("ML", use, lambda: engines.maximum_likelihood(use.rows, level, use.column))

    def _reading(self, reading: Reading, key: TargetKey) -> ReadingResult:
        use = self._scaled(self._pick(reading), key)
        ml = self._ml(use)
        return ReadingResult(reading.label, ml.k, ml.estimate, ml.ci_low, ml.ci_high)


def _count(picked: Picked, rows: tuple[Row, ...]) -> Count:
    numeric = sum(row["kind"] == "estimate" for row in rows)
    return Count(len(picked.eligible), len(rows), numeric, len(rows) - numeric)


@dataclass(frozen=True)
class _InMmHg:
    """A target in the unit of the rule."""

    unit: str
    k_trials: int | None
    estimate: float
    ci_low: float | None
    ci_high: float | None


def _verdict(
    review: ReviewPlan, published: PrintedResult, k: int, ml: Answer, use: _Scaled
) -> tuple[str | None, str]:
    """Apply the rule, a standardised target at the table's SD of change."""
    if review.not_judged:
        return None, review.not_judged
    if published.estimate is None:
        return None, "the review prints no figure"
    sd = 1.0 if use.sd is None else use.sd

    def mmhg(value: float | None) -> float | None:
        return None if value is None else value * sd

    target = _InMmHg(
        "mmHg", published.k_trials, published.estimate * sd, mmhg(published.ci_low), mmhg(published.ci_high)
    )
    ours = ml.times(sd)
    verdict = judge(target, k, ours.estimate, ours.ci_low, ours.ci_high)
    notes = [verdict.reason]
    if published.k_trials is None:
        notes.append("the number of trials behind the published figure is not printed")
    if use.sd is not None:
        notes.append(f"judged in mmHg at an SD of change of {use.sd:.1f} mmHg")
    return verdict.word, "; ".join(notes)


def _difference(published: PrintedResult, ml: Answer) -> Difference | None:
    if published.estimate is None or ml.estimate is None:
        return None
    shift = published.estimate
    ends = [None if end is None else end - shift for end in (ml.ci_low, ml.ci_high)]
    return Difference(ml.estimate - shift, ends[0], ends[1])


def _overlap(published: PrintedResult, ml: Answer) -> Overlap | None:
    if None in (published.ci_low, published.ci_high, ml.ci_low, ml.ci_high):
        return None
    assert published.ci_low is not None and published.ci_high is not None
    assert ml.ci_low is not None and ml.ci_high is not None
    low, high = max(published.ci_low, ml.ci_low), min(published.ci_high, ml.ci_high)
    if low > high:
        return Overlap(None, None, 0.0)
    return Overlap(low, high, (high - low) / (published.ci_high - published.ci_low))
