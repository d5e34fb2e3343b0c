"""The hierarchical models as tables and sentences: answers, priors, comparison, checks, single trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from mgmeta.bayes.model_priors import SHARE_A, SHARE_B
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json

Models = Mapping[str, Json]
NORMAL = "Normal random effects"
# Mean of the prior of the share of outlying trials.
BEFORE = SHARE_A / (SHARE_A + SHARE_B)
# An SD of draws has a relative error of 1 / sqrt(2 ESS), 1 % at an ESS of 5,000; three of them.
RATIO_ERROR = 0.03


def parts(models: Models, analysis: str) -> Iterator[tuple[str, str, Json]]:
    """Yield (key, title, outcomes) of every model that was run on an analysis."""
    for key, model in models.items():
        if analysis in model["analyses"]:
            found = model["analyses"][analysis]
            yield key, str(model["title"]), {name: found[name] for name in OUTCOMES if name in found}


def answers_page_table(models: Models, analysis: str) -> HtmlTable:
    """Return what every model says: mean, spread, a new trial, probability of a fall, the gate."""
    lines: list[tuple[Cell, ...]] = []
    for _, title, outcomes in parts(models, analysis):
        for outcome, item in outcomes.items():
            mu, new, checks = item["mu"], item["predictive"], item["diagnostics"]
            lines.append(
                (
                    title,
                    OUTCOMES[outcome].name,
                    Parts(words.fixed(mu["mean"]), words.interval(mu["ci_low"], mu["ci_high"])),
                    words.fixed(item["tau"]["mean"]),
                    words.interval(new["ci_low"], new["ci_high"]),
                    words.percent(item["p_below"]["0"], 1),
                    gate(checks),
                )
            )
    heads = ("Model", "Outcome", "Mean effect", "tau", "New trial", "P(lower)", "Diagnostics")
    level = words.level(float(next(iter(models.values()))["level"]))
    caption = (
        f"Every model: posterior mean and {level} interval, tau, interval of a new trial; mmHg. Tau is the "
        "SD between trials; with Student-t effects their scale, with two groups the SD of the trials that do "
        "not lie apart."
    )
    return HtmlTable(f"table-models-{analysis}", caption, columns(*heads, numeric=heads[2:6]), rows(lines))


def gate(checks: Json) -> str:
    """Return the verdict on the draws in words."""
    if not checks["reasons"]:
        found = words.fixed(checks["rhat_max"], 4), words.integer(checks["ess_tail_min"])
        return f"passed (R-hat {found[0]}, ESS {found[1]})"
    return f"{'flagged' if checks['ok'] else 'FAILED'}: {'; '.join(checks['reasons'])}"


def failed(models: Models) -> list[str]:
    """Return every model whose diagnostics failed, with the reasons."""
    return [
        f"{model['title']}, {analysis}, {OUTCOMES[outcome].name}: {'; '.join(checks['reasons'])}"
        for model in models.values()
        for analysis, outcomes in model["analyses"].items()
        for outcome, item in outcomes.items()
        for checks in _all_checks(item)
        if not checks["ok"]
    ]


def _all_checks(item: Json) -> list[Json]:
    """Return the gate's verdicts on one outcome: its own, or those of the several models behind it."""
    several = [part["diagnostics"] for part in item.get("models", {}).values() if "diagnostics" in part]
    return several or [item["diagnostics"]]


def priors_page_table(models: Models) -> HtmlTable:
    """Return every prior of every model."""
    lines = [
        (str(model["title"]), parameter, prior)
        for model in models.values()
        for parameter, prior in model["priors"].items()
    ]
    caption = "Priors. halfnormal:s has SD s before it is folded; normal:m,s has mean m and SD s."
    return HtmlTable("table-model-priors", caption, columns("Model", "Parameter", "Prior"), rows(lines))


def loo_page_table(models: Models, analysis: str) -> HtmlTable | None:
    """Return how well each model predicts trials left out, against normal effects; None without it."""
    lines: list[tuple[Cell, ...]] = []
    for _, title, outcomes in parts(models, analysis):
        for outcome, item in outcomes.items():
            for name, one, base in _compared(models, analysis, outcome, item):
                difference, error = loo_difference(one, base)
                warned = "; ".join(one["warnings"]) or "none"
                lines.append((title, name, words.fixed(difference), words.fixed(error), warned))
    if not lines:
        return None
    heads = ("Model", "Outcome", "Difference", "SE", "Warnings")
    caption = (
        "Expected log predictive density of a trial left out (PSIS-LOO), minus that of normal random "
        "effects; above 0 is better. A warning is a trial whose k-hat is above 0.7."
    )
    return HtmlTable(f"table-loo-{analysis}", caption, columns(*heads, numeric=heads[2:4]), rows(lines))


