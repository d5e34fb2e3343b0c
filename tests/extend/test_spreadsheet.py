"""Spreadsheets: column names as they are, exports by a mapping, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from mgmeta.cli import cli
from mgmeta.errors import ConfigError, DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.extend.addition import plan_trials
from mgmeta.extend.journal import commit
from mgmeta.extend.mapping import BUILT_IN, load_mapping
from mgmeta.extend.spreadsheet import read_sheet

HEADER = (
    "first_author,year,design,randomised,blinding,comparator,cointervention,population,setting,dose,duration,"
    "n_mg,n_control,outcome,difference,ci,significance,kind,source.citation,note"
)
ROWS = (
    'Erewhon E,2019,parallel,yes,double,placebo,none,"people, invented",general,15 mmol,3 months,36,34,'
    "sbp,-4.10,-7.9 to -0.3,,abstract,Erewhon E. 2019,a note",
    'Erewhon E,2019,parallel,yes,double,placebo,none,"people, invented",general,15 mmol,3 months,36,34,'
    "dbp,,,ns,abstract,Erewhon E. 2019,a note",
    "Utopia U,2018,parallel,yes,double,placebo,none,people,general,,,20,20,sbp,,,lower,abstract,Utopia 2018,",
)


def sheet(folder: Path, text: str, name: str = "new.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def added(raw: Path, path: Path, **how: object):
    commit(raw, plan_trials(raw, read_sheet(path, **how)).changes)
    return load_evidence(raw)


def test_a_row_a_result_with_the_keys_as_columns(raw: Path, tmp_path: Path) -> None:
    evidence = added(raw, sheet(tmp_path, "\n".join([HEADER, *ROWS, ",,,"])))
    trial = evidence.trial("erewhon2019")
    assert (trial.dose_mg_per_day, trial.duration_weeks, trial.n_mg) == (364.6, 13.0, 36)
    assert [r.report_id for r in evidence.reports_of("erewhon2019")] == [
        "erewhon2019-sbp-1",
        "erewhon2019-dbp-1",
    ]
    assert evidence.report_by_id["erewhon2019-sbp-1"].printed["difference"] == "-4.10"
    assert [s.source_id for s in evidence.sources if s.trial_id == "erewhon2019"] == ["erewhon2019-s1"]
    assert evidence.reports_of("utopia2018")[0].significance == "lower"


def test_a_workbook_is_read_as_its_csv(raw: Path, tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "old"
    page = book.create_sheet("2026")
    for line in [HEADER, *ROWS]:
        import csv

        page.append([float(c) if c in ("36", "34", "2019") else c for c in next(csv.reader([line]))])
    book.save(tmp_path / "new.xlsx")
    by_book = read_sheet(tmp_path / "new.xlsx", sheet="2026")
    by_text = read_sheet(sheet(tmp_path, "\n".join([HEADER, *ROWS])))
    assert [{k: c.text for k, c in d.trial.items()} for d in by_book] == [
        {k: c.text for k, c in d.trial.items()} for d in by_text
    ]
    assert by_book[0].results[0]["difference"].place == "new.xlsx:2:difference"
    with pytest.raises(DataError, match="found no sheet 'x', expected one of old, 2026"):
        read_sheet(tmp_path / "new.xlsx", sheet="x")
    (tmp_path / "bad.xlsx").write_bytes(b"PK not a workbook")
    with pytest.raises(DataError, match="not an XLSX workbook"):
        read_sheet(tmp_path / "bad.xlsx")


METAFOR = """\
slab;yi;vi;outcome;n1i;n2i;population;setting;cointervention;kind;source;doi;locator
Erewhon 2019;-4.1;3.61;systolic;36;34;people;general;none;secondary_table;A review 2020;10.1000/e;table 1
"""
REVMAN = """\
Study,Experimental mean,Experimental SD,Experimental N,Control mean,Control SD,Control N,Outcome,Population,\
Setting,Cointervention,Kind,Source,Locator
Erewhon 2019a,138.2,10.1,36,142.0,11,34,Systolic blood pressure,people,general,none,secondary_table,Rev,fig 2
"""
# The columns of data-rows.csv in a Cochrane data package, in its order; those behind Footnotes are added.
DATA_ROWS = """\
Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,Experimental cases,\
Experimental N,Control cases,Control N,Experimental mean,Experimental SD,Control mean,Control SD,GIV Mean,\
GIV SE,O-E,Variance,Weight,Mean,CI start,CI end,Footnotes,\
Population,Setting,Cointervention,Kind,Source,Locator
"""
ARMS = """\
1,1,Systolic blood pressure,,OVERALL,Erewhon 2019,2019,,36,,34,138.2,10.1,142.0,11,,,,,100,-3.8,-8.75,1.15,,\
people,general,none,secondary_table,Rev,analysis 1.1
"""
CONTRAST = """\
1,2,Diastolic blood pressure,,OVERALL,Erewhon 2019,2019,,36,,34,,,,,-2.5,1.2,,,100,-2.5,-4.85,-0.15,A note,\
people,general,none,secondary_table,Rev,analysis 1.2
"""
COVIDENCE = """\
Study ID,Title,DOI,Study design,Population description,Setting,Cointervention,Total number of participants,\
Outcome,Mean difference,CI lower,CI upper,P value,Kind,Source,Locator
Erewhon 2019,A title,10.1000/e,Randomised cross-over trial,people,general,none,40,Diastolic blood pressure,\
-1.5,-3.0,0.0,<0.05,abstract,Erewhon 2019,
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("metafor", METAFOR, {"outcome": "sbp", "difference": -4.1, "difference_se": 1.9, "n_mg": 36}),
        ("revman", REVMAN, {"mg_final_mean": 138.2, "control_final_sd": 11.0, "dispersion": "sd"}),
        (
            "revman",
            DATA_ROWS + ARMS,
            {"outcome": "sbp", "mg_final_sd": 10.1, "n_control": 34, "ci_low": -8.75},
        ),
        (
            "revman",
            DATA_ROWS + CONTRAST,
            {"outcome": "dbp", "difference": -2.5, "difference_se": 1.2, "mg_final_mean": None},
        ),
        (
            "covidence",
            COVIDENCE,
            {"outcome": "dbp", "ci_high": 0.0, "p_relation": "<", "contrast": "crossover"},
        ),
    ],
)
def test_exports_of_other_programs(
    raw: Path, tmp_path: Path, name: str, text: str, expected: dict[str, object]
) -> None:
    evidence = added(raw, sheet(tmp_path, text), mapping=load_mapping(name))
    report = evidence.reports_of("erewhon2019")[0]
    assert {key: getattr(report, key) for key in expected} == expected


