"""Priors of the hierarchical models beyond those of the configuration, each with its source.

The mean effect, slopes and the standard deviation between trials keep the priors of
``config.yaml``. What stands here is on the scale of the parameter it names; SDs and their ratios
are natural logs, correlations are Fisher's z = atanh(r).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

# Curtin 2002 (Stat Med 21:2131): correlation of the two periods in 21 crossover trials of potassium and
# blood pressure: 0.29 to 0.88, median 0.5.
CURTIN_LOW, CURTIN_MEDIAN, CURTIN_HIGH, CURTIN_TRIALS = 0.29, 0.50, 0.88, 21
# Riley 2015 (Res Synth Methods 6:157): SBP with DBP effect within ten drug trials, individual data; the
# values are those of the row `correlation_sbp_dbp_effect` of reference_parameters.csv.
RILEY = (0.45, 0.45, 0.49, 0.50, 0.51, 0.59, 0.61, 0.66, 0.77, 0.78)


@dataclass(frozen=True)
class Normal:
    """A normal prior: mean and SD."""

    mean: float
    sd: float

    def __str__(self) -> str:
        """Return it in the notation of the configuration."""
        return f"normal:{self.mean:.3g},{self.sd:.3g}"


def from_range(low: float, middle: float, high: float, n: int) -> Normal:
    """Return the normal prior of Fisher's z of a correlation whose sample of *n* had this range.

    Mean: z of the median. SD: width of the range in z over twice Blom's expected largest of *n* standard
    normals, ``Phi^-1((n - 3/8) / (n + 1/4))``.

    Parameters
    ----------
    low : least of the correlations seen, no unit
    middle : median of the correlations seen, no unit
    high : greatest of them, no unit
    n : how many correlations were seen
    """
    largest = float(ndtri((n - 0.375) / (n + 0.25)))
    return Normal(math.atanh(middle), (math.atanh(high) - math.atanh(low)) / (2.0 * largest))


def from_values(values: tuple[float, ...]) -> Normal:
    """Return the normal prior of Fisher's z with the mean and SD of observed correlations."""
    z = np.arctanh(values)
    return Normal(float(z.mean()), float(z.std(ddof=1)))


# Before with after, and crossover period with period. Curtin's trials are crossovers; the values that the
# table implies for before-after (0.3 to 0.7, Dibaba 2017; 0.51 to 0.65, Keenan 2009) lie inside.
CORRELATION = from_range(CURTIN_LOW, CURTIN_MEDIAN, CURTIN_HIGH, CURTIN_TRIALS)
WITHIN_TRIAL = from_values(RILEY)

# Log SD of change around the log of the median external SD: a factor e either way.
LOG_SD = 1.0
# Log ratio of SDs, home or ambulatory to clinic and crossover to parallel: a factor 1.6 either way.
LOG_RATIO = Normal(0.0, 0.5)
# Spread of log SD between trials of one kind: half-normal with this SD.
LOG_SPREAD = 0.5

# Degrees of freedom of Student-t random effects: 2 (so that their variance exists) plus Gamma(2, 0.1), the
# prior of Juarez and Steel 2010 (J Bus Econ Stat 28:52).
NU_FLOOR, NU_SHAPE, NU_RATE = 2.0, 2.0, 0.1
# Outlying trials: one in ten expected, Beta(1, 9); SD of their effects beyond tau, half-normal, mmHg.
SHARE_A, SHARE_B = 1.0, 9.0
EXTRA = 10.0

# Regularised horseshoe over the slopes of standardised moderators (Piironen and Vehtari 2017, Electron J Stat
# 11:5018): two slopes of 13 expected away from zero; the slab, which bounds large slopes, is Student-t with
# four degrees of freedom and a scale of 5 mmHg per SD of the moderator, as wide as tau's prior.
NONZERO = 2.0
SLAB_SCALE, SLAB_DF = 5.0, 4.0
# SD between trials at which the information on a slope is reckoned for the global scale: about the median
# of half-normal(5).
TYPICAL_TAU = 3.4
