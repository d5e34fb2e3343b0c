"""Every curve of one outcome against one axis, side by side, with what the trials themselves compare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from mgmeta.dose.answer import answer
from mgmeta.dose.axes import AxisKind, Row, axis_grid, axis_rows, used_rows
from mgmeta.dose.compare import rank_curves
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import DOSE_CURVES
from mgmeta.dose.result import DoseFit
from mgmeta.dose.rows import DoseRows
from mgmeta.dose.support import dose_bins, thin_warnings
from mgmeta.errors import FitError, MgmetaError
from mgmeta.pooling.bounded import BoundedFit, fit_bounded

PRIMARY = "linear"
"""The curve of the sentences and of the bands in the figure: the protocol's moderator is linear."""


def study_axis(rows: Sequence[Row], kind: AxisKind, *, level: float) -> dict[str, Any]:
    """Fit every curve to the rows of one outcome.

    Parameters
    ----------
    rows : slice rows of one outcome
    kind : dose or duration
    level : of all intervals

    Returns
    -------
    dict
        ``k``, ``k_numeric``, ``k_bounds``, ``lowest``, ``quartiles``, ``median``, ``highest``; ``left_out``
        (trials whose place is unknown); ``curves``, by AIC, each with its ``fit`` as
        :func:`mgmeta.dose.answer.answer` gives it; ``refused``, with reasons; ``flat``, the same effect
        everywhere; ``line``, the straight line with a free intercept; ``slopes``, random slopes; ``bins``,
        ``warnings``. With no row, ``reason``.
    """
    used = used_rows(rows, kind)
    names = {str(row["trial_id"]) for row in used}
    head: dict[str, Any] = {
        "axis": kind.name,
        "unit": kind.unit,
        "per": kind.per,
        "primary": PRIMARY,
        "k": len(used),
        "left_out": [
            {"trial_id": row["trial_id"], "label": row["label"]}
            for row in rows
            if str(row["trial_id"]) not in names
        ],
    }
    if not used:
        return {**head, "reason": f"no trial whose {kind.name} is known", "curves": [], "refused": []}
    points = axis_rows(used, kind)
    fits, refused = fit_all(points, kind, level)
    ranks = rank_curves(fits) if fits else ()
    by_name = {fit.curve: fit for fit in fits}
    best = min((fit.aic for fit in fits), default=np.nan)
    bins = dose_bins(points.dose, points.numeric)
    return {
        **head,
        "k_numeric": int(points.numeric.sum()),
        "k_bounds": int((~points.numeric).sum()),
        "lowest": float(points.dose.min()),
        "quartiles": [float(value) for value in np.percentile(points.dose, [25.0, 75.0])],
        "median": float(np.median(points.dose)),
        "highest": float(points.dose.max()),
        "curves": [{**asdict(rank), "fit": answer(by_name[rank.curve])} for rank in ranks],
        "refused": refused,
        "flat": flat(points, level, best),
        "line": free_line(points, kind, level),
        "slopes": random_slope(points, kind, level),
        "bins": [{**asdict(piece), "k": piece.k} for piece in bins],
        "warnings": [named(note, kind) for note in thin_warnings(bins)],
    }


def fit_all(points: DoseRows, kind: AxisKind, level: float) -> tuple[list[DoseFit], list[dict[str, str]]]:
    """Fit every curve of the registry by ML in one stage; return fits, and refusals with their reason.

    Parameters
    ----------
    points : rows with a position on the axis (mg/d or weeks) and effects in mmHg
    kind : axis: dose in mg/d or time in weeks
    level : of the intervals, such as 0.95
    """
    grid = axis_grid(kind, points.dose)
    fits: list[DoseFit] = []
    refused: list[dict[str, str]] = []
    for name, curve in DOSE_CURVES.items():
        try:
            fits.append(fit_dose(points, name, level=level, grid=grid, per=kind.per))
        except MgmetaError as error:
            refused.append({"curve": name, "title": curve.title, "reason": named(str(error), kind)})
    return fits, refused


