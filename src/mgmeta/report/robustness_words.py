"""Sentences on robustness, made of the numbers they state."""

from __future__ import annotations

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.prior_sensitivity import probability
from mgmeta.report.pooled import Json


def _name(outcome: str) -> str:
    return OUTCOMES[outcome].name


def _mean(row: Json) -> str:
    return words.with_interval(row["mean"], row["ci_low"], row["ci_high"])


def few_sentence(outcomes: dict[str, Json]) -> str:
    """Return how much the methods for small-study effects can know here."""
    least = min(item["small_study"]["few"] for item in outcomes.values())
    counts = {key: item["k_numeric"] for key, item in outcomes.items()}
    short = [key for key, k in counts.items() if k < least]
    said = words.listing([f"{words.integer(k)} for {_name(key)}" for key, k in counts.items()])
    text = f"Trials that print a number: {said}."
    if short:
        text += (
            f" Below {least} a test of asymmetry has hardly any power, and an adjusted effect hardly any "
            "precision: a P value that is not small says nothing here, and no adjusted effect replaces the "
            "headline."
        )
    return text


def asymmetry_sentence(outcome: str, tables: Json, level: float) -> str:
    """Return what the regression tests found and how far apart the adjusted effects lie."""
    methods = tables["small_study"]["methods"]
    tests = [m for m in methods if m["key"] == "egger" and m["p_value"] is not None]
    said = words.listing([f"{words.p_value(m['p_value'])} with {m['uses']}" for m in tests])
    adjusted = [m for m in methods if m["asks"] == "adjusted" and m["estimate"] is not None]
    text = f"{words.capital(_name(outcome))}: Egger's test gives {said or 'no P value'}."
    if adjusted:
        values = [m["estimate"] for m in adjusted]
        outside = sum(m["ci_high"] is not None and m["ci_high"] < 0.0 for m in adjusted)
        text += (
            f" {words.capital(words.count(len(adjusted), 'adjusted effect'))} run from "
            f"{words.fixed(min(values))} to {words.fixed(max(values))} mmHg; {words.integer(outside)} of the "
            f"{words.level(level)} intervals {'lies' if outside == 1 else 'lie'} wholly below 0."
        )
    return text


def priors_sentence(outcome: str, tables: Json) -> str:
    """Return how far the posterior mean moves over the grid of priors."""
    grid = tables["prior_grid"]
    proper = grid["pairs"] - grid["improper"]
    low, high = grid["lowest"], grid["highest"]
    text = (
        f"{words.capital(_name(outcome))}: over {words.count(proper, 'pair')} of priors the posterior mean "
        f"runs from {words.fixed(low['mean'])} (mu {low['mu']}, tau {low['tau']}) to "
        f"{words.fixed(high['mean'])} mmHg (mu {high['mu']}, tau {high['tau']}); P(mean below 0) from "
        f"{probability(grid['p_below_0_min'])} to {probability(grid['p_below_0_max'])}; the interval "
        f"lies below 0 under {words.integer(grid['excluding_0'])} of them."
    )
    if grid["improper"]:
        text += f" {words.count(grid['improper'], 'pair')} leave the posterior improper."
    return text


def left_out_sentence(outcome: str, tables: Json) -> str:
    """Return how far the exact posterior moves without one trial, and the least expected number."""
    rows = tables["left_out"]["rows"]
    low, high = min(rows, key=lambda row: row["mean"]), max(rows, key=lambda row: row["mean"])
    text = (
        f"{words.capital(_name(outcome))}: without one trial the posterior mean lies between "
        f"{words.fixed(low['mean'])} (without {low['label']}) and {words.fixed(high['mean'])} mmHg (without "
        f"{high['label']})."
    )
    numbers = [row for row in rows if row["tail"] is not None]
    if numbers:
        odd = min(numbers, key=lambda row: row["tail"])
        text += (
            f" The number least expected from the others is that of {odd['label']} "
            f"(chance of one as far out: {words.fixed(odd['tail'], 3)})."
        )
    return text


def power_sentence(outcome: str, tables: Json) -> str:
    """Return what the rows read second-hand contribute; "" where there are none."""
    if not tables["power"]:
        return ""
    rows = tables["power"]["rows"]
    trials = tables["power"]["secondary"]
    them = "it" if len(trials) == 1 else "them"
    count = words.count(len(trials), "row")
    return (
        f"{words.capital(_name(outcome))}: {count} read in a source that quotes the trial "
        f"({words.listing(trials)}). Without {them} {_mean(rows[0])}, in full {_mean(rows[-1])} mmHg."
    )


