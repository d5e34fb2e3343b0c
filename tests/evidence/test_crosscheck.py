from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mgmeta.errors import DataError
from mgmeta.evidence.crosscheck import (
    check_folder,
    crosscheck,
    level_findings,
    pressure_findings,
    repeated_findings,
    report_findings,
)
from mgmeta.evidence.findings import Finding, ordered
from mgmeta.evidence.load import TABLES, Loaded, load_evidence, read_evidence
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.schema import schema_findings

EMPTY = Evidence((), (), (), (), (), ())


def errors(folder: Path) -> list[str]:
    return [str(finding) for finding in check_folder(folder)[1] if finding.level == "error"]


def test_the_real_tables_have_no_error_and_say_what_is_known(raw: Path) -> None:
    evidence, findings = check_folder(raw)
    assert [finding for finding in findings if finding.level == "error"] == []
    listed = {(finding.file, finding.row, finding.column) for finding in findings}
    for report in evidence.reports:
        if report.certainty == "ambiguous":
            assert ("reports.csv", report.row, "ambiguity") in listed
        if report.dispersion == "unclear" and any(name.endswith("_sd") for name in report.printed):
            assert ("reports.csv", report.row, "dispersion") in listed
    # Known disagreements: the dictionary says Kass 2012's intervals are narrower than its sample allows.
    kass = [
        review.row
        for review in evidence.reviews
        if review.review_id == "kass2012" and review.subset == "overall"
    ]
    assert {("reviews.csv", row, "ci_low") for row in kass} <= listed
    assert ("trials.csv", evidence.trial("hattori1988").row, "overlaps_with") in listed


def test_checks_do_not_write(raw: Path) -> None:
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    check_folder(raw)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before


def test_errors_of_every_kind_come_together(raw: Path, edit: Callable[..., int]) -> None:
    interval = edit(raw / "reports.csv", "geleijnse1994-sbp-1", difference="7.6")
    unknown = edit(raw / "reports.csv", "witteman1994-sbp-1", trial_id="nobody1900")
    review = edit(raw / "reviews.csv", "zhang2016", estimate="2.00")
    word = edit(raw / "trials.csv", "afitska2021", blinding="triple")
    text = edit(raw / "trials.csv", "banjanin2018", n_mg="many")
    assert [line.split(": ")[0] for line in errors(raw)] == [
        f"reports.csv:{interval}:difference",
        f"reports.csv:{unknown}:trial_id",
        f"reviews.csv:{review}:estimate",
        f"trials.csv:{word}:blinding",
        f"trials.csv:{text}:n_mg",
    ]


def test_a_broken_trial_does_not_spoil_its_reports(raw: Path, edit: Callable[..., int]) -> None:
    """With n_mg = -40 the SE of a change could not even be computed."""
    line = edit(raw / "trials.csv", "guerreroromero2009", n_mg="-40")
    assert errors(raw) == [f"trials.csv:{line}:n_mg: found -40, expected 1 to 100000 people"]


def test_a_broken_report_does_not_make_its_trial_wrong(raw: Path, edit: Callable[..., int]) -> None:
    for outcome in ("sbp", "dbp"):
        edit(raw / "reports.csv", f"geleijnse1994-{outcome}-1", outcome="weight")
    evidence, findings = check_folder(raw)
    row = evidence.trial("geleijnse1994").row
    assert not [f for f in findings if (f.file, f.row, f.column) == ("trials.csv", row, "evidence_level")]


