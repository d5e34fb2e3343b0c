"""One pooled result in one line, whichever engine it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

METHODS = {
    "numeric_dl": "Numbers only, DerSimonian-Laird (z)",
    "numeric_reml": "Numbers only, REML (Hartung-Knapp)",
    "bounded": "Numbers and words, ML (headline)",
    "bayes": "Numbers and words, Bayesian",
}


@dataclass(frozen=True)
class Result:
    """One pooled result in one line.

    Attributes
    ----------
    estimate, ci_low, ci_high : float or None
        Estimate and interval at the level of the fit (Bayes: posterior mean and equal-tailed interval).
    pi_low, pi_high : float or None
        Prediction interval for a new trial.
    tau : float or None
        Between-trial standard deviation (Bayes: posterior mean).
    k, k_numeric, k_bounds : int
        Rows pooled: all, those with a number, those with words only.
    difference : float or None
        Estimate minus the published estimate.
    note : str
        Why there is no estimate, or what is wrong with it; "" = nothing.
    ok : bool
        False if a diagnostic of the fit failed.
    """

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    pi_low: float | None
    pi_high: float | None
    tau: float | None
    k: int
    k_numeric: int
    k_bounds: int
    difference: float | None
    note: str
    ok: bool


def _minus(estimate: float | None, published: float | None) -> float | None:
    return None if estimate is None or published is None else estimate - published


def numeric_result(out: Json, method: str, published: float | None = None) -> Result:
    """Return the pool of the rows that print a number, by one estimator of tau2."""
    k_numeric = int(out["counts"]["k_numeric"])
    pool = (out["numeric"] or {}).get(method)
    if pool is None:
        reason = str(out.get("numeric_reason") or "no pool of these rows")
        return Result(None, None, None, None, None, None, k_numeric, k_numeric, 0, None, reason, True)
    return Result(
        estimate=pool["estimate"],
        ci_low=pool["ci_low"],
        ci_high=pool["ci_high"],
        pi_low=pool.get("pi_low"),
        pi_high=pool.get("pi_high"),
        tau=pool.get("tau"),
        k=int(pool["k"]),
        k_numeric=int(pool["k"]),
        k_bounds=0,
        difference=_minus(pool["estimate"], published),
        note="; ".join(pool.get("warnings", ())),
        ok=True,
    )


def bounded_result(out: Json, published: float | None = None) -> Result:
    """Return the maximum-likelihood pool of numbers and bounds."""
    counts = out["counts"]
    fit = out["bounded"]
    if fit is None:
        reason = str(out.get("bounded_reason") or "no pool of these rows")
        k = (int(counts["k"]), int(counts["k_numeric"]), int(counts["k_bounds"]))
        return Result(None, None, None, None, None, None, *k, None, reason, True)
    return Result(
        estimate=fit["estimate"],
        ci_low=fit["ci_low"],
        ci_high=fit["ci_high"],
        pi_low=fit.get("pi_low"),
        pi_high=fit.get("pi_high"),
        tau=fit.get("tau"),
        k=int(fit["k"]),
        k_numeric=int(fit["k_numeric"]),
        k_bounds=int(fit["k_bounds"]),
        difference=_minus(fit["estimate"], published),
        note="; ".join(fit.get("warnings", ())),
        ok=True,
    )


def bayes_result(sample: Json | None, out: Json, published: float | None = None) -> Result:
    """Return the Bayesian pool of numbers and bounds; a failed diagnostic is in `note`."""
    counts = out["counts"]
    k = (int(counts["k"]), int(counts["k_numeric"]), int(counts["k_bounds"]))
    overall = (sample or {}).get("overall")
    if overall is None:
        reason = str((sample or {}).get("overall_reason") or "not sampled for this analysis")
        return Result(None, None, None, None, None, None, *k, None, reason, True)
    mu, predictive, checks = overall["mu"], overall["predictive"], overall["diagnostics"]
    failed = "; ".join(checks.get("reasons", ())) or "unspecified"
    return Result(
        estimate=mu["mean"],
        ci_low=mu["ci_low"],
        ci_high=mu["ci_high"],
        pi_low=predictive["ci_low"],
        pi_high=predictive["ci_high"],
        tau=overall["tau"]["mean"],
        k=k[0],
        k_numeric=k[1],
        k_bounds=k[2],
        difference=_minus(mu["mean"], published),
        note="" if checks["ok"] else f"FAILED DIAGNOSTICS: {failed}",
        ok=bool(checks["ok"]),
    )
