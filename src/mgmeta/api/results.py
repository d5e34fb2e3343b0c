"""What the API returns: frozen results that know themselves as table, JSON and notebook cell."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from mgmeta.api.frames import frame_of
from mgmeta.errors import ConfigError
from mgmeta.io import dumps

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
T = TypeVar("T")


class Value(Generic[T]):
    """A value of the answer as a read-only attribute; a number that is not defined reads NaN."""

    def __init__(self, kind: type[T], *path: str) -> None:
        self.kind, self.path = kind, path

    @overload
    def __get__(self, result: None, owner: type) -> Self: ...
    @overload
    def __get__(self, result: Result, owner: type) -> T: ...
    def __get__(self, result: Result | None, owner: type) -> Self | T:
        """Look the value up."""
        if result is None:
            return self
        found: Any = result.answer
        for key in self.path:
            found = None if found is None else found.get(key)
        return self.kind(math.nan if found is None else found)  # type: ignore[call-arg]

    def __set__(self, result: Result, value: object) -> None:
        """Refuse: a result is frozen."""
        raise AttributeError(f"a result is frozen; {self.path[-1]} cannot be set")


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What all results share.

    Attributes
    ----------
    answer : dict
        Everything that was computed, with the keys of the verb's ``--format json``. Treat it as read-only;
        :meth:`to_dict` returns a copy.
    k, k_numeric, k_bounds : int
        Rows, those that are numbers, those that are bounds.
    level : float
        Level of every interval, such as 0.95.
    warnings : tuple of str
        What to know before trusting the numbers.
    """

    PARTS: ClassVar[tuple[str, ...]] = ()
    answer: Json = field(repr=False)

    k = Value(int, "k")
    level = Value(float, "level")

    @property
    def k_bounds(self) -> int:
        """Number of bounds."""
        return int(self.answer.get("k_bounds") or 0)

    @property
    def k_numeric(self) -> int:
        """Number of rows that are numbers."""
        return self.k - self.k_bounds

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the numbers."""
        return tuple(self.answer["warnings"])

    def to_dict(self) -> Json:
        """Return everything that was computed, as a dict of its own."""
        return copy.deepcopy(self.answer)

    def to_json(self) -> str:
        """Return what the verb prints with ``--format json``, to the byte."""
        return dumps(self.answer)

    def to_frame(self, part: str = "") -> pd.DataFrame:
        """Return one part of the result as a pandas DataFrame.

        Parameters
        ----------
        part : str
            One of :attr:`parts`; the first of them by default.

        Raises
        ------
        ConfigError
            If the result has no such part.
        """
        name = part or self.parts[0]
        if name not in self.parts:
            raise ConfigError(f"to_frame: no part {name!r}; this result has {', '.join(self.parts)}")
        return frame_of(self.rows(name))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts :meth:`to_frame` offers, the one asked most often first."""
        return tuple(part for part in self.PARTS if self.rows(part))

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows of plain values; empty where the result has none."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return the result as one line of text."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Result) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary()})"

    def _repr_html_(self) -> str:
        """Return the result as a notebook shows it."""
        from mgmeta.api.notebook import result_html

        return result_html(self)


