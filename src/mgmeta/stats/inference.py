"""Standard errors and degrees of freedom of coefficients: z, t, Hartung-Knapp, ad hoc, Kenward-Roger."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError
from mgmeta.stats.kenward_roger import KenwardRoger, kenward_roger, kenward_roger_df
from mgmeta.stats.wls import Wls

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inference:
    """What a test makes of a weighted fit.

    Attributes
    ----------
    cov : (p, p) covariance of the coefficients
    df : (p,) degrees of freedom of each coefficient; inf is the normal
    scale : factor on (X'WX)^-1 (Hartung-Knapp's s2), 1 where none is applied
    kr : Kenward-Roger quantities, for test kr only
    """

    cov: Array
    df: Array
    scale: float
    kr: KenwardRoger | None = None

    def se_df(self, contrast: Array) -> tuple[float, float]:
        """Standard error and df of *contrast* (p,) times the coefficients."""
        se = math.sqrt(max(float(contrast @ self.cov @ contrast), 0.0))
        if self.kr is not None:
            return se, kenward_roger_df(self.kr, contrast)
        return se, float(self.df[0])


def _z(fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    return Inference(fit.cov, np.full(len(fit.beta), np.inf), 1.0)


def _residual_df(fit: Wls) -> Array:
    k, p = len(fit.resid), len(fit.beta)
    return np.full(p, float(k - p))


def _t(fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    return Inference(fit.cov, _residual_df(fit), 1.0)


def _scaled(fit: Wls, floor: float) -> Inference:
    df = _residual_df(fit)
    scale = max(fit.q / df[0], floor) if df[0] > 0 else np.nan
    return Inference(fit.cov * scale, df, float(scale))


def _knha(fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    return _scaled(fit, 0.0)


def _adhoc(fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    return _scaled(fit, 1.0)


def _kr(fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    if len(fit.resid) <= len(fit.beta):
        return Inference(fit.cov, np.full(len(fit.beta), np.nan), 1.0)
    kr = kenward_roger(fit, v, x, tau2)
    return Inference(kr.cov, kr.df, 1.0, kr)


TESTS: dict[str, Callable[[Wls, Array, Array, float], Inference]] = {
    "z": _z,
    "t": _t,
    "knha": _knha,
    "adhoc": _adhoc,
    "kr": _kr,
}
"""z: normal. t: t(k - p). knha: variance times s2 = sum w r^2 / (k - p), t(k - p) (Hartung & Knapp
2001, Stat Med 20:3875). adhoc: the same with s2 at least 1, so never narrower than t, hence than z (Roever
et al. 2015, BMC Med Res Methodol 15:99). kr: Kenward-Roger; needs REML."""


def infer(test: str, fit: Wls, v: Array, x: Array, tau2: float) -> Inference:
    """Apply a test of :data:`TESTS` to a fit at weights 1 / (v + tau2).

    Parameters
    ----------
    test : key of :data:`TESTS`
    fit : weighted least squares fit at the weights 1 / (v + tau2)
    v : (k,) sampling variances
    x : (k, p) design
    tau2 : between-trial variance of the fit

    Raises
    ------
    ConfigError
        If there is no such test.
    """
    if test not in TESTS:
        raise ConfigError(f"test {test!r} is unknown; choose one of {', '.join(TESTS)}")
    return TESTS[test](fit, v, x, tau2)
