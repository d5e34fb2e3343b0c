"""What changed since the last release: trials, headline, verdicts; compared, not remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.report.pooled import Json

CsvRow = Mapping[str, str]
SEEN = 0.005  # in the outcome's unit: what two decimals show


@dataclass(frozen=True)
class TrialChange:
    """A trial whose raw rows are new, changed or gone.

    ``how`` is ``added``, ``corrected``, ``numbers`` (new results of an old trial, nothing else) or
    ``removed``; `rows` says which rows, in words.
    """

    trial_id: str
    label: str
    how: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class PoolChange:
    """A main analysis and outcome before and after; estimates are None where nothing could be pooled.

    Attributes
    ----------
    before, after : JSON
        ``k_numeric, k_bounds, estimate, ci_low, ci_high, bayes``.
    trials : tuple of str
        Trials that entered, left, or went from words to a number or back, in words.
    borrowed : int
        Other trials whose effect, bound or standard error changed.
    question : bool
        Whether criteria or assumptions are no longer those of the release.
    """

    analysis: str
    title: str
    outcome: str
    before: Json | None
    after: Json | None
    trials: tuple[str, ...]
    borrowed: int
    question: bool

    @property
    def moved(self) -> bool:
        """Whether an estimate or an end of its interval moved by what two decimals show."""
        if self.before is None or self.after is None:
            return self.before != self.after
        pairs = ((self.before[key], self.after[key]) for key in ("estimate", "ci_low", "ci_high"))
        return any((a is None) != (b is None) or (a is not None and abs(a - b) >= SEEN) for a, b in pairs)


@dataclass(frozen=True)
class Flip:
    """A verdict before and after; empty where it was not given."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """Everything that changed; ``release`` is empty where there is none to compare with."""

    release: str
    trials: tuple[TrialChange, ...] = ()
    pools: tuple[PoolChange, ...] = ()
    flips: tuple[Flip, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is a release and all is as it was."""
        same = not any(pool.moved or pool.trials or pool.question for pool in self.pools)
        return bool(self.release) and not self.trials and not self.flips and same

    def document(self) -> Json:
        """Return ``results/changes.json``."""
        return asdict(self)


def changes_from_json(data: Json) -> Changes:
    """Return what ``results/changes.json`` holds."""

    def tuples(item: Json) -> Json:
        return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}

    return Changes(
        data["release"],
        tuple(TrialChange(**tuples(item)) for item in data["trials"]),
        tuple(PoolChange(**tuples(item)) for item in data["pools"]),
        tuple(Flip(**item) for item in data["flips"]),
    )


def compare(
    release: Json, pinned: Sequence[CsvRow], now: Json, rows: Sequence[CsvRow], evidence: Evidence
) -> Changes:
    """Compare a release with the present.

    Parameters
    ----------
    release, now : JSON
        :func:`mgmeta.report.release.release_document` of both.
    pinned, rows : sequence of mapping
        :func:`mgmeta.report.release.raw_rows` of both.
    evidence : Evidence
        The tables as they are, for names.
    """
    from mgmeta.effects.slices import label_of

    labels = {trial.trial_id: label_of(trial) for trial in evidence.trials}
    return Changes(
        str(release["release"]),
        tuple(_trials(pinned, rows, labels)),
        tuple(_pools(release, now, labels)),
        tuple(_flips(release["verdicts"], now["verdicts"])),
    )


def _trials(
    pinned: Sequence[CsvRow], rows: Sequence[CsvRow], labels: Mapping[str, str]
) -> Iterable[TrialChange]:
    def by_trial(items: Sequence[CsvRow]) -> dict[str, dict[tuple[str, str], str]]:
        found: dict[str, dict[tuple[str, str], str]] = {}
        for item in items:
            found.setdefault(item["trial_id"], {})[item["file"], item["id"]] = item["sha256"]
        return found

    old, new = by_trial(pinned), by_trial(rows)
    for trial_id in sorted(old.keys() | new.keys()):
        before, after = old.get(trial_id, {}), new.get(trial_id, {})
        label = labels.get(trial_id, trial_id)
        if before == after:
            continue
        if not before or not after:
            yield TrialChange(trial_id, label, "removed" if before else "added")
            continue
        fresh = [key for key in sorted(after) if key not in before]
        gone = [key for key in sorted(before) if key not in after]
        edited = [key for key in sorted(after) if key in before and before[key] != after[key]]
        words = [f"{name} new in {file}" for file, name in fresh]
        words += [f"{name} changed in {file}" for file, name in edited]
        words += [f"{name} gone from {file}" for file, name in gone]
        how = "corrected" if edited or gone else "numbers"
        yield TrialChange(trial_id, label, how, tuple(words))


_KIND = {"estimate": "a number", "bound": "words"}


def _pools(release: Json, now: Json, labels: Mapping[str, str]) -> Iterable[PoolChange]:
    for analysis in [*now["analyses"], *(a for a in release["analyses"] if a not in now["analyses"])]:
        old, new = (side["analyses"].get(analysis) for side in (release, now))
        here = new or old
        for outcome in [name for name in OUTCOMES if name in here["outcomes"]]:
            before, after = (side["outcomes"].get(outcome) if side else None for side in (old, new))
            trials, borrowed = _row_moves(
                before["rows"] if before else {}, after["rows"] if after else {}, labels
            )
            yield PoolChange(
                analysis,
                str(here["title"]),
                outcome,
                _without_rows(before),
                _without_rows(after),
                trials,
                borrowed,
                bool(old and new) and old["question"] != new["question"],
            )


def _without_rows(pool: Json | None) -> Json | None:
    return None if pool is None else {key: value for key, value in pool.items() if key != "rows"}


def _row_moves(old: Json, new: Json, labels: Mapping[str, str]) -> tuple[tuple[str, ...], int]:
    """Return which trials entered, left or changed their kind of evidence, and how many others changed."""
    moves, borrowed = [], 0
    for trial_id in sorted(old.keys() | new.keys()):
        before, after, label = old.get(trial_id), new.get(trial_id), labels.get(trial_id, trial_id)
        if before is None:
            moves.append(f"{label} enters with {_KIND[new[trial_id]['kind']]}")
        elif after is None:
            moves.append(f"{label} leaves")
        elif before["kind"] != after["kind"]:
            moves.append(f"{label} goes from {_KIND[before['kind']]} to {_KIND[after['kind']]}")
        else:
            borrowed += any(_differs(before[key], after[key]) for key in before)
    return tuple(moves), borrowed


def _differs(before: Any, after: Any) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) >= SEEN
    return bool(before != after)


def _flips(old: Sequence[Json], new: Sequence[Json]) -> Iterable[Flip]:
    before = {item["key"]: item for item in old}
    after = {item["key"]: item for item in new}
    for key in [*after, *(key for key in before if key not in after)]:
        was, now = before.get(key), after.get(key)
        if was is None or now is None or was["verdict"] != now["verdict"]:
            what = (now or was or {})["what"]
            yield Flip(what, was["verdict"] if was else "", now["verdict"] if now else "")
