"""``mgmeta reproduce``: every published review, refitted from the one evidence table."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, raw_of_config_option


@click.command(
    "reproduce",
    epilog="\b\nExamples:\n  mgmeta reproduce\n  mgmeta reproduce --review zhang2016 --out -",
)
@config_option
@click.option("--reviews", default="config/reviews.yaml", show_default=True, help="The reviews as code.")
@raw_of_config_option
@click.option("--review", default=None, help="One review only, by its review_id.")
@click.option("--out", default="-", show_default=True, help="JSON file, or - for sentences on the terminal.")
@click.option("--csv", "csv_path", default=None, help="CSV file of the ledger.")
@click.option("--drift", default=None, help="JSON file: how the answer moved over the years.")
@click.option(
    "--certainty", default=None, help="JSON file: certainty of the evidence, and the flow of trials."
)
def command(
    config_path: str,
    reviews: str,
    raw: str | None,
    review: str | None,
    out: str,
    csv_path: str | None,
    drift: str | None,
    certainty: str | None,
) -> None:
    """Put every published result beside ours: the reproduction ledger.

    Each review by its own printed criteria and model, with every reading of what it
    does not state; numbers alone, and numbers with words by three engines; the
    verdict by the rule of docs/protocol.md and the sentence why.
    """
    from dataclasses import replace

    from mgmeta import io
    from mgmeta.config import load_config
    from mgmeta.effects.derive import derive
    from mgmeta.errors import ConfigError
    from mgmeta.evidence.load import load_evidence
    from mgmeta.reproduce.certainty import assess_certainty
    from mgmeta.reproduce.drift import build_drift
    from mgmeta.reproduce.ledger import build_ledger
    from mgmeta.reproduce.ledger_table import LEDGER_COLUMNS, ledger_rows
    from mgmeta.reproduce.plan import load_plan

    config = load_config(config_path)
    plan = load_plan(reviews, config)
    folder = Path(raw or config.raw)
    evidence = load_evidence(folder)
    if drift:
        io.write_json(drift, build_drift(evidence, config, plan))
    if certainty:
        io.write_json(certainty, assess_certainty(evidence, config, plan.overrides, folder))
    if review is not None:
        known = [item.review_id for item in plan.reviews]
        if review not in known:
            raise ConfigError(
                f"--review: no review {review!r} in {reviews}; expected one of {', '.join(known)}"
            )
        plan = replace(plan, reviews=tuple(item for item in plan.reviews if item.review_id == review))
        evidence = replace(evidence, reviews=tuple(r for r in evidence.reviews if r.review_id == review))
    ledger = build_ledger(evidence, derive(evidence, config.assume), config, plan)
    if csv_path:
        io.write_csv(csv_path, LEDGER_COLUMNS, ledger_rows(ledger))
    if out != "-":
        io.write_json(out, ledger)
        return
    for row in ledger.rows:
        click.echo(row.sentence)
    for item in ledger.no_targets:
        click.echo(f"{item.label}, {item.outcome}, {item.subset}: no target: {item.reason}.")
