"""Reading the results of a run for the verbs that present them."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgmeta.errors import DataError

if TYPE_CHECKING:
    from mgmeta.config import Config
    from mgmeta.figures.results import Draws, Results

Folder = str | os.PathLike[str]


def read_results(
    config: Config,
    fits: Folder,
    bayes: Folder,
    headline: Folder | None = None,
    raw: Folder | None = None,
    posteriors: Folder | None = None,
    silence: Folder | None = None,
    missing: Folder | None = None,
    simulation: Folder | None = None,
    reproduction: Folder | None = None,
    dose: Folder | None = None,
    dose_simulation: Folder | None = None,
    robustness: Folder | None = None,
    moderators: Folder | None = None,
    models: Folder | None = None,
) -> Results:
    """Read fits and Bayesian results; where a path is given also what lies there.

    Raises
    ------
    DataError
        If a file is missing: a fit of every named analysis; a sample, and the results on silence and on
        robustness where asked, of each that asks for Bayesian models.
    """
    from mgmeta import io
    from mgmeta.evidence.load import load_evidence
    from mgmeta.figures.results import Results

    sampled: list[str] = [name for name, analysis in config.analyses.items() if analysis.bayes]
    samples = {name: io.read_json(Path(bayes) / f"{name}.json") for name in sampled}
    return Results(
        fits={name: io.read_json(Path(fits) / f"{name}.json") for name in config.analyses},
        bayes=samples,
        headline=io.read_json(headline) if headline is not None else {},
        intakes=load_evidence(Path(raw)).intakes if raw is not None else (),
        draws=_draws(Path(posteriors), samples) if posteriors is not None else {},
        silence=_each(silence, sampled),
        robustness=_each(robustness, sampled),
        models=read_models(models) if models is not None else {},
        missing=io.read_json(missing) if missing is not None else {},
        simulation=tuple(csv_rows(Path(simulation))) if simulation is not None else (),
        moderators=_each(moderators, moderated(config)),
        reproduction=_reproduction(Path(reproduction)) if reproduction is not None else {},
        dose={name: io.read_json(Path(dose) / f"{name}.json") for name in _dosed(config)} if dose else {},
        dose_simulation=tuple(csv_rows(Path(dose_simulation))) if dose_simulation is not None else (),
    )


def _dosed(config: Config) -> list[str]:
    """Return the analyses that ask for the dose as a moderator: those with curves."""
    return [
        name
        for name, analysis in config.analyses.items()
        if "dose" in {moderator.name for moderator in analysis.moderators}
    ]


def _each(folder: Folder | None, names: list[str]) -> dict[str, Any]:
    """Return what lies in *folder* by analysis, nothing where it is not asked for."""
    from mgmeta import io

    return {name: io.read_json(Path(folder) / f"{name}.json") for name in names} if folder else {}


def read_models(folder: Folder) -> dict[str, Any]:
    """Return what ``mgmeta model`` wrote, by family; none where nothing was sampled."""
    from mgmeta import io
    from mgmeta.bayes.family_names import FAMILIES

    paths = {name: Path(folder) / f"{name}.json" for name in FAMILIES}
    return {name: io.read_json(path) for name, path in paths.items() if path.is_file()}


def moderated(config: Config) -> list[str]:
    """Return the analyses whose moderators the workflow works out."""
    return [name for name, analysis in config.analyses.items() if analysis.bayes and analysis.moderators]


REPRODUCTION = ("ledger", "drift", "certainty", "claims", "multiverse")


def _reproduction(folder: Path) -> dict[str, Any]:
    """Return the parts of the reproduction by name."""
    from mgmeta import io

    return {name: io.read_json(folder / f"{name}.json") for name in REPRODUCTION}


def text_of(path: Path, verb: str = "") -> str:
    """Return the text of a file, which *verb* (or the workflow) makes.

    Raises
    ------
    DataError
        If it is not there or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        maker = f"`snakemake` or `{verb}`" if verb else "`snakemake`"
        raise DataError(f"{path}: no such file; run {maker} first") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason})") from None


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as text, "" where a cell is missing."""
    return [
        {key: value or "" for key, value in row.items() if key}
        for row in csv.DictReader(StringIO(text_of(path), newline=""))
    ]


def csv_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return (columns, rows) of a CSV file as text; a table without rows keeps its columns."""
    return next(csv.reader(StringIO(text_of(path), newline="")), []), csv_rows(path)


def _draws(folder: Path, samples: Mapping[str, Any]) -> dict[str, Draws]:
    """Return the draws of mu of every overall model that was sampled."""
    from mgmeta.bayes.posterior_io import read_draws

    return {
        name: {
            outcome: read_draws(folder / f"{name}.nc", f"{outcome}_overall")
            for outcome, models in sample["outcomes"].items()
            if models.get("overall")
        }
        for name, sample in samples.items()
    }
