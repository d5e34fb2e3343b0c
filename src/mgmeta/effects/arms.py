"""Who was compared: arm sizes and degrees of freedom of one printed contrast."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgmeta.evidence.records import Report, Trial


@dataclass(frozen=True)
class Arms:
    """Sizes of the two arms (crossover: the same people in both).

    Attributes
    ----------
    n_mg, n_control : int or None
        People on magnesium and on control; None = nowhere printed.
    origin : str
        ``row``, ``trial``, ``split`` or ``missing``.
    crossover : bool
        Whether the contrast is within people.
    """

    n_mg: int | None
    n_control: int | None
    origin: str
    crossover: bool

    @property
    def known(self) -> bool:
        """Whether both sizes are known (and leave at least one df)."""
        return self.df is not None

    @property
    def df(self) -> float | None:
        """Degrees of freedom: n1 + n2 - 2, or n - 1 within people."""
        if self.n_mg is None or self.n_control is None:
            return None
        df = self.n_mg - 1 if self.crossover else self.n_mg + self.n_control - 2
        return float(df) if df >= 1 else None

    @property
    def scale(self) -> float:
        r"""Factor from the SD of change to the SE of the contrast.

        Parallel :math:`\sqrt{1/n_1 + 1/n_2}`; crossover :math:`1/\sqrt n`, the SD
        being that of the paired difference.
        """
        assert self.n_mg is not None and self.n_control is not None
        if self.crossover:
            return 1.0 / math.sqrt(self.n_mg)
        return math.sqrt(1.0 / self.n_mg + 1.0 / self.n_control)


def arms_of(report: Report, trial: Trial) -> Arms:
    """Return the arm sizes of a printed contrast.

    The row's own sizes come first, then the trial's, then the printed total
    split equally over the trial's arms (two unless ``n_arms`` says more),
    rounded down.
    """
    crossover = report.contrast == "crossover"
    for origin, n_mg, n_control in (
        ("row", report.n_mg, report.n_control),
        ("trial", trial.n_mg, trial.n_control),
    ):
        if crossover and (n_mg or n_control):
            people = n_mg or n_control
            return Arms(people, people, origin, True)
        if n_mg and n_control:
            return Arms(n_mg, n_control, origin, crossover)
    if trial.n_randomised:
        people = trial.n_randomised if crossover else trial.n_randomised // (trial.n_arms or 2)
        return Arms(people, people, "split", crossover)
    return Arms(None, None, "missing", crossover)
