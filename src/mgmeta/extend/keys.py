"""The keys a form may use: the columns of the tables, and shorthands that are turned into them."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.evidence.load import TABLES

FILES = {"trial": "trials.csv", "source": "sources.csv", "result": "reports.csv"}
COLUMNS: dict[str, tuple[str, ...]] = {
    "trial": tuple(TABLES["trials"].columns),
    "source": tuple(TABLES["sources"].columns),
    "result": tuple(TABLES["reports"].columns),
}
NUMERIC: dict[str, frozenset[str]] = {
    section: frozenset(name for name, kind in TABLES[table].columns.items() if kind != "text")
    for section, table in (("trial", "trials"), ("source", "sources"), ("result", "reports"))
}


@dataclass(frozen=True)
class Short:
    """A shorthand: the columns it fills (the first holds the place of an error) and its kind."""

    columns: tuple[str, ...]
    kind: str


ARMS = tuple(f"{arm}_{when}" for arm in ("mg", "control") for when in ("baseline", "final", "change"))

SHORTHANDS: dict[str, dict[str, Short]] = {
    "trial": {
        "dose": Short(("dose_mg_per_day", "dose_basis"), "dose"),
        "duration": Short(("duration_weeks",), "weeks"),
        "washout": Short(("washout_weeks",), "weeks"),
        "serum_mg_baseline": Short(("serum_mg_baseline_mmol_l",), "serum"),
        "distinct_from": Short((), "distinct"),
    },
    "source": {},
    "result": {
        "source": Short(("source_id",), "source"),
        "dose": Short(("dose_mg_per_day",), "dose"),
        "timepoint": Short(("timepoint_weeks",), "weeks"),
        "unit": Short((), "unit"),
        "ci": Short(("ci_low", "ci_high", "ci_level"), "ci"),
        "p": Short(("p_value", "p_relation"), "p"),
        "p_within": Short(("p_within_mg", "p_within_mg_relation"), "p"),
        **{name: Short((f"{name}_mean", f"{name}_sd"), "mean") for name in ARMS},
    },
}

# What a cell holds where a form is silent: the word of the dictionary for "not said", never a fact.
SILENT: dict[str, dict[str, str]] = {
    "trial": {
        **dict.fromkeys(("design", "randomised", "blinding", "comparator"), "unclear"),
        **dict.fromkeys(("bp_status", "bp_treatment", "diabetes", "mg_status", "dose_basis"), "unclear"),
    },
    "source": {},
    "result": {"method": "unspecified", "position": "unspecified", "certainty": "clear"},
}

# Columns of pressures and other measured values, which `unit` converts together.
MEASURED = frozenset(
    [
        *(f"{name}_{what}" for name in ARMS for what in ("mean", "sd")),
        *("difference", "difference_se", "ci_low", "ci_high"),
    ]
)


def keys(section: str) -> tuple[str, ...]:
    """Return every key of a section (``trial``, ``source`` or ``result``)."""
    return (*COLUMNS[section], *SHORTHANDS[section])
