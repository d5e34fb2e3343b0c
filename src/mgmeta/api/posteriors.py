"""``bayes`` on a table in memory: the options and the answer of the verb."""

from __future__ import annotations

from mgmeta.api.frames import Data, table_of
from mgmeta.api.result import plain
from mgmeta.api.results import BayesResult
from mgmeta.api.spoken import proportion, spoken_in_python
from mgmeta.errors import ConfigError
from mgmeta.pooling.table_input import effects_of_table


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
