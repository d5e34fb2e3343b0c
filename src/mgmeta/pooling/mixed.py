"""Fit a model with several variance components by ML or REML."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.components import Block, Evaluation, evaluate, marginal
from mgmeta.pooling.maximise import Maximum, maximise
from mgmeta.stats.distributions import quantile, two_sided_p

Array = NDArray[np.float64]
Link = Callable[[Array], tuple[Array, Array, Array]]
"""Free parameters (t,) -> components g (m,), Jacobian (m, t), second derivatives (m, t, t).

A link may raise FitError outside its domain; the climb then turns back.
"""


@dataclass(frozen=True)
class MixedFit:
    """A fitted model with several variance components.

    Attributes
    ----------
    method, test, level : estimator ("ML", "REML", "FE"), "z" or "t" (k - p df), level of intervals
    k, p : rows and coefficients
    beta, se, statistic, p_value, ci_low, ci_high : (p,) coefficients
    cov : (p, p) their covariance
    df : float or None, degrees of freedom of the t tests
    components : (m,) the g_j of :mod:`mgmeta.pooling.components`
    loglik_ml, loglik_reml : float, with all constants
    parameters : number of free variance parameters
    q, q_df, q_p : test of residual heterogeneity with sampling variances only
    qm, qm_df, qm_p : Wald test of all coefficients, or of all but the intercept;
        chi-squared, or F with (qm_df, df) when test is "t"
    theta, link : the free variance parameters (t,) and their map to ``components``
    blocks : the clusters, for what is computed from the fit
    warnings : what a reader should know
    """

    method: str
    test: str
    level: float
    k: int
    p: int
    beta: Array
    se: Array
    statistic: Array
    p_value: Array
    ci_low: Array
    ci_high: Array
    cov: Array
    df: float | None
    components: Array
    loglik_ml: float
    loglik_reml: float
    parameters: int
    q: float
    q_df: int
    q_p: float
    qm: float
    qm_df: int
    qm_p: float
    theta: Array
    link: Link
    blocks: tuple[Block, ...]
    warnings: tuple[str, ...]

    @property
    def information_criteria(self) -> dict[str, float]:
        """AIC, AICc and BIC of the likelihood that was maximised.

        The number of observations is k for ML and k - p for REML.
        """
        reml = self.method == "REML"
        loglik = self.loglik_reml if reml else self.loglik_ml
        count = self.p + self.parameters
        n = self.k - self.p if reml else self.k
        corrected = max(n, count + 2)
        return {
            "aic": -2.0 * loglik + 2.0 * count,
            "aicc": -2.0 * loglik + 2.0 * count * corrected / (corrected - count - 1.0),
            "bic": -2.0 * loglik + count * math.log(n),
        }


def squares(count: int) -> Link:
    """Return the link g_j = theta_j squared: variances that stay at or above zero.

    A variance of zero is a regular point of this scale, so that Newton's method
    reaches the boundary as fast as any other solution.
    """

    def link(theta: Array) -> tuple[Array, Array, Array]:
        second = np.zeros((count, count, count))
        second[range(count), range(count), range(count)] = 2.0
        return theta**2, np.diag(2.0 * theta), second

    return link


def climb(blocks: Sequence[Block], link: Link, starts: Sequence[Array], method: str) -> Maximum:
    """Return the highest maximum over the free parameters that is reached from *starts*.

    Parameters
    ----------
    blocks : rows cut into independent blocks
    link : free parameters to covariance
    starts : where climbs begin
    method : estimator of tau2

    Raises
    ------
    FitError
        If no start converges.
    """

    def objective(theta: Array) -> tuple[float, Array, Array]:
        try:
            g, jacobian, second = link(theta)
            at = evaluate(blocks, g, method)
        except FitError:
            return -math.inf, np.zeros(theta.size), -np.eye(theta.size)
        value = at.reml if method == "REML" else at.ml
        hessian = jacobian.T @ at.hessian @ jacobian + np.tensordot(at.gradient, second, axes=1)
        return value, jacobian.T @ at.gradient, hessian

    tops = [maximise(objective, np.asarray(start, dtype=float)) for start in starts]
    done = [top for top in tops if top.converged and math.isfinite(top.value)]
    if not done:
        raise FitError("the variance components did not converge from any start; fix one of them")
    return max(done, key=lambda top: top.value)


def fit_blocks(
    blocks: Sequence[Block],
    link: Link,
    starts: Sequence[Array],
    *,
    method: str,
    test: str,
    level: float,
    warnings: Sequence[str] = (),
) -> MixedFit:
    """Fit y ~ N(X beta, V + sum g_j B_j) with g = link(theta).

    Parameters
    ----------
    blocks : clusters with the same p and m
    link, starts : the free variance parameters and where to start them
    method : "REML", "ML", or "FE" (all components 0)
    test : "z" or "t" (k - p df)
    level : of the confidence intervals, in (0, 1)
    warnings : what is told with the fit, before its own

    Raises
    ------
    FitError
        If there are not more rows than coefficients, or nothing converges.
    ConfigError
        If an option is unknown.
    """
    _check(method, test, level)
    k, p = sum(block.y.size for block in blocks), blocks[0].x.shape[1]
    if k <= p:
        raise FitError(f"{k} effects cannot determine {p} coefficients and a heterogeneity variance")
    zero = np.zeros(blocks[0].bases.shape[0])
    fixed = evaluate(blocks, zero, "ML")
    theta = np.empty(0) if method == "FE" else climb(blocks, link, starts, method).point
    g = zero if method == "FE" else link(theta)[0]
    # A component the climb leaves at 1e-40 is zero.
    typical = float(np.mean(np.concatenate([np.diag(block.v) for block in blocks])))
    g = np.where(np.abs(g) < 1e-12 * typical, 0.0, g)
    at = evaluate(blocks, g, "ML" if method == "FE" else method)
    df = float(k - p) if test == "t" else None
    se = np.sqrt(np.diag(at.cov))
    statistic = at.beta / se
    margin = quantile(level, df) * se
    qm, qm_df, qm_p = _wald(blocks, at, df)
    return MixedFit(
        method=method,
        test=test,
        level=level,
        k=k,
        p=p,
        beta=at.beta,
        se=se,
        statistic=statistic,
        p_value=np.array([two_sided_p(value, df) for value in statistic]),
        ci_low=at.beta - margin,
        ci_high=at.beta + margin,
        cov=at.cov,
        df=df,
        components=g,
        loglik_ml=at.ml,
        loglik_reml=at.reml,
        parameters=theta.size,
        q=fixed.q,
        q_df=k - p,
        q_p=float(chdtrc(k - p, fixed.q)),
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        theta=theta,
        link=link,
        blocks=tuple(blocks),
        warnings=tuple(warnings),
    )


def _check(method: str, test: str, level: float) -> None:
    if method not in {"REML", "ML", "FE"}:
        raise ConfigError(f"method {method!r} is unknown here; use REML, ML or FE")
    if test not in {"z", "t"}:
        raise ConfigError(f"test {test!r} is unknown here; use z or t")
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level {level!r} is not between 0 and 1")


def _wald(blocks: Sequence[Block], at: Evaluation, df: float | None) -> tuple[float, int, float]:
    """Test all coefficients, or all but an intercept that stands beside others."""
    p = at.beta.size
    constant = all(bool(np.all(block.x[:, 0] == 1.0)) for block in blocks)
    tested = slice(1, p) if constant and p > 1 else slice(0, p)
    beta, cov = at.beta[tested], at.cov[tested, tested]
    chi2 = float(beta @ np.linalg.solve(cov, beta))
    if df is None:
        return chi2, beta.size, float(chdtrc(beta.size, chi2))
    return chi2 / beta.size, beta.size, float(fdtrc(beta.size, df, chi2 / beta.size))


def marginal_covariances(fit: MixedFit) -> list[Array]:
    """Return the fitted covariance M of every cluster, in the order of ``fit.blocks``."""
    return [marginal(block, fit.components) for block in fit.blocks]
