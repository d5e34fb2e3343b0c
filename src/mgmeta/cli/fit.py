"""``mgmeta fit``: one slice in, every frequentist result of its analysis out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


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

    rows = read_slice(slice_path)
    names = {key: (outcome.name, outcome.unit) for key, outcome in OUTCOMES.items()}
    write_json(out, analyse(rows, read_spec(spec), names))


def read_spec(text: str) -> dict[str, Any]:
    """Read an analysis spec given as JSON or as ``@FILE``.

    Raises
    ------
    ConfigError
        If it is not a JSON object with the keys a fit needs.
    """
    from mgmeta.errors import ConfigError

    if text.startswith("@"):
        path = Path(text[1:])
        if not path.is_file():
            raise ConfigError(f"--spec {text}: no such file")
        text = path.read_text(encoding="utf-8")
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--spec: not JSON ({error}); expected the resolved analysis") from None
    needed = ("analysis", "title", "level", "outcomes")
    missing = [key for key in needed if not isinstance(spec, dict) or key not in spec]
    if missing:
        raise ConfigError(f"--spec: no key {', '.join(missing)}; expected at least {', '.join(needed)}")
    assert isinstance(spec, dict)
    return spec