@pytest.mark.parametrize(
    ("trial", "report", "level", "column", "message"),
    [
        (
            {},
            {"report_id": "other2000-sbp-1"},
            "error",
            "report_id",
            "expected it to start with made2000-sbp-",
        ),
        (
            {},
            {"report_id": "made2000-dbp-1"},
            "error",
            "report_id",
            "expected it to start with made2000-sbp-",
        ),
        (
            {},
            {"source_id": "other2000-s1"},
            "error",
            "source_id",
            "a source of other2000, expected one of this",
        ),
        ({"design": "single_arm"}, {}, "error", "contrast", "found parallel, expected before_after"),
        (
            {"design": "crossover"},
            {},
            "ambiguity",
            "contrast",
            "parallel contrast of a trial whose design is cross",
        ),
        (
            {},
            {"contrast": "crossover"},
            "ambiguity",
            "contrast",
            "crossover contrast of a trial whose design is par",
        ),
        (
            {"design": "crossover"},
            {"contrast": "crossover", "n_mg": "20", "n_control": "19"},
            *("ambiguity", "n_control", "a crossover has the same people"),
        ),
        (
            {"n_randomised": "39"},
            {"n_mg": "20", "n_control": "20"},
            "error",
            "n_mg",
            "found 40 people, expected at mo",
        ),
        (
            {"dose_basis": "salt_mass_only", "dose_mg_per_day": ""},
            {"dose_mg_per_day": "400"},
            *("error", "dose_mg_per_day", "only the mass of the salt is known"),
        ),
        (
            {},
            {"dose_mg_per_day": "366"},
            "ambiguity",
            "dose_mg_per_day",
            "more than the trial's highest dose 365",
        ),
        (
            {},
            {"timepoint_weeks": "13"},
            "ambiguity",
            "timepoint_weeks",
            "13 weeks is after the trial's end at 12",
        ),
    ],
)
def test_reports_against_their_trial(
    make_report: Callable[..., Any],
    make_trial: Callable[..., Any],
    evidence: Evidence,
    trial: dict[str, str],
    report: dict[str, str],
    level: str,
    column: str,
    message: str,
) -> None:
    sources = tuple(
        replace(evidence.sources[0], trial_id=name, source_id=f"{name}-s1")
        for name in ("made2000", "other2000")
    )
    row = make_report(**{"significance": "ns", **report})
    tables = replace(EMPTY, trials=(make_trial(**trial),), reports=(row,), sources=sources)
    (finding,) = report_findings(row, tables)
    assert (finding.level, finding.column) == (level, column)
    assert message in finding.message


def test_legitimate_reports_pass(make_report: Callable[..., Any], make_trial: Callable[..., Any]) -> None:
    same = {"contrast": "crossover", "n_mg": "20", "n_control": "20", "significance": "ns"}
    trial = make_trial(design="crossover", n_randomised="20")
    assert list(report_findings(make_report(**same), replace(EMPTY, trials=(trial,)))) == []
    own = make_report(contrast="before_after", mg_change_mean="-3")
    single = make_trial(design="single_arm", comparator="none")
    assert list(report_findings(own, replace(EMPTY, trials=(single,)))) == []


@pytest.mark.parametrize(
    ("cells", "held"),
    [
        ({"significance": "ns"}, "verbal"),
        ({"p_value": "0.05", "p_relation": ">"}, "verbal"),
        ({"difference": "-3"}, "numeric"),
        ({"mg_final_mean": "130", "control_final_mean": "133"}, "numeric"),
        ({"mg_final_mean": "130"}, "none"),
        ({"mg_final_mean": "130", "control_final_mean": "133", "contrast": "before_after"}, "none"),
        ({"difference": "-3", "outcome": "serum_mg"}, "none"),
        ({"difference": "-3", "outcome": "map"}, "numeric"),
    ],
)
def test_evidence_level(
    make_report: Callable[..., Any], make_trial: Callable[..., Any], cells: dict[str, str], held: str
) -> None:
    reports = (make_report(**cells),)
    assert list(level_findings(make_trial(evidence_level=held), reports)) == []
    other = "none" if held != "none" else "numeric"
    (finding,) = level_findings(make_trial(evidence_level=other), reports)
    assert finding.level == "ambiguity"
    assert finding.message == f"{other!r}, but the best contrast in reports.csv is {held!r}"


def test_a_trial_without_reports_is_noted(make_trial: Callable[..., Any]) -> None:
    (finding,) = level_findings(make_trial(), ())
    assert finding.level == "note"


def test_the_same_comparison_twice(make_report: Callable[..., Any]) -> None:
    one, two = make_report(row="2"), make_report(row="3", report_id="made2000-sbp-2")
    (finding,) = repeated_findings((one, two))
    assert (finding.level, finding.row) == ("ambiguity", 3)
    assert list(repeated_findings((one, make_report(position="standing")))) == []


