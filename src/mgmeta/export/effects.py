"""Effects of one analysis in the columns that other meta-analysis programs read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Row = Mapping[str, str]

ARMS = ("n_mg", "n_control", "dose_mg_per_day", "duration_weeks")
EFFECT_COLUMNS = ("study", "year", "outcome", "yi", "sei", "vi", *ARMS)
BOUND_COLUMNS = ("study", "year", "outcome", "yi_low", "yi_high", "sei", *ARMS)


def split_effects(rows: Iterable[Row]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return (effects with a number, rows known only within bounds) of a slice.

    Every row is in exactly one of the two. ``yi`` is magnesium minus control, ``sei`` its standard error
    (unit of the outcome) and ``vi = sei**2``; numbers keep the digits of the slice, and an empty cell stays
    empty. Bounds have no ``yi``: software that pools numbers only cannot use them.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        Rows of ``data/processed/slices/<analysis>.csv``.
    """
    effects, bounds = [], []
    for row in rows:
        common = {
            **row,
            "study": row["label"],
            "duration_weeks": row["timepoint_weeks"],
        }
        if row["yi"]:
            vi = repr(float(row["sei"]) ** 2) if row["sei"] else ""
            effects.append({column: {**common, "vi": vi}[column] for column in EFFECT_COLUMNS})
        else:
            bounds.append({column: common[column] for column in BOUND_COLUMNS})
    return effects, bounds
