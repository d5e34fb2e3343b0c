"""The quick answer by quadrature: the shape of the sampled one, the numbers of the exact engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mgmeta.bayes.answer import exact_answer
from mgmeta.bayes.exact_analysis import SAMPLED_ONLY, exact_analysis
from mgmeta.bayes.rows import slice_rows
from mgmeta.bayes.spec import read_spec
from mgmeta.config import load_config
from mgmeta.effects import tables
from mgmeta.evidence.load import load_evidence
from mgmeta.io import csv_text, jsonable
from mgmeta.pooling.slice_input import read_slice
from mgmeta.report.pooled import bayes_result

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The slice of the target and its spec."""
    from mgmeta.effects import slices

    config = load_config(ROOT / "config/config.yaml")
    analysis = config.analyses[config.target.analysis]
    evidence = load_evidence(ROOT / "data/raw")
    derived = tables.derive_all(evidence, config)
    piece = next(
        item for item in tables.build_slices(evidence, config, derived) if item.analysis == analysis.name
    )
    path = tmp_path_factory.mktemp("slice") / "target.csv"
    path.write_text(csv_text(slices.SLICE_COLUMNS, piece.rows), encoding="utf-8")
    return path, analysis.spec()


def test_numbers_are_those_of_the_exact_engine_and_the_report_reads_them(written) -> None:
    path, text = written
    spec = read_spec(text)
    records = read_slice(str(path), tuple(spec.moderators.values()))
    document = jsonable(exact_analysis(records, spec))
    for outcome in spec.outcomes:
        rows = slice_rows([r for r in records if r["outcome"] == outcome], {})
        assert rows is not None
        wanted = exact_answer(rows, spec.prior_mu, spec.prior_tau, level=spec.level)
        found = document["outcomes"][outcome]["overall"]
        for key in ("mu", "tau", "predictive"):
            for part, value in found[key].items():
                # The long answer takes its quantiles from a thinned table.
                assert value == pytest.approx(wanted[key][part], abs=2e-3), (outcome, key, part)
        assert found["p_below"] == pytest.approx(wanted["p_below"])
        assert document["outcomes"][outcome]["dose_reason"] == SAMPLED_ONLY
        result = bayes_result(document["outcomes"][outcome], {"counts": found["counts"]})
        assert result.estimate == found["mu"]["mean"]
        assert result.ok
        assert np.isfinite(result.pi_low)


def test_the_verb_answers_without_pymc(written, tmp_path: Path) -> None:
    path, text = written
    (tmp_path / "spec.json").write_text(json.dumps(text))
    arguments = ["sample", "--engine", "exact", "--slice", str(path), "--spec", f"@{tmp_path}/spec.json"]
    script = (
        "import sys; from mgmeta.cli import main\n"
        f"sys.argv = ['mgmeta', *{arguments!r}, '--out', {str(tmp_path / 'out.json')!r}]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\n"
        "assert 'pymc' not in sys.modules and 'pandas' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out.json").read_text())["analysis"] == text["analysis"]
