"""Study and multiverse scattered over a real Slurm give the files of this machine, also when a node dies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "workflow" / "toy"
BIN = Path(sys.executable).parent
SCRIPT = Path(__file__).parent / "slurm.sh"
TABLE = "results/study/violations_4.csv"
MULTIVERSE = ("results/reproduction/multiverse.json", "results/tables/multiverse.csv")


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


def snakemake(
    folder: Path, *arguments: str, slurm: dict[str, str] | None = None, parts: int = 2
) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV_"))}
    environment |= {"XDG_CACHE_HOME": str(folder / ".cache"), **(slurm or {})}
    environment.pop("PYTHONPATH", None)
    where = ["--cores", "2"]
    if slurm is not None:
        where = ["--profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"]
        where += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20"]
    return subprocess.Popen(
        [BIN / "snakemake", *arguments, *where, "--set-scatter", "study=3", f"multiverse={parts}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], timeout: float = 1500) -> str:
    output, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, output[-4000:]
    return output


def run_on(cluster: dict[str, str], *command: str | Path) -> str:
    """Return what a command says that talks to this Slurm."""
    return subprocess.run(
        command, env=os.environ | cluster, capture_output=True, text=True, timeout=60, check=True
    ).stdout


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(0.5)


@pytest.mark.long
def test_jobs_of_a_cluster_give_the_table_of_this_machine(cluster: dict[str, str], tmp_path: Path) -> None:
    here, there = lay_out(tmp_path / "here"), lay_out(tmp_path / "there")
    finish(snakemake(here, TABLE))
    output = finish(snakemake(there, TABLE, slurm=cluster))
    assert len(re.findall(r"submitted with SLURM jobid", output)) == 4
    assert (there / TABLE).read_bytes() == (here / TABLE).read_bytes()


@pytest.mark.long
def test_the_multiverse_of_five_jobs_is_that_of_two_processes(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    here, there = lay_out(tmp_path / "here"), lay_out(tmp_path / "there")
    finish(snakemake(here, *MULTIVERSE))
    output = finish(snakemake(there, *MULTIVERSE, slurm=cluster, parts=5))
    assert len(re.findall(r"rule multiverse_part:", output)) == 5
    assert len(re.findall(r"submitted with SLURM jobid", output)) == 7  # check, the parts, the whole
    for name in MULTIVERSE:
        assert (there / name).read_bytes() == (here / name).read_bytes()


@pytest.mark.long
def test_jobs_of_a_node_that_dies_are_put_back_and_end_the_same(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    """The daemon and the jobs of a node are killed unasked; the other node takes the jobs over."""
    here, there = lay_out(tmp_path / "here"), lay_out(tmp_path / "there")
    finish(snakemake(here, TABLE))
    run = snakemake(there, TABLE, slurm=cluster)

    def running() -> list[str]:
        return run_on(cluster, "squeue", "-h", "-t", "running", "-w", "one", "-o", "%A").split()

    wait_for("a job on node one", lambda: bool(running()))
    lost = running()
    folder = Path(cluster["SLURM_CONF"]).parent
    run_on(cluster, "sh", SCRIPT, "lose", folder, "one")
    wait_for("node one is down", lambda: "down" in run_on(cluster, "sinfo", "-h", "-n", "one", "-o", "%T"))
    output = finish(run)
    log = (folder / "slurmctld.log").read_text(encoding="utf-8")
    for job in lost:
        assert f"requeue job JobId={job} due to failure of node one" in log
        shown = run_on(cluster, "scontrol", "show", "job", job)
        assert "Restarts=1" in shown and "JobState=COMPLETED" in shown and "NodeList=two" in shown
    # Put back by Slurm under their numbers, not sent anew.
    assert len(re.findall(r"submitted with SLURM jobid", output)) == 4
    assert (there / TABLE).read_bytes() == (here / TABLE).read_bytes()
    run_on(cluster, "sh", SCRIPT, "back", folder, "one")
    wait_for(
        "node one serves again", lambda: "idle" in run_on(cluster, "sinfo", "-h", "-n", "one", "-o", "%T")
    )
