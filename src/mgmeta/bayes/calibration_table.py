"""The table of a calibration run, a row a quantity, and its summary for the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mgmeta.bayes.calibration import Ranked, adjusted, judge
from mgmeta.bayes.calibration_cases import CASES
from mgmeta.errors import DataError
from mgmeta.moderators.multiplicity import holm

COLUMNS = (
    "case",
    "engine",
    "quantity",
    "repeats",
    "counts",
    "chi2",
    "p_chi2",
    "distance",
    "p_distance",
    "p_holm",
    "ess_min",
    "repeated",
    "divergences",
    "seed",
    "commit",
)
# A quantity is called miscalibrated where its Holm-adjusted P value is below this.
ALPHA = 0.01
START, END = "<!-- calibration: start -->", "<!-- calibration: end -->"
TITLES = {
    "exact": "exact engine",
    "normal": "normal, numbers and words",
    "moderators": "the same with two moderators",
    "sd_unknown": "SDs unknown",
    "student_t": "Student-t",
    "mixture": "mixture, the wider component second by construction",
    "bivariate": "SBP and DBP together",
    "baseline_risk": "blood pressure at entry",
}
Row = dict[str, Any]


def table(found: Mapping[str, tuple[Sequence[Ranked], str]], seed: int) -> list[Row]:
    """Return one row a case and quantity; Holm's adjustment is over all of them and both tests.

    Parameters
    ----------
    found
        Case -> its repeats and the commit they were made at.
    seed
        Seed of the run.
    """
    judged = {case: judge(ranked) for case, (ranked, _) in found.items()}
    p = iter(adjusted([test for tests in judged.values() for test in tests.values()]))
    return [
        {
            "case": case,
            "engine": CASES[case].engine,
            "quantity": quantity,
            "repeats": len(found[case][0]),
            "counts": " ".join(map(str, test.counts)),
            "chi2": f"{test.chi2:.2f}",
            "p_chi2": f"{test.p_chi2:.4f}",
            "distance": f"{test.distance:.4f}",
            "p_distance": f"{test.p_distance:.4f}",
            "p_holm": f"{next(p):.4f}",
            "ess_min": f"{min(item.ess for item in found[case][0]):.0f}",
            "repeated": sum(item.repeated for item in found[case][0]),
            "divergences": sum(item.divergences for item in found[case][0]),
            "seed": seed,
            "commit": found[case][1],
        }
        for case, tests in judged.items()
        for quantity, test in tests.items()
    ]


def joined(rows: Sequence[Row], kept: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return new rows and those kept of other cases, in the order of the cases, adjusted anew over all.

    A model whose code has not changed need not be run again; the P values of its rows have four decimals.

    Parameters
    ----------
    rows
        From :func:`table`.
    kept
        Rows of an earlier table; those of cases among *rows* are left out.
    """
    new = {row["case"] for row in rows}
    order = list(CASES)
    found = [*rows, *(dict(row) for row in kept if row["case"] not in new)]
    found.sort(key=lambda row: order.index(row["case"]))
    p = holm([float(row[key]) for row in found for key in ("p_chi2", "p_distance")])
    smallest = p.reshape(-1, 2).min(axis=1)
    return [row | {"p_holm": f"{value:.4f}"} for row, value in zip(found, smallest, strict=True)]


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table for readers: a line a case, and what it comes to."""
    lines = [
        "| model | repeats | quantities ranked | smallest P | of | adjusted |",
        "|---|---|---|---|---|---|",
    ]
    for case in dict.fromkeys(row["case"] for row in rows):
        mine = [row for row in rows if row["case"] == case]
        worst = min(mine, key=_smaller)
        lines.append(
            f"| {TITLES[case]} | {worst['repeats']} | {len(mine)} | {_smaller(worst):.3f} "
            f"| `{worst['quantity']}` | {min(float(row['p_holm']) for row in mine):.2f} |"
        )
    bad = [f"{TITLES[row['case']]}: `{row['quantity']}`" for row in rows if float(row["p_holm"]) < ALPHA]
    verdict = (
        f"**Miscalibrated:** {', '.join(bad)}." if bad else f"None of the {len(rows)} is below {ALPHA:g}."
    )
    return "\n".join([*lines, "", f"{verdict} Run at {_commits(rows)}, seed {rows[0]['seed']}."])


def _smaller(row: Mapping[str, Any]) -> float:
    return min(float(row["p_chi2"]), float(row["p_distance"]))


def _commits(rows: Sequence[Mapping[str, Any]]) -> str:
    found = list(dict.fromkeys(str(row["commit"]) for row in rows))
    return ("commit " if len(found) == 1 else "commits ") + ", ".join(found)


def put_summary(page: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a page with the summary between its marks.

    Raises
    ------
    DataError
        If the page has not both marks.
    """
    if START not in page or END not in page:
        raise DataError(f"page: expected {START} and {END} around the summary of the calibration")
    place = re.compile(re.escape(START) + ".*?" + re.escape(END), re.DOTALL)
    return place.sub(lambda _: f"{START}\n{summary(rows)}\n{END}", page)
