"""Reading the configuration: one strict YAML file in, frozen dataclasses out.

The schema (``config.schema.yaml`` of the package) names every key and says
what it means. An unknown key, a value outside its list, a key written twice or
a name that leads nowhere is refused: file, line, key, what was found, what is
allowed. Nothing has a hidden default: what an analysis needs is said by itself,
by the analysis it is `like`, or by the top-level ``assume``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mgmeta.config.check import Key, Problem, dotted, hint, problems
from mgmeta.config.records import Analysis, Assume, BayesSettings, Config, Moderator, Select, Target
from mgmeta.config.text import read_yaml
from mgmeta.errors import ConfigError

# What an analysis must say, itself or through `like`: each would otherwise be a
# choice made in silence.
REQUIRED_SELECT = ("unclear", "ambiguity_out", "dose_basis", "silent")


def load_config(path: str | os.PathLike[str]) -> Config:
    """Read, check and resolve a configuration file.

    Raises
    ------
    ConfigError
        With every problem found, one a line: ``file:line: key: what``.
    """
    raw, twice, where = read_yaml(path)
    return _resolve(raw, twice, where)


def resolve(config: Mapping[str, Any]) -> Config:
    """Check and resolve a configuration already read into plain values.

    Raises
    ------
    ConfigError
        With every problem found, one a line: ``key: what``.
    """
    return _resolve(config, [], lambda key: "")


def _resolve(raw: Any, already: list[Problem], where: Callable[[Key], str]) -> Config:
    """Check *raw*; raise every problem at once or return the resolved Config."""
    found = [*already, *problems(raw)]
    if not found:
        found.extend(_cross_check(raw))
    if found:
        lines = dict.fromkeys(f"{where(key)}{dotted(key)}: {what}" for key, what in found)
        raise ConfigError("the configuration cannot be used:\n  " + "\n  ".join(lines))
    return _build(raw)


def _build(raw: Mapping[str, Any]) -> Config:
    """Return the dataclasses of a configuration known to be valid."""
    families = raw["bayes"].get("families")
    bayes = BayesSettings(**raw["bayes"] | {"families": None if families is None else tuple(families)})
    moderators = tuple(Moderator(name, **value) for name, value in raw["moderators"].items())
    outcomes = tuple(raw["outcomes"])
    analyses = {}
    for name, block in raw["analyses"].items():
        analyses[name] = Analysis(
            name=name,
            title=block["title"],
            select=Select(**_tuples(_inherited(raw["analyses"], name, "select"))),
            assume=Assume(**{**raw["assume"], **_inherited(raw["analyses"], name, "assume")}),
            bayes=bayes if block.get("bayes", False) else None,
            moderators=moderators if block.get("moderators", False) else (),
            outcomes=outcomes,
            level=float(raw["level"]),
            seed=raw["seed"],
        )
    return Config(
        raw=raw["raw"],
        outcomes=outcomes,
        level=float(raw["level"]),
        seed=raw["seed"],
        bayes=bayes,
        target=Target(**raw["target"]),
        assume=Assume(**raw["assume"]),
        moderators=moderators,
        analyses=analyses,
    )


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _ancestry(analyses: Mapping[str, Any], name: str) -> list[str]:
    """Return *name* and the analyses it is `like`, nearest first; stop before a repeat."""
    chain = [name]
    while (parent := analyses[chain[-1]].get("like")) in analyses and parent not in chain:
        chain.append(parent)
    return chain


def _inherited(analyses: Mapping[str, Any], name: str, block: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for ancestor in reversed(_ancestry(analyses, name)):
        merged.update(analyses[ancestor].get(block, {}))
    return merged


def _cross_check(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what a schema cannot say: names that lead nowhere, circles, gaps."""
    analyses = raw["analyses"]
    if raw["target"]["analysis"] not in analyses:
        yield ("target", "analysis"), _no_such(raw["target"]["analysis"], analyses)
    for name, block in analyses.items():
        like = block.get("like")
        if like is not None and like not in analyses:
            yield ("analyses", name, "like"), _no_such(like, analyses)
            continue
        chain = _ancestry(analyses, name)
        back = analyses[chain[-1]].get("like")
        if back == name:
            yield ("analyses", name, "like"), f"goes round in a circle ({' -> '.join([*chain, name])})"
        if back is not None:
            continue
        select = _inherited(analyses, name, "select")
        for key in REQUIRED_SELECT:
            if key not in select:
                yield (
                    ("analyses", name, "select", key),
                    "missing; say it here or in an analysis this one is `like`",
                )


def _no_such(found: str, names: Mapping[str, Any]) -> str:
    return f"there is no analysis {found!r}{hint(found, list(names))}"
