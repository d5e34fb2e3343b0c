"""The random-effects model that pools, regressions and subgroups share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.stats.heterogeneity import Heterogeneity, fixed_i2_h2, h2_of, heterogeneity, i2_of
from mgmeta.stats.inference import Inference, infer
from mgmeta.stats.information import Information, information
from mgmeta.stats.profile import profile_tau2
from mgmeta.stats.q_profile import q_profile
from mgmeta.stats.tau2 import estimator, tau2, tau2_se
from mgmeta.stats.wls import Wls, wls

Array = NDArray[np.float64]

FIXED = ("FE", "EE")
"""Methods without between-trial variance."""


LARGEST = 1e60
"""Largest effect or variance, and inverse of the smallest variance: powers up to the fourth stay finite."""


@dataclass(frozen=True)
class Model:
    """A fitted model y ~ N(X beta, V + tau2 I).

    Attributes
    ----------
    y, v : (k,) effects and variances
    x : (k, p) design
    method, test : as asked for
    tau2 : between-trial variance (0 for FE and EE)
    fit : weighted fit at weights 1 / (v + tau2)
    inference : covariance and df of the coefficients under the test
    residual : Q, its df and P, typical variance
    """

    y: Array
    v: Array
    x: Array
    method: str
    test: str
    tau2: float
    fit: Wls
    inference: Inference
    residual: Heterogeneity

    @property
    def k(self) -> int:
        """Trials."""
        return len(self.y)

    @property
    def p(self) -> int:
        """Coefficients."""
        return int(self.x.shape[1])

    @property
    def i2_h2(self) -> tuple[float, float]:
        """I2 in percent and H2."""
        if self.method in FIXED:
            return fixed_i2_h2(self.residual)
        return i2_of(self.tau2, self.residual), h2_of(self.tau2, self.residual)

    @property
    def tau2_se(self) -> float:
        """Standard error of tau2; NaN for FE and EE."""
        return tau2_se(self.method, self.y, self.v, self.x, self.tau2)

    def tau2_interval(self, level: float, kind: str = "q_profile") -> tuple[float, float]:
        """Confidence interval of tau2: ``q_profile``, or ``profile`` likelihood (ML and REML only).

        Raises
        ------
        ConfigError
            If the kind is unknown.
        """
        if kind not in ("q_profile", "profile"):
            raise ConfigError(f"tau2 interval {kind!r} is unknown; choose q_profile or profile")
        if self.method in FIXED:
            return math.nan, math.nan
        if kind == "profile":
            return profile_tau2(self.y, self.v, self.x, level, self.method)
        return q_profile(self.y, self.v, self.x, level)

    def information(self, restricted: bool) -> Information:
        """Fit statistics by ML or, *restricted*, REML."""
        estimated = self.method not in FIXED
        return information(self.y, self.v, self.x, self.tau2, restricted=restricted, estimated=estimated)

    def weights(self) -> Array:
        """Weights 1 / (v + tau2) in percent, (k,)."""
        w = 1.0 / (self.v + self.tau2)
        return np.asarray(100.0 * w / w.sum())


def check_effects(y: ArrayLike, v: ArrayLike, names: Sequence[str] | None = None) -> tuple[Array, Array]:
    """Return y and v as float vectors of one length; *names* label the rows in messages.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    names : (k,) labels for messages; row numbers by default

    Raises
    ------
    DataError
        If the lengths differ, there are no rows, an effect is not finite, or a
        variance is not positive and finite; names the row, counted from 1.
    """
    effects = np.asarray(y, dtype=float).ravel()
    variances = np.asarray(v, dtype=float).ravel()
    if effects.size != variances.size:
        raise DataError(f"{effects.size} effects but {variances.size} variances; give one variance an effect")
    if effects.size == 0:
        raise DataError("no effects to pool (k = 0); at least one row is needed")
    bad = np.flatnonzero(~np.isfinite(effects))
    if bad.size:
        raise DataError(f"{_where(bad[0], names)}: effect is {effects[bad[0]]}; a finite number is needed")
    bad = np.flatnonzero(
        (np.abs(effects) > LARGEST) | (variances > LARGEST) | ((variances > 0) & (variances < 1 / LARGEST))
    )
    if bad.size:
        found = f"effect {effects[bad[0]]:g}, variance {variances[bad[0]]:g}"
        raise DataError(
            f"{_where(bad[0], names)}: {found} is beyond {LARGEST:g} or its inverse; use another unit"
        )
    bad = np.flatnonzero(~(np.isfinite(variances) & (variances > 0)))
    if bad.size:
        raise DataError(
            f"{_where(bad[0], names)}: variance is {variances[bad[0]]}; a positive finite number is needed"
        )
    return effects, variances


def _where(row: int, names: Sequence[str] | None) -> str:
    return f"row {row + 1}" if names is None else f"row {row + 1} ({names[row]})"


def fit_model(
    y: ArrayLike,
    v: ArrayLike,
    x: ArrayLike | None = None,
    *,
    method: str = "REML",
    test: str = "z",
    tau2_fixed: float | None = None,
) -> Model:
    """Estimate tau2 and the coefficients.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    x : (k, p) design; None is the intercept alone
    method : key of :data:`mgmeta.stats.tau2.TAU2_ESTIMATORS`
    test : key of :data:`mgmeta.stats.inference.TESTS`
    tau2_fixed : use this tau2 instead of estimating it

    Raises
    ------
    DataError
        If a number is not usable.
    ConfigError
        If the method or test is unknown, or Kenward-Roger is asked of another method than REML.
    FitError
        If there are too few rows for the model and test, or the design is collinear.
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    design = np.ones((k, 1)) if x is None else np.asarray(x, dtype=float)
    estimator(method)
    if test == "kr" and method != "REML":
        raise ConfigError(f"test kr is defined for REML only; method is {method}")
    p = design.shape[1]
    estimated = method not in FIXED and tau2_fixed is None
    if k <= p and (estimated or test != "z"):
        need = f"method {method}" if estimated else f"test {test}"
        raise FitError(
            f"k = {k} where {p + 1} are needed: {need} needs more rows than the {p} coefficient(s); "
            "add rows, or use --method EE --test z"
        )
    between = tau2(method, effects, variances, design) if tau2_fixed is None else float(tau2_fixed)
    fit = wls(effects, 1.0 / (variances + between), design)
    inference = infer(test, fit, variances, design, between)
    residual = heterogeneity(effects, variances, design)
    return Model(effects, variances, design, method, test, between, fit, inference, residual)


def warnings_of(model: Model) -> list[str]:
    """What a reader should know before trusting the numbers."""
    notes = []
    df = model.k - model.p
    if model.method not in FIXED and df < 4:
        notes.append(f"k = {model.k}: tau2 is estimated from {df} degrees of freedom and barely determined")
    if model.method in FIXED and model.test in ("knha", "adhoc"):
        notes.append(
            f"test {model.test} is made for random effects; with method {model.method} it scales by Q / df"
        )
    if model.method not in FIXED and model.test == "z" and model.k < 10:
        notes.append(f"k = {model.k}: the normal interval ignores that tau2 is estimated; see test knha")
    if model.test == "knha" and model.inference.scale < 1.0:
        notes.append("Hartung-Knapp narrows the interval here (s2 < 1); test adhoc does not let it")
    return notes
