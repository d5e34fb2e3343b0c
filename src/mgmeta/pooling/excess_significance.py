"""Test of excess significance: more significant studies than their power allows?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.segments import ALTERNATIVES, one_sided_p
from mgmeta.pooling.small_study import FEW

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExcessSignificance:
    """Observed against expected significant results.

    Attributes
    ----------
    effect : the true effect assumed for the power
    observed, expected, ratio : significant studies, the sum of the powers, their ratio
    power : (k,) of each study
    p_value : chance of at least so many significant studies (exact)
    warnings : what a reader should know
    """

    effect: float
    observed: int
    expected: float
    ratio: float
    power: Array
    p_value: float
    warnings: tuple[str, ...]


def excess_significance(
    y: ArrayLike,
    v: ArrayLike,
    *,
    alternative: str = "two.sided",
    alpha: float = 0.05,
    effect: float | None = None,
) -> ExcessSignificance:
    """Compare the number of significant studies with the sum of their powers.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    alternative : "two.sided", "less" or "greater", of the tests in the studies
    alpha : their level, on the tail(s) of the alternative
    effect : true effect; None is the common-effect mean

    Raises
    ------
    ConfigError
        If an option is unknown or out of its range.

    References
    ----------
    Ioannidis JPA, Trikalinos TA. Clin Trials 2007;4:245-253.
    """
    effects, variances = check_effects(y, v)
    if alternative not in ALTERNATIVES:
        raise ConfigError(f"alternative {alternative!r} is unknown; use {', '.join(ALTERNATIVES)}")
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"alpha {alpha!r} is not between 0 and 1")
    se = np.sqrt(variances)
    weights = 1.0 / variances
    true = float(weights @ effects / weights.sum()) if effect is None else float(effect)
    if alternative == "two.sided":
        critical = -float(ndtri(alpha / 2.0))
        power = ndtr(true / se - critical) + ndtr(-true / se - critical)
    else:
        critical = -float(ndtri(alpha))
        power = ndtr((true if alternative == "greater" else -true) / se - critical)
    observed = int((one_sided_p(effects, se, alternative) <= alpha).sum())
    expected = float(power.sum())
    chances = np.array([1.0])  # number significant: sum of unequal coins
    for p in power:
        chances = np.convolve(chances, [1.0 - p, p])
    warnings = ["power is computed for one common effect; heterogeneity raises the count too"]
    if effects.size < FEW:
        warnings.append(f"only {effects.size} rows: below {FEW} the test has hardly any power")
    return ExcessSignificance(
        effect=true,
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        power=np.asarray(power),
        p_value=min(1.0, float(chances[observed:].sum())),
        warnings=tuple(warnings),
    )
