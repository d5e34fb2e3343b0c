"""``mgmeta pool``: meta-analyse any CSV of effects."""

from __future__ import annotations

import click

from mgmeta.cli.effect_options import METHODS, TESTS, column_options, format_option, naming, proportion, tell

INTERVALS = ("default", "z", "t", "hts", "hk", "hk-pr", "kr", "kr-pr", "bootstrap")
# The list stands here so that --help and a mistyped option need no numpy; a test holds it to the engine's.


@click.command(
    epilog="Examples: mgmeta pool trials.csv --sei se --test knha; "
    "mgmeta pool trials.csv --mods 'dose + hypertension' --format json; "
    "mgmeta pool trials.csv --subgroup setting --separate-tau2"
)
@column_options
@click.option(
    "--method", type=click.Choice(METHODS), default="REML", show_default=True, help="Estimator of tau2."
)
@click.option("--test", type=click.Choice(TESTS), default="z", show_default=True, help="Test and interval.")
@click.option("--mods", metavar="FORMULA", help="Moderators, as in 'dose + hypertension'.")
@click.option("--strict", is_flag=True, help="Refuse rows that lack a moderator instead of listing them.")
@click.option("--subgroup", metavar="COLUMN", help="Pool within each value of a column and compare.")
@click.option("--separate-tau2", is_flag=True, help="One tau2 for each subgroup (default: one for all).")
@click.option("--predict", metavar="NEW.csv", help="Moderators of new trials; predicts their effects.")
@click.option(
    "--level",
    type=float,
    default=95,
    show_default=True,
    callback=proportion,
    help="Level of intervals, percent.",
)
@click.option(
    "--pi",
    type=click.Choice(INTERVALS),
    default="default",
    show_default=True,
    help="Prediction interval: "
    "default = quantile of the test; hts = Higgins-Thompson-Spiegelhalter, t(k-2); hk = Hartung-Knapp.",
)
@click.option(
    "--tau2-ci",
    type=click.Choice(["q_profile", "profile"]),
    default="q_profile",
    show_default=True,
    help="Interval of tau2: Q-profile or profile likelihood (ML, REML).",
)
@click.option(
    "--permute", is_flag=True, help="Permutation test: exact up to 100,000 permutations, else random."
)
@click.option(
    "--draws",
    type=click.IntRange(100),
    default=10_000,
    show_default=True,
    help="Random permutations, and draws of --pi bootstrap.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=20160324, show_default=True, help="Of the random numbers."
)
@format_option
def command(
    file: str,
    yi: str,
    vi: str | None,
    sei: str | None,
    study: str | None,
    method: str,
    test: str,
    mods: str | None,
    strict: bool,
    subgroup: str | None,
    separate_tau2: bool,
    predict: str | None,
    level: float,
    pi: str,
    tau2_ci: str,
    permute: bool,
    draws: int,
    seed: int,
    format_: str,
) -> None:
    """Meta-analyse the effects in FILE.csv.

    One row a trial: an effect (yi) with its variance (vi) or standard error (sei).
    Rows whose yi is blank may hold a bound instead: yi_low, yi_high (blank = open)
    with their standard error.
    """
    from mgmeta.pooling.answer import Options, answer
    from mgmeta.pooling.table_input import read_effects, read_table

    options = Options(
        method=method,
        test=test,
        level=level,
        pi=pi,
        tau2_interval=tau2_ci,
        mods=mods,
        strict=strict,
        subgroup=subgroup,
        separate_tau2=separate_tau2,
        predict=None if predict is None else read_table(predict),
        permute=permute,
        draws=draws,
        seed=seed,
    )
    effects = read_effects(file, yi=yi, vi=vi, sei=sei, study=study)
    with naming(file):
        result = answer(effects, options)
    tell(file, result, format_, "pool_table")
