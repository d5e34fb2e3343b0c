"""What every verb on a CSV of effects shares: its options, its errors, its answer."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from mgmeta.errors import ConfigError, DataError, FitError, MgmetaError

# The lists stand here so that --help and a mistyped option need no numpy; a test holds them to the engine's.
METHODS = ("FE", "EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
TESTS = ("z", "t", "knha", "adhoc", "kr")

format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed.",
)


def proportion(_: click.Context, __: click.Parameter, value: float) -> float:
    """Take 95 as 95 % and 0.95 as the same.

    Raises
    ------
    ConfigError
        If it is no proportion.
    """
    level = value / 100.0 if value >= 1.0 else value
    if not 0.0 < level < 1.0:
        raise ConfigError(f"--level {value:g} is not between 0 and 100; write 95 for 95 %")
    return level


def numbers(_: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Read numbers separated by commas or blanks.

    Raises
    ------
    ConfigError
        If one of them is no number.
    """
    if value is None:
        return None
    try:
        return tuple(float(part) for part in value.replace(",", " ").split())
    except ValueError:
        raise ConfigError(f"--{parameter.name} {value!r}: numbers separated by commas are needed") from None


def column_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add FILE and the options that name its columns to a command."""
    options = [
        click.argument("file", type=click.Path()),
        click.option("--yi", default="yi", show_default=True, help="Column of effects."),
        click.option("--vi", help="Column of sampling variances (default: vi if there is one)."),
        click.option("--sei", help="Column of standard errors (default: sei if there is no vi)."),
        click.option("--study", help="Column of labels (default: study if there is one)."),
    ]
    return _with(function, options)


def effect_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add FILE, the columns, method, test, level and format to a command."""
    options = [
        click.option(
            "--method",
            type=click.Choice(METHODS),
            default="REML",
            show_default=True,
            help="Estimator of tau2.",
        ),
        click.option(
            "--test",
            type=click.Choice([test for test in TESTS if test != "kr"]),
            default="z",
            show_default=True,
            help="Test and interval.",
        ),
        click.option(
            "--level",
            type=float,
            default=95,
            show_default=True,
            callback=proportion,
            help="Level of intervals, percent.",
        ),
        click.option(
            "--numbers-only", is_flag=True, help="Leave bounds out (labelled as confounded by silence)."
        ),
        format_option,
    ]
    return column_options(_with(function, options))


def _with(function: Callable[..., Any], options: list[Callable[..., Any]]) -> Callable[..., Any]:
    """Decorate a command with options, the first on top."""
    for option in reversed(options):
        function = option(function)
    return function


@contextmanager
def naming(file: str) -> Iterator[None]:
    """Put the file's name before what is wrong with it, unless it or an option is named already.

    Raises
    ------
    MgmetaError
        The error itself, of its own kind.
    """
    try:
        yield
    except MgmetaError as error:
        text = str(error)
        if file in text or text.startswith("--"):
            raise
        kind = next(
            kind for kind in (FitError, ConfigError, DataError, MgmetaError) if isinstance(error, kind)
        )
        raise kind(f"{file}: {text}") from error


def tell(file: str, result: Any, format_: str, table: str) -> None:
    """Print an answer as JSON, or as the table of ``mgmeta.cli.<table>``."""
    if format_ == "json":
        from mgmeta.io import dumps

        click.echo(dumps(result), nl=False)
    else:
        importlib.import_module(f"mgmeta.cli.{table}").show(file, result)
