"""Sentences on silence: what dropping and zeroing do, what the absent could hide, what a reading moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.ends import excludes_zero
from mgmeta.figures.silence_rows import CHECK, DROPPED, PRIMARY, PRIMARY_ROLE, ZERO, Answer, Silences
from mgmeta.incomplete.tipping import SEARCH_MMHG
from mgmeta.report.pooled import Json
from mgmeta.report.sentences import moved

EVENTS = {
    "the interval reaches 0": "for the interval to reach 0",
    "the pool equals the published value": "for the pool to equal the published value",
}


def wrong_sentence(data: Silences, index: int) -> str:
    """Return where dropping the words and setting them to zero move one outcome's estimate."""
    name, unit = OUTCOMES[data.outcomes[index]].name, data.units[index]
    primary = data.answer(PRIMARY, index)
    if primary is None or primary.estimate is None:
        return f"For {name} the primary method gives no estimate to compare with."
    parts = [f"words counted for what they say give {_answer(primary)} {unit} in {_trials(primary)}"]
    for key, what in ((DROPPED, "dropping them gives"), (ZERO, "setting them to zero gives")):
        answer = data.answer(key, index)
        if answer is not None and answer.estimate is not None:
            way = moved(primary.estimate, answer.estimate)
            parts.append(f"{what} {_answer(answer)} in {_trials(answer)} ({way})")
    return f"For {name} ({words.level(data.level)} intervals), {'; '.join(parts)}."


def _answer(answer: Answer) -> str:
    return words.with_interval(answer.estimate, answer.low, answer.high)


def _trials(answer: Answer) -> str:
    return words.count(answer.k, "trial")


def sound_sentence(data: Silences, index: int) -> str:
    """Return how far the sound methods agree on one outcome."""
    name, unit = OUTCOMES[data.outcomes[index]].name, data.units[index]
    found = [row.answers[index] for row in data.rows if row.role in (PRIMARY_ROLE, CHECK)]
    done = [item for item in found if item.estimate is not None]
    if not done:
        return f"For {name} no sound method gives an estimate."
    values = [item.estimate for item in done if item.estimate is not None]
    below = sum(_one_sided(item) for item in done)
    if len(done) == 1:
        return f"For {name} 1 sound method gives an estimate: {_answer(done[0])} {unit}."
    return (
        f"For {name} {words.integer(len(done))} sound methods give estimates from "
        f"{estimates_range(values)} {unit}; the interval excludes zero in {words.integer(below)} of them."
    )


def estimates_range(values: Sequence[float], digits: int = words.DIGITS) -> str:
    """Return the lowest and the highest of some values: ``"−2.63 to −2.04"``."""
    return words.interval(min(values), max(values), digits)


def _one_sided(answer: Answer) -> bool:
    return excludes_zero({"ci_low": answer.low, "ci_high": answer.high})


def tipping_sentence(outcome: str, points: Sequence[Json], published: float | None) -> str:
    """Return what the trials that print nothing would have to average to change the answer.

    Parameters
    ----------
    outcome : str
        Id of the outcome.
    points : sequence of JSON
        ``tipping`` of its part of ``results/silence/<analysis>.json``.
    published : float or None
        The published estimate, mmHg.
    """
    name, unit = OUTCOMES[outcome].name, OUTCOMES[outcome].unit
    if not points:
        return f"Every eligible trial that could be weighed says something on {name}."
    count = points[0]["silent_trials"]
    trials = words.count(count, "eligible trial that prints", "eligible trials that print")
    who = [f"The {trials} nothing on {name}", *["It" if count == 1 else "They"] * (len(points) - 1)]
    return " ".join(_tipping(item, who[i], unit, published) for i, item in enumerate(points))


def _tipping(item: Json, who: str, unit: str, published: float | None) -> str:
    event = EVENTS.get(item["event"], f"so that {item['event']}")
    if "published" in event and published is not None:
        event += f" of {words.fixed(published)} {unit}"
    effect = item["effect"]
    if effect is not None:
        way = "rise" if effect > 0 else "fall"
        return f"{who} would have to average a {way} of {words.fixed(abs(effect))} {unit} {event}."
    if item["reason"]:
        return f"{who} need not be asked what it takes {event}: {item['reason']}."
    return (
        f"{who} could not do it with any average effect within {words.plain(SEARCH_MMHG)} {unit} of the pool "
        f"{event}."
    )


