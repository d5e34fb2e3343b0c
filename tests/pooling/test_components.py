"""The exact derivatives of the mixed-model likelihood."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.pooling.components import Block, evaluate, marginal


def some_blocks(seed: int = 1) -> list[Block]:
    random = np.random.default_rng(seed)
    blocks, row = [], 0
    for size in (1, 2, 4, 3, 2):
        root = random.normal(size=(size, size)) * 0.3
        v = root @ root.T + np.diag(random.uniform(0.1, 0.4, size))
        x = np.column_stack([np.ones(size), random.normal(size=size)])
        bases = np.stack([np.ones((size, size)), np.eye(size)])
        blocks.append(Block(random.normal(size=size), x, v, bases, np.arange(row, row + size)))
        row += size
    return blocks


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_derivatives_are_those_of_the_value(method: str) -> None:
    blocks, g, step = some_blocks(), np.array([0.2, 0.35]), 1e-5
    at = evaluate(blocks, g, method)
    for j in range(2):
        up, down = (evaluate(blocks, g + s * step * np.eye(2)[j], method) for s in (1, -1))
        value = "reml" if method == "REML" else "ml"
        slope = (getattr(up, value) - getattr(down, value)) / (2 * step)
        assert at.gradient[j] == pytest.approx(slope, rel=1e-7, abs=1e-8)
        np.testing.assert_allclose(at.hessian[j], (up.gradient - down.gradient) / (2 * step), rtol=1e-6)


def test_clusters_are_a_block_diagonal_covariance() -> None:
    """The sums over clusters give what one dense block gives."""
    blocks, g = some_blocks(), np.array([0.2, 0.35])
    k = sum(block.y.size for block in blocks)
    bases, v = np.zeros((2, k, k)), np.zeros((k, k))
    for block in blocks:
        part = np.ix_(block.rows, block.rows)
        v[part] = block.v
        for j in (0, 1):
            bases[j][part] = block.bases[j]
    whole = Block(
        np.concatenate([block.y for block in blocks]),
        np.concatenate([block.x for block in blocks]),
        v,
        bases,
        np.arange(k),
    )
    for method in ("ML", "REML"):
        cut, dense = evaluate(blocks, g, method), evaluate([whole], g, method)
        assert (cut.ml, cut.reml, cut.q) == pytest.approx((dense.ml, dense.reml, dense.q), rel=1e-12)
        np.testing.assert_allclose(cut.gradient, dense.gradient, rtol=1e-10)
        np.testing.assert_allclose(cut.hessian, dense.hessian, rtol=1e-10)
        np.testing.assert_allclose(cut.beta, dense.beta, rtol=1e-12)


def test_the_density_is_the_multivariate_normal() -> None:
    from scipy.stats import multivariate_normal

    blocks, g = some_blocks(), np.array([0.2, 0.35])
    at = evaluate(blocks, g, "ML")
    total = sum(
        multivariate_normal.logpdf(block.y, block.x @ at.beta, marginal(block, g)) for block in blocks
    )
    assert at.ml == pytest.approx(total, rel=1e-12)


def test_an_impossible_covariance_is_refused() -> None:
    with pytest.raises(FitError, match="not positive definite"):
        evaluate(some_blocks(), np.array([-5.0, 0.0]), "ML")
