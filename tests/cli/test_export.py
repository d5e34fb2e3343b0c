from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from mgmeta import __version__
from mgmeta.cli.export import command
from mgmeta.cli.headline import command as headline_command
from mgmeta.cli.results import csv_rows
from mgmeta.cli.slices import command as slices_command
from mgmeta.config.check import problems, schema
from mgmeta.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"
CONFIG = str(ROOT / "config" / "config.yaml")
RAW = str(ROOT / "data" / "raw")
KEPT = ("zhang2016", "zhang2016_strict", "update")


def invoke(verb: object, *arguments: str) -> Result:
    done = CliRunner().invoke(verb, arguments, catch_exceptions=False)  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the real slices and the headline and tables of invented fits."""
    folder = tmp_path_factory.mktemp("export")
    head, _, blocks = Path(CONFIG).read_text(encoding="utf-8").partition("analyses:\n")
    kept, keep = [], False
    for line in blocks.splitlines(keepends=True):
        if line.startswith("  ") and line[2] not in " \n#":
            keep = line.strip().rstrip(":") in KEPT
        kept.append(line if keep else "")
    (folder / "config.yaml").write_text(head + "analyses:\n" + "".join(kept), encoding="utf-8")
    config = ("--config", str(folder / "config.yaml"), "--raw", RAW)
    invoke(slices_command, *config, "--out", str(folder / "processed"), "--quiet")
    paths = [
        word
        for key, place in {
            "fits": FIXTURES / "fits",
            "bayes": FIXTURES / "bayes",
            "slices": FIXTURES / "slices.json",
            "out": folder / "headline.json",
            "tables": folder / "tables",
        }.items()
        for word in (f"--{key}", str(place))
    ]
    invoke(headline_command, *config, *paths)
    return folder


@pytest.fixture(scope="module")
def export(project: Path) -> Callable[..., Result]:
    def run(out: str, *more: str) -> Result:
        return CliRunner().invoke(
            command,
            [
                *("--config", str(project / "config.yaml")),
                *("--headline", str(project / "headline.json")),
                *("--slices", str(project / "processed" / "slices")),
                *("--tables", str(project / "tables")),
                *("--effects", str(project / "processed" / "effects.csv")),
                *("--raw", RAW),
                *("--out", str(project / out)),
                *more,
            ],
        )

    return run


@pytest.fixture(scope="module")
def written(project: Path, export: Callable[..., Result]) -> Path:
    done = export("out")
    assert done.exit_code == 0, done.output
    return project / "out"


def test_summary_obeys_its_schema_and_says_what_the_headline_says(project: Path, written: Path) -> None:
    found = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert problems(found, schema("summary")) == []
    headline = json.loads((project / "headline.json").read_text(encoding="utf-8"))
    assert found["mgmeta_version"] == __version__
    assert found["level"] == headline["level"]
    for outcome, item in found["outcomes"].items():
        for method, result in item["estimates"].items():
            told = headline["outcomes"][outcome][method]
            assert {key: told[key] for key in result if key != "method"} == {
                key: value for key, value in result.items() if key != "method"
            }
        assert item["verdict"] == headline["outcomes"][outcome]["verdict"]


@pytest.mark.parametrize("change", [{"level": 95}, {"extra": 1}, {"outcomes": {}}, {"format": "1"}])
def test_schema_refuses_another_summary(written: Path, change: dict[str, object]) -> None:
    found = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert problems({**found, **change}, schema("summary"))


def test_effects_and_bounds_together_are_the_slice(project: Path, written: Path) -> None:
    for name in ("zhang2016", "update"):
        rows = csv_rows(project / "processed" / "slices" / f"{name}.csv")
        effects = csv_rows(written / f"effects_{name}.csv")
        bounds = csv_rows(written / f"effects_bounds_{name}.csv")
        assert effects and bounds
        assert [row["yi"] for row in rows if row["kind"] == "estimate"] == [row["yi"] for row in effects]
        assert [row["yi_low"] for row in rows if row["kind"] == "bound"] == [row["yi_low"] for row in bounds]
        assert len(rows) == len(effects) + len(bounds)
    assert not (written / "effects_zhang2016_strict.csv").exists()


def test_a_named_analysis_and_an_unknown_one(project: Path, export: Callable[..., Result]) -> None:
    assert export("named", "--analysis", "zhang2016_strict").exit_code == 0
    assert [path.name for path in sorted((project / "named").glob("effects_*.csv"))] == [
        "effects_bounds_zhang2016_strict.csv",
        "effects_zhang2016_strict.csv",
    ]
    refused = export("other", "--analysis", "atlantis")
    assert isinstance(refused.exception, ConfigError)
    assert not (project / "other").exists()


def test_spreadsheet_has_every_table_with_its_values(project: Path, written: Path) -> None:
    book = load_workbook(written / "tables.xlsx")
    files = [*sorted((project / "tables").glob("*.csv")), project / "processed" / "effects.csv"]
    assert book.sheetnames == [path.stem for path in files]
    for path in files:
        sheet, rows = book[path.stem], csv_rows(path)
        assert sheet.max_row == len(rows) + 1
        columns = [cell.value for cell in sheet[1]]
        for line, row in zip(sheet.iter_rows(min_row=2), rows, strict=True):
            for column, cell in zip(columns, line, strict=True):
                told = row[column]
                assert cell.data_type in "sn"
                assert (cell.value is None) == (told == "")
                place = (path.stem, cell.coordinate)
                if isinstance(cell.value, int | float):
                    # 16 digits are what the file keeps of a double.
                    assert cell.value == pytest.approx(float(told), rel=1e-15, abs=0), place
                else:
                    assert cell.value == (told or None), place


def test_two_runs_write_the_same_bytes(project: Path, written: Path, export: Callable[..., Result]) -> None:
    assert export("again").exit_code == 0
    for path in sorted(written.iterdir()):
        assert (project / "again" / path.name).read_bytes() == path.read_bytes(), path.name
