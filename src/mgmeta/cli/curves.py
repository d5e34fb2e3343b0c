"""``mgmeta curves``: dose and duration curves of one analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.spec import read_object, spec_option

if TYPE_CHECKING:
    from mgmeta.dose.axes import AxisKind

NEEDED = ("analysis", "title", "outcomes", "level")


@click.command(
    "curves",
    epilog="\b\nExamples:\n"
    "  mgmeta curves --slice data/processed/slices/update.csv --spec @spec.json \\\n"
    "    --out results/dose/update.json\n"
    "  mgmeta curves --slice data/processed/slices/update.csv --spec @spec.json --engine both \\\n"
    "    --only dose --out curves_of_both_engines.json\n\n"
    "The workflow passes the spec; `snakemake -p` shows it.",
)
@click.option("--slice", "slice_path", required=True, help="The rows to fit: data/processed/slices/NAME.csv.")
@spec_option
@click.option("--only", type=click.Choice(["dose", "duration"]), help="One axis only.  [default: both]")
@click.option(
    "--engine",
    type=click.Choice(["exact", "both"]),
    default="exact",
    show_default=True,
    help="Of the Bayesian curves; both: PyMC too, side by side.",
)
@click.option("--out", required=True, help="JSON file to write.")
def command(slice_path: str, spec: str, only: str | None, engine: str, out: str) -> None:
    """Fit every dose and duration curve of one analysis, and the surface of both.

    Numbers and bounds together, maximum likelihood, all curves through zero dose (or
    week 0) = zero effect; what the trials cannot support is listed with the reason. With
    `bayes` in the spec also exact posteriors, averaged and stacked over curves; with
    --engine both every curve without discrete powers is sampled by PyMC as well (compiled once,
    a minute), and means, SDs, leave-one-out and stacking weights of both are written to `engines`.
    For curves of any other CSV: `mgmeta dose`.
    """
    from mgmeta.dose.axes import AXES
    from mgmeta.dose.study import study_axis
    from mgmeta.dose.surface import study_surface
    from mgmeta.io import write_json
    from mgmeta.pooling.slice_input import read_slice

    asked = read_object(spec, NEEDED)
    rows = read_slice(slice_path)
    outcomes = {}
    for outcome in asked["outcomes"]:
        here = [row for row in rows if row["outcome"] == outcome]
        axes = [kind for name, kind in AXES.items() if only in (None, name)]
        outcomes[outcome] = {kind.name: study_axis(here, kind, level=asked["level"]) for kind in axes}
        if asked.get("bayes"):
            for kind in axes:
                outcomes[outcome][kind.name]["bayes"] = _bayes(here, kind, asked)
                if engine == "both":
                    outcomes[outcome][kind.name]["engines"] = _engines(here, kind, asked, outcome)
        if only is None:
            outcomes[outcome]["surface"] = study_surface(here, level=asked["level"])
    head = {key: asked[key] for key in ("analysis", "title", "level")}
    write_json(out, {**head, "outcomes": outcomes})


def _bayes(rows: Sequence[Mapping[str, Any]], kind: AxisKind, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Bayesian curves of one outcome, or the reason why there are none."""
    from mgmeta.bayes.curve_study import study_curves
    from mgmeta.bayes.priors import parse_mu, parse_tau
    from mgmeta.dose.axes import axis_grid, axis_rows, used_rows

    used = used_rows(rows, kind)
    if len(used) < 2:
        return {"reason": f"{len(used)} trials whose {kind.name} is known"}
    points = axis_rows(used, kind)
    return study_curves(
        points,
        [float(at) for at in axis_grid(kind, points.dose)],
        mu=parse_mu(asked["bayes"]["prior_mu"]),
        tau=parse_tau(asked["bayes"]["prior_tau"]),
        level=asked["level"],
        per=kind.per,
    )


def _engines(
    rows: Sequence[Mapping[str, Any]], kind: AxisKind, asked: Mapping[str, Any], outcome: str
) -> dict[str, Any]:
    """Return the curves of one outcome by both engines at the quartiles and end of the axis, or why not."""
    import numpy as np

    from mgmeta.bayes.curve_sampled import both_engines, settings
    from mgmeta.bayes.priors import parse_mu, parse_tau
    from mgmeta.dose.axes import axis_rows, used_rows

    used = used_rows(rows, kind)
    if len(used) < 2:
        return {"reason": f"{len(used)} trials whose {kind.name} is known"}
    points = axis_rows(used, kind)
    return both_engines(
        points,
        [float(at) for at in np.unique(np.percentile(points.dose, [25.0, 50.0, 75.0, 100.0]))],
        mu=parse_mu(asked["bayes"]["prior_mu"]),
        tau=parse_tau(asked["bayes"]["prior_tau"]),
        level=asked["level"],
        sampler=settings(asked["bayes"], asked["seed"]),
        name=f"{asked['analysis']}_{outcome}_{kind.name}",
    )
