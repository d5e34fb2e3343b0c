"""Checks of ``trials.csv``: dose and its basis, numbers that add up, duplicates, shared participants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.findings import Finding, Level, quoted
from mgmeta.evidence.records import Evidence, Trial

FILE = "trials.csv"


def _say(trial: Trial, level: Level, column: str, message: str) -> Finding:
    return Finding(level, FILE, trial.row, column, message)


def trial_findings(trial: Trial, exposure: Exposure = MAGNESIUM) -> Iterator[Finding]:
    """Yield everything there is to say about one row of ``trials.csv`` by itself."""
    yield from _dose_findings(trial, exposure.mg_per_mmol)
    yield from _size_findings(trial)
    yield from _design_findings(trial)
    year = re.search(r"[0-9]{4}", trial.trial_id)
    if trial.year is None:
        yield _say(trial, "note", "year", "no year of publication: a limit on the year treats it as unclear")
    elif year is not None and int(year.group()) != trial.year:
        found = f"{trial.year} is not the year in the trial_id {trial.trial_id}"
        yield _say(trial, "ambiguity", "year", found)


def _dose_findings(trial: Trial, mass: float) -> Iterator[Finding]:
    dose, basis = trial.dose_mg_per_day, trial.dose_basis
    if basis == "salt_mass_only" and dose is not None:
        found = f"found {dose:g}, expected nothing: dose_basis says only the mass of the salt is known"
        yield _say(trial, "error", "dose_mg_per_day", found)
    if basis in ("stated_elemental", "from_mmol") and dose is None:
        found = f"found nothing, expected the elemental dose: dose_basis is {basis}"
        yield _say(trial, "error", "dose_mg_per_day", found)
    if basis == "from_mmol" and dose is not None:
        nearest = round(dose / mass, 1) * mass
        # Doses are kept to 0.1 mg, so half a digit more than the exact product is rounding.
        if abs(dose - nearest) > 0.051:
            found = f"{dose:g} mg/d is {dose / mass:.3f} mmol/d, not a tenth of a mmol ({mass:g} mg each)"
            yield _say(trial, "ambiguity", "dose_mg_per_day", found)


def _size_findings(trial: Trial) -> Iterator[Finding]:
    n, n_mg, n_control = trial.n_randomised, trial.n_mg, trial.n_control
    if trial.design == "crossover":
        if n_mg is not None and n_control is not None and n_mg != n_control:
            found = (
                f"{n_control} with control, {n_mg} with magnesium: a crossover has the same people in both"
            )
            yield _say(trial, "ambiguity", "n_control", found)
        total = max((size for size in (n_mg, n_control) if size is not None), default=0)
    else:
        total = (n_mg or 0) + (n_control or 0)
    if n is None:
        return
    if total > n:
        found = f"found {n}, expected at least n_mg and n_control together ({total})"
        yield _say(trial, "error", "n_randomised", found)
    elif n_mg is not None and n_control is not None and trial.n_arms is None and total < n:
        found = f"{n - total} of {n} randomised are in neither arm: drop-outs or analysed numbers"
        yield _say(trial, "note", "n_randomised", found)


def _design_findings(trial: Trial) -> Iterator[Finding]:
    if trial.washout_weeks is not None and trial.design != "crossover":
        found = f"a washout of {trial.washout_weeks:g} weeks in a trial whose design is {trial.design}"
        yield _say(trial, "ambiguity", "washout_weeks", found)
    if (trial.design == "single_arm") != (trial.comparator == "none"):
        found = f"comparator {trial.comparator} in a trial whose design is {trial.design}"
        yield _say(trial, "ambiguity", "comparator", found)
    if trial.design == "single_arm" and trial.n_control is not None:
        yield _say(trial, "error", "n_control", f"found {trial.n_control}, expected nothing: a single arm")


def duplicate_findings(trials: tuple[Trial, ...]) -> Iterator[Finding]:
    """Yield trials that look like another row.

    The same DOI or PMID is an error, because a trial entered twice is pooled twice, unless one row names the
    other in ``overlaps_with``. The same registration, or author and year, is an ambiguity.
    """
    keys: tuple[tuple[Level, str, Callable[[Trial], str]], ...] = (
        ("error", "doi", lambda trial: trial.doi.lower()),
        ("error", "pmid", lambda trial: trial.pmid),
        ("ambiguity", "registry_id", lambda trial: trial.registry_id.lower()),
        ("ambiguity", "first_author", _author_year),
    )
    for level, column, key_of in keys:
        first: dict[str, Trial] = {}
        for trial in trials:
            key = key_of(trial)
            if not key:
                continue
            other = first.setdefault(key, trial)
            linked = trial.overlaps_with == other.trial_id or other.overlaps_with == trial.trial_id
            if other is not trial and not linked:
                found = f"found {quoted(key)}, which {other.trial_id} on line {other.row} has too"
                advice = "expected each trial once; if both hold the same people, name one in overlaps_with"
                yield _say(trial, level, column, f"{found}; {advice}")


def _author_year(trial: Trial) -> str:
    return f"{trial.first_author} {trial.year}" if trial.first_author and trial.year is not None else ""


def overlap_findings(evidence: Evidence) -> Iterator[Finding]:
    """Yield every pair of trials with the same participants, and links that lead nowhere useful."""
    for trial in evidence.trials:
        if not trial.overlaps_with:
            continue
        other = evidence.trial_by_id.get(trial.overlaps_with)
        if trial.overlaps_with == trial.trial_id:
            yield _say(trial, "error", "overlaps_with", "found the trial itself, expected another trial_id")
        elif other is not None and other.overlaps_with == trial.trial_id:
            found = (
                f"found {other.trial_id}, which names {trial.trial_id} in turn; expected one direction only"
            )
            yield _say(trial, "error", "overlaps_with", found)
        else:
            shared = f"same participants as {trial.overlaps_with}: never pooled together"
            yield _say(trial, "ambiguity", "overlaps_with", shared)
