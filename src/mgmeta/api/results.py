"""What each function returns: a pooled effect, a posterior, a curve, curves compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mgmeta.api.result import Json, Result, Value, short

if TYPE_CHECKING:
    from mgmeta.api.curve_plot import CurvePlot

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
            found = ", ".join(f"{c['term']} {short(c['estimate'])}" for c in self.answer["coefficients"])
            return f"{counts}, {found}, tau2={short(self.tau2)}, {self.method}"
        interval = f"({short(self.ci_low)}, {short(self.ci_high)})"
        found = f"estimate={short(self.estimate)}, ci={interval}, tau2={short(self.tau2)}"
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
            f"k={self.k}, mean={short(self.mean)}, ci=({short(self.ci_low)}, {short(self.ci_high)}), "
            f"tau={short(self.tau)}, {self.engine}"
        )


@dataclass(frozen=True, eq=False, repr=False)
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
    contrasts : tuple of dict
        The rows that were fitted: study, kind, dose, referent, yi, yi_low, yi_high, sei.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        *("curve", "coefficients", "reaches", "bins", "contrasts", "compared", "refused"),
    )
    contrasts: tuple[Json, ...] = field(default=(), repr=False)

    curve, formula = Value(str, "curve"), Value(str, "formula")
    method, test = Value(str, "method"), Value(str, "test")
    tau2, aic, loglik = Value(float, "tau2"), Value(float, "aic"), Value(float, "loglik")
    p_effect = Value(float, "effect", "p_value")
    p_nonlinearity = Value(float, "nonlinearity", "p_value")

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows: curve (predictions by dose), coefficients, reaches, bins, contrasts.

        With ``compare=True`` also compared (every curve, least AIC first) and refused (with the reason).
        """
        if part == "contrasts":
            return self.contrasts
        if part in ("compared", "refused"):
            ranked = self.answer.get("comparison", {})
            return tuple(ranked.get("curves" if part == "compared" else part, ()))
        return tuple(self.answer["predictions" if part == "curve" else part])

    def summary(self) -> str:
        """Return the result as one line of text."""
        found = ", ".join(f"{c['term']} {short(c['estimate'])}" for c in self.answer["coefficients"])
        return f"k={self.k}, {self.curve}: {found}, aic={short(self.aic)}, {self.method}"

    def plot(self, *, title: str = "", xlabel: str = "Dose", ylabel: str = "Effect") -> CurvePlot:
        """Draw the curve with its band, and the studies it was fitted to.

        Parameters
        ----------
        title, xlabel, ylabel : str
            Heading, and labels of the axes with their units.
        """
        from mgmeta.api.curve_plot import curve_plot

        return curve_plot(self, title=title, xlabel=xlabel, ylabel=ylabel)
