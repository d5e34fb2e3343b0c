"""What new rows would do: against the engine itself, and in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows, slice_rows
from mgmeta.cli import cli
from mgmeta.config import load_config
from mgmeta.effects.derive import derive
from mgmeta.effects.slices import SLICE_COLUMNS, build_slice
from mgmeta.errors import DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.extend.addition import plan_fill, plan_trials
from mgmeta.extend.form import drafts_of
from mgmeta.extend.journal import commit
from mgmeta.extend.preview import main_analyses, preview
from mgmeta.extend.preview_words import lines, ordinal

CONFIG = Path(__file__).parents[1] / "workflow/toy/config/config.yaml"


def looks(raw: Path, text: str, analyses: tuple[str, ...] = ()):
    config = load_config(CONFIG)
    plan = plan_trials(raw, drafts_of(text, "new.yaml"))
    names = [entry.trial_id for entry in plan.entries]
    found = preview(load_evidence(raw), plan.after, config, names, analyses or main_analyses(config))
    return {(look.analysis, look.outcome): look for look in found}


def test_the_main_analyses_are_those_that_vary_no_other() -> None:
    assert main_analyses(load_config(CONFIG)) == ("reproduction", "update")


def test_a_look_is_the_engine_on_the_rows_before_and_after(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    look = looks(raw, text)["update", "sbp"]
    config = load_config(CONFIG)
    empty = dict.fromkeys(SLICE_COLUMNS)
    fits = []
    for step in range(2):
        evidence = load_evidence(raw)
        piece = build_slice(evidence, derive(evidence, config.assume), config.analyses["update"])
        rows = [{**empty, **row} for row in piece.rows if row["outcome"] == "sbp"]
        fits.append(
            fit_exact(slice_rows(rows, {}), mu=parse_mu("normal:0,10"), tau=parse_tau("halfnormal:5"))
        )
        if not step:
            commit(raw, plan_trials(raw, drafts_of(text, "new.yaml")).changes)
    assert look.before.mean == pytest.approx(fits[0].mu.mean, abs=1e-12)
    assert look.after.mean == pytest.approx(fits[1].mu.mean, abs=1e-12)
    assert look.after.low == pytest.approx(fits[1].mu.quantile(np.array([0.025]))[0], abs=1e-9)
    standing = look.standings[0]
    assert (standing.kind, standing.effect, standing.route) == ("estimate", -4.1, "1_ci")
    below = fits[0].predict_estimate(standing.se).cdf(np.array([-4.1]))[0]
    assert standing.probability == pytest.approx(2 * min(below, 1 - below), abs=1e-12)
    assert standing.funnel_z == pytest.approx((-4.1 - fits[0].mu.mean) / standing.se)
    assert look.after.k_numeric == look.before.k_numeric + 1 == standing.of
    # the rank is the place among the printed effects
    assert 1 <= standing.rank <= standing.of


def test_an_outlier_is_called_one_and_a_trial_of_another_year_is_not_in(raw: Path, form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    far = text.replace("-4.10", "-24.1").replace("-7.9 to -0.3", "-25.9 to -22.3")
    found = looks(raw, far)
    standing = found["update", "sbp"].standings[0]
    assert standing.outlier and not standing.inside_funnel and standing.rank == 1
    assert standing.probability < 0.01
    assert found["reproduction", "sbp"].standings[0].status == "not_eligible"
    said = "\n".join(lines(found.values()))
    assert "an outlier: check the source again" in said
    assert "outside its 95 % lines" in said
    assert "not in (not eligible: year 2019" in said


def test_a_bound_is_as_probable_as_the_others_make_it(raw: Path, form: Path) -> None:
    look = looks(raw, form.read_text(encoding="utf-8"))["update", "dbp"]
    standing = look.standings[0]
    assert standing.kind == "bound" and standing.rank is None
    assert 0.0 < standing.probability < 1.0
    assert look.after.k_bounds == look.before.k_bounds + 1
    assert "words only:" in "\n".join(lines([look]))


def test_retrieved_numbers_take_the_place_of_the_bound(raw: Path) -> None:
    config = load_config(CONFIG)
    evidence = load_evidence(raw)
    worded = next(
        r for r in evidence.reports if r.outcome == "sbp" and r.significance == "ns" and r.difference is None
    )
    draft = drafts_of(
        "sources:\n  - {kind: full_text_excerpt, citation: the paper}\n"
        "results:\n  - {outcome: sbp, difference: -1.2, difference_se: 1.1, locator: table 2}\n",
        "numbers.yaml",
    )[0]
    plan = plan_fill(raw, worded.trial_id, draft)
    look = preview(evidence, plan.after, config, [worded.trial_id], ["update"])[
        [*config.outcomes].index("sbp")
    ]
    standing = look.standings[0]
    assert standing.kind == "estimate"
    row = next(r for r in plan.after.reports_of(worded.trial_id) if r.difference == -1.2)
    assert (row.method, row.position, row.contrast) == (worded.method, worded.position, worded.contrast)
    assert f"as in {worded.report_id}" in row.note
    assert f"takes the place of the words of {worded.report_id}" in standing.reason
    assert look.after.k_bounds == look.before.k_bounds - 1
    # what is expected comes from the other trials alone
    piece = build_slice(evidence, derive(evidence, config.assume), config.analyses["update"])
    rows = [r for r in piece.rows if r["outcome"] == "sbp" and r["trial_id"] != worded.trial_id]
    rest = make_rows(
        [r.get("yi", np.nan) for r in rows],
        [r["sei"] for r in rows],
        [np.nan if r.get("yi_low") is None else r["yi_low"] for r in rows],
        [np.nan if r.get("yi_high") is None else r["yi_high"] for r in rows],
    )
    fit = fit_exact(rest, mu=parse_mu("normal:0,10"), tau=parse_tau("halfnormal:5"))
    assert standing.expected_low == pytest.approx(
        fit.predict_estimate(standing.se).quantile(np.array([0.025]))[0], abs=1e-8
    )


def test_the_verb_prints_json_writes_nothing_and_refuses_what_add_refuses(raw: Path, form: Path) -> None:
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    arguments = ["preview", str(form), "--raw", str(raw), "--config", str(CONFIG)]
    done = CliRunner().invoke(cli, [*arguments, "--format", "json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["trials"] == ["erewhon2019"]
    assert len(document["looks"]) == 4
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before
    done = CliRunner().invoke(cli, [*arguments, "--analysis", "nothing"])
    assert isinstance(done.exception, DataError)
    form.write_text(form.read_text(encoding="utf-8").replace("blinding: double", "blinding: two"))
    assert isinstance(CliRunner().invoke(cli, arguments).exception, DataError)


@pytest.mark.parametrize(
    ("place", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals(place: int, text: str) -> None:
    assert ordinal(place) == text


def test_a_preview_of_the_real_tables_takes_seconds_of_one_core(form: Path) -> None:
    root = Path(__file__).parents[2]
    script = (
        "import time, sys\nfrom mgmeta.cli import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "assert not {'pandas', 'pandera', 'matplotlib'} & sys.modules.keys(), 'costs a second'\n"
        "sys.stderr.write(f'seconds {time.process_time():.3f}')"
    )
    seconds = []
    for _ in range(3):  # the best of three: other tests run beside this one
        done = subprocess.run(
            [sys.executable, "-c", script, "preview", str(form), "--raw", "data/raw"],
            cwd=root,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert "headline, exact posterior" in done.stdout
        seconds.append(float(done.stderr.rpartition("seconds ")[2]))
        if seconds[-1] < 2.5:  # the bar of benchmarks/preview.py is 2; a busy core needs a quarter more
            break
    assert min(seconds) < 2.5
