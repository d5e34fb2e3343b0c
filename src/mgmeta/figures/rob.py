"""Risk of bias as traffic lights: what a person judged, domain by domain, in every pooled trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of RoB 2 (Sterne 2019, BMJ 366:l4898); the order of the columns.
DOMAINS = {
    "randomisation": "randomi-\nsation",
    "deviations": "devia-\ntions",
    "missing_data": "missing\ndata",
    "measurement": "measure-\nment",
    "selection": "selected\nresult",
    "overall": "overall",
}
LIGHTS = {"low": "+", "some_concerns": "?", "high": "\u00d7"}  # told by sign, not by colour alone
COLORS = {"low": "estimate", "some_concerns": "published", "high": "bound"}
ROW, COLUMN, LABEL, EDGE, HEAD, FOOT = 0.26, 0.72, 1.9, 0.08, 0.5, 0.36  # inches


@dataclass(frozen=True)
class Lights:
    """The figure: a row a judged trial (label, judgements by domain), and how many are pooled in all."""

    rows: tuple[tuple[str, dict[str, str]], ...]
    pooled: int


def prepare(results: Results, analysis: str, outcome: str) -> Lights:
    """Collect the pooled trials of all outcomes (*analysis* and *outcome* do not matter here).

    Raises
    ------
    DataError
        If the certainty was not read.
    """
    trials = {
        str(trial["trial_id"]): trial
        for item in results.reproduced("certainty")["outcomes"].values()
        for trial in item["rob_trials"]
    }
    judged = [trial for _, trial in sorted(trials.items()) if trial["judgements"]]
    return Lights(tuple((str(t["label"]), dict(t["judgements"])) for t in judged), len(trials))


def draw(data: Lights) -> Figure:
    """Draw the figure: a disc with its sign for every judgement."""
    from matplotlib.figure import Figure

    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted, styled

    n = max(len(data.rows), 1)
    width, height = LABEL + len(DOMAINS) * COLUMN + EDGE, HEAD + n * ROW + FOOT
    with styled():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0.0, FOOT / height, 1.0, n * ROW / height))
        axes.set_xlim(0.0, width)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_axis_off()
        places = [LABEL + (i + 0.5) * COLUMN for i in range(len(DOMAINS))]
        for x, head in zip(places, DOMAINS.values(), strict=True):
            axes.text(x, -0.7, head, ha="center", va="bottom", size=SMALL, clip_on=False)
        for y, (label, judgements) in enumerate(data.rows):
            name = fitted(drawable(label), LABEL - 0.1, SMALL)
            axes.text(EDGE, y, name, va="center_baseline", size=SMALL)
            for x, domain in zip(places, DOMAINS, strict=True):
                judgement = judgements[domain]
                color = PALETTE[COLORS[judgement]]
                axes.plot([x], [y], "o", ms=13, color=color, mew=0, clip_on=False)
                axes.text(
                    x,
                    y,
                    LIGHTS[judgement],
                    ha="center",
                    va="center_baseline",
                    weight="bold",
                    color=PALETTE["paper"],
                )
        if not data.rows:
            axes.text(EDGE, 0.0, "not assessed", va="center_baseline", size=SMALL)
        key = "   ".join(f"{sign} {kind.replace('_', ' ')}" for kind, sign in LIGHTS.items())
        axes.text(EDGE, n - 0.1, key, va="top", size=SMALL, color=PALETTE["muted"], clip_on=False)
    return figure


def caption(data: Lights) -> str:
    """Return the caption: how many trials are judged, and how many overall at which risk."""
    if not data.rows:
        return "Risk of bias: not assessed. Nobody has judged a pooled trial; blinding is not risk of bias."
    overall = [judgements["overall"] for _, judgements in data.rows]
    said = [f"{overall.count(kind)} {kind.replace('_', ' ')}" for kind in LIGHTS if kind in overall]
    return (
        f"Judgements of a person by the domains of RoB 2 for {words.integer(len(data.rows))} of "
        f"{words.count(data.pooled, 'pooled trial')}; overall: {words.listing(said)}. The program does not "
        "judge."
    )


def alt(data: Lights) -> str:
    """Return the text that stands for the figure."""
    return f"A grid of signs, one row a trial, one column a domain of bias. {caption(data)}"


def table(data: Lights) -> Cells:
    """Return the figure as a table."""
    heads = ("Trial", *(words.capital(domain.replace("_", " ")) for domain in DOMAINS))
    rows = [
        (label, *(judgements[domain].replace("_", " ") for domain in DOMAINS))
        for label, judgements in data.rows
    ]
    return heads, rows or [("not assessed", *[words.MISSING] * len(DOMAINS))]
