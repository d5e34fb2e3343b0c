"""Page tables on robustness: small-study methods, priors, trials left out, rows that count in part."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json
from mgmeta.report.robustness_words import bayes_factor

Outcomes = Mapping[str, Json]
DASH = words.MISSING


def _heads(outcomes: Outcomes) -> list[str]:
    return [words.capital(f"{OUTCOMES[key].name}, {OUTCOMES[key].unit}") for key in outcomes]


def _mean(row: Json) -> str:
    return words.with_interval(row["mean"], row["ci_low"], row["ci_high"])


def small_study_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable:
    """Return every method for small-study effects and selection, and what it could not do."""
    first = next(iter(outcomes.values()))["small_study"]["methods"]
    lines: list[tuple[Cell, ...]] = []
    for index, method in enumerate(first):
        cells = [_method_cell(item["small_study"]["methods"][index]) for item in outcomes.values()]
        lines.append((Parts(method["label"], method["uses"]), *cells))
    caption = (
        "Tests of asymmetry (P value) and effects adjusted for it (mmHg), each where it can be run. None is "
        "promoted: with few trials they disagree by chance alone. Selection steps at one-sided P = 0.025."
    )
    heads = [key.upper() for key in outcomes]
    return HtmlTable(f"table-small-study-{analysis}", caption, columns("Method", *heads), rows(lines))


def _method_cell(method: Json) -> Cell:
    """Return what one method found: an effect, a P value, or why there is neither."""
    found = []
    if method["estimate"] is not None:
        found.append(words.with_interval(method["estimate"], method["ci_low"], method["ci_high"]))
    if method["p_value"] is not None:
        found.append(words.p_value(method["p_value"]))
    main = ", ".join(found) or DASH
    return Parts(main, method["note"]) if method["note"] else main


def warnings(outcomes: Outcomes) -> list[str]:
    """Return every warning of the methods once, with the methods it is of."""
    found: dict[str, list[str]] = {}
    for key, item in outcomes.items():
        for method in item["small_study"]["methods"]:
            for text in method["warnings"]:
                said = f"{method['label']} ({key.upper()}, {method['uses']})"
                found.setdefault(text, []).append(said)
    return [f"{words.listing(list(dict.fromkeys(who)))}: {text}." for text, who in found.items()]


def priors_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable:
    """Return the posterior of the mean under every pair of priors."""
    grids = [item["prior_grid"]["rows"] for item in outcomes.values()]
    lines = [
        (row["mu"], row["tau"], *(_mean(grid[index]) for grid in grids)) for index, row in enumerate(grids[0])
    ]
    heads = _heads(outcomes)
    caption = "Posterior mean and interval of the mean effect under every pair of priors, exact."
    return HtmlTable(
        f"table-priors-{analysis}",
        caption,
        columns("Prior of the mean", "Prior of tau", *heads, numeric=heads),
        rows(lines),
        searchable=True,
    )


def left_out_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable:
    """Return the exact posterior without each trial, and how well the others foretell it."""
    seen = {row["trial_id"]: row for item in outcomes.values() for row in item["left_out"]["rows"]}
    order = sorted(seen.values(), key=lambda row: (row["year"] or 9999, row["label"]))
    by_trial = [{row["trial_id"]: row for row in item["left_out"]["rows"]} for item in outcomes.values()]
    lines: list[tuple[Cell, ...]] = []
    for trial in order:
        cells: list[Cell] = []
        for table in by_trial:
            row = table.get(trial["trial_id"])
            if row is None:
                cells += [DASH, DASH]
            else:
                tail = words.fixed(row["tail"]) if row["tail"] is not None else DASH
                cells += [_mean(row), Parts(words.fixed(row["log_predictive"]), f"tail {tail}")]
        lines.append((trial["label"], *cells))
    heads = [
        text for head, key in zip(_heads(outcomes), outcomes, strict=True) for text in (head, _foretold(key))
    ]
    caption = (
        "Posterior of the mean effect without each trial, exact; and the log predictive density of its "
        "number (or probability of its words) from all others. Tail: the chance of a number at least as "
        "far out."
    )
    return HtmlTable(
        f"table-left-out-{analysis}", caption, columns("Left out", *heads, numeric=heads), rows(lines)
    )


def _foretold(outcome: str) -> str:
    return f"{outcome.upper()}, log predictive"


def power_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable | None:
    """Return the posterior with rows read second-hand counting in part; None where there are none."""
    known = {key: item["power"]["rows"] for key, item in outcomes.items() if item["power"]}
    if not known:
        return None
    exponents = [row["exponent"] for row in next(iter(known.values()))]
    lines = [
        (words.plain(exponent), *(_mean(table[index]) for table in known.values()))
        for index, exponent in enumerate(exponents)
    ]
    heads = [words.capital(f"{OUTCOMES[key].name}, {OUTCOMES[key].unit}") for key in known]
    caption = "Rows read in a source that quotes the trial, with this power of their likelihood."
    return HtmlTable(f"table-power-{analysis}", caption, columns("Power", *heads, numeric=heads), rows(lines))


def averaging_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable | None:
    """Return the posterior probability of, and the mean under, every averaged model; None without them."""
    known = {key: item["averaging"] for key, item in outcomes.items() if item["averaging"]}
    if not known:
        return None
    first = next(iter(known.values()))["models"]
    lines: list[tuple[Cell, ...]] = []
    for index, model in enumerate(first):
        cells: list[Cell] = []
        for item in known.values():
            own = item["models"][index]
            cells += [words.percent(own["posterior"], 1), _under(own)]
        lines.append((_what(model), model["bias"], words.percent(model["prior"], 1), *cells))
    heads = [
        text for key in known for text in (f"{key.upper()}, posterior", f"{key.upper()}, mean \u00b1 SD")
    ]
    caption = "Every averaged model: prior and posterior probability, and the mean effect under it, mmHg."
    return HtmlTable(
        f"table-averaging-{analysis}",
        caption,
        columns("Model", "Bias", "Prior", *heads, numeric=["Prior", *heads]),
        rows(lines),
    )


def _what(model: Json) -> str:
    effect = "effect" if model["effect"] else "no effect"
    return f"{effect}, {'random' if model['heterogeneity'] else 'common'}"


def _under(model: Json) -> str:
    if not model["effect"]:
        return "0"
    return f"{words.fixed(model['mean'])} \u00b1 {words.fixed(model['sd'])}"


def inclusion_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable | None:
    """Return prior, posterior and Bayes factor of every component; None without averaging."""
    known = {key: item["averaging"]["inclusion"] for key, item in outcomes.items() if item["averaging"]}
    if not known:
        return None
    names = {"effect": "an effect", "heterogeneity": "heterogeneity", "bias": "small-study bias"}
    lines = [
        (
            label,
            *(
                text
                for item in known.values()
                for text in (words.percent(item[key]["posterior"], 1), bayes_factor(item[key]["bf"]))
            ),
        )
        for key, label in names.items()
    ]
    heads = [text for key in known for text in (f"{key.upper()}, posterior", f"{key.upper()}, Bayes factor")]
    caption = "Components of the averaged models; each has prior probability 50%."
    return HtmlTable(
        f"table-inclusion-{analysis}", caption, columns("There is", *heads, numeric=heads), rows(lines)
    )


def mixture_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable | None:
    """Return the posterior with rows that may be no contrasts in two states; None where there are none."""
    known = {key: item["mixture"] for key, item in outcomes.items() if item["mixture"]}
    if not known:
        return None
    shares = [row["share"] for row in next(iter(known.values()))["rows"]]
    lines = [
        (_share(share), *(_mean(item["rows"][index]) for item in known.values()))
        for index, share in enumerate(shares)
    ]
    heads = [words.capital(f"{OUTCOMES[key].name}, {OUTCOMES[key].unit}") for key in known]
    caption = (
        "Rows that may not compare magnesium with control, each a contrast with this probability and "
        "otherwise without information on the mean."
    )
    return HtmlTable(
        f"table-mixture-{analysis}",
        caption,
        columns("Probability of a contrast", *heads, numeric=heads),
        rows(lines),
    )


def _share(text: str) -> str:
    return "unknown, uniform from 0 to 1" if text == "beta:1,1" else text


def states_page_table(analysis: str, outcomes: Outcomes) -> HtmlTable | None:
    """Return the posterior probability of being a contrast of every doubtful row, at 0.5 and unknown."""
    known = {key: item["mixture"] for key, item in outcomes.items() if item["mixture"]}
    if not known:
        return None
    labels = {
        trial: label
        for item in known.values()
        for trial, label in zip(item["uncertain"], item["labels"], strict=True)
    }
    tables = []
    for item in known.values():
        by_share = {row["share"]: row["probabilities"] for row in item["rows"]}
        for share in ("0.5", "beta:1,1"):
            tables.append(dict(zip(item["uncertain"], by_share[share], strict=True)))
    lines = [
        (label, *(words.percent(table.get(trial)) for table in tables)) for trial, label in labels.items()
    ]
    heads = [f"{key.upper()}, {_share(share)}" for key in known for share in ("0.5", "beta:1,1")]
    caption = "Posterior probability that a doubtful row is a contrast, by the prior probability."
    return HtmlTable(
        f"table-states-{analysis}", caption, columns("Trial", *heads, numeric=heads), rows(lines)
    )
