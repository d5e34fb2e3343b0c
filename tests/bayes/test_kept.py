"""A part read back is the part that was sampled; whatever decides it is in its name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mgmeta.bayes import families
from mgmeta.bayes.families import Done, run_family
from mgmeta.bayes.kept import Part, digest, packed, unpacked
from mgmeta.bayes.posterior_io import Draws, write_posterior
from mgmeta.config import load_config
from mgmeta.evidence.records import Evidence
from mgmeta.io import dumps

NOTHING = Evidence((), (), (), (), (), ())
CONFIG = load_config("config/config.yaml")
TABLES = {"trials.csv": b"a,b\n1,2\n", "reports.csv": b"c\n3\n"}


def draws(seed: int) -> Draws:
    rng = np.random.default_rng(seed)
    values = {"mu": rng.normal(size=(2, 50)), "tau": rng.normal(size=(2, 50)) * 1e-310}
    return Draws(values, {"diverging": rng.random((2, 50)) < 0.1, "tree_depth": rng.integers(0, 9, (2, 50))})


def part(seed: int = 1) -> Part:
    found = {"sbp": {"mu": {"mean": -0.1 - 1e-17, "ci_low": 1 / 3}, "label": "Żółć 1999", "none": None}}
    return Part(found, {"update_sbp": draws(seed), "update_dbp": draws(seed + 1)})


def test_every_number_survives(tmp_path):
    before = part()
    after = unpacked(packed(before))
    assert after is not None
    assert dumps(after.found) == dumps(before.found)
    files = []
    for name, item in (("a.nc", before), ("b.nc", after)):
        write_posterior(tmp_path / name, {key: (None, value) for key, value in item.draws.items()})
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("cut", [0, 10, -1, -200])
def test_a_broken_file_is_no_part(cut):
    data = packed(part())
    assert unpacked(data[:cut]) is None
    assert unpacked(b"PK" + data[5:]) is None


def test_whatever_decides_a_part_changes_its_name():
    analysis = CONFIG.analyses["update"]

    def name(family="mixture", config=CONFIG, analysis=analysis, tables=TABLES, code=(b"x = 1", b"")):
        return digest(family, config, analysis, tables, code)

    others = [
        name(family="student_t"),
        name(config=replace(CONFIG, seed=1)),
        name(config=replace(CONFIG, level=0.9)),
        name(config=replace(CONFIG, bayes=replace(CONFIG.bayes, prior_slope="normal:0,1"))),
        name(analysis=replace(analysis, assume=replace(analysis.assume, correlation=0.3))),
        name(analysis=CONFIG.analyses["zhang2016"]),
        name(tables=TABLES | {"reports.csv": b"c\n4\n"}),
        name(code=(b"x = 2", b"")),
    ]
    assert len({name(), *others}) == len(others) + 1
    assert name() == name(tables=dict(reversed(TABLES.items())))


class Counted:
    """A family that counts what it is run on."""

    def __init__(self):
        self.ran = []

    def priors(self, job):
        return {"mu": str(job.mu)}

    def run(self, job):
        self.ran.append([item.name for item in job.analyses])
        return Done(
            {item.name: {"sbp": {"trials": len(job.evidence[item.name].trials)}} for item in job.analyses},
            {f"{item.name}_sbp": draws(len(item.name)) for item in job.analyses},
        )


def test_only_what_is_not_kept_is_run(monkeypatch):
    family = Counted()
    monkeypatch.setitem(families.LOADERS, "mixture", lambda: family)
    names = ("zhang2016", "update", "update_strict")
    evidence = dict.fromkeys(names, NOTHING)
    document, parts = run_family("mixture", evidence, CONFIG, names)
    assert list(parts) == list(names)
    assert [list(item.draws) for item in parts.values()] == [[f"{name}_sbp"] for name in names]
    again, other = run_family(
        "mixture", evidence, CONFIG, names, kept={n: parts[n] for n in ("zhang2016", "update_strict")}
    )
    assert family.ran == [list(names), ["update"]]
    assert dumps(again) == dumps(document)
    assert list(other) == list(names)
    last, _ = run_family("mixture", evidence, CONFIG, names, kept=parts)
    assert len(family.ran) == 2  # nothing to run, nothing compiled
    assert dumps(last) == dumps(document)