def unweighed_sentence(found: Mapping[str, Json]) -> str:
    """Return how many eligible trials print neither a result nor arm sizes; "" if none does."""
    counts = {key: int(item["silent_without_n"]) for key, item in found.items()}
    if not any(counts.values()):
        return ""
    if len(set(counts.values())) == 1:
        number = next(iter(counts.values()))
        more = words.count(number, "more eligible trial prints", "more eligible trials print")
    else:
        each = [f"{words.integer(n)} for {OUTCOMES[key].name}" for key, n in counts.items()]
        more = f"More eligible trials ({words.listing(each)}) print"
    return f"{more} neither a result nor arm sizes; what weight they would have cannot be told."


def printing_sentence(outcome: str, rows: Sequence[Json]) -> str:
    """Return how far unequal chances of being told in words move one outcome, and where zero comes in."""
    name, unit = OUTCOMES[outcome].name, OUTCOMES[outcome].unit
    values = [row["estimate"] for row in rows]
    text = f"For {name} the estimate then ranges from {estimates_range(values)} {unit}"
    includes = [row for row in rows if not excludes_zero(row)]
    if not includes:
        return f"{text}; every interval excludes zero."
    if len(includes) == len(rows):
        return f"{text}; every interval includes zero."
    return f"{text}; the interval includes zero if {_where_zero_comes_in(includes)}."


def _where_zero_comes_in(includes: Sequence[Json]) -> str:
    """Return under which chances of being told in words the interval includes zero."""
    falls = [words.plain(row["fall_ratio"]) for row in includes if row["fall_ratio"] != 1]
    near = [words.plain(row["near_ratio"]) for row in includes if row["near_ratio"] != 1]
    where = [f"falls are told in words {' or '.join(falls)} times as often as rises"] if falls else []
    if near:
        where.append(f"near-misses are told in words {' or '.join(near)} times as often as the rest")
    if any((row["fall_ratio"], row["near_ratio"]) == (1, 1) for row in includes):
        where.append("printing depends on significance alone")
    return " or if ".join(where)


def untestable_sentence(found: Mapping[str, Json]) -> str:
    """Return for the first page where unequal printing brings zero in; "" if it nowhere does."""
    conditions: dict[str, list[str]] = {}
    for key in sorted(found, key=list(OUTCOMES).index):
        includes = [row for row in found[key]["printing"] if not excludes_zero(row)]
        if includes:
            conditions.setdefault(_where_zero_comes_in(includes), []).append(OUTCOMES[key].name)
    parts = [f"for {words.listing(names)} if {condition}" for condition, names in conditions.items()]
    if not parts:
        return ""
    return (
        "Using words as bounds assumes that whether a number is printed depends on significance alone, which "
        f"these data cannot test: among results that are not significant, the interval would include zero "
        f"{words.listing(parts)}."
    )


def readings_sentence(outcome: str, rows: Sequence[Json], labels: Mapping[str, str]) -> str:
    """Return how far one report read the other way moves one outcome."""
    name, unit = OUTCOMES[outcome].name, OUTCOMES[outcome].unit
    done = [row for row in rows if row["estimate"] is not None]
    if not done:
        return f"No pooled report on {name} can be read another way."
    most = max(done, key=lambda row: abs(row["shift"]))
    values = [row["estimate"] for row in done]
    return (
        f"For {name} there are {words.count(len(rows), 'other reading')}. With one at a time the estimate "
        f"ranges from {estimates_range(values)} {unit}; "
        f"the interval excludes zero in {words.integer(sum(map(excludes_zero, done)))}. The largest shift, "
        f"{words.signed(most['shift'])} {unit}, comes from {labels.get(most['trial_id'], most['trial_id'])} "
        f"({reading_words(most)})."
    )


def reading_words(row: Json) -> str:
    """Return the other reading of a row as prose."""
    return str(row["reading"]).replace("_", " ")


def sd_sentence(outcome: str, rows: Sequence[Json]) -> str:
    """Return how far any one source of the SD model moves one outcome."""
    name, unit = OUTCOMES[outcome].name, OUTCOMES[outcome].unit
    if not rows:
        return f"For {name} no source of a standard deviation can be left out."
    sds, values = [row["borrowed_sd"] for row in rows], [row["estimate"] for row in rows]
    return (
        f"For {name}, with one of {words.count(len(rows), 'source')} left out at a time, the borrowed SD "
        f"ranges from {estimates_range(sds, 1)} {unit} and the estimate from {estimates_range(values)} "
        f"{unit}."
    )