def named(text: str, kind: AxisKind) -> str:
    """Return what a fit says of doses as said of the axis."""
    return re.sub(r"\bdose(s?)\b", rf"{kind.name}\1", text)


def _bounded(points: DoseRows, x: np.ndarray | None, level: float) -> BoundedFit:
    se = np.sqrt(np.array([trial.covariance[0, 0] for trial in points.trials]))
    return fit_bounded(points.y, se, points.lower, points.upper, x, level=level)


def flat(points: DoseRows, level: float, best: float) -> dict[str, Any]:
    """Return the fit of one effect at every position, and its AIC above *best*, the least of the curves.

    It does not go through zero; it is what the curves must beat for dose (or time) to matter.

    Parameters
    ----------
    points : rows with a position on the axis (mg/d or weeks) and effects in mmHg
    level : of the intervals, such as 0.95
    best : least AIC of the curves
    """
    try:
        fit = _bounded(points, None, level)
    except FitError as error:
        return {"reason": str(error)}
    aic = 4.0 - 2.0 * fit.loglik
    return {
        "estimate": float(fit.beta[0]),
        "ci_low": float(fit.ci_low[0]),
        "ci_high": float(fit.ci_high[0]),
        "tau2": fit.tau2,
        "loglik": fit.loglik,
        "aic": aic,
        "delta": aic - best,
    }


def free_line(points: DoseRows, kind: AxisKind, level: float) -> dict[str, Any]:
    """Return the straight line with a free intercept: do trials further along the axis find more?

    Through zero, a line rises by construction wherever there is an effect. This one rises only if the
    trials differ. ``estimate`` is per ``kind.per``; ``ends`` are the fitted effects at the lowest and the
    highest position.

    Parameters
    ----------
    points : rows with a position on the axis (mg/d or weeks) and effects in mmHg
    kind : axis: dose in mg/d or time in weeks
    level : of the intervals, such as 0.95

    Raises
    ------
    FitError
        If all trials lie at the same dose or time.
    """
    centre = float(np.median(points.dose))
    try:
        if np.ptp(points.dose) == 0.0:
            raise FitError(f"all trials have the same {kind.name}")
        x = np.column_stack([np.ones(points.dose.size), (points.dose - centre) / kind.per])
        fit = _bounded(points, x, level)
    except FitError as error:
        return {"reason": str(error)}
    ends = [float(points.dose.min()), float(points.dose.max())]
    return {
        "estimate": float(fit.beta[1]),
        "ci_low": float(fit.ci_low[1]),
        "ci_high": float(fit.ci_high[1]),
        "p_value": float(fit.p_value[1]),
        "tau2": fit.tau2,
        "at": ends,
        "ends": [float(fit.beta[0] + fit.beta[1] * (end - centre) / kind.per) for end in ends],
    }


def random_slope(points: DoseRows, kind: AxisKind, level: float) -> dict[str, Any]:
    """Return the straight line through zero whose slope varies between trials, a sensitivity analysis.

    ``estimate`` and ``sd`` (of true slopes between trials) are per ``kind.per``.

    Parameters
    ----------
    points : rows with a position on the axis (mg/d or weeks) and effects in mmHg
    kind : axis: dose in mg/d or time in weeks
    level : of the intervals, such as 0.95
    """
    try:
        fit = fit_dose(points, PRIMARY, level=level, heterogeneity="slopes", method="ML", shares=())
    except MgmetaError as error:
        return {"reason": str(error)}
    c, per = fit.coefficients, kind.per
    return {
        "estimate": per * float(c.estimate[0]),
        "ci_low": per * float(c.ci_low[0]),
        "ci_high": per * float(c.ci_high[0]),
        "sd": per * float(np.sqrt(fit.psi[0, 0])) if fit.psi is not None else np.nan,
    }
