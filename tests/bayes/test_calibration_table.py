"""The table of the calibration run: how it is made, and the committed one."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from scipy.special import chdtrc

from mgmeta.bayes.calibration import Ranked
from mgmeta.bayes.calibration_cases import CASES
from mgmeta.bayes.calibration_table import ALPHA, COLUMNS, TITLES, joined, put_summary, summary, table
from mgmeta.errors import DataError

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "simulation" / "calibration_bayes.csv"
PAGE = ROOT / "docs" / "explanation" / "bayes.md"


def test_a_table_is_judged_over_all_its_rows():
    rng = np.random.default_rng(6)
    fine = [Ranked({"mu": u, "tau": v}) for u, v in rng.random((400, 2))]
    bad = [Ranked({"mu": u}, 500.0, 1, True) for u in rng.beta(2.0, 2.0, 400)]
    rows = table({"exact": (fine, "abc"), "normal": (bad, "abc")}, 7)
    assert [(row["case"], row["quantity"]) for row in rows] == [
        ("exact", "mu"),
        ("exact", "tau"),
        ("normal", "mu"),
    ]
    assert [float(row["p_holm"]) < ALPHA for row in rows] == [False, False, True]
    assert (rows[2]["ess_min"], rows[2]["repeated"], rows[2]["divergences"]) == ("500", 400, 400)
    assert "**Miscalibrated:** normal, numbers and words: `mu`." in summary(rows)
    assert "None of the 2 is below 0.01. Run at commit abc, seed 7." in summary(rows[:2])
    with pytest.raises(DataError, match="around the summary"):
        put_summary("no marks", rows)


def test_cases_that_did_not_run_keep_their_rows_and_all_are_adjusted_together():
    rng = np.random.default_rng(6)
    old = table({"exact": ([Ranked({"mu": u}) for u in rng.random(400)], "abc")}, 7)
    bad = [Ranked({"mu": u}, 500.0) for u in rng.beta(1.2, 1.2, 400)]
    new = table({"normal": (bad, "def")}, 7)
    both = joined(new, [dict.fromkeys(COLUMNS, "") | row for row in [*old, *new]])
    assert [(row["case"], row["commit"]) for row in both] == [("exact", "abc"), ("normal", "def")]
    # Four tests instead of two: the smallest P is multiplied by four.
    smallest = min(float(new[0][key]) for key in ("p_chi2", "p_distance"))
    assert float(both[1]["p_holm"]) == pytest.approx(min(1.0, 4.0 * smallest), abs=2e-4)
    assert joined(both, []) == both


def committed():
    return list(csv.DictReader(io.StringIO(TABLE.read_text(encoding="utf-8"))))


def test_every_model_is_in_the_committed_table_and_none_is_miscalibrated():
    rows = committed()
    assert tuple(rows[0]) == COLUMNS
    assert {row["case"] for row in rows} == set(CASES) == set(TITLES)
    for row in rows:
        counts = np.array([int(count) for count in row["counts"].split()])
        n = int(row["repeats"])
        assert counts.sum() == n >= 100
        chi2 = float(((counts - n / 20) ** 2).sum() / (n / 20))
        assert float(row["chi2"]) == pytest.approx(chi2, abs=0.006)
        assert float(row["p_chi2"]) == pytest.approx(chdtrc(19, chi2), abs=1e-4)
        assert float(row["p_holm"]) >= ALPHA


def test_the_page_shows_the_committed_table():
    page = PAGE.read_text(encoding="utf-8")
    assert put_summary(page, committed()) == page
