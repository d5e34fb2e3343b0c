"""The outcomes that can be pooled: one entry each, nothing else to touch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One measured quantity.

    Attributes
    ----------
    key : str
        Value of the ``outcome`` column in ``reports.csv``.
    name : str
        Name in plain words, as figures and the report print it.
    unit : str
        Unit of effects, SEs and bounds.
    plausible_low, plausible_high : float
        Range of a mean that a person could have, in `unit`.
    plausible_effect : float
        Largest believable absolute effect of a supplement, in `unit`.
    external_sd : tuple of (str, str)
        Quantities of ``reference_parameters.csv`` that print an SD of change
        (``"sd"``) or its square (``"variance"``) for this outcome.
    """

    key: str
    name: str
    unit: str
    plausible_low: float
    plausible_high: float
    plausible_effect: float
    external_sd: tuple[tuple[str, str], ...] = ()


OUTCOMES: dict[str, Outcome] = {
    "sbp": Outcome(
        "sbp",
        "systolic blood pressure",
        "mmHg",
        70.0,
        250.0,
        40.0,
        (("sd_change_sbp_mmhg", "sd"), ("variance_change_sbp_mmhg2", "variance")),
    ),
    "dbp": Outcome(
        "dbp", "diastolic blood pressure", "mmHg", 35.0, 160.0, 30.0, (("sd_change_dbp_mmhg", "sd"),)
    ),
}

PRESSURE = "mmHg"
PRESSURES: tuple[str, ...] = tuple(key for key, outcome in OUTCOMES.items() if outcome.unit == PRESSURE)
"""The outcomes the published reviews and the claims are about; any other has only its own pools."""
