from __future__ import annotations

import csv
import itertools

import pytest
from click.testing import CliRunner

from mgmeta.cli.simulate import command
from mgmeta.errors import ConfigError


def test_writes_one_row_a_method(tmp_path):
    out = tmp_path / "cell.csv"
    args = ["--cell", "k5_mu2_tau2_silent40", "--replicates", "20", "--out", str(out), "--quiet"]
    result = CliRunner().invoke(command, args)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == len({row["method"] for row in rows}) == 8


def test_parts_split_the_grid():
    listed = [CliRunner().invoke(command, ["--list", "--part", f"{i}/3"]).output.split() for i in (1, 2, 3)]
    cells = list(itertools.chain(*listed))
    assert len(cells) == len(set(cells)) == 108


@pytest.mark.parametrize(("option", "value"), [("--cell", "nowhere"), ("--part", "3/2"), ("--part", "x")])
def test_refusals(option, value):
    result = CliRunner().invoke(command, [option, value])
    assert isinstance(result.exception, ConfigError) and option in str(result.exception)


def test_parts_gather_to_the_whole(tmp_path):
    common = ["--replicates", "10", "--quiet"]
    cells = ["k5_mu0_tau0_silent0", "k5_mu0_tau0_silent40"]
    paths = []
    for cell in reversed(cells):
        paths.append(str(tmp_path / f"{cell}.csv"))
        CliRunner().invoke(command, ["--cell", cell, "--out", paths[-1], *common])
    whole = tmp_path / "whole.csv"
    CliRunner().invoke(command, ["--cell", cells[0], "--cell", cells[1], "--out", str(whole), *common])
    result = CliRunner().invoke(command, ["--gather", str(tmp_path / "joined.csv"), *paths])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "joined.csv").read_bytes() == whole.read_bytes()
