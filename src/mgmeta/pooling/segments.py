"""Normal probabilities of segments of the line, weighted, with derivatives in mean and variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError

Array = NDArray[np.float64]

ALTERNATIVES = ("less", "greater", "two.sided")
"""Which P value selection looks at: of an effect below 0, above 0, or of either sign."""


@dataclass(frozen=True)
class Masses:
    """Probabilities of s segments for k rows, all (k, s).

    Attributes
    ----------
    value : P(segment)
    mean, variance : first derivatives
    mean2, cross, variance2 : second derivatives
    """

    value: Array
    mean: Array
    variance: Array
    mean2: Array
    cross: Array
    variance2: Array


def one_sided_p(y: Array, se: Array, alternative: str) -> Array:
    """Return the P value of each effect under *alternative*.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    se : (k,) standard errors, in the unit of the effects
    alternative : "two.sided", "less" or "greater"

    Raises
    ------
    ConfigError
        If the alternative is unknown.
    """
    if alternative not in ALTERNATIVES:
        raise ConfigError(f"alternative {alternative!r} is unknown; use {', '.join(ALTERNATIVES)}")
    z = y / se
    if alternative == "two.sided":
        return np.asarray(2.0 * ndtr(-np.abs(z)))
    return np.asarray(ndtr(z if alternative == "less" else -z))


def segment_edges(se: Array, steps: Array, alternative: str) -> tuple[Array, NDArray[np.intp]]:
    """Return the effects at which the weight changes, and which weight rules between them.

    Parameters
    ----------
    se : (k,) standard errors
    steps : (m,) ascending cut points of P, the last one 1
    alternative : one of :data:`ALTERNATIVES`

    Returns
    -------
    edges : (k, s + 1) from -inf to inf
    which : (s,) index of the P interval that each segment belongs to
    """
    cuts = steps[:-1]
    if alternative == "two.sided":
        z = ndtri(cuts / 2.0)
        inner = np.concatenate([z, -z[::-1]])
        order = np.arange(cuts.size + 1)
        which = np.concatenate([order, order[-2::-1]])
    elif alternative == "less":
        inner, which = ndtri(cuts), np.arange(cuts.size + 1)
    else:
        inner, which = -ndtri(cuts)[::-1], np.arange(cuts.size, -1, -1)
    edges = np.concatenate([[-np.inf], inner, [np.inf]])
    return se[:, None] * edges[None, :], which


def masses(low: Array, high: Array, mean: float, variance: Array) -> Masses:
    r"""Return P(low < Y < high), Y ~ N(mean, variance), and its derivatives.

    With :math:`b = (e - \mu)/\sigma`, an edge contributes :math:`\Phi(b)`, with
    :math:`\partial_\mu = -\phi/\sigma`, :math:`\partial_{\sigma^2} = -b\phi/2\sigma^2`,
    :math:`\partial_\mu^2 = -b\phi/\sigma^2`, :math:`\partial_\mu\partial_{\sigma^2} =
    (1 - b^2)\phi/2\sigma^3`, :math:`\partial_{\sigma^2}^2 = b(3 - b^2)\phi/4\sigma^4`.

    Parameters
    ----------
    low, high : (k, s) ends; a segment with high <= low is empty
    mean : common mean
    variance : (k,) total variances
    """
    sigma = np.sqrt(variance)[:, None]
    # What depends on the edge alone is computed once an edge and subtracted.
    a, b = (low - mean) / sigma, (high - mean) / sigma
    empty = high <= low
    flip = a > 0  # upper tail: subtract the small survival probabilities, not numbers near 1
    value = np.where(flip, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))
    pa, pb = _edge_terms(a, sigma), _edge_terms(b, sigma)
    parts = [np.where(empty, 0.0, value)] + [np.where(empty, 0.0, x - y) for x, y in zip(pb, pa, strict=True)]
    return Masses(*parts)


def _edge_terms(b: Array, sigma: Array) -> list[Array]:
    """Derivatives of Phi(b) in mean, variance, mean twice, both, variance twice."""
    finite = np.isfinite(b)
    z = np.where(finite, b, 0.0)
    density = np.where(finite, np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi), 0.0)
    return [
        -density / sigma,
        -z * density / (2.0 * sigma**2),
        -z * density / sigma**2,
        (1.0 - z * z) * density / (2.0 * sigma**3),
        z * (3.0 - z * z) * density / (4.0 * sigma**4),
    ]
