"""Compiled parts are kept for the next process, and two processes stay apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mgmeta.bayes.compile_folder import compile_folder, locked

HOLD = """
import sys, time
from pathlib import Path
from mgmeta.bayes.compile_folder import locked
with locked(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(60)
"""
COMPILE = """
import time
from mgmeta.bayes.pymc_setup import compile_family
from mgmeta.bayes.pymc_setup import load_pymc

def build():
    pm = load_pymc()
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 10.0)
        tau = pm.HalfNormal("tau", 5.0)
        pm.Normal("y", mu, (tau**2 + 1.0) ** 0.5, observed=[-3.0, 1.0, -4.0])
    return model

import nutpie
model = compile_family(build, "toy")
trace = nutpie.sample(model, draws=50, tune=50, chains=1, seed=7, progress_bar=False)
print(trace.posterior["mu"].values.tobytes().hex())
"""


def test_the_folder_is_named_after_family_and_versions(monkeypatch, tmp_path):
    monkeypatch.setenv("MGMETA_CACHE", str(tmp_path))
    one, other = compile_folder("mixture"), compile_folder("bivariate")
    assert one.parent == other.parent != one
    assert "pytensor" in one.parent.name
    assert one.is_relative_to(tmp_path)
    monkeypatch.delenv("MGMETA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert compile_folder("mixture").is_relative_to(tmp_path / "xdg" / "mgmeta")


def test_one_holds_the_lock_until_its_process_ends(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        with locked(tmp_path, patience=0.2) as held:
            assert not held
    finally:
        holder.kill()  # as at a crash
        holder.communicate()
    with locked(tmp_path, patience=5.0) as held:
        assert held


def test_a_folder_that_cannot_be_made_is_not_held(tmp_path):
    (tmp_path / "file").write_text("")
    with locked(tmp_path / "file" / "folder") as held:
        assert not held


@pytest.mark.slow
def test_what_the_first_process_compiled_the_second_loads_and_draws_alike(monkeypatch, tmp_path):
    monkeypatch.setenv("MGMETA_CACHE", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.delenv("PYTENSOR_FLAGS", raising=False)
    (tmp_path / "tmp").mkdir()

    def run() -> tuple[str, set[Path]]:
        done = subprocess.run([sys.executable, "-W", "error", "-c", COMPILE], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout, set(tmp_path.rglob("*.nbc"))

    cold, kept = run()
    assert len(kept) > 5
    warm, after = run()
    assert (warm, after) == (cold, kept)
    # Nothing is left where temporary files go.
    assert list((tmp_path / "tmp").iterdir()) == []
