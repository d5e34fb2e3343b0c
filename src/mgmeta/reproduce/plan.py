"""The published reviews as code: criteria, readings of what they do not state, models, targets.

``config/reviews.yaml`` says only what ``reviews.csv`` prints. A criterion it does
not print is *unknown*: every combination of its readings is run, the first one is
the primary.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from mgmeta.config import Config, Select, read_yaml
from mgmeta.config.check import Key, Problem, dotted, hint, problems, schema
from mgmeta.errors import ConfigError

ANY_OF = "any_of"


@dataclass(frozen=True)
class TargetKey:
    """One row of ``reviews.csv`` to reproduce; ``counted`` = its number of trials is that of the pool."""

    outcome: str
    subset: str
    unit: str
    counted: bool


@dataclass(frozen=True)
class Reading:
    """One way to read a review's criteria.

    Attributes
    ----------
    label : str
        How it departs from the primary reading; "" for the primary itself.
    select : Select
        Criteria that a trial must meet.
    any_of : tuple of Select
        A trial must also meet one of these; empty = no such demand.
    """

    label: str
    select: Select
    any_of: tuple[Select, ...] = ()


@dataclass(frozen=True)
class ReviewPlan:
    """How one review is reproduced.

    Attributes
    ----------
    models : tuple of str
        Estimators of tau2 with normal quantiles, the primary one first.
    not_judged, cannot_say : str
        Why there is no verdict; which criteria no column expresses ("" = none).
    targets : tuple of TargetKey
        What is reproduced.
    readings : mapping of str to tuple of Reading
        By subset, the primary reading first.
    """

    review_id: str
    models: tuple[str, ...]
    not_judged: str
    cannot_say: str
    targets: tuple[TargetKey, ...]
    readings: Mapping[str, tuple[Reading, ...]]


@dataclass(frozen=True)
class LeftOut:
    """A pattern of rows that are no targets; "" matches anything."""

    review: str
    outcome: str
    subset: str
    reason: str


@dataclass(frozen=True)
class Override:
    """A person's rating of one domain of certainty."""

    outcome: str
    domain: str
    levels: int
    note: str


@dataclass(frozen=True)
class Plan:
    """Everything ``config/reviews.yaml`` says, checked and resolved."""

    reviews: tuple[ReviewPlan, ...]
    left_out: tuple[LeftOut, ...]
    overrides: tuple[Override, ...]


def load_plan(path: str | os.PathLike[str], config: Config) -> Plan:
    """Read and check the published reviews.

    Raises
    ------
    ConfigError
        With every problem found, one a line: ``file:line: key: what``.
    """
    raw, found, where = read_yaml(path)
    found += problems(raw, _schema())
    if not found:
        found += _cross_check(raw, config)
    if found:
        lines = dict.fromkeys(f"{where(key)}{dotted(key)}: {what}" for key, what in found)
        raise ConfigError("the published reviews cannot be used:\n  " + "\n  ".join(lines))
    return _build(raw, config)


def _schema() -> dict[str, Any]:
    """Return the schema of the file with the definitions of the configuration's."""
    own, base = schema("reviews"), schema()
    return {**own, "$defs": {**base["$defs"], **own["$defs"]}}


def _cross_check(raw: Mapping[str, Any], config: Config) -> Iterator[Problem]:
    """Yield what the schema cannot say: readings that are no criteria, names that lead nowhere."""
    select = {**_schema()["$defs"]["select"], "$defs": _schema()["$defs"]}
    for name, block in raw["reviews"].items():
        here: Key = ("reviews", name)
        like = block.get("like")
        if like is not None and like not in config.analyses:
            yield (*here, "like"), f"there is no analysis {like!r}{hint(like, list(config.analyses))}"
        for criterion, readings in block["unknown"].items():
            for index, reading in enumerate(readings):
                at = (*here, "unknown", criterion, index)
                blocks = reading if criterion == ANY_OF else [{criterion: reading}]
                if not isinstance(blocks, list) or not blocks:
                    yield at, "expected a list of blocks of criteria"
                    continue
                for item in blocks:
                    yield from ((at, f"{dotted(key)}: {what}") for key, what in problems(item, select))
            if any(readings.count(reading) > 1 for reading in readings):
                yield (*here, "unknown", criterion), "a reading stands there twice"
        subsets = {"overall", "dose_slope", *block.get("subsets", {})}
        for index, target in enumerate(block["targets"]):
            if target["subset"] not in subsets:
                what = f"no criteria for subset {target['subset']!r}; say them under `subsets`"
                yield (*here, "targets", index, "subset"), what


