"""Trials in and out of the tables: what is written, what is refused, and that it can be undone."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.errors import DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.extend.addition import plan_fill, plan_trials
from mgmeta.extend.form import drafts_of
from mgmeta.extend.journal import commit
from mgmeta.extend.removal import plan_removal

ROOT = Path(__file__).parents[2]
TABLES = ("trials.csv", "sources.csv", "reports.csv")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    if isinstance(done.exception, DataError):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def add(raw: Path, text: str, *distinct: str) -> str:
    """Add the trials of a form; return what is wrong, or an empty string."""
    try:
        commit(raw, plan_trials(raw, drafts_of(text, "new.yaml"), distinct).changes)
    except DataError as error:
        return str(error)
    return ""


def row(raw: Path, file: str, column: str, value: str) -> dict[str, str]:
    with (raw / file).open(encoding="utf-8", newline="") as handle:
        return next(row for row in csv.DictReader(handle) if row[column] == value)


def test_a_form_becomes_rows_and_remove_undoes_it_to_the_byte(raw: Path, form: Path) -> None:
    before = contents(raw)
    status, output = run("add", form, "--raw", raw)
    assert status == 0, output
    assert "erewhon2019: added 1 in trials.csv, 1 in sources.csv, 2 in reports.csv" in output
    trial = row(raw, "trials.csv", "trial_id", "erewhon2019")
    assert (trial["dose_mg_per_day"], trial["dose_basis"]) == ("364.6", "from_mmol")
    assert (trial["duration_weeks"], trial["doi"]) == ("13", "10.1000/erewhon")
    assert (trial["randomised"], trial["mg_status"], trial["evidence_level"]) == ("yes", "unclear", "numeric")
    assert trial["note"] == "dose as printed: 15 mmol = 364.6 mg/d; duration as printed: 3 months = 13 weeks"
    sbp = row(raw, "reports.csv", "report_id", "erewhon2019-sbp-1")
    assert sbp["difference"] == "-4.10"  # the zero is evidence of rounding
    assert (sbp["ci_low"], sbp["ci_high"], sbp["ci_level"]) == ("-7.9", "-0.3", "0.95")
    assert (sbp["source_id"], sbp["locator"]) == ("erewhon2019-s1", "abstract")
    assert row(raw, "reports.csv", "report_id", "erewhon2019-dbp-1")["significance"] == "ns"
    assert load_evidence(raw).trial("erewhon2019").n_mg == 36
    status, output = run("remove", "erewhon2019", "--raw", raw, "--yes")
    assert status == 0, output
    assert contents(raw) == before


@pytest.mark.parametrize("change", ["crlf", "open end", "byte order mark"])
def test_other_formats_of_the_files_come_back_to_the_byte(raw: Path, form: Path, change: str) -> None:
    for name in TABLES:
        data = (raw / name).read_bytes()
        data = data.replace(b"\n", b"\r\n") if change == "crlf" else data
        data = data.rstrip(b"\n") if change == "open end" else data
        data = b"\xef\xbb\xbf" + data if change == "byte order mark" else data
        (raw / name).write_bytes(data)
    before = contents(raw)
    assert run("add", form, "--raw", raw)[0] == 0
    after = contents(raw)
    assert after != before
    if change == "crlf":
        assert all(line.endswith(b"\r") for line in after["trials.csv"].split(b"\n")[:-1])
    assert run("remove", "erewhon2019", "--raw", raw)[0] == 0
    assert contents(raw) == before


def test_the_diff_is_the_new_lines_alone(tmp_path: Path, form: Path) -> None:
    raw = tmp_path / "real"
    shutil.copytree(ROOT / "data/raw", raw)
    before = {name: (raw / name).read_bytes().split(b"\n") for name in TABLES}
    status, output = run("add", form, "--raw", raw)
    assert status == 0, output
    for name, added in zip(TABLES, (1, 1, 2), strict=True):
        after = (raw / name).read_bytes().split(b"\n")
        new = [line for line in after if line not in before[name]]
        assert len(new) == added
        assert [line for line in after if line not in new] == before[name]
    # set in where it sorts, not at the end
    ids = [line.split(b",")[0] for line in (raw / "trials.csv").read_bytes().split(b"\n")]
    at = ids.index(b"erewhon2019")
    assert ids[at - 1] < b"erewhon2019" < ids[at + 1]


def test_a_dry_run_writes_nothing(raw: Path, form: Path) -> None:
    before = contents(raw)
    status, output = run("add", form, "--raw", raw, "--dry-run")
    assert status == 0
    assert "would add 1 in trials.csv" in output
    assert "reports.csv: report_id erewhon2019-sbp-1" in output
    assert contents(raw) == before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("-7.9 to -0.3", "-3.9 to -0.3", "new.yaml:25:difference: found -4.10"),
        ("-7.9 to -0.3", "wide", "new.yaml:26:ci: found 'wide', expected an interval"),
        (
            "blinding: double",
            "blinding: doubel",
            "new.yaml:9:blinding: found 'doubel', expected one of double",
        ),
        ("blinding: double", "blindness: double", "did you mean 'blinding'?"),
        ("15 mmol", "15 stone", "new.yaml:15:dose: found '15 stone', expected mg/d, or one of mg, g, mmol"),
        ("15 mmol", "1,5", "new.yaml:15:dose"),
        ("year: 2019", "year: 19", "new.yaml:3:year: found 19, expected 1950 to 2100"),
        ("year: 2019", "year:", "new.yaml:3:year: found nothing"),
        ("n_mg: 36", "n_mg: 3600", "expected at least n_mg and n_control together"),
        ("setting: general", "trial_id: ../../evil\n  setting: general", "found the trial_id '../../evil'"),
        ("setting: general", "trial_id: Evil\n  setting: general", "found the trial_id 'Evil'"),
        ("significance: ns", "significance: ns\n    source: 7", "found '7', expected the number of a source"),
        ("people of an invented land", '"=HYPERLINK(1)"', "which a spreadsheet runs as a formula"),
        ("people of an invented land", '"@SUM(A1)"', "which a spreadsheet runs as a formula"),
        ("people of an invented land", '"a\\u202egnp.exe"', "hidden character U+202E"),
        ("people of an invented land", '"a\\u0000b"', "hidden character U+0000"),
        ("people of an invented land", "x" * 5000, "expected at most 4000"),
        (
            "https://example.org/erewhon",
            "javascript:alert(1)",
            "found 'javascript:alert(1)', expected an address",
        ),
        ("kind: abstract", "kind:", "expected what kind of source"),
        ("kind: abstract", "kind: registry", "expected where in the source"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(
    raw: Path, form: Path, old: str, new: str, says: str
) -> None:
    text = form.read_text(encoding="utf-8")
    assert text.count(old) == 1
    before = contents(raw)
    found = add(raw, text.replace(old, new))
    assert says in found
    assert "nothing was written" in found
    assert contents(raw) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("trial: !!python/object/apply:os.system ['true']", "new.yaml:1:8: found a tag (!)"),
        ("a: &x [1]\nb: *x", "found an anchor (&)"),
        ("trial: [1, 2]", "found another thing, expected trial"),
        ("trial:\n  year: 1\n  year: 2", "new.yaml:3:3: found the key 'year' twice"),
        ("trial: {a: " + "[" * 30 + "]" * 30 + "}", "nested deeper than"),
        ("trial: 'open", "not valid YAML"),
        ("nonsense: 1", "found the section 'nonsense'"),
        ("", "found nothing, expected a filled form"),
        ("trial:\n  year: [1]", "found a list or mapping"),
    ],
)
def test_a_form_that_is_no_form_is_refused(text: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        drafts_of(text, "new.yaml")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("10.1000/erewhon", "10.1000/EREWHON", "the DOI 10.1000/erewhon belongs to erewhon2019"),
        ("https://doi.org/10.1000/erewhon", "", "its title is 100 % that of erewhon2019"),
    ],
)
def test_the_same_trial_twice_is_refused(raw: Path, form: Path, old: str, new: str, says: str) -> None:
    text = form.read_text(encoding="utf-8")
    assert add(raw, text) == ""
    found = add(raw, text.replace(old, new))
    assert says in found
    assert "mgmeta fill erewhon2019" in found


def test_a_likely_double_is_refused_until_it_is_said_to_be_another(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    assert add(raw, text) == ""
    like = text.replace("Erewhon E", "Érewhom EE").replace("2019", "2020").replace("doi:", "country:")
    like = like.replace("An invented trial, added by a form", "Another title altogether").replace(
        "https://doi.org/10.1000/erewhon", "Nowhere"
    )
    found = add(raw, like)
    assert "new.yaml:2:first_author: author, year and size are like erewhon2019" in found
    assert "--distinct erewhon2019" in found
    assert add(raw, like.replace("n_randomised: 70", "n_randomised: 90")) == ""
    assert "erewhom2020" in load_evidence(raw).trial_by_id
    linked = like.replace("setting:", "overlaps_with: erewhon2019\n  setting:").replace("Another", "A third")
    linked = linked.replace("n_randomised: 70", "n_randomised: 90")
    assert "erewhom2020" in add(raw, linked)
    assert add(raw, linked, "erewhom2020") == ""
    assert load_evidence(raw).trial("erewhom2020b").overlaps_with == "erewhon2019"


def test_letters_are_all_that_a_name_gives_to_an_id(raw: Path, form: Path) -> None:
    assert add(raw, form.read_text(encoding="utf-8").replace("Erewhon E", "../../etc/Passwd/ÉŠ 2")) == ""
    assert "etcpasswdes2019" in load_evidence(raw).trial_by_id


def test_a_form_with_one_bad_trial_adds_none(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    before = contents(raw)
    other = (
        text.replace("Erewhon E", "Utopia U").replace("erewhon", "utopia").replace("ce: ns", "ce: perhaps")
    )
    found = add(raw, f"{text}---\n{other}")
    assert "'perhaps'" in found
    assert contents(raw) == before


def test_retrieved_numbers_are_new_rows_and_the_words_stay(raw: Path) -> None:
    before = contents(raw)
    evidence = load_evidence(raw)
    worded = next(
        r for r in evidence.reports if r.outcome == "sbp" and r.significance == "ns" and r.difference is None
    )
    draft = drafts_of(
        "sources:\n  - {kind: full_text_excerpt, citation: the paper}\n"
        "results:\n  - {outcome: sbp, difference: -1.2, difference_se: 1.1, locator: table 2}\n",
        "numbers.yaml",
    )[0]
    plan = plan_fill(raw, worded.trial_id, draft)
    commit(raw, plan.changes)
    after = load_evidence(raw)
    rows = after.reports_of(worded.trial_id, "sbp")
    assert worded.report_id in [r.report_id for r in rows]
    new = next(r for r in rows if r.difference == -1.2)
    assert after.source_by_id[new.source_id].kind == "full_text_excerpt"
    undo = plan_removal(raw, worded.trial_id, (new.report_id,))
    commit(raw, undo.changes)
    assert contents(raw) == before


def test_fill_refuses_an_unknown_trial_and_a_changed_one(raw: Path) -> None:
    draft = drafts_of("trial: {year: 1999}\nresults: [{outcome: sbp, significance: ns}]", "n.yaml")[0]
    with pytest.raises(DataError, match="no trial 'nobody1900'"):
        plan_fill(raw, "nobody1900", draft)
    with pytest.raises(DataError, match="never changes the trial's row"):
        plan_fill(raw, "laputa2005", draft)


def test_a_trial_that_others_name_is_not_removed(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8").replace("setting:", "overlaps_with: laputa2005\n  setting:")
    assert add(raw, text) == ""
    with pytest.raises(DataError, match="erewhon2019 names it"):
        plan_removal(raw, "laputa2005")


def test_tables_that_do_not_pass_are_not_added_to(raw: Path, form: Path) -> None:
    path = raw / "trials.csv"
    path.write_bytes(path.read_bytes().replace(b"double", b"doubel", 1))
    found = add(raw, form.read_text(encoding="utf-8"))
    assert "run `mgmeta check`" in found


def test_the_template_is_a_form_that_says_what_is_needed(raw: Path, tmp_path: Path) -> None:
    status, text = run("add", "--template")
    assert status == 0
    assert len(text.splitlines()) < 85  # a page
    path = tmp_path / "empty.yaml"
    path.write_text(text, encoding="utf-8")
    status, output = run("add", path, "--raw", raw)
    assert status == 2
    for key in ("first_author", "year", "population", "setting", "cointervention"):
        assert f":{key}: found nothing, expected it" in output


def test_a_year_typed_with_an_exponent_is_refused_not_a_bug(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8").replace("n_randomised: 70", "n_randomised: 7e1")
    form.write_text(text.replace("year: 2019", "year: 2.019e3"), encoding="utf-8")
    done = CliRunner().invoke(cli, ["add", str(form), "--raw", str(raw), "--dry-run"])
    assert isinstance(done.exception, DataError)
