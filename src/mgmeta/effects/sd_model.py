"""The pooled SD of change that stands in where a trial prints none.

One SD a trial and method group enters: the one its own numbers imply. The pool
is the root mean square weighted by df; its spread between trials is what a
borrowed SD may be wrong by.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from scipy.special import ndtr, ndtri

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Parameter

# Fewer trials than this do not make a cell; its SD is then borrowed more widely.
MIN_TRIALS = 3
# Numerical floor of the between-trial SD of log SD: a model that claimed every
# trial had exactly the same SD could not be cut at an inequality.
MIN_SPREAD = 0.05

METHOD_GROUPS: dict[str, str] = {
    "office": "clinic",
    "unspecified": "clinic",
    "home": "home",
    "ambulatory_24h": "ambulatory",
    "ambulatory_day": "ambulatory",
    "ambulatory_night": "ambulatory",
}


@dataclass(frozen=True)
class SdEntry:
    """The SD of change that one trial's numbers imply.

    Attributes
    ----------
    sd : float
        SD of change (parallel) or of the paired difference (crossover), in the
        outcome's unit.
    df : float
        Degrees of freedom behind it.
    """

    outcome: str
    group: str
    design: str
    trial_id: str
    report_id: str
    sd: float
    df: float


@dataclass(frozen=True)
class BorrowedSd:
    """An SD taken from the model, with its source.

    Attributes
    ----------
    sd : float
        Root mean square SD, times the analysis's factor.
    log_spread : float
        Between-trial SD of log SD.
    k : int
        Trials behind it (0 = external).
    source : str
        The cell it was taken from, in words.
    """

    sd: float
    log_spread: float
    k: int
    source: str


@dataclass(frozen=True)
class SdModel:
    """Pooled SDs of change by outcome, method group and design.

    Attributes
    ----------
    entries : tuple of SdEntry
        What was pooled.
    external : dict
        Outcome -> median external SD of change.
    log_spread : dict
        Outcome -> between-trial SD of log SD.
    factor : float
        Sensitivity factor applied to every borrowed SD.
    """

    entries: tuple[SdEntry, ...]
    external: dict[str, float]
    log_spread: dict[str, float]
    factor: float

    def borrow(self, outcome: str, method: str, design: str) -> BorrowedSd:
        """Return the SD for a contrast: its cell, else ever wider ones.

        The order is fixed: (outcome, method group, design); designs pooled;
        clinic in place of other methods; the median external SD.
        """
        key = outcome, METHOD_GROUPS.get(method, "clinic"), design
        if key not in self._borrowed:
            self._borrowed[key] = self._widened(*key)
        return self._borrowed[key]

    @cached_property
    def _borrowed(self) -> dict[tuple[str, str, str], BorrowedSd]:
        """What was lent before: a dozen cells serve every row."""
        return {}

    def _widened(self, outcome: str, group: str, design: str) -> BorrowedSd:
        """Return the SD of the narrowest cell with enough trials."""
        steps = (
            (f"{group}, {design}", (group,), (design,)),
            (f"{group}, both designs", (group,), ("parallel", "crossover")),
            ("clinic, both designs", ("clinic",), ("parallel", "crossover")),
        )
        spread = self.log_spread[outcome]
        for source, groups, designs in steps:
            cell = [
                e for e in self.entries if e.outcome == outcome and e.group in groups and e.design in designs
            ]
            if len(cell) >= MIN_TRIALS:
                return BorrowedSd(root_mean_square(cell) * self.factor, spread, len(cell), source)
        return BorrowedSd(self.external[outcome] * self.factor, spread, 0, "external studies")


def root_mean_square(entries: Iterable[SdEntry]) -> float:
    r"""Return :math:`\sqrt{\sum df_i s_i^2 / \sum df_i}`."""
    cell = list(entries)
    total = sum(entry.df for entry in cell)
    return math.sqrt(sum(entry.df * entry.sd**2 for entry in cell) / total)


def external_sds(parameters: Iterable[Parameter]) -> dict[str, float]:
    """Return the median SD of change printed in other studies, by outcome.

    Raises
    ------
    DataError
        If ``reference_parameters.csv`` prints none for an outcome that needs one.
    """
    rows = list(parameters)
    medians: dict[str, float] = {}
    for key, outcome in OUTCOMES.items():
        values = sorted(
            row.value if kind == "sd" else math.sqrt(row.value)
            for quantity, kind in outcome.external_sd
            for row in rows
            if row.quantity == quantity and row.value is not None
        )
        if not values:
            raise DataError(
                f"reference_parameters.csv: no SD of change for {key}; expected a row with quantity "
                + " or ".join(quantity for quantity, _ in outcome.external_sd)
            )
        middle = len(values) // 2
        medians[key] = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2.0
    return medians


def spread_of_log_sd(entries: Iterable[SdEntry]) -> float:
    r"""Return the between-trial SD of log SD within cells.

    Within-cell variance of :math:`\log s_i` less its sampling part, the mean of
    :math:`1/(2\,df_i)` (the variance of the log of a chi-distributed SD), floored
    at :data:`MIN_SPREAD`.
    """
    cells: dict[tuple[str, str, str], list[SdEntry]] = defaultdict(list)
    for entry in entries:
        cells[entry.outcome, entry.group, entry.design].append(entry)
    usable = [cell for cell in cells.values() if len(cell) > 1]
    if not usable:
        return MIN_SPREAD
    squares = 0.0
    for cell in usable:
        logs = [math.log(entry.sd) for entry in cell]
        mean = sum(logs) / len(logs)
        squares += sum((value - mean) ** 2 for value in logs)
    members = [entry for cell in usable for entry in cell]
    sampling = sum(1.0 / (2.0 * entry.df) for entry in members) / len(members)
    return math.sqrt(max(squares / (len(members) - len(usable)) - sampling, MIN_SPREAD**2))


def build_sd_model(
    entries: Iterable[SdEntry], parameters: Iterable[Parameter], factor: float = 1.0
) -> SdModel:
    """Return the SD model of one assumption set.

    Parameters
    ----------
    entries : SDs of change as printed, mmHg
    parameters : rows of reference_parameters.csv, mmHg
    factor : every SD is multiplied by it, no unit
    """
    rows = tuple(sorted(entries, key=lambda e: (e.outcome, e.group, e.design, e.trial_id)))
    spread = {key: spread_of_log_sd(e for e in rows if e.outcome == key) for key in OUTCOMES}
    return SdModel(rows, external_sds(parameters), spread, factor)


def truncated_median(center: float, log_spread: float, low: float = 0.0, high: float = math.inf) -> float:
    r"""Return the median of a log-normal cut to (low, high).

    :math:`\exp(\log c + s\,\Phi^{-1}((\Phi(a) + \Phi(b))/2))` with a, b the cut
    points on the standard scale. Beyond about 8 spreads the cut itself is returned.

    Parameters
    ----------
    center : median before cutting, mmHg
    log_spread : SD of the log, no unit
    low : lower cut, mmHg
    high : upper cut, mmHg
    """
    a = (math.log(low / center) / log_spread) if low > 0 else -math.inf
    b = (math.log(high / center) / log_spread) if math.isfinite(high) else math.inf
    # A cut above the centre is mirrored into the lower tail, where probabilities keep their digits.
    sign = -1.0 if a > 0 else 1.0
    middle = sign * float(ndtri((ndtr(sign * a) + ndtr(sign * b)) / 2.0))
    if not math.isfinite(middle):
        return low if a > 0 else high
    return min(max(center * math.exp(log_spread * middle), low), high)
