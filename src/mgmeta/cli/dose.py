"""``mgmeta dose``: dose-response of any CSV of contrasts or arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.effect_options import format_option, naming, numbers, proportion
from mgmeta.errors import ConfigError

if TYPE_CHECKING:
    from mgmeta.dose.registry import CurveOptions
    from mgmeta.dose.rows import DoseRows

CURVES = ("linear", "quadratic", "rcs", "fp", "fp2", "loglinear", "emax", "sigmoid", "monotone")
COVARIANCES = ("pooled", "arms", "mixed", "smd", "hedges")
# The lists stand here so that --help and a mistyped option need no numpy; a test holds them to the engine's.


def _knots(_: click.Context, __: click.Parameter, value: str | None) -> int | tuple[float, ...] | None:
    """Take one whole number as a count of knots, several numbers as the knots."""
    if value is None:
        return None
    try:
        parts = [float(part) for part in value.replace(",", " ").split()]
    except ValueError:
        parts = []
    if not parts or (len(parts) == 1 and not parts[0].is_integer()):
        raise ConfigError(f"--knots {value!r}: a number of knots, or their doses separated by commas")
    return int(parts[0]) if len(parts) == 1 else tuple(parts)


@click.command(
    epilog="Examples: mgmeta dose trials.csv --sei se --dose mg_per_day --curve emax; "
    "mgmeta dose trials.csv --curve rcs --knots 200,365,600 --format json; "
    "mgmeta dose trials.csv --compare; "
    "mgmeta dose arms.csv --mean change --sd sd --n n --curve quadratic --stage two"
)
@click.argument("file", type=click.Path())
@click.option("--dose", default="dose", show_default=True, help="Column of doses.")
@click.option("--study", help="Column of labels; rows of one study share its control (default: study).")
@click.option("--yi", default="yi", show_default=True, help="Contrasts: column of effects.")
@click.option("--vi", help="Contrasts: column of variances (default: vi if there is one).")
@click.option("--sei", help="Contrasts: column of standard errors (default: sei if there is no vi).")
@click.option("--referent", metavar="COLUMN", help="Contrasts: dose of the referent arm (default: 0).")
@click.option(
    "--n-treated", metavar="COLUMN", help="Contrasts: people in the arm, for studies of several rows."
)
@click.option("--n-control", metavar="COLUMN", help="Contrasts: people in the shared referent arm.")
@click.option("--mean", metavar="COLUMN", help="Arms: column of means, or of differences; one row an arm.")
@click.option("--sd", default="sd", show_default=True, help="Arms: column of SDs.")
@click.option("--n", default="n", show_default=True, help="Arms: column of people.")
@click.option(
    "--covariance",
    type=click.Choice(COVARIANCES),
    default="pooled",
    show_default=True,
    help="Arms: one SD a study; each arm's own; mixed = dosresmeta's md; standardised differences.",
)
@click.option("--curve", type=click.Choice(CURVES), default="linear", show_default=True, help="Curve.")
@click.option("--compare", is_flag=True, help="Fit every curve and list them by AIC.")
@click.option("--knots", metavar="K", callback=_knots, help="rcs, monotone: number of knots, or their doses.")
@click.option("--powers", metavar="P[,P]", callback=numbers, help="fp, fp2: powers (default: the best).")
@click.option("--shift", type=float, help="fp, fp2: added to the dose (default: the smallest dose).")
@click.option("--offset", type=float, help="loglinear: c of log(1 + d/c) (default: the median dose).")
@click.option(
    "--stage", type=click.Choice(["one", "two"]), default="one", show_default=True, help="Stages of the fit."
)
@click.option(
    "--heterogeneity",
    type=click.Choice(["additive", "slopes"]),
    help="tau2 on every effect (default of one stage), or coefficients that vary between studies.",
)
@click.option(
    "--method", type=click.Choice(["ML", "REML", "FE"]), help="Default: ML; REML with slopes. Bounds need ML."
)
@click.option(
    "--psi", type=click.Choice(["unstructured", "diagonal"]), default="unstructured", help="Of slopes."
)
@click.option(
    "--test", type=click.Choice(["t", "z", "knha", "kr"]), help="Default: t; knha for additive REML."
)
@click.option("--grid", metavar="D[,D...]", callback=numbers, help="Doses to predict at (default: 21).")
@click.option("--per", type=float, default=100.0, show_default=True, help="Slopes per this much more dose.")
@click.option("--keep-unbounded", is_flag=True, help="emax, sigmoid: fit on where no plateau shows.")
@click.option(
    "--level",
    type=float,
    default=95,
    show_default=True,
    callback=proportion,
    help="Level of intervals, percent.",
)
@format_option
def command(file: str, format_: str, compare: bool, **given: Any) -> None:
    """Fit a dose-response curve through zero dose = zero effect to FILE.csv.

    One row a contrast: effect (yi), variance (vi) or standard error (sei) and dose;
    blank effects may hold a bound in yi_low, yi_high (blank = open). Or, with
    --mean, one row an arm: study, dose, mean, sd, n with one referent arm a study.
    """
    from mgmeta.dose.registry import CurveOptions
    from mgmeta.dose.table import Columns, read_rows

    columns = Columns(
        reference=given["referent"],
        **{key: given[key] for key in ("dose", "study", "yi", "vi", "sei", "n_treated", "n_control")},
        **{key: given[key] for key in ("mean", "sd", "n")},
    )
    options = CurveOptions(**{key: given[key] for key in ("knots", "powers", "shift", "offset")})
    with naming(file):
        rows = read_rows(file, columns, convention=given["covariance"])
        result = _compare(rows, options, given) if compare else _one(rows, options, given)
    if format_ == "json":
        from mgmeta.io import dumps

        click.echo(dumps(result), nl=False)
        return
    from mgmeta.cli.dose_table import show, show_comparison

    (show_comparison if compare else show)(file, result)


def _one(rows: DoseRows, options: CurveOptions, given: dict[str, Any]) -> dict[str, Any]:
    from mgmeta.dose.answer import answer
    from mgmeta.dose.fit import fit_dose

    fit = fit_dose(
        rows,
        given["curve"],
        level=given["level"],
        stage=2 if given["stage"] == "two" else 1,
        options=options,
        unbounded="keep" if given["keep_unbounded"] else "refuse",
        **{key: given[key] for key in ("heterogeneity", "method", "psi", "test", "grid", "per")},
    )
    return answer(fit)


def _compare(rows: DoseRows, options: CurveOptions, given: dict[str, Any]) -> dict[str, Any]:
    from mgmeta.dose.compare import compare_curves

    unbounded = "keep" if given["keep_unbounded"] else "refuse"
    return compare_curves(rows, options, level=given["level"], unbounded=unbounded)
