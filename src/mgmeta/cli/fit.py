"""``mgmeta fit``: one slice in, every frequentist result of its analysis out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mgmeta.errors import ConfigError

NEEDED = ("analysis", "title", "level", "outcomes")


@click.command(
    "fit",
    epilog="\b\nExample:\n  mgmeta fit --slice data/processed/slices/update.csv --spec @spec.json "
    "--out fit.json\n\nThe workflow passes the spec; `snakemake -p` shows it.",
)
@click.option("--slice", "slice_path", required=True, help="CSV written by `mgmeta slices`.")
@click.option("--spec", required=True, help="The resolved analysis as JSON, or @FILE.")
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
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--spec {text}: cannot be read as UTF-8 text ({error})") from None
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--spec: not JSON ({error}); expected the resolved analysis, or @FILE") from None
    if not isinstance(spec, dict):
        raise ConfigError(f"--spec: found a JSON {type(spec).__name__}, expected an object")
    missing = [key for key in NEEDED if key not in spec]
    if missing:
        raise ConfigError(f"--spec: no key {', '.join(missing)}; expected at least {', '.join(NEEDED)}")
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
