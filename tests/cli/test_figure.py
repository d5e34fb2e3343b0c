from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mgmeta.cli.figure import command
from mgmeta.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the invented results, their headline and draws of mu."""
    import xarray

    from mgmeta import io
    from mgmeta.evidence.load import load_evidence
    from mgmeta.report.headline import build_headline
    from mgmeta.report.published import published_target

    folder = tmp_path_factory.mktemp("project")
    names = ("zhang2016", "zhang2016_strict", "update")
    text = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    head, _, blocks = text.partition("analyses:\n")
    kept, keep = [], False
    for line in blocks.splitlines(keepends=True):
        if line.startswith("  ") and line[2] not in " \n#":
            keep = line.strip().rstrip(":") in names
        kept.append(line if keep else "")
    (folder / "config.yaml").write_text(head + "analyses:\n" + "".join(kept), encoding="utf-8")
    reviews = load_evidence(ROOT / "data" / "raw").reviews
    targets = {key: published_target(reviews, "zhang2016", "overall", key) for key in ("sbp", "dbp")}
    fits = {name: io.read_json(FIXTURES / "fits" / f"{name}.json") for name in names}
    bayes = {name: io.read_json(FIXTURES / "bayes" / f"{name}.json") for name in ("zhang2016", "update")}
    slices = io.read_json(FIXTURES / "slices.json")
    io.write_json(folder / "headline.json", build_headline(fits, bayes, targets, "zhang2016", slices))
    (folder / "posteriors").mkdir()
    for name in bayes:
        path = folder / "posteriors" / f"{name}.nc"
        for mode, outcome in (("w", "sbp"), ("a", "dbp")):
            draws = np.random.default_rng(3).normal(-2.0, 1.0, (2, 200))
            posterior = xarray.Dataset({"mu": (("chain", "draw"), draws)})
            posterior.to_netcdf(path, mode=mode, group=f"{outcome}_overall/posterior", engine="h5netcdf")
    return folder


def run(project: Path, *arguments: str) -> Result:
    places = {"raw": ROOT / "data" / "raw", "fits": FIXTURES / "fits", "bayes": FIXTURES / "bayes"}
    places |= {"posteriors": project / "posteriors", "headline": project / "headline.json"}
    places |= {"config": project / "config.yaml", "silence": FIXTURES / "silence"}
    places |= {"robustness": FIXTURES / "robustness"}
    places |= {"missing": FIXTURES / "missing.json"}
    places |= {"simulation": ROOT / "docs" / "simulation" / "coverage.csv"}
    options = [word for key, value in places.items() for word in (f"--{key}", str(value))]
    return CliRunner().invoke(command, [*options, *arguments], catch_exceptions=False)


@pytest.mark.parametrize(
    "name", ["forest_sbp", "posterior", "silence_methods", "leave_one_out", "missing", "simulation"]
)
def test_svg_and_png_are_written(project: Path, name: str) -> None:
    out = project / "figures" / f"{name}.svg"
    done = run(project, name, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").count("<desc>") == 1
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert out.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert "mmHg" in done.output or "of the mean effect" in done.output
    first = out.read_bytes()
    other = project / "elsewhere.png"
    run(project, name, "--out", str(out), "--png", str(other))
    assert out.read_bytes() == first
    assert other.read_bytes() == out.with_suffix(".png").read_bytes()


def test_the_names_can_be_listed() -> None:
    done = CliRunner().invoke(command, ["--list"])
    assert "forest_sbp_update\tAll years: systolic blood pressure" in done.output.splitlines()


def test_what_is_not_there_is_refused(project: Path) -> None:
    with pytest.raises(ConfigError, match="no figure 'pie'"):
        run(project, "pie", "--out", str(project / "x.svg"))
    with pytest.raises(DataError, match=r"nowhere.json: no such file"):
        run(project, "forest_sbp", "--out", str(project / "x.svg"), "--headline", "nowhere.json")
    with pytest.raises(DataError, match=r"nowhere.csv: no such file; run `snakemake` first"):
        run(project, "simulation", "--out", str(project / "x.svg"), "--simulation", "nowhere.csv")


def test_a_figure_reads_only_what_it_needs(project: Path) -> None:
    nowhere = ["--silence", "nowhere", "--missing", "nowhere.json", "--simulation", "nowhere.csv"]
    done = run(project, "headline", "--out", str(project / "y.svg"), "--posteriors", "nowhere", *nowhere)
    assert done.exit_code == 0, done.output


def test_a_name_and_a_place_are_asked_for() -> None:
    done = CliRunner().invoke(command, ["forest_sbp"])
    assert done.exit_code == 2
    assert "NAME --out FILE.svg" in done.output
