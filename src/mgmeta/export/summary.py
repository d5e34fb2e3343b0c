"""The headline for machines: one flat JSON document with a published schema."""

from __future__ import annotations

from typing import Any

from mgmeta import __version__
from mgmeta.report.headline import Headline, OutcomeHeadline
from mgmeta.report.pooled import METHODS, Result

SIGN = "magnesium minus control; negative = magnesium lowers"
FORMAT = 1


def summary(headline: Headline) -> dict[str, Any]:
    """Return what ``summary.json`` says; its schema is ``summary.schema.yaml`` of the package.

    Every value is taken from the headline unrounded. Estimates and limits are in the ``unit`` of their
    outcome; an estimate that could not be made is null and its ``note`` says why.
    """
    return {
        "format": FORMAT,
        "mgmeta_version": __version__,
        "sign": SIGN,
        "level": headline.level,
        "target": {"review": headline.target["review"], "analysis": headline.target["analysis"]},
        "outcomes": {key: _outcome(item) for key, item in headline.outcomes.items()},
    }


def _outcome(item: OutcomeHeadline) -> dict[str, Any]:
    published = item.published
    return {
        "name": item.name,
        "unit": item.unit,
        "verdict": item.verdict,
        "reason": item.reason,
        "difference": item.difference,
        "published": {
            "label": published.label,
            "doi": published.doi,
            "estimate": published.estimate,
            "ci_low": published.ci_low,
            "ci_high": published.ci_high,
            "k": published.k_trials,
            "n": published.n_participants,
        },
        "estimates": {method: _result(getattr(item, method), METHODS[method]) for method in METHODS},
    }


def _result(result: Result, method: str) -> dict[str, Any]:
    return {
        "method": method,
        "estimate": result.estimate,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "pi_low": result.pi_low,
        "pi_high": result.pi_high,
        "tau": result.tau,
        "k": result.k,
        "k_numeric": result.k_numeric,
        "k_bounds": result.k_bounds,
        "ok": result.ok,
        "note": result.note,
    }
