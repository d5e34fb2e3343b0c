"""What each trial does to the fit: outliers, leverage and deletion diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

from mgmeta.errors import FitError
from mgmeta.pooling.pool import check_effects
from mgmeta.stats.batch import pool_batch
from mgmeta.stats.inference import infer
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Influence:
    """Diagnostics of k trials in a fit with p coefficients; all (k,) but ``dfbetas`` (k, p).

    Attributes
    ----------
    resid, resid_se, rstandard : residual from the full fit, its SE, their ratio
    resid_deleted, resid_deleted_se, rstudent : the same with the trial left out of the fit
    dffits : change of the fitted value when the trial is deleted, in SDs
    cooks_d : change of all coefficients, as a squared Mahalanobis distance
    cov_ratio : det of the covariance of the coefficients without the trial over with it
    tau2_deleted, q_deleted : tau2 and Q of the others
    hat : leverage; ``weight`` : weight in percent
    dfbetas : change of each coefficient in SDs
    influential : true if |dffits| > 3 sqrt(p / (k - p)), or cooks_d is beyond the median of
        chi-squared(p), or hat > 3 p / k, or any |dfbetas| > 1
    """

    resid: Array
    resid_se: Array
    rstandard: Array
    resid_deleted: Array
    resid_deleted_se: Array
    rstudent: Array
    dffits: Array
    cooks_d: Array
    cov_ratio: Array
    tau2_deleted: Array
    q_deleted: Array
    hat: Array
    weight: Array
    dfbetas: Array
    influential: NDArray[np.bool_]


def influence(
    y: ArrayLike, v: ArrayLike, *, x: ArrayLike | None = None, method: str = "REML", test: str = "z"
) -> Influence:
    r"""Measure the influence of every trial, tau2 estimated anew at each deletion.

    Studentised residual: :math:`(y_i - x_i'\hat\beta_{(i)}) / \sqrt{v_i + \hat\tau^2_{(i)} +
    x_i' V_{(i)} x_i}`. DFFITS: :math:`x_i'(\hat\beta - \hat\beta_{(i)}) / \sqrt{h_i (v_i +
    \hat\tau^2_{(i)})}`. Cook: :math:`(\hat\beta - \hat\beta_{(i)})' V^{-1} (\hat\beta -
    \hat\beta_{(i)})`. DFBETAS divides by the SE that all rows have at :math:`\hat\tau^2_{(i)}`.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    x : (k, p) design with its intercept; None is the intercept alone
    method : estimator of tau2
    test : "z", or "knha" or "adhoc", whose factor then scales V and, in the studentised
        residual, the whole variance

    Raises
    ------
    FitError
        If deleting a trial leaves too few to fit.

    References
    ----------
    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125.
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    design = np.ones((k, 1)) if x is None else np.asarray(x, dtype=float)
    p = design.shape[1]
    if k < p + 1:
        raise FitError(f"influence needs at least {p + 1} effects for {p} coefficients; {k} were given")
    between = tau2(method, effects, variances, design)
    total = variances + between
    full = wls(effects, 1.0 / total, design)
    cov = infer(test, full, variances, design, between).cov
    others = ~np.eye(k, dtype=bool)
    without = pool_batch(effects, variances, others, method, x=None if p == 1 else design)
    factor = _factor(test, without.scale)
    shift = full.beta - without.beta
    resid_se = np.sqrt(total * (1.0 - full.hat))
    deleted = effects - np.einsum("kp,kp->k", design, without.beta)
    spread = np.einsum("kp,kpq,kq->k", design, without.cov, design)
    deleted_se = np.sqrt(factor * (variances + without.tau2 + spread))
    dffits = np.einsum("kp,kp->k", design, shift) / np.sqrt(full.hat * (variances + without.tau2))
    cooks = np.einsum("kp,pq,kq->k", shift, np.linalg.inv(cov), shift)
    weights = 1.0 / total
    at_deleted = 1.0 / (variances[None, :] + without.tau2[:, None])
    precision = np.einsum("ip,ji,iq->jpq", design, at_deleted, design)
    dfbetas = shift / np.sqrt(factor[:, None] * np.einsum("jpp->jp", np.linalg.inv(precision)))
    return Influence(
        resid=full.resid,
        resid_se=resid_se,
        rstandard=full.resid / resid_se,
        resid_deleted=deleted,
        resid_deleted_se=deleted_se,
        rstudent=deleted / deleted_se,
        dffits=dffits,
        cooks_d=cooks,
        cov_ratio=factor**p * np.linalg.det(without.cov) / np.linalg.det(cov),
        tau2_deleted=without.tau2,
        q_deleted=np.where(np.isnan(without.q), 0.0, without.q),
        hat=full.hat,
        weight=100.0 * weights / weights.sum(),
        dfbetas=dfbetas,
        influential=_flag(dffits, cooks, full.hat, dfbetas, k, p),
    )


def _factor(test: str, scale: Array) -> Array:
    """Return what the test multiplies each covariance without a trial by."""
    if test == "knha":
        return scale
    return np.maximum(scale, 1.0) if test == "adhoc" else np.ones_like(scale)


def _flag(dffits: Array, cooks: Array, hat: Array, dfbetas: Array, k: int, p: int) -> NDArray[np.bool_]:
    cut = 3.0 * np.sqrt(p / (k - p))
    return np.asarray(
        (np.abs(dffits) > cut)
        | (chdtrc(p, cooks) < 0.5)
        | (hat > 3.0 * p / k)
        | (np.abs(dfbetas) > 1.0).any(axis=1)
    )


def normal_scores(residuals: ArrayLike) -> Array:
    """Return the normal quantile each residual would have in a normal sample, in row order.

    Plotting positions are (rank - 3/8) / (n + 1/4) for n <= 10 and (rank - 1/2) / n above.
    """
    values = np.asarray(residuals, dtype=float)
    n = values.size
    rank = np.empty(n)
    rank[np.argsort(values, kind="stable")] = np.arange(1, n + 1)
    shift = 0.375 if n <= 10 else 0.5
    return np.asarray(ndtri((rank - shift) / (n + 1.0 - 2.0 * shift)))
