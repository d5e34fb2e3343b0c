"""The methods as they were run: selection, assumptions, models, priors, seed, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.config import Analysis, Config, Select
from mgmeta.figures import words
from mgmeta.figures.results import Results
from mgmeta.report.htmltable import HtmlTable, columns, rows
from mgmeta.report.published import Published

ASSUMPTIONS = {
    "sd_factor": "factor on every borrowed SD of change",
    "worded_test": "test behind a result told in words (parallel trials)",
    "correlation": "correlation before-after and between crossover periods",
    "conflict": "SE taken where two routes disagree",
    "conflict_tolerance": "relative difference of SEs that counts as disagreement",
    "map_pp": "mean arterial and pulse pressure",
    "sbp_dbp_correlation": "correlation of SBP and DBP effects (conversion scenario only)",
}


@dataclass(frozen=True)
class Methods:
    """The methods section.

    Attributes
    ----------
    level, seed : str
        Level of every interval and seed of every random number.
    prior_mu, prior_slope, prior_tau : str
        Priors in words.
    sampler : str
        Sampler with its settings.
    analyses, assumptions, versions : HtmlTable
        Tables: what each analysis selects, what is assumed, package versions.
    """

    level: str
    seed: str
    prior_mu: str
    prior_slope: str
    prior_tau: str
    sampler: str
    analyses: HtmlTable
    assumptions: HtmlTable
    versions: HtmlTable
    inclusion: str


def methods(config: Config, results: Results, versions: Mapping[str, str], published: Published) -> Methods:
    """Return the methods section of a configuration as it was run."""
    return Methods(
        level=words.level(config.level),
        seed=str(config.seed),
        **priors(config),
        sampler=_sampler(config, results),
        analyses=_analyses(config),
        assumptions=_assumptions(config),
        versions=HtmlTable(
            "table-versions",
            "Versions of the packages used.",
            columns("Package", "Version"),
            rows(versions.items()),
        ),
        inclusion=published.inclusion,
    )


def method_tables(config: Config) -> tuple[HtmlTable, HtmlTable]:
    """Return what each analysis selects, and what is assumed."""
    return _analyses(config), _assumptions(config)


def priors(config: Config) -> dict[str, str]:
    """Return the priors of the Bayesian models in words."""
    return {
        "prior_mu": prior_words(config.bayes.prior_mu),
        "prior_slope": prior_words(config.bayes.prior_slope),
        "prior_tau": prior_words(config.bayes.prior_tau, tau=True),
    }


def prior_words(text: str, tau: bool = False) -> str:
    """Return a prior in words: ``normal:0,10`` becomes ``normal (mean 0, sd 10)``."""
    prior = (parse_tau if tau else parse_mu)(text)
    pairs = zip(prior.definition.params, prior.params, strict=True)
    inner = ", ".join(f"{name.replace('sd', 'SD')} {words.plain(value)}" for name, value in pairs)
    return f"{prior.definition.text} ({inner})" if inner else prior.definition.text


def _sampler(config: Config, results: Results) -> str:
    bayes = config.bayes
    names = sorted({str(sample["sampler"]["name"]) for sample in results.bayes.values()})
    name = words.listing(names) or "not run"
    return (
        f"{name}: {words.count(bayes.chains, 'chain')} of {words.integer(bayes.draws)} draws kept after "
        f"{words.integer(bayes.tune)} of tuning, target acceptance {words.plain(bayes.target_accept)}"
    )


def selection_words(select: Select) -> str:
    """Return what an analysis selects, in one line."""
    parts = []
    for field in ("randomised", "blinding", "comparator", "cointervention", "setting", "bp_status"):
        values = getattr(select, field)
        if values is not None:
            parts.append(
                f"{field.replace('_', ' ')} {' or '.join(value.replace('_', ' ') for value in values)}"
            )
    if select.duration_weeks_min is not None:
        parts.append(f"at least {words.plain(select.duration_weeks_min)} weeks")
    if select.year_max is not None and select.year_max < 9999:
        unclear = f" ({', '.join(map(str, select.year_unclear))} unclear)" if select.year_unclear else ""
        parts.append(f"to {select.year_max}{unclear}")
    parts.append(f"unclear fields {select.unclear}")
    parts.append(f"ambiguous rows out: {', '.join(select.ambiguity_out) or 'none'}")
    if select.silent != "ignore":
        parts.append("silent trials taken as not significant")
    if "unclear" in select.dose_basis:
        parts.append("doses of unclear basis taken as elemental")
    return "; ".join(parts)


def _analyses(config: Config) -> HtmlTable:
    lines = [
        (item.name, item.title, selection_words(item.select), _changed(item, config))
        for item in config.analyses.values()
    ]
    heads = columns("Analysis", "Title", "Selects", "Assumes otherwise")
    return HtmlTable("table-analyses", "What each analysis selects and assumes.", heads, rows(lines))


def _changed(analysis: Analysis, config: Config) -> str:
    changed = [
        f"{key.replace('_', ' ')} {_plain(getattr(analysis.assume, key))}"
        for key in ASSUMPTIONS
        if getattr(analysis.assume, key) != getattr(config.assume, key)
    ]
    return ", ".join(changed)


def _assumptions(config: Config) -> HtmlTable:
    lines = [(text, _plain(getattr(config.assume, key))) for key, text in ASSUMPTIONS.items()]
    heads = columns("Assumption", "Value")
    return HtmlTable(
        "table-assumptions", "What is assumed on the way from print to effect.", heads, rows(lines)
    )


def _plain(value: float | str) -> str:
    return value.replace("_", " ") if isinstance(value, str) else words.plain(value)
