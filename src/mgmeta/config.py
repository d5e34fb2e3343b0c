"""The configuration: one strict YAML file in, frozen dataclasses out.

The schema (``config.schema.yaml`` beside this module) names every key and says
what it means. An unknown key, a value outside its list, a key written twice or
a name that leads nowhere is refused: file, line, key, what was found, what is
allowed. Nothing has a hidden default: what an analysis needs is said by itself,
by the analysis it is `like`, or by the top-level ``assume``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mgmeta.config_check import Key, Problem, dotted, hint, problems, schema
from mgmeta.config_yaml import read_yaml
from mgmeta.errors import ConfigError

__all__ = [
    "Analysis",
    "Assume",
    "BayesSettings",
    "Config",
    "Moderator",
    "Select",
    "Target",
    "load_config",
    "read_yaml",
    "resolve",
    "schema",
]

# What an analysis must say, itself or through `like`: each would otherwise be a
# choice made in silence.
REQUIRED_SELECT = ("unclear", "ambiguity_out", "dose_basis", "silent")


@dataclass(frozen=True)
class Select:
    """Which trials and rows enter an analysis; ``None`` does not restrict.

    Attributes mirror ``analyses.*.select`` of the schema. Tuples hold allowed
    values of the column of the same name in ``trials.csv``; `ambiguity_out`
    holds the kinds of ambiguous rows of ``reports.csv`` that stay out; `stated`
    names the restricted columns in which ``unclear`` fails whatever `unclear` says.
    """

    unclear: str
    ambiguity_out: tuple[str, ...]
    dose_basis: tuple[str, ...]
    silent: str
    randomised: tuple[str, ...] | None = None
    blinding: tuple[str, ...] | None = None
    comparator: tuple[str, ...] | None = None
    cointervention: tuple[str, ...] | None = None
    setting: tuple[str, ...] | None = None
    bp_status: tuple[str, ...] | None = None
    design: tuple[str, ...] | None = None
    bp_treatment: tuple[str, ...] | None = None
    diabetes: tuple[str, ...] | None = None
    mg_status: tuple[str, ...] | None = None
    stated: tuple[str, ...] | None = None
    duration_weeks_min: float | None = None
    year_max: int | None = None
    year_unclear: tuple[int, ...] = ()


@dataclass(frozen=True)
class Assume:
    """What is assumed on the way from a printed statement to an effect."""

    sd_factor: float
    worded_test: str
    correlation: float
    conflict: str
    conflict_tolerance: float
    map_pp: str
    sbp_dbp_correlation: float


@dataclass(frozen=True)
class BayesSettings:
    """Priors (text, ``family:parameters``, mmHg) and sampler settings."""

    prior_mu: str
    prior_slope: str
    prior_tau: str
    draws: int
    tune: int
    chains: int
    target_accept: float


@dataclass(frozen=True)
class Moderator:
    """A covariate: its name, the slice column that holds it, its unit in words."""

    name: str
    column: str
    label: str


@dataclass(frozen=True)
class Target:
    """The published result the headline stands beside."""

    review: str
    analysis: str
    subset: str


@dataclass(frozen=True)
class Analysis:
    """One named analysis, complete in itself.

    Attributes
    ----------
    name, title : str
        Its id (a file name) and what the report calls it.
    select, assume : Select, Assume
        Resolved: `like` and the top-level ``assume`` are already laid under.
    bayes : BayesSettings or None
        Settings if the Bayesian models are to be sampled, else ``None``.
    moderators : tuple of Moderator
        Moderators to fit; empty if not asked.
    outcomes : tuple of str
        Outcomes to pool.
    level : float
        Level of every interval.
    seed : int
        Seed of every random number.
    """

    name: str
    title: str
    select: Select
    assume: Assume
    bayes: BayesSettings | None
    moderators: tuple[Moderator, ...]
    outcomes: tuple[str, ...]
    level: float
    seed: int

    def spec(self) -> dict[str, Any]:
        """Return what ``mgmeta fit`` and ``mgmeta sample`` get, as plain JSON values.

        ``{analysis, title, level, seed, outcomes, moderators: {name: {column,
        label}}, select, assume, bayes: {...} | null}``. It names nothing of other
        analyses, so that editing one leaves the specs of all others as they were.
        `select` leaves out what does not restrict.
        """
        return {
            "analysis": self.name,
            "title": self.title,
            "level": self.level,
            "seed": self.seed,
            "outcomes": list(self.outcomes),
            "moderators": {
                item.name: {"column": item.column, "label": item.label} for item in self.moderators
            },
            "select": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(self.select).items()
                if value is not None
            },
            "assume": asdict(self.assume),
            "bayes": asdict(self.bayes) if self.bayes else None,
        }


@dataclass(frozen=True)
class Config:
    """The whole configuration, resolved and checked.

    Attributes
    ----------
    raw : str
        Folder of the evidence tables, as written.
    outcomes : tuple of str
        Outcomes to pool.
    level : float
        Level of every interval.
    seed : int
        Seed of every random number.
    bayes : BayesSettings
        Priors and sampler.
    target : Target
        The published result.
    assume : Assume
        Assumptions unless an analysis says otherwise.
    moderators : tuple of Moderator
        All moderators.
    analyses : dict of str to Analysis
        By name, in the order of the file.
    """

    raw: str
    outcomes: tuple[str, ...]
    level: float
    seed: int
    bayes: BayesSettings
    target: Target
    assume: Assume
    moderators: tuple[Moderator, ...]
    analyses: dict[str, Analysis]

    @property
    def pressures(self) -> tuple[str, ...]:
        """The outcomes that published results and claims are about; any other has its own pools only."""
        from mgmeta.evidence.outcomes import PRESSURES

        return tuple(outcome for outcome in self.outcomes if outcome in PRESSURES)


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
    bayes = BayesSettings(**raw["bayes"])
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
