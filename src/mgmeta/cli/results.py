"""Reading the results of a run for the verbs that present them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
) -> Results:
    """Read fits and Bayesian results; where asked also the headline, intakes and draws of mu.

    Raises
    ------
    DataError
        If a file is missing: a fit of every named analysis, a sample of each that asks for Bayesian models.
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
    )


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
