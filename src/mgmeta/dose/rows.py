"""The evidence of a dose-response fit: trials of one or more contrasts, numbers or bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.dose.contrasts import arm_contrasts
from mgmeta.errors import DataError
from mgmeta.stats.shared_control import shared_control_covariance

Array = NDArray[np.float64]


class TrialError(DataError):
    """One trial's rows cannot be used; ``label`` says which trial, ``text`` why."""

    def __init__(self, label: str, text: str) -> None:
        self.label, self.text = label, text
        super().__init__(f"{label}: {text}")


@dataclass(frozen=True)
class Trial:
    """The contrasts of one trial against its referent arm.

    Attributes
    ----------
    label : name, for messages
    y, lower, upper : (m,) effects; y is NaN for a bound, whose open ends are infinite
    dose, reference : (m,) dose of the arm and of its referent
    covariance : (m, m) of the sampling errors
    """

    label: str
    y: Array
    lower: Array
    upper: Array
    dose: Array
    reference: Array
    covariance: Array


@dataclass(frozen=True)
class DoseRows:
    """All trials, and the doses (of all arms that were given) whose percentiles place knots."""

    trials: tuple[Trial, ...]
    arm_doses: Array

    def _all(self, name: str) -> Array:
        return np.concatenate([getattr(trial, name) for trial in self.trials])

    @property
    def y(self) -> Array:
        """Effects (k,), NaN for bounds, trial by trial."""
        return self._all("y")

    @property
    def lower(self) -> Array:
        """Lower ends of bounds (k,)."""
        return self._all("lower")

    @property
    def upper(self) -> Array:
        """Upper ends of bounds (k,)."""
        return self._all("upper")

    @property
    def dose(self) -> Array:
        """Doses (k,)."""
        return self._all("dose")

    @property
    def reference(self) -> Array:
        """Doses of the referents (k,)."""
        return self._all("reference")

    @property
    def numeric(self) -> NDArray[np.bool_]:
        """Which rows are numbers (k,)."""
        return ~np.isnan(self.y)


@dataclass(frozen=True)
class Independent:
    """Rows turned so that they are independent with variances ``se**2 + tau2``.

    ``turn`` (k, k) is block diagonal: y = turn y_given, x = turn x_given. ``log_jacobian`` is what
    the log-likelihood of the turned numbers lacks to be that of the given ones.
    """

    y: Array
    se: Array
    lower: Array
    upper: Array
    turn: Array
    log_jacobian: float


ARM_CORRELATION = 0.5
"""Correlation of the between-trial deviations of two arms of one trial. One half follows from equal
variances of all contrasts (Higgins & Whitehead 1996, Stat Med 15:2733)."""


def independent(rows: DoseRows) -> Independent:
    r"""Turn correlated contrasts into independent rows with the same additive tau2.

    For a trial of m arms, M = S + tau2 R with R = (I + 11')/2. With R = L L' and
    :math:`L^{-1} S L^{-T} = Q \Lambda Q'`, :math:`T = Q' L^{-1}` gives
    :math:`T M T' = \Lambda + \tau^2 I` for every tau2, so that the likelihood of independent
    numbers and bounds serves unchanged.
    """
    turn = np.eye(rows.y.size)
    variance = np.empty(rows.y.size)
    log_jacobian, at = 0.0, 0
    for trial in rows.trials:
        m = trial.y.size
        here = slice(at, at + m)
        if m == 1:
            variance[here] = trial.covariance[0, 0]
        else:
            root = np.linalg.cholesky(np.full((m, m), ARM_CORRELATION) + (1.0 - ARM_CORRELATION) * np.eye(m))
            inverse = np.linalg.inv(root)
            variance[here], q = np.linalg.eigh(inverse @ trial.covariance @ inverse.T)
            turn[here, here] = q.T @ inverse
            log_jacobian -= float(np.log(np.diag(root)).sum())
        at += m
    y = np.where(rows.numeric, turn @ np.where(rows.numeric, rows.y, 0.0), np.nan)
    return Independent(y, np.sqrt(variance), rows.lower, rows.upper, turn, log_jacobian)


def arm_rows(
    trial: Sequence[str],
    dose: ArrayLike,
    mean: ArrayLike,
    sd: ArrayLike,
    n: ArrayLike,
    *,
    convention: str = "pooled",
) -> DoseRows:
    """Return contrasts of every arm against the arm of the lowest dose of its trial.

    Parameters
    ----------
    trial : (a,) label of the trial of each arm
    dose, mean, sd, n : (a,) of each arm, doses in any one unit; *mean* may be a difference from any value
        common to the trial
    convention : see :mod:`mgmeta.dose.contrasts`

    Raises
    ------
    TrialError
        If a trial has one arm, two referents, or a number that cannot be.
    """
    doses, means, sds, sizes = (np.asarray(v, dtype=float).ravel() for v in (dose, mean, sd, n))
    trials = []
    for label, arms in _groups(trial).items():
        where = np.array(arms)
        _check_doses(label, doses[where])
        lowest = int(np.argmin(doses[where]))
        if int((doses[where] == doses[where][lowest]).sum()) > 1:
            raise TrialError(
                label, f"two arms at the lowest dose, {doses[where][lowest]:g}; pool them into one referent"
            )
        if not np.all(np.isfinite(means[where])):
            raise TrialError(label, "a mean is missing")
        try:
            found = arm_contrasts(means[where], sds[where], sizes[where], lowest, convention=convention)
        except DataError as error:
            raise TrialError(label, str(error)) from error
        m = found.y.size
        open_ = np.full(m, np.inf)
        others = np.delete(where, lowest)
        referent = np.full(m, doses[where][lowest])
        trials.append(Trial(label, found.y, -open_, open_, doses[others], referent, found.covariance))
    return DoseRows(_some(trials), doses)


