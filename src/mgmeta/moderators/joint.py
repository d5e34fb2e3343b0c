"""Moderators together: as many as the trials allow, the most often stated first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mgmeta.moderators.catalogue import Moderator
from mgmeta.pooling.slice_input import Row
from mgmeta.pooling.slice_regression import moderator_results

Json = dict[str, Any]

# Trials for each moderator of a joint model (Cochrane Handbook 10.11.5.1).
TRIALS_PER_MODERATOR = 10


def chosen_for_joint(
    moderators: Sequence[str], found: Mapping[str, Sequence[float | None]]
) -> tuple[str, ...]:
    """Return the moderators of the joint model: added by how many trials state them, ties in order.

    A moderator is added while the trials that state it and all before it are at least ten for each.
    Which trials lie where decides; what they found does not.
    """
    order = sorted(moderators, key=lambda key: -sum(value is not None for value in found[key]))
    chosen: list[str] = []
    for key in order:
        trial = [*chosen, key]
        complete = sum(
            all(value is not None for value in values)
            for values in zip(*(found[name] for name in trial), strict=True)
        )
        if complete >= TRIALS_PER_MODERATOR * len(trial):
            chosen = trial
    return tuple(chosen)


def fit_joint(
    moderators: Mapping[str, Moderator],
    chosen: Sequence[str],
    rows: Sequence[Row],
    found: Mapping[str, Sequence[float | None]],
    level: float,
) -> Json:
    """Return the joint model (numbers and bounds; numbers alone) of the moderators in *chosen*.

    Continuous moderators are scaled by their step and centred at their mean over the trials that
    state them all. ``bounded`` is None beside a ``reason`` where fewer than two moderators are chosen.

    Parameters
    ----------
    moderators : name to moderator
    chosen : those in the model
    rows : rows of a slice
    found : values of each moderator by row; None where not stated
    level : of the intervals, such as 0.95
    """
    if len(chosen) < 2:
        reason = f"fewer than two moderators are stated by {TRIALS_PER_MODERATOR} trials each"
        return {"moderators": list(chosen), "k": 0, "bounded": None, "numeric": None, "reason": reason}
    columns = {key: found[key] for key in chosen}
    complete = [i for i in range(len(rows)) if all(columns[key][i] is not None for key in chosen)]
    coded = [dict(rows[i]) for i in complete]
    for key in chosen:
        values = [float(columns[key][i] or 0.0) for i in complete]
        centre = 0.0 if moderators[key].levels else sum(values) / len(values)
        for row, value in zip(coded, values, strict=True):
            row[f"m_{key}"] = (value - centre) / moderators[key].step
    asked = {key: {"column": f"m_{key}", "label": moderators[key].label} for key in chosen}
    model = moderator_results(coded, asked, level)["both"]
    return {
        "moderators": list(chosen),
        "k": len(coded),
        "bounded": _without_covariance(model["bounded"]),
        "numeric": _without_covariance(model["numeric"]),
        "reason": model.get("bounded_reason", ""),
    }


def _without_covariance(model: Json | None) -> Json | None:
    return None if model is None else {key: value for key, value in model.items() if key != "covariance"}
