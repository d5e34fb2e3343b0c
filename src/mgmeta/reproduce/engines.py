"""Every way the ledger pools one set of rows: a review's own model, and words counted by three engines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.config import Config
from mgmeta.errors import FitError
from mgmeta.incomplete.imputation import impute, reml_hksj
from mgmeta.incomplete.pooled_rows import arrays
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import pool
from mgmeta.pooling.slice_input import Row, effects_of

Array = NDArray[np.float64]

# At 50 imputations the Monte Carlo error is about 0.05 mmHg where half of the trials have words only.
IMPUTATIONS = 50
# Scale of the half-normal prior of tau in the imputation model, mmHg: that of docs/protocol.md.
IMPUTATION_TAU_SCALE = 5.0


@dataclass(frozen=True)
class Settings:
    """Level, seed and priors (text, mmHg): all explicit, all from the configuration."""

    level: float
    seed: int
    prior_mu: str
    prior_slope: str
    prior_tau: str

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Return those of a configuration."""
        priors = config.bayes
        return cls(config.level, config.seed, priors.prior_mu, priors.prior_slope, priors.prior_tau)


@dataclass(frozen=True)
class Answer:
    """One engine's estimate and interval, None where it has none and why in `reason`."""

    method: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    tau: float | None = None
    reason: str = ""

    def times(self, factor: float) -> Answer:
        """Return the answer in another unit (*factor* > 0)."""

        def scaled(value: float | None) -> float | None:
            return None if value is None else value * factor

        return Answer(
            self.method,
            self.k,
            scaled(self.estimate),
            scaled(self.ci_low),
            scaled(self.ci_high),
            scaled(self.tau),
            self.reason,
        )


def _finite(value: float) -> float | None:
    """Return a number to 10 decimals, so that the threads of a library's sums cannot show; else None."""
    return round(float(value), 10) + 0.0 if math.isfinite(value) else None


def _answer(method: str, k: int, estimate: float, low: float, high: float, tau: float = math.nan) -> Answer:
    return Answer(method, k, _finite(estimate), _finite(low), _finite(high), _finite(tau))


def _none(method: str, k: int, reason: str) -> Answer:
    return Answer(method, k, None, None, None, None, reason)


def _tried(method: str, k: int, needed: int, fit: Callable[[], Answer]) -> Answer:
    if k < needed:
        return _none(method, k, f"{k} trial{'' if k == 1 else 's'}; at least {needed} are needed")
    try:
        return fit()
    except FitError as error:
        return _none(method, k, str(error))


def design_of(rows: Sequence[Row], column: str) -> Array | None:
    """Return the design matrix whose first coefficient is asked for; None = the mean alone."""
    if not column:
        return None
    return np.array([[float(row[column]), 1.0] for row in rows]).reshape(-1, 2)


def own_model(rows: Sequence[Row], model: str, level: float, column: str = "") -> Answer:
    """Pool the numbers alone by a review's own model, z intervals.

    Parameters
    ----------
    rows
        Slice rows of one outcome; bounds are dropped, as a review drops them.
    model
        DL, REML or FE.
    column
        Moderator whose slope is asked for; "" = the pooled mean.
    """
    numeric = [row for row in rows if row["kind"] == "estimate"]
    e, x = effects_of(numeric), design_of(numeric, column)

    def fit() -> Answer:
        found = pool(e.y, e.se**2, x=x, method=model, test="z", level=level)
        return _answer(model, found.k, found.estimate, found.ci_low, found.ci_high, found.tau)

    return _tried(model, len(numeric), 3 if column else 2, fit)


def maximum_likelihood(rows: Sequence[Row], level: float, column: str = "") -> Answer:
    """Pool numbers and bounds by maximum likelihood; profile interval calibrated by t."""
    e = effects_of(rows)

    def fit() -> Answer:
        found = fit_bounded(e.y, e.se, e.low, e.high, design_of(rows, column), level=level)
        return _answer("ML", found.k, found.beta[0], found.ci_low[0], found.ci_high[0], found.tau)

    return _tried("ML", len(rows), 4 if column else 2, fit)


def imputed(rows: Sequence[Row], settings: Settings, column: str = "") -> Answer:
    """Pool by proper multiple imputation, REML with Hartung-Knapp on each completed set."""
    a = arrays(rows)

    def fit() -> Answer:
        found = impute(
            a.y,
            a.se,
            a.low,
            a.high,
            design_of(rows, column),
            estimator=reml_hksj,
            imputations=IMPUTATIONS,
            seed=settings.seed,
            level=settings.level,
            prior_tau_scale=IMPUTATION_TAU_SCALE,
        )
        return _answer("MI", len(rows), found.beta[0], found.ci_low[0], found.ci_high[0])

    return _tried("MI", len(rows), 4 if column else 2, fit)


def bayes(rows: Sequence[Row], settings: Settings, column: str = "") -> Answer:
    """Return the exact posterior mean and equal-tailed interval of the mean effect, or of a slope."""
    if column:
        return _tried("Bayes", len(rows), 2, lambda: _bayes_slope(rows, settings, column))

    def fit() -> Answer:
        # Here: only this engine needs the exact posterior, and the multiverse uses the others.
        from mgmeta.bayes.exact import fit_exact
        from mgmeta.bayes.priors import parse_mu, parse_tau
        from mgmeta.bayes.rows import make_rows

        a = arrays(rows)
        posterior = fit_exact(
            make_rows(a.y, a.se, a.low, a.high),
            mu=parse_mu(settings.prior_mu),
            tau=parse_tau(settings.prior_tau),
        )
        tail = (1.0 - settings.level) / 2.0
        low, high = posterior.mu.quantile(np.array([tail, 1.0 - tail]))
        return _answer("Bayes", len(rows), posterior.mu.mean, low, high, posterior.tau.mean)

    return _tried("Bayes", len(rows), 1, fit)


def _bayes_slope(rows: Sequence[Row], settings: Settings, column: str) -> Answer:
    """Return the exact posterior of the coefficient of one column, the intercept free as in the reviews."""
    from mgmeta.bayes.priors import parse_mu, parse_tau
    from mgmeta.bayes.regression_exact import fit_regression
    from mgmeta.bayes.rows import make_rows

    a = arrays(rows)
    x = np.array([float(row[column]) for row in rows])
    posterior = fit_regression(
        make_rows(a.y, a.se, a.low, a.high, x=x, moderators=[column]),
        mu=parse_mu(settings.prior_mu),
        slope=parse_mu(settings.prior_slope),
        tau=parse_tau(settings.prior_tau),
    )
    slope, tail = posterior.coefficient(column), (1.0 - settings.level) / 2.0
    low, high = slope.quantile(np.array([tail, 1.0 - tail]))
    return _answer("Bayes", len(rows), slope.mean, low, high, posterior.tau.mean)


def key_of(rows: Sequence[Row]) -> tuple[Any, ...]:
    """Return what decides every answer on these rows, to compute the same pool once."""
    columns = ("trial_id", "yi", "yi_low", "yi_high", "sei", "df", "dose_per_100mg")
    return tuple(tuple(row[column] for column in columns) for row in rows)
