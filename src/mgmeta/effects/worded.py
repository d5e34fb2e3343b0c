"""From one printed row without an SE of its own to a bound, or an estimate with a borrowed SD."""

from __future__ import annotations

import math

from mgmeta.config import Assume
from mgmeta.effects.arms import Arms, arms_of
from mgmeta.effects.candidates import Candidate, decide, log_arm_size
from mgmeta.effects.decisions import DecisionLog
from mgmeta.effects.routes import printed_effect
from mgmeta.effects.sd_model import SdModel, truncated_median
from mgmeta.effects.statements import Bound, Estimate, NotAContrast, Significant, Statement, Unusable
from mgmeta.evidence.records import Report, Trial
from mgmeta.stats.student import t_two_sided


def inequality(report: Report) -> tuple[str, float] | None:
    """Return what the words say: ("ns" | "lower" | "higher" | "significant", level).

    The level is the printed P of the inequality, else 0.05; where words and P are
    both printed, the words decide which. An exact P without a number is an
    inequality at that P (its upper rounding edge for a significant one, its lower
    edge otherwise).
    """
    p, relation, words = report.p_value, report.p_relation, report.significance
    if p is None:
        return (words, 0.05) if words else None
    half = report.step("p_value") / 2.0 if relation == "=" else 0.0
    if words in ("lower", "higher"):
        return words, 0.05 if relation == ">" else min(p + half, 0.05)
    if words == "ns":
        # Never a narrower band than the words claim.
        return "ns", 0.05 if relation == "<" else max(p - half, 0.05)
    if relation == ">" or (relation == "=" and p - half >= 0.05):
        return "ns", p - half
    return "significant", p + half


def worded_statement(
    report: Report, trial: Trial, sd_model: SdModel, log: DecisionLog, se_factor: float = 1.0
) -> Candidate:
    """Return what a row without its own SE amounts to (routes 8 and 10).

    *se_factor* multiplies the SE of a parallel contrast: see :func:`worded_se_factor`.

    Parameters
    ----------
    report : the printed result
    trial : the trial it belongs to
    sd_model : SDs of change, mmHg
    log : decisions go here
    se_factor : multiplies the SE of a parallel contrast, no unit
    """
    arms = arms_of(report, trial)
    if report.contrast == "before_after":
        return Candidate(report, arms, NotAContrast("only the magnesium arm's own change is printed"), {})
    effect, words = printed_effect(report), inequality(report)
    if effect is None and words is None:
        return Candidate(report, arms, Unusable("neither a number nor a result in words"), {})
    if not arms.known:
        return Candidate(report, arms, Unusable("no column of the table has an arm size: n is missing"), {})
    log_arm_size(report, arms, log)
    sd = sd_model.borrow(report.outcome, report.method, report.contrast)
    assumed = f"SD of change {sd.sd:.3g} ({sd.source}, k = {sd.k})"
    log.add(
        decide(
            report,
            "borrowed_sd",
            f"SD of change, {sd.source}",
            value=sd.sd,
            unit="SD",
            reason=f"root mean square of {sd.k} trials; the row prints no usable spread",
        )
    )
    center = sd.sd * arms.scale
    if report.contrast == "parallel" and se_factor != 1.0:
        center *= se_factor
        assumed += f"; SE x {se_factor:.3g} (baseline-adjusted test)"
    statement: Statement
    if effect is not None:
        statement = _borrowed_estimate(report, effect.value, center, sd.log_spread, arms, words, log)
    else:
        assert words is not None
        if words[0] == "significant":
            statement = Significant(t_two_sided(words[1], arms.df) * center, center, arms.df)
        else:
            statement = worded_bound(words[0], words[1], center, arms.df, "10_words")
    return Candidate(report, arms, statement, {}, assumed)


def worded_se_factor(assume: Assume) -> float:
    r"""Return what the SE of a change score is multiplied by for the test behind the words.

    1 for the change score itself. A test adjusted for baseline (ANCOVA) has the
    residual variance :math:`\sigma^2(1-r^2)` where the change score has
    :math:`2\sigma^2(1-r)`, so its SE is :math:`\sqrt{(1+r)/2}` of it, with r the
    correlation before-after (0.866 at r = 0.5). Dimensionless.

    References
    ----------
    Frison L, Pocock SJ. Statistics in Medicine 1992;11:1685-1704.
    """
    return math.sqrt((1.0 + assume.correlation) / 2.0) if assume.worded_test == "baseline_adjusted" else 1.0


def worded_bound(words: str, level: float, se: float, df: float | None, route: str) -> Bound:
    r"""Return the bound a result in words puts on the unseen estimate.

    "ns" is :math:`|d| < t_{1-\alpha/2} SE`; "lower" is :math:`d < -t SE`;
    "higher" is :math:`d > t SE` (route 10).

    Parameters
    ----------
    words : ns, lower or higher
    level : of the test behind the words, such as 0.95
    se : standard error, mmHg
    df : degrees of freedom; None: normal
    route : which route it comes by
    """
    limit = t_two_sided(level, df) * se
    low = {"ns": -limit, "lower": -math.inf, "higher": limit}[words]
    high = {"ns": limit, "lower": -limit, "higher": math.inf}[words]
    return Bound(low, high, se, df, route)


def _borrowed_estimate(
    report: Report,
    effect: float,
    center: float,
    log_spread: float,
    arms: Arms,
    words: tuple[str, float] | None,
    log: DecisionLog,
) -> Statement:
    """Return route 8: the SE model cut where the printed inequality says.

    Significant: SE < |d| / t; not significant: SE > |d| / t. The words are used
    up by the cut and never enter the likelihood again.
    """
    low, high = 0.0, math.inf
    if words is not None:
        if words[0] in ("lower", "higher") and (effect < 0) != (words[0] == "lower"):
            return Unusable("the printed number and the result in words have opposite signs")
        edge = abs(effect) / t_two_sided(words[1], arms.df)
        if words[0] == "ns":
            low = edge
        elif edge > 0:
            high = edge
        else:
            return Unusable("an effect of 0 cannot be significant")
    se = truncated_median(center, log_spread, low, high)
    log.add(
        decide(
            report,
            "route",
            "8_borrowed_sd",
            value=se,
            unit="SE",
            alternative="not truncated",
            alternative_value=center,
            reason="SE model cut by the printed " + ("inequality" if words else "nothing: whole model"),
        )
    )
    edges = [truncated_median(center * math.exp(z * log_spread), log_spread, low, high) for z in (-1.0, 1.0)]
    return Estimate(
        effect,
        se,
        edges[0],
        edges[1],
        arms.df,
        "8_borrowed_sd",
        se_assumed=True,
        se_center=center,
        se_log_spread=log_spread,
        se_min=low,
        se_max=high,
    )
