"""Curves set beside one another by AIC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.dose.result import DoseFit
from mgmeta.errors import ConfigError


@dataclass(frozen=True)
class Rank:
    """A curve among others: AIC, its distance from the least, and Akaike weight (they sum to 1)."""

    curve: str
    parameters: int
    loglik: float
    aic: float
    delta: float
    weight: float


def rank_curves(fits: Sequence[DoseFit]) -> tuple[Rank, ...]:
    r"""Rank fits of the same rows by AIC, least first; weights :math:`\propto \exp(-\Delta/2)`.

    Raises
    ------
    ConfigError
        If the likelihoods cannot be compared: not ML in one stage, or of different rows or heterogeneity.

    References
    ----------
    Burnham KP, Anderson DR. Model Selection and Multimodel Inference, 2nd ed. Springer, 2002, ch. 2.
    """
    if not fits:
        raise ConfigError("no fits to compare")
    kinds = {(fit.k, fit.k_bounds, fit.heterogeneity) for fit in fits}
    if len(kinds) > 1 or any(fit.stage != 1 or fit.method != "ML" for fit in fits):
        raise ConfigError(
            "AIC compares curves fitted by ML in one stage to the same rows with the same heterogeneity"
        )
    aic = np.array([fit.aic for fit in fits])
    delta = aic - aic.min()
    weight = np.exp(-0.5 * delta) / np.exp(-0.5 * delta).sum()
    ranks = [
        Rank(fit.curve, fit.parameters, fit.loglik, fit.aic, float(d), float(w))
        for fit, d, w in zip(fits, delta, weight, strict=True)
    ]
    return tuple(sorted(ranks, key=lambda rank: (rank.aic, rank.curve)))
