"""Published effects and the figures that R prints for them."""

from __future__ import annotations

import csv
import fnmatch
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgmeta.pooling.model import Model
from mgmeta.pooling.regression import omnibus, regress, tested_columns
from mgmeta.stats.heterogeneity import h2_interval
from mgmeta.stats.profile import profile_tau2
from mgmeta.stats.q_profile import q_profile

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@dataclass(frozen=True)
class Case:
    """A data set with its moderators and the reference figures."""

    name: str
    y: np.ndarray
    v: np.ndarray
    columns: dict[str, list[Any]]
    figures: dict[str, Any]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure of a nested reference, with its dotted path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}.{i}")
    else:
        yield path, value


class Ledger:
    """Compares figures and remembers which were compared.

    *left_out* are patterns of dotted paths that :meth:`finish` does not miss.
    """

    def __init__(self, figures: dict[str, Any], left_out: Iterable[str] = ()) -> None:
        self.reference = dict(leaves(figures))
        self.left_out = tuple(left_out)
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    def check(self, path: str, value: Any, rtol: float = 1e-8, scale: float = 0.0) -> None:
        """Compare *value* with the figure at *path*, relative to the larger of the figure and *scale*."""
        if path not in self.reference:
            self.wrong.append(f"{path}: no such figure")
            return
        self.seen.add(path)
        want = self.reference[path]
        if want is None:
            if value is not None and math.isfinite(value):
                self.wrong.append(f"{path}: {value!r}, reference undefined")
        elif value is None or not abs(float(value) - want) <= rtol * max(abs(want), scale):
            self.wrong.append(f"{path}: {value!r}, reference {want!r}")

    def check_all(self, path: str, values: Any, rtol: float = 1e-8, scale: float = 0.0) -> None:
        for i, value in enumerate(np.ravel(np.asarray(values)).tolist()):
            self.check(f"{path}.{i}", value, rtol, scale)

    def check_values(self, path: str, values: Any, rtol: float = 2e-6, scale: float = 0.0) -> None:
        """Compare one value with one figure, or as many as there are with a list of figures."""
        if path in self.reference:
            self.check(path, np.asarray(values, dtype=float).item(), rtol, scale)
        else:
            self.check_all(path, np.asarray(values, dtype=float), rtol, scale)

    def finish(self) -> None:
        """Insist that nothing differed and that no figure was forgotten."""
        forgotten = [
            path
            for path in self.reference
            if path not in self.seen and not any(fnmatch.fnmatch(path, pattern) for pattern in self.left_out)
        ]
        assert not self.wrong, "\n".join(self.wrong[:40])
        assert not forgotten, "\n".join(forgotten[:40])

    def check_first(self, path: str, value: Any, rtol: float = 1e-8, scale: float = 0.0) -> None:
        """Compare with a figure that R wrapped into a list of one."""
        self.check(path if path in self.reference else f"{path}.0", value, rtol, scale)

    def has(self, prefix: str) -> bool:
        return any(path.startswith(prefix) for path in self.reference)

    def check_model(self, path: str, model: Model, null: Model | None) -> None:
        """Compare all the figures of one R fit."""
        fit, inference, residual = model.fit, model.inference, model.residual
        se = np.sqrt(np.diag(inference.cov))
        width = float(se.max())
        df = inference.df
        table = regress(model.y, model.v, model.x, method=model.method, test=model.test)
        i2, h2 = model.i2_h2
        tiny = 1e-4 * residual.typical_variance  # rounding of sums of the size of v
        self.check(f"{path}.k", model.k)
        self.check(f"{path}.p", model.p)
        self.check_all(f"{path}.b", fit.beta, scale=width)
        self.check_all(f"{path}.se", se)
        self.check_all(f"{path}.zval", [c.statistic for c in table.coefficients], scale=1.0)
        self.check(f"{path}.ddf.0", float(df[0]))
        self.check_all(f"{path}.pval", [c.p_value for c in table.coefficients], rtol=1e-7)
        self.check_all(f"{path}.ci.lb", [c.ci_low for c in table.coefficients], scale=width)
        self.check_all(f"{path}.ci.ub", [c.ci_high for c in table.coefficients], scale=width)
        for i, row in enumerate(inference.cov):
            self.check_all(f"{path}.vb.{i}", row, scale=width**2)
        self.check(f"{path}.s2w", inference.scale)
        self.check(f"{path}.tau2", model.tau2, scale=tiny)
        self.check(f"{path}.se.tau2", model.tau2_se)
        self.check(
            f"{path}.tau", math.sqrt(model.tau2), rtol=1e-7, scale=math.sqrt(residual.typical_variance)
        )
        self.check(f"{path}.I2", i2, scale=1e-2)
        self.check(f"{path}.H2", h2)
        self.check(f"{path}.vt", residual.typical_variance)
        self.check(f"{path}.QE", residual.q)
        self.check(f"{path}.QE_df", residual.q_df)
        self.check(f"{path}.QEp", residual.q_p, rtol=1e-7)
        if null is None:
            self.check(f"{path}.R2", math.nan)
        else:
            self.check(f"{path}.R2", table.r2, rtol=5e-7)
        qm, qm_df2, qm_p = omnibus(model, tested_columns(model.x))
        self.check(f"{path}.QM", qm, rtol=1e-7)
        self.check(f"{path}.QM_df.0", len(tested_columns(model.x)))
        self.check(f"{path}.QM_df.1", qm_df2)
        self.check(f"{path}.QMp", qm_p, rtol=1e-7)
        for name, restricted in (("ML", False), ("REML", True)):
            stats = model.information(restricted)
            self.check(f"{path}.logLik_{name}", stats.loglik)
            for key in ("AIC", "BIC", "AICc"):
                self.check(f"{path}.{key}_{name}", getattr(stats, key.lower()))
        self.check(f"{path}.dev_ML", model.information(False).deviance)
        if f"{path}.tau2_null" in self.reference and null is not None:
            self.check(f"{path}.tau2_null", null.tau2)

    def check_intervals(self, path: str, model: Model) -> None:
        """Compare the intervals of tau2, tau, I2 and H2 of one R fit."""
        typical = model.residual.typical_variance
        small = math.sqrt(typical)
        intervals = {"QP": q_profile(model.y, model.v, model.x, 0.95)}
        if model.method in ("ML", "REML"):
            intervals["PL"] = profile_tau2(model.y, model.v, model.x, 0.95, model.method)
        half = 1.959963984540054 * model.tau2_se
        intervals["wald"] = (max(model.tau2 - half, 0.0), max(model.tau2 + half, 0.0))
        h2 = h2_interval(model.i2_h2[1], model.residual.q, model.k, 0.95)
        intervals["HT"] = tuple(typical * (x - 1.0) for x in h2)
        for kind, limits in intervals.items():
            if self.has(f"{path}.confint_{kind}."):
                for i, t in enumerate((model.tau2, *limits)):
                    self.check(f"{path}.confint_{kind}.tau2.{i}", t, scale=1e-3 * typical)
                    self.check(
                        f"{path}.confint_{kind}.tau.{i}",
                        math.sqrt(t),
                        rtol=1e-7,
                        scale=small,
                    )
                    self.check(f"{path}.confint_{kind}.I2.{i}", 100 * t / (t + typical), scale=1.0)
                    self.check(f"{path}.confint_{kind}.H2.{i}", 1 + t / typical)

    def settle(self, keys: Sequence[str], left_out: dict[str, str]) -> None:
        """Fail if a figure differs, or one under *keys* was neither compared nor is left out for a reason."""
        assert not self.wrong, f"{len(self.wrong)} differ:\n" + "\n".join(self.wrong[:20])
        missed = [
            path
            for path in self.reference
            if path.split(".")[0] in keys
            and path not in self.seen
            and not any(fnmatch.fnmatchcase(path, pattern) for pattern in left_out)
        ]
        assert not missed, f"{len(missed)} figures left out: {missed[:20]}"


