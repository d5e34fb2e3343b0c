"""One effect a cluster: the GLS average of dependent rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import DataError

Array = NDArray[np.float64]


def aggregate(y: ArrayLike, covariance: ArrayLike, cluster: Sequence[object]) -> tuple[Array, Array]:
    r"""Average the rows of each cluster with the weights their covariance calls for.

    :math:`\bar y_j = (1'V_j^{-1}1)^{-1} 1'V_j^{-1} y_j`, variance :math:`(1'V_j^{-1}1)^{-1}`.

    Parameters
    ----------
    y : (k,) effects
    covariance : (k, k) sampling covariance
    cluster : k labels

    Returns
    -------
    effects and variances, one a cluster in order of first appearance

    Raises
    ------
    DataError
        If a cluster's covariance is not positive definite.
    """
    effects, v = np.asarray(y, dtype=float), np.asarray(covariance, dtype=float)
    labels = np.asarray([str(item) for item in cluster])
    means, variances = [], []
    for name in dict.fromkeys(labels.tolist()):
        rows = np.flatnonzero(labels == name)
        part = v[np.ix_(rows, rows)]
        if np.linalg.eigvalsh(part).min() <= 0:
            raise DataError(f"cluster {name}: sampling covariance is not positive definite")
        solved = np.linalg.solve(part, np.ones(rows.size))
        means.append(float(solved @ effects[rows]) / float(solved.sum()))
        variances.append(1.0 / float(solved.sum()))
    return np.array(means), np.array(variances)
