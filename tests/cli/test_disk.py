"""A full disk, a folder that cannot be written, a name that leads elsewhere: one clear line, no half file."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "workflow" / "toy"


def run(*arguments: str | Path, cwd: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    def small() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [BIN / "mgmeta", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, preexec_fn=small
    )


def assert_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().split("\n")
    assert line.startswith("mgmeta: ") and words in line
    assert line.endswith("free space or pick another folder")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


def test_a_file_too_large_for_the_disk_leaves_the_old_one(project: Path) -> None:
    assert run("slices", cwd=project).returncode == 0
    before = {
        path: path.read_bytes() for path in project.joinpath("data/processed").rglob("*") if path.is_file()
    }
    text = project.joinpath("config/config.yaml").read_text(encoding="utf-8")
    project.joinpath("config/config.yaml").write_text(text.replace("sd_factor: 1.0", "sd_factor: 1.1"))
    assert_one_line(run("slices", cwd=project, limit=500), "cannot be written (File too large)")
    after = {
        path: path.read_bytes() for path in project.joinpath("data/processed").rglob("*") if path.is_file()
    }
    assert after == before, "no half-written and no temporary file"


def unshare(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in an own mount namespace; skip where that is not permitted."""
    command = ["unshare", "--mount", "--map-root-user", "--user"] if os.geteuid() else ["unshare", "--mount"]
    probe = subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no mount namespaces here: {probe.stderr.strip()}")
    return subprocess.run(
        [*command, "sh", "-c", script], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_a_full_disk_is_said_in_one_line(project: Path) -> None:
    script = f"mkdir full && mount -t tmpfs -o size=4k none full && {BIN}/mgmeta slices --out full"
    assert_one_line(unshare(script, project), "cannot be written (No space left on device)")


def test_a_folder_that_is_read_only_is_said_in_one_line(project: Path) -> None:
    script = (
        f"mkdir only && mount -t tmpfs -o ro none only && {BIN}/mgmeta check --quiet --json only/check.json"
    )
    assert_one_line(unshare(script, project), "cannot be written (Read-only file system)")


def test_a_file_in_the_place_of_a_folder_is_said_in_one_line(project: Path) -> None:
    project.joinpath("data/processed").write_text("", encoding="utf-8")
    assert_one_line(run("slices", cwd=project), "data/processed")


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "up\ndate"])
def test_an_id_that_is_a_path_makes_no_file(project: Path, name: str) -> None:
    """Names of analyses become file names; ids of trials and reviews stand in names of rows and links."""
    config = project / "config/config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text + f"  {name!r}: {{title: x, like: update}}\n".replace("'", '"'), encoding="utf-8")
    done = run("slices", cwd=project)
    assert done.returncode == 2 and "expected a name of a-z, 0-9 and _ only" in done.stderr
    config.write_text(text, encoding="utf-8")
    trials = project / "data/raw/trials.csv"
    cells = trials.read_text(encoding="utf-8")
    quoted = '"' + name + '"'
    trials.write_text(cells.replace("\nnarnia2013,", f"\n{quoted},", 1), encoding="utf-8")
    done = run("check", cwd=project)
    assert done.returncode == 2 and "expected lower-case letters, digits and _" in done.stderr
    assert not (project.parent / "outside").exists() and not Path("/etc/outside").exists()
