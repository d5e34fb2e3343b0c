"""The ledger: shared arithmetic, and a changed number changes only the rows that include it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.effects.derive import derive
from mgmeta.reproduce import engines
from mgmeta.reproduce.engines import Answer
from mgmeta.reproduce.ledger import build_ledger
from mgmeta.reproduce.ledger_table import LEDGER_COLUMNS, ledger_rows


@pytest.fixture(scope="module")
def cheap():
    """The slow engines replaced by a sum over the rows: any change of a row still shows."""

    def stand_in(rows, settings, column=""):
        numbers = [row[c] for row in rows for c in ("yi", "yi_low", "yi_high", "sei") if row[c] is not None]
        total = sum(numbers)
        return Answer("sum", len(rows), total, total - 1.0, total + 1.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "imputed", stand_in)
        patch.setattr(engines, "bayes", stand_in)
        yield


@pytest.fixture(scope="module")
def ledger(cheap, evidence, derived, config, plan):
    return build_ledger(evidence, derived, config, plan)


def keyed(ledger):
    return {
        (r.published.review_id, r.published.outcome, r.published.subset, r.published.unit): r
        for r in ledger.rows
    }


@pytest.mark.parametrize("trial_id", ["witteman1994", "sacks1998", "bullarbo2013"])
def test_a_changed_number_changes_the_rows_that_include_it_and_no_others(
    cheap, ledger, evidence, config, plan, trial_id
):
    """The effect moves by 1 mmHg; its SE stays, so that no SD is borrowed anew."""

    def moved(report):
        if report.trial_id != trial_id or report.outcome not in config.outcomes:
            return report
        columns = ("difference", "ci_low", "ci_high") if report.difference is not None else ("mg_final_mean",)
        return replace(
            report, **{c: getattr(report, c) + 1.0 for c in columns if getattr(report, c) is not None}
        )

    changed = replace(evidence, reports=tuple(moved(report) for report in evidence.reports))
    after = build_ledger(changed, derive(changed, config.assume), config, plan)
    touched = 0
    for key, row in keyed(ledger).items():
        new = keyed(after)[key]
        if trial_id in row.trials:
            touched += 1
            assert new.ml != row.ml or row.ml.estimate is None
            assert new.mi != row.mi
            assert new.numeric != row.numeric or row.found.numeric < 2
        else:
            assert new.ml == row.ml
            assert new.numeric == row.numeric
            assert new.mi == row.mi
            assert new.verdict == row.verdict
            assert new.remainder == row.remainder
    assert 0 < touched < len(ledger.rows)


def test_the_headline_analysis_and_the_ledger_agree(ledger, evidence, derived, config):
    from mgmeta.effects.slices import build_slice
    from mgmeta.pooling.bounded_rows import fit_rows
    from mgmeta.reproduce.picked import whole_rows

    rows = whole_rows(build_slice(evidence, derived, config.analyses[config.target.analysis]).rows)
    for outcome in config.outcomes:
        fit = fit_rows([row for row in rows if row["outcome"] == outcome], config.level)
        row = keyed(ledger)[config.target.review, outcome, "overall", "mmHg"]
        ours = [row.ml.estimate, row.ml.ci_low, row.ml.ci_high]
        assert ours == pytest.approx([fit.beta[0], fit.ci_low[0], fit.ci_high[0]], abs=1e-9)


def test_counts_and_differences_add_up(ledger):
    for row in ledger.rows:
        assert row.found.pooled == row.found.numeric + row.found.bounds == len(row.trials)
        assert row.found.pooled <= row.found.eligible
        assert row.readings[0].label == ""
        assert row.readings[0].estimate == row.ml.estimate
        if row.difference:
            assert row.difference.estimate == pytest.approx(row.ml.estimate - row.published.estimate)
        if row.overlap:
            assert 0.0 <= row.overlap.share_of_published <= 1.0
        assert (row.verdict is None) == (row.published.estimate is None or "sample size" in row.reason)


def test_a_standardised_target_is_judged_in_mmhg_and_says_so(ledger):
    rows = [row for row in ledger.rows if row.published.unit == "smd" and row.verdict]
    assert rows
    for row in rows:
        assert row.judged_at_sd > 5.0
        assert f"at an SD of change of {row.judged_at_sd:.1f} mmHg" in row.reason


def test_the_table_has_every_row_of_reviews_csv_and_only_its_columns(ledger, evidence):
    rows = ledger_rows(ledger)
    assert len(rows) == len(evidence.reviews)
    assert not {column for row in rows for column in row} - set(LEDGER_COLUMNS)
    assert all(row.get("verdict") or row["reason"] for row in rows)
