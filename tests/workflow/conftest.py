"""The workflow on nine invented trials, run once; every test works on its own copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).parent / "toy"
BIN = Path(sys.executable).parent
# Compiled models are shared by all projects of the tests, and with the tests of the models themselves.
CACHE = os.environ.get("MGMETA_CACHE") or os.path.expanduser("~/.cache/mgmeta")


@dataclass(frozen=True)
class Project:
    """A checkout of the workflow with its own data and configuration."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name

    def snakemake(
        self, *arguments: str, timeout: float = 3600, extra: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake as a person without an activated environment would."""
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV_"))
        }
        environment.pop("PYTHONPATH", None)
        environment |= {
            "XDG_CACHE_HOME": str(self.folder / ".cache"),
            "PYTHONWARNINGS": "default",
            "MGMETA_CACHE": CACHE,
            **(extra or {}),
        }
        return subprocess.run(
            [BIN / "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def build(self, *arguments: str) -> str:
        """Run Snakemake and insist that it succeeds."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def mgmeta(self, *arguments: str) -> str:
        """Run one verb in the folder and insist that it succeeds."""
        done = subprocess.run(
            [BIN / "mgmeta", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return rule -> number of jobs of a dry run, without the target rule."""
        output = self.build("-n", *arguments)
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)}
        jobs.pop("all", None)
        if jobs.pop("total", None) is None:
            assert "Nothing to be done" in output
        return jobs

    def logs(self) -> dict[str, int]:
        """Return log file -> when it was written. A job that ran has written its log."""
        folder = self.path("logs")
        return {
            path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.log")
        }

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def lay_out(folder: Path, data: Path) -> Project:
    """Copy the workflow, with the data and configuration found below *data*."""
    shutil.copy2(ROOT / "Snakefile", folder / "Snakefile")
    for name in ("workflow", "profiles", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config", "data/raw"):
        shutil.copytree(data / name, folder / name)
    return Project(folder)


@pytest.fixture
def real(tmp_path: Path) -> Project:
    """The real evidence and configuration, nothing built."""
    return lay_out(tmp_path, ROOT)


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    """The invented evidence, nothing built."""
    return lay_out(tmp_path, TOY)


@pytest.fixture
def toy_elsewhere(tmp_path: Path) -> Project:
    """The invented evidence, nothing built, in a folder of its own."""
    (tmp_path / "elsewhere").mkdir()
    return lay_out(tmp_path / "elsewhere", TOY)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The invented evidence, everything built. Not to be changed: take `built`."""
    project = lay_out(tmp_path_factory.mktemp("finished"), TOY)
    project.build()
    return project


@pytest.fixture
def built(finished: Project, tmp_path: Path) -> Project:
    """A copy of `finished`, times of change included, to be changed at will."""
    shutil.copytree(finished.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".cache"))
    return Project(tmp_path / "copy")
