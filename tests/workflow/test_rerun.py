"""What reruns, and what does not: the reason for the checkpoint and for `code()`."""

from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.workflow

ANALYSES = {"reproduction", "reproduction_strict", "reproduction_sd_high", "update", "update_strict"}


def add_rows(path: Path, *rows: dict[str, str]) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        columns = next(csv.reader(handle))
    with path.open("a", encoding="utf-8", newline="") as handle:
        csv.DictWriter(handle, columns, restval="", lineterminator="\n").writerows(rows)


def row(path: Path, column: str, value: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return next(row for row in csv.DictReader(handle) if row[column] == value)


def test_everything_is_built(finished: Project) -> None:
    folder = finished.path("results")
    assert {path.stem for path in folder.glob("fits/*.json")} == ANALYSES
    assert {path.stem for path in folder.glob("bayes/*.json")} == {"reproduction"}
    assert folder.joinpath("posteriors/reproduction.nc").stat().st_size > 1000
    assert {path.stem for path in finished.path("data/processed/slices").iterdir()} == ANALYSES
    assert folder.joinpath("report/index.html").stat().st_size > 1000
    tables = {path.name for path in folder.glob("tables/*")}
    assert {"headline.csv", "headline.json"} <= tables
    assert all(path.with_suffix(".png").stat().st_size > 1000 for path in folder.glob("figures/*.svg"))


def test_every_job_has_a_log(finished: Project) -> None:
    logs = set(finished.logs())
    assert {f"fit/{analysis}.log" for analysis in ANALYSES} <= logs
    assert {"check.log", "slices.log", "headline.log", "report.log", "sample/reproduction.log"} <= logs


def test_a_second_run_does_nothing_in_seconds(built: Project) -> None:
    before = built.logs()
    seconds = []
    for _ in range(2):  # the better of two: other tests run beside this one
        start = time.monotonic()
        assert "Nothing to be done" in built.build()
        seconds.append(time.monotonic() - start)
    assert min(seconds) < 10
    assert built.logs() == before


def test_touching_files_without_changing_them_does_nothing(built: Project) -> None:
    for name in ("data/raw/trials.csv", "src/mgmeta/io.py", "config/config.yaml"):
        built.path(name).touch()
    assert built.planned() == {}


def test_a_new_trial_reruns_only_the_fits_it_enters(built: Project) -> None:
    raw = built.path("data/raw")
    trial = row(raw / "trials.csv", "trial_id", "narnia2013")
    source = row(raw / "sources.csv", "trial_id", "narnia2013")
    report = row(raw / "reports.csv", "report_id", "narnia2013-sbp-1")
    named = {"trial_id": "atlantis2019", "source_id": "atlantis2019-s1"}
    # Another size as well: a copy of a trial would rightly be taken for a double.
    size = {"n_mg": "33", "n_control": "31", "n_randomised": "64"}
    add_rows(
        raw / "trials.csv",
        trial | size | {"trial_id": "atlantis2019", "first_author": "Atlantis A", "year": "2019"},
    )
    add_rows(
        raw / "sources.csv", source | named | {"citation": "Atlantis A. 2019", "url": "https://example.org/a"}
    )
    add_rows(raw / "reports.csv", report | named | {"report_id": "atlantis2019-sbp-1"})
    before = built.logs()
    output = built.build("results/headline.json")
    after = built.logs()
    ran = {log for log in after if after[log] != before.get(log)}
    assert {log for log in ran if log.startswith("fit/")} == {"fit/update.log", "fit/update_strict.log"}, (
        output
    )
    assert not {log for log in ran if log.startswith("sample/")}
    assert {"check.log", "slices.log", "headline.log"} <= ran
    assert "Nothing to be done" in built.build("results/headline.json")
    assert built.planned()["report"] == 1


def test_another_title_reruns_that_analysis_alone(built: Project) -> None:
    built.edit("config/config.yaml", '"All years"', '"All the years"')
    jobs = built.planned()
    assert jobs["fit"] == 1
    assert "fit" in jobs
    assert "slices" not in jobs
    assert "check" not in jobs
    assert "sample" not in jobs
    assert "results/fits/update.json" in built.build("-n")


def test_more_draws_rerun_the_sampling_alone(built: Project) -> None:
    built.edit("config/config.yaml", "draws: 200", "draws: 250")
    jobs = built.planned()
    assert jobs["sample"] == 1
    assert not {"fit", "slices", "check"} & set(jobs)


def test_code_reruns_the_jobs_that_run_through_it(built: Project) -> None:
    def changed(name: str) -> dict[str, int]:
        path = built.path(name)
        before = path.read_text(encoding="utf-8")
        path.write_text(before + "\n# changed\n", encoding="utf-8")
        try:
            return built.planned()
        finally:
            path.write_text(before, encoding="utf-8")

    pooling = changed("src/mgmeta/cli/fit.py")
    assert pooling["fit"] == len(ANALYSES)
    assert not {"sample", "slices", "check"} & set(pooling)
    bayes = changed("src/mgmeta/cli/sample.py")
    assert bayes["sample"] == 1
    assert not {"fit", "slices", "check"} & set(bayes)
    report = changed("src/mgmeta/cli/report.py")
    assert report == {"report": 1}


def test_a_deleted_slice_says_how_to_get_it_back(built: Project) -> None:
    built.path("data/processed/slices/update.csv").unlink()
    done = built.snakemake()
    assert done.returncode == 1
    assert "data/processed/slices/update.csv is missing" in done.stdout
    assert "snakemake --forcerun slices" in done.stdout
    before = built.logs()
    built.build("--forcerun", "slices", "--", "results/headline.json")
    after = built.logs()
    assert not [log for log in after if log.startswith(("fit/", "sample/")) and after[log] != before[log]]


def test_a_deleted_fit_comes_back_the_same(built: Project) -> None:
    path = built.path("results/fits/update.json")
    before = path.read_bytes()
    path.unlink()
    built.build("results/fits/update.json")
    assert path.read_bytes() == before


def test_another_folder_gives_the_same_bytes(built: Project, finished: Project) -> None:
    """Everything but the sampler runs again, elsewhere: no path, date or order may show."""
    rules = ["check", "slices", "fit", "headline", "figure", "report"]
    built.build("--forcerun", *rules)
    files = [
        path
        for folder in ("results", "data/processed")
        for path in finished.path(folder).rglob("*")
        if path.is_file()
    ]
    assert len(files) > 30
    different = [
        name
        for path in files
        if built.path(name := path.relative_to(finished.folder).as_posix()).read_bytes() != path.read_bytes()
    ]
    assert different == []
    assert built.logs() != finished.logs()


def test_snakemake_writes_its_own_report(built: Project) -> None:
    built.build("--report", "results/provenance.html")
    text = built.path("results/provenance.html").read_text(encoding="utf-8")
    assert "forest_sbp" in text
    assert "an open band" in text


NEW_TRIAL = """\
trial:
  first_author: Atlantis A
  year: 2019
  title: An invented trial, added after the release
  design: parallel
  randomised: yes
  blinding: double
  comparator: placebo
  cointervention: none
  population: people of an invented island
  setting: general
  dose: 300 mg
  dose_basis: stated_elemental
  duration: 8 weeks
  n_randomised: 64
  n_mg: 33
  n_control: 31
sources:
  - {kind: abstract, url: https://example.org/a}
results:
  - {outcome: sbp, significance: ns}
"""


def test_a_trial_added_after_a_release_reruns_what_depends_on_it_and_the_report_tells(built: Project) -> None:
    done = built.mgmeta("release", "--name", "0.1.0")
    assert "pinned 0.1.0" in done
    assert built.planned() == {"changes": 1, "report": 1}
    assert "Nothing changed since release 0.1.0" in built.mgmeta("changes")
    built.path("new.yaml").write_text(NEW_TRIAL, encoding="utf-8")
    assert "atlantis2019: added 1 in trials.csv" in built.mgmeta("add", "new.yaml")
    built.build("data/processed/slices.json")
    # The plan, before anything heavy has run: two fits of five, nothing sampled anew.
    jobs = built.planned()
    assert jobs["fit"] == 2
    # Too late for the one analysis that is sampled, and with no number to lend.
    assert not {"sample", "model", "robustness", "silence", "moderators"} & set(jobs)
    assert jobs["headline"] == jobs["changes"] == jobs["report"] == 1
    plan = built.build("-n")
    assert {f"results/fits/{name}.json" for name in ("update", "update_strict")} == set(
        re.findall(r"output: (results/fits/\w+\.json)", plan)
    )
    with pytest.raises(AssertionError, match="was not built from data/raw as it stands"):
        built.mgmeta("release", "--name", "0.2.0")
    built.build("results/changes.json")
    changes = json.loads(built.path("results/changes.json").read_text(encoding="utf-8"))
    assert [(t["trial_id"], t["how"]) for t in changes["trials"]] == [("atlantis2019", "added")]
    moves = {(p["analysis"], p["outcome"]): p["trials"] for p in changes["pools"]}
    assert moves["update", "sbp"] == ["Atlantis 2019 enters with words"]
    assert moves["reproduction", "sbp"] == []
    built.mgmeta("remove", "atlantis2019", "--yes")
    built.build("results/changes.json")
    assert "Nothing changed since release 0.1.0" in built.mgmeta("changes")


IN_NUMBERS = "{outcome: sbp, timepoint: 8 weeks, difference: -3.1, ci: -6.0 to -0.2}"


@pytest.mark.long
@pytest.mark.parametrize("result", ["{outcome: sbp, significance: ns}", IN_NUMBERS])
def test_a_rerun_gives_what_a_run_from_scratch_gives(
    built: Project, toy_elsewhere: Project, result: str
) -> None:
    """Every table, figure and page after an added trial, byte for byte."""
    for project in (built, toy_elsewhere):
        project.path("new.yaml").write_text(
            NEW_TRIAL.replace("{outcome: sbp, significance: ns}", result), encoding="utf-8"
        )
        project.mgmeta("add", "new.yaml")
        project.build()
    names = {
        path.relative_to(toy_elsewhere.folder).as_posix()
        for folder in ("results", "data/processed")
        for path in toy_elsewhere.path(folder).rglob("*")
        if path.is_file()
    }
    assert len(names) > 100
    different = {
        name for name in names if built.path(name).read_bytes() != toy_elsewhere.path(name).read_bytes()
    }
    assert different == set()
