"""Proper multiple imputation: any estimator on numbers and words together.

Each imputation draws the parameters from their posterior before it draws the
numbers behind the words. Drawing at the point estimate instead (``proper=False``,
the MetaNSUE way) leaves out the parameters' own uncertainty; it is kept only to
show what that costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.incomplete.augment import draw_posterior
from mgmeta.incomplete.truncated_normal import truncated_normal
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.stats.student import t_p_value, t_quantile

Array = NDArray[np.float64]

# y (k,), v (k,), x (k, p) -> (coefficients (p,), covariance diagonal (p,), complete-data df)
Estimator = Callable[[Array, Array, Array], tuple[Array, Array, float]]


@dataclass(frozen=True)
class Imputed:
    """An estimator combined over imputations by Rubin's rules.

    Attributes
    ----------
    beta, se, ci_low, ci_high, p_value : ndarray, shape (p,)
        Combined coefficients with their intervals.
    df : ndarray, shape (p,)
        Barnard-Rubin degrees of freedom.
    fraction_missing : ndarray, shape (p,)
        Share of the variance that is due to the unseen numbers.
    monte_carlo_error : ndarray, shape (p,)
        Standard error of `beta` due to a finite number of imputations.
    imputations : int
        Number m.
    proper : bool
        Whether the parameters were drawn too.
    """

    beta: Array
    se: Array
    ci_low: Array
    ci_high: Array
    p_value: Array
    df: Array
    fraction_missing: Array
    monte_carlo_error: Array
    imputations: int
    proper: bool
    level: float


def combine_imputations(
    beta: Array, variance: Array, df_complete: float, level: float, proper: bool
) -> Imputed:
    r"""Combine m estimates by Rubin's rules with Barnard-Rubin df.

    :math:`T = \bar U + (1 + 1/m) B`, :math:`\lambda = (1 + 1/m) B / T`,
    :math:`\nu_m = (m-1)/\lambda^2`,
    :math:`\nu_{obs} = \frac{\nu_c + 1}{\nu_c + 3}\nu_c(1-\lambda)`,
    :math:`\nu = (1/\nu_m + 1/\nu_{obs})^{-1}`.

    Parameters
    ----------
    beta, variance : ndarray, shape (m, p)
        Estimates and their variances.
    df_complete : float
        Degrees of freedom the estimator has on complete data.
    level : float
        Of the intervals, such as 0.95.
    proper : bool
        Whether the imputations were drawn from a posterior.

    References
    ----------
    Barnard J, Rubin DB. Biometrika 1999;86:948-955.
    """
    m = beta.shape[0]
    mean, within = beta.mean(axis=0), variance.mean(axis=0)
    between = beta.var(axis=0, ddof=1)
    total = within + (1.0 + 1.0 / m) * between
    share = (1.0 + 1.0 / m) * between / total
    observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete * (1.0 - share)
    # With nothing imputed the complete-data df stand; the formula would shrink them.
    df = np.where(between > 0, 1.0 / (share**2 / (m - 1.0) + 1.0 / observed), df_complete)
    se = np.sqrt(total)
    critical = np.array([-t_quantile((1.0 - level) / 2.0, float(d)) for d in df])
    p = np.array([t_p_value(float(b / s), float(d)) for b, s, d in zip(mean, se, df, strict=True)])
    return Imputed(
        mean,
        se,
        mean - critical * se,
        mean + critical * se,
        p,
        df,
        share,
        np.sqrt(between / m),
        m,
        proper,
        level,
    )


def impute(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    x: ArrayLike | None = None,
    *,
    estimator: Estimator,
    imputations: int = 50,
    seed: int,
    level: float = 0.95,
    proper: bool = True,
    prior_tau_scale: float = 5.0,
) -> Imputed:
    """Run an estimator on completed data sets and combine the results.

    The imputation model has the design matrix of the analysis, so no moderator or
    SE term of it can be missing there (omitting one shrinks its slope).

    Parameters
    ----------
    y, se, lower, upper : array_like, shape (k,)
        Effects (NaN = bound), SEs, ends of the bounds.
    x : array_like, shape (k, p), optional
        Design matrix of both the imputation and the analysis.
    estimator : callable
        ``(y, v, x) -> (coefficients, variances, df)`` on complete data.
    imputations : int
        Number of completed data sets, at least 2.
    seed : int
        Seed of the generator.
    level : float
        Of the intervals, such as 0.95.
    proper : bool
        False draws the numbers at the maximum-likelihood estimate.
    prior_tau_scale : float
        Scale of the half-normal prior on tau, in the unit of y.

    Raises
    ------
    FitError
        If fewer than 2 imputations are asked for or the rows do not identify the model.
    """
    if imputations < 2:
        raise FitError(f"imputation: {imputations} imputations; at least 2 are needed, 50 is usual")
    y, se, low, high = (np.asarray(a, dtype=float) for a in (y, se, lower, upper))
    design = np.ones((y.size, 1)) if x is None else np.asarray(x, dtype=float)
    if proper:
        completed = draw_posterior(
            y, se, low, high, design, draws=imputations, seed=seed, prior_tau_scale=prior_tau_scale
        ).y
    else:
        completed = _draw_at_maximum(y, se, low, high, design, imputations, seed)
    results = [estimator(row, se**2, design) for row in completed]
    beta, variance = np.array([r[0] for r in results]), np.array([r[1] for r in results])
    return combine_imputations(beta, variance, results[0][2], level, proper)


def _draw_at_maximum(
    y: Array, se: Array, low: Array, high: Array, x: Array, imputations: int, seed: int
) -> Array:
    """Complete the data at the maximum-likelihood estimate (improper)."""
    fit = fit_bounded(y, se, low, high, x, term_profile=False)
    bound = np.isnan(y)
    completed = np.tile(np.where(bound, 0.0, y), (imputations, 1))
    rng = np.random.default_rng(seed)
    mean = (x @ fit.beta)[bound]
    sd = np.sqrt(fit.tau2 + se[bound] ** 2)
    low = np.where(np.isnan(low), -np.inf, low)[bound]
    high = np.where(np.isnan(high), np.inf, high)[bound]
    uniform = rng.random((imputations, int(bound.sum())))
    completed[:, bound] = truncated_normal(mean, sd, low, high, uniform)
    return completed


def reml_hksj(y: Array, v: Array, x: Array) -> tuple[Array, Array, float]:
    """Return REML coefficients with Hartung-Knapp variances, df = k - p.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    x : (k, p) design matrix
    """
    from mgmeta.stats.tau2 import tau2
    from mgmeta.stats.wls import wls

    fit = wls(y, 1.0 / (v + tau2("REML", y, v, x)), x)
    df = float(y.size - x.shape[1])
    return fit.beta, np.diag(fit.cov) * fit.q / df, df


def dersimonian_laird(y: Array, v: Array, x: Array) -> tuple[Array, Array, float]:
    """Return DerSimonian-Laird coefficients with Wald variances (df infinite in effect).

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    x : (k, p) design matrix
    """
    from mgmeta.stats.tau2 import tau2
    from mgmeta.stats.wls import wls

    fit = wls(y, 1.0 / (v + tau2("DL", y, v, x)), x)
    return fit.beta, np.diag(fit.cov), 1e6
