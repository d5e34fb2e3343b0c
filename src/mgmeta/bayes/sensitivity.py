"""How far the answer depends on the priors: a grid of them, and power priors for part of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.bayes.exact import ExactPosterior, fit_exact, log_evidence_at
from mgmeta.bayes.priors import Prior, parse_mu, parse_tau
from mgmeta.bayes.rows import Rows
from mgmeta.errors import ConfigError, FitError

MU_PRIORS = (
    *("normal:0,2", "normal:0,5", "normal:0,10", "normal:0,20", "normal:0,100"),
    *("t:0,5,3", "normal:-2,5", "flat"),
)
TAU_PRIORS = (
    *("halfnormal:0.5", "halfnormal:1", "halfnormal:2", "halfnormal:3", "halfnormal:5", "halfnormal:10"),
    *("halfcauchy:0.5", "halfcauchy:1", "halfcauchy:2", "halfcauchy:5", "halfcauchy:10"),
    *("halft:2,3", "halft:5,3", "halft:5,7"),
    *("uniform:5", "uniform:10", "uniform:50"),
    *("exponential:1", "exponential:2", "exponential:5"),
    *("lognormal:0,1", "lognormal:1,1", "invgamma:1,1", "invgamma:2,5"),
    *("dumouchel", "shrinkage", "i2", "jeffreys", "flat"),
)


@dataclass(frozen=True)
class PriorResult:
    """The posterior under one pair of priors.

    What is undefined is None: the moments and the rest if it is improper (``reason`` says why), the
    evidence and the Bayes factor of an effect if a prior is.
    """

    mu: str
    tau: str
    mean: float | None = None
    sd: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    tau_median: float | None = None
    p_below_0: float | None = None
    log_marginal: float | None = None
    log_bf10: float | None = None
    reason: str = ""


def prior_grid(scale: float = 1.0) -> list[tuple[Prior, Prior]]:
    """Return 8 priors of mu times 29 of tau, 232 pairs: vague to strong, light to heavy tails.

    Parameters
    ----------
    scale
        What one unit of the grid (mmHg) is in the unit of the effects: 0.1 for standardised mean
        differences where the SD is 10 mmHg.

    Raises
    ------
    ConfigError
        If the scale is not above 0.
    """
    if not scale > 0.0:
        raise ConfigError(f"scale of the prior grid is {scale}; expected a number above 0")
    means = [rescale(parse_mu(text), scale) for text in MU_PRIORS]
    spreads = [rescale(parse_tau(text), scale) for text in TAU_PRIORS]
    return [(mu, tau) for mu in means for tau in spreads]


def rescale(prior: Prior, scale: float) -> Prior:
    """Return the same prior in another unit: of ``scale * x`` where the given one is of x.

    Published priors on the scale of standardised mean differences (Rhodes 2015; RoBMA) become priors in
    mmHg with *scale* the SD in mmHg.
    """
    shift = float(np.log(scale))
    p = prior.params
    match prior.family:
        case "lognormal":
            changed: tuple[float, ...] = (p[0] + shift, p[1])
        case "lognormal_var" | "logt_var":
            changed = (p[0] + 2.0 * shift, *p[1:])
        case "invgamma":
            changed = (p[0], p[1] * scale)
        case "t":
            changed = (p[0] * scale, p[1] * scale, p[2])
        case "halft":
            changed = (p[0] * scale, p[1])
        case _:
            changed = tuple(value * scale for value in p)
    return Prior(prior.family, changed, prior.kind)


def prior_sensitivity(rows: Rows, pairs: Sequence[tuple[Prior, Prior]], *, level: float) -> list[PriorResult]:
    """Return the posterior of mu under each pair of priors; an improper one says so and stops nothing.

    Parameters
    ----------
    rows : the rows, sorted and checked
    pairs : priors of mu and tau, pair by pair
    level : of the intervals, such as 0.95
    """
    return [_under(rows, mu, tau, level) for mu, tau in pairs]


def _under(rows: Rows, mu: Prior, tau: Prior, level: float) -> PriorResult:
    try:
        posterior = fit_exact(rows, mu=mu, tau=tau)
    except FitError as error:
        return PriorResult(str(mu), str(tau), reason=str(error))
    return summarise_prior(posterior, level)


def summarise_prior(posterior: ExactPosterior, level: float) -> PriorResult:
    """Return one row of a sensitivity table."""
    edge = 0.5 * (1.0 - level)
    low, high = (float(value) for value in posterior.mu.quantile(np.array([edge, 1.0 - edge])))
    log_bf10 = None
    if posterior.prior_mu.proper and posterior.power is None:
        try:
            null = log_evidence_at(posterior.rows, 0.0, posterior.prior_tau)
            log_bf10 = posterior.log_evidence - null
        except FitError:
            log_bf10 = None
    moments = posterior.tail.mu_moments
    return PriorResult(
        mu=str(posterior.prior_mu),
        tau=str(posterior.prior_tau),
        mean=posterior.mu.mean if moments >= 1 else None,
        sd=posterior.mu.sd if moments >= 2 else None,
        ci_low=low,
        ci_high=high,
        tau_median=float(posterior.tau.quantile(0.5)[0]),
        p_below_0=float(posterior.mu.cdf(0.0)[0]),
        log_marginal=posterior.log_marginal,
        log_bf10=log_bf10,
    )


@dataclass(frozen=True)
class PowerResult:
    """The posterior with some rows counting in part."""

    exponent: float
    result: PriorResult


def power_priors(
    rows: Rows,
    secondary: ArrayLike,
    *,
    mu: Prior,
    tau: Prior,
    level: float,
    exponents: Sequence[float] = (0.0, 0.5, 1.0),
) -> list[PowerResult]:
    """Let rows from secondary sources count not at all, half, or in full.

    Parameters
    ----------
    rows, mu, tau, level
        Rows, priors, probability of intervals.
    secondary
        Which rows, shape (k,).
    exponents
        Fixed powers of their likelihoods, 0 to 1.

    Raises
    ------
    ConfigError
        If an exponent is outside 0 to 1.
    FitError
        If a posterior is improper.

    Notes
    -----
    Ibrahim and Chen 2000 (Stat Sci 15:46): ``p(theta) L(primary) L(secondary)^a``. The exponent is fixed,
    never estimated: a marginal likelihood with a free one needs a constant that depends on it.
    """
    mask = np.asarray(secondary, dtype=bool)
    bad = [a for a in exponents if not 0.0 <= a <= 1.0]
    if bad:
        raise ConfigError(f"exponent of a power prior is {bad[0]}; expected 0 to 1")
    found = []
    for a in exponents:
        posterior = fit_exact(rows, mu=mu, tau=tau, power=np.where(mask, a, 1.0))
        found.append(PowerResult(a, summarise_prior(posterior, level)))
    return found
