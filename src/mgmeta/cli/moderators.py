"""``mgmeta moderators``: in whom, one analysis, every moderator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgmeta.cli.places import config_option, raw_of_config_option

if TYPE_CHECKING:
    from mgmeta.moderators.study import OutcomeModerators


@click.command(
    "moderators",
    epilog="\b\nExamples:\n  mgmeta moderators\n"
    "  mgmeta moderators --analysis update --out results/moderators/update.json",
)
@config_option
@raw_of_config_option
@click.option("--analysis", default="zhang2016", show_default=True, help="Named analysis.")
@click.option("--out", default="-", show_default=True, help="JSON file, or - for a table on the terminal.")
def command(config_path: str, raw: str | None, analysis: str, out: str) -> None:
    """Show in whom the effect differs, one moderator at a time.

    For each: trials at every level, the effect there, the difference or slope with
    its interval, P alone and adjusted for the number of moderators tested, or why it
    was refused; then the joint model. Published counterparts stand in the JSON.
    """
    from mgmeta.cli.missing import analysis_of
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import write_json
    from mgmeta.moderators.study import as_document, study_biomarkers, study_moderators

    config = load_config(config_path)
    chosen = analysis_of(config, analysis)
    evidence = load_evidence(Path(raw or config.raw))
    results = study_moderators(evidence, chosen)
    if out != "-":
        write_json(out, as_document(chosen, results, study_biomarkers(evidence, chosen)))
        return
    for result in results:
        _print(chosen.title, result)


def _print(title: str, result: OutcomeModerators) -> None:
    from rich.console import Console
    from rich.table import Table

    from mgmeta import words

    table = Table(
        "moderator", "trials", "difference or slope", "interval", "P", "Holm", "BH", "note",
        title=f"{title}: {result.outcome}",
    )  # fmt: skip
    for item in result.singles:
        trials = f"{item.k_numeric} + {item.k_bounds}"
        what = f"{item.label}, " + (
            item.step_label or " minus ".join(reversed([x.name for x in item.levels]))
        )
        if item.difference is None:
            table.add_row(what, trials, "refused", "", "", "", "", item.reason)
            continue
        test = result.tested[item.key]
        span = words.interval(item.difference["ci_low"], item.difference["ci_high"])
        p = [f"{value:.3f}" for value in (test.p_value, test.p_holm, test.p_bh)]
        estimate = words.fixed(item.difference["estimate"])
        table.add_row(what, trials, estimate, span, *p, "thin: " + ", ".join(item.thin) if item.thin else "")
    Console(width=160).print(table)
