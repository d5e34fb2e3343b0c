"""Priors written as text, such as ``normal:0,10`` or ``halfnormal:5``.

Pure: NumPy and scipy.special only. Both engines read their priors here, so that a
prior means the same in an exact posterior and in a sampled one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from mgmeta.errors import ConfigError

Array = NDArray[np.float64]
_LOG_2PI = math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Family:
    """One family of priors.

    Attributes
    ----------
    params : tuple of str
        Names of its parameters in the order they are written.
    positive : tuple of str
        Those that must be above 0.
    log_density : callable
        ``(x, params, variances) -> log p(x)``, up to a constant if improper.
    tail : float
        The density falls as ``x**-tail`` for large x; infinity if it falls faster.
    proper : bool
        Whether it integrates to 1.
    needs_variances : bool
        Whether it depends on the sampling variances of the trials.
    text : str
        What it is, for messages and the report.
    """

    params: tuple[str, ...]
    positive: tuple[str, ...]
    log_density: Callable[[Array, tuple[float, ...], Array], Array]
    text: str
    tail: float = math.inf
    proper: bool = True
    needs_variances: bool = False


@dataclass(frozen=True)
class Prior:
    """A prior: family, parameters, and whether it is of a mean or of a standard deviation.

    ``kind`` is ``mu`` (any real number) or ``tau`` (0 to infinity).
    """

    family: str
    params: tuple[float, ...]
    kind: str

    @property
    def definition(self) -> Family:
        """The family's entry in the registry."""
        return FAMILIES[self.kind][self.family]

    @property
    def proper(self) -> bool:
        """Whether the prior integrates to 1."""
        return self.definition.proper

    @property
    def tail(self) -> float:
        """Power of its tail: the density falls as ``x**-tail``; infinity if it falls faster."""
        if self.family in ("halft", "t"):
            return self.params[-1] + 1.0
        if self.family == "invgamma":
            return self.params[0] + 1.0
        return self.definition.tail

    def __str__(self) -> str:
        """Return the text that :func:`parse_mu` or :func:`parse_tau` reads back."""
        numbers = ",".join(f"{value:.15g}" for value in self.params)
        return f"{self.family}:{numbers}" if numbers else self.family

    def log_density(self, x: ArrayLike, variances: ArrayLike | None = None) -> Array:
        """Return the log density at *x*, any shape; up to a constant if improper.

        Parameters
        ----------
        x
            In the unit of the effect.
        variances
            Sampling variances of the trials, shape (k,); only ``jeffreys``, ``berger_deely``,
            ``conventional``, ``dumouchel``, ``shrinkage`` and ``i2`` use them.

        Raises
        ------
        ConfigError
            If the family needs the variances and got none.
        """
        if self.definition.needs_variances and variances is None:
            raise ConfigError(f"prior {self}: depends on the trials' variances, which this use does not have")
        points = np.asarray(x, dtype=float)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            values = self.definition.log_density(points, self.params, np.asarray(variances, dtype=float))
        outside = points < 0.0 if self.kind == "tau" else np.zeros(points.shape, dtype=bool)
        return np.where(outside | np.isnan(values), -np.inf, values)


def parse_mu(text: str) -> Prior:
    """Read the prior of a mean effect or a slope.

    Raises
    ------
    ConfigError
        If the family is unknown, a parameter is missing or no number, or a scale is not above 0.
    """
    return _parse(text, "mu")


def parse_tau(text: str) -> Prior:
    """Read the prior of the between-trial standard deviation; errors as :func:`parse_mu`."""
    return _parse(text, "tau")


def _parse(text: str, kind: str) -> Prior:
    name, _, rest = text.strip().lower().partition(":")
    families = FAMILIES[kind]
    if name not in families:
        known = ", ".join(_usage(key, families[key]) for key in families)
        raise ConfigError(f"prior of {kind} {text!r}: unknown family {name!r}; expected one of {known}")
    family = families[name]
    parts = [part.strip() for part in rest.split(",")] if rest.strip() else []
    if len(parts) != len(family.params):
        raise ConfigError(
            f"prior of {kind} {text!r}: {len(parts)} parameters, expected {len(family.params)}: "
            f"{_usage(name, family)}"
        )
    values: list[float] = []
    for param, part in zip(family.params, parts, strict=True):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ConfigError(f"prior of {kind} {text!r}: {param} is {part!r}, expected a finite number")
        if param in family.positive and value <= 0.0:
            raise ConfigError(f"prior of {kind} {text!r}: {param} is {part}, expected a number above 0")
        values.append(value)
    return Prior(name, tuple(values), kind)


def _usage(name: str, family: Family) -> str:
    return f"{name}:{','.join(param.upper() for param in family.params)}" if family.params else name


# Log densities. `p` are the parameters, `v` the sampling variances.


