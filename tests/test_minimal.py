"""Without PyMC and its kin, and without a network, the core verbs work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
RAW = ROOT / "tests/workflow/toy/data/raw"
CONFIG = ROOT / "tests/workflow/toy/config/config.yaml"

# The optional packages of pyproject.toml: a minimal install has none of them.
ABSENT = ("pymc", "pytensor", "arviz", "nutpie", "numba", "h5netcdf", "xarray", "snakemake", "playwright")
SCRIPT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from mgmeta.cli import main
for arguments in {commands!r}:
    sys.argv = ["mgmeta", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    path = tmp_path / "my_effects.csv"
    path.write_text(
        "study,yi,sei,dose\nA,-2,1,100\nB,-1,1.5,200\nC,-4,1.2,300\nD,0.5,2,400\n", encoding="utf-8"
    )
    return path


def core(effects: Path) -> list[list[str]]:
    table = str(effects)
    folder = str(effects.parent)
    return [
        ["check", "--raw", str(RAW), "--quiet"],
        ["slices", "--config", str(CONFIG), "--raw", str(RAW), "--out", folder],
        ["pool", table, "--mods", "dose"],
        ["bayes", table],
        ["dose", table],
        ["bias", table, "--what", "egger"],
        ["diagnose", table, "--what", "leave1out"],
    ]


def test_core_verbs_need_no_optional_package(effects: Path) -> None:
    script = SCRIPT.format(absent=ABSENT, commands=core(effects))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (effects.parent / "slices.json").is_file()


def test_core_verbs_need_no_network(effects: Path) -> None:
    """In a namespace whose only network device is a loopback that is down."""
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no network namespaces here: {probe.stderr.strip()}")
    script = SCRIPT.format(absent=(), commands=core(effects))
    command = ["unshare", "--net", sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.long
def test_the_whole_workflow_needs_no_network(tmp_path: Path) -> None:
    import shutil

    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    shutil.copy2(ROOT / "Snakefile", tmp_path / "Snakefile")
    for name in ("workflow", "profiles", "src"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config", "data/raw"):
        shutil.copytree(ROOT / "tests/workflow/toy" / name, tmp_path / name)
    done = subprocess.run(
        ["unshare", "--net", BIN / "snakemake", "--cores", "2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / "results/report/index.html").stat().st_size > 1000
