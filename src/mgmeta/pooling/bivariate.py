"""Two outcomes of the same trials (SBP and DBP) pooled together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.components import Block
from mgmeta.pooling.mixed import Link, MixedFit, climb, fit_blocks, marginal_covariances
from mgmeta.pooling.profile_component import interval_end
from mgmeta.stats.distributions import quantile, two_sided_p

Array = NDArray[np.float64]

STRUCTURES = ("UN", "CS", "DIAG", "ID")
"""Between-trial covariance: unstructured; one variance, free correlation; two variances,
correlation 0; one variance, correlation 0."""


@dataclass(frozen=True)
class Bivariate:
    """A bivariate random-effects fit.

    Attributes
    ----------
    model : MixedFit, coefficients (outcome 1, outcome 2, then slopes of outcome 1, of outcome 2, ...)
    structure : of the between-trial covariance
    correlation_within : (n,) correlation of the sampling errors assumed or known, one a trial
    tau2 : (2,) between-trial variances
    correlation_between : float or None (None if a variance is 0)
    pi_low, pi_high : (2,) prediction intervals (intercept-only models, else None)
    contrast, contrast_se, contrast_p : outcome 2 minus outcome 1 (intercept-only models, else None)
    """

    model: MixedFit
    structure: str
    correlation_within: Array
    tau2: Array
    correlation_between: float | None
    pi_low: Array | None
    pi_high: Array | None
    contrast: float | None
    contrast_se: float | None
    contrast_p: float | None


def covariance_link(structure: str) -> tuple[Link, list[Array]]:
    r"""Return the map of free parameters to (G11, G12, G22), and unit starts.

    :math:`G_{11} = a^2, G_{22} = b^2, G_{12} = a b \sin\varphi`: variances of zero and
    correlations of plus or minus 1 are regular points, so that a solution on the
    boundary is found as exactly as any other.

    Raises
    ------
    ConfigError
        If the structure is unknown.
    """
    if structure not in STRUCTURES:
        raise ConfigError(f"structure {structure!r} is unknown; use {', '.join(STRUCTURES)}")
    shared = structure in {"CS", "ID"}
    correlated = structure in {"UN", "CS"}
    # Linear map from the free parameters to (a, b, phi).
    columns = [[1.0, 1.0, 0.0]] if shared else [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    lift = np.array(columns + [[0.0, 0.0, 1.0]] * correlated).T

    def link(theta: Array) -> tuple[Array, Array, Array]:
        a, b, phi = lift @ theta
        sine, cosine = np.sin(phi), np.cos(phi)
        g = np.array([a * a, a * b * sine, b * b])
        jacobian = np.array([[2 * a, 0, 0], [b * sine, a * sine, a * b * cosine], [0, 2 * b, 0]])
        second = np.zeros((3, 3, 3))
        second[0, 0, 0] = second[2, 1, 1] = 2.0
        second[1] = [
            [0.0, sine, b * cosine],
            [sine, 0.0, a * cosine],
            [b * cosine, a * cosine, -a * b * sine],
        ]
        return g, jacobian @ lift, np.einsum("jab,as,bt->jst", second, lift, lift)

    scales = [[s] if shared else [s, s] for s in (0.7, 0.2)]
    angles = [[angle] for angle in (0.3, -0.8, 1.2)] if correlated else [[]]
    return link, [np.array(scale + angle) for scale in scales for angle in angles]


def fit_bivariate(
    y: ArrayLike,
    v: ArrayLike,
    *,
    correlation: ArrayLike,
    x: ArrayLike | None = None,
    structure: str = "UN",
    method: str = "REML",
    test: str = "z",
    level: float,
) -> Bivariate:
    r"""Fit :math:`(y_{i1}, y_{i2}) \sim N(\mu, S_i + \Psi)` by REML or ML.

    Parameters
    ----------
    y, v : (n, 2) effects and sampling variances; NaN in both where a trial lacks an outcome
    correlation : within-trial correlation of the two sampling errors, one number or (n,);
        it comes from individual data and is rarely printed, so vary it
        (:func:`bivariate_sensitivity`)
    x : (n, q) trial-level moderators without intercept; each gets a slope for each outcome
    structure : one of :data:`STRUCTURES`
    method, test : "REML", "ML" or "FE"; "z" or "t"
    level : of all intervals, in (0, 1)

    Raises
    ------
    DataError
        If shapes disagree, a variance is not positive or a correlation not inside (-1, 1).
    FitError
        If fewer than two trials have an outcome, or nothing converges.

    References
    ----------
    Berkey CS et al. Stat Med 1998;17:2537-2550. Riley RD. J R Stat Soc A 2009;172:789-811.
    """
    effects, variances = np.asarray(y, dtype=float), np.asarray(v, dtype=float)
    if effects.ndim != 2 or effects.shape[1] != 2 or effects.shape != variances.shape:
        raise DataError("bivariate model: y and v need one row a trial and two columns")
    seen = ~np.isnan(effects)
    if np.any(seen != ~np.isnan(variances)) or np.any(~(variances[seen] > 0)):
        raise DataError("bivariate model: every effect needs a positive variance and the reverse")
    if np.any(seen.sum(axis=0) < 2):
        raise FitError("bivariate model: each outcome needs at least two trials")
    within = np.broadcast_to(np.asarray(correlation, dtype=float), (effects.shape[0],))
    if np.any(~(np.abs(within) < 1.0)):
        raise DataError("bivariate model: within-trial correlations must lie between -1 and 1")
    moderators = np.empty((effects.shape[0], 0)) if x is None else np.asarray(x, dtype=float)
    blocks = _blocks(effects, variances, within, moderators, seen)
    warnings = []
    both = int(seen.all(axis=1).sum())
    if both < 5 and structure in {"UN", "CS"}:
        warnings.append(
            f"only {both} trials have both outcomes: the correlation between trials is hardly known"
        )
    link, units = covariance_link(structure)
    spread = float(np.nanmean(np.nanstd(effects, axis=0))) or float(np.sqrt(np.nanmean(variances)))
    tail = structure in {"UN", "CS"}
    starts = [np.append(u[:-1] * spread, u[-1]) if tail else u * spread for u in units]
    model = fit_blocks(blocks, link, starts, method=method, test=test, level=level, warnings=warnings)
    return _summary(model, structure, np.array(within))


def _blocks(y: Array, v: Array, within: Array, moderators: Array, seen: NDArray[np.bool_]) -> list[Block]:
    """One block a trial; rows count the (trial, outcome) cells in use."""
    bases = np.array([[[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]]], dtype=float)
    blocks, row = [], 0
    for i in range(y.shape[0]):
        has = np.flatnonzero(seen[i])
        if has.size == 0:
            continue
        design = np.hstack([np.eye(2)] + [value * np.eye(2) for value in moderators[i]])
        covariance = np.diag(v[i]).astype(float)
        if has.size == 2:
            covariance[0, 1] = covariance[1, 0] = within[i] * np.sqrt(v[i, 0] * v[i, 1])
        part = np.ix_(has, has)
        blocks.append(
            Block(
                y[i, has],
                design[has],
                covariance[part],
                np.stack([base[part] for base in bases]),
                np.arange(row, row + has.size),
            )
        )
        row += has.size
    return blocks


def _summary(model: MixedFit, structure: str, within: Array) -> Bivariate:
    g11, g12, g22 = (float(g) for g in model.components)
    product = np.sqrt(g11 * g22)
    low = high = None
    contrast = contrast_se = contrast_p = None
    if model.p == 2:
        spread = np.sqrt(np.diag(model.cov) + np.array([g11, g22]))
        spread *= quantile(model.level, model.df)
        low, high = model.beta - spread, model.beta + spread
        c = np.array([-1.0, 1.0])
        contrast = float(c @ model.beta)
        contrast_se = float(np.sqrt(c @ model.cov @ c))
        contrast_p = two_sided_p(contrast / contrast_se, model.df)
    return Bivariate(
        model=model,
        structure=structure,
        correlation_within=within,
        tau2=np.array([g11, g22]),
        correlation_between=g12 / product if product > 0 else None,
        pi_low=low,
        pi_high=high,
        contrast=contrast,
        contrast_se=contrast_se,
        contrast_p=contrast_p,
    )


def bivariate_sensitivity(
    y: ArrayLike,
    v: ArrayLike,
    *,
    correlations: Sequence[float],
    structure: str = "UN",
    method: str = "REML",
    test: str = "z",
    level: float,
) -> list[Bivariate]:
    """Refit the bivariate model over assumed within-trial correlations, in the order given.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    correlations : assumed within-trial correlations, no unit
    structure : of the between-trial covariance
    method : estimator of tau2
    test : how intervals and P values are judged
    level : of the intervals, such as 0.95
    """
    return [
        fit_bivariate(y, v, correlation=rho, structure=structure, method=method, test=test, level=level)
        for rho in correlations
    ]


def predicted_deviations(fit: Bivariate) -> tuple[Array, Array]:
    """Return the best linear unbiased predictions of each row's true deviation, and their SE.

    Rows run trial by trial, outcome 1 before outcome 2, missing cells left out.
    """
    model = fit.model
    estimate, se = np.empty(model.k), np.empty(model.k)
    for block, m in zip(model.blocks, marginal_covariances(model), strict=True):
        psi = np.tensordot(model.components, block.bases, axes=1)
        inverse = np.linalg.inv(m)
        weighted = inverse @ block.x
        projection = inverse - weighted @ model.cov @ weighted.T
        estimate[block.rows] = psi @ inverse @ (block.y - block.x @ model.beta)
        spread = np.diag(psi - psi @ projection @ psi)
        se[block.rows] = np.sqrt(np.maximum(spread, 0.0))
    return estimate, se


def correlation_interval(fit: Bivariate, *, level: float) -> tuple[float, float]:
    """Return the profile-likelihood interval of the between-trial correlation.

    With few trials it often is (-1, 1): that is what the data say.

    Raises
    ------
    ConfigError
        If the structure has no free correlation.
    """
    model = fit.model
    if fit.structure not in {"UN", "CS"} or model.method == "FE":
        raise ConfigError("this fit has no free correlation; use structure UN or CS with ML or REML")
    limit = float(chdtri(1.0, 1.0 - level))
    top = model.loglik_reml if model.method == "REML" else model.loglik_ml
    roots = np.abs(model.theta[:-1])

    def height(angle: float, free: list[int]) -> float:
        """Log-likelihood at one correlation; SDs not in *free* are 0."""

        def link(rest: Array) -> tuple[Array, Array, Array]:
            if np.any(rest < 0.0):
                raise FitError("a negative SD would turn the sign of the correlation")
            theta = np.zeros(model.theta.size)
            theta[free], theta[-1] = rest, angle
            g, jacobian, second = model.link(theta)
            return g, jacobian[:, free], second[:, free][:, :, free]

        starts = [scale * np.maximum(roots, roots.max() / 4)[free] for scale in (1.0, 2.0, 0.3)]
        return climb(model.blocks, link, starts, model.method).value

    everything = list(range(roots.size))
    # With one SD at 0 the correlation is idle: those models bound the profile from below.
    floor = max((height(0.0, [j]) for j in everything if roots.size > 1), default=-np.inf)

    def excess(angle: float) -> float:
        return 2.0 * (top - max(height(angle, everything), floor)) - limit

    at = float(np.arcsin(np.clip(fit.correlation_between or 0.0, -1.0, 1.0)))
    low = interval_end(excess, at, -np.pi / 2, -1.0)
    high = interval_end(excess, at, np.pi / 2, 1.0)
    return float(np.sin(low)), float(np.sin(high))
