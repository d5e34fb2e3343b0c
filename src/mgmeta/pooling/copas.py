"""Copas sensitivity analysis: selection that depends on precision and on the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, log_ndtr, ndtr, ndtri

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.maximise import Maximum, maximise
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.small_study import FEW
from mgmeta.stats.distributions import check_level, quantile, two_sided_p

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

RHO_BOUND = 0.9999
_STEP = 1e-5


@dataclass(frozen=True)
class CopasFit:
    """The Copas model at one strength of selection.

    Attributes
    ----------
    p_small, p_large : chance that the study with the largest and with the smallest SE is seen
    gamma0, gamma1 : the same as a probit line in 1/SE
    estimate, se, statistic, p_value, ci_low, ci_high : adjusted mean, Wald
    tau2, rho : heterogeneity; correlation of result and selection
    unpublished : expected number of studies not seen
    residual_p : P that no trend of the effects in SE is left
    loglik : maximised
    """

    p_small: float
    p_large: float
    gamma0: float
    gamma1: float
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    tau2: float
    rho: float
    unpublished: float
    residual_p: float
    loglik: float


@dataclass(frozen=True)
class Copas:
    """A path from no to strong selection.

    Attributes
    ----------
    path : fits in the order of falling ``p_small``
    adjusted : index of the first fit with ``residual_p`` above ``alpha``, or None
    alpha : level of the test for residual selection
    warnings : what a reader should know
    """

    path: tuple[CopasFit, ...]
    adjusted: int | None
    alpha: float
    warnings: tuple[str, ...]


def copas_fit(y: ArrayLike, v: ArrayLike, *, p_small: float, p_large: float, level: float) -> CopasFit:
    r"""Fit the Copas model at given chances of being seen.

    A study of reported SE :math:`s_i` is seen if :math:`u_i + \delta_i > 0`, :math:`u_i = \gamma_0 +
    \gamma_1 / s_i`, and :math:`\delta` correlates with the error of the result by :math:`\rho`. Then

    .. math:: l = \sum_i \log N(y_i; \theta, \tau^2 + \sigma_i^2) - \log\Phi(u_i) + \log\Phi(w_i),

    :math:`\tilde\rho_i = \rho \sigma_i / \sqrt{\tau^2 + \sigma_i^2}`, :math:`w_i = \{u_i + \tilde\rho_i
    (y_i - \theta) / \sqrt{\tau^2 + \sigma_i^2}\} / \sqrt{1 - \tilde\rho_i^2}`, and :math:`\sigma_i^2 =
    s_i^2 / \{1 - \rho^2 \lambda(u_i) (u_i + \lambda(u_i))\}` because :math:`s_i` estimates the variance
    given selection; :math:`\lambda` is the inverse Mills ratio.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    p_small, p_large : chance that the study with the largest and the smallest SE is seen, in
        (0, 1]; both 1 is no selection
    level : of the interval, in (0, 1)

    Raises
    ------
    ConfigError
        If a chance is not in (0, 1].
    FitError
        If k < 4 or all SEs are equal.

    References
    ----------
    Copas JB, Shi JQ. Stat Methods Med Res 2001;10:251-265.
    """
    effects, variances = check_effects(y, v)
    se = np.sqrt(variances)
    check_level(level)
    if effects.size < 4:
        raise FitError(f"the Copas model needs at least 4 effects; {effects.size} given")
    if np.ptp(se) <= 1e-12 * se.max():
        raise FitError("the Copas model needs studies of different SE; all SEs are equal")
    for chance in (p_small, p_large):
        if not 0.0 < chance <= 1.0:
            raise ConfigError(f"chance {chance!r} of being seen is not in (0, 1]")
    nearly = 1.0 - 1e-15
    low, high = (float(ndtri(min(chance, nearly))) for chance in (p_small, p_large))
    gamma1 = (high - low) / (1.0 / se.min() - 1.0 / se.max())
    gamma0 = low - gamma1 / se.max()
    u = gamma0 + gamma1 / se
    # Without selection rho is idle and is left out.
    idle = p_small == 1.0 and p_large == 1.0
    top = _best(effects, se, u, trend=False, idle=idle)
    wider = _best(effects, se, u, trend=True, idle=idle)
    ratio = max(0.0, 2.0 * (wider.value - top.value))
    theta, tau = float(top.point[0]), abs(float(top.point[1]))
    tau = 0.0 if tau < 1e-5 * float(np.median(se)) else tau
    rho = 0.0 if idle else RHO_BOUND * math.sin(float(top.point[2]))
    spread = _standard_error(top, 1e-5 * float(np.median(se)))
    half = quantile(level, None) * spread
    return CopasFit(
        p_small=p_small,
        p_large=p_large,
        gamma0=gamma0,
        gamma1=gamma1,
        estimate=theta,
        se=spread,
        statistic=theta / spread,
        p_value=two_sided_p(theta / spread, None),
        ci_low=theta - half,
        ci_high=theta + half,
        tau2=tau**2,
        rho=rho,
        unpublished=0.0 if idle else float((ndtr(-u) / ndtr(u)).sum()),
        residual_p=float(chdtrc(1.0, ratio)),
        loglik=top.value,
    )


def copas(
    y: ArrayLike,
    v: ArrayLike,
    *,
    p_small: Sequence[float] = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
    p_large: float = 0.99,
    alpha: float = 0.10,
    level: float,
) -> Copas:
    """Walk from no selection to strong selection of small studies.

    The data cannot tell the strength of selection; the path shows what each would
    mean. The adjusted result is the weakest selection that leaves no trend in SE.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    p_small : chances that the study with the largest SE is seen; 1 is no selection at all
    p_large : chance that the study with the smallest SE is seen, along the path
    alpha : level of the test for residual selection
    level : of the intervals, in (0, 1)
    """
    chances = sorted(p_small, reverse=True)
    fits = tuple(
        copas_fit(y, v, p_small=chance, p_large=1.0 if chance == 1.0 else max(p_large, chance), level=level)
        for chance in chances
    )
    adjusted = next((i for i, fit in enumerate(fits) if fit.residual_p > alpha), None)
    warnings = ["sensitivity analysis: the strength of selection is assumed, not estimated"]
    k = np.asarray(y).size
    if k < FEW:
        warnings.append(f"only {k} rows: correlation and heterogeneity are hardly determined")
    if adjusted is None:
        warnings.append("no selection on the path removes the trend in SE")
    return Copas(fits, adjusted, alpha, tuple(warnings))


def _loglik(theta: Array | Complex, y: Array, se: Array, u: Array, trend: bool, idle: bool) -> Complex:
    """Log-likelihood of parameter rows (m, t): mean, tau, angle of rho unless idle, slope in SE."""
    mean = theta[:, :1] + (theta[:, -1:] * se if trend else 0.0)
    between = theta[:, 1:2] ** 2
    if idle:
        total = between + se**2
        density = -0.5 * (np.log(2.0 * np.pi * total) + (y - mean) ** 2 / total)
        return np.asarray(density.sum(axis=1), dtype=complex)
    rho = RHO_BOUND * np.sin(theta[:, 2:3])
    mills = np.exp(-0.5 * u**2 - log_ndtr(u)) / math.sqrt(2.0 * math.pi)
    sigma2 = se**2 / (1.0 - rho**2 * mills * (u + mills))
    total = between + sigma2
    tilde = rho * np.sqrt(sigma2 / total)
    w = (u + tilde * (y - mean) / np.sqrt(total)) / np.sqrt(1.0 - tilde**2)
    density = -0.5 * (np.log(2.0 * np.pi * total) + (y - mean) ** 2 / total)
    return np.asarray((density - log_ndtr(u) + log_ndtr(w)).sum(axis=1), dtype=complex)


def _best(y: Array, se: Array, u: Array, *, trend: bool, idle: bool) -> Maximum:
    """Maximise; gradients are exact (complex step), Hessians their central differences."""
    size = 2 + (not idle) + trend
    spread = max(float(np.std(y)), 0.1 * float(np.median(se)))
    scale = np.array([spread, spread] + [1.0] * (not idle) + [1.0] * trend)

    def gradients(points: Array) -> Array:
        shifted = points[:, None, :] + 1e-30j * np.eye(size)
        values = _loglik(shifted.reshape(-1, size), y, se, u, trend, idle)
        return np.asarray(values.imag.reshape(-1, size) / 1e-30)

    def objective(theta: Array) -> tuple[float, Array, Array]:
        steps = np.diag(_STEP * np.maximum(np.abs(theta), scale))
        with np.errstate(all="ignore"):
            value = float(_loglik(theta[None, :], y, se, u, trend, idle)[0].real)
            slopes = gradients(np.vstack([theta, theta + steps, theta - steps]))
        hessian = (slopes[1 : 1 + size] - slopes[1 + size :]) / (2.0 * np.diag(steps)[:, None])
        if not (math.isfinite(value) and np.isfinite(slopes).all()):
            return -math.inf, np.zeros(size), -np.eye(size)
        return value, slopes[0], 0.5 * (hessian + hessian.T)

    tops = [maximise(objective, start) for start in _starts(y, se, u, spread, trend, idle)]
    done = [top for top in tops if top.converged and math.isfinite(top.value)]
    if not done:
        raise FitError("the Copas model did not converge; try weaker selection")
    return max(done, key=lambda top: top.value)


def _starts(y: Array, se: Array, u: Array, spread: float, trend: bool, idle: bool) -> list[Array]:
    """Screen a grid: this likelihood has several humps, some at tau = 0 or |rho| = 1.

    Returns the best grid point for each tau and sign of rho.
    """
    weight = 1.0 / (se**2 + spread**2)
    mean = float(weight @ y / weight.sum())
    taus = np.array([1e-3, 0.3, 0.7, 1.2]) * spread
    angles = [0.0] if idle else [-1.56, -1.4, -1.0, -0.5, -0.1, 0.1, 0.5, 1.0, 1.4, 1.56]
    slope = spread / max(float(np.std(se)), 1e-300)
    axes = [mean + spread * np.linspace(-1.5, 1.5, 25), taus, np.array(angles)]
    axes += [slope * np.linspace(-2.0, 2.0, 9)] * trend
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    keep = [0, 1] + [2] * (not idle) + [3] * trend
    with np.errstate(all="ignore"):
        values = _loglik(grid[:, keep], y, se, u, trend, idle).real
    values = np.where(np.isfinite(values), values, -np.inf)
    starts = []
    for tau in taus:
        for side in (0.0,) if idle else (-1.0, 1.0):
            rows = np.flatnonzero((grid[:, 1] == tau) & (np.sign(grid[:, 2]) == side))
            starts.append(grid[rows[np.argmax(values[rows])]][keep])
    return starts


def _standard_error(top: Maximum, floor: float) -> float:
    """SE of the mean from the observed information in mean, tau (above *floor*) and rho."""
    inner = np.array([j for j in range(top.point.size) if j != 1 or abs(top.point[1]) > floor])
    information = -top.hessian[np.ix_(inner, inner)]
    return math.sqrt(max(float(np.linalg.pinv(information)[0, 0]), 0.0))
