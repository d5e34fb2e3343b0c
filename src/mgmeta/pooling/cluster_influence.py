"""What one cluster does to a three-level fit: Cook's distance by deletion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.mixed import fit_blocks
from mgmeta.pooling.multilevel import Multilevel


def cluster_cooks_distance(fit: Multilevel) -> NDArray[np.float64]:
    r"""Return :math:`(\hat\beta - \hat\beta_{(j)})' C^{-1} (\hat\beta - \hat\beta_{(j)})`, one a cluster.

    C is the covariance of the full fit; without cluster j both variances are
    estimated anew. NaN where the rest cannot be fitted.

    References
    ----------
    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125.
    """
    model = fit.model
    precision = np.linalg.inv(model.cov)
    distances = np.full(len(model.blocks), np.nan)
    if len(model.blocks) < 3:
        return distances
    root = np.maximum(np.abs(model.theta), 0.05 * np.abs(model.theta).max() + 1e-6)
    starts = [root, root[::-1].copy(), np.full(2, root.mean())]
    for j in range(len(model.blocks)):
        rest = model.blocks[:j] + model.blocks[j + 1 :]
        if sum(block.y.size for block in rest) <= model.p:
            continue
        without = fit_blocks(
            rest, model.link, starts, method=model.method, test=model.test, level=model.level
        )
        shift = model.beta - without.beta
        distances[j] = float(shift @ precision @ shift)
    return distances
