"""Coverage of the bands of a dose-response curve: pointwise, simultaneous, prediction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mgmeta.dose.bands import Predictions, predict
from mgmeta.dose.simulation import Design, Truth, ask_fit, simulate_rows
from mgmeta.errors import FitError
from mgmeta.simulate.contenders import LEVEL

Array = NDArray[np.float64]
Row = dict[str, object]

DOSES = (100.0, 250.0, 400.0, 700.0, 1000.0)
"""mg/d at which the band must hold the curve, all at once; the ends are those of the trials."""
MIDDLE = 400.0
SIZES = "20 to 100"
# name -> what it is of
BANDS = {
    "dose_pointwise": f"curve at {MIDDLE:g} mg/d",
    "dose_band": "whole curve",
    "dose_prediction": f"new trial at {MIDDLE:g} mg/d",
}


@dataclass(frozen=True)
class DoseCell:
    """A true curve, the curve fitted to it, and the share of results without significance told in words.

    ``powers`` are what x and x^2 count, with x the dose in 100 mg/d; mmHg.
    """

    name: str
    curve: str
    powers: tuple[float, float]
    verbal: float

    @property
    def truth(self) -> Truth:
        """The true curve."""
        return quadratic_truth(*self.powers)


def quadratic_truth(first: float, second: float) -> Truth:
    """Return first x + second x^2 with x the dose in 100 mg/d; mmHg."""
    return lambda dose: first * dose / 100.0 + second * (dose / 100.0) ** 2


def dose_grid() -> list[DoseCell]:
    """Return the truths: a line to -5 and a parabola to -6 mmHg at 1,000 mg/d; none, some, most words."""
    truths = {"linear": (-0.5, 0.0), "quadratic": (-1.2, 0.06)}
    return [
        DoseCell(f"dose_{curve}_words{100 * verbal:g}", curve, powers, verbal)
        for (curve, powers), verbal in product(truths.items(), (0.0, 0.3, 0.8))
    ]


def calibrate_bands(cell: DoseCell, replicates: int, seed: int) -> list[Row]:
    """Simulate 40 trials of one true curve again and again; return one row a band.

    Parameters
    ----------
    cell : DoseCell
        One of :func:`dose_grid`.
    replicates : int
        Data sets; the Monte Carlo error of a coverage c is sqrt(c (1 - c) / replicates).
    seed : int
        With the cell's name, the seed of every random number.

    Returns
    -------
    list of dict
        Columns of :data:`mgmeta.simulate.calibration.COLUMNS`, mmHg. ``usable`` counts the data sets that
        could be fitted. The simultaneous band covers if it holds the curve at all :data:`DOSES`; the
        prediction interval by the probability of a new true effect N(f(d), tau2) inside it.
    """
    rng = np.random.default_rng([seed, crc32(cell.name.encode())])
    design, doses = Design(verbal=cell.verbal), np.array(DOSES)
    value = cell.truth(doses)
    found: list[Array] = []
    for _ in range(replicates):
        rows = simulate_rows(cell.truth, design, rng)
        try:
            bands = ask_fit(cell.curve, rows, LEVEL, lambda fit: predict(fit, doses, level=LEVEL, per=100.0))
        except FitError:
            continue
        found.append(_judged(bands, value, design.tau))
    each = np.array(found)
    return [
        {
            "cell": cell.name,
            "k": design.k,
            "tau": design.tau,
            "sizes": SIZES,
            "interval": name,
            "of": of,
            "words": "yes" if cell.verbal else "no",
            "replicates": replicates,
            "usable": len(each),
            **_summary(each[:, i]),
            "seed": seed,
        }
        for i, (name, of) in enumerate(BANDS.items())
    ]


def _judged(bands: Predictions, value: Array, tau: float) -> Array:
    """Return of each band, in the order of :data:`BANDS`: error, covered, width; shape (3, 3)."""
    at = DOSES.index(MIDDLE)
    error = bands.estimate - value
    inside = (bands.ci_low[at] <= value[at]) & (value[at] <= bands.ci_high[at])
    whole = np.all((bands.band_low <= value) & (value <= bands.band_high))
    ends = (np.array([bands.pi_low[at], bands.pi_high[at]]) - value[at]) / tau
    return np.array(
        [
            [error[at], inside, bands.ci_high[at] - bands.ci_low[at]],
            [error.mean(), whole, (bands.band_high - bands.band_low).mean()],
            [error[at], np.diff(ndtr(ends))[0], bands.pi_high[at] - bands.pi_low[at]],
        ]
    )


def _summary(each: Array) -> Row:
    """Return means and their Monte Carlo errors of (error, covered, width), shape (usable, 3)."""
    error, covered, width = each.T
    root = np.sqrt(len(each))
    return {
        "bias": float(error.mean()),
        "bias_mcse": float(error.std(ddof=1) / root),
        "coverage": float(covered.mean()),
        "coverage_mcse": float(covered.std() / root),
        "width": float(width.mean()),
    }
