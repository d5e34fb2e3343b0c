from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mgmeta.cli.headline import command

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with three analyses of the config and their invented fits."""
    text = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    head, _, blocks = text.partition("analyses:\n")
    wanted = ("zhang2016", "zhang2016_strict", "update")
    kept, keep = [], False
    for line in blocks.splitlines(keepends=True):
        if line.startswith("  ") and line[2] not in " \n#":
            keep = line.strip().rstrip(":") in wanted
        kept.append(line if keep else "")
    (tmp_path / "config.yaml").write_text(head + "analyses:\n" + "".join(kept), encoding="utf-8")
    shutil.copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(project: Path) -> Result:
    options = {
        "config": "config.yaml",
        "fits": "fits",
        "bayes": "bayes",
        "slices": "slices.json",
        "out": "out.json",
        "tables": "tables",
    }
    arguments = [word for key, value in options.items() for word in (f"--{key}", str(project / value))]
    return CliRunner().invoke(
        command, ["--raw", str(ROOT / "data" / "raw"), *arguments], catch_exceptions=False
    )


def test_headline_and_tables_are_written(project: Path) -> None:
    done = run(project)
    assert done.exit_code == 0, done.output
    assert "Zhang 2016 published \u22122.00 (\u22123.58 to \u22120.43) mmHg" in done.output
    found = json.loads((project / "out.json").read_text(encoding="utf-8"))
    assert found["target"]["review"] == "zhang2016"
    assert found["outcomes"]["sbp"]["bounded"]["estimate"] == -2.25
    assert [item["analysis"] for item in found["scenarios"]][:3] == [
        "zhang2016",
        "zhang2016_strict",
        "update",
    ]
    assert [item["same_rows"] for item in found["scenarios"]] == [False, True, False] * 2
    for name in ("headline", "scenarios", "moderators", "trials"):
        text = (project / "tables" / f"{name}.csv").read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
        table = json.loads((project / "tables" / f"{name}.json").read_text(encoding="utf-8"))
        assert rows
        assert len(rows) == len(table["rows"])
        assert list(rows[0]) == table["columns"]
    published = json.loads((project / "tables" / "headline.json").read_text(encoding="utf-8"))["rows"][0]
    assert (published["estimate"], published["k"]) == (-2.0, 34)


def test_two_runs_write_the_same_bytes(project: Path) -> None:
    run(project)
    files = [project / "out.json", *sorted((project / "tables").iterdir())]
    first = [path.read_bytes() for path in files]
    run(project)
    assert [path.read_bytes() for path in files] == first


def test_a_missing_fit_is_named(project: Path) -> None:
    from mgmeta.errors import DataError

    (project / "slices.json").rename(project / "elsewhere.json")
    with pytest.raises(DataError, match=r"slices.json: no such file"):
        run(project)
    (project / "elsewhere.json").rename(project / "slices.json")
    (project / "fits" / "update.json").unlink()
    with pytest.raises(DataError, match=r"update.json: no such file"):
        run(project)
