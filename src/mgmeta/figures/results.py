"""What figures are drawn from: results as read from their JSON files, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import DataError
from mgmeta.evidence.records import Intake

Json = Mapping[str, Any]
# A figure as a table: column headings and rows of text.
Cells = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]
Draws = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Results:
    """All results of a run.

    Attributes
    ----------
    fits, bayes : mapping of str to JSON
        ``results/fits`` and ``results/bayes`` by analysis, in the order of the config.
    headline : JSON
        ``results/headline.json``; empty while the headline itself is made.
    intakes : tuple of Intake
        Rows of ``reference_intakes.csv``.
    draws : mapping of str to Draws
        Posterior draws of mu by analysis, then by outcome (mmHg); empty if not read.
    silence : mapping of str to JSON
        ``results/silence`` by analysis; empty if not read.
    robustness : mapping of str to JSON
        ``results/robustness`` by analysis; empty if not read.
    models : mapping of str to JSON
        ``results/models`` by family; empty if not read.
    missing : JSON
        ``results/tables/missing.json``; empty if not read.
    simulation : tuple of mapping
        Rows of ``docs/simulation/coverage.csv``; empty if not read.
    moderators : mapping of str to JSON
        ``results/moderators`` by analysis; empty if not read.
    reproduction : mapping of str to JSON
        ``results/reproduction`` by name: ledger, drift, certainty, claims, multiverse; empty if not read.
    dose : mapping of str to JSON
        ``results/dose`` by analysis; empty if not read.
    dose_simulation : tuple of mapping
        Rows of ``docs/simulation/dose.csv``; empty if not read.
    """

    fits: Mapping[str, Json]
    bayes: Mapping[str, Json]
    headline: Json = field(default_factory=dict)
    intakes: tuple[Intake, ...] = ()
    draws: Mapping[str, Draws] = field(default_factory=dict)
    silence: Mapping[str, Json] = field(default_factory=dict)
    robustness: Mapping[str, Json] = field(default_factory=dict)
    models: Mapping[str, Json] = field(default_factory=dict)
    missing: Json = field(default_factory=dict)
    simulation: tuple[Mapping[str, str], ...] = ()
    reproduction: Mapping[str, Json] = field(default_factory=dict)
    dose: Mapping[str, Json] = field(default_factory=dict)
    dose_simulation: tuple[Mapping[str, str], ...] = ()
    moderators: Mapping[str, Json] = field(default_factory=dict)

    def analysis(self, name: str) -> str:
        """Return the id of an analysis; ``"target"`` stands for the one that answers the target."""
        return str(self.headline["target"]["analysis"]) if name == "target" else name

    def fit(self, name: str) -> Json:
        """Return one fit.

        Raises
        ------
        DataError
            If there is none of this name.
        """
        key = self.analysis(name)
        if key not in self.fits:
            raise DataError(f"no fit of analysis {key!r}; expected one of {', '.join(self.fits) or 'none'}")
        return self.fits[key]

    def outcome(self, name: str, outcome: str) -> Json:
        """Return the part of a fit that belongs to one outcome.

        Raises
        ------
        DataError
            If the fit has no such outcome.
        """
        outcomes = self.fit(name)["outcomes"]
        if outcome not in outcomes:
            raise DataError(f"analysis {self.analysis(name)!r} has no outcome {outcome!r}")
        found: Json = outcomes[outcome]
        return found

    def sample(self, name: str, outcome: str) -> Json | None:
        """Return the Bayesian results of one outcome, or None if it was not sampled."""
        found = self.bayes.get(self.analysis(name), {}).get("outcomes", {}).get(outcome)
        return found or None

    def subgroups(self, name: str, outcome: str, moderator: str) -> Json:
        """Return the levels of one moderator in a fit, each with its pool, and their difference.

        Raises
        ------
        DataError
            If the analysis did not ask for the moderator.
        """
        found = (self.outcome(name, outcome).get("subgroups") or {}).get(moderator)
        if not found:
            raise DataError(f"the fit of {self.analysis(name)!r} has no groups by {moderator}, {outcome}")
        groups: Json = found
        return groups

    def silences(self, name: str) -> Json:
        """Return what silence does to each outcome of one analysis.

        Raises
        ------
        DataError
            If it was not worked out.
        """
        key = self.analysis(name)
        if key not in self.silence:
            raise DataError(f"no results on silence of {key!r}; run `mgmeta silence --analysis {key}`")
        found: Json = self.silence[key]["outcomes"]
        return found

    def curves(self, name: str, outcome: str, axis: str) -> Json:
        """Return the curves of one analysis and outcome: ``dose``, ``duration`` or their ``surface``.

        Raises
        ------
        DataError
            If they were not fitted.
        """
        key = self.analysis(name)
        found = self.dose.get(key, {}).get("outcomes", {}).get(outcome, {}).get(axis)
        if found is None:
            raise DataError(f"no {axis} curves of {key!r}, {outcome}; run `mgmeta curves` for this analysis")
        curves: Json = found
        return curves

    def robust(self, name: str) -> Json:
        """Return the checks of one analysis.

        Raises
        ------
        DataError
            If they were not run.
        """
        key = self.analysis(name)
        if key not in self.robustness:
            raise DataError(f"no checks of {key!r}; run `mgmeta robustness --analysis {key}`")
        return self.robustness[key]

    def moderated(self, name: str) -> Json:
        """Return what `mgmeta moderators` found in one analysis.

        Raises
        ------
        DataError
            If it was not worked out.
        """
        key = self.analysis(name)
        if key not in self.moderators:
            raise DataError(f"no results on moderators of {key!r}; run `mgmeta moderators --analysis {key}`")
        return self.moderators[key]

    def reproduced(self, name: str) -> Json:
        """Return one part of the reproduction: ledger, drift, certainty, claims or multiverse.

        Raises
        ------
        DataError
            If it was not read.
        """
        if name not in self.reproduction:
            raise DataError(f"no results/reproduction/{name}.json; run `snakemake` first")
        return self.reproduction[name]

    def published(self, outcome: str) -> Json:
        """Return the published result of one outcome (keys as in ``headline.json``)."""
        found: Json = self.headline["outcomes"][outcome]["published"]
        return found