def effects(name: str, trials: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Effects and variances from the printed counts, means or effects."""
    c = {
        key: np.array(value, dtype=float)
        for key, value in trials.items()
        if isinstance(value[0], int | float)
    }
    if name == "bcg":
        n1, n2 = c["tpos"] + c["tneg"], c["cpos"] + c["cneg"]
        y = np.log(c["tpos"] / n1) - np.log(c["cpos"] / n2)
        return y, 1 / c["tpos"] - 1 / n1 + 1 / c["cpos"] - 1 / n2
    if name == "hine1989":
        p1, p2 = c["ai"] / c["n1i"], c["ci"] / c["n2i"]
        return p1 - p2, p1 * (1 - p1) / c["n1i"] + p2 * (1 - p2) / c["n2i"]
    if name == "normand1999":
        return c["m1i"] - c["m2i"], c["sd1i"] ** 2 / c["n1i"] + c["sd2i"] ** 2 / c["n2i"]
    return c["yi"], c["vi"]


def published_case(name: str, trials: dict[str, Any], figures: dict[str, Any]) -> Case:
    """Case of a retyped table."""
    columns = {key: value for key, value in trials.items() if isinstance(value, list)}
    return Case(name, *effects(name, columns), columns, figures)


@pytest.fixture(scope="session", params=["bcg", "hine1989", "normand1999", "raudenbush1985", "li2007"])
def case(request: pytest.FixtureRequest, published: dict[str, Any]) -> Case:
    """One data set; li2007 is larger and read from beside the checkout."""
    name = request.param
    if name == "li2007":
        folder = request.getfixturevalue("shared") / "r" / name
        with (folder / "input.csv").open(newline="") as handle:
            rows = list(csv.DictReader(handle))
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        figures = json.loads((folder / "output.json").read_text())
        y, v = (np.array(columns[key], dtype=float) for key in ("yi", "vi"))
        return Case(name, y, v, columns, figures)
    figures = json.loads((REFERENCE / f"pool_{name}.json").read_text())
    return published_case(name, published[name], figures)


@pytest.fixture(scope="session")
def bcg(published: dict[str, Any]) -> Case:
    """The BCG vaccine trials."""
    figures = json.loads((REFERENCE / "pool_bcg.json").read_text())
    return published_case("bcg", published["bcg"], figures)


@pytest.fixture
def ledger(case: Case) -> Ledger:
    """An empty account of the figures of the data set."""
    return Ledger(case.figures)


@pytest.fixture(scope="session")
def make_ledger() -> type[Ledger]:
    """The class, for tests with figures of their own: ``make_ledger(figures, left_out)``."""
    return Ledger
