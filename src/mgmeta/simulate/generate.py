"""Trials of known truth, tested as trials are tested, silenced as abstracts are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from mgmeta.simulate.cells import Cell

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Trials:
    """r simulated reviews of k trials; every array has shape (r, k).

    Attributes
    ----------
    y, se : ndarray
        Estimates and their standard errors as the trials would print them.
    limit, plug_in : ndarray
        For words: the bound's half-width and the SE it was built from.
    silent : ndarray of bool
        Words instead of a number.
    present : ndarray of bool
        False where the trial is missing altogether.
    """

    y: Array
    se: Array
    limit: Array
    plug_in: Array
    silent: Mask
    present: Mask

    def part(self, rows: slice) -> Trials:
        """Return some of the reviews."""
        return Trials(*(getattr(self, name)[rows] for name in Trials.__dataclass_fields__))


def generate(cell: Cell, replicates: int, rng: np.random.Generator) -> Trials:
    r"""Draw reviews of one cell.

    :math:`\theta_i \sim N(\mu, \tau^2)`; :math:`y_i \sim N(\theta_i, SE_i^2)` with
    :math:`SE_i = SD\sqrt{2/n_i}`; the printed SE is
    :math:`SE_i\sqrt{\chi^2_{df}/df}`, df = 2n - 2, and significance is judged by that
    t test. Words carry the plug-in SE, which is the true one times
    ``cell.se_factor``.
    """
    shape = (replicates, cell.k)
    n = rng.integers(cell.n_low, cell.n_high + 1, shape).astype(float)
    true_se, df = cell.sd * np.sqrt(2.0 / n), 2.0 * n - 2.0
    y = rng.normal(cell.mu, np.sqrt(cell.tau**2 + true_se**2))
    se = true_se * np.sqrt(rng.chisquare(df) / df)
    critical, near = stdtrit(df, 0.975), stdtrit(df, 0.95)
    statistic = np.abs(y) / se
    chance = np.full(shape, cell.silence)
    chance = np.where(statistic > near, chance * cell.near_factor, chance)
    chance = np.where(y < 0, chance * cell.fall_factor, chance)
    silent = (statistic < critical) & (rng.random(shape) < chance)
    present = ~(silent & (rng.random(shape) < cell.absent))
    plug_in = true_se * cell.se_factor
    return Trials(y, se, critical * plug_in, plug_in, silent & present, present)