def _normal(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return -0.5 * ((x - p[0]) / p[1]) ** 2 - 0.5 * _LOG_2PI - math.log(p[1])


def _t(x: Array, p: tuple[float, ...], v: Array) -> Array:
    mean, scale, df = p
    constant = gammaln((df + 1.0) / 2.0) - gammaln(df / 2.0) - 0.5 * math.log(df * math.pi) - math.log(scale)
    return np.asarray(constant - (df + 1.0) / 2.0 * np.log1p(((x - mean) / scale) ** 2 / df))


def _half(base: Callable[[Array, tuple[float, ...], Array], Array]) -> Callable[..., Array]:
    return lambda x, p, v: np.asarray(math.log(2.0) + base(x, (0.0, *p), v))


def _cauchy(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return _t(x, (*p, 1.0), v)


def _uniform(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return np.where(x <= p[0], -math.log(p[0]), -np.inf)


def _exponential(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return -x / p[0] - math.log(p[0])


def _lognormal(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return _normal(np.log(x), p, v) - np.log(x)


def _invgamma(x: Array, p: tuple[float, ...], v: Array) -> Array:
    shape, scale = p
    return np.asarray(shape * math.log(scale) - gammaln(shape) - (shape + 1.0) * np.log(x) - scale / x)


def _lognormal_var(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return math.log(2.0) + _normal(2.0 * np.log(x), p, v) - np.log(x)


def _logt_var(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return math.log(2.0) + _t(2.0 * np.log(x), p, v) - np.log(x)


def _flat(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return np.zeros(x.shape)


def _sqrt(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return -0.5 * np.log(x)


def _jeffreys(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return np.asarray(np.log(x) + 0.5 * np.log(np.sum((v + x[..., None] ** 2) ** -2.0, axis=-1)))


def _berger_deely(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return np.asarray(np.log(x) - np.mean(np.log(v + x[..., None] ** 2), axis=-1))


def _conventional(x: Array, p: tuple[float, ...], v: Array) -> Array:
    # Normalised: the integral of x / s^3 over x has no closed form for unequal variances, so it is
    # left unnormalised like bayesmeta's; for equal variances it is 1 / sigma.
    return np.asarray(np.log(x) - 1.5 * np.mean(np.log(v + x[..., None] ** 2), axis=-1))


def _uniform_shrinkage(x: Array, s2: float) -> Array:
    return math.log(2.0 * s2) + np.log(x) - 2.0 * np.log(s2 + x * x)


def _dumouchel(x: Array, p: tuple[float, ...], v: Array) -> Array:
    s0 = math.sqrt(1.0 / float(np.mean(1.0 / v)))
    return math.log(s0) - 2.0 * np.log(s0 + x)


def _shrinkage(x: Array, p: tuple[float, ...], v: Array) -> Array:
    return _uniform_shrinkage(x, 1.0 / float(np.mean(1.0 / v)))


def _i2(x: Array, p: tuple[float, ...], v: Array) -> Array:
    w = 1.0 / v
    typical = (len(v) - 1.0) * float(w.sum()) / float(w.sum() ** 2 - (w**2).sum())
    return _uniform_shrinkage(x, typical)


FAMILIES: dict[str, dict[str, Family]] = {
    "mu": {
        "normal": Family(("mean", "sd"), ("sd",), _normal, "normal"),
        "t": Family(("mean", "scale", "df"), ("scale", "df"), _t, "Student t"),
        "cauchy": Family(("mean", "scale"), ("scale",), _cauchy, "Cauchy", tail=2.0),
        "flat": Family((), (), _flat, "flat (improper)", tail=0.0, proper=False),
    },
    "tau": {
        "halfnormal": Family(("scale",), ("scale",), _half(_normal), "half-normal"),
        "halfcauchy": Family(("scale",), ("scale",), _half(_cauchy), "half-Cauchy", tail=2.0),
        "halft": Family(("scale", "df"), ("scale", "df"), _half(_t), "half-t"),
        "uniform": Family(("upper",), ("upper",), _uniform, "uniform from 0"),
        "exponential": Family(("mean",), ("mean",), _exponential, "exponential"),
        "lognormal": Family(("meanlog", "sdlog"), ("sdlog",), _lognormal, "log-normal"),
        "invgamma": Family(("shape", "scale"), ("shape", "scale"), _invgamma, "inverse gamma"),
        # Turner 2012 (Int J Epidemiol 41:818): log tau2 normal; Rhodes 2015 (J Clin Epidemiol 68:52): t.
        "lognormal_var": Family(("meanlog", "sdlog"), ("sdlog",), _lognormal_var, "log-normal of tau2"),
        "logt_var": Family(
            ("meanlog", "scalelog", "df"), ("scalelog", "df"), _logt_var, "log-t of tau2", tail=1.0
        ),
        "flat": Family((), (), _flat, "flat (improper)", tail=0.0, proper=False),
        "sqrt": Family((), (), _sqrt, "flat on the square root (improper)", tail=0.5, proper=False),
        # The six below: Bodnar 2017 (Stat Med 36:378), Berger and Deely 1988 (JASA 83:364), DuMouchel
        # and Normand 2000, Daniels 1999 (Can J Stat 27:567); as listed by Roever 2020 (J Stat Softw 93:6).
        "jeffreys": Family((), (), _jeffreys, "Jeffreys (improper)", 1.0, False, True),
        "berger_deely": Family((), (), _berger_deely, "Berger-Deely (improper)", 1.0, False, True),
        "conventional": Family((), (), _conventional, "conventional", 2.0, False, True),
        "dumouchel": Family((), (), _dumouchel, "DuMouchel", 2.0, True, True),
        "shrinkage": Family((), (), _shrinkage, "uniform on the shrinkage", 3.0, True, True),
        "i2": Family((), (), _i2, "uniform on I2", 3.0, True, True),
    },
}
