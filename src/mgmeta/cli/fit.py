"""``mgmeta fit``: one slice in, every frequentist result of its analysis out."""

from __future__ import annotations

from typing import Any

import click

from mgmeta.cli.spec import read_object, spec_option
from mgmeta.errors import ConfigError

NEEDED = ("analysis", "title", "level", "outcomes")


@click.command(
    "fit",
    epilog="\b\nExample:\n  mgmeta fit --slice data/processed/slices/update.csv --spec @spec.json "
    "--out fit.json\n\nThe workflow passes the spec; `snakemake -p` shows it.",
)
@click.option("--slice", "slice_path", required=True, help="CSV written by `mgmeta slices`.")
@spec_option
@click.option("--out", required=True, help="JSON file to write.")
def command(slice_path: str, spec: str, out: str) -> None:
    """Fit the frequentist models of one analysis.

    Numbers alone: DerSimonian-Laird, and REML with Hartung-Knapp. Numbers and
    bounds: maximum likelihood with t-calibrated profile intervals. Moderators and
    subgroups where the analysis asks for them.
    """
    from mgmeta.evidence.outcomes import OUTCOMES
    from mgmeta.io import write_json
    from mgmeta.pooling.analysis import analyse
    from mgmeta.pooling.slice_input import read_slice

    asked = read_spec(spec)
    columns = [moderator["column"] for moderator in (asked.get("moderators") or {}).values()]
    rows = read_slice(slice_path, columns)
    names = {key: (outcome.name, outcome.unit) for key, outcome in OUTCOMES.items()}
    write_json(out, analyse(rows, asked, names))


def read_spec(text: str) -> dict[str, Any]:
    """Read an analysis spec given as JSON or as ``@FILE``.

    Raises
    ------
    ConfigError
        If it is not a JSON object with the keys a fit needs.
    """
    spec = read_object(text, NEEDED)
    level, moderators = spec["level"], spec.get("moderators") or {}
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0.0 < level < 1.0:
        raise ConfigError(f"--spec: level: found {level!r}, expected a fraction between 0 and 1")
    if not isinstance(spec["outcomes"], list):
        raise ConfigError(f"--spec: outcomes: found {spec['outcomes']!r}, expected a list")
    if not isinstance(moderators, dict) or not all(
        isinstance(item, dict) and {"column", "label"} <= item.keys() for item in moderators.values()
    ):
        raise ConfigError(f"--spec: moderators: found {moderators!r}, expected name: {{column, label}}")
    return spec
