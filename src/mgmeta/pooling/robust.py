"""Cluster-robust (sandwich) inference: CR0, CR1, CR2 with Satterthwaite degrees of freedom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.mixed import MixedFit, marginal_covariances
from mgmeta.stats.distributions import quantile, two_sided_p

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cluster:
    """One cluster of a working model: y (s,), x (s, p) and the working covariance m (s, s)."""

    y: Array
    x: Array
    m: Array


@dataclass(frozen=True)
class Robust:
    """Coefficients with cluster-robust inference.

    Attributes
    ----------
    kind : "CR0", "CR1" or "CR2"
    clusters : number of clusters
    beta, se, statistic, df, p_value, ci_low, ci_high : (p,)
    cov : (p, p) sandwich covariance
    f, f_df, f_df_residual, f_p : joint test of all coefficients but an intercept (None
        with a single coefficient); approximate Hotelling test for CR2, else Wald F
    warnings : few clusters, few degrees of freedom
    """

    kind: str
    clusters: int
    beta: Array
    se: Array
    statistic: Array
    df: Array
    p_value: Array
    ci_low: Array
    ci_high: Array
    cov: Array
    f: float | None
    f_df: int | None
    f_df_residual: float | None
    f_p: float | None
    warnings: tuple[str, ...]


def cluster_robust(
    y: ArrayLike,
    m: ArrayLike,
    cluster: Sequence[object],
    *,
    x: ArrayLike | None = None,
    kind: str = "CR2",
    level: float,
) -> Robust:
    r"""Give a random-effects fit standard errors that survive dependence within clusters.

    The working model is :math:`y \sim N(X\beta, M)` with weights :math:`M^{-1}`;
    :math:`V = C [\sum_j X_j' M_j^{-1} A_j e_j e_j' A_j' M_j^{-1} X_j] C`,
    :math:`C = (X'M^{-1}X)^{-1}`. CR0: A = I. CR1: CR0 times J/(J - p). CR2: the bias-reduced
    A_j that makes V unbiased when the working model holds.

    Parameters
    ----------
    y : (k,) effects
    m : (k,) working variances (for a random-effects model v + tau2), or (k, k) working
        covariance that is 0 between clusters
    cluster : k labels
    x : (k, p) design with its intercept; None is the intercept alone
    kind : "CR0" or "CR1" (t with J - p df), "CR2" (t with Satterthwaite df)
    level : of the intervals, in (0, 1)

    Raises
    ------
    ConfigError
        If *kind* or *level* is unknown.
    DataError, FitError
        If the labels do not fit the rows or clusters are not more than coefficients.

    References
    ----------
    Hedges LV, Tipton E, Johnson MC. Res Synth Methods 2010;1:39-65.
    Pustejovsky JE, Tipton E. J Bus Econ Stat 2018;36:672-683.
    """
    effects = np.asarray(y, dtype=float)
    covariance = np.asarray(m, dtype=float)
    labels = np.asarray([str(item) for item in cluster])
    if labels.size != effects.size:
        raise DataError(f"{labels.size} cluster labels for {effects.size} effects; give one a row")
    design = np.ones((effects.size, 1)) if x is None else np.asarray(x, dtype=float)
    groups = []
    for name in dict.fromkeys(labels.tolist()):
        rows = np.flatnonzero(labels == name)
        part = covariance[np.ix_(rows, rows)] if covariance.ndim == 2 else np.diag(covariance[rows])
        groups.append(Cluster(effects[rows], design[rows], part))
    return sandwich(groups, kind=kind, level=level)


def robust_mixed(fit: MixedFit, *, kind: str = "CR2", level: float) -> Robust:
    """Give a three-level or bivariate fit cluster-robust inference over its own clusters.

    Parameters
    ----------
    fit : the model as fitted
    kind : which variant
    level : of the intervals, such as 0.95
    """
    groups = [
        Cluster(block.y, block.x, m) for block, m in zip(fit.blocks, marginal_covariances(fit), strict=True)
    ]
    return sandwich(groups, kind=kind, level=level)


def sandwich(groups: Sequence[Cluster], *, kind: str, level: float) -> Robust:
    """Compute the sandwich over ready-made clusters; see :func:`cluster_robust`.

    Parameters
    ----------
    groups : residuals and weights of each cluster
    kind : which variant
    level : of the intervals, such as 0.95

    Raises
    ------
    ConfigError, FitError
        If the kind or the level cannot be; if there are no more clusters than coefficients.
    """
    if kind not in {"CR0", "CR1", "CR2"}:
        raise ConfigError(f"robust kind {kind!r} is unknown; use CR0, CR1 or CR2")
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level {level!r} is not between 0 and 1")
    count, p = len(groups), groups[0].x.shape[1]
    if count <= p:
        raise FitError(f"{count} clusters cannot give robust errors of {p} coefficients")
    weights = [np.asarray(np.linalg.inv(group.m), dtype=float) for group in groups]
    pairs = list(zip(groups, weights, strict=True))
    information = sum((g.x.T @ w @ g.x for g, w in pairs), np.zeros((p, p)))
    cov = np.asarray(np.linalg.inv(information), dtype=float)
    beta = cov @ sum((g.x.T @ w @ g.y for g, w in pairs), np.zeros(p))
    adjusted = [_adjusted(g, w, cov) if kind == "CR2" else w @ g.x for g, w in pairs]
    scores = np.stack([a.T @ (g.y - g.x @ beta) for g, a in zip(groups, adjusted, strict=True)])
    meat = scores.T @ scores * (count / (count - p) if kind == "CR1" else 1.0)
    sandwich_cov = cov @ meat @ cov
    if kind == "CR2":
        df = np.array([_satterthwaite(groups, adjusted, cov, row) for row in np.eye(p)])
    else:
        df = np.full(p, float(count - p))
    return _result(groups, adjusted, beta, sandwich_cov, df, cov, kind, level)


def _adjusted(group: Cluster, weight: Array, cov: Array) -> Array:
    """Return A_j' M_j^-1 X_j, (s, p), of the bias-reduced estimator.

    A_j = D' B^{-1/2} D with M_j = D'D and B = D (M_j - X_j C X_j') D'; a generalised
    inverse root is taken because B loses rank when a cluster alone fixes a coefficient.
    """
    d = np.linalg.cholesky(group.m).T
    b = d @ (group.m - group.x @ cov @ group.x.T) @ d.T
    values, vectors = np.linalg.eigh(0.5 * (b + b.T))
    keep = values > 1e-10 * values.max()
    root = (vectors[:, keep] / np.sqrt(values[keep])) @ vectors[:, keep].T
    return np.asarray(d.T @ root @ d @ weight @ group.x)


def _covariances(groups: Sequence[Cluster], adjusted: Sequence[Array], cov: Array, rows: Array) -> Array:
    """Return p_si' M p_tj, (q, q, J, J): covariances of the scores the contrasts are made of."""
    g = [a @ cov @ rows.T for a in adjusted]
    b = np.stack([group.x.T @ part for group, part in zip(groups, g, strict=True)])
    table = -np.einsum("ips,pr,jrt->stij", b, cov, b)
    for j, (group, part) in enumerate(zip(groups, g, strict=True)):
        table[:, :, j, j] += part.T @ group.m @ part
    return np.asarray(table)


def _satterthwaite(groups: Sequence[Cluster], adjusted: Sequence[Array], cov: Array, row: Array) -> float:
    """Return the df that match mean and variance of the robust variance of one contrast."""
    table = _covariances(groups, adjusted, cov, row[None, :])[0, 0]
    return float(np.trace(table) ** 2 / (table**2).sum())


def _hotelling(
    groups: Sequence[Cluster], adjusted: Sequence[Array], cov: Array, rows: Array, wald: float
) -> tuple[float, float]:
    """Return F and its denominator df by the approximate Hotelling test (HTZ).

    References
    ----------
    Tipton E, Pustejovsky JE. J Educ Behav Stat 2015;40:604-634.
    """
    q = rows.shape[0]
    table = _covariances(groups, adjusted, cov, rows)
    omega = np.einsum("stii->st", table)
    values, vectors = np.linalg.eigh(0.5 * (omega + omega.T))
    root = (vectors / np.sqrt(values)) @ vectors.T
    whitened = np.einsum("as,stij,bt->abij", root, table, root)
    square = np.einsum("ssij,ttij->", whitened, whitened)
    crossed = np.einsum("stij,tsij->", whitened, whitened)
    eta = q * (q + 1) / float(square + crossed)
    if eta <= q - 1:
        return float("nan"), float("nan")
    return (eta - q + 1) / (eta * q) * wald, eta - q + 1


def _result(
    groups: Sequence[Cluster],
    adjusted: Sequence[Array],
    beta: Array,
    robust: Array,
    df: Array,
    cov: Array,
    kind: str,
    level: float,
) -> Robust:
    count, p = len(groups), beta.size
    se = np.sqrt(np.diag(robust))
    statistic = np.divide(beta, se, out=np.full(p, np.nan), where=se > 0)
    margin = np.array([quantile(level, value) for value in df]) * se
    warnings = []
    if not np.all(se > 0):
        warnings.append("every residual is 0: robust standard errors are 0 and there is no test")
    if count < 10:
        warnings.append(f"only {count} clusters: robust standard errors are unstable below about 10")
    if kind == "CR2" and df.min() < 4:
        warnings.append("fewer than 4 Satterthwaite df: P values are not to be trusted (Tipton 2015)")
    f = f_residual = f_p = None
    tested = np.eye(p)[1:] if all(np.all(g.x[:, 0] == 1.0) for g in groups) else np.eye(p)
    if p > 1 and np.all(se > 0):
        part = tested @ beta
        wald = float(part @ np.linalg.solve(tested @ robust @ tested.T, part))
        if kind == "CR2":
            f, f_residual = _hotelling(groups, adjusted, cov, tested, wald)
        else:
            f, f_residual = wald / len(tested), float(count - p)
        f_p = float(fdtrc(len(tested), f_residual, f))
    return Robust(
        kind=kind,
        clusters=count,
        beta=beta,
        se=se,
        statistic=statistic,
        df=df,
        p_value=np.array([two_sided_p(*pair) for pair in zip(statistic, df, strict=True)]),
        ci_low=beta - margin,
        ci_high=beta + margin,
        cov=robust,
        f=f,
        f_df=len(tested) if p > 1 else None,
        f_df_residual=f_residual,
        f_p=f_p,
        warnings=tuple(warnings),
    )
