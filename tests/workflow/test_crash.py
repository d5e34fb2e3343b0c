"""Killed at any moment, run twice at once, with shuffled tables: the same results, or one clear line."""

from __future__ import annotations

import csv
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Project

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.workflow

# Written by libraries that stamp or compress as they like: equal by value, not by byte.
BY_VALUE = {".nc", ".xlsx", ".pdf", ".png"}
# What a killed run may leave; Snakemake's own folder tells it what to make again.
LEFT_OVER = re.compile(r"^\..*\.[a-z0-9_]{8}$")


def files(project: Project) -> dict[str, Path]:
    return {
        path.relative_to(project.folder).as_posix(): path
        for folder in ("results", "data/processed")
        for path in sorted(project.path(folder).rglob("*"))
        if path.is_file() and not LEFT_OVER.match(path.name)
    }


def same(one: Path, other: Path) -> bool:
    """Return whether two results are equal: bytes, or the values of formats that stamp or compress."""
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix == ".nc":
        import xarray

        with xarray.open_datatree(one) as first, xarray.open_datatree(other) as second:
            return first.equals(second)
    if one.suffix == ".xlsx":
        with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
            return first.namelist() == second.namelist() and all(
                first.read(name) == second.read(name) for name in first.namelist()
            )
    if one.suffix == ".png":
        from matplotlib.image import imread

        return np.array_equal(imread(one), imread(other))
    return False


def assert_equal(project: Project, finished: Project) -> None:
    made, expected = files(project), files(finished)
    assert made.keys() == expected.keys()
    assert [name for name in expected if not same(made[name], expected[name])] == []


def start(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
    """Start Snakemake as the leader of an own group, so that it can be killed with all its jobs."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV_"))}
    environment.pop("PYTHONPATH", None)
    cache = os.environ.get("MGMETA_CACHE") or os.path.expanduser("~/.cache/mgmeta")
    environment |= {"XDG_CACHE_HOME": str(project.folder / ".cache"), "MGMETA_CACHE": cache}
    return subprocess.Popen(
        [BIN / "snakemake", "--cores", "2", *arguments],
        cwd=project.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)


def kill_at_random(project: Project, finished: Project, times: int, seed: int) -> None:
    """Kill the whole group *times* times, each run going on where the last was killed; then let it end."""
    choose = random.Random(seed)
    # Everything but the sampling (which a kill makes start again, 20 s of it) is undone and made again.
    for name in ("results/fits", "results/figures", "results/tables", "results/report", "data/processed"):
        shutil.rmtree(project.path(name))
    for name in ("results/check.json", "results/headline.json"):
        project.path(name).unlink()
    killed = 0
    for _ in range(times):
        process = start(project)
        try:
            process.wait(timeout=choose.uniform(1.5, 9.0))
        except subprocess.TimeoutExpired:
            killed += 1
        kill(process)
        for path in files(project).values():
            if path.suffix in (".json", ".csv", ".html", ".svg"):
                assert path.read_bytes().rstrip()[-1:] in (b"}", b"]", b">") or path.suffix == ".csv", path
    assert killed > 0
    done = project.snakemake()
    if "Directory cannot be locked" in done.stdout:
        assert "--unlock" in done.stdout
        project.build("--unlock")
        project.build()
    else:
        assert done.returncode == 0, done.stdout[-4000:]
    assert_equal(project, finished)
    assert "Nothing to be done" in project.build()


@pytest.mark.long
def test_five_kills_lose_nothing(built: Project, finished: Project) -> None:
    kill_at_random(built, finished, 5, 20160324)


@pytest.mark.long
def test_fifty_kills_lose_nothing(built: Project, finished: Project) -> None:
    kill_at_random(built, finished, 50, 7)


@pytest.mark.long
def test_a_second_run_at_once_is_refused(built: Project) -> None:
    built.path("results/check.json").unlink()
    first = start(built)
    try:
        lock = built.path(".snakemake/locks")
        until = time.monotonic() + 60
        while not any(lock.glob("*")) and first.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(first.pid, signal.SIGSTOP)  # it holds the lock, however fast the machine is
        second = built.snakemake()
        assert second.returncode == 1
        assert "Traceback" not in second.stdout
        assert "cannot be locked" in second.stdout
    finally:
        os.killpg(first.pid, signal.SIGCONT)
        kill(first)


def test_the_profile_takes_up_what_was_left_half_done() -> None:
    profile = (Path(__file__).parents[2] / "profiles/default/config.yaml").read_text(encoding="utf-8")
    assert "rerun-incomplete: true" in profile


def shuffle(path: Path, choose: random.Random) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    choose.shuffle(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([header, *rows])


@pytest.mark.long
def test_shuffled_rows_and_one_core_give_the_same_tables(built: Project, finished: Project) -> None:
    """The order of rows in the raw tables means nothing; only line numbers in decisions may tell of it."""
    choose = random.Random(20160324)
    for path in sorted(built.path("data/raw").glob("*.csv")):
        shuffle(path, choose)
    built.build("--cores", "1", "results/headline.json", "data/processed/effects.csv")
    names = [
        *("results/headline.json", "data/processed/flow.csv"),
        *(f"results/fits/{path.name}" for path in finished.path("results/fits").iterdir()),
        *(f"data/processed/slices/{path.name}" for path in finished.path("data/processed/slices").iterdir()),
    ]
    different = [name for name in names if built.path(name).read_bytes() != finished.path(name).read_bytes()]
    assert different == []
    # An effect says in which line of reports.csv it stands, and nothing else of it may differ.
    first, second = (
        without_lines(project.path("data/processed/effects.csv")) for project in (built, finished)
    )
    assert first == second


def without_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return [{k: v for k, v in row.items() if k != "raw_row"} for row in csv.DictReader(handle)]
