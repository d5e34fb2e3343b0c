"""Estimators of the between-trial variance tau2, one implementation for one pool and for many.

All are functions of a :class:`~mgmeta.stats.sample.Sample` of b data sets. With
P = W - W X (X'WX)^-1 X' W and Sigma = V + tau2 I, a moment estimator solves
E(y'Py) = tr(P Sigma); its variance is 2 tr(P Sigma P Sigma) over the square of
the factor of tau2 (Viechtbauer 2005, J Educ Behav Stat 30:261).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from mgmeta.errors import ConfigError
from mgmeta.stats.likelihood import bounds, maximise
from mgmeta.stats.moments import Fit, fit, fit_tau2
from mgmeta.stats.root import falling_roots
from mgmeta.stats.sample import Sample, make_sample

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimator:
    """One way to estimate tau2.

    Attributes
    ----------
    name, title, source : key, words for a table, literature
    solve : Sample -> (b,) tau2, truncated at 0
    se : (Sample, (b,) tau2) -> (b,) standard errors; NaN where none is defined
    """

    name: str
    title: str
    source: str
    solve: Callable[[Sample], Array]
    se: Callable[[Sample, Array], Array]


def _inverse_variance(s: Sample) -> Array:
    return np.asarray(s.mask / s.v)


def _positive(numerator: Array, denominator: Array) -> Array:
    """Return the ratio, at least 0, and 0 where nothing is left to estimate from."""
    ok = denominator > 0
    return np.asarray(np.where(ok, np.maximum(numerator / np.where(ok, denominator, 1.0), 0.0), 0.0))


def _zero(s: Sample) -> Array:
    return np.zeros(s.k.size)


def _no_se(s: Sample, tau2: Array) -> Array:
    return np.full(tau2.shape, np.nan)


def _dl(s: Sample) -> Array:
    at = fit(s, _inverse_variance(s))
    return _positive(at.q - s.df, np.where(s.df > 0, at.careful_trace(), 0.0))


def _he(s: Sample) -> Array:
    at = fit(s, s.mask)
    return _positive(at.q - at.trace(s.v), s.df)


def _hs(s: Sample) -> Array:
    w = _inverse_variance(s)
    return _positive(fit(s, w).q - s.k, np.where(s.df > 0, s.total(w), 0.0))


def _hsk(s: Sample) -> Array:
    w = _inverse_variance(s)
    q = fit(s, w).q * s.k / np.maximum(s.df, 1.0)
    return _positive(q - s.k, np.where(s.df > 0, s.total(w), 0.0))


def _sj_start(s: Sample) -> Array:
    """Crude variance of the effects about their mean, divisor k (Sidik & Jonkman 2005)."""
    mean = s.total(s.y) / s.k
    return s.total(s.mask * (s.y - mean[:, None]) ** 2) / s.k


def _sj_fit(s: Sample) -> tuple[Array, Fit]:
    crude = _sj_start(s)
    return crude, fit_tau2(s, crude)


def _sj(s: Sample) -> Array:
    crude, at = _sj_fit(s)
    return _positive(crude * at.q, s.df)


def _ml(s: Sample) -> Array:
    return np.where(s.df > 0, maximise(s, restricted=False), 0.0)


def _reml(s: Sample) -> Array:
    return np.where(s.df > 0, maximise(s, restricted=True), 0.0)


def generalised_q_root(s: Sample, target: Array) -> Array:
    """Solve Q(t) = sum (y - X beta_t)^2 / (v + t) = target for t >= 0, (b,).

    Q falls in t, from Q(0); 0 is returned where Q(0) <= target. As Q(t) is at
    most RSS / (v_min + t), the root lies below RSS / target - v_min. Newton runs
    on 1 - target / Q(t), which is nearly straight in t where Q is not.
    """
    v_min, _, rss = bounds(s)
    positive = target > 0
    safe = np.where(positive, target, 1.0)
    high = np.where(positive, rss / safe * (1 + 1e-9) - v_min, 0.0)
    start_q = fit_tau2(s, np.zeros_like(high)).q
    rows = np.flatnonzero(positive & (start_q > target) & (high > 0))

    def equation(index: NDArray[np.intp], t: Array) -> tuple[Array, Array]:
        at = fit_tau2(s.take(rows[index]), t)
        q, aim = at.q, target[rows[index]]
        return 1.0 - aim / q, -aim * at.qq / (q * q)

    result = np.zeros(high.size)
    result[rows] = falling_roots(equation, np.zeros(rows.size), high[rows], v_min[rows])
    return result


def _pm(s: Sample) -> Array:
    return generalised_q_root(s, np.maximum(s.df, 0.0))


def _pmm(s: Sample) -> Array:
    df = s.df
    return generalised_q_root(s, np.where(df > 0, chdtri(np.maximum(df, 1.0), 0.5), 0.0))


def _moment_se(at: Fit, tau2: Array, factor: Array) -> Array:
    """SE of (y'Py - c) / factor under Sigma = V + tau2 I."""
    v = at.sample.v
    variance = at.trace2(v, v) + 2.0 * tau2 * at.trace2(v) + tau2 * tau2 * at.trace2()
    ok = factor > 0
    return np.where(ok, np.sqrt(2.0 * np.maximum(variance, 0.0)) / np.where(ok, factor, 1.0), np.nan)


def _dl_se(s: Sample, tau2: Array) -> Array:
    at = fit(s, _inverse_variance(s))
    return _moment_se(at, tau2, np.where(s.df > 0, at.careful_trace(), 0.0))


def _he_se(s: Sample, tau2: Array) -> Array:
    return _moment_se(fit(s, s.mask), tau2, s.df)


def _hs_se(s: Sample, tau2: Array) -> Array:
    w = _inverse_variance(s)
    return _moment_se(fit(s, w), tau2, np.where(s.df > 0, s.total(w), 0.0))


def _hsk_se(s: Sample, tau2: Array) -> Array:
    return np.asarray(_hs_se(s, tau2) * s.k / np.maximum(s.df, 1.0))


def _sj_se(s: Sample, tau2: Array) -> Array:
    crude, at = _sj_fit(s)
    return np.asarray(crude * _moment_se(at, tau2, s.df))


def _ml_se(s: Sample, tau2: Array) -> Array:
    w = fit_tau2(s, tau2).w
    return np.where(s.df > 0, np.sqrt(2.0 / s.total(w * w)), np.nan)


def _reml_se(s: Sample, tau2: Array) -> Array:
    trace2 = np.where(s.df > 0, fit_tau2(s, tau2).floored_trace2(), np.nan)
    return np.sqrt(2.0 / trace2)


def _pm_se(s: Sample, tau2: Array) -> Array:
    """Delta method on Q(tau2), whose variance is 2 (k - p).

    Its mean slope -tr(P) is taken as -(k - p)/k sum(w), exact for equal
    variances, because that is the figure other programs print.
    """
    df = np.where(s.df > 0, s.df, np.nan)
    return np.asarray(np.sqrt(2.0 * df) * (s.k / df) / s.total(fit_tau2(s, tau2).w))


TAU2_ESTIMATORS: dict[str, Estimator] = {
    e.name: e
    for e in (
        Estimator("FE", "fixed effects", "Rice et al. 2018, JRSS A 181:205", _zero, _no_se),
        Estimator("EE", "equal effects", "Rice et al. 2018, JRSS A 181:205", _zero, _no_se),
        Estimator(
            "DL", "DerSimonian-Laird", "DerSimonian & Laird 1986, Control Clin Trials 7:177", _dl, _dl_se
        ),
        Estimator("HE", "Hedges", "Hedges & Olkin 1985, Statistical Methods for Meta-Analysis", _he, _he_se),
        Estimator("HS", "Hunter-Schmidt", "Hunter & Schmidt 2004, Methods of Meta-Analysis", _hs, _hs_se),
        Estimator(
            "HSk",
            "Hunter-Schmidt, small samples",
            "Brannick et al. 2019, J Appl Psychol 104:1121",
            _hsk,
            _hsk_se,
        ),
        Estimator("SJ", "Sidik-Jonkman", "Sidik & Jonkman 2005, JRSS C 54:367", _sj, _sj_se),
        Estimator("ML", "maximum likelihood", "Hardy & Thompson 1996, Stat Med 15:619", _ml, _ml_se),
        Estimator("REML", "restricted maximum likelihood", "Viechtbauer 2005, JEBS 30:261", _reml, _reml_se),
        Estimator("EB", "empirical Bayes", "Morris 1983, JASA 78:47", _pm, _pm_se),
        Estimator("PM", "Paule-Mandel", "Paule & Mandel 1982, J Res NBS 87:377", _pm, _pm_se),
        Estimator(
            "PMM",
            "Paule-Mandel, median unbiased",
            "Viechtbauer 2021, after Paule & Mandel 1982",
            _pmm,
            _pm_se,
        ),
    )
}
"""Name -> estimator. EB solves the same equation as PM (Viechtbauer et al. 2015, Psychol Methods 20:360)."""


def estimator(method: str) -> Estimator:
    """Look up an estimator.

    Raises
    ------
    ConfigError
        If there is no such method; lists those that exist.
    """
    if method not in TAU2_ESTIMATORS:
        raise ConfigError(f"method {method!r} is unknown; choose one of {', '.join(TAU2_ESTIMATORS)}")
    return TAU2_ESTIMATORS[method]


def tau2(method: str, y: ArrayLike, v: ArrayLike, x: ArrayLike | None = None) -> float:
    """Estimate the between-trial variance of one data set.

    Parameters
    ----------
    method : key of :data:`TAU2_ESTIMATORS`
    y, v : (k,) effects and sampling variances (v > 0)
    x : (k, p) design with the intercept; None is the intercept alone

    Returns
    -------
    float, in squared units of y, at least 0; 0 where k = p. Solved to 1e-12, ML and
    REML to the global maximum. Rounding enters as 1e-16 times the largest ratio of
    variances: a millionfold ratio still leaves ten digits.
    """
    return float(estimator(method).solve(make_sample(y, v, x))[0])


def tau2_se(method: str, y: ArrayLike, v: ArrayLike, x: ArrayLike | None, tau2: float) -> float:
    """Standard error of tau2 at its estimate; NaN where the method defines none.

    Parameters as for :func:`tau2`, with the estimate itself last.

    Parameters
    ----------
    method : estimator of tau2
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    x : (k, p) design matrix
    tau2 : between-study variance, in the unit of the effects squared
    """
    return float(estimator(method).se(make_sample(y, v, x), np.array([float(tau2)]))[0])
