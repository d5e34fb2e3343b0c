"""Everything the report says about the robustness of one analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mgmeta.bayes.priors import Prior, parse_mu, parse_tau
from mgmeta.bayes.sensitivity import prior_grid
from mgmeta.config import Analysis, Config
from mgmeta.evidence.records import Evidence
from mgmeta.robustness.bayes_tables import bayes_tables
from mgmeta.robustness.pooled import Pooled, collect
from mgmeta.robustness.small_study import small_study_tables
from mgmeta.robustness.trials import trial_tables

Json = dict[str, Any]


def study_robustness(evidence: Evidence, config: Config, analysis: Analysis) -> Json:
    """Run every check on one analysis.

    Parameters
    ----------
    evidence, config, analysis
        Raw tables; settings, for priors (an analysis without ``bayes`` takes them too); what is checked.

    Returns
    -------
    dict
        Keys: analysis, title, level, seed, priors {mu, tau}, outcomes {outcome: tables}.
    """
    mu, tau = parse_mu(config.bayes.prior_mu), parse_tau(config.bayes.prior_tau)
    pooled = collect(evidence, analysis)
    return {
        "analysis": analysis.name,
        "title": analysis.title,
        "level": analysis.level,
        "seed": analysis.seed,
        "priors": {"mu": str(mu), "tau": str(tau)},
        "outcomes": {
            data.outcome: tables_of(data, mu, tau, level=analysis.level, seed=analysis.seed)
            for data in pooled
        },
    }


def tables_of(
    data: Pooled,
    mu: Prior,
    tau: Prior,
    *,
    level: float,
    seed: int,
    pairs: Sequence[tuple[Prior, Prior]] | None = None,
) -> Json:
    """Return every table of one outcome; *pairs* are the priors of the grid (None: all 232).

    Parameters
    ----------
    data : rows of one outcome
    mu : prior of the mean effect, mmHg
    tau : prior of the between-trial SD, mmHg
    level : of the intervals, such as 0.95
    seed : of the generator; the same seed gives the same numbers
    pairs : priors of the grid; None: all 232
    """
    return {
        "k": data.rows.k,
        "k_numeric": data.rows.k - data.rows.k_bounds,
        "k_bounds": data.rows.k_bounds,
        **trial_tables(data, level, seed),
        "small_study": small_study_tables(data, level),
        **bayes_tables(data, mu, tau, level, prior_grid() if pairs is None else pairs),
    }
