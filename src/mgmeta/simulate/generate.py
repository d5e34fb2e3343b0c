"""Trials of known truth, tested as trials are tested, silenced as abstracts are."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from mgmeta.incomplete.surface import Reviews
from mgmeta.simulate.cells import Cell


def generate(cell: Cell, replicates: int, rng: np.random.Generator) -> Reviews:
    r"""Draw reviews of one cell.

    :math:`\theta_i \sim N(\mu, \tau^2)`; :math:`y_i \sim N(\theta_i, SE_i^2)` with
    :math:`SE_i = SD\sqrt{2/n_i}`; the printed SE is
    :math:`SE_i\sqrt{\chi^2_{df}/df}`, df = 2n - 2, and significance is judged by that
    t test. Words carry the plug-in SE, which is the true one times
    ``cell.se_factor``.

    Parameters
    ----------
    cell : truth and design of the simulated reviews
    replicates : how many reviews to draw
    rng : generator that is drawn from
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
    limit = critical * plug_in
    return Reviews(y, se, -limit, limit, plug_in, silent & present, present)
