"""`mgmeta paper` writes tables, methods and references, and the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mgmeta.cli.headline import command as headline_command
from mgmeta.cli.paper import command
from mgmeta.cli.slices import command as slices_command
from mgmeta.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"
KEPT = ("zhang2016", "zhang2016_strict", "update")


def options(**places: Path | str) -> list[str]:
    return [word for key, place in places.items() for word in (f"--{key}", str(place))]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | str]:
    """Return where the invented fits, their headline and the real flow of trials are."""
    folder = tmp_path_factory.mktemp("paper")
    head, _, blocks = (ROOT / "config/config.yaml").read_text(encoding="utf-8").partition("analyses:\n")
    kept, keep = [], False
    for line in blocks.splitlines(keepends=True):
        if line.startswith("  ") and line[2] not in " \n#":
            keep = line.strip().rstrip(":") in KEPT
        kept.append(line if keep else "")
    (folder / "config.yaml").write_text(head + "analyses:\n" + "".join(kept), encoding="utf-8")
    shared = {"config": folder / "config.yaml", "raw": ROOT / "data" / "raw"}
    run = CliRunner().invoke
    done = run(slices_command, [*options(**shared, out=folder / "processed"), "--quiet"])
    assert done.exit_code == 0, done.output
    fits = {"fits": FIXTURES / "fits", "bayes": FIXTURES / "bayes"}
    made = {"slices": FIXTURES / "slices.json", "out": folder / "headline.json", "tables": folder / "tables"}
    done = run(headline_command, options(**shared, **fits, **made))
    assert done.exit_code == 0, done.output
    more = {"processed": folder / "processed", "headline": folder / "headline.json"}
    return {**shared, **fits, **more, "reproduction": FIXTURES / "reproduction"}


def invoke(places: dict[str, Path | str], out: Path, **changed: str) -> Result:
    return CliRunner().invoke(command, options(**{**places, **changed}, out=out))


def test_everything_is_there_and_the_same_twice(places, tmp_path):
    first, second = (invoke(places, tmp_path / name) for name in ("a", "b"))
    assert first.exit_code == second.exit_code == 0, first.output
    files = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    names = {path.as_posix() for path in files}
    assert {"methods.md", "references.bib", "tables.html", "tables/findings-summary.tex"} <= names
    assert {"tables/headline.tex", "tables/trials.tex", "tables/excluded.tex", "tables/ledger.tex"} <= names
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_without_a_reproduction_its_tables_are_left_out(places, tmp_path):
    done = invoke(places, tmp_path / "a", reproduction=str(tmp_path / "nowhere"))
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "a" / "tables").iterdir()}
    assert "headline.tex" in names
    assert not names & {"ledger.tex", "claims.tex", "findings-summary.tex"}


def test_a_missing_fit_is_named(places, tmp_path):
    done = invoke(places, tmp_path / "a", fits=str(tmp_path / "nowhere"))
    assert isinstance(done.exception, DataError)
    assert "zhang2016.json" in str(done.exception)
    assert not (tmp_path / "a").exists()
