"""``mgmeta model``: one family of hierarchical models on the main analyses, by PyMC."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.places import config_option, raw_of_config_option

if TYPE_CHECKING:
    from mgmeta.bayes.kept import Part
    from mgmeta.config import Config


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
@click.option(
    "--excerpts", default=None, help="Folder of the raw tables of each analysis, in place of --raw."
)
@click.option("--kept", default=None, help="Folder of results kept between runs; safe to delete.")
@click.option("--out", default="-", show_default=True, help="JSON of summaries and diagnostics to write.")
@click.option("--posterior", default=None, help="netCDF file of every draw to write.")
@click.option("--cores", default=1, show_default=True, type=click.IntRange(min=1), help="Chains run at once.")
@click.option("--quiet", is_flag=True, help="Print nothing but failed diagnostics.")
def command(
    family: str,
    config_path: str,
    raw: str | None,
    analysis: tuple[str, ...],
    excerpts: str | None,
    kept: str | None,
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
    With --kept an analysis is not sampled again whose tables, settings and code are the same,
    byte for byte.
    """
    from mgmeta.bayes import posterior_io
    from mgmeta.bayes.families import run_family
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import dumps, jsonable, write_json

    config = load_config(config_path)
    names = analysis or tuple(name for name, item in config.analyses.items() if item.bayes)
    folders = {name: Path(excerpts) / name if excerpts else Path(raw or config.raw) for name in names}
    loaded = {folder: load_evidence(folder) for folder in dict.fromkeys(folders.values())}
    evidence = {name: loaded[folder] for name, folder in folders.items()}
    store = Store(Path(kept) / family, _digests(family, config, folders)) if kept else None
    terminal = sys.stderr.isatty() and not quiet

    def tell(text: str) -> None:
        if terminal:
            click.echo(f"{family}: {text}", err=True)

    known = store.read() if store else {}
    document, parts = run_family(family, evidence, config, names, kept=known, cores=cores, tell=tell)
    if store:
        store.write({name: part for name, part in parts.items() if name not in known})
    if posterior is not None:
        draws = {model: (None, item) for part in parts.values() for model, item in part.draws.items()}
        posterior_io.write_posterior(posterior, draws)
    if out == "-":
        click.echo(dumps(document), nl=False)
    else:
        write_json(out, document)
    for name, part in jsonable(document["analyses"]).items():
        for outcome, found in part.items():
            _say(f"{name} {outcome}", found, quiet or out == "-")


def _digests(family: str, config: Config, folders: Mapping[str, Path]) -> dict[str, str]:
    """Return the digest of every analysis that is known to the configuration."""
    import mgmeta
    from mgmeta.bayes.kept import digest
    from mgmeta.evidence.load import TABLES
    from mgmeta.modules import sources

    files = [table.file for table in TABLES.values()]
    code = [path.read_bytes() for path in sources(Path(mgmeta.__file__).parents[1], __name__)]
    return {
        name: digest(
            family,
            config,
            config.analyses[name],
            {file: (folder / file).read_bytes() for file in files},
            code,
        )
        for name, folder in folders.items()
        if name in config.analyses
    }


@dataclass(frozen=True)
class Store:
    """The folder of kept parts of one family, one file an analysis, named by its digest."""

    folder: Path
    digests: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return the file of one analysis."""
        return self.folder / f"{name}.{self.digests[name]}.npz"

    def read(self) -> dict[str, Part]:
        """Return the parts that are kept and whole, by analysis."""
        from mgmeta.bayes.kept import unpacked

        there = {name: self.path(name) for name in self.digests if self.path(name).is_file()}
        found = {name: unpacked(path.read_bytes()) for name, path in there.items()}
        return {name: part for name, part in found.items() if part is not None}

    def write(self, parts: Mapping[str, Part]) -> None:
        """Keep parts in place of those of the same analyses that were kept before."""
        from mgmeta.bayes.kept import packed
        from mgmeta.io import write_bytes

        for name, part in parts.items():
            for old in self.folder.glob(f"{name}.*.npz"):
                old.unlink()
            write_bytes(self.path(name), packed(part))


def _say(name: str, found: dict[str, Any], quiet: bool) -> None:
    """Print one line a model; a flag or a failure also on standard error, even if quiet."""
    checks = found["diagnostics"]
    if not quiet:
        mu = found["mu"]
        click.echo(f"{name}: mu {mu['mean']:.2f} ({mu['ci_low']:.2f}, {mu['ci_high']:.2f})")
    if checks["reasons"]:
        word = "flagged" if checks["ok"] else "FAILED DIAGNOSTICS"
        click.echo(f"mgmeta: {name}: {word}: {'; '.join(checks['reasons'])}", err=True)
