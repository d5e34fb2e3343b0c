"""``mgmeta slices``: raw tables in, the rows of every named analysis out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgmeta.cli.places import config_option, quiet_option, raw_of_config_option

if TYPE_CHECKING:
    from mgmeta.config import Analysis
    from mgmeta.evidence.records import Evidence


@click.command(
    "slices",
    epilog="\b\nExamples:\n  mgmeta slices\n  mgmeta slices --config my/config.yaml --out data/processed",
)
@config_option
@raw_of_config_option
@click.option("--out", default="data/processed", show_default=True, help="Folder for the derived tables.")
@quiet_option
def command(config_path: str, raw: str | None, out: str, quiet: bool) -> None:
    """Derive the evidence each named analysis pools.

    Writes effects.csv, decisions.csv, sd_model.csv, flow.csv, slices.json and one
    slices/NAME.csv per analysis; for each analysis with `bayes: true` also
    evidence/NAME/, the raw tables without the trials that cannot touch it. A file
    whose content did not change is not touched, so nothing that depends on it is
    rebuilt.
    """
    from mgmeta.config import load_config
    from mgmeta.effects import decisions, slices, tables
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import csv_text, write_csv, write_if_changed, write_json

    config = load_config(config_path)
    evidence = load_evidence(Path(raw or config.raw))
    derived = tables.derive_all(evidence, config)
    built = tables.build_slices(evidence, config, derived)
    base = derived[config.assume]
    folder = Path(out)
    manifest: dict[str, str] = {}
    changed = 0
    for piece in built:
        text = csv_text(slices.SLICE_COLUMNS, piece.rows)
        changed += write_if_changed(folder / "slices" / f"{piece.analysis}.csv", text)
        manifest[piece.analysis] = hashlib.sha256(text.encode("utf-8")).hexdigest()
    for analysis in config.analyses.values():
        if analysis.bayes is not None:
            _write_excerpt(Path(raw or config.raw), folder / "evidence" / analysis.name, evidence, analysis)
    write_csv(folder / "effects.csv", tables.EFFECT_COLUMNS, tables.effect_rows(base))
    decided = tables.decision_rows(derived, built, config.assume)
    write_csv(folder / "decisions.csv", decisions.COLUMNS, decided)
    write_csv(folder / "sd_model.csv", tables.SD_COLUMNS, tables.sd_rows(base.sd_model))
    write_csv(folder / "flow.csv", slices.FLOW_COLUMNS, tables.flow_rows(built))
    write_json(folder / "slices.json", manifest)
    if not quiet:
        click.echo(f"{len(built)} analyses, {changed} changed, {len(decided)} decisions -> {folder}")


def _write_excerpt(raw: Path, folder: Path, evidence: Evidence, analysis: Analysis) -> None:
    """Write the rows of the raw tables that can touch an analysis, each as it stands in its file."""
    from mgmeta.effects.reach import within_reach
    from mgmeta.evidence.load import TABLES
    from mgmeta.extend.lines import read_lines
    from mgmeta.io import read_bytes, write_if_changed

    kept = within_reach(evidence, analysis)
    for table in TABLES.values():
        lines = read_lines(table.file, read_bytes(raw / table.file))
        if "trial_id" in table.columns:
            lines = lines.drop(lambda line: line.cells["trial_id"] not in kept)
        write_if_changed(folder / table.file, lines.text())
