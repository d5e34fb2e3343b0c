"""``pool``, ``bayes`` and ``dose`` on tables in memory: the options and the answers of the verbs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mgmeta.api.frames import Data, spoken_in_python, table_of
from mgmeta.api.results import BayesResult, DoseResult, Json, PoolResult, plain
from mgmeta.errors import ConfigError
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


def bayes(
    data: Data,
    *,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    study: str | None = None,
    prior_mu: str = "normal:0,10",
    prior_tau: str = "halfnormal:5",
    level: float = 0.95,
    engine: str = "exact",
    draws: int = 2000,
    tune: int = 1000,
    chains: int = 4,
    cores: int = 1,
    target_accept: float = 0.95,
    seed: int = 20160324,
) -> BayesResult:
    """Compute the posterior of a random-effects meta-analysis.

    y ~ N(mu, se² + tau²); a bound contributes the probability of its interval.
    The exact engine integrates by quadrature, in milliseconds; PyMC samples the same model.

    Parameters
    ----------
    data, yi, vi, sei, study
        As for :func:`pool`.
    prior_mu : str
        Prior of the mean effect: ``normal:MEAN,SD``, ``t:MEAN,SCALE,DF``, ``cauchy:MEAN,SCALE`` or ``flat``,
        in the unit of the effects.
    prior_tau : str
        Prior of the SD between trials, such as ``halfnormal:SCALE``, ``halfcauchy:SCALE`` or
        ``uniform:UPPER``; ``mgmeta bayes --help`` lists all.
    level : float
        Level of every interval: 0.95 and 95 are the same.
    engine : {"exact", "pymc"}
        Quadrature, or sampling (which compiles for some 15 s first).
    draws, tune, chains, cores, target_accept, seed
        Of PyMC only: draws kept a chain, warm-up, chains, chains at once, acceptance, seed.

    Returns
    -------
    BayesResult
        The numbers of ``mgmeta bayes``.

    Raises
    ------
    DataError, ConfigError, FitError
        If a cell, an option or a prior does not allow it; FitError also for an improper posterior.

    References
    ----------
    Röver C (2020) J Stat Softw 93(6) (quadrature for the normal-normal model).

    Examples
    --------
    >>> import mgmeta as mg
    >>> posterior = mg.bayes({"yi": [-4.1, -1.0, -2.6], "sei": [1.2, 0.9, 0.8]}, prior_tau="halfcauchy:2")
    >>> posterior.p_below[0] > 0.9
    True
    """
    import numpy as np

    from mgmeta.bayes.priors import parse_mu, parse_tau
    from mgmeta.bayes.rows import make_rows

    if engine not in ("exact", "pymc"):
        raise ConfigError(f"engine= {engine!r} is unknown; choose exact or pymc")
    with spoken_in_python():
        effects = effects_of_table(table_of(data), yi=yi, vi=vi, sei=sei, study=study)
        rows = make_rows(effects.y, np.sqrt(effects.v), effects.low, effects.high, labels=effects.names)
        mu, tau = parse_mu(prior_mu), parse_tau(prior_tau)
        if engine == "exact":
            from mgmeta.bayes.answer import exact_answer

            return BayesResult(plain(exact_answer(rows, mu, tau, level=proportion(level))))
        from mgmeta.bayes.answer_pymc import pymc_answer
        from mgmeta.bayes.spec import SamplerSettings

        sampler = SamplerSettings(draws, tune, chains, target_accept, seed)
        return BayesResult(
            plain(pymc_answer(rows, mu, tau, level=proportion(level), sampler=sampler, cores=cores))
        )


def dose(
    data: Data,
    *,
    dose: str = "dose",
    study: str | None = None,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    referent: str | None = None,
    n_treated: str | None = None,
    n_control: str | None = None,
    mean: str | None = None,
    sd: str = "sd",
    n: str = "n",
    covariance: str = "pooled",
    curve: str = "linear",
    knots: int | Sequence[float] | None = None,
    powers: Sequence[float] | None = None,
    shift: float | None = None,
    offset: float | None = None,
    stage: int = 1,
    heterogeneity: str | None = None,
    method: str | None = None,
    psi: str = "unstructured",
    test: str | None = None,
    grid: Sequence[float] | None = None,
    per: float = 100.0,
    keep_unbounded: bool = False,
    level: float = 0.95,
) -> DoseResult:
    """Fit a dose-response curve through zero dose = zero effect.

    Parameters
    ----------
    data : DataFrame or mapping of str to iterable
        One row a contrast (effect, variance or standard error, dose; a blank effect may have a bound in
        ``yi_low``, ``yi_high``) or, with *mean*, one row an arm (study, dose, mean, sd, n).
    dose, study, yi, vi, sei : str
        Columns of doses, labels, effects, variances or standard errors. Rows of one study share its control.
    referent, n_treated, n_control : str
        Contrasts: columns of the dose of the referent arm (default 0), and of people in both arms, which
        studies of several rows need.
    mean, sd, n : str
        Arms: columns of means, SDs and people.
    covariance : {"pooled", "arms", "mixed", "smd", "hedges"}
        Arms: one SD a study, each arm's own, or standardised differences.
    curve : {"linear", "quadratic", "rcs", "fp", "fp2", "loglinear", "emax", "sigmoid", "monotone"}
        Its shape.
    knots, powers, shift, offset
        What fixes the curve: knots of rcs and monotone (a number, or doses), powers and shift of fractional
        polynomials, offset c of log(1 + d/c).
    stage : {1, 2}
        One stage, or each trial by itself first.
    heterogeneity : {"additive", "slopes"}
        tau2 on every effect (default of one stage), or coefficients that vary between studies.
    method : {"ML", "REML", "FE"}
        Default ML; REML with slopes. Bounds need ML.
    psi : {"unstructured", "diagonal"}
        Covariance of slopes.
    test : {"t", "z", "knha", "kr"}
        Default t; knha for additive REML.
    grid : sequence of float
        Doses to predict at; by default 21 from 0 to the largest.
    per : float
        Slopes are per this much more dose.
    keep_unbounded : bool
        Fit emax and sigmoid on where the data show no plateau, instead of refusing.
    level : float
        Level of every interval: 0.95 and 95 are the same.

    Returns
    -------
    DoseResult
        The numbers of ``mgmeta dose``.

    Raises
    ------
    DataError, ConfigError, FitError
        If a cell or an option does not allow it, or the rows cannot support the curve.

    References
    ----------
    Crippa A, Orsini N (2016) BMC Med Res Methodol 16:91 (dose-response of differences in means).

    Examples
    --------
    >>> import mgmeta as mg
    >>> trials = {"dose": [200, 300, 365, 500, 600], "yi": [-0.9, -1.2, -2.1, -2.2, -3.4], "sei": [1.0] * 5}
    >>> print(round(mg.dose(trials).to_frame("coefficients").estimate[0] * 100, 2))
    -0.51
    """
    from mgmeta.dose.answer import answer
    from mgmeta.dose.fit import fit_dose
    from mgmeta.dose.registry import CurveOptions
    from mgmeta.dose.table import Columns, rows_of_table

    with spoken_in_python():
        columns = Columns(dose, study, yi, vi, sei, referent, n_treated, n_control, mean, sd, n)
        rows = rows_of_table(table_of(data), columns, convention=covariance)
        fixed = CurveOptions(
            knots=knots if knots is None or isinstance(knots, int) else tuple(float(x) for x in knots),
            powers=None if powers is None else tuple(float(x) for x in powers),
            shift=shift,
            offset=offset,
        )
        fit = fit_dose(
            rows,
            curve,
            level=proportion(level),
            stage=stage,
            heterogeneity=heterogeneity,
            method=method,
            psi=psi,
            test=test,
            options=fixed,
            grid=None if grid is None else list(grid),
            per=per,
            unbounded="keep" if keep_unbounded else "refuse",
        )
        return DoseResult(plain(answer(fit)))


def proportion(level: float) -> float:
    """Return a level of intervals as a proportion: 95 is 0.95.

    Raises
    ------
    ConfigError
        If it is not between 0 and 100.
    """
    found = level / 100.0 if level >= 1.0 else level
    if not 0.0 < found < 1.0:
        raise ConfigError(f"level= {level:g} is not between 0 and 1; write 0.95 for 95 %")
    return float(found)


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
