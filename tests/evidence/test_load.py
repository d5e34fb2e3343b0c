from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mgmeta.errors import DataError
from mgmeta.evidence.load import TABLES, load_evidence, read_evidence
from mgmeta.evidence.records import Evidence


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in read_evidence(folder).problems]


def test_every_cell_is_kept(raw: Path) -> None:
    loaded = load_evidence(raw)
    for name, table in TABLES.items():
        with (raw / table.file).open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        records = getattr(loaded, name)
        assert len(records) == len(rows) > 0
        assert list(rows[0]) == list(table.columns)
        for record, cells in zip(records, rows, strict=True):
            for column, kind in table.columns.items():
                value = getattr(record, column)
                if kind == "text":
                    assert value == cells[column]
                else:
                    assert value == (float(cells[column]) if cells[column] else None)


def test_row_is_the_line_of_the_file(raw: Path, evidence: Evidence) -> None:
    lines = (raw / "trials.csv").read_text(encoding="utf-8").split("\n")
    for trial in evidence.trials:
        assert lines[trial.row - 1].startswith(trial.trial_id + ",")


def test_row_counts_lines_inside_quotes_and_blank_lines(raw: Path, edit: Callable[..., int]) -> None:
    edit(raw / "sources.csv", 2, note="first line\nsecond line\r\nthird line")
    text = (raw / "sources.csv").read_text(encoding="utf-8")
    (raw / "sources.csv").write_text(
        text.replace("\nbaker2009-s1", "\n\nbaker2009-s1"), encoding="utf-8", newline=""
    )
    sources = load_evidence(raw).sources
    lines = (raw / "sources.csv").read_bytes().decode().split("\n")
    assert sources[0].row == 2
    assert sources[1].row == 5
    for source in sources:
        assert lines[source.row - 1].startswith(source.source_id + ",")


def test_bom_and_crlf_are_accepted(raw: Path, evidence: Evidence) -> None:
    for table in TABLES.values():
        data = (raw / table.file).read_bytes()
        (raw / table.file).write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert load_evidence(raw) == evidence


def test_columns_may_stand_in_another_order(raw: Path, evidence: Evidence) -> None:
    with (raw / "sources.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row[::-1] for row in csv.reader(handle)]
    with (raw / "sources.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    assert load_evidence(raw).sources == evidence.sources


@pytest.mark.parametrize(
    "cell", ["twelve", "1,5", "1.5", "−3", "nan", "inf", " 12", "1_000", "1e3", "0x10", "١٢", "9" * 5000]
)
def test_a_whole_number_is_plain_digits(raw: Path, edit: Callable[..., int], cell: str) -> None:
    edit(raw / "trials.csv", 3, n_mg=cell)
    (problem,) = problems(raw)
    assert problem.startswith("trials.csv:3:n_mg: found '")
    assert problem.endswith("expected a whole number in plain digits, or nothing")


@pytest.mark.parametrize(
    "cell", ["abc", "1,5", "−3", "nan", "-inf", "1.", ".5", "1 000", "3 mmHg", "1e999", "5\n"]
)
def test_a_number_has_a_decimal_point(raw: Path, edit: Callable[..., int], cell: str) -> None:
    line = edit(raw / "reports.csv", "geleijnse1994-sbp-1", difference=cell)
    (problem,) = problems(raw)
    assert problem.startswith(f"reports.csv:{line}:difference: found ")
    assert problem.endswith("expected a number with a decimal point, or nothing")


def test_all_problems_are_raised_at_once(raw: Path, edit: Callable[..., int]) -> None:
    edit(raw / "trials.csv", 3, n_mg="many", age_mean="old")
    line = edit(raw / "reports.csv", "geleijnse1994-sbp-1", ci_low="low")
    edit(raw / "reference_parameters.csv", 2, value="?")
    with pytest.raises(DataError) as caught:
        load_evidence(raw)
    text = str(caught.value)
    assert text.startswith("4 problems in the raw tables")
    for place in (
        "trials.csv:3:n_mg",
        "trials.csv:3:age_mean",
        f"reports.csv:{line}:ci_low",
        "meters.csv:2:value",
    ):
        assert place in text


def test_missing_unknown_and_repeated_columns(raw: Path) -> None:
    path = raw / "trials.csv"
    text = path.read_text(encoding="utf-8").replace(",pmid,", ",pubmed,", 1).replace(",pages,", ",volume,", 1)
    path.write_text(text, encoding="utf-8")
    found = problems(raw)
    assert "trials.csv:1:pmid: found no such column, expected it (an empty one will do)" in found
    assert "trials.csv:1:pages: found no such column, expected it (an empty one will do)" in found
    assert "trials.csv:1:volume: found 2 columns of this name, expected 1" in found
    assert any(
        line.startswith("trials.csv:1:pubmed: found unknown column 'pubmed', expected") for line in found
    )
    assert len(found) == 4, "a table that cannot be read must not make every reference to it an error"


def test_a_row_with_a_cell_too_many(raw: Path) -> None:
    path = raw / "sources.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[3] += ",one more"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "sources.csv:4: found 9 cells, expected 8; quote a cell that holds a comma" in problems(raw)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "sources.csv: found an empty file"),
        (b"\xef\xbb\xbf\r\n", "sources.csv: found no header"),
        (b" \n\n", "sources.csv: found an empty file"),
        (b"source_id\n\xe9\n", "sources.csv:2: found byte 0xe9, which is not UTF-8"),
        ("source_id,é\n".encode("utf-16"), "sources.csv:1: found UTF-16"),
        ("source_id,é\n".encode("utf-16-be"), "sources.csv:1: found byte 0xe9, which is not UTF-8"),
        ("source_id,e\n".encode("utf-16-le"), "sources.csv:1: found a NUL character"),
        (b"a\nb\0\n", "sources.csv:2: found a NUL character"),
        (b'"source_id\n', "sources.csv:1: found broken CSV"),
        (b"PK\x03\x04 a spreadsheet", "sources.csv:1:source_id: found no such column"),
    ],
)
def test_files_that_are_not_tables(raw: Path, data: bytes, message: str) -> None:
    (raw / "sources.csv").write_bytes(data)
    assert any(line.startswith(message) for line in problems(raw)), problems(raw)


