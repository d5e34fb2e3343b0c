"""What ``mgmeta bayes`` can add: a grid of priors, each trial left out, averaged models of bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from mgmeta.bayes.priors import Prior
    from mgmeta.bayes.rows import Rows

Json = dict[str, Any]
Command = Callable[..., None]

OPTIONS = (
    click.option("--prior-grid", is_flag=True, help="Also the posterior under 232 pairs of priors (exact)."),
    click.option(
        "--grid-scale",
        default=1.0,
        show_default=True,
        help="What one unit of that grid, made for mmHg, is in the unit of the effects.",
    ),
    click.option("--leave-one-out", is_flag=True, help="Also the posterior without each trial (exact)."),
    click.option(
        "--average",
        is_flag=True,
        help="Also 36 models of effect, heterogeneity and small-study bias (exact).",
    ),
    click.option(
        "--sd",
        default=1.0,
        show_default=True,
        help="SD of the outcome: puts the priors of --average, of standardised differences, into its unit.",
    ),
    click.option(
        "--direction",
        type=click.Choice(["negative", "positive"]),
        default="negative",
        show_default=True,
        help="Which way bias would push, for --average.",
    ),
)


def further_options(command: Command) -> Command:
    """Add the options of this module to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def further(
    rows: Rows,
    priors: tuple[Prior, Prior],
    level: float,
    *,
    grid_scale: float | None,
    leave_one_out: bool,
    sd: float | None,
    direction: str,
) -> Json:
    """Return what was asked for: prior_grid, left_out, averaging.

    Parameters
    ----------
    rows, priors, level
        Rows; priors of mu and tau; probability of intervals.
    grid_scale
        Scale of the grid of priors; None = not asked for.
    leave_one_out
        Whether each trial is left out.
    sd, direction
        SD of the outcome (None = no averaging) and which way bias would push.

    Raises
    ------
    FitError, ConfigError
        If a part cannot be computed on these rows, or an option is not usable.
    """
    found: Json = {}
    mu, tau = priors
    if grid_scale is not None:
        from mgmeta.bayes.sensitivity import prior_grid, prior_sensitivity
        from mgmeta.robustness.bayes_tables import grid_table

        found["prior_grid"] = grid_table(prior_sensitivity(rows, prior_grid(grid_scale), level=level))
    if leave_one_out:
        from mgmeta.bayes.loo import leave_one_out as without

        found["left_out"] = without(rows, mu=mu, tau=tau, level=level)
    if sd is not None:
        from mgmeta.robustness.averaging import averaging_table

        found["averaging"] = averaging_table(rows, sd, level, direction)
    return found


def show_further(console: Console, result: Json) -> None:
    """Print what was asked for as tables."""
    level = f"{100 * result['level']:g} %"
    for key, show in (("prior_grid", _show_grid), ("left_out", _show_left_out), ("averaging", _show_average)):
        if key in result:
            show(console, result[key], level)


def _interval(row: Json) -> str:
    return f"{_number(row['ci_low'])} to {_number(row['ci_high'])}"


def _show_grid(console: Console, grid: Json, level: str) -> None:
    from rich.table import Table

    table = Table("prior of mu", "prior of tau", "mean", level, "P(mu < 0)", title="Priors: the extremes")
    for name in ("lowest", "highest"):
        row = grid[name]
        below = _number(row["p_below_0"])
        table.add_row(row["mu"], row["tau"], _number(row["mean"]), _interval(row), below)
    console.print(table)
    console.print(
        f"{grid['pairs']} pairs of priors, {grid['improper']} improper; P(mu < 0) from "
        f"{_number(grid['p_below_0_min'])} to {_number(grid['p_below_0_max'])}"
    )


def _show_left_out(console: Console, found: Json, level: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("left out", "mean", "sd", level, "log predictive", "tail", title="Without each trial")
    for row in found["rows"]:
        cells = (_number(row["mean"]), _number(row["sd"]), _interval(row))
        table.add_row(escape(row["label"]), *cells, _number(row["log_predictive"]), _number(row["tail"]))
    console.print(table)
    console.print(f"elpd {_number(found['elpd'])} (se {_number(found['elpd_se'])})")


def _show_average(console: Console, found: Json, level: str) -> None:
    from rich.table import Table

    console.print(
        f"Averaged over {len(found['models'])} models: mean {_number(found['mean'])}, {level} "
        f"{_interval(found)}; " + ", ".join(f"{name} ~ {prior}" for name, prior in found["priors"].items())
    )
    table = Table("there is", "prior", "posterior", "Bayes factor", title="Components")
    for name, item in found["inclusion"].items():
        cells = (_number(item["prior"]), _number(item["posterior"]), _number(item["bf"]))
        table.add_row(name, *cells)
    console.print(table)
    models = Table("effect", "heterogeneity", "bias", "posterior", "mean", "sd", title="The likeliest models")
    for model in sorted(found["models"], key=lambda model: -model["posterior"])[:8]:
        marks = ("yes" if model[key] else "no" for key in ("effect", "heterogeneity"))
        numbers = (_number(model[key]) for key in ("posterior", "mean", "sd"))
        models.add_row(*marks, model["bias"], *numbers)
    console.print(models)


def _number(value: float | None) -> str:
    """Return four significant digits, ``-`` for what is not defined."""
    return "-" if value is None else f"{value:.4g}"
