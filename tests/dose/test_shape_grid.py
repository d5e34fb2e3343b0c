"""Ends of sigmoid intervals against a dense grid of shapes, each maximised by the engine of straight lines.

Of a curve whose ED50 and steepness are held only level and tau2 are free, and that is a bounded pool of one
column. A grid point that the interval must hold (its deviance is within the drop) and does not shows an end
that is too short; the grid never makes an interval longer than it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from mgmeta.dose.emax import HILL
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.fitted import Shaped
from mgmeta.dose.reach import emax_interval
from mgmeta.dose.registry import CurveOptions, build_curves
from mgmeta.dose.rows import DoseRows
from mgmeta.dose.shape_peak import HigherShapeError
from mgmeta.dose.shape_profile import profile_level
from mgmeta.dose.simulation import Design, emax_truth, linear_truth, simulate_rows
from mgmeta.pooling.bounded_likelihood import Problem, prepare
from mgmeta.pooling.bounded_newton import Maximum, maximise
from mgmeta.pooling.bounded_profile import End, interval_ends
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]
AT = 300.0
TRUTHS = {
    "emax": emax_truth(-6.0, 250.0),
    "line": linear_truth(-0.5),
    "nothing": linear_truth(0.0),
    "step": lambda dose: np.where(dose > 400.0, -5.0, -0.5),
}


def fit(rows: DoseRows) -> Shaped:
    curve = build_curves("sigmoid", rows.arm_doses, CurveOptions())[0]
    hint = None
    for _ in range(5):
        try:
            found = shaped(rows, curve, "t", hint)
            emax_interval(found, 0.5, 0.95)
            profile_level(found.peak, AT, (quantile(0.95, found.df) ** 2,))
            return found
        except HigherShapeError as higher:
            hint = higher
    raise AssertionError("no highest peak")


@dataclass(frozen=True)
class Held:
    """A shape that is held: z = ED50 / (ED50 + s), and the maximum over level and tau2."""

    z: float
    problem: Problem
    best: Maximum
    loglik: float


def held(rows: DoseRows, scale: float, places: int, hills: int) -> Iterator[Held]:
    """Maximise over level (the effect at AT) and tau2 for every shape of the grid, from four taus each."""
    se = np.sqrt(np.array([trial.covariance[0, 0] for trial in rows.trials]))
    for z in (np.arange(places) + 0.5) / places:
        half = scale * z / (1.0 - z)
        for h in HILL[0] * (HILL[1] / HILL[0]) ** np.linspace(0.0, 1.0, hills):
            # 1 / (1 + (half / d)^h) over the same at AT, by logs: half may be tiny or huge.
            x = np.exp(
                np.logaddexp(0.0, h * np.log(half / AT)) - np.logaddexp(0.0, h * np.log(half / rows.dose))
            )
            problem = prepare(rows.y, se, rows.lower, rows.upper, x[:, None])
            start = np.array([[0.0, t] for t in (0.0, 0.3, 2.0)])
            found = maximise(problem, start, np.ones(start.shape, dtype=bool))
            best = found.row(int(np.argmax(np.where(found.converged, found.loglik, -np.inf))))
            offset = problem.k_numeric * math.log(problem.scale)
            yield Held(float(z), problem, best, float(best.loglik[0]) - offset)


def check(rows: DoseRows, places: int, hills: int) -> tuple[float, float, float]:
    """Compare; return how far the ends of z and of f(AT) are too short, and how much higher the grid is."""
    found = fit(rows)
    drop, scale = quantile(0.95, found.df) ** 2, found.curve.scale
    ends = [end / (end + scale) if math.isfinite(end) else 1.0 for end in emax_interval(found, 0.5, 0.95)]
    low, high = profile_level(found.peak, AT, (drop,))[0]
    z_short = level_short = 0.0
    top = -math.inf
    for point in held(rows, scale, places, hills):
        top = max(top, point.loglik)
        left = drop - 2.0 * (found.peak.point.loglik - point.loglik)
        if left <= 1e-4:
            continue
        z_short = max(z_short, ends[0] - point.z, point.z - ends[1])
        unit = point.problem.beta_unit[0]
        reach = interval_ends(point.problem, point.best, [End(0, -1.0, left), End(0, 1.0, left)]) * unit
        level_short = max(level_short, low - reach[0], reach[1] - high)
    return z_short, level_short, top - found.peak.point.loglik


def trials(truth: str, k: int, verbal: float, seed: int) -> DoseRows:
    return simulate_rows(TRUTHS[truth], Design(k=k, verbal=verbal), np.random.default_rng([seed, k]))


def test_ends_against_a_coarse_grid() -> None:
    z_short, level_short, higher = check(trials("emax", 20, 0.5, 1), places=15, hills=5)
    assert z_short <= 1e-6
    assert level_short <= 1e-4
    assert higher <= 1e-6


CASES = [
    (truth, k, verbal, seed)
    for truth in TRUTHS
    for k, verbal in ((10, 0.3), (15, 0.8), (25, 0.5), (40, 0.8))
    for seed in (1, 2)
]


@pytest.mark.long
@pytest.mark.parametrize(("truth", "k", "verbal", "seed"), CASES)
def test_ends_against_a_dense_grid(truth: str, k: int, verbal: float, seed: int) -> None:
    """Thirty-two data sets of 10 to 40 trials, a third to four fifths of the unclear results in words."""
    z_short, level_short, higher = check(trials(truth, k, verbal, seed), places=60, hills=15)
    assert z_short <= 1e-6
    assert level_short <= 1e-4
    assert higher <= 1e-6
