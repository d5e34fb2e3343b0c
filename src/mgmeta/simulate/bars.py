"""The bars of the simulation study, set before it was run, and the cells too near to one to tell.

A cell of 2,000 reviews has a Monte Carlo error of up to 0.06 mmHg, so a bias near its bar may be on either
side of it. Every such cell, whether it seems to pass or to fail, is run once more with new numbers and more
reviews; that run counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PRIMARY, BAYES, COMPLETE = "bounded_ml", "bayes", "complete_ml"
# Least coverage on the base grid wherever k >= FEWEST (a cell may fall short by two Monte Carlo standard
# errors), and the largest |bias| in mmHg by number of trials.
COVERAGE_BARS = {PRIMARY: 0.93, BAYES: 0.92}
FEWEST = 10
BIAS_BARS = {PRIMARY: {10: 0.25, 20: 0.15, 50: 0.15}}

BASE, VIOLATIONS, NEAR = "base", "violations", "near"
NEAR_ERRORS = 2.0  # Monte Carlo standard errors
NEAR_METHODS = (PRIMARY, COMPLETE)

SimRow = Mapping[str, str]


def near_bars(table: Iterable[SimRow]) -> list[str]:
    """Return the base cells whose |bias| is within two Monte Carlo standard errors of its bar, either side.

    Parameters
    ----------
    table
        Rows of the study, as text; bias and its error in mmHg.
    """
    found = []
    for row in table:
        bar = BIAS_BARS.get(row["method"], {}).get(int(row["k"]))
        if row["grid"] == BASE and bar is not None and row["bias"]:
            distance = abs(abs(float(row["bias"])) - bar)
            if distance <= NEAR_ERRORS * float(row["bias_mcse"]):
                found.append(row["cell"])
    return list(dict.fromkeys(found))


def counting(table: Iterable[SimRow]) -> list[SimRow]:
    """Return the base cells as they count: where a method was run again near its bar, the second run."""
    rows = list(table)
    again = {(row["cell"], row["method"]): row for row in rows if row["grid"] == NEAR}
    return [again.get((row["cell"], row["method"]), row) for row in rows if row["grid"] == BASE]
