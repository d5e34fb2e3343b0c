"""The grid of truths the methods are tried on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product


@dataclass(frozen=True)
class Cell:
    """One truth and one way of being silent.

    Attributes
    ----------
    name : str
        Identifier, ``^[a-z0-9_]+$``.
    k : int
        Trials.
    mu, tau : float
        True mean effect and between-trial SD, mmHg.
    silence : float
        Chance that a non-significant result loses its number.
    sd : float
        SD of change, mmHg; 14 is about the external SD of systolic pressure.
    n_low, n_high : int
        Range of people per arm (uniform).
    se_factor : float
        Plug-in SE of words over the true one (1 = right).
    near_factor : float
        Factor on the chance of silence when 0.05 < P < 0.10.
    fall_factor : float
        Factor on the chance of silence of a non-significant fall.
    absent : float
        Share of the silent trials that are missing altogether.
    """

    name: str
    k: int
    mu: float
    tau: float
    silence: float
    sd: float = 14.0
    n_low: int = 10
    n_high: int = 50
    se_factor: float = 1.0
    near_factor: float = 1.0
    fall_factor: float = 1.0
    absent: float = 0.0


def _name(k: int, mu: float, tau: float, silence: float) -> str:
    return f"k{k}_mu{abs(mu):g}_tau{tau:g}_silent{round(100 * silence)}"


def base_grid() -> list[Cell]:
    """Return the base grid: k x mu x tau x silence, printing by significance alone."""
    values = product((5, 10, 20, 50), (0.0, -2.0, -5.0), (0.0, 2.0, 5.0), (0.0, 0.4, 0.8))
    return [Cell(_name(k, mu, tau, s), k, mu, tau, s) for k, mu, tau, s in values]


def violation_grid() -> list[Cell]:
    """Return the cells in which an assumption is broken: shown without a pass mark."""
    cells: list[Cell] = []
    broken: dict[str, Callable[[Cell], Cell]] = {
        "se_low": lambda cell: replace(cell, se_factor=0.75),
        "se_high": lambda cell: replace(cell, se_factor=1.25),
        "near_printed": lambda cell: replace(cell, near_factor=0.25),
        "falls_printed": lambda cell: replace(cell, fall_factor=0.5),
        "half_absent": lambda cell: replace(cell, absent=0.5),
    }
    for k, mu, tau in product((10, 20), (0.0, -2.0), (2.0,)):
        base = Cell(_name(k, mu, tau, 0.6), k, mu, tau, 0.6)
        cells += [replace(change(base), name=f"{base.name}_{key}") for key, change in broken.items()]
    return cells


# "near": cells of the base grid run again, see :mod:`mgmeta.simulate.bars`.
GRIDS: dict[str, Callable[[], list[Cell]]] = {
    "base": base_grid,
    "near": base_grid,
    "violations": violation_grid,
}
