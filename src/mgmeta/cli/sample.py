"""``mgmeta sample``: the Bayesian models of one analysis, by PyMC."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from mgmeta.cli.spec import read_object, spec_option


@click.command(
    "sample",
    epilog="\b\nExamples:\n"
    "  mgmeta sample --slice data/processed/slices/update.csv --spec @spec.json \\\n"
    "    --out results/bayes/update.json --posterior results/posteriors/update.nc\n"
    "  mgmeta sample --slice data/processed/slices/update.csv --spec @spec.json --engine exact \\\n"
    "    --out update.json\n\n"
    "The workflow passes the spec; `snakemake -p` shows it.",
)
@click.option(
    "--slice", "slice_path", required=True, help="The rows to model: data/processed/slices/NAME.csv."
)
@spec_option
@click.option("--out", required=True, help="JSON of summaries and diagnostics to write.")
@click.option("--posterior", default=None, help="netCDF file of every draw to write; only from sampling.")
@click.option(
    "--engine",
    type=click.Choice(["pymc", "exact"]),
    default="pymc",
    show_default=True,
    help="Sampling, or quadrature of the model without moderators alone (a second, no PyMC).",
)
@click.option("--cores", default=1, show_default=True, type=click.IntRange(min=1), help="Chains run at once.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors and failed diagnostics.")
def command(
    slice_path: str, spec: str, out: str, posterior: str | None, engine: str, cores: int, quiet: bool
) -> None:
    """Sample the Bayesian models of one analysis (PyMC).

    Random-effects models of numbers and bounds, for each outcome: overall and, if the
    spec names moderators, with each alone and with both. Compiling takes some 15 s,
    a model less than 1 s. The same seed gives the same numbers, whatever --cores.
    """
    from mgmeta.bayes.spec import read_spec
    from mgmeta.pooling.slice_input import read_slice

    asked = read_spec(read_object(spec))
    records = read_slice(slice_path, tuple(asked.moderators.values()))

    from mgmeta.io import write_json

    if engine == "exact":
        from mgmeta.bayes.exact_analysis import exact_analysis

        write_json(out, exact_analysis(records, asked))
        return
    if posterior is None:
        raise click.UsageError("sampling needs --posterior, the file of its draws")

    from mgmeta.bayes import posterior_io, sampling

    models = len(asked.outcomes) * len(asked.models())
    with _progress(asked.analysis, models, quiet) as tell:
        found = sampling.sample_analysis(records, asked, cores=cores, tell=tell)
    posterior_io.write_posterior(posterior, found.posteriors)
    write_json(out, found.document)
    _say(found.document, quiet)


@contextmanager
def _progress(analysis: str, models: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on a terminal and nothing in a log."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        # One step for compiling; a step is done when the next one is told.
        bar = progress.add_task(f"{analysis}: loading PyMC", total=models + 1, completed=-1)

        def tell(text: str) -> None:
            progress.update(bar, description=f"{analysis}: {text}", advance=1)

        yield tell


def _say(document: dict[str, Any], quiet: bool) -> None:
    """Print one line a model; a failed model also on standard error, even if quiet."""
    for outcome, models in document["outcomes"].items():
        for name, model in models.items():
            if model is None:
                if not quiet:
                    click.echo(f"{outcome} {name}: not sampled: {models[f'{name}_reason']}")
                continue
            if isinstance(model, str):
                continue
            checks = model["diagnostics"]
            if not quiet:
                click.echo(f"{outcome} {name}: {_line(model)}")
            if not checks.ok:
                click.echo(
                    f"mgmeta: {outcome} {name}: FAILED DIAGNOSTICS: {'; '.join(checks.reasons)}", err=True
                )


def _line(model: dict[str, Any]) -> str:
    """Return a sampled model in one line."""
    mu, checks = model["mu"], model["diagnostics"]
    return (
        f"k {model['counts']['k']}, mu {mu.mean:.2f} ({mu.ci_low:.2f}, {mu.ci_high:.2f}), "
        f"tau {model['tau'].mean:.2f}; R-hat {checks.rhat_max:.4f}, ESS {checks.ess_bulk_min:.0f}, "
        f"{checks.divergences} divergences"
    )
