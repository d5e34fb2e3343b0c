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
from mgmeta.pooling.mixed import MixedFit, fit_blocks

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
    return _fit(pieces, x, method, structure)


def two_stage(rows: DoseRows, x: Array, terms: Sequence[str], *, method: str, structure: str) -> Slopes:
    r"""Fit each trial by GLS, then pool the coefficients: :math:`b_i \sim N(\beta, V_i + \Psi)`.

    Parameters and errors as :func:`one_stage`; also refuses trials that do not identify every
    coefficient, by name.

    References
    ----------
    Gasparrini A, Armstrong B, Kenward MG. Stat Med 2012;31:3821-3839. Crippa A, Orsini N. BMC Med Res
    Methodol 2016;16:91.
    """
    _refuse_bounds(rows, method)
    p = x.shape[1]
    estimates, covariances, at, short = [], [], 0, []
    size = np.max(np.abs(x), axis=0)
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
    eye = np.eye(p)
    fit = _fit([(b, eye, v) for b, v in zip(estimates, covariances, strict=True)], x, method, structure)
    return replace(fit, first_stage=(np.array(estimates), np.array(covariances)))


def _refuse_bounds(rows: DoseRows, method: str) -> None:
    if method not in {"REML", "ML", "FE"}:
        raise ConfigError(f"method {method!r} is unknown here; use REML, ML or FE")
    bounds = int((~rows.numeric).sum())
    if bounds:
        raise FitError(
            f"{bounds} rows are bounds: coefficients that vary between trials are fitted to numbers only; "
            "use --stage one --heterogeneity additive, or leave the bounds out"
        )


def _fit(pieces: list[tuple[Array, Array, Array]], x: Array, method: str, structure: str) -> Slopes:
    """Fit in units in which effects and columns are near one, and return to the caller's."""
    p, n = x.shape[1], len(pieces)
    if method != "FE" and n < 2:
        raise FitError("one trial cannot show how coefficients vary between trials; use --method FE")
    unit = power_of_two(float(np.median([np.sqrt(np.median(np.diag(v))) for _, _, v in pieces])))
    stacked = np.vstack([piece[1] for piece in pieces])
    # Two-stage pieces have unit designs and coefficients of widely different sizes.
    staged = stacked.shape[0] == n * p and bool(np.array_equal(stacked, np.tile(np.eye(p), (n, 1))))
    size = np.array([power_of_two(float(np.abs(column).max())) for column in (x.T if staged else stacked.T)])
    blocks, at = [], 0
    for y, design, v in pieces:
        rows = np.arange(at, at + y.size)
        at += y.size
        left = size if staged else np.ones(y.size)
        scaled = design * left[:, None] / size
        blocks.append(
            Block(
                y * left / unit,
                scaled,
                v * np.outer(left, left) / unit**2,
                psi_bases(structure, scaled),
                rows,
            )
        )
    spread = float(np.std(np.concatenate([block.y for block in blocks]))) or 1.0
    model = fit_blocks(
        blocks,
        psi_link(structure, p),
        psi_starts(structure, p, spread),
        method=method,
        test="z",
        level=0.95,  # its intervals are not used
    )
    return _return(model, unit / size, method, structure, n, at, unit, staged)


def _return(
    model: MixedFit, units: Array, method: str, structure: str, n: int, k: int, unit: float, staged: bool
) -> Slopes:
    """Undo the scaling; the log-likelihoods are those of the unscaled numbers."""
    p = units.size
    both = np.outer(units, units)
    # dy = unit dz for each number; two-stage rows were multiplied by their column's size besides.
    shift = -k * np.log(unit) if not staged else -n * float(np.log(units).sum())
    restricted = model.loglik_reml + shift + float(np.log(units).sum())
    if not staged:
        # 0.5 log|X'X| of the restricted likelihood was taken of the scaled columns
        restricted += float(np.log(unit / units).sum())
    ml = model.loglik_ml + shift
    return Slopes(
        method=method,
        structure=structure,
        trials=n,
        beta=model.beta * units,
        cov=model.cov * both,
        psi=psi_matrix(structure, model.components, p) * both,
        loglik=restricted if method == "REML" else ml,
        loglik_ml=ml,
        loglik_reml=restricted,
        parameters=p + model.parameters,
        q=model.q,
        q_df=model.q_df,
        q_p=model.q_p,
        first_stage=None,
    )
