"""What ``mgmeta pool`` answers: the keys of its JSON, from effects and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.model import FIXED, Model, fit_model
from mgmeta.pooling.pool import fit_pool
from mgmeta.pooling.table_input import EffectTable, Table

if TYPE_CHECKING:
    from mgmeta.pooling.design import Design

Answer = dict[str, Any]

EMPTY: tuple[str, ...] = (
    *("k", "method", "test", "level", "df", "estimate", "se", "ci_low", "ci_high", "pi", "pi_low", "pi_high"),
    *("statistic", "p_value", "tau2", "tau2_se", "tau2_ci_low", "tau2_ci_high", "tau", "i2", "h2"),
    *("q", "q_df", "q_p"),
)
"""Keys that every answer has; null where undefined, with the reason under ``undefined``."""

_NO_Q = "Cochran's Q needs a number in every row"
_NOT_COMPUTED = "not computed when some rows are bounds without a number"

UNDEFINED_WITH_BOUNDS = {
    "statistic": "P comes from the likelihood ratio, not from estimate / se",
    "hksj": "Hartung and Knapp's factor is a sum of squared residuals, which bounds do not have",
    **dict.fromkeys(("h2", "q", "q_df", "q_p"), _NO_Q),
    **dict.fromkeys(("tau2_se", "tau2_ci_low", "tau2_ci_high"), _NOT_COMPUTED),
}
"""Why a key is null when some rows are bounds."""


@dataclass(frozen=True)
class Options:
    """Options of the verb; ``level`` is a proportion, ``predict`` a table, the rest as in its help."""

    method: str = "REML"
    test: str = "z"
    level: float = 0.95
    pi: str = "default"
    tau2_interval: str = "q_profile"
    mods: str | None = None
    strict: bool = False
    subgroup: str | None = None
    separate_tau2: bool = False
    predict: Table | None = None
    permute: bool = False
    draws: int = 10_000
    seed: int = 20160324


def answer(effects: EffectTable, options: Options) -> Answer:
    """Pool, regress or split *effects* as *options* say.

    Raises
    ------
    DataError, ConfigError, FitError
        If the numbers or options do not allow it; messages name file, row and column.
    """
    bounded = bool(effects.bounds.any())
    if bounded and (options.subgroup or options.permute):
        flag = "--subgroup" if options.subgroup else "--permute"
        raise ConfigError(
            f"{flag} needs numbers only, but yi is blank in some rows; use --mods for a comparison"
        )
    if options.subgroup and options.mods:
        raise ConfigError("--mods and --subgroup are given together; put the subgroup into --mods")
    if options.predict and not options.mods:
        raise ConfigError("--predict needs --mods")
    if options.mods:
        return _regression(effects, options, bounded)
    return _bounded(effects, options) if bounded else _pool(effects, options)


def _pool(effects: EffectTable, options: Options) -> Answer:
    model = fit_model(effects.y, effects.v, method=options.method, test=options.test)
    fitted = fit_pool(
        model,
        level=options.level,
        pi=options.pi,
        tau2_interval=options.tau2_interval,
        draws=max(options.draws, 100),
        seed=options.seed,
    )
    result = _ordered(asdict(fitted))
    result["fit_statistics"] = _information(model)
    result["weights"] = list(fitted.weights)
    result["studies"] = list(effects.names)
    result["undefined"] = _fixed_reasons(options.method)
    if options.subgroup:
        result["subgroups"] = _subgroups(effects, options)
    if options.permute:
        result["permutation"] = _permutation(model, options)
    return result


def _subgroups(effects: EffectTable, options: Options) -> Answer:
    from mgmeta.pooling.subgroup import subgroups

    column = str(options.subgroup)
    groups = effects.table.need(column)
    for row, group in enumerate(groups):
        if not group:
            raise DataError(
                f"{effects.table.at(row, column)}: subgroup is blank; name it or leave the row out"
            )
    return asdict(
        subgroups(
            effects.y,
            effects.v,
            groups,
            common_tau2=not options.separate_tau2,
            method=options.method,
            test=options.test,
            level=options.level,
            pi="default" if options.pi == "bootstrap" else options.pi,
        )
    )


def _permutation(model: Model, options: Options) -> Answer:
    from mgmeta.pooling.permutation import permutation_test

    return asdict(permutation_test(model, draws=options.draws, seed=options.seed))


def _regression(effects: EffectTable, options: Options, bounded: bool) -> Answer:
    from mgmeta.pooling.design import build_design

    table = effects.table
    design = build_design(table.columns, str(options.mods))
    excluded = [
        {"study": effects.names[gap.row], "row": table.lines[gap.row], "missing": list(gap.columns)}
        for gap in design.missing
    ]
    if excluded and options.strict:
        first = design.missing[0]
        raise DataError(
            f"{table.at(first.row, first.columns[0])}: moderator is blank in {len(excluded)} row(s); "
            "fill them, leave the rows out, or drop --strict"
        )
    fitted = _bounded if bounded else _numeric_regression
    result = fitted(effects, options, design)
    result["formula"] = options.mods
    result["excluded"] = excluded
    if excluded:
        result["warnings"].append(f"{len(excluded)} row(s) lack a moderator and are left out; see excluded")
    return result


def _numeric_regression(effects: EffectTable, options: Options, design: Design) -> Answer:
    from mgmeta.pooling.regression import predict, regress

    if options.pi == "bootstrap":
        raise ConfigError("the bootstrap prediction interval is for pools without moderators")
    kept = design.kept
    fitted = regress(
        effects.y[kept],
        effects.v[kept],
        design.x,
        terms=design.terms,
        method=options.method,
        test=options.test,
        level=options.level,
        tau2_interval=options.tau2_interval,
    )
    values = {name: getattr(fitted, name) for name in type(fitted).__dataclass_fields__ if name != "model"}
    result = _ordered({**values, "df": fitted.coefficients[0].df, "pi": options.pi})
    result["coefficients"] = [asdict(c) for c in fitted.coefficients]
    for key in ("qm", "qm_df", "qm_df2", "qm_p", "r2", "tau2_null", "lrt", "lrt_df", "lrt_p"):
        result[key] = values[key]
    result["fit_statistics"] = _information(fitted.model)
    result["weights"] = fitted.model.weights().tolist()
    result["studies"] = [effects.names[i] for i in kept]
    reason = "with moderators there is no single effect; see coefficients"
    result["undefined"] = {"estimate": reason, **_fixed_reasons(options.method)}
    if options.predict:
        rows = _new_rows(design, options.predict)
        predicted = predict(fitted.model, rows, level=options.level, pi=options.pi)
        numbered = zip(options.predict.lines, predicted, strict=True)
        result["predictions"] = [{"row": n, **asdict(p)} for n, p in numbered]
    if options.permute:
        result["permutation"] = _permutation(fitted.model, options)
    return result


def _new_rows(design: Design, table: Table) -> Any:
    if not table.lines:
        raise DataError(f"{table.path}: no rows to predict; give one row of moderators a prediction")
    try:
        return design.rows(table.columns)
    except DataError as error:
        raise DataError(f"{table.path}: {error}") from error


def _bounded(effects: EffectTable, options: Options, design: Design | None = None) -> Answer:
    from mgmeta.pooling.bounded import fit_bounded

    if options.predict:
        raise ConfigError("--predict needs numbers only, but yi is blank in some rows")
    kept = np.arange(effects.y.size) if design is None else design.kept
    terms: Sequence[str] = ("Intercept",) if design is None else design.terms
    fit = fit_bounded(
        effects.y[kept],
        np.sqrt(effects.v[kept]),
        effects.low[kept],
        effects.high[kept],
        None if design is None else design.x,
        level=options.level,
        names=terms,
    )
    lists = ("beta", "se", "ci_low", "ci_high", "ci_low_chi2", "ci_high_chi2", "p_value")
    columns = {name: np.asarray(getattr(fit, name)).tolist() for name in lists}
    columns["estimate"] = columns.pop("beta")
    values = {
        name: getattr(fit, name) for name in ("k", "method", "test", "level", "df", "tau2", "tau", "i2")
    }
    values["warnings"] = list(fit.warnings)
    if options.method not in ("REML", "ML"):
        values["warnings"].append(f"method {options.method} is not used: with bounds tau2 is estimated by ML")
    if options.test != "z":
        values["warnings"].append(
            f"test {options.test} is not used: with bounds intervals are profile likelihood"
        )
    if design is None:
        values |= {name: column[0] for name, column in columns.items()}
        values |= {"pi": "hts", "pi_low": fit.pi_low, "pi_high": fit.pi_high}
    result = _ordered(values)
    result["k_numeric"], result["k_bounds"], result["loglik"] = fit.k_numeric, fit.k_bounds, fit.loglik
    result["undefined"] = dict(UNDEFINED_WITH_BOUNDS)
    if design is None:
        result["ci_low_chi2"], result["ci_high_chi2"] = values["ci_low_chi2"], values["ci_high_chi2"]
    else:
        result["coefficients"] = [
            {"term": term, "statistic": None, **{name: column[i] for name, column in columns.items()}}
            for i, term in enumerate(terms)
        ]
        result |= dict.fromkeys(("qm", "qm_df", "qm_p", "r2"))
        result["undefined"] |= dict.fromkeys(("qm", "qm_df", "qm_p", "r2"), _NOT_COMPUTED)
        result["undefined"]["estimate"] = "with moderators there is no single effect; see coefficients"
    result["weights"] = np.asarray(fit.weights).tolist()
    result["studies"] = [effects.names[i] for i in kept]
    return result


def _ordered(values: Answer) -> Answer:
    """The keys of the contract in order, None where missing, then the warnings."""
    result = {key: values.get(key) for key in EMPTY}
    result["warnings"] = list(values["warnings"])
    return result


def _information(model: Model) -> dict[str, Answer]:
    return {"ml": asdict(model.information(False)), "reml": asdict(model.information(True))}


def _fixed_reasons(method: str) -> dict[str, str]:
    if method not in FIXED:
        return {}
    keys = ("tau2_se", "tau2_ci_low", "tau2_ci_high", "pi_low", "pi_high")
    return dict.fromkeys(keys, f"method {method} has no between-trial variance")
