"""Random slopes: coefficients that vary between trials, fitted in one stage or in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.psi import psi_bases, psi_link, psi_matrix, psi_starts
from mgmeta.dose.rows import DoseRows
from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.bounded_likelihood import power_of_two
from mgmeta.pooling.components import Block
from mgmeta.pooling.mixed import fit_blocks

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Slopes:
    """Fit of random coefficients.

    Attributes
    ----------
    method : "REML", "ML", or "FE" (the same coefficients in every trial)
    structure : of Psi, unstructured or diagonal
    trials : number of trials
    beta, cov : (p,), (p, p)
    psi : (p, p) between-trial covariance of the coefficients
    loglik, loglik_ml, loglik_reml : of the method, and both
    parameters : coefficients and free entries of Psi
    q, q_df, q_p : test of heterogeneity of the coefficients
    first_stage : two-stage only: per trial, coefficients (n, p) and covariances (n, p, p)
    """

    method: str
    structure: str
    trials: int
    beta: Array
    cov: Array
    psi: Array
    loglik: float
    loglik_ml: float
    loglik_reml: float
    parameters: int
    q: float
    q_df: int
    q_p: float
    first_stage: tuple[Array, Array] | None


def one_stage(rows: DoseRows, x: Array, *, method: str, structure: str) -> Slopes:
    r"""Fit :math:`y_i \sim N(X_i \beta, S_i + X_i \Psi X_i')` over trials.

    Parameters
    ----------
    rows : numbers only
    x : (k, p) design of the contrasts
    method : "REML", "ML" or "FE"
    structure : "unstructured" or "diagonal"

    Raises
    ------
    FitError
        If a row is a bound, there are too few rows, or nothing converges.

    References
    ----------
    Crippa A, Discacciati A, Bottai M, Spiegelman D, Orsini N. Stat Methods Med Res 2019;28:1579-1596.
    """
    _refuse_bounds(rows, method)
    pieces, at = [], 0
    for trial in rows.trials:
        m = trial.y.size
        pieces.append((trial.y, x[at : at + m], trial.covariance))
        at += m
    return _fit(pieces, _sizes(x), float(np.std(rows.y)), method, structure)


def two_stage(rows: DoseRows, x: Array, terms: Sequence[str], *, method: str, structure: str) -> Slopes:
    r"""Fit each trial by GLS, then pool the coefficients: :math:`b_i \sim N(\beta, V_i + \Psi)`.

    Parameters and errors as :func:`one_stage`; also refuses trials that do not identify every
    coefficient, by name.

    Parameters
    ----------
    rows : the rows, sorted and checked
    x : (n, p) basis of the curve at the doses
    terms : names of the coefficients
    method : estimator of tau2
    structure : of the between-trial covariance

    Raises
    ------
    FitError
        If a trial does not identify every coefficient.

    References
    ----------
    Gasparrini A, Armstrong B, Kenward MG. Stat Med 2012;31:3821-3839. Crippa A, Orsini N. BMC Med Res
    Methodol 2016;16:91.
    """
    _refuse_bounds(rows, method)
    p = x.shape[1]
    estimates, covariances, at, short = [], [], 0, []
    size = _sizes(x)
    for trial in rows.trials:
        m = trial.y.size
        part = x[at : at + m]
        at += m
        if np.linalg.matrix_rank(part / size) < p:
            short.append(trial.label)
            continue
        weighted = np.linalg.solve(trial.covariance, part)
        covariance = np.linalg.inv(part.T @ weighted)
        covariances.append(0.5 * (covariance + covariance.T))
        estimates.append(covariance @ (weighted.T @ trial.y))
    if short:
        raise FitError(
            f"two stages need every trial to determine the {p} coefficients ({', '.join(terms)}) by itself; "
            f"too few doses in {', '.join(short)}; use --stage one, or leave these trials out"
        )
    b, v = np.array(estimates), np.array(covariances)
    pieces = [(b[i], np.eye(p), v[i]) for i in range(len(b))]
    fit = _fit(pieces, size, float(np.std(b * size)), method, structure)
    return replace(fit, first_stage=(b, v))


def _sizes(x: Array) -> Array:
    """Return the power of two nearest to the largest entry of each column."""
    return np.array([power_of_two(float(np.max(np.abs(column)))) for column in x.T])


def _refuse_bounds(rows: DoseRows, method: str) -> None:
    if method not in {"REML", "ML", "FE"}:
        raise ConfigError(f"method {method!r} is unknown here; use REML, ML or FE")
    bounds = int((~rows.numeric).sum())
    if bounds:
        raise FitError(
            f"{bounds} rows are bounds: coefficients that vary between trials are fitted to numbers only; "
            "use --stage one --heterogeneity additive, or leave the bounds out"
        )


def _fit(
    pieces: list[tuple[Array, Array, Array]], size: Array, spread: float, method: str, structure: str
) -> Slopes:
    """Fit with coefficients per *size* of their column, so that all are of one order, and scale back.

    Columns divided by their size cancel from the restricted likelihood; effects divided by the power
    of two ``unit`` change it by k - p logarithms of the unit.
    """
    p, n = size.size, len(pieces)
    if method != "FE" and n < 2:
        raise FitError("one trial cannot show how coefficients vary between trials; use --method FE")
    unit = power_of_two(float(np.median([np.sqrt(np.median(np.diag(v))) for _, _, v in pieces])))
    blocks, k = [], 0
    for y, x, v in pieces:
        bases = psi_bases(structure, x / size)
        blocks.append(Block(y / unit, x / size, v / unit**2, bases, np.arange(k, k + y.size)))
        k += y.size
    model = fit_blocks(
        blocks,
        psi_link(structure, p),
        psi_starts(structure, p, spread / unit),
        method=method,
        test="z",
        level=0.95,  # its intervals are not used
    )
    units = unit / size
    ml = model.loglik_ml - k * float(np.log(unit))
    reml = model.loglik_reml - (k - p) * float(np.log(unit))
    return Slopes(
        method=method,
        structure=structure,
        trials=n,
        beta=model.beta * units,
        cov=model.cov * np.outer(units, units),
        psi=psi_matrix(structure, model.components, p) * np.outer(units, units),
        loglik=reml if method == "REML" else ml,
        loglik_ml=ml,
        loglik_reml=reml,
        parameters=p + model.parameters,
        q=model.q,
        q_df=model.q_df,
        q_p=model.q_p,
        first_stage=None,
    )