def test_a_mapping_of_your_own(raw: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "columns:\n  Who: study\n  Fall in SBP: {to: result.difference, as: negated}\n"
        "  SE: result.difference_se\n"
        "set:\n  result.outcome: sbp\n  trial.population: people\n  trial.setting: general\n"
        "  trial.cointervention: none\n  source.kind: abstract\n  source.citation: the abstract\n",
        encoding="utf-8",
    )
    text = "Who,Fall in SBP,SE,ignored\nErewhon 2019,4.10,1.9,x\nUtopia 2018,-0.5,1,\n"
    done = CliRunner().invoke(
        cli, ["add", str(sheet(tmp_path, text)), "--mapping", str(path), "--raw", str(raw)]
    )
    assert done.exit_code == 0, done.output
    evidence = load_evidence(raw)
    assert evidence.reports_of("erewhon2019")[0].printed["difference"] == "-4.10"
    assert evidence.reports_of("utopia2018")[0].difference == 0.5


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_mappings_lead_to_keys_of_the_form(name: str) -> None:
    assert len(load_mapping(name).columns) > 15


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEADER},nonsense\n{ROWS[0]},1\n", "new.csv:2:nonsense: no key of the form has this name"),
        (f"{HEADER},differnce\n{ROWS[0]},1\n", "did you mean 'difference'"),
        (f"{HEADER}\n{ROWS[0]},more\n", "found 'more' right of the last named column"),
        ("outcome,difference\nsbp,1\n", "new.csv:2: found no trial_id and no first_author"),
        ("year,year\n1,2\n", "found this column name twice"),
        ("", "found no rows below the column names"),
        (f"{HEADER}\n", "found no rows below the column names"),
        (f"{HEADER}\n{ROWS[0]}\n{ROWS[1].replace('double', 'open')}", "one trial, one blinding"),
        ('a,"b\nc', "broken CSV"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_refused_where_it_stands(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read_sheet(sheet(tmp_path, text))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("=cmd|'/C calc'!A0", "which a spreadsheet runs as a formula"),
        ("\u202eabc", "hidden character U+202E"),
        ("+1-800", "which a spreadsheet runs as a formula"),
    ],
)
def test_hostile_cells_are_refused_with_their_place(raw: Path, tmp_path: Path, cell: str, says: str) -> None:
    path = sheet(tmp_path, f"{HEADER}\n{ROWS[0].replace('a note', cell)}\n")
    with pytest.raises(DataError) as caught:
        plan_trials(raw, read_sheet(path))
    assert "new.csv:2:note: found" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("columns: {A: trial.nothing}", "expected a key of the form"),
        ("columns: {A: {as: study}}", "found no `to`"),
        ("columns: {A: {to: trial.doi, as: magic}}", "found 'magic'"),
        ("set: {trial.doi: x}", "found no columns"),
        ("rows: {}", "found 'rows'"),
        ("columns: {A: !!python/name:os.system x}", "found a tag"),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ConfigError, DataError)) as caught:
        load_mapping(str(path))
    assert says in str(caught.value)


def test_an_unknown_mapping_and_one_for_a_form_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected metafor, revman, covidence"):
        load_mapping("excel")
    done = CliRunner().invoke(cli, ["add", "new.yaml", "--mapping", "revman"])
    assert isinstance(done.exception, ConfigError)
    with pytest.raises(DataError, match="none of the columns of the mapping revman is here"):
        read_sheet(sheet(tmp_path, "a,b\n1,2\n"), load_mapping("revman"))