def contrast_rows(
    y: ArrayLike,
    se: ArrayLike,
    dose: ArrayLike,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    reference: ArrayLike | float = 0.0,
    trial: Sequence[str] | None = None,
    n_treated: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
) -> DoseRows:
    """Return contrasts as rows; contrasts of one trial share its control.

    Parameters
    ----------
    y : (k,) effects, NaN for bounds
    se : (k,) standard errors, of bounds too
    dose : (k,) doses, in any one unit
    lower, upper : (k,) ends of bounds; infinite or NaN is open
    reference : dose of the referent, one or (k,)
    trial : (k,) labels; every row is its own trial by default
    n_treated, n_control : (k,) people, needed for trials of several rows

    Raises
    ------
    TrialError
        If a number cannot be, a trial of several rows lacks sizes or holds a bound (average its
        arms first: the probability of several bounds at once is not a product).
    """
    values = [np.array(v, dtype=float).ravel() for v in (y, se, dose)]
    k = values[0].size
    effects, errors, doses = values
    low = np.full(k, -np.inf) if lower is None else np.array(lower, dtype=float).ravel()
    high = np.full(k, np.inf) if upper is None else np.array(upper, dtype=float).ravel()
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    referent = np.broadcast_to(np.asarray(reference, dtype=float), (k,))
    labels = [f"row {i + 1}" for i in range(k)] if trial is None else list(trial)
    sizes = {len(labels), errors.size, doses.size, low.size, high.size, k}
    if len(sizes) > 1:
        raise DataError(f"columns of {sorted(sizes)} values; give one of each for every row")
    trials = []
    for label, members in _groups(labels).items():
        i = np.array(members)
        _check_doses(label, np.concatenate([doses[i], referent[i]]))
        if np.any(doses[i] == referent[i]):
            raise TrialError(
                label,
                f"dose {doses[i][doses[i] == referent[i]][0]:g} is that of its referent; a row is a "
                "difference between two doses (give arms with mean, SD and n for a table with referent rows)",
            )
        if np.any(~(np.isfinite(errors[i]) & (errors[i] > 0.0))):
            raise TrialError(label, "a standard error is not a positive number")
        covariance = _covariance(label, i, effects, errors, referent, n_treated, n_control)
        trials.append(Trial(label, effects[i], low[i], high[i], doses[i], referent[i], covariance))
    return DoseRows(_some(trials), doses)


def _covariance(
    label: str,
    rows: NDArray[np.intp],
    y: Array,
    se: Array,
    reference: Array,
    n_treated: ArrayLike | None,
    n_control: ArrayLike | None,
) -> Array:
    """Return the covariance of one trial's contrasts."""
    if rows.size == 1:
        return np.array([[se[rows[0]] ** 2]])
    if np.isnan(y[rows]).any():
        raise TrialError(
            label,
            f"{rows.size} rows of which one is a bound; a trial with a bound has one row: average "
            "its arms first",
        )
    if np.ptp(reference[rows]) > 0.0:
        raise TrialError(label, "its rows have different referent doses; name them as different trials")
    if n_treated is None or n_control is None:
        raise TrialError(
            label,
            f"{rows.size} rows share a control, and their covariance follows from the arm sizes: "
            "give people treated and in the control arm, or the arms themselves",
        )
    treated = np.asarray(n_treated, dtype=float).ravel()[rows]
    control = np.asarray(n_control, dtype=float).ravel()[rows]
    if not (np.all(treated > 0.0) and np.all(control > 0.0)) or np.ptp(control) > 0.0:
        raise TrialError(label, "arm sizes must be positive and the control's the same in all its rows")
    return shared_control_covariance(se[rows], treated, float(control[0]))


def _check_doses(label: str, doses: Array) -> None:
    bad = ~(np.isfinite(doses) & (doses >= 0.0))
    if bad.any():
        raise TrialError(label, f"dose is {doses[bad][0]:g}; a finite number of 0 or more is needed")


def _groups(labels: Sequence[str]) -> dict[str, list[int]]:
    """Return label -> positions, in the order of first appearance."""
    groups: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        groups.setdefault(label, []).append(i)
    return groups


def _some(trials: list[Trial]) -> tuple[Trial, ...]:
    if not trials:
        raise DataError("no rows; a dose-response fit needs trials")
    return tuple(trials)
