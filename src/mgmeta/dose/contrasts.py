r"""From arms to contrasts against one referent arm, with the covariance it brings.

Conventions for :math:`d_j = m_j - m_0`:

========== ============================================== ==============================
name       variance                                       covariance
========== ============================================== ==============================
pooled     :math:`s_p^2 (1/n_j + 1/n_0)`                  :math:`s_p^2 / n_0`
arms       :math:`s_j^2/n_j + s_0^2/n_0`                  :math:`s_0^2 / n_0`
mixed      as pooled                                      as arms
smd        :math:`1/n_j + 1/n_0 + d_j^2/(2N)`             :math:`1/n_0 + d_j d_l/(2N)`
hedges     the same with :math:`2 (N - 3.94)`, corrected  the same
========== ============================================== ==============================

:math:`s_p` pools the SDs of all arms of the trial, N counts its people. In smd and hedges d is
divided by :math:`s_p`; hedges multiplies it by :math:`1 - 3/(4N - 9)`. *mixed* is what dosresmeta
2.2 calls ``covariance = "md"``: it puts the pooled SD on the diagonal and the control's off it. It is
here so that its published results can be met to the last digit; it is not recommended.

Sources: Crippa & Orsini 2016 (BMC Med Res Methodol 16:91); Gleser & Olkin 2009 (Handbook of Research
Synthesis and Meta-Analysis, 2nd ed., ch. 19); Cooper, Hedges & Valentine 2009 (ibid., ch. 12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, DataError

Array = NDArray[np.float64]

CONVENTIONS = ("pooled", "arms", "mixed", "smd", "hedges")


@dataclass(frozen=True)
class Contrasts:
    """Contrasts of one trial: y (m,), covariance (m, m)."""

    y: Array
    covariance: Array


def arm_contrasts(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, referent: int, *, convention: str = "pooled"
) -> Contrasts:
    """Return the contrasts of all other arms against arm *referent*, in the order given.

    Parameters
    ----------
    mean, sd, n : (m + 1,) means (or differences from any common value), SDs and people of the arms
    referent : index of the arm the others are compared with
    convention : one of :data:`CONVENTIONS`

    Raises
    ------
    ConfigError
        If the convention is unknown.
    DataError
        If there is no other arm, or an SD or size cannot be.
    """
    if convention not in CONVENTIONS:
        raise ConfigError(f"covariance {convention!r} is unknown; choose one of {', '.join(CONVENTIONS)}")
    m, s, size = (np.asarray(values, dtype=float).ravel() for values in (mean, sd, n))
    if m.size < 2:
        raise DataError("one arm alone makes no contrast; give the referent arm too")
    if np.any(~(s > 0)) or np.any(~(size >= 2)):
        raise DataError("every arm needs an SD above 0 and at least 2 people")
    others = np.delete(np.arange(m.size), referent)
    total = float(size.sum())
    pooled = float(((size - 1.0) @ s**2) / (total - m.size))
    difference = m[others] - m[referent]
    if convention in ("smd", "hedges"):
        return _standardised(difference, np.sqrt(pooled), size[others], size[referent], total, convention)
    control, own = s[referent] ** 2 / size[referent], s[others] ** 2 / size[others]
    if convention != "arms":
        own = pooled / size[others]
    shared = pooled / size[referent] if convention == "pooled" else control
    covariance = np.full((others.size, others.size), shared)
    diagonal = own + (control if convention == "arms" else pooled / size[referent])
    np.fill_diagonal(covariance, diagonal)
    return Contrasts(difference, covariance)


def _standardised(
    difference: Array, sd: float, n: Array, n_control: float, total: float, convention: str
) -> Contrasts:
    d, people = difference / sd, 2.0 * total
    if convention == "hedges":
        d, people = d * (1.0 - 3.0 / (4.0 * total - 9.0)), 2.0 * (total - 3.94)
    covariance = 1.0 / n_control + np.outer(d, d) / people
    covariance[np.diag_indices(d.size)] += 1.0 / n
    return Contrasts(d, covariance)
