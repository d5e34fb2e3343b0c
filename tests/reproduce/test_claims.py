"""The claims on the real tables: what each rests on, and that nothing is said without a row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.effects.biomarkers import BIOMARKERS, biomarker_slice
from mgmeta.errors import DataError
from mgmeta.reproduce.claim_list import CLAIMS, supplement_limit
from mgmeta.reproduce.claim_rule import ANALYSES, CLAIM_VERDICTS, NOT_TESTABLE, decide
from mgmeta.reproduce.claim_table import CLAIM_COLUMNS, claim_rows
from mgmeta.reproduce.claims import check_claims, four_analyses
from mgmeta.reproduce.outside import outside_statements


@pytest.fixture(scope="module")
def claims(evidence, config):
    return check_claims(evidence, config)


def item_of(claims, claim_id, outcome):
    claim = next(item for item in claims.claims if item.id == claim_id)
    return next(item for item in claim.tested if item.outcome == outcome)


def test_the_four_analyses_are_those_of_the_configuration(config):
    for base, all_years in (("zhang2016", False), ("update", True)):
        made = four_analyses(config.analyses["zhang2016"], all_years)
        names = {"primary": base, "strict": f"{base}_strict", "permissive": f"{base}_permissive"}
        names["silent_ns"] = f"{base}_silent_ns"
        for key, name in names.items():
            assert made[key].select == config.analyses[name].select


def test_every_verdict_follows_from_the_numbers_beside_it(claims):
    for claim, checked in zip(CLAIMS, claims.claims, strict=True):
        assert "{" not in checked.text
        for item in checked.tested:
            digits = 3 if item.outcome == "serum_mg" else 2
            again = decide(item.levels, item.answers, claim.claimed, item.unit, digits)
            assert (item.verdict, item.reason) == (again.word, again.reason)
            assert item.verdict in CLAIM_VERDICTS
            assert set(item.answers) == set(ANALYSES)
            assert len(item.trial_ids) == sum(item.levels.values())


def test_rows_behind_a_claim_are_in_the_table(claims, evidence):
    for checked in claims.claims:
        for item in checked.tested:
            for report_id in item.report_ids:
                report = evidence.report_by_id[report_id]
                assert report.trial_id in item.trial_ids
                assert report.outcome == item.outcome


def test_the_published_figures_are_looked_up(claims, evidence, config):
    text = claims.claims[0].text
    for outcome in config.outcomes:
        row = next(
            r for r in evidence.reviews
            if (r.review_id, r.subset, r.outcome) == (config.target.review, config.target.subset, outcome)
        )  # fmt: skip
        assert f"{abs(row.estimate):.2f}" in text
    assert supplement_limit(evidence) == 350.0


def test_too_few_trials_are_said_to_be_too_few(claims):
    for claim_id, outcome in (("nitric_oxide", "nitric_oxide"), ("low_dose", "sbp"), ("one_month", "sbp")):
        item = item_of(claims, claim_id, outcome)
        assert sum(item.levels.values()) < 5
        assert item.verdict == NOT_TESTABLE


def test_levels_share_no_trial_and_leave_out_who_does_not_say(claims, evidence):
    item = item_of(claims, "deficient", "sbp")
    low = [t for t in item.trial_ids if evidence.trial(t).mg_status == "deficient"]
    assert item.levels["in people low in magnesium"] == len(low)
    assert not [t for t in item.trial_ids if evidence.trial(t).mg_status == "unclear"]
    assert item.not_stated == len(item_of(claims, "lowers", "sbp").trial_ids) - len(item.trial_ids)


@pytest.mark.parametrize("outcome", BIOMARKERS)
def test_biomarkers_pool_contrasts_of_eligible_trials_once(evidence, config, outcome):
    piece = biomarker_slice(evidence, config.analyses["update"], outcome)
    ids = [row["trial_id"] for row in piece.rows]
    assert len(ids) == len(set(ids))
    for row in piece.rows:
        for report_id in str(row["report_ids"]).split(";"):
            report = evidence.report_by_id[report_id]
            assert report.outcome == outcome
            assert report.contrast != "before_after"
            assert report.method != "other"  # ionised or intracellular
            assert report.ambiguity not in config.analyses["update"].select.ambiguity_out


def test_serum_magnesium_by_hand(evidence, config):
    """Schutten 2022 prints 0.04 (0.02 to 0.06): the row holds it, SE from the interval."""
    rows = biomarker_slice(evidence, config.analyses["update"], "serum_mg").rows
    row = next(row for row in rows if row["trial_id"] == "schutten2022")
    assert row["yi"] == pytest.approx(0.04)
    assert row["sei"] == pytest.approx(0.04 / (2 * 1.9944), rel=0.05)


def test_the_order_of_the_raw_rows_does_not_matter(evidence, config):
    turned = replace(evidence, reports=tuple(reversed(evidence.reports)))
    analysis = config.analyses["update"]
    assert (
        biomarker_slice(turned, analysis, "serum_mg").rows
        == biomarker_slice(evidence, analysis, "serum_mg").rows
    )


def test_outside_statements_have_two_sentences_and_rows_that_exist(evidence):
    tables = {
        "reference_intakes.csv": {row.row for row in evidence.intakes},
        "reference_parameters.csv": {row.row for row in evidence.parameters},
        "reports.csv": {row.row for row in evidence.reports},
    }
    found = outside_statements(evidence)
    assert len({item.id for item in found}) == len(found) == 8
    for item in found:
        assert all(sentence.endswith(".") for sentence in item.sentences)
        for source in item.sources:
            assert source.row in tables[source.file]
        if not item.sources:
            assert "hold no" in " ".join(item.sentences)


def test_a_quoted_row_that_is_gone_is_an_error(evidence):
    gone = replace(evidence, intakes=tuple(row for row in evidence.intakes if row.quantity != "ear"))
    with pytest.raises(DataError, match="no row with quantity 'ear'"):
        outside_statements(gone)


def test_the_table_has_a_line_a_claim_and_outcome(claims):
    rows = claim_rows(claims)
    assert len(rows) == sum(len(claim.outcomes) for claim in CLAIMS)
    assert not {column for row in rows for column in row} - set(CLAIM_COLUMNS)
