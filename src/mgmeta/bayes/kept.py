"""Results of the sampled models that are kept between runs, for analyses nothing has changed in.

A family is one job for all analyses, because it is compiled once. Its draws follow from its inputs
alone (every seed hangs on a name), so the part of an analysis whose inputs are the same, byte for
byte, is read back instead of sampled again: the file written is the same as that of a fresh run.
"""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np

from mgmeta.bayes.posterior_io import Draws
from mgmeta.config import Analysis, Config
from mgmeta.io import dumps

LIBRARIES = ("arviz", "llvmlite", "numba", "numpy", "nutpie", "pymc", "pytensor", "scipy")
_PART, _VALUE, _STATISTIC = "part", "value", "statistic"


@dataclass(frozen=True)
class Part:
    """What one family found in one analysis.

    Attributes
    ----------
    found : mapping
        Outcome -> summaries and diagnostics, as in the document of the family.
    draws : mapping of str to Draws
        Draws by model.
    """

    found: Mapping[str, Any]
    draws: Mapping[str, Draws]


def digest(
    family: str, config: Config, analysis: Analysis, tables: Mapping[str, bytes], code: Iterable[bytes]
) -> str:
    """Return the name of everything that decides a part: 64 hexadecimal digits.

    Parameters
    ----------
    family : str
        Name of the family.
    config : Config
        For priors, sampler, level and seed.
    analysis : Analysis
        Its criteria and assumptions.
    tables : mapping of str to bytes
        The raw tables it is worked out from, by file name.
    code : iterable of bytes
        The source files it runs through.

    Returns
    -------
    str
        SHA-256 of these, and of the versions of Python and of the libraries that sample.
    """
    settings = {
        "family": family,
        "analysis": analysis.spec(),
        "bayes": asdict(config.bayes),
        "level": config.level,
        "seed": config.seed,
        "tables": {name: sha256(data).hexdigest() for name, data in sorted(tables.items())},
        "code": [sha256(data).hexdigest() for data in code],
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    return sha256(dumps(settings).encode()).hexdigest()


def packed(part: Part) -> bytes:
    """Return a part as the bytes of a NumPy archive; every number survives exactly."""
    arrays: dict[str, Any] = {_PART: np.frombuffer(dumps(part.found).encode(), dtype=np.uint8)}
    for model, draws in part.draws.items():
        arrays |= {f"{model}/{_VALUE}/{name}": array for name, array in draws.values.items()}
        arrays |= {f"{model}/{_STATISTIC}/{name}": array for name, array in draws.statistics.items()}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def unpacked(data: bytes) -> Part | None:
    """Return the part that :func:`packed` wrote, or None if the bytes are not whole."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        found = json.loads(arrays.pop(_PART).tobytes())
    except (EOFError, KeyError, OSError, ValueError, zipfile.BadZipFile):
        return None
    models: dict[str, dict[str, dict[str, Any]]] = {}
    for name, array in arrays.items():
        model, kind, column = name.split("/", 2)
        models.setdefault(model, {_VALUE: {}, _STATISTIC: {}})[kind][column] = array
    return Part(found, {model: Draws(kinds[_VALUE], kinds[_STATISTIC]) for model, kinds in models.items()})
