"""Where the doses are: rows per bin, and warnings where a curve rests on its formula alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError

Array = NDArray[np.float64]

THIN = 3
"""A bin with fewer rows than this is called thin."""
_BINS = 10


@dataclass(frozen=True)
class DoseBin:
    """Rows with low < dose <= high."""

    low: float
    high: float
    k_numeric: int
    k_bounds: int

    @property
    def k(self) -> int:
        """Numbers and bounds."""
        return self.k_numeric + self.k_bounds


def dose_bins(
    dose: Array, numeric: NDArray[np.bool_], edges: Sequence[float] | None = None
) -> tuple[DoseBin, ...]:
    """Count rows by dose.

    Parameters
    ----------
    dose, numeric : (k,) doses in any one unit, and which rows are numbers
    edges : rising, from 0 to the largest dose or beyond; by default steps of 1, 2 or 5 times a power of
        ten, the finest that make at most ten bins

    Raises
    ------
    ConfigError
        If edges do not rise or leave doses out.
    """
    top = float(dose.max())
    cuts = _steps(top) if edges is None else np.asarray(edges, dtype=float)
    if cuts.size < 2 or np.any(np.diff(cuts) <= 0.0) or cuts[-1] < top or cuts[0] >= float(dose.min()):
        raise ConfigError(
            "edges of dose bins must rise, from below the smallest dose to the largest or beyond"
        )
    bins = []
    for low, high in pairwise(cuts):
        inside = (dose > low) & (dose <= high)
        bins.append(
            DoseBin(float(low), float(high), int((inside & numeric).sum()), int((inside & ~numeric).sum()))
        )
    return tuple(bins)


def _steps(top: float) -> Array:
    """Return 0, s, 2 s, ... up to *top* or just beyond, for the finest nice s with at most ten bins."""
    power = 10.0 ** (np.floor(np.log10(top)) - 1.0)
    for factor in (1.0, 2.0, 5.0, 10.0, 20.0):
        count = int(np.ceil(top / (factor * power) * (1.0 - 1e-12)))
        if count <= _BINS:
            break
    return np.asarray(np.arange(count + 1) * factor * power, dtype=float)


def thin_warnings(bins: Sequence[DoseBin]) -> list[str]:
    """Say between which doses fewer than :data:`THIN` rows lie; neighbouring thin bins are one stretch."""
    notes: list[str] = []
    stretch: list[DoseBin] = []
    for piece in [*bins, None]:
        if piece is not None and piece.k < THIN:
            stretch.append(piece)
            continue
        if stretch:
            counts = ", ".join(str(part.k) for part in stretch)
            span = f"{stretch[0].low:g} and {stretch[-1].high:g} (rows per bin: {counts})"
            notes.append(f"thin data between doses {span}: the curve there rests on its formula")
        stretch = []
    return notes
