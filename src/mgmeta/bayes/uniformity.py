"""Are ranks uniform? Two tests: counts in bins, and the distance of their distribution from the diagonal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from mgmeta.bayes.rows import Array
from mgmeta.errors import FitError

BINS = 20
# Draws a value is ranked among: few enough to be nearly independent, a multiple of the bins less one.
THINNED = 99


@dataclass(frozen=True)
class Uniformity:
    """How far ranks are from uniform.

    Attributes
    ----------
    counts : tuple of int
        Ranks in each of 20 equal bins.
    chi2, p_chi2 : float
        Chi-squared of the counts, 19 degrees of freedom, and its P value.
    distance, p_distance : float
        Largest distance of the empirical distribution from the diagonal (Kolmogorov), and its exact P value.
    """

    counts: tuple[int, ...]
    chi2: float
    p_chi2: float
    distance: float
    p_distance: float


def draw_rank(draws: Array, value: float, rng: np.random.Generator) -> float:
    """Return the rank of a value among draws, as a number in (0, 1).

    *draws* has shape (n,). The rank, 0 to n, is moved at random within its step and among draws equal to the
    value, so that it is uniform on (0, 1) when it should be, whatever the number of bins.

    Parameters
    ----------
    draws : (n,) draws, in the unit of the value
    value : the value that is ranked
    rng : generator that is drawn from
    """
    below, equal = int(np.sum(draws < value)), int(np.sum(draws == value))
    return float((below + (equal + 1) * rng.random()) / (len(draws) + 1))


def thin(draws: Array, n: int = THINNED) -> Array:
    """Return *n* draws at even distances; shape (m,), m >= n."""
    return np.asarray(draws[np.linspace(0, len(draws) - 1, n).astype(int)])


def uniformity(values: Array) -> Uniformity:
    """Test whether ranks in (0, 1), shape (n,), are uniform.

    ``chi2 = sum (count - n/20)^2 / (n/20)``; ``distance = sup |F_n(u) - u|``. The first sees waves and
    single bins, the second shifts and wrong widths.

    Raises
    ------
    FitError
        If fewer than five are expected in a bin.
    """
    from scipy.stats import kstwo

    n = len(values)
    if n < 5 * BINS:
        raise FitError(f"uniformity: {n} ranks; expected at least {5 * BINS}, five a bin")
    counts = np.bincount(np.minimum((values * BINS).astype(int), BINS - 1), minlength=BINS)
    chi2 = float(np.sum((counts - n / BINS) ** 2) / (n / BINS))
    ordered, steps = np.sort(values), np.arange(n + 1) / n
    distance = float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))
    return Uniformity(
        tuple(int(count) for count in counts),
        chi2,
        float(chdtrc(BINS - 1, chi2)),
        distance,
        float(kstwo.sf(distance, n)),
    )
