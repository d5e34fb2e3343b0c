"""``mgmeta bayes``: the Bayesian meta-analysis of any CSV of effects."""

from __future__ import annotations

from typing import Any

import click

from mgmeta.cli.bayes_further import further, further_options, show_further
from mgmeta.cli.effect_options import format_option, naming, proportion


@click.command(
    "bayes",
    epilog="\b\nExamples:\n"
    "  mgmeta bayes trials.csv --sei se\n"
    "  mgmeta bayes trials.csv --prior-tau halfcauchy:2 --format json\n"
    "  mgmeta bayes trials.csv --prior-mu flat --prior-tau flat\n"
    "  mgmeta bayes trials.csv --sei se --prior-grid --leave-one-out\n"
    "  mgmeta bayes trials.csv --sei se --average --sd 16 --direction negative\n"
    "  mgmeta bayes trials.csv --engine pymc --cores 2",
)
@click.argument("file", type=click.Path())
@click.option("--yi", default="yi", show_default=True, help="Column of effects.")
@click.option("--vi", help="Column of sampling variances (default: vi if there is one).")
@click.option("--sei", help="Column of standard errors (default: sei if there is no vi).")
@click.option("--study", help="Column of labels (default: study if there is one).")
@click.option("--prior-mu", default="normal:0,10", show_default=True, help="Prior of the mean effect.")
@click.option("--prior-tau", default="halfnormal:5", show_default=True, help="Prior of the between-trial SD.")
@click.option(
    "--engine",
    type=click.Choice(["exact", "pymc"]),
    default="exact",
    show_default=True,
    help="Quadrature, or sampling (compiles for some 15 s).",
)
@click.option(
    "--level",
    type=float,
    default=95,
    show_default=True,
    callback=proportion,
    help="Level of intervals, percent.",
)
@further_options
@click.option(
    "--draws", default=2000, show_default=True, type=click.IntRange(100), help="PyMC: draws a chain."
)
@click.option(
    "--tune", default=1000, show_default=True, type=click.IntRange(100), help="PyMC: warm-up draws."
)
@click.option("--chains", default=4, show_default=True, type=click.IntRange(2), help="PyMC: chains.")
@click.option(
    "--cores", default=1, show_default=True, type=click.IntRange(1), help="PyMC: chains run at once."
)
@click.option("--target-accept", default=0.95, show_default=True, help="PyMC: acceptance NUTS adapts to.")
@click.option("--seed", default=20160324, show_default=True, type=click.IntRange(0), help="PyMC: seed.")
@format_option
def command(
    file: str,
    yi: str,
    vi: str | None,
    sei: str | None,
    study: str | None,
    prior_mu: str,
    prior_tau: str,
    engine: str,
    level: float,
    prior_grid: bool,
    grid_scale: float,
    leave_one_out: bool,
    average: bool,
    sd: float,
    direction: str,
    draws: int,
    tune: int,
    chains: int,
    cores: int,
    target_accept: float,
    seed: int,
    format_: str,
) -> None:
    """Compute the posterior of a random-effects meta-analysis of FILE.csv.

    One row a trial: an effect (yi) with its variance (vi) or standard error (sei). Rows whose
    yi is blank may hold a bound instead: yi_low, yi_high (blank = open) with their standard error.

    \b
    Priors of the mean:  normal:MEAN,SD  t:MEAN,SCALE,DF  cauchy:MEAN,SCALE  flat
    Priors of tau:       halfnormal:SCALE  halfcauchy:SCALE  halft:SCALE,DF  uniform:UPPER
                         exponential:MEAN  lognormal:MEANLOG,SDLOG  invgamma:SHAPE,SCALE
                         lognormal_var:MEANLOG,SDLOG  logt_var:MEANLOG,SCALELOG,DF  (of tau2)
                         dumouchel  shrinkage  i2  conventional  (from the variances)
                         flat  sqrt  jeffreys  berger_deely  (improper)
    """
    import numpy as np

    from mgmeta.bayes.priors import parse_mu, parse_tau
    from mgmeta.bayes.rows import make_rows
    from mgmeta.pooling.table_input import read_effects

    mu, tau = parse_mu(prior_mu), parse_tau(prior_tau)
    table = read_effects(file, yi=yi, vi=vi, sei=sei, study=study)
    with naming(file):
        rows = make_rows(table.y, np.sqrt(table.v), table.low, table.high, labels=table.names)
        if engine == "exact":
            from mgmeta.bayes.answer import exact_answer

            result: dict[str, Any] = exact_answer(rows, mu, tau, level=level)
        else:
            from mgmeta.bayes.answer_pymc import pymc_answer
            from mgmeta.bayes.spec import SamplerSettings

            sampler = SamplerSettings(draws, tune, chains, target_accept, seed)
            result = pymc_answer(rows, mu, tau, level=level, sampler=sampler, cores=cores)
        result |= further(
            rows,
            (mu, tau),
            level,
            grid_scale=grid_scale if prior_grid else None,
            leave_one_out=leave_one_out,
            sd=sd if average else None,
            direction=direction,
        )
    from mgmeta.io import dumps, jsonable

    if format_ == "json":
        click.echo(dumps(result), nl=False)
    else:
        _show(file, jsonable(result))


def _show(file: str, result: dict[str, Any]) -> None:
    """Print the answer as tables."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    level = f"{100 * result['level']:g} %"
    priors = result["priors"]
    console.print(
        f"[bold]{escape(file)}[/bold]: k = {result['k']} ({result['k_numeric']} numbers, "
        f"{result['k_bounds']} bounds), engine {result['engine']}, mu ~ {priors['mu']}, tau ~ {priors['tau']}"
    )
    table = Table("", "mean", "sd", "median", level)
    for name, label in (("mu", "mean effect"), ("tau", "tau"), ("predictive", "new trial")):
        table.add_row(label, *_cells(result[name]))
    console.print(table)
    below = ", ".join(f"P(mu < {t}) = {_number(p)}" for t, p in result["p_below"].items())
    console.print(below)
    if result["log_marginal"] is not None:
        console.print(
            f"log marginal likelihood {_number(result['log_marginal'])}, "
            f"Bayes factor of an effect {_number(result['bf10'])}, "
            f"of heterogeneity {_number(result['bf_heterogeneity'])}"
        )
    trials = Table("trial", "says", "mean", "sd", "median", level)
    for row in result["shrinkage"]:
        trials.add_row(escape(row["study"]), _says(row), *_cells(row))
    console.print(trials)
    show_further(console, result)
    for note in result["warnings"]:
        console.print(f"[yellow]note:[/yellow] {escape(note)}")


def _says(row: dict[str, Any]) -> str:
    if row["kind"] == "estimate":
        return f"{_number(row['yi'])} (se {_number(row['sei'])})"
    if row["yi_low"] is None:
        return f"below {_number(row['yi_high'])}"
    if row["yi_high"] is None:
        return f"above {_number(row['yi_low'])}"
    return f"{_number(row['yi_low'])} to {_number(row['yi_high'])}"


def _cells(summary: dict[str, Any]) -> list[str]:
    numbers = [_number(summary[key]) for key in ("mean", "sd", "median")]
    return [*numbers, f"{_number(summary['ci_low'])} to {_number(summary['ci_high'])}"]


def _number(value: float | None) -> str:
    """Return four significant digits, ``-`` for what is not defined."""
    return "-" if value is None else f"{value:.4g}"