def _build(raw: Mapping[str, Any], config: Config) -> Plan:
    reviews = tuple(_review(name, block, raw["select"], config) for name, block in raw["reviews"].items())
    left_out = tuple(
        LeftOut(item.get("review", ""), item.get("outcome", ""), item.get("subset", ""), item["reason"])
        for item in raw["left_out"]
    )
    overrides = tuple(
        Override(outcome, domain, item["levels"], item["note"])
        for outcome, domains in raw["certainty"].items()
        for domain, item in domains.items()
    )
    return Plan(reviews, left_out, overrides)


def _review(name: str, block: Mapping[str, Any], base: Mapping[str, Any], config: Config) -> ReviewPlan:
    start = dict(base)
    if "like" in block:
        start |= config.analyses[block["like"]].spec()["select"]
    start |= block["select"]
    targets = tuple(
        TargetKey(outcome, item["subset"], item["unit"], item["trials"] == "printed")
        for item in block["targets"]
        for outcome in ([item["outcome"]] if "outcome" in item else config.pressures)
    )
    subsets = block.get("subsets", {})
    return ReviewPlan(
        name,
        tuple(block["models"]),
        block.get("not_judged", "").strip(),
        block.get("cannot_say", ""),
        targets,
        {
            target.subset: _readings(start, block["unknown"], subsets.get(target.subset, {}))
            for target in targets
        },
    )


def _readings(
    start: Mapping[str, Any], unknown: Mapping[str, list[Any]], subset: Mapping[str, Any]
) -> tuple[Reading, ...]:
    """Return every combination of readings, the primary one first."""
    primary = {criterion: values[0] for criterion, values in unknown.items()}
    readings = []
    for values in product(*unknown.values()):
        chosen = dict(zip(unknown, values, strict=True))
        changed = [words_of(key, value) for key, value in chosen.items() if value != primary[key]]
        blocks = chosen.pop(ANY_OF, [])
        whole = {**start, **chosen, **subset}
        readings.append(
            Reading(
                "; ".join(changed),
                _select(whole),
                tuple(_select({**whole, **block, "stated": _stated(whole, block)}) for block in blocks),
            )
        )
    return tuple(readings)


def _stated(whole: Mapping[str, Any], block: Mapping[str, Any]) -> list[str]:
    """Return the columns that must be stated: those of the review, and all that an alternative restricts."""
    return list(dict.fromkeys([*(whole.get("stated") or []), *(key for key in block if key != "stated")]))


def _select(values: Mapping[str, Any]) -> Select:
    tuples: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return Select(**tuples)


def words_of(criterion: str, value: Any) -> str:
    """Return one reading in words: ``blinding: double``, ``any cointervention``, ``at least 4 weeks``."""
    name = criterion.replace("_", " ")
    if criterion == "duration_weeks_min":
        return "any duration" if value is None else f"at least {value:g} weeks"
    if criterion == ANY_OF:
        parts = [
            " and ".join(words_of(key, item) for key, item in block.items() if key != "stated")
            for block in value
        ]
        return f"one of: {', '.join(parts)}"
    if value is None:
        return f"any {name}"
    return f"{name}: {' or '.join(str(item).replace('_', ' ') for item in value)}"
