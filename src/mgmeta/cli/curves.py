"""``mgmeta curves``: dose and duration curves of one analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mgmeta.errors import ConfigError

NEEDED = ("analysis", "title", "outcomes", "level")


@click.command(
    "curves",
    epilog="\b\nExamples:\n"
    "  mgmeta curves --slice data/processed/slices/update.csv --spec @spec.json \\\n"
    "    --out results/dose/update.json\n\n"
    "The workflow passes the spec; `snakemake -p` shows it.",
)
@click.option("--slice", "slice_path", required=True, help="The rows to fit: data/processed/slices/NAME.csv.")
@click.option("--spec", required=True, help="The resolved analysis as JSON, or @FILE.")
@click.option("--only", type=click.Choice(["dose", "duration"]), help="One axis only.  [default: both]")
@click.option("--out", required=True, help="JSON file to write.")
def command(slice_path: str, spec: str, only: str | None, out: str) -> None:
    """Fit every dose and duration curve of one analysis, and the surface of both.

    Numbers and bounds together, maximum likelihood, all curves through zero dose (or
    week 0) = zero effect; what the trials cannot support is listed with the reason.
    For curves of any other CSV: `mgmeta dose`.
    """
    from mgmeta.dose.axes import AXES
    from mgmeta.dose.study import study_axis
    from mgmeta.dose.surface import study_surface
    from mgmeta.io import write_json
    from mgmeta.pooling.slice_input import read_slice

    asked = read_spec(spec)
    rows = read_slice(slice_path)
    outcomes = {}
    for outcome in asked["outcomes"]:
        here = [row for row in rows if row["outcome"] == outcome]
        axes = [kind for name, kind in AXES.items() if only in (None, name)]
        outcomes[outcome] = {kind.name: study_axis(here, kind, level=asked["level"]) for kind in axes}
        if only is None:
            outcomes[outcome]["surface"] = study_surface(here, level=asked["level"])
    head = {key: asked[key] for key in ("analysis", "title", "level")}
    write_json(out, {**head, "outcomes": outcomes})


def read_spec(text: str) -> dict[str, Any]:
    """Read an analysis spec given as JSON or as ``@FILE``.

    Raises
    ------
    ConfigError
        If it is not a JSON object with the keys the curves need.
    """
    # Not the reader of `mgmeta fit`: importing that would rerun the curves when a fit changes.
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--spec {text}: cannot be read as UTF-8 text ({error})") from None
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--spec: not JSON ({error}); expected the resolved analysis, or @FILE") from None
    missing = [key for key in NEEDED if not isinstance(spec, dict) or key not in spec]
    if missing:
        raise ConfigError(f"--spec: no key {', '.join(missing)}; expected at least {', '.join(NEEDED)}")
    return dict(spec)
