"""Where the verbs look unless told otherwise: options that many of them share, each written once."""

from __future__ import annotations

import click

config_option = click.option(
    "--config",
    "config_path",
    default="config/config.yaml",
    show_default=True,
    help="The settings; they name the analyses.",
)
# Verbs that work on evidence follow the configuration; those that present results name the folder.
raw_of_config_option = click.option(
    "--raw", default=None, help="Folder of the raw tables (default: the one in the config)."
)
raw_option = click.option("--raw", default="data/raw", show_default=True, help="Folder of the raw tables.")
processed_option = click.option(
    "--processed", default="data/processed", show_default=True, help="Folder of decisions.csv and flow.csv."
)
fits_option = click.option(
    "--fits", default="results/fits", show_default=True, help="Folder of fits, one a named analysis."
)
bayes_option = click.option(
    "--bayes", default="results/bayes", show_default=True, help="Folder of Bayesian results."
)
headline_option = click.option(
    "--headline", default="results/headline.json", show_default=True, help="The headline."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


def part_of(text: str) -> tuple[int, int]:
    """Read ``I/N``: part I of N.

    Raises
    ------
    ConfigError
        If it is anything else.
    """
    from mgmeta.errors import ConfigError

    first, _, second = text.partition("/")
    if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise ConfigError(f"--part {text}: expected I/N with 1 <= I <= N, such as 2/8")
