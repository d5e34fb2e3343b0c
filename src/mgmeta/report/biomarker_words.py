"""Serum magnesium as mediator and the vascular outcomes, in sentences and a table."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures.ends import lies_within
from mgmeta.report.htmltable import HtmlTable, columns, rows
from mgmeta.report.pooled import Json
from mgmeta.words import MISSING, capital, count, fixed, interval, level, p_value, with_interval

DIGITS = {"serum_mg": 3}
# k below which a pool is called too thin to say anything (docs/protocol.md section 11.1).
FEW = 5


def pooled_sentence(item: Json) -> str:
    """Return what the trials show on one biomarker, with the published pools."""
    digits = DIGITS.get(item["key"], 2)
    k = item["k_numeric"] + item["k_bounds"]
    trials = f"{count(k, 'trial')} ({item['k_numeric']} with numbers, {item['k_bounds']} with words only)"
    name, pool = capital(str(item["name"])), item["bounded"]
    if pool is None:
        text = f"{name}: no pool. {capital(str(item['bounded_reason']))}."
    else:
        value = with_interval(pool["estimate"], pool["ci_low"], pool["ci_high"], digits)
        text = f"{name}: {trials} give {value} {item['unit']}, magnesium minus control."
        if k < FEW:
            text += f" {capital(count(k, 'trial'))} cannot carry a conclusion."
    return f"{text} {_published(item, digits)}"


def _published(item: Json, digits: int) -> str:
    known = [
        f"{pool['label']} {with_interval(pool['estimate'], pool['ci_low'], pool['ci_high'], digits)}"
        for pool in item["published"]
        if pool["estimate"] is not None
    ]
    return f"Published: {'; '.join(known)}." if known else "Published: no number in the tables."


def serum_dose_sentence(item: Json) -> str:
    """Return whether larger doses raised serum magnesium more."""
    dose = item["dose"]
    if dose["difference"] is None:
        return f"Serum magnesium by dose: refused, {dose['reason']}."
    found = dose["difference"]
    value = with_interval(found["estimate"], found["ci_low"], found["ci_high"], 3)
    includes = lies_within(0.0, found["ci_low"], found["ci_high"])
    return (
        f"In {count(dose['k_numeric'] + dose['k_bounds'], 'trial')} of known elemental dose, each 100 mg/d "
        f"more goes with {value} {item['unit']} ({p_value(found['p_value'])}): the interval "
        f"{'includes' if includes else 'excludes'} zero."
    )


def surrogate_sentence(outcome: str, out: Json) -> str:
    """Return whether trials that raised serum magnesium more lowered pressure more."""
    name = OUTCOMES[outcome].name
    main = next(item for item in out["surrogate"] if item["within"] == 0.0)
    if main["slope"] is None:
        return f"For {name}, no line: {main['reason']}."
    others = [fixed(item["slope"]) for item in out["surrogate"] if item["within"] != 0.0]
    text = (
        f"For {name}, {count(main['k'], 'trial')} report both ({main['k_numbers']} with numbers for both): "
        f"{fixed(main['slope'])} {out['unit']} for each 0.1 mmol/L more"
    )
    if main["identified"]:
        text += f", interval {interval(main['ci_low'], main['ci_high'])}, {p_value(main['p_value'])}."
    else:
        text += f", but this is not identified: {main['reason']} ({p_value(main['p_value'])} of no relation)."
    return f"{text} With sampling errors correlated at \u22120.5 or 0.5: {' or '.join(others)}."


def biomarker_page_table(name: str, biomarkers: Mapping[str, Json], confidence: float) -> HtmlTable:
    """Return every trial and pool of the three outcomes."""
    lines = []
    for item in biomarkers.values():
        digits, outcome = DIGITS.get(item["key"], 2), capital(str(item["name"]))
        for row in item["rows"]:
            said = interval(row["yi_low"], row["yi_high"], digits)
            value = fixed(row["yi"], digits) if row["kind"] == "estimate" else f"words: {said}"
            line = (outcome, str(row["label"]), value, fixed(row["sei"], digits), str(row["assumed"] or ""))
            lines.append(line)
        for key, label in (("bounded", "Pool, numbers + words"), ("numeric", "Pool, numbers only")):
            pool, reason = item[key], str(item[f"{key}_reason"])
            value = (
                MISSING
                if pool is None
                else with_interval(pool["estimate"], pool["ci_low"], pool["ci_high"], digits)
            )
            lines.append((outcome, label, value, "", reason if pool is None else f"unit: {item['unit']}"))
    heads = ("Outcome", "Trial or pool", "Magnesium minus control", "SE", "Remark")
    caption = f"Serum magnesium and vascular outcomes: trials and pools, {level(confidence)} intervals."
    return HtmlTable(
        f"table-biomarkers-{name}", caption, columns(*heads, numeric=heads[2:4]), rows(lines), True
    )


def left_out_sentence(item: Json) -> str:
    """Return how many trials print the outcome without being pooled, by kind; "" if none."""
    if not item["left_out"]:
        return ""
    kinds: dict[str, int] = {}
    for row in item["left_out"]:
        kinds[row["status"]] = kinds.get(row["status"], 0) + 1
    parts = [f"{n} {KINDS.get(kind, kind.replace('_', ' '))}" for kind, n in kinds.items()]
    trials = count(len(item["left_out"]), "more trial")
    return f"{trials} in the tables not pooled for {item['name']}: {', '.join(parts)}."


KINDS = {
    "not_eligible": "do not meet the criteria",
    "within_arm_only": "print the magnesium arm's own change only",
    "row_left_out": "may not compare with control",
    "unusable": "cannot be used",
    "same_participants": "share their people with another",
}
