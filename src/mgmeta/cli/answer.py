"""``mgmeta answer``: every pooled result of some fits, one table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mgmeta.cli.places import quiet_option

COLUMNS = (
    *("analysis", "outcome", "method", "k", "k_numeric", "k_bounds", "estimate", "ci_low", "ci_high"),
    *("pi_low", "pi_high", "tau", "unit", "note"),
)


@click.command(
    "answer",
    epilog="\b\nExamples:\n  mgmeta answer results/fits/main.json\n"
    "  mgmeta answer --out results/answer.csv results/fits/*.json",
)
@click.argument("fits", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", help="Write the table to this CSV file as well.")
@quiet_option
def command(fits: tuple[Path, ...], out: str | None, quiet: bool) -> None:
    """Put the pooled results of FITS (of `mgmeta fit`) into one table.

    DerSimonian-Laird and REML with Hartung-Knapp on the numbers, and maximum likelihood on numbers and words.
    """
    from mgmeta.io import read_json, write_csv
    from mgmeta.words import fixed, with_interval

    found = [row for path in fits for row in rows(read_json(path), path)]
    if out is not None:
        write_csv(out, COLUMNS, found)
    if quiet:
        return
    for row in found:
        head = f"{row['analysis']} {row['outcome']} {row['method']}"
        if row["estimate"] is None:
            click.echo(f"{head}: no estimate: {row['note']}")
            continue
        result = with_interval(row["estimate"], row["ci_low"], row["ci_high"])
        click.echo(f"{head}: {result} {row['unit']}, k = {row['k']}, tau {fixed(row['tau'])}")


def rows(fit: Any, path: Path) -> Iterator[dict[str, Any]]:
    """Yield the results of one fit as rows of the table.

    Raises
    ------
    DataError
        If it is no fit.
    """
    from mgmeta.errors import DataError

    try:
        for outcome, out in fit["outcomes"].items():
            head = {"analysis": fit["analysis"], "outcome": outcome, "unit": out["unit"]}
            for method in ("DL", "REML"):
                pool = (out["numeric"] or {}).get(method)
                k = out["counts"]["k_numeric"]
                reason = {"estimate": None, "note": out.get("numeric_reason", "")}
                yield {**head, "method": method, "k": k, "k_numeric": k, "k_bounds": 0, **_of(pool, reason)}
            best = out["bounded"]
            counts = {name: out["counts"][name] for name in ("k", "k_numeric", "k_bounds")}
            reason = {"estimate": None, "note": out.get("bounded_reason", "")}
            yield {**head, "method": "ML", **counts, **_of(best, reason)}
    except (KeyError, TypeError, AttributeError) as problem:
        raise DataError(f"{path}: not a fit of `mgmeta fit` ({problem!r})") from problem


def _of(pool: Any, reason: dict[str, Any]) -> dict[str, Any]:
    if pool is None:
        return reason
    tau = pool["tau"] if "tau" in pool else pool["tau2"] ** 0.5
    keys = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    return {**{key: pool.get(key) for key in keys}, "tau": tau, "note": ""}
