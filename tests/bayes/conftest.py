"""Reference figures and data of the Bayesian tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgmeta.bayes.rows import Rows, make_rows

REFERENCE = Path(__file__).parents[1] / "reference"


def log_ratio(a: Any, n1: Any, c: Any, n2: Any) -> tuple[Any, Any]:
    """Log risk ratio and its variance from events and totals."""
    a, n1, c, n2 = (np.asarray(v, dtype=float) for v in (a, n1, c, n2))
    return np.log(a / n1 / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2


def log_odds(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
    """Log odds ratio and its variance; half a person more in every cell where one is empty."""
    cells = np.array([a, b, c, d], dtype=float)
    cells += 0.5 * (cells == 0).any(axis=0)
    return np.log(cells[0] * cells[3] / (cells[1] * cells[2])), (1 / cells).sum(axis=0)


def effects(name: str, table: dict[str, Any]) -> tuple[Any, Any]:
    """Effects and variances of one of the published tables."""
    t = {key: np.asarray(value) for key, value in table.items()}
    if name == "bcg":
        return log_ratio(t["tpos"], t["tpos"] + t["tneg"], t["cpos"], t["cpos"] + t["cneg"])
    if name == "hine1989":
        p, q = t["ai"] / t["n1i"], t["ci"] / t["n2i"]
        return p - q, p * (1 - p) / t["n1i"] + q * (1 - q) / t["n2i"]
    if name == "normand1999":
        return t["m1i"] - t["m2i"], t["sd1i"] ** 2 / t["n1i"] + t["sd2i"] ** 2 / t["n2i"]
    return t["yi"], t["vi"]


@pytest.fixture(scope="session")
def examples() -> dict[str, Any]:
    """Worked examples of the literature."""
    return json.loads((REFERENCE / "bayes_examples.json").read_text())


@pytest.fixture(scope="session")
def quadrature() -> dict[str, Any]:
    """Figures of independent quadrature: data set -> prior of tau -> prior of mu -> figures."""
    return json.loads((REFERENCE / "bayes_quadrature.json").read_text())


@pytest.fixture(scope="session")
def table_rows(published: dict[str, Any]) -> Any:
    """A function from the name of a published table to rows."""

    def rows(name: str) -> Rows:
        y, v = effects(name, published[name])
        return make_rows(y, np.sqrt(v))

    return rows


@pytest.fixture(scope="session")
def odds() -> Any:
    """A function from events and totals of two arms to rows of log odds ratios."""

    def rows(table: dict[str, Any]) -> Rows:
        a, n1, c, n2 = (
            np.array(table[key]) for key in ("events", "total", "control_events", "control_total")
        )
        y, v = log_odds(a, n1 - a, c, n2 - c)
        return make_rows(y, np.sqrt(v))

    return rows


@pytest.fixture
def mixed_rows() -> Rows:
    """Four numbers, three two-sided bounds, one one-sided bound."""
    nan = np.nan
    return make_rows(
        [-4.1, -0.8, -6.5, -2.9, nan, nan, nan, nan],
        [1.2, 1.9, 2.2, 1.1, 2.0, 1.4, 3.1, 1.5],
        [nan, nan, nan, nan, -4.2, -2.9, -6.5, nan],
        [nan, nan, nan, nan, 4.2, 2.9, 6.5, -3.1],
        labels=tuple("abcdefgh"),
    )
