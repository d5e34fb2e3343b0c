"""``dose`` on a table in memory: the options and the answer of the verb."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgmeta.api.frames import Data, table_of
from mgmeta.api.result import Json, plain
from mgmeta.api.results import DoseResult
from mgmeta.api.spoken import in_python, proportion, spoken_in_python

if TYPE_CHECKING:
    from mgmeta.dose.rows import DoseRows


def dose(
    data: Data,
    *,
    dose: str = "dose",
    study: str | None = None,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    referent: str | None = None,
    n_treated: str | None = None,
    n_control: str | None = None,
    mean: str | None = None,
    sd: str = "sd",
    n: str = "n",
    covariance: str = "pooled",
    curve: str = "linear",
    knots: int | Sequence[float] | None = None,
    powers: Sequence[float] | None = None,
    shift: float | None = None,
    offset: float | None = None,
    stage: int = 1,
    heterogeneity: str | None = None,
    method: str | None = None,
    psi: str = "unstructured",
    test: str | None = None,
    grid: Sequence[float] | None = None,
    per: float = 100.0,
    keep_unbounded: bool = False,
    compare: bool = False,
    level: float = 0.95,
) -> DoseResult:
    """Fit a dose-response curve through zero dose = zero effect.

    Parameters
    ----------
    data : DataFrame or mapping of str to iterable
        One row a contrast (effect, variance or standard error, dose; a blank effect may have a bound in
        ``yi_low``, ``yi_high``) or, with *mean*, one row an arm (study, dose, mean, sd, n).
    dose, study, yi, vi, sei : str
        Columns of doses (in any one unit), labels, effects, variances or standard errors. Rows of one
        study share its control.
    referent, n_treated, n_control : str
        Contrasts: columns of the dose of the referent arm (default 0), and of people in both arms, which
        studies of several rows need.
    mean, sd, n : str
        Arms: columns of means, SDs and people.
    covariance : {"pooled", "arms", "mixed", "smd", "hedges"}
        Arms: one SD a study, each arm's own, or standardised differences.
    curve : {"linear", "quadratic", "rcs", "fp", "fp2", "loglinear", "emax", "sigmoid", "monotone"}
        Its shape.
    knots, powers, shift, offset
        What fixes the curve: knots of rcs and monotone (a number, or doses), powers and shift of fractional
        polynomials, offset c of log(1 + d/c).
    stage : {1, 2}
        One stage, or each trial by itself first.
    heterogeneity : {"additive", "slopes"}
        tau2 on every effect (default of one stage), or coefficients that vary between studies.
    method : {"ML", "REML", "FE"}
        Default ML; REML with slopes. Bounds need ML.
    psi : {"unstructured", "diagonal"}
        Covariance of slopes.
    test : {"t", "z", "knha", "kr"}
        Default t; knha for additive REML.
    grid : sequence of float
        Doses to predict at; by default 21 from 0 to the largest.
    per : float
        Slopes are per this much more dose.
    keep_unbounded : bool
        Fit emax and sigmoid on where the data show no plateau, instead of refusing.
    compare : bool
        Also fit every curve by ML in one stage and rank them by AIC: ``to_frame("compared")``, with the
        reason in ``to_frame("refused")`` where the rows cannot support one.
    level : float
        Level of every interval: 0.95 and 95 are the same.

    Returns
    -------
    DoseResult
        The numbers of ``mgmeta dose``; :meth:`DoseResult.plot` draws them.

    Raises
    ------
    DataError, ConfigError, FitError
        If a cell or an option does not allow it, or the rows cannot support the curve.

    References
    ----------
    Crippa A, Orsini N (2016) BMC Med Res Methodol 16:91 (dose-response of differences in means).

    Examples
    --------
    >>> import mgmeta as mg
    >>> trials = {"dose": [200, 300, 365, 500, 600], "yi": [-0.9, -1.2, -2.1, -2.2, -3.4], "sei": [1.0] * 5}
    >>> print(round(mg.dose(trials).to_frame("coefficients").estimate[0] * 100, 2))
    -0.51
    """
    from mgmeta.dose.answer import answer
    from mgmeta.dose.fit import fit_dose
    from mgmeta.dose.registry import CurveOptions
    from mgmeta.dose.table import Columns, rows_of_table

    with spoken_in_python():
        columns = Columns(dose, study, yi, vi, sei, referent, n_treated, n_control, mean, sd, n)
        rows = rows_of_table(table_of(data), columns, convention=covariance)
        fixed = CurveOptions(
            knots=knots if knots is None or isinstance(knots, int) else tuple(float(x) for x in knots),
            powers=None if powers is None else tuple(float(x) for x in powers),
            shift=shift,
            offset=offset,
        )
        fit = fit_dose(
            rows,
            curve,
            level=proportion(level),
            stage=stage,
            heterogeneity=heterogeneity,
            method=method,
            psi=psi,
            test=test,
            options=fixed,
            grid=None if grid is None else list(grid),
            per=per,
            unbounded="keep" if keep_unbounded else "refuse",
        )
        found = plain(answer(fit))
        if compare:
            from mgmeta.dose.compare import compare_curves

            unbounded = "keep" if keep_unbounded else "refuse"
            ranked = compare_curves(rows, fixed, level=proportion(level), unbounded=unbounded)
            refused = [{**row, "reason": in_python(row["reason"])} for row in ranked["refused"]]
            found["comparison"] = plain({**ranked, "refused": refused})
    return DoseResult(found, _contrasts(rows))


def _contrasts(rows: DoseRows) -> tuple[Json, ...]:
    """Return every contrast as a row of plain values; None where it says nothing."""

    def end(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return tuple(
        {
            "study": trial.label,
            "kind": "estimate" if math.isfinite(trial.y[i]) else "bound",
            "dose": float(trial.dose[i]),
            "referent": float(trial.reference[i]),
            "yi": end(trial.y[i]),
            "yi_low": end(trial.lower[i]) if math.isnan(trial.y[i]) else None,
            "yi_high": end(trial.upper[i]) if math.isnan(trial.y[i]) else None,
            "sei": math.sqrt(trial.covariance[i, i]),
        }
        for trial in rows.trials
        for i in range(trial.y.size)
    )
