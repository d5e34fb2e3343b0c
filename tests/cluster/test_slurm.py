"""The simulation study scattered over a real Slurm gives the table of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "workflow" / "toy"
BIN = Path(sys.executable).parent
SCRIPT = Path(__file__).parent / "slurm.sh"
TABLE = "results/study/violations_4.csv"


def test_the_profile_names_only_rules_that_exist_and_every_job_has_its_needs() -> None:
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    rules = set()
    for path in [ROOT / "Snakefile", *sorted((ROOT / "workflow/rules").glob("*.smk"))]:
        rules |= set(
            re.findall(r"^(?:rule|checkpoint) (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    assert set(profile["set-resources"]) <= rules
    assert {"mem_mb", "runtime"} == set(profile["default-resources"])
    assert (
        profile["rerun-incomplete"] is True and profile["retries"] >= 1 and profile["slurm-requeue"] is True
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start Slurm on this machine and end it; skip where it cannot start."""
    folder = tmp_path_factory.mktemp("slurm")
    started = subprocess.run(["sh", SCRIPT, "start", folder], capture_output=True, text=True, timeout=120)
    try:
        if started.returncode == 3:
            pytest.skip(started.stderr.strip())
        assert started.returncode == 0, started.stderr
        yield {"SLURM_CONF": str(folder / "slurm.conf")}
    finally:
        subprocess.run(["sh", SCRIPT, "stop", folder], timeout=60, check=False)


def lay_out(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy2(ROOT / "Snakefile", folder / "Snakefile")
    for name in ("workflow", "profiles", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config", "data/raw"):
        shutil.copytree(TOY / name, folder / name)
    return folder


def snakemake(folder: Path, *arguments: str, slurm: dict[str, str] | None = None) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV_"))}
    environment |= {"XDG_CACHE_HOME": str(folder / ".cache"), **(slurm or {})}
    environment.pop("PYTHONPATH", None)
    where = ["--cores", "2"]
    if slurm is not None:
        where = ["--profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"]
        where += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20"]
    return subprocess.Popen(
        [BIN / "snakemake", *arguments, *where, "--set-scatter", "study=3"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], timeout: float = 500) -> str:
    output, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, output[-4000:]
    return output


@pytest.mark.long
def test_jobs_of_a_cluster_give_the_table_of_this_machine(cluster: dict[str, str], tmp_path: Path) -> None:
    here, there = (
        lay_out(Path(tmp_path / name)) for name in ("here", "there") if not (tmp_path / name).mkdir()
    )
    finish(snakemake(here, TABLE))
    output = finish(snakemake(there, TABLE, slurm=cluster))
    assert len(re.findall(r"submitted with SLURM jobid", output)) == 4
    assert (there / TABLE).read_bytes() == (here / TABLE).read_bytes()
