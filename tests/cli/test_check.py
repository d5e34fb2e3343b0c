"""Bad rows through the command line: a clear line, exit status 2, raw files untouched."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from mgmeta.cli import main
from mgmeta.cli.check import _rich_table
from mgmeta.evidence.findings import Finding

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RAW, tmp_path / "raw"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``mgmeta check`` as the console script does; return exit status, stdout, stderr."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mgmeta", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def set_cell(path: Path, key: str, column: str, text: str) -> int:
    """Change a cell of the row whose first cell is *key*; return its line."""
    rows = rows_of(path)
    line = 1 + [row[0] for row in rows].index(key)
    rows[line - 1][rows[0].index(column)] = text
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)
    return line


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_real_tables_pass(run: Run, raw: Path) -> None:
    before = contents(raw)
    status, out, err = run("--raw", raw)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert all(line.startswith(("ambiguity ", "note ")) for line in lines[:-1])
    ambiguities = sum(line.startswith("ambiguity ") for line in lines)
    sizes = {path.stem: len(rows_of(path)) - 1 for path in raw.glob("*.csv")}
    assert lines[-1] == (
        f"{sizes['trials']} trials, {sizes['reports']} reports, {sizes['sources']} sources, "
        f"{sizes['reviews']} reviews, {sizes['reference_intakes']} intakes, "
        f"{sizes['reference_parameters']} parameters: 0 errors, "
        f"{ambiguities} acknowledged ambiguities, {len(lines) - 1 - ambiguities} notes"
    )
    assert any(":p_value: P = 0.03 with changes -15.7 implies an SE near 7.1" in line for line in lines)
    assert contents(raw) == before


def test_the_default_folder_is_data_raw(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(RAW.parents[1])
    assert run("--quiet")[0] == 0
    monkeypatch.chdir(tmp_path)
    status, _, err = run()
    assert status == 2
    assert "data/raw: no such folder, expected the folder of the raw tables" in err


def test_quiet_prints_the_summary_only(run: Run, raw: Path) -> None:
    status, out, _ = run("--raw", raw, "--quiet")
    assert status == 0
    assert len(out.splitlines()) == 1
    assert " trials, " in out


@pytest.mark.parametrize(
    ("file", "key", "column", "text", "expected"),
    [
        (
            "trials.csv",
            "afitska2021",
            "blinding",
            "triple",
            "found 'triple', expected one of double, single, open, unclear",
        ),
        (
            "reports.csv",
            "geleijnse1994-sbp-1",
            "difference",
            "7.6",
            "found 7.6, expected a value inside its interval [-11.2, -4.0]",
        ),
        (
            "reports.csv",
            "geleijnse1994-sbp-1",
            "trial_id",
            "nobody1900",
            "found 'nobody1900', expected a trial_id of trials.csv",
        ),
        (
            "reports.csv",
            "geleijnse1994-sbp-1",
            "ci_low",
            "about -11",
            "found 'about -11', expected a number with a decimal point",
        ),
        (
            "trials.csv",
            "afitska2021",
            "n_mg",
            "13.5",
            "found '13.5', expected a whole number in plain digits, or nothing",
        ),
        (
            "trials.csv",
            "almozninosarafian2007",
            "trial_id",
            "afitska2021",
            "found key 'afitska2021' again, expected it once",
        ),
        ("reports.csv", "barbagallo2010-sbp-1", "mg_final_sd", "0", "found 0, expected above 0 to 1000"),
        (
            "reports.csv",
            "guerreroromero2009-sbp-1",
            "p_value",
            "1.3",
            "found 1.3, expected 0 to 1 (a probability)",
        ),
        (
            "reports.csv",
            "barbagallo2010-sbp-1",
            "mg_final_mean",
            "1480",
            "found 1480, expected -1000 to 1000",
        ),
        (
            "reports.csv",
            "barbagallo2010-sbp-1",
            "mg_final_mean",
            "14.8",
            "found 14.8, expected a mean sbp of 70 to 250",
        ),
        (
            "reports.csv",
            "afitska2021-sbp-1",
            "significance",
            "ns",
            "expected nothing: contrast is before_after",
        ),
        (
            "reports.csv",
            "geleijnse1994-sbp-1",
            "source_id",
            "witteman1994-s1",
            "a source of witteman1994, expected one of this trial",
        ),
        (
            "trials.csv",
            "hattori1988",
            "overlaps_with",
            "nobody1900",
            "found 'nobody1900', expected a trial_id of trials.csv",
        ),
        (
            "reviews.csv",
            "zhang2016",
            "estimate",
            "2.00",
            "found 2.00, expected a value inside its interval [-3.58, -0.43]",
        ),
    ],
)
def test_a_bad_cell_is_one_clear_line(
    run: Run, raw: Path, file: str, key: str, column: str, text: str, expected: str
) -> None:
    line = set_cell(raw / file, key, column, text)
    before = contents(raw)
    status, out, err = run("--raw", raw)
    assert (status, out) == (2, "")
    assert err.startswith("mgmeta: ")
    assert any(f"  {file}:{line}:{column}: " in told and expected in told for told in err.splitlines()), err
    assert "Traceback" not in err
    assert contents(raw) == before


def test_all_bad_cells_are_told_at_once(run: Run, raw: Path) -> None:
    intake = set_cell(raw / "reference_intakes.csv", "rda", "value", "-400")
    interval = set_cell(raw / "reports.csv", "geleijnse1994-sbp-1", "difference", "7.6")
    size = set_cell(raw / "reports.csv", "guerreroromero2009-sbp-1", "n_mg", "forty")
    word = set_cell(raw / "trials.csv", "afitska2021", "blinding", "triple")
    status, _, err = run("--raw", raw)
    assert status == 2
    assert err.splitlines() == [
        "mgmeta: 4 problems in the raw tables; correct the cells named here",
        f"  reference_intakes.csv:{intake}:value: found -400, expected above 0 to 10000 in the row's unit",
        f"  reports.csv:{interval}:difference: found 7.6, expected a value inside its interval [-11.2, -4.0]",
        f"  reports.csv:{size}:n_mg: found 'forty', expected a whole number in plain digits, or nothing",
        f"  trials.csv:{word}:blinding: found 'triple', expected one of double, single, open, unclear",
    ]


def as_utf16(data: bytes) -> bytes:
    return data.decode().encode("utf-16")


def as_latin1(data: bytes) -> bytes:
    return data.replace("Rodríguez".encode(), "Rodríguez".encode("latin-1"))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda data: b"", "trials.csv: found an empty file, expected a header and rows"),
        (as_utf16, "trials.csv:1: found UTF-16, expected UTF-8; save the file again as UTF-8"),
        (as_latin1, "found byte 0xed, which is not UTF-8; save the file again as UTF-8"),
        (
            lambda data: data.replace(b",pmid,", b",", 1),
            "trials.csv:1:pmid: found no such column, expected it",
        ),
        (lambda data: data.replace(b",pmid,", b",doi,", 1), "trials.csv:1:doi: found 2 columns of this name"),
        (
            lambda data: data.replace(b"afitska2021", b"afitska\x002021", 1),
            "trials.csv:2: found a NUL character",
        ),
        (lambda data: data + b'"no end', ": found broken CSV"),
        (lambda data: data + b"made2000,Made A\n", ": found 2 cells, expected 37"),
    ],
    ids=["empty", "utf-16", "latin-1", "missing column", "twice a column", "NUL", "open quote", "short row"],
)
def test_a_bad_file_is_one_clear_line(
    run: Run, raw: Path, spoil: Callable[[bytes], bytes], expected: str
) -> None:
    path = raw / "trials.csv"
    assert spoil(path.read_bytes()) != path.read_bytes()
    path.write_bytes(spoil(path.read_bytes()))
    before = contents(raw)
    status, out, err = run("--raw", raw)
    assert (status, out) == (2, "")
    assert expected in err
    assert len(err.splitlines()) <= 3, "one fault must not be told as many"
    assert contents(raw) == before


def test_a_missing_file(run: Run, raw: Path) -> None:
    (raw / "reports.csv").unlink()
    status, _, err = run("--raw", raw)
    assert status == 2
    assert "reports.csv: cannot be read (No such file or directory), expected a CSV file in" in err


def test_bom_and_crlf_pass(run: Run, raw: Path) -> None:
    for path in raw.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    status, out, _ = run("--raw", raw, "--quiet")
    assert status == 0
    assert ": 0 errors, " in out


def test_json_holds_everything_and_is_the_same_every_time(run: Run, raw: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "check.json", tmp_path / "b.json"
    assert run("--raw", raw, "--json", first, "--quiet")[0] == 0
    assert run("--raw", RAW, "--json", second)[0] == 0
    assert first.read_bytes() == second.read_bytes()
    document = json.loads(first.read_text(encoding="utf-8"))
    assert list(document) == ["errors", "ambiguities", "notes", "counts"]
    assert document["errors"] == []
    assert document["counts"]["ambiguities"] == len(document["ambiguities"]) > 100
    assert document["counts"]["trials"] == len(rows_of(raw / "trials.csv")) - 1
    assert {"file", "row", "column", "message"} == set(document["ambiguities"][0])
    assert str(tmp_path) not in first.read_text(encoding="utf-8")


def test_json_is_written_with_errors_too(run: Run, raw: Path, tmp_path: Path) -> None:
    line = set_cell(raw / "trials.csv", "afitska2021", "blinding", "triple")
    assert run("--raw", raw, "--json", tmp_path / "check.json")[0] == 2
    document = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
    assert document["counts"]["errors"] == 1
    (error,) = document["errors"]
    assert (error["file"], error["row"], error["column"]) == ("trials.csv", line, "blinding")


def test_json_that_cannot_be_written(run: Run, raw: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = run("--raw", raw, "--json", tmp_path / "file" / "check.json")
    assert status == 2
    assert "cannot be written" in err


def test_help_has_examples(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert "mgmeta check --raw my/tables --json results/check.json" in out
    assert "Exit status: 0 no errors" in out


def test_the_table_of_a_terminal_reads_no_markup() -> None:
    """Intervals are printed in brackets, which rich would take for a style."""
    finding = Finding("ambiguity", "reports.csv", 62, "difference", "off the middle of [bold] [-6.7, -0.5]")
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(_rich_table("ambiguities [x]", [finding], {("reports.csv", 62): "geleijnse1994-sbp-1"}))
    text = captured.get()
    for part in ("ambiguities [x] (1)", "62", "geleijnse1994-sbp-1", "off the middle of [bold] [-6.7, -0.5]"):
        assert part in text


def test_a_terminal_gets_grouped_tables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mgmeta.cli.check.sys.stdout.isatty", lambda: True, raising=False)
    status, out, _ = run("--raw", RAW)
    assert status == 0
    assert "acknowledged ambiguities: reports.csv ambiguity (" in out
    assert "guerreroromero2009-sbp-1" in out
    assert "notes: trials.csv year (" in out
    assert " trials, " in out.splitlines()[-1]
