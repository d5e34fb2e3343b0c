"""The moderators in the order of the report: where each value is read, its levels or its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mgmeta.effects.slices import CENTRE_DOSE_MG_PER_DAY
from mgmeta.moderators import values
from mgmeta.moderators.values import Value


@dataclass(frozen=True)
class Moderator:
    """One property of a trial.

    Attributes
    ----------
    key : str
        Its id.
    label : str
        In plain words, as tables and figures name it.
    value : callable
        (slice row, trial, evidence) -> number, or None where the tables do not say.
    levels : tuple of str
        Names of the levels 0 (reference) and 1; empty for a continuous moderator.
    step : float
        Of a continuous moderator: the difference the printed slope is for.
    step_label : str
        That difference in words ("per 10 mmHg").
    axis : str
        Title of its axis.
    lifted : mapping
        Criteria of the analysis that are lifted to compare levels it would not admit.
    """

    key: str
    label: str
    value: Value
    levels: tuple[str, ...] = ()
    step: float = 1.0
    step_label: str = ""
    axis: str = ""
    lifted: Mapping[str, Any] = field(default_factory=dict)


def _named(*items: Moderator) -> dict[str, Moderator]:
    return {item.key: item for item in items}


# "Any blinding" is the scenario of docs/protocol.md section 8: an open trial has no placebo.
ANY_BLINDING = {
    "blinding": ("double", "single", "open"),
    "comparator": ("placebo", "no_treatment", "usual_care"),
}

MODERATORS: dict[str, Moderator] = _named(
    Moderator(
        "hypertension",
        "Blood pressure at entry",
        values.from_slice("hypertensive"),
        ("normotensive or high normal", "hypertensive"),
    ),
    Moderator(
        "bp_treatment",
        "Antihypertensive drugs",
        values.coded("bp_treatment", {"untreated": 0.0, "treated": 1.0}),
        ("untreated", "treated"),
    ),
    Moderator(
        "baseline_sbp",
        "Systolic pressure at entry",
        values.baseline("sbp"),
        step=10.0,
        step_label="per 10 mmHg more",
        axis="Mean systolic pressure at entry, mmHg",
    ),
    Moderator(
        "baseline_dbp",
        "Diastolic pressure at entry",
        values.baseline("dbp"),
        step=10.0,
        step_label="per 10 mmHg more",
        axis="Mean diastolic pressure at entry, mmHg",
    ),
    Moderator(
        "mg_status",
        "Magnesium status at entry",
        values.coded("mg_status", {"replete": 0.0, "unselected": 0.0, "deficient": 1.0}),
        ("replete or not selected by it", "deficient"),
    ),
    Moderator(
        "serum_mg",
        "Serum magnesium at entry",
        values.serum_magnesium,
        step=0.1,
        step_label="per 0.1 mmol/L more",
        axis="Mean serum magnesium at entry, mmol/L",
    ),
    Moderator(
        "diabetes",
        "Diabetes",
        values.coded("diabetes", {"none": 0.0, "t1d": 1.0, "t2d": 1.0}),
        ("without diabetes", "with diabetes"),
    ),
    Moderator(
        "dose",
        "Dose",
        values.from_slice("dose_per_100mg"),
        step=1.0,
        step_label="per 100 mg/d more",
        axis=f"Elemental magnesium, 100 mg/d more than {CENTRE_DOSE_MG_PER_DAY:g} mg/d",
    ),
    Moderator(
        "duration",
        "Time of measurement",
        values.from_slice("timepoint_weeks"),
        step=4.0,
        step_label="per 4 weeks more",
        axis="Weeks of supplementation",
    ),
    Moderator(
        "compound",
        "Compound",
        values.compound,
        ("inorganic salt", "organic salt or chelate"),
    ),
    Moderator("design", "Design", values.design, ("parallel groups", "crossover")),
    Moderator(
        "blinding",
        "Blinding",
        values.coded("blinding", {"double": 0.0, "single": 1.0, "open": 1.0}),
        ("double-blind", "single-blind or open"),
        lifted=ANY_BLINDING,
    ),
    Moderator(
        "year",
        "Year of publication",
        values.from_slice("year"),
        step=10.0,
        step_label="per 10 years later",
        axis="Year of publication",
    ),
    Moderator(
        "size",
        "People in the trial",
        values.doublings,
        step=1.0,
        step_label="per doubling",
        axis="People compared, doublings (binary logarithm)",
    ),
)
