"""Names that would leave their folder: refused, and nothing is written anywhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mgmeta.cli import cli
from mgmeta.errors import MgmetaError
from mgmeta.evidence.crosscheck import check_folder
from mgmeta.extend.addition import plan_trials
from mgmeta.extend.form import read_form

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests/workflow/toy"
NAMES = ["../escaped", "/tmp/escaped", "a/b", "a\\b", "..", "a\nb", "a\0b", "~root", "$(touch x)", "A;b", "é"]
FORM = (TOY.parents[1] / "extend/conftest.py").read_text(encoding="utf-8").split('FORM = """\\\n')[1]
FORM = FORM.split('"""')[0]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, below another whose content is watched."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def everything(home: Path) -> set[Path]:
    return set(home.parent.rglob("*"))


@pytest.mark.parametrize("name", NAMES)
def test_an_id_that_is_a_path_never_passes_the_check(home: Path, name: str) -> None:
    raw = Path(shutil.copytree(TOY / "data/raw", home / "raw"))
    text = (raw / "trials.csv").read_text(encoding="utf-8").split("\n")
    first = text[1].partition(",")[0]
    text[1] = f'"{name}"' + text[1][len(first) :]
    (raw / "trials.csv").write_text("\n".join(text), encoding="utf-8", newline="")
    _, findings = check_folder(raw)
    assert any(f.level == "error" and f.file == "trials.csv" for f in findings)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["trial", "result"])
def test_an_id_in_a_form_that_is_a_path_is_refused(home: Path, name: str, key: str) -> None:
    raw = Path(shutil.copytree(TOY / "data/raw", home / "raw"))
    quoted = yaml.dump(name, default_style='"').strip()
    if key == "trial":
        text = FORM.replace("trial:\n", f"trial:\n  trial_id: {quoted}\n")
    else:
        text = FORM.replace("  - outcome: sbp\n", f"  - outcome: sbp\n    report_id: {quoted}\n")
    assert text != FORM
    (home / "new.yaml").write_text(text, encoding="utf-8")
    before = everything(home)
    with pytest.raises(MgmetaError, match=r"new\.yaml:"):
        plan_trials(raw, read_form(home / "new.yaml"))
    assert everything(home) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        ["init"],
        ["release", "--dry-run", "--name"],
        ["release", "--name"],
        ["add", "--mapping"],
        ["remove", "--raw", "raw"],
        ["figure", "--analysis"],
        ["export", "--config", "config.yaml", "--analysis"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_name_on_the_command_line_that_is_a_path_is_refused(
    home: Path, name: str, arguments: list[str]
) -> None:
    shutil.copytree(TOY / "data/raw", home / "raw")
    shutil.copy(TOY / "config/config.yaml", home / "config.yaml")
    (home / "new.csv").write_text("first_author,year\nErewhon,2019\n", encoding="utf-8")
    before = everything(home)
    given = [*arguments, name]
    if arguments == ["add", "--mapping"]:
        given = ["add", "new.csv", "--mapping", name]
    elif arguments == ["figure", "--analysis"]:
        given = ["figure", "forest_sbp", "--analysis", name, "--out", "x.svg"]
    done = CliRunner().invoke(cli, given)
    assert done.exit_code != 0, done.output
    assert isinstance(done.exception, MgmetaError | SystemExit), (given, done.exception)
    assert everything(home) == before


def test_a_mapping_may_not_run_code(home: Path) -> None:
    path = home / "mine.yaml"
    for tag in ("!!python/object/apply:os.system ['touch ruined']", "!!python/name:os.system", "&a x", "*a"):
        path.write_text(f"columns:\n  A: {tag}\n", encoding="utf-8")
        (home / "new.csv").write_text("A\nErewhon 2019\n", encoding="utf-8")
        done = CliRunner().invoke(cli, ["add", "new.csv", "--mapping", "mine.yaml"])
        assert isinstance(done.exception, MgmetaError) and "mine.yaml:2:" in str(done.exception)
    assert not (home / "ruined").exists()
