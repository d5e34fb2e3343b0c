"""``mgmeta multiverse``: every combination of defensible choices, pooled."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, part_of, raw_of_config_option


@click.command(
    "multiverse",
    epilog="\b\nExamples:\n  mgmeta multiverse\n  mgmeta multiverse --out multiverse.json\n"
    "  mgmeta multiverse --part 1/2 --out 1.npz\n  mgmeta multiverse --out multiverse.json 1.npz 2.npz",
)
@config_option
@raw_of_config_option
@click.option("--out", default="-", show_default=True, help="JSON file, or - for a table on the terminal.")
@click.option("--csv", "csv_path", default=None, help="CSV file: how much each choice moves the answer.")
@click.option(
    "--part", default=None, help="Only part I of N, as I/N; --out is then an NPZ file to be joined."
)
@click.argument("parts", nargs=-1, type=click.Path())
def command(
    config_path: str,
    raw: str | None,
    out: str,
    csv_path: str | None,
    part: str | None,
    parts: tuple[str, ...],
) -> None:
    """Pool every combination of choices that could have been made otherwise.

    Eligibility, unclear designs, correlation, ambiguous rows, measurement, words,
    estimator, outliers, dose basis: over a million specifications, the protocol's own
    among them. Shares of specifications are not probabilities. PARTS are files of --part to
    be joined: the answer is that of one run.
    """
    import os

    # Before NumPy is loaded: the products are small, and threads that wait for each other double the time.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

    from mgmeta import io, words
    from mgmeta.config import load_config
    from mgmeta.errors import ConfigError
    from mgmeta.evidence.load import load_evidence
    from mgmeta.evidence.outcomes import OUTCOMES
    from mgmeta.reproduce.multiverse import run_multiverse
    from mgmeta.reproduce.multiverse_parts import join_parts, part_bytes, readings_of
    from mgmeta.reproduce.multiverse_summary import LABEL, summarise
    from mgmeta.reproduce.multiverse_table import MOVE_COLUMNS, document, move_rows

    config = load_config(config_path)
    if part is not None:
        if parts or csv_path or out == "-":
            raise ConfigError(f"--part {part}: give --out FILE.npz, and neither --csv nor files to be joined")
        readings = readings_of(*part_of(part))
        some = run_multiverse(load_evidence(Path(raw or config.raw)), config, readings)
        io.write_bytes(out, part_bytes(some, readings))
        return
    if parts:
        universes = join_parts({file: io.read_bytes(file) for file in parts})
    else:
        universes = run_multiverse(load_evidence(Path(raw or config.raw)), config)
    found = {name: summarise(universe) for name, universe in universes.items()}
    if csv_path:
        io.write_csv(csv_path, MOVE_COLUMNS, move_rows(found))
    if out != "-":
        io.write_json(out, document(found, config.level))
        return
    for name, item in found.items():
        low, high = item.quantiles["0.025"], item.quantiles["0.975"]
        click.echo(
            f"{words.capital(OUTCOMES[name].name)}: {words.integer(item.specifications)} specifications "
            f"({words.integer(item.distinct)} different sets of numbers), middle 95% "
            f"{words.interval(low, high)} mmHg, median {words.fixed(item.quantiles['0.5'])}; below 0: "
            f"{words.percent(item.shares_below['0'])}, below {words.MINUS}1: "
            f"{words.percent(item.shares_below['-1'])}, below {words.MINUS}2: "
            f"{words.percent(item.shares_below['-2'])}."
        )
        for move in item.moves:
            click.echo(f"  {move.name:24s} {move.total:6.1%} of the variance ({move.main:.1%} by itself)")
    click.echo(LABEL)