def averaging_sentence(outcome: str, tables: Json, level: float) -> str:
    """Return the averaged estimate, the Bayes factors of its components, and the model that leads."""
    found = tables["averaging"]
    bf = {key: bayes_factor(item["bf"]) for key, item in found["inclusion"].items()}
    best = max(found["models"], key=lambda model: model["posterior"])
    averaged = words.with_interval(found["mean"], found["ci_low"], found["ci_high"])
    count = words.count(len(found["models"]), "model")
    return (
        f"{words.capital(_name(outcome))}: averaged over {count} the mean is {averaged} mmHg "
        f"({words.level(level)} interval); inclusion Bayes factors: effect {bf['effect']}, "
        f"heterogeneity {bf['heterogeneity']}, small-study bias {bf['bias']}. The most probable model "
        f"({words.percent(best['posterior'])}) has {_model(best)}. Among the models without bias the mean is "
        f"{words.fixed(found['without_bias']['mean'])} mmHg and an effect has probability "
        f"{words.percent(found['without_bias']['effect'])}."
    )


def _model(model: Json) -> str:
    return words.listing(
        [
            "an effect" if model["effect"] else "no effect",
            "heterogeneity" if model["heterogeneity"] else "no heterogeneity",
            "no bias" if model["bias"] == "none" else f"bias by {model['bias']}",
        ]
    )


def bayes_factor(value: float | None) -> str:
    """Return a Bayes factor with two significant digits, ``over 1000`` and ``under 0.001`` at the ends."""
    if value is None:
        return words.MISSING
    if value > 1000.0:
        return "over 1000"
    if value < 0.001:
        return "under 0.001"
    return words.fixed(value, 0 if value >= 10.0 else 1 if value >= 1.0 else 2)


def small_trials_sentence(outcomes: dict[str, Json]) -> str:
    """Return what small-study bias could do, for the first page; "" without an averaged mean."""
    averaged = {key: item["averaging"] for key, item in outcomes.items() if item["averaging"]}
    if not averaged:
        return ""
    tests = {
        key: method["p_value"]
        for key, item in outcomes.items()
        for method in item["small_study"]["methods"]
        if method["key"] == "egger" and method["p_value"] is not None
    }
    said = [f"{words.p_value(p)} for {_name(key)}" for key, p in tests.items()]
    means = [
        f"{words.with_interval(item['mean'], item['ci_low'], item['ci_high'])} mmHg for {_name(key)}"
        for key, item in averaged.items()
    ]
    asymmetry = f"asymmetry of small and large trials has {words.listing(said)}, and " if said else ""
    return (
        f"Small-study bias: {asymmetry}averaged over models with and without such bias, and with and without "
        f"an effect, the mean is {words.listing(means)}."
    )


def priors_of_averaging(tables: dict[str, Json]) -> str:
    """Return the priors of the averaged models as used, with the SD that put them into mmHg."""
    texts = []
    for key, item in tables.items():
        found = item["averaging"]
        priors = found["priors"]
        texts.append(
            f"{words.capital(_name(key))}: SD {words.fixed(found['sd'])} mmHg, so effect ~ "
            f"{_short(priors['effect'])}, tau ~ {_short(priors['tau'])}, "
            f"PET slope ~ {_short(priors['PET'])}, PEESE slope ~ {_short(priors['PEESE'])} per mmHg."
        )
    return " ".join(texts)


def _short(prior: str) -> str:
    """Return a prior with three significant digits."""
    family, _, rest = prior.partition(":")
    return f"{family}:{','.join(f'{float(value):.3g}' for value in rest.split(','))}"


def mixture_sentence(outcome: str, tables: Json) -> str:
    """Return what letting doubtful rows in would do; "" where there are none."""
    if not tables["mixture"]:
        return ""
    rows = {row["share"]: row for row in tables["mixture"]["rows"]}
    labels = tables["mixture"]["labels"]
    count = words.count(len(labels), "row")
    return (
        f"{words.capital(_name(outcome))}: {count} may not be a contrast with control "
        f"({words.listing(labels)}). Left out {_mean(rows['0'])}; each a contrast with probability 0.5 "
        f"{_mean(rows['0.5'])}; all taken as contrasts {_mean(rows['1'])} mmHg."
    )
