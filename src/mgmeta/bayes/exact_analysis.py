"""The overall model of one analysis by quadrature, in the shape of the sampled one: an answer in a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mgmeta.bayes.answer import describe
from mgmeta.bayes.exact import ExactPosterior, fit_exact
from mgmeta.bayes.rows import slice_rows
from mgmeta.bayes.spec import OVERALL, SampleSpec
from mgmeta.bayes.summaries import THRESHOLDS
from mgmeta.errors import FitError
from mgmeta.pooling.slice_counts import counts
from mgmeta.pooling.slice_input import Row

Json = dict[str, Any]
SAMPLED_ONLY = "models with moderators are sampled only"


def exact_analysis(records: Sequence[Row], spec: SampleSpec) -> Json:
    """Return mean effect, spread and new trial of every outcome, without moderators.

    Parameters
    ----------
    records
        Rows of the slice.
    spec
        Priors, level, outcomes; what it says of the sampler is not used.

    Returns
    -------
    dict
        The shape "Bayes" of ARCHITECTURE.md; models with moderators are ``null`` with their reason.
    """
    outcomes: Json = {}
    for outcome in spec.outcomes:
        mine = [record for record in records if record["outcome"] == outcome]
        place: Json = {}
        for model in spec.models():
            place[model], reason = (None, SAMPLED_ONLY) if model != OVERALL else _overall(mine, spec)
            if reason:
                place[f"{model}_reason"] = reason
        outcomes[outcome] = place
    return {
        "analysis": spec.analysis,
        "priors": {"mu": str(spec.prior_mu), "slope": str(spec.prior_slope), "tau": str(spec.prior_tau)},
        "sampler": {"name": "none: quadrature"},
        "level": spec.level,
        "outcomes": outcomes,
    }


def _overall(mine: Sequence[Row], spec: SampleSpec) -> tuple[Json | None, str]:
    rows = slice_rows(mine, {})
    if rows is None:
        return None, "no rows"
    try:
        posterior = fit_exact(rows, mu=spec.prior_mu, tau=spec.prior_tau)
    except FitError as error:
        return None, str(error)
    return {"counts": counts(mine), **_summaries(posterior, spec.level), "excluded": []}, ""


def _summaries(posterior: ExactPosterior, level: float) -> Json:
    return {
        "mu": describe(posterior.mu, level, short=False),
        "tau": describe(posterior.tau, level, floor=0.0, short=False),
        "predictive": describe(posterior.predictive, level, short=False),
        "slopes": {},
        "p_below": {
            str(at): float(p)
            for at, p in zip(THRESHOLDS, posterior.mu.cdf(np.array(THRESHOLDS, dtype=float)), strict=True)
        },
        "diagnostics": {"ok": True, "reasons": []},
    }
