"""``pool`` on a table in memory: the options and the answer of the verb."""

from __future__ import annotations

import math

from mgmeta.api.frames import Data, table_of
from mgmeta.api.result import Json, plain
from mgmeta.api.results import PoolResult
from mgmeta.api.spoken import proportion, spoken_in_python
from mgmeta.pooling.table_input import EffectTable, effects_of_table


def pool(
    data: Data,
    *,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    study: str | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    mods: str | None = None,
    strict: bool = False,
    subgroup: str | None = None,
    separate_tau2: bool = False,
    predict: Data | None = None,
    pi: str = "default",
    tau2_ci: str = "q_profile",
    permute: bool = False,
    draws: int = 10_000,
    seed: int = 20160324,
) -> PoolResult:
    """Pool effects, or regress them on moderators, under a random-effects model.

    mu = sum(w y) / sum(w) with w = 1 / (v + tau²). Where some rows are bounds the model is fitted by
    maximum likelihood: a number contributes its normal density, a bound the probability that the normal
    gives its interval, and intervals are profile-likelihood intervals.

    Parameters
    ----------
    data : DataFrame or mapping of str to iterable
        One row a study: an effect with its variance or standard error. A blank effect may have a bound in
        the columns ``yi_low`` and ``yi_high`` instead (blank = open).
    yi, vi, sei, study : str
        Columns of effects, of sampling variances or of standard errors, and of labels. By default ``vi`` if
        there is one, else ``sei``; ``study`` if there is one.
    method : {"REML", "DL", "PM", "PMM", "ML", "EB", "HE", "HS", "HSk", "SJ", "FE", "EE"}
        Estimator of tau2. Numbers only; with bounds it is ML, and a warning says so.
    test : {"z", "t", "knha", "adhoc", "kr"}
        Test and interval of the coefficients; knha is Hartung-Knapp-Sidik-Jonkman.
    level : float
        Level of every interval: 0.95 and 95 are the same.
    mods : str
        Moderators, as in ``"dose + hypertension"``.
    strict : bool
        Refuse rows that lack a moderator instead of leaving them out and listing them.
    subgroup : str
        Pool within each value of this column and compare. Numbers only.
    separate_tau2 : bool
        One tau2 a subgroup instead of one for all.
    predict : DataFrame or mapping
        Moderators of new trials, whose effects are predicted.
    pi : {"default", "z", "t", "hts", "hk", "hk-pr", "kr", "kr-pr", "bootstrap"}
        Kind of prediction interval.
    tau2_ci : {"q_profile", "profile"}
        Interval of tau2.
    permute : bool
        Permutation test as well.
    draws, seed : int
        Of random permutations and of the bootstrap.

    Returns
    -------
    PoolResult
        The numbers of ``mgmeta pool``.

    Raises
    ------
    DataError
        If a column is missing or a cell is no usable number; says ``data:row:column``, rows from 0.
    ConfigError
        If an option is unknown or does not go with the others.
    FitError
        If the rows cannot support the model.

    References
    ----------
    Viechtbauer W (2005) J Educ Behav Stat 30:261-293 (estimators of tau2).
    Hartung J, Knapp G (2001) Stat Med 20:3875-3889 (knha).

    Examples
    --------
    >>> import mgmeta as mg
    >>> trials = {"study": ["Amber", "Birch", "Cedar"], "yi": [-4.1, -1.0, None], "sei": [1.2, 0.9, 1.4],
    ...           "yi_low": [None, None, -2.8], "yi_high": [None, None, 2.8]}
    >>> mg.pool(trials).k_bounds
    1
    """
    from mgmeta.pooling.answer import Options, answer

    with spoken_in_python():
        effects = effects_of_table(table_of(data), yi=yi, vi=vi, sei=sei, study=study)
        options = Options(
            method=method,
            test=test,
            level=proportion(level),
            pi=pi,
            tau2_interval=tau2_ci,
            mods=mods,
            strict=strict,
            subgroup=subgroup,
            separate_tau2=separate_tau2,
            predict=None if predict is None else table_of(predict, "predict"),
            permute=permute,
            draws=draws,
            seed=seed,
        )
        found = plain(answer(effects, options))
    left_out = {row["row"] for row in found.get("excluded", ())}
    return PoolResult(found, tuple(row for i, row in enumerate(_said(effects)) if i not in left_out))


def _said(effects: EffectTable) -> list[Json]:
    """Return what each row of a table of effects says; None where it says nothing."""

    def end(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return [
        {
            "study": name,
            "kind": "bound" if bound else "estimate",
            "yi": end(y),
            "yi_low": end(low),
            "yi_high": end(high),
            "sei": math.sqrt(v),
        }
        for name, bound, y, low, high, v in zip(
            effects.names, effects.bounds, effects.y, effects.low, effects.high, effects.v, strict=True
        )
    ]