def plain(value: Any) -> Any:
    """Return an answer of the engine in dicts, lists and plain numbers, NaN and infinities kept."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else value


ESTIMATES = ("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "p_value")


@dataclass(frozen=True, eq=False, repr=False)
class PoolResult(Result):
    """A pooled effect, or a meta-regression, as ``mgmeta pool`` computes it.

    Attributes
    ----------
    estimate, se : float
        Pooled effect and its standard error, in the unit of the effects; NaN with moderators, see
        ``to_frame("coefficients")``.
    ci_low, ci_high : float
        Confidence interval.
    pi_low, pi_high : float
        Prediction interval: the effect in a new trial.
    p_value : float
        Of the hypothesis of no effect.
    tau2, tau : float
        Variance and SD of the effects between trials, in squared unit and unit.
    i2 : float
        Share of the variance that is between trials, percent.
    q, q_p : float
        Cochran's Q and its P value; NaN with bounds.
    method, test : str
        Estimator of tau2, and test.
    effects : tuple of dict
        The rows that were pooled: study, kind, yi, yi_low, yi_high, sei.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        *("coefficients", "estimate", "subgroups", "studies", "predictions", "excluded"),
    )
    effects: tuple[Json, ...] = field(default=(), repr=False)

    method, test = Value(str, "method"), Value(str, "test")
    estimate, se = Value(float, "estimate"), Value(float, "se")
    ci_low, ci_high = Value(float, "ci_low"), Value(float, "ci_high")
    pi_low, pi_high = Value(float, "pi_low"), Value(float, "pi_high")
    p_value = Value(float, "p_value")
    tau2, tau, i2 = Value(float, "tau2"), Value(float, "tau"), Value(float, "i2")
    q, q_p = Value(float, "q"), Value(float, "q_p")

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows: coefficients, subgroups, estimate, studies, predictions or excluded."""
        if part == "estimate":
            if "coefficients" in self.answer:
                return ()
            keys = ("k", *ESTIMATES, "tau2", "tau", "i2", "q", "q_df", "q_p", "method", "test", "level")
            return ({key: self.answer[key] for key in keys},)
        if part == "studies":
            weights = self.answer["weights"]
            return tuple({**row, "weight_percent": w} for row, w in zip(self.effects, weights, strict=True))
        if part == "subgroups":
            return tuple(self.answer.get("subgroups", {}).get("levels", ()))
        return tuple(self.answer.get(part, ()))

    def summary(self) -> str:
        """Return the result as one line of text."""
        counts = f"k={self.k}" + (f" ({self.k_bounds} bounds)" if self.k_bounds else "")
        if "coefficients" in self.answer:
            found = ", ".join(f"{c['term']} {_short(c['estimate'])}" for c in self.answer["coefficients"])
            return f"{counts}, {found}, tau2={_short(self.tau2)}, {self.method}"
        interval = f"({_short(self.ci_low)}, {_short(self.ci_high)})"
        found = f"estimate={_short(self.estimate)}, ci={interval}, tau2={_short(self.tau2)}"
        return f"{counts}, {found}, {self.method}"


class BayesResult(Result):
    """A posterior, as ``mgmeta bayes`` computes it.

    Attributes
    ----------
    mean, sd, median : float
        Of the posterior of the mean effect, in the unit of the effects.
    ci_low, ci_high : float
        Its equal-tailed credible interval.
    tau : float
        Posterior mean of the SD between trials.
    pi_low, pi_high : float
        Predictive interval of the effect in a new trial.
    bf10 : float
        Bayes factor: mean effect free against mean effect 0; NaN where it is undefined (by sampling).
    p_below : dict of float to float
        Posterior probability that the mean effect lies below 0, -1, -2.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("estimates", "studies")
    mean, sd, median = Value(float, "mu", "mean"), Value(float, "mu", "sd"), Value(float, "mu", "median")
    ci_low, ci_high = Value(float, "mu", "ci_low"), Value(float, "mu", "ci_high")
    tau = Value(float, "tau", "mean")
    pi_low, pi_high = Value(float, "predictive", "ci_low"), Value(float, "predictive", "ci_high")
    bf10 = Value(float, "bf10")
    engine = Value(str, "engine")

    @property
    def p_below(self) -> dict[float, float]:
        """Posterior probability that the mean effect lies below 0, -1, -2."""
        return {float(key): float(p) for key, p in self.answer["p_below"].items()}

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows: estimates (mu, tau, predictive) or studies (their own effects)."""
        if part == "estimates":
            return tuple({"quantity": name, **self.answer[name]} for name in ("mu", "tau", "predictive"))
        return tuple(self.answer["shrinkage"])

    def summary(self) -> str:
        """Return the result as one line of text."""
        return (
            f"k={self.k}, mean={_short(self.mean)}, ci=({_short(self.ci_low)}, {_short(self.ci_high)}), "
            f"tau={_short(self.tau)}, {self.engine}"
        )


class DoseResult(Result):
    """A dose-response curve, as ``mgmeta dose`` computes it.

    Attributes
    ----------
    curve, formula : str
        Its name and formula.
    method, test : str
        Estimator, and test.
    tau2 : float
        Variance between trials; NaN where coefficients vary instead (``answer["psi"]``).
    aic : float
        Akaike's criterion; compare curves fitted by ML to the same rows.
    p_effect, p_nonlinearity : float
        P value of no effect at any dose, and of a straight line.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("curve", "coefficients", "reaches", "bins")
    curve, formula = Value(str, "curve"), Value(str, "formula")
    method, test = Value(str, "method"), Value(str, "test")
    tau2, aic, loglik = Value(float, "tau2"), Value(float, "aic"), Value(float, "loglik")
    p_effect = Value(float, "effect", "p_value")
    p_nonlinearity = Value(float, "nonlinearity", "p_value")

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows: curve (predictions by dose), coefficients, reaches or bins."""
        return tuple(self.answer["predictions" if part == "curve" else part])

    def summary(self) -> str:
        """Return the result as one line of text."""
        found = ", ".join(f"{c['term']} {_short(c['estimate'])}" for c in self.answer["coefficients"])
        return f"k={self.k}, {self.curve}: {found}, aic={_short(self.aic)}, {self.method}"


def _short(value: float | None) -> str:
    """Return four significant digits."""
    return "-" if value is None else f"{value:.4g}"
