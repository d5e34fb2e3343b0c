"""``mgmeta bias``: small-study effects and selection in any CSV of effects."""

from __future__ import annotations

import click

from mgmeta.cli.effect_options import effect_options, naming, numbers, tell

KINDS = (
    *("egger", "begg", "trimfill", "pet", "peese", "pet-peese", "selection", "limit", "copas"),
    *("puniform", "failsafe", "waap", "excess", "funnel"),
)
CURVES = ("steps", "halfnorm", "negexp", "logistic", "power", "beta")
PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
# The lists stand here so that --help and a mistyped option need no numpy; a test holds them to the engine's.


@click.command(
    epilog="Examples: mgmeta bias trials.csv --what egger; "
    "mgmeta bias trials.csv --what egger --model rma --method REML --test knha; "
    "mgmeta bias trials.csv --what selection --steps 0.025,0.5 --alternative less --format json; "
    "mgmeta bias trials.csv --what trimfill --estimator R0"
)
@effect_options
@click.option("--what", type=click.Choice(KINDS), required=True, help="Which method.")
@click.option(
    "--model",
    type=click.Choice(["lm", "rma"]),
    default="lm",
    show_default=True,
    help="egger, pet, peese: weighted least squares, or a random-effects line (--method, --test).",
)
@click.option(
    "--predictor",
    type=click.Choice(PREDICTORS),
    default="sei",
    show_default=True,
    help="egger: measure of size.",
)
@click.option("--ni", metavar="COLUMN", help="egger: total sample sizes, for predictors built on them.")
@click.option(
    "--estimator",
    type=click.Choice(["L0", "R0", "Q0"]),
    default="L0",
    show_default=True,
    help="trimfill: of the number missing.",
)
@click.option(
    "--side",
    type=click.Choice(["auto", "left", "right"]),
    default="auto",
    show_default=True,
    help="trimfill: where studies are missing; puniform: the sign selected for.",
)
@click.option(
    "--curve",
    type=click.Choice(CURVES),
    default="steps",
    show_default=True,
    help="selection: shape of the weight function (the smooth ones need numbers).",
)
@click.option(
    "--steps",
    default="0.025",
    show_default=True,
    callback=numbers,
    help="selection: cut points of P, as in 0.025,0.5.",
)
@click.option(
    "--alternative",
    type=click.Choice(["auto", "less", "greater", "two.sided"]),
    default="auto",
    show_default=True,
    help="selection: the P value selection looks at, auto = the side of the mean; excess: of the tests.",
)
@click.option(
    "--weights", metavar="W,W,...", callback=numbers, help="selection: fixed weights (default: estimated)."
)
@click.option("--target", type=float, help="failsafe: mean to fall to (Orwin; default half the mean).")
def command(
    file: str,
    yi: str,
    vi: str | None,
    sei: str | None,
    study: str | None,
    method: str,
    test: str,
    level: float,
    numbers_only: bool,
    format_: str,
    what: str,
    model: str,
    predictor: str,
    ni: str | None,
    estimator: str,
    side: str,
    curve: str,
    steps: tuple[float, ...],
    alternative: str,
    weights: tuple[float, ...] | None,
    target: float | None,
) -> None:
    """Look for small-study effects and selection in FILE.csv.

    egger, pet, peese, pet-peese and selection use numbers and bounds together (blank yi with
    yi_low, yi_high). The others need numbers: bounds are left out, and the result is then
    confounded by silence, which the notes say.
    """
    from mgmeta.pooling.bias_answer import BiasOptions, bias
    from mgmeta.pooling.table_input import read_effects

    options = BiasOptions(
        what=what,
        method=method,
        test=test,
        level=level,
        numbers_only=numbers_only,
        model=model,
        predictor=predictor,
        ni=ni,
        estimator=estimator,
        side=side,
        curve=curve,
        steps=steps,
        alternative=alternative,
        weights=weights,
        target=target,
    )
    effects = read_effects(file, yi=yi, vi=vi, sei=sei, study=study)
    with naming(file):
        result = bias(effects, options)
    tell(file, result, format_, "bias_table")
