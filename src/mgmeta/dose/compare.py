"""Curves set beside one another by AIC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import DOSE_CURVES, CurveOptions, options_for
from mgmeta.dose.result import DoseFit
from mgmeta.dose.rows import DoseRows
from mgmeta.errors import ConfigError, FitError, MgmetaError


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


def compare_curves(
    rows: DoseRows, options: CurveOptions, *, level: float, unbounded: str = "refuse"
) -> dict[str, Any]:
    """Fit every curve by ML in one stage and rank them; one the rows cannot support is listed and why.

    Parameters
    ----------
    rows : DoseRows
        Numbers and bounds.
    options : CurveOptions
        Knots, powers, shift and offset; each curve takes what it knows.
    level : float
        Level of intervals.
    unbounded : {"refuse", "keep"}
        What becomes of emax and sigmoid where the data show no plateau.

    Raises
    ------
    FitError
        If no curve can be fitted.
    """
    fits, refused = [], []
    for name in DOSE_CURVES:
        try:
            # One dose to predict at: only the likelihoods are compared.
            fit = fit_dose(
                rows,
                name,
                level=level,
                options=options_for(name, options),
                grid=[float(rows.dose.max())],
                shares=(),
                unbounded=unbounded,
            )
        except MgmetaError as error:
            refused.append({"curve": name, "reason": str(error)})
        else:
            fits.append(fit)
    if not fits:
        reasons = "; ".join(f"{r['curve']}: {r['reason']}" for r in refused)
        raise FitError(f"no curve can be fitted: {reasons}")
    settings = {fit.curve: fit.settings for fit in fits}
    return {
        "k": fits[0].k,
        "k_numeric": fits[0].k_numeric,
        "k_bounds": fits[0].k_bounds,
        "level": level,
        "curves": [{**asdict(rank), "settings": settings[rank.curve]} for rank in rank_curves(fits)],
        "refused": refused,
        "warnings": [note for note in fits[0].warnings if note.startswith("thin")],
    }
