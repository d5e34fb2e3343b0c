"""What ``mgmeta dose`` answers: a fit as rows of plain values."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from mgmeta.dose.result import DoseFit

_PLAIN = (
    *("curve", "title", "formula", "settings", "stage", "heterogeneity", "method", "test", "level"),
    *("k", "k_numeric", "k_bounds", "trials", "df"),
)
_AFTER = ("tau2", "psi", "loglik", "parameters", "aic", "q", "q_df", "q_p")


def answer(fit: DoseFit) -> dict[str, Any]:
    """Return a fit as the object ``--format json`` prints.

    ``coefficients`` and ``predictions`` are lists of rows; ``cov`` is the coefficients' covariance.
    What is undefined is NaN and what is unbounded infinite; in JSON both are null, and warnings or
    notes say which.
    """
    c, p = fit.coefficients, fit.predictions
    coefficients = [
        {
            "term": term,
            "estimate": c.estimate[j],
            "se": c.se[j],
            "ci_low": c.ci_low[j],
            "ci_high": c.ci_high[j],
            "p_value": c.p_value[j],
        }
        for j, term in enumerate(c.terms)
    ]
    names = [field.name for field in fields(p) if isinstance(getattr(p, field.name), np.ndarray)]
    predictions = [{name: getattr(p, name)[i] for name in names} for i in range(p.dose.size)]
    return {
        **{name: getattr(fit, name) for name in _PLAIN},
        "coefficients": coefficients,
        "cov": c.cov,
        **{name: getattr(fit, name) for name in _AFTER},
        "effect": asdict(fit.effect),
        "nonlinearity": asdict(fit.nonlinearity),
        "slope_per": p.per,
        "predictions": predictions,
        "reaches": [asdict(reach) for reach in fit.reaches],
        "bins": [{**asdict(piece), "k": piece.k} for piece in fit.bins],
        "warnings": list(fit.warnings),
    }
