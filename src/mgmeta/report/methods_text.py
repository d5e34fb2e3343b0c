"""The methods section of a manuscript, written from the configuration that was run."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from mgmeta import words
from mgmeta.config import Analysis, Config
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.report.headline import group_of
from mgmeta.report.methods import priors, selection_words


def methods_markdown(
    config: Config, n_trials: int, versions: Mapping[str, str], rob_assessed: bool = False
) -> str:
    """Return the methods of the primary analysis as Markdown, cited by the keys of ``references.bib``.

    Parameters
    ----------
    config : Config
        What was run; every number of the text is taken from it.
    n_trials : int
        Trials in the evidence tables.
    versions : mapping of str to str
        Versions of the packages that computed the results.
    rob_assessed : bool
        Whether the risk of bias of the pooled trials was judged.

    Notes
    -----
    ``pandoc --citeproc --bibliography references.bib methods.md -o methods.docx`` makes it a Word document.
    """
    environment = Environment(
        loader=PackageLoader("mgmeta.report"), undefined=StrictUndefined, autoescape=False, trim_blocks=True
    )
    environment.filters.update(capital=words.capital, plain=words.plain)
    primary = config.analyses[config.target.analysis]
    scenarios = _scenarios(config, primary)
    # A configuration may ask for no Bayesian model of the primary analysis; its settings hold all the same.
    bayes = config.bayes
    text = environment.get_template("methods.md.j2").render(
        n_trials=n_trials,
        review=config.target.review,
        selects=selection_words(primary.select),
        unclear=primary.select.unclear,
        outcomes=words.listing([OUTCOMES[key].name for key in config.outcomes]),
        assume=primary.assume,
        tolerance=words.percent(primary.assume.conflict_tolerance),
        level=words.level(config.level),
        **priors(config),
        chains=words.plain(bayes.chains),
        draws=words.plain(bayes.draws),
        tune=words.plain(bayes.tune),
        seed=config.seed,
        moderators=words.listing([f"{item.name} ({item.label})" for item in primary.moderators]),
        n_scenarios=len(scenarios),
        scenarios="; ".join(scenarios),
        rob=rob_assessed,
        software=", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    return text.strip() + "\n"


def _scenarios(config: Config, primary: Analysis) -> list[str]:
    """Return the titles of the analyses that vary the primary one."""
    names = list(config.analyses)
    return [
        analysis.title
        for name, analysis in config.analyses.items()
        if name != primary.name and group_of(name, names) == primary.name
    ]
