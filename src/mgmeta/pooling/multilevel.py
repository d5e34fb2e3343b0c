"""Three-level model: effects within clusters within a population of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import DataError, FitError
from mgmeta.pooling.components import Block, evaluate
from mgmeta.pooling.mixed import MixedFit, fit_blocks, marginal_covariances, squares
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Multilevel:
    """A three-level fit.

    Attributes
    ----------
    model : MixedFit, coefficients, tests, likelihoods
    clusters : labels of the outer level in order of first appearance
    sigma2_between, sigma2_within : variance of true effects between clusters, and of
        rows within a cluster (units of the effect, squared)
    icc : float or None, sigma2_between / (sum); None if both are 0
    i2_total, i2_between, i2_within : per cent of the typical total variance
    pi_low, pi_high : prediction interval of a new effect in a new cluster (intercept-only
        models, else None)
    """

    model: MixedFit
    clusters: tuple[str, ...]
    sigma2_between: float
    sigma2_within: float
    icc: float | None
    i2_total: float
    i2_between: float
    i2_within: float
    pi_low: float | None
    pi_high: float | None


def impute_covariance(v: ArrayLike, cluster: Sequence[object], correlation: float) -> Array:
    r"""Return a (k, k) sampling covariance with one correlation inside every cluster.

    :math:`V_{ij} = \rho \sqrt{v_i v_j}` for two rows of one cluster, 0 otherwise
    (the correlated-effects working model).

    Parameters
    ----------
    v : (k,) sampling variances, in the unit of the effects squared
    cluster : (k,) what each row belongs to
    correlation : of two rows of one cluster, -1 to 1, no unit

    Raises
    ------
    DataError
        If the correlation is not in (-1, 1).

    References
    ----------
    Pustejovsky JE, Tipton E. Prev Sci 2022;23:425-438.
    """
    if not -1.0 < correlation < 1.0:
        raise DataError(f"correlation {correlation!r} is not between -1 and 1")
    se = np.sqrt(np.asarray(v, dtype=float))
    labels = np.asarray([str(item) for item in cluster])
    covariance = correlation * np.outer(se, se) * (labels[:, None] == labels[None, :])
    np.fill_diagonal(covariance, se**2)
    return np.asarray(covariance)


def cluster_blocks(
    y: Array, v: Array, x: Array, cluster: Sequence[object], *, between: bool = True, within: bool = True
) -> tuple[list[Block], tuple[str, ...]]:
    """Cut the rows into clusters with the bases of the two random effects.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    x : (k, p) design matrix
    cluster : (k,) what each row belongs to
    between : whether clusters vary
    within : whether rows within a cluster vary

    Raises
    ------
    DataError
        If there is not one label a row, or the covariance links rows of different clusters.
    """
    labels = np.asarray([str(item) for item in cluster])
    if labels.size != y.size:
        raise DataError(f"{labels.size} cluster labels for {y.size} effects; give one a row")
    names = tuple(dict.fromkeys(labels.tolist()))
    blocks = []
    for name in names:
        rows = np.flatnonzero(labels == name)
        size = rows.size
        bases = [np.ones((size, size))] * between + [np.eye(size)] * within
        part = v[np.ix_(rows, rows)] if v.ndim == 2 else np.diag(v[rows])
        blocks.append(Block(y[rows], x[rows], part, np.stack(bases), rows))
    if v.ndim == 2 and np.any(v[labels[:, None] != labels[None, :]] != 0.0):
        raise DataError("the sampling covariance links rows of different clusters; merge those clusters")
    return blocks, names


def fit_multilevel(
    y: ArrayLike,
    v: ArrayLike,
    cluster: Sequence[object],
    *,
    x: ArrayLike | None = None,
    method: str = "REML",
    test: str = "z",
    level: float,
) -> Multilevel:
    r"""Fit :math:`y_{ij} = x_{ij}'\beta + u_j + w_{ij} + e_{ij}` by REML or ML.

    :math:`u_j \sim N(0, \sigma^2_{between})`, :math:`w_{ij} \sim N(0, \sigma^2_{within})`,
    :math:`e \sim N(0, V)`.

    Parameters
    ----------
    y : (k,) effects
    v : (k,) sampling variances, or (k, k) sampling covariance that is 0 between clusters
    cluster : k labels of the outer level
    x : (k, p) design with its intercept; None is the intercept alone
    method, test : "REML" or "ML"; "z" or "t" (k - p df)
    level : of all intervals, in (0, 1)

    Raises
    ------
    DataError, FitError
        If shapes disagree, a variance is not positive, or nothing converges.

    References
    ----------
    Konstantopoulos S. Res Synth Methods 2011;2:61-76.
    """
    effects = np.asarray(y, dtype=float)
    covariance = np.asarray(v, dtype=float)
    variances = np.diag(covariance) if covariance.ndim == 2 else covariance
    if effects.shape != variances.shape or np.any(~(variances > 0)) or np.any(~np.isfinite(effects)):
        raise DataError("three-level model: needs one finite effect and one positive variance a row")
    design = np.ones((effects.size, 1)) if x is None else np.asarray(x, dtype=float)
    blocks, names = cluster_blocks(effects, covariance, design, cluster)
    if len(names) < 2:
        raise FitError("three-level model: one cluster cannot tell the variance between clusters")
    warnings = []
    if len(names) == effects.size:
        warnings.append("no cluster has two rows: the two variances cannot be told apart, only their sum")
    if len(names) < 5:
        warnings.append(f"only {len(names)} clusters: the variance between them is hardly known")
    scale = float(np.std(effects)) or float(np.sqrt(variances.mean()))
    starts = [np.array([a, b]) * scale for a, b in ((0.7, 0.7), (0.1, 0.9), (0.9, 0.1))]
    model = fit_blocks(blocks, squares(2), starts, method=method, test=test, level=level, warnings=warnings)
    return _summary(model, names)


def _summary(model: MixedFit, names: tuple[str, ...]) -> Multilevel:
    between, within = (float(g) for g in model.components)
    total = between + within
    typical = typical_variance(model)
    low = high = None
    if model.p == 1:
        spread = float(np.sqrt(model.cov[0, 0] + total)) * quantile(model.level, model.df)
        low, high = float(model.beta[0] - spread), float(model.beta[0] + spread)
    return Multilevel(
        model=model,
        clusters=names,
        sigma2_between=between,
        sigma2_within=within,
        icc=between / total if total > 0 else None,
        i2_total=100.0 * total / (total + typical),
        i2_between=100.0 * between / (total + typical),
        i2_within=100.0 * within / (total + typical),
        pi_low=low,
        pi_high=high,
    )


def typical_variance(model: MixedFit) -> float:
    """Return (k - p) / tr(P) with P of the common-effect model: the typical sampling variance.

    For one row a cluster it is the quantity of Higgins and Thompson (2002).
    """
    zero = np.zeros(model.components.size)
    fixed = evaluate(model.blocks, zero, "ML")
    trace = 0.0
    for block in model.blocks:
        inverse = np.linalg.inv(block.v)
        weighted = inverse @ block.x
        trace += float(np.trace(inverse)) - float(np.trace(weighted @ fixed.cov @ weighted.T))
    return (model.k - model.p) / trace


@dataclass(frozen=True)
class RandomEffects:
    """Best linear unbiased predictions of the random effects.

    Attributes
    ----------
    between, between_se : one value a cluster
    within, within_se : one value a row, in the order of the rows given
    """

    between: Array
    between_se: Array
    within: Array
    within_se: Array


def random_effects(fit: Multilevel) -> RandomEffects:
    r"""Predict the effects of clusters and rows: :math:`\hat u = G Z' P y`.

    Standard errors are those of the conditional distribution,
    :math:`\sqrt{diag(G - G Z' P Z G)}`.

    References
    ----------
    Robinson GK. Stat Sci 1991;6:15-32.
    """
    model = fit.model
    between, between_se = [], []
    within, within_se = np.empty(model.k), np.empty(model.k)
    for block, m in zip(model.blocks, marginal_covariances(model), strict=True):
        inverse = np.linalg.inv(m)
        weighted = inverse @ block.x
        projection = inverse - weighted @ model.cov @ weighted.T
        residual = inverse @ (block.y - block.x @ model.beta)
        between.append(fit.sigma2_between * float(residual.sum()))
        spread = fit.sigma2_between - fit.sigma2_between**2 * float(projection.sum())
        between_se.append(np.sqrt(max(spread, 0.0)))
        within[block.rows] = fit.sigma2_within * residual
        spread_row = fit.sigma2_within - fit.sigma2_within**2 * np.diag(projection)
        within_se[block.rows] = np.sqrt(np.maximum(spread_row, 0.0))
    return RandomEffects(np.array(between), np.array(between_se), within, within_se)
