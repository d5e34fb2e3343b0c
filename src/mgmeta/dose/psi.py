r"""Between-trial covariance Psi of q coefficients as variance components.

The engine of :mod:`mgmeta.pooling.mixed` takes components g that multiply fixed matrices. Here they
are the distinct entries of :math:`\Psi = L L'`, with L lower triangular (or diagonal) and free, so that
variances of 0 and correlations of plus or minus 1 are regular points of the search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError
from mgmeta.pooling.mixed import Link

Array = NDArray[np.float64]

STRUCTURES = ("unstructured", "diagonal")


def entries(structure: str, q: int) -> list[tuple[int, int]]:
    """Return the (row, column), row >= column, of the components of a q x q Psi.

    Raises
    ------
    ConfigError
        If the structure is unknown.
    """
    if structure not in STRUCTURES:
        raise ConfigError(f"psi {structure!r} is unknown; choose one of {', '.join(STRUCTURES)}")
    if structure == "diagonal":
        return [(j, j) for j in range(q)]
    return [(j, m) for j in range(q) for m in range(j + 1)]


def psi_bases(structure: str, x: Array) -> Array:
    """Return the matrices X E X', shape (components, m, m), of one trial with design x (m, q)."""
    matrices = []
    for j, m in entries(structure, x.shape[1]):
        pair = np.outer(x[:, j], x[:, m])
        matrices.append(pair if j == m else pair + pair.T)
    return np.stack(matrices)


def psi_matrix(structure: str, components: Array, q: int) -> Array:
    """Return Psi (q, q) from its components.

    Parameters
    ----------
    structure : of the between-trial covariance
    components : of Psi, mmHg squared per unit of the basis squared
    q : how many random coefficients
    """
    psi = np.zeros((q, q))
    for (j, m), value in zip(entries(structure, q), components, strict=True):
        psi[j, m] = psi[m, j] = value
    return psi


def psi_link(structure: str, q: int) -> Link:
    """Return the map from the free entries of L, ordered as :func:`entries`, to the components."""
    where = entries(structure, q)
    t = len(where)

    # g_jm = sum_l L_jl L_ml is quadratic: its second derivatives are constants.
    second = np.zeros((t, t, t))
    for g, (j, m) in enumerate(where):
        for a, (row_a, column_a) in enumerate(where):
            for b, (row_b, column_b) in enumerate(where):
                if column_a == column_b:
                    second[g, a, b] = (row_a == j and row_b == m) + (row_a == m and row_b == j)

    def link(theta: Array) -> tuple[Array, Array, Array]:
        jacobian = second @ theta
        return 0.5 * jacobian @ theta, jacobian, second

    return link


def psi_starts(structure: str, q: int, spread: float) -> list[Array]:
    """Return starts for L: three sizes of diagonal, with small and opposite entries off it.

    Parameters
    ----------
    structure : of the between-trial covariance
    q : how many random coefficients
    spread : size of the starts, mmHg per unit of the basis
    """
    where = entries(structure, q)
    starts = []
    for size, off in ((0.7, 0.2), (0.7, -0.4), (0.2, 0.05), (0.05, 0.0)):
        starts.append(spread * np.array([size if j == m else off * size for j, m in where]))
    return starts