def test_missing_file_folder_in_its_place_and_missing_folder(raw: Path, tmp_path: Path) -> None:
    (raw / "reviews.csv").unlink()
    (raw / "sources.csv").unlink()
    (raw / "sources.csv").mkdir()
    found = problems(raw)
    assert found[0].startswith(
        "reviews.csv: cannot be read (No such file or directory), expected a CSV file in"
    )
    assert found[1].startswith("sources.csv: cannot be read (Is a directory)")
    with pytest.raises(DataError, match="no such folder, expected the folder of the raw tables"):
        load_evidence(tmp_path / "nowhere")


def test_repeated_keys_and_references_to_nothing(raw: Path, edit: Callable[..., int]) -> None:
    trial = edit(raw / "trials.csv", "almozninosarafian2007", trial_id="afitska2021")
    first = next(row.row for row in read_evidence(raw).evidence.trials if row.trial_id == "afitska2021")
    again = edit(raw / "reports.csv", "afitska2021-dbp-1", report_id="afitska2021-sbp-1")
    line = edit(raw / "reports.csv", "geleijnse1994-sbp-1", source_id="nowhere-s1")
    linked = edit(raw / "trials.csv", "asemi2015", overlaps_with="nobody1900")
    edit(raw / "reviews.csv", 3, outcome="sbp")
    found = "\n".join(problems(raw))
    again_on = f"found key 'afitska2021' again, expected it once (it is on line {first})"
    assert f"trials.csv:{trial}:trial_id: {again_on}" in found
    assert f"reports.csv:{again}:report_id: found key 'afitska2021-sbp-1' again" in found
    assert f"reports.csv:{line}:source_id: found 'nowhere-s1', expected a source_id of sources.csv" in found
    assert (
        f"trials.csv:{linked}:overlaps_with: found 'nobody1900', expected a trial_id of trials.csv" in found
    )
    assert ":trial_id: found 'almozninosarafian2007', expected a trial_id of trials.csv" in found
    assert "reviews.csv:3:review_id: found key 'zhang2016', 'sbp', 'overall', 'mmHg' again" in found


def test_loading_is_light() -> None:
    script = (
        "import sys; from mgmeta.evidence.load import load_evidence;"
        "print(*sorted({'numpy', 'scipy', 'pandas', 'pandera', 'click'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
