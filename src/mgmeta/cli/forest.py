"""``mgmeta forest``: the forest plot of a fit, whatever was supplemented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.places import quiet_option

if TYPE_CHECKING:
    from mgmeta.figures.pool_forest import PoolForest


@click.command(
    "forest",
    epilog="\b\nExamples:\n  mgmeta forest results/fits/main.json --outcome dbp --out forest.svg\n"
    "  mgmeta forest results/fits/main.json --outcome sbp --out forest.png",
)
@click.argument("fit", type=click.Path(path_type=Path))
@click.option("--outcome", default="sbp", show_default=True, help="Outcome of the fit.")
@click.option("--out", required=True, help="SVG or PNG file to write.")
@quiet_option
def command(fit: Path, outcome: str, out: str, quiet: bool) -> None:
    """Draw the forest plot of a FIT (of `mgmeta fit`): numbers, bounds, pools below."""
    from mgmeta.errors import ConfigError, DataError
    from mgmeta.figures.pool_forest import alt, draw
    from mgmeta.figures.style import png_bytes, svg_text
    from mgmeta.io import read_json, write_bytes, write_text

    try:
        data = _forest(read_json(fit), outcome)
    except (KeyError, TypeError, AttributeError) as problem:
        raise DataError(f"{fit}: not a fit of `mgmeta fit` with {outcome!r} ({problem!r})") from problem
    ending = Path(out).suffix.lower()
    if ending == ".svg":
        write_text(out, svg_text(draw(data), data.title, alt(data)))
    elif ending == ".png":
        write_bytes(out, png_bytes(draw(data)))
    else:
        raise ConfigError(f"--out: found {out!r}, expected a name that ends in .svg or .png")
    if not quiet:
        click.echo(f"{out}: {alt(data)}")


def _forest(fit: Any, outcome: str) -> PoolForest:
    from mgmeta.figures.pool_forest import Diamond, PoolForest
    from mgmeta.figures.rows import trial_row

    found = fit["outcomes"][outcome]
    level = float(fit["level"])
    pools = []
    for method, label in (("DL", "Numbers, DerSimonian-Laird"), ("REML", "Numbers, REML, Hartung-Knapp")):
        pool = (found["numeric"] or {}).get(method)
        if pool is not None:
            pools.append(Diamond(label, pool["estimate"], pool["ci_low"], pool["ci_high"]))
    best = found["bounded"]
    if best is not None:
        known = best["pi_low"] is not None and best["pi_high"] is not None
        prediction = (best["pi_low"], best["pi_high"]) if known else None
        label = "Numbers and words, ML" if best["k_bounds"] else "Maximum likelihood"
        pools.append(Diamond(label, best["estimate"], best["ci_low"], best["ci_high"], prediction))
    rows = tuple(trial_row({**row, "weight": row["weight_percent"]}, level) for row in found["rows"])
    title = f"{fit['title']}: {found['name']}"
    return PoolForest(rows, tuple(pools), level, title, f"Treated minus control, {found['unit']}")
