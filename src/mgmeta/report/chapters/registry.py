"""The chapters of the page in order. To add one: a module, ``templates/chapters/<key>.html.j2``, a line here.

The module has a function that returns what the template prints under the name `content`, or None where
there is nothing to tell: the chapter and its line in the contents are then left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mgmeta.report.chapters import (
    answer,
    basis,
    bayes,
    beside,
    certainty,
    changes,
    claims,
    dose,
    explore,
    fetch,
    ledger,
    methods,
    models,
    moderators,
    multiverse,
    prisma,
    robustness,
    silence,
    update,
)
from mgmeta.report.inputs import Inputs

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes
    ----------
    key : str
        Its id in the page and the name of its template.
    contents, heading : str
        Its line in the table of contents, and its heading.
    content : callable
        Returns what its template prints, or None.
    """

    key: str
    contents: str
    heading: str
    content: Callable[[Inputs], Content | None]


def nothing(inputs: Inputs) -> Content:
    """Return no content: the template needs only what every chapter sees."""
    return {}


CHAPTERS = (
    Chapter("answer", "The answer", "The answer", answer.content),
    Chapter("changes", "What changed", "What changed since the last release", changes.content),
    Chapter("headline", "Beside the published", "Beside the published result", beside.content),
    Chapter("trials", "Every trial", "Every pooled trial", nothing),
    Chapter("explore", "Explore", "Explore the evidence", explore.content),
    Chapter("dose", "How much, how long", "How much, and for how long", dose.content),
    Chapter("moderators", "In whom", "In whom", moderators.content),
    Chapter("silence", "What silence does", "What silence does", silence.content),
    Chapter("fetch", "Fetch these first", "Fetch these papers first", fetch.content),
    Chapter("ledger", "Every published review", "Every published review, from one table", ledger.content),
    Chapter("update", "All years", "All years", update.content),
    Chapter("readers", "What people read", "What people read, and what this supports", beside.claims),
    Chapter("claims", "Claims, checked", "Claims, each by one rule", claims.content),
    Chapter("certainty", "Certainty", "How certain is this?", certainty.content),
    Chapter("robustness", "Robustness", "Robustness", robustness.content),
    Chapter("scenarios", "Scenarios", "If it were done differently", answer.scenarios),
    Chapter("multiverse", "Every combination", "Every combination of choices", multiverse.content),
    Chapter("bayes", "Bayesian view", "The Bayesian view", bayes.content),
    Chapter(
        "models", "Bayesian models", "Bayesian models: what is not known enters as unknown", models.content
    ),
    Chapter("evidence", "Evidence", "The evidence", basis.evidence),
    Chapter("decisions", "Decisions", "Decisions on the way", basis.decisions),
    Chapter("checks", "Checks", "Checks of the raw tables", basis.checks),
    Chapter("sources", "Sources", "Sources", basis.sources),
    Chapter("methods", "Methods", "Methods", methods.content),
    Chapter("prisma", "PRISMA checklist", "PRISMA 2020 checklist", prisma.content),
    Chapter("cite", "How to cite", "How to cite", nothing),
)
