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
    """Collects decisions while one assumption set is worked through.

    Keys of a dict, in the order they came: looking for a repeated one in a list made 8,600 trials
    cost a hundred times what 860 do.
    """

    entries: dict[Decision, None] = field(default_factory=dict)

    def add(self, decision: Decision) -> None:
        """Append one decision; a repeated one is kept once."""
        self.entries.setdefault(decision)
