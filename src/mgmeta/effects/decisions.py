"""The record of every number assumed, converted or chosen on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

COLUMNS = (
    "assumption_set",
    "trial_id",
    "outcome",
    "report_id",
    "step",
    "chosen",
    "value",
    "unit",
    "alternative",
    "alternative_value",
    "reason",
)


@dataclass(frozen=True)
class Decision:
    """One choice: what was taken, instead of what, and why.

    Attributes
    ----------
    step : str
        ``arm_size``, ``dispersion``, ``route``, ``conflict``, ``rounding``,
        ``borrowed_sd``, ``correlation``, ``shared_control`` or ``conversion``.
    chosen, alternative : str
        The option taken and the one not taken ("" = none).
    value, alternative_value : float or None
        Their numbers in `unit`.
    """

    trial_id: str
    outcome: str
    report_id: str
    step: str
    chosen: str
    value: float | None = None
    unit: str = ""
    alternative: str = ""
    alternative_value: float | None = None
    reason: str = ""


@dataclass
class DecisionLog:
    """Collects decisions while one assumption set is worked through."""

    entries: list[Decision] = field(default_factory=list)

    def add(self, decision: Decision) -> None:
        """Append one decision; a repeated one is kept once."""
        if decision not in self.entries:
            self.entries.append(decision)

    def of(self, *report_ids: str) -> list[Decision]:
        """Return the decisions made for these reports."""
        return [entry for entry in self.entries if entry.report_id in report_ids]
