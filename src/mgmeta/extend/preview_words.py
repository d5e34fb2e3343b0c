"""A preview in words: one block an analysis and outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mgmeta.effects.routes import ROUTES
from mgmeta.extend.preview_records import Look, Pooled, Standing
from mgmeta.words import fixed, interval, with_interval


def ordinal(place: int) -> str:
    """Return ``1st``, ``2nd``, ``11th``."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def lines(looks: Iterable[Look]) -> Iterator[str]:
    """Yield the preview line by line."""
    analysis = ""
    for look in looks:
        if look.analysis != analysis:
            analysis = look.analysis
            yield f"{look.title} ({look.analysis})"
        yield f"  {look.name}"
        for standing in look.standings:
            yield from _standing(standing, look)
        yield from _moved(look)


def _standing(standing: Standing, look: Look) -> Iterator[str]:
    if not standing.kind:
        yield f"    {standing.label}: not in ({standing.status.replace('_', ' ')}: {standing.reason})"
        return
    route = ROUTES.get(standing.route, standing.route)
    if standing.kind == "estimate":
        says = f"{fixed(standing.effect)} {look.unit} (SE {fixed(standing.se)})"
    else:
        says = f"words only: {interval(standing.low, standing.high)} {look.unit} (SE {fixed(standing.se)})"
    yield f"    {standing.label}: {says}"
    yield f"      from: {route}{f'; assumed: {standing.assumed}' if standing.assumed else ''}"
    if standing.reason:
        yield f"      {standing.reason}"
    if standing.rank is not None and standing.precision_rank is not None:
        yield (
            f"      forest: {ordinal(standing.rank)} lowest of {standing.of} numbers; "
            f"precision: {ordinal(standing.precision_rank)} smallest SE"
        )
    if standing.funnel_z is not None:
        side = "inside" if standing.inside_funnel else "outside"
        way = "below" if standing.funnel_z < 0 else "above"
        yield (
            f"      funnel: {fixed(abs(standing.funnel_z))} SE {way} the other trials' mean, {side} its "
            f"{100 * look.level:g} % lines"
        )
    if standing.probability is not None:
        verdict = "an outlier: check the source again" if standing.outlier else "no outlier"
        what = "a result as far out" if standing.kind == "estimate" else "a result inside the bound"
        yield (
            f"      expected from the others: {interval(standing.expected_low, standing.expected_high)}; "
            f"{what} has probability {fixed(standing.probability, 3)}: {verdict}"
        )


def _counts(pool: Pooled) -> str:
    return f"{pool.k_numeric} numbers + {pool.k_bounds} in words"


def _moved(look: Look) -> Iterator[str]:
    before, after = look.before, look.after
    if before == after and not look.others:
        yield "    headline: unchanged"
        return
    yield f"    trials: {_counts(before)} -> {_counts(after)}"
    for title, old, new in (
        ("exact posterior", (before.mean, before.low, before.high), (after.mean, after.low, after.high)),
        (
            "maximum likelihood",
            (before.ml, before.ml_low, before.ml_high),
            (after.ml, after.ml_low, after.ml_high),
        ),
    ):
        yield f"    headline, {title}: {with_interval(*old)} -> {with_interval(*new)} {look.unit}"
    yield f"    tau (median): {fixed(before.tau)} -> {fixed(after.tau)}"
    if after.verdict:
        flipped = "" if before.verdict == after.verdict else " (changed)"
        yield f"    verdict: {before.verdict or 'none'} -> {after.verdict}{flipped}"
    if look.others:
        yield f"    borrowed values change in {len(look.others)} other trials: {', '.join(look.others)}"