def _compared(models: Models, analysis: str, outcome: str, item: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield (what is predicted, LOO of a model, LOO of normal effects); with both pressures, whole trials."""
    base = normal_loo(models, analysis, outcome)
    if "loo" in item and base is not None:
        yield OUTCOMES[outcome].name, item["loo"], base
    if "loo_pair" in item:
        yield "both pressures", item["loo_pair"], item["loo_pair_apart"]


def normal_loo(models: Models, analysis: str, outcome: str) -> Json | None:
    """Return the LOO of normal random effects on the same rows."""
    for _, _, outcomes in parts(models, analysis):
        if "loo_normal" in outcomes.get(outcome, {}):
            found: Json = outcomes[outcome]["loo_normal"]
            return found
    return None


def loo_difference(one: Json, other: Json) -> tuple[float, float]:
    """Return the sum of pointwise differences and its standard error, trial by trial."""
    gaps = [value - other["pointwise"][label] for label, value in one["pointwise"].items()]
    k, mean = len(gaps), sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / max(k - 1, 1)
    return sum(gaps), math.sqrt(k * variance)


def loo_sentence(models: Models, analysis: str) -> str:
    """Return whether any model predicts clearly better or worse than normal random effects."""
    clear = []
    for _, title, outcomes in parts(models, analysis):
        for outcome, item in outcomes.items():
            for name, one, base in _compared(models, analysis, outcome, item):
                difference, error = loo_difference(one, base)
                if abs(difference) > max(2.0 * error, 4.0):
                    word = "better" if difference > 0 else "worse"
                    clear.append(f"\u201c{title}\u201d predicts {name} {word}")
    if clear:
        return (
            f"Against normal random effects, {words.listing(clear)} (beyond 4 and twice the standard error)."
        )
    return (
        "No model predicts trials clearly better or worse than normal random effects (no difference beyond "
        "both 4 and twice its standard error): the data do not choose among them."
    )


def checks_page_table(models: Models, analysis: str, when: str = "checks") -> HtmlTable | None:
    """Return replicated against observed data; None without them. *when* is checks or prior_checks."""
    names = {
        "significant": "significant trials",
        "mean": "mean of the numbers, mmHg",
        "farthest": "farthest number from it, mmHg",
    }
    lines: list[tuple[Cell, ...]] = []
    for _, title, outcomes in parts(models, analysis):
        for outcome, item in outcomes.items():
            for key, found in item.get(when, {}).items():
                digits = 0 if key == "significant" else 1
                lines.append(
                    (
                        title,
                        OUTCOMES[outcome].name,
                        names[key],
                        words.fixed(found["observed"], digits),
                        words.interval(found["low"], found["high"], digits),
                        words.fixed(found["p_above"]),
                    )
                )
    if not lines:
        return None
    heads = ("Model", "Outcome", "What", "Observed", "Replicated", "Share at or above")
    caption = (
        "Data replicated from each posterior, and the data themselves: a share near 0 or 1 is what the model "
        "cannot make."
        if when == "checks"
        else "Data made from the priors alone, and the data themselves: what each model thinks possible "
        "before it sees a result. Wide is right; a share near 0 or 1 would be a prior that rules them out."
    )
    name = "replicated" if when == "checks" else "prior-predictive"
    return HtmlTable(f"table-{name}-{analysis}", caption, columns(*heads, numeric=heads[3:]), rows(lines))


def outlying_sentence(outcome: str, item: Json) -> str:
    """Return which trials are more likely outlying than not, or the likeliest."""
    found = sorted(item["trials"], key=lambda row: -row["p_outlying"])
    named = [
        f"{row['label']} ({words.percent(row['p_outlying'])})" for row in found if row["p_outlying"] > 0.5
    ]
    name = words.capital(OUTCOMES[outcome].name)
    if named:
        return f"{name}: more likely outlying than not: {words.listing(named)}."
    first = found[0]
    return (
        f"{name}: no trial is more likely outlying than not; the likeliest is {first['label']} "
        f"({words.percent(first['p_outlying'])}, before the data {words.percent(BEFORE)})."
    )


def bivariate_sentence(outcome: str, item: Json) -> str:
    """Return what the other pressure adds to one."""
    name, within, between = (
        OUTCOMES[outcome].name,
        item["parameters"]["r_within"],
        item["parameters"]["r_between"],
    )
    less = 1.0 - item["sd_ratio"]
    moved = (
        f"smaller by {words.percent(less)}"
        if less >= RATIO_ERROR
        else f"larger by {words.percent(-less)}"
        if less <= -RATIO_ERROR
        else "the same within its Monte Carlo error"
    )
    both, other = words.count(item["k_both"], "trial"), words.count(item["k_other_only"], "trial")
    return (
        f"{words.capital(name)}: the posterior SD of the mean is {moved} with both pressures than with this "
        f"one alone; {both} report on both, {other} on the other only. Correlation within trials "
        f"{_middle(within)}, between trials {_middle(between)}."
    )


def _middle(item: Json) -> str:
    return words.with_interval(item["median"], item["ci_low"], item["ci_high"])


def sd_sentence(outcome: str, item: Json) -> str:
    """Return what the SD of change is learned to be."""
    sd, name = item["sd"], OUTCOMES[outcome].name
    clinic, new = sd["clinic"], sd["new_trial"]
    return (
        f"For {name} the SD of change of a median parallel trial is {words.fixed(clinic['median'], 1)} mmHg "
        f"({words.interval(clinic['ci_low'], clinic['ci_high'], 1)}), learned from "
        f"{words.count(item['k_sd'], 'trial')} whose numbers imply one; that of a trial that prints none may "
        f"be anything from {words.fixed(new['ci_low'], 1)} to {words.fixed(new['ci_high'], 1)}."
    )
