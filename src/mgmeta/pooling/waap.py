"""UWLS and WAAP: the common-effect mean with a free dispersion, and that of adequately powered studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.errors import FitError
from mgmeta.pooling.pool import Pool, check_effects, pool

POWER_FACTOR = 2.8
"""z for two-sided 5 % plus z for 80 % power: 1.96 + 0.84."""


@dataclass(frozen=True)
class Waap:
    """Weighted average of the adequately powered.

    Attributes
    ----------
    uwls : pool of all studies, weights 1/v, variance times the residual dispersion, t(k - 1)
    se_needed : the largest SE with 80 % power to find the UWLS mean
    k_adequate : studies with a smaller SE
    waap : the same pool of those (None with fewer than two)
    warnings : what a reader should know
    """

    uwls: Pool
    se_needed: float
    k_adequate: int
    waap: Pool | None
    warnings: tuple[str, ...]


def waap(y: ArrayLike, v: ArrayLike, *, level: float) -> Waap:
    """Average the studies with 80 % power to find the mean of all.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances, k >= 2
    level : of the intervals, in (0, 1)

    Raises
    ------
    FitError
        If k = 1.

    References
    ----------
    Stanley TD, Doucouliagos H, Ioannidis JPA. Stat Med 2017;36:1580-1598.
    """
    effects, variances = check_effects(y, v)
    if effects.size < 2:
        raise FitError("UWLS needs at least 2 effects; 1 was given")
    # A common effect with Hartung-Knapp's factor is the least-squares dispersion.
    everything = pool(effects, variances, method="EE", test="knha", level=level)
    needed = abs(everything.estimate) / POWER_FACTOR
    adequate = np.sqrt(variances) < needed
    count = int(adequate.sum())
    warnings = []
    powered = None
    if count >= 2:
        powered = pool(effects[adequate], variances[adequate], method="EE", test="knha", level=level)
    else:
        warnings.append(f"{count} studies have 80 % power to find the mean: WAAP is undefined, use UWLS")
    return Waap(everything, needed, count, powered, tuple(warnings))
