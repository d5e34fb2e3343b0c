"""What ``mgmeta diagnose`` answers about rows that are not independent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.table_input import EffectTable

if TYPE_CHECKING:
    from mgmeta.pooling.diagnose_answer import DiagnoseOptions

Answer = dict[str, Any]


def _labels(effects: EffectTable, rows: NDArray[np.intp], column: str | None, flag: str) -> list[str]:
    if column is None:
        raise ConfigError(f"{flag} is needed: name the column that holds it")
    cells = effects.table.need(column)
    for row in rows:
        if not cells[row]:
            raise DataError(f"{effects.table.at(int(row), column)}: blank; every row needs a value")
    return [cells[row] for row in rows]


def _one(options: DiagnoseOptions) -> float:
    if len(options.correlation) > 1:
        raise ConfigError("several correlations are for --what bivariate; give one")
    return options.correlation[0] if options.correlation else 0.0


def robust(effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions) -> Answer:
    """Pool with errors that allow for dependence within ``--cluster``.

    Parameters
    ----------
    effects : rows of the table of effects
    rows : places of the rows that are used, from 0
    options : as given on the command line
    """
    from mgmeta.pooling.robust import cluster_robust
    from mgmeta.stats.tau2 import tau2

    y, v = effects.y[rows], effects.v[rows]
    labels = _labels(effects, rows, options.cluster, "--cluster")
    between = tau2(options.method, y, v)
    fit = cluster_robust(y, v + between, labels, kind=options.kind, level=options.level)
    return {
        "test": options.kind,
        "cluster": options.cluster,
        "clusters": fit.clusters,
        **_first(fit),
        "df": float(fit.df[0]),
        "tau2": between,
        "warnings": list(fit.warnings),
    }


def _first(fit: Any) -> Answer:
    names = {"estimate": "beta", **{n: n for n in ("se", "ci_low", "ci_high", "statistic", "p_value")}}
    return {key: float(getattr(fit, name)[0]) for key, name in names.items()}


def multilevel(effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions) -> Answer:
    """Fit rows within ``--cluster`` within a population of clusters.

    Parameters
    ----------
    effects : rows of the table of effects
    rows : places of the rows that are used, from 0
    options : as given on the command line
    """
    from mgmeta.pooling.multilevel import fit_multilevel, impute_covariance
    from mgmeta.pooling.robust import robust_mixed

    labels = _labels(effects, rows, options.cluster, "--cluster")
    v = impute_covariance(effects.v[rows], labels, _one(options))
    method, test = _mixed_options(options)
    fit = fit_multilevel(effects.y[rows], v, labels, method=method, test=test, level=options.level)
    model = fit.model
    sandwich: Answer | None = None
    notes = list(model.warnings)
    try:
        allowed = robust_mixed(model, kind=options.kind, level=options.level)
        sandwich = {"kind": options.kind, **_first(allowed), "df": float(allowed.df[0])}
        notes += allowed.warnings
    except FitError as error:
        notes.append(f"no robust errors: {error}")
    keys = ("icc", "i2_total", "i2_between", "i2_within", "pi_low", "pi_high")
    return {
        "cluster": options.cluster,
        "clusters": len(fit.clusters),
        "correlation": _one(options),
        **_first(model),
        "df": model.df,
        "sigma2_between": fit.sigma2_between,
        "sigma2_within": fit.sigma2_within,
        **{key: getattr(fit, key) for key in keys},
        "q": model.q,
        "q_df": model.q_df,
        "q_p": model.q_p,
        "loglik": model.loglik_reml if method == "REML" else model.loglik_ml,
        "robust": sandwich,
        "warnings": notes,
    }


def _mixed_options(options: DiagnoseOptions) -> tuple[str, str]:
    if options.method not in {"REML", "ML"} or options.test not in {"z", "t"}:
        raise ConfigError(f"{options.what} takes --method REML or ML and --test z or t")
    return options.method, options.test


def bivariate(effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions) -> Answer:
    """Fit the two outcomes of each trial together, at every within-trial correlation given.

    Parameters
    ----------
    effects : rows of the table of effects
    rows : places of the rows that are used, from 0
    options : as given on the command line

    Raises
    ------
    ConfigError, DataError
        If no correlation is given; if there are not two outcomes.
    """
    from mgmeta.pooling.bivariate import bivariate_sensitivity

    trials = _labels(effects, rows, options.cluster, "--cluster")
    outcomes = _labels(effects, rows, options.outcome, "--outcome")
    kinds = sorted(set(outcomes))
    if len(kinds) != 2:
        raise DataError(
            f"{effects.table.path}: column {options.outcome!r} has {len(kinds)} values; two are needed"
        )
    if not options.correlation:
        raise ConfigError("bivariate needs the within-trial correlation: --correlation 0.5, or 0.3,0.5,0.7")
    names = list(dict.fromkeys(trials))
    y = np.full((len(names), 2), np.nan)
    v = np.full((len(names), 2), np.nan)
    for row, trial, outcome in zip(rows, trials, outcomes, strict=True):
        cell = names.index(trial), kinds.index(outcome)
        if not np.isnan(y[cell]):
            raise DataError(
                f"{effects.table.at(int(row), str(options.outcome))}: {trial} has {outcome} twice"
            )
        y[cell], v[cell] = effects.y[row], effects.v[row]
    method, test = _mixed_options(options)
    fits = bivariate_sensitivity(
        y, v, correlations=options.correlation, method=method, test=test, level=options.level
    )
    out = []
    for correlation, fit in zip(options.correlation, fits, strict=True):
        m = fit.model
        per = [
            {
                "outcome": kinds[j],
                "estimate": float(m.beta[j]),
                "se": float(m.se[j]),
                "ci_low": float(m.ci_low[j]),
                "ci_high": float(m.ci_high[j]),
                "p_value": float(m.p_value[j]),
                "tau2": float(fit.tau2[j]),
            }
            for j in (0, 1)
        ]
        out.append(
            {
                "correlation_within": correlation,
                "correlation_between": fit.correlation_between,
                "outcomes": per,
                "difference": fit.contrast,
                "difference_se": fit.contrast_se,
                "difference_p": fit.contrast_p,
                "loglik": m.loglik_reml if method == "REML" else m.loglik_ml,
            }
        )
    return {"trials": len(names), "outcomes": kinds, "rows": out, "warnings": list(fits[0].model.warnings)}
