"""The choices of the multiverse: each with its levels, the protocol's own first.

Three kinds. *Reading* choices change the numbers a trial has (which row, which SE);
*eligibility* choices change which trials are in; *pooling* choices change what is
done with them. Every combination is one specification. Which population is asked
about (hypertensive, pregnant, ...) is no choice but another question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mgmeta.config import Analysis, Assume, Select

READING = "reading"
ELIGIBILITY = "eligibility"
POOLING = "pooling"


@dataclass(frozen=True)
class Choice:
    """One thing that could be done otherwise.

    Attributes
    ----------
    key, name, kind : str
        Its id, its name in words, and `READING`, `ELIGIBILITY` or `POOLING`.
    levels : tuple of (str, value)
        What each level is called and what it sets; the first is the protocol's.
    """

    key: str
    name: str
    kind: str
    levels: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Pooling:
    """What is done with words, and by which estimator.

    ``words`` is ``drop``, ``bounds`` or ``bounds_silent``; ``method`` an estimator of
    tau2 for numbers, ML or Bayes for numbers and bounds; ``test`` as in
    :func:`mgmeta.stats.batch.pool_batch`.
    """

    words: str
    method: str
    test: str = ""


POOLINGS: tuple[tuple[str, Pooling], ...] = (
    ("words as bounds, maximum likelihood", Pooling("bounds", "ML")),
    ("words as bounds, Bayesian", Pooling("bounds", "Bayes")),
    ("words as bounds, silent trials as not significant, maximum likelihood", Pooling("bounds_silent", "ML")),
    ("words as bounds, silent trials as not significant, Bayesian", Pooling("bounds_silent", "Bayes")),
    ("words dropped, REML with Hartung-Knapp", Pooling("drop", "REML", "knha")),
    ("words dropped, DerSimonian-Laird", Pooling("drop", "DL", "z")),
    ("words dropped, common effect", Pooling("drop", "FE", "z")),
)

PRIMARY_OUT = ("comparator", "component", "quantity")

CHOICES: tuple[Choice, ...] = (
    Choice(
        "correlation",
        "correlation within a person",
        READING,
        (("0.5", 0.5), ("0.3", 0.3), ("0.7", 0.7)),
    ),
    Choice("sd", "borrowed SD", READING, (("as modelled", 1.0), ("x 0.7", 0.7), ("x 1.4", 1.4))),
    Choice(
        "conflict",
        "SE where routes conflict",
        READING,
        (("largest", "largest_se"), ("smallest", "smallest_se")),
    ),
    Choice(
        "ambiguity",
        "ambiguous rows",
        READING,
        (
            ("in, if they are contrasts", PRIMARY_OUT),
            ("in, also if they may not be contrasts", ("component", "quantity")),
            ("out", (*PRIMARY_OUT, "significance", "value", "dispersion", "population")),
        ),
    ),
    Choice(
        "preference",
        "measurement preferred",
        READING,
        (("office", False), ("ambulatory", True)),
    ),
    Choice("unclear", "unclear design", ELIGIBILITY, (("passes", "pass"), ("fails", "fail"))),
    Choice(
        "blinding",
        "blinding",
        ELIGIBILITY,
        (("double", ("double",)), ("any", ("double", "single", "open"))),
    ),
    Choice(
        "comparator",
        "control",
        ELIGIBILITY,
        (("placebo", ("placebo",)), ("placebo or nothing", ("placebo", "no_treatment", "usual_care"))),
    ),
    Choice(
        "cointervention", "given with magnesium", ELIGIBILITY, (("nothing", ("none",)), ("anything", None))
    ),
    Choice("setting", "setting", ELIGIBILITY, (("any", None), ("general", ("general",)))),
    Choice(
        "duration",
        "shortest trial",
        ELIGIBILITY,
        (("3 weeks", 3.0), ("any", None), ("8 weeks", 8.0)),
    ),
    Choice("years", "years", ELIGIBILITY, (("of the review", False), ("all", True))),
    Choice("dose", "dose", ELIGIBILITY, (("any", False), ("known to be elemental", True))),
    Choice("pooling", "words and estimator", POOLING, POOLINGS),
    Choice(
        "outliers",
        "outlying numbers",
        POOLING,
        (("kept", False), ("left out", True)),
    ),
)


def of_kind(kind: str) -> tuple[Choice, ...]:
    """Return the choices of one kind, in order."""
    return tuple(choice for choice in CHOICES if choice.kind == kind)


def assume_of(base: Assume, correlation: float, sd: float, conflict: str) -> Assume:
    """Return the assumptions of three reading choices."""
    return replace(base, correlation=correlation, sd_factor=sd, conflict=conflict)


def select_of(base: Analysis, values: dict[str, Any]) -> Select:
    """Return the criteria of one combination of eligibility choices.

    Parameters
    ----------
    base
        The analysis that answers the published target: its years and what the choices do not touch.
    values
        Choice key -> what its level sets. The dose is no criterion of :class:`Select`.
    """
    select = replace(
        base.select,
        unclear=values["unclear"],
        blinding=values["blinding"],
        comparator=values["comparator"],
        cointervention=values["cointervention"],
        setting=values["setting"],
        duration_weeks_min=values["duration"],
    )
    return replace(select, year_max=None, year_unclear=()) if values["years"] else select
