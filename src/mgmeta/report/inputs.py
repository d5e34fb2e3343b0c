"""All a page is made of, as read from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgmeta.config import Config
from mgmeta.evidence.records import Evidence
from mgmeta.figures.results import Results
from mgmeta.report.changes import Changes
from mgmeta.report.evidence_tables import CsvRow
from mgmeta.report.headline import Headline, group_of
from mgmeta.report.pooled import Json
from mgmeta.report.published import Published


@dataclass(frozen=True)
class Inputs:
    """What `mgmeta report` read; the properties are what several chapters ask for.

    Attributes
    ----------
    decisions, flow : sequence of mapping
        Rows of ``data/processed/decisions.csv`` and ``flow.csv``.
    check : JSON
        ``results/check.json``.
    svgs : mapping of str to str
        The figures by name, in the order of the page.
    versions : mapping of str to str
        Versions of the packages.
    changes : Changes or None
        Since the last release; None where nothing was compared.
    """

    config: Config
    evidence: Evidence
    results: Results
    headline: Headline
    decisions: Sequence[CsvRow]
    flow: Sequence[CsvRow]
    check: Json
    svgs: Mapping[str, str]
    versions: Mapping[str, str]
    changes: Changes | None = None

    @property
    def target(self) -> str:
        """The analysis that answers the published target."""
        return str(self.headline.target["analysis"])

    @property
    def main(self) -> tuple[str, ...]:
        """The main analyses: those that vary no other."""
        names = list(self.results.fits)
        return tuple(name for name in names if group_of(name, names) == name)

    @property
    def outcomes(self) -> Mapping[str, Json]:
        """The target analysis's fit of each outcome of the headline."""
        found = self.results.fits[self.target]["outcomes"]
        return {key: found[key] for key in self.headline.outcomes}

    @property
    def published(self) -> Published:
        """The published result (of the first outcome; the review is the same for all)."""
        return next(iter(self.headline.outcomes.values())).published
