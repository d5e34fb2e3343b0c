"""How the answer moved: the pool of all trials up to each year, with every review at its date."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mgmeta.config import Config
from mgmeta.effects.derive import derive
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Row
from mgmeta.reproduce.claim_rule import PRIMARY
from mgmeta.reproduce.claims import four_analyses
from mgmeta.reproduce.engines import Answer, Settings, bayes, maximum_likelihood
from mgmeta.reproduce.picked import whole_rows
from mgmeta.reproduce.plan import Plan
from mgmeta.reproduce.targets import PrintedResult, printed_result


@dataclass(frozen=True)
class Step:
    """All trials published up to one year.

    ``added`` are the trials of that year; ``bayes`` the exact posterior (from the first
    trial on), ``ml`` the maximum-likelihood estimate (from the second).
    """

    year: int
    k_numeric: int
    k_bounds: int
    added: tuple[str, ...]
    bayes: Answer
    ml: Answer


@dataclass(frozen=True)
class DriftReview:
    """A review's overall result at its year of publication."""

    review_id: str
    label: str
    year: int
    estimate: float
    ci_low: float | None
    ci_high: float | None
    k_trials: int | None


@dataclass(frozen=True)
class OutcomeDrift:
    """The path of one outcome; ``without_year`` are pooled trials whose year is not printed."""

    name: str
    unit: str
    steps: tuple[Step, ...]
    reviews: tuple[DriftReview, ...]
    without_year: tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """``results/reproduction/drift.json``."""

    level: float
    prior_mu: str
    prior_tau: str
    outcomes: dict[str, OutcomeDrift]


def build_drift(evidence: Evidence, config: Config, plan: Plan) -> Drift:
    """Pool the trials of the primary update analysis year by year.

    Eligibility and SDs are those of today: the path shows how trials came in, not
    what an analyst of the time could have known.
    """
    base = config.analyses[config.target.analysis]
    analysis = four_analyses(base, all_years=True)[PRIMARY]
    derived = derive(evidence, analysis.assume)
    settings = Settings.of(config)
    outcomes = {}
    for outcome in config.pressures:
        rows = whole_rows(build_slice(evidence, derived, replace(analysis, outcomes=(outcome,))).rows)
        outcomes[outcome] = OutcomeDrift(
            OUTCOMES[outcome].name,
            OUTCOMES[outcome].unit,
            steps_of(rows, settings),
            _reviews(evidence, plan, outcome),
            tuple(str(row["trial_id"]) for row in rows if row["year"] is None),
        )
    return Drift(config.level, settings.prior_mu, settings.prior_tau, outcomes)


def steps_of(rows: tuple[Row, ...], settings: Settings) -> tuple[Step, ...]:
    """Return the pool after every year that brought a trial."""
    years = sorted({row["year"] for row in rows if row["year"] is not None})
    steps = []
    for year in years:
        known = tuple(row for row in rows if row["year"] is not None and row["year"] <= year)
        numeric = sum(row["kind"] == "estimate" for row in known)
        steps.append(
            Step(
                year,
                numeric,
                len(known) - numeric,
                tuple(str(row["trial_id"]) for row in known if row["year"] == year),
                bayes(known, settings),
                maximum_likelihood(known, settings.level),
            )
        )
    return tuple(steps)


def _reviews(evidence: Evidence, plan: Plan, outcome: str) -> tuple[DriftReview, ...]:
    """Return the overall results in mmHg of the reviews that print a year, oldest first."""
    found: list[PrintedResult] = [
        printed_result(evidence, review.review_id, key)
        for review in plan.reviews
        for key in review.targets
        if (key.outcome, key.subset, key.unit) == (outcome, "overall", OUTCOMES[outcome].unit)
    ]
    return tuple(
        DriftReview(r.review_id, r.label, r.year, r.estimate, r.ci_low, r.ci_high, r.k_trials)
        for r in sorted(found, key=lambda r: (r.year or 0, r.review_id))
        if r.year is not None and r.estimate is not None
    )
