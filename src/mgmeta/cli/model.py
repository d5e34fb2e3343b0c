"""``mgmeta model``: one family of hierarchical models on the main analyses, by PyMC."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mgmeta.cli.places import config_option, raw_of_config_option


@click.command(
    "model",
    epilog="\b\nExamples:\n  mgmeta model sd_unknown\n"
    "  mgmeta model sd_unknown --analysis update --out results/models/sd_unknown.json",
)
@click.argument("family")
@config_option
@raw_of_config_option
@click.option(
    "--analysis", multiple=True, help="Named analysis, repeatable (default: all with `bayes: true`)."
)
@click.option("--out", default="-", show_default=True, help="JSON of summaries and diagnostics to write.")
@click.option("--posterior", default=None, help="netCDF file of every draw to write.")
@click.option("--cores", default=1, show_default=True, type=click.IntRange(min=1), help="Chains run at once.")
@click.option("--quiet", is_flag=True, help="Print nothing but failed diagnostics.")
def command(
    family: str,
    config_path: str,
    raw: str | None,
    analysis: tuple[str, ...],
    out: str,
    posterior: str | None,
    cores: int,
    quiet: bool,
) -> None:
    """Sample one family of hierarchical models.

    sd_unknown: the standard deviations that trials do not print are unknown. student_t,
    mixture: random effects that outlying trials pull on less. bivariate: SBP and DBP
    together. baseline_risk: effect on blood pressure at entry, whose error is undone, and
    on hypertension and magnesium deficiency. horseshoe: all moderators at once, shrunk. A
    family is compiled once (20 to 80 s; kept in ~/.cache/mgmeta or $MGMETA_CACHE for the next
    time) and run on every analysis. The same seed gives the same numbers, whatever --cores.
    """
    from mgmeta.bayes import posterior_io
    from mgmeta.bayes.families import run_family
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import dumps, write_json

    config = load_config(config_path)
    evidence = load_evidence(Path(raw or config.raw))
    names = analysis or tuple(name for name, item in config.analyses.items() if item.bayes)
    terminal = sys.stderr.isatty() and not quiet

    def tell(text: str) -> None:
        if terminal:
            click.echo(f"{family}: {text}", err=True)

    document, draws = run_family(family, evidence, config, names, cores=cores, tell=tell)
    if posterior is not None:
        posterior_io.write_posterior(posterior, {name: (None, item) for name, item in draws.items()})
    if out == "-":
        click.echo(dumps(document), nl=False)
    else:
        write_json(out, document)
    for name, part in document["analyses"].items():
        for outcome, found in part.items():
            _say(f"{name} {outcome}", found, quiet or out == "-")


def _say(name: str, found: dict[str, object], quiet: bool) -> None:
    """Print one line a model; a flag or a failure also on standard error, even if quiet."""
    checks = found["diagnostics"]
    reasons = "; ".join(checks.reasons)  # type: ignore[attr-defined]
    if not quiet:
        mu = found["mu"]
        click.echo(f"{name}: mu {mu.mean:.2f} ({mu.ci_low:.2f}, {mu.ci_high:.2f})")  # type: ignore[attr-defined]
    if reasons:
        word = "flagged" if checks.ok else "FAILED DIAGNOSTICS"  # type: ignore[attr-defined]
        click.echo(f"mgmeta: {name}: {word}: {reasons}", err=True)
