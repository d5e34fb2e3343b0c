"""Many pools at once: subsets (GOSH, leave-one-out), outcomes (bootstrap), designs (permutation).

The estimators are those of :mod:`mgmeta.stats.tau2`; a single pool is a batch of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError
from mgmeta.stats.moments import fit, fit_tau2
from mgmeta.stats.sample import Sample, make_sample
from mgmeta.stats.tau2 import Estimator, estimator

Array = NDArray[np.float64]

CHUNK = 32_768
"""Trials handled together: arrays of 256 kB stay in the second-level cache."""


@dataclass(frozen=True)
class BatchPool:
    """Results of b pools.

    Attributes
    ----------
    k : (b,) trials
    estimate, se : (b,) first coefficient and its standard error under the test asked for
    tau2 : (b,)
    q, i2, h2 : (b,) generalised Q at weights 1/v, I2 in percent, H2; NaN where k = p
    beta : (b, p) coefficients
    cov : (b, p, p) their covariances, the test's scale included
    scale : (b,) sum w r^2 / (k - p), Hartung and Knapp's factor; NaN where k = p
    """

    k: Array
    estimate: Array
    se: Array
    tau2: Array
    q: Array
    i2: Array
    h2: Array
    beta: Array
    cov: Array
    scale: Array


def pool_batch(
    y: ArrayLike,
    v: ArrayLike,
    mask: ArrayLike | None = None,
    method: str = "REML",
    *,
    x: ArrayLike | None = None,
    test: str = "z",
) -> BatchPool:
    """Pool b data sets at once.

    Parameters
    ----------
    y, v : (b, k) or (k,) effects and variances (v > 0); a (k,) one is shared by all
    mask : (b, k) true where a trial belongs to the data set; None takes all
    method : key of :data:`mgmeta.stats.tau2.TAU2_ESTIMATORS`
    x : design (k, p) shared or (b, k, p); None is the intercept alone
    test : "z" or "t" (variance as it is), "knha" (times scale), "adhoc" (times scale if above 1)

    Returns
    -------
    BatchPool

    Raises
    ------
    FitError
        If a data set has fewer trials than coefficients or a collinear design.
    ConfigError
        If the method or the test is unknown.
    """
    if test not in ("z", "t", "knha", "adhoc"):
        raise ConfigError(f"test {test!r} is not available for batches; choose z, t, knha or adhoc")
    how = estimator(method)
    effects, variances = np.atleast_2d(np.asarray(y, dtype=float)), np.atleast_2d(np.asarray(v, dtype=float))
    inside = None if mask is None else np.atleast_2d(np.asarray(mask, dtype=bool))
    design = None if x is None else np.asarray(x, dtype=float)
    stacked = design is not None and design.ndim == 3
    lengths = [len(effects), len(variances), 1 if inside is None else len(inside)]
    rows = max([*lengths, len(design) if design is not None and stacked else 1])
    size = max(1, CHUNK // effects.shape[1])
    done = []
    for low in range(0, rows, size):
        part = slice(low, low + size)
        sample = make_sample(
            effects if len(effects) == 1 else effects[part],
            variances if len(variances) == 1 else variances[part],
            design[part] if design is not None and stacked and len(design) > 1 else design,
            inside if inside is None or len(inside) == 1 else inside[part],
        )
        done.append(_pool_chunk(sample, how, test))
    if len(done) == 1:
        return done[0]
    return BatchPool(*(np.concatenate([getattr(d, f) for d in done]) for f in BatchPool.__dataclass_fields__))


def _pool_chunk(sample: Sample, how: Estimator, test: str) -> BatchPool:
    """Pool one chunk."""
    tau2 = how.solve(sample)
    at = fit_tau2(sample, tau2)
    at_zero = fit(sample, sample.mask / sample.v)
    df = np.where(sample.df > 0, sample.df, np.nan)
    scale = at.q / df
    factor = {"knha": scale, "adhoc": np.maximum(scale, 1.0)}.get(test, np.ones_like(scale))
    beta, cov = _in_columns(sample, at.beta, at.inv)
    cov = cov * factor[:, None, None]
    q = np.where(sample.df > 0, at_zero.q, np.nan)
    typical = df / np.where(sample.df > 0, at_zero.careful_trace(), np.nan)
    fixed = how.name in ("FE", "EE")
    h2 = q / df if fixed else 1.0 + tau2 / typical
    i2 = 100.0 * (np.maximum(1.0 - df / np.maximum(q, 1e-300), 0.0) if fixed else tau2 / (tau2 + typical))
    se = np.sqrt(cov[:, 0, 0])
    return BatchPool(sample.k, beta[:, 0], se, tau2, q, i2, h2, beta, cov, scale)


def _in_columns(sample: Sample, beta: Array, inv: Array) -> tuple[Array, Array]:
    """Turn coefficients of the orthonormal basis into those of the columns given."""
    if sample.r is None:
        return beta, inv
    back = np.linalg.inv(sample.r)
    if back.ndim == 2:
        return beta @ back.T, back @ inv @ back.T
    return np.einsum("bpq,bq->bp", back, beta), back @ inv @ np.swapaxes(back, 1, 2)
