"""All tables or none: the process is killed at every step it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mgmeta.errors import DataError
from mgmeta.evidence.load import JOURNAL, read_evidence
from mgmeta.extend.journal import Change, commit, locked, recover

OLD = {"a.csv": b"old a\n", "b.csv": b"old b\n", "c.csv": b"old c\n"}
NEW = {"a.csv": b"new a\n", "b.csv": b"new b\n", "c.csv": None, "d.csv": b"new d\n"}
CHANGES = {name: Change(OLD.get(name), NEW[name]) for name in NEW}

# Dies without a word at the n-th step that changes the disk, as a power cut would.
SCRIPT = """
import os, sys
from pathlib import Path
from mgmeta.extend.journal import Change, commit
folder, at, step = Path(sys.argv[1]), int(sys.argv[2]), 0
def dying(function):
    def call(*arguments, **named):
        global step
        step += 1
        if step == at:
            os._exit(9)
        return function(*arguments, **named)
    return call
for name in ("replace", "unlink", "fsync"):
    setattr(os, name, dying(getattr(os, name)))
old = {"a.csv": b"old a\\n", "b.csv": b"old b\\n", "c.csv": b"old c\\n"}
new = {"a.csv": b"new a\\n", "b.csv": b"new b\\n", "c.csv": None, "d.csv": b"new d\\n"}
commit(folder, {name: Change(old.get(name), new[name]) for name in new})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in OLD.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def after() -> dict[str, bytes]:
    return {name: data for name, data in NEW.items() if data is not None}


def test_a_change_is_made_and_leaves_nothing_behind(folder: Path) -> None:
    commit(folder, CHANGES)
    assert state(folder) == after()


def test_killed_at_any_step_it_is_all_or_nothing(folder: Path) -> None:
    outcomes = []
    for at in range(1, 60):
        for path in folder.iterdir():
            path.unlink()
        for name, data in OLD.items():
            (folder / name).write_bytes(data)
        done = subprocess.run([sys.executable, "-c", SCRIPT, folder, str(at)], timeout=60)
        if done.returncode == 0:
            break
        assert done.returncode == 9
        half = (folder / JOURNAL).exists()
        recover(folder)
        found = {name: data for name, data in state(folder).items() if not name.startswith(".")}
        assert found == (after() if half or found != OLD else OLD)
        assert found in (OLD, after())
        assert not [name for name in state(folder) if name.startswith(".mgmeta")]
        outcomes.append(found == OLD)
    assert done.returncode == 0
    assert outcomes == sorted(outcomes, reverse=True)  # once made, it stays made
    assert 3 < sum(outcomes) < len(outcomes) - 3


def test_a_failed_write_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.replace, []

    def full(source: str, target: str) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DataError, match="No space left"):
        commit(folder, CHANGES)
    assert state(folder) == OLD


def test_a_file_changed_meanwhile_is_not_overwritten(folder: Path) -> None:
    (folder / "b.csv").write_bytes(b"edited by hand\n")
    with pytest.raises(DataError, match=r"b\.csv: has changed while"):
        commit(folder, CHANGES)
    assert state(folder) == OLD | {"b.csv": b"edited by hand\n"}


def test_two_processes_do_not_change_at_once(folder: Path) -> None:
    with locked(folder), pytest.raises(DataError, match="another mgmeta"):
        commit(folder, CHANGES)
    commit(folder, CHANGES)


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b"])
def test_a_journal_that_names_another_place_is_refused(folder: Path, name: str) -> None:
    (folder / JOURNAL).write_text(json.dumps({"files": [{"file": name, "sha256": None}]}), encoding="utf-8")
    with pytest.raises(DataError, match="expected one of this folder"):
        recover(folder)


def test_a_journal_without_its_rows_is_told(folder: Path) -> None:
    (folder / JOURNAL).write_text('{"files": [{"file": "a.csv", "sha256": "00"}]}', encoding="utf-8")
    with pytest.raises(DataError, match="whose new rows are gone"):
        recover(folder)
    assert (folder / "a.csv").read_bytes() == OLD["a.csv"]


def test_tables_with_a_journal_are_not_read(raw: Path) -> None:
    assert read_evidence(raw).problems == ()
    (raw / JOURNAL).write_text("{}", encoding="utf-8")
    assert "mgmeta add --recover" in str(read_evidence(raw).problems[0])