def test_diastolic_stays_below_systolic(make_report: Callable[..., Any]) -> None:
    sbp = make_report(row="2", mg_final_mean="130", control_final_mean="133")
    dbp = make_report(row="3", outcome="dbp", mg_final_mean="130", control_final_mean="88")
    (finding,) = pressure_findings((sbp, dbp))
    assert (finding.level, finding.row, finding.column) == ("error", 3, "mg_final_mean")
    assert list(pressure_findings((sbp, replace(dbp, position="standing")))) == []


def test_source_ids_start_with_their_trial(raw: Path, edit: Callable[..., int]) -> None:
    line = edit(raw / "sources.csv", "almozninosarafian2009-s1", trial_id="afitska2021")
    told = (
        f"sources.csv:{line}:source_id: found 'almozninosarafian2009-s1', expected it to start with afitska"
    )
    assert any(error.startswith(told) for error in errors(raw))


# ---- any text in any cell -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, evidence: Evidence) -> Path:
    """Five whole trials with every kind of number, so that a check takes milliseconds."""
    kept = {"guerreroromero2009", "geleijnse1994", "kawano1998", "hattori1988", "saito1988", "schutten2022"}
    folder = tmp_path_factory.mktemp("small")
    source = Path(__file__).resolve().parents[2] / "data" / "raw"
    for table in TABLES.values():
        with (source / table.file).open(encoding="utf-8", newline="") as handle:
            header, *rows = list(csv.reader(handle))
        if "trial_id" in header:
            rows = [row for row in rows if row[header.index("trial_id")] in kept]
        with (folder / table.file).open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows[:30]])
    assert not [finding for finding in check_folder(folder)[1] if finding.level == "error"]
    return folder


def findings_of(loaded: Loaded, name: str) -> list[Finding]:
    """Check as check_folder does, but let the schema see only the table that was changed."""
    changed = replace(EMPTY, **{name: getattr(loaded.evidence, name)})
    found = [*loaded.problems, *schema_findings(changed)]
    broken = frozenset((finding.file, finding.row) for finding in found)
    return ordered([*found, *crosscheck(loaded.evidence, broken)])


ANY_CELL = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.floats().map(repr),
    st.integers(-(10**6), 10**18).map(str),
    st.decimals(-200, 200, places=2, allow_nan=False).map(str),
    st.sampled_from(
        [
            *("0", "0.0", "1", "-0", "1e-99", "1e99", "1e-400", "0.999999999999999", "999999999999999"),
            *(
                "2000-02-30",
                "10.1/x",
                "unclear",
                "<",
                ">",
                "=",
                "ns",
                "crossover",
                "before_after",
                "sd",
                "se",
            ),
            *("dbp", "geleijnse1994", "٣", "−3", "=1+1", "\ufeff", "\x00"),
            *("", "a,b", 'a"b', "a\nb", "a\rb", "x" * 200_000),
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), cell=ANY_CELL)
@example(data=None, cell="0.999999999999999")
def test_any_text_in_any_cell_is_judged_never_a_crash(
    small: Path, tmp_path_factory: Any, data: Any, cell: str
) -> None:
    names = sorted(TABLES)
    name = "reports" if data is None else data.draw(st.sampled_from(names))
    table = TABLES[name]
    path = small / table.file
    original = path.read_bytes()
    rows = list(csv.reader(original.decode().splitlines(keepends=True)))
    columns = list(table.columns)
    column = columns.index("p_value") if data is None else data.draw(st.integers(0, len(columns) - 1))
    line = 6 if data is None else data.draw(st.integers(1, len(rows) - 1))
    rows[line][column] = cell
    try:
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows(rows)
        loaded = read_evidence(small)
        findings = findings_of(loaded, name)
        if any(finding.level == "error" for finding in loaded.problems):
            with pytest.raises(DataError):
                load_evidence(small)
    finally:
        path.write_bytes(original)
    assert all(isinstance(finding, Finding) for finding in findings)
    for finding in findings:
        assert finding.file in {known.file for known in TABLES.values()}
        assert "\n" not in str(finding)
        assert len(str(finding)) < 2000


@settings(max_examples=60, deadline=None)
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: text.encode("utf-16")))
)
def test_any_bytes_in_any_file_are_judged_never_a_crash(small: Path, content: bytes) -> None:
    path = small / "sources.csv"
    original = path.read_bytes()
    try:
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"sources\.csv"):
            load_evidence(small)
    finally:
        path.write_bytes(original)
