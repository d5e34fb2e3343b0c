"""The rows both engines work on: numbers and bounds as arrays, with their moderators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.slice_input import Row, effects_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Numbers and bounds of one outcome.

    Attributes
    ----------
    y : array, shape (k,)
        Effects; NaN marks a bound.
    se : array, shape (k,)
        Standard errors, of bounds too.
    low, high : array, shape (k,)
        Ends of the bounds; -inf and inf are open. NaN where *y* is a number.
    x : array, shape (k, p)
        Moderators, without the intercept.
    moderators : tuple of str
        Their names, length p.
    labels : tuple of str
        One name a row.
    """

    y: Array
    se: Array
    low: Array
    high: Array
    x: Array
    moderators: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def is_bound(self) -> NDArray[np.bool_]:
        """Which rows are bounds, shape (k,)."""
        return np.isnan(self.y)

    @property
    def k_bounds(self) -> int:
        """Number of bounds."""
        return int(self.is_bound.sum())

    @property
    def k_two_sided(self) -> int:
        """Number of bounds closed on both sides."""
        return int((np.isfinite(self.low) & np.isfinite(self.high)).sum())

    def take(self, which: ArrayLike) -> Rows:
        """Return some of the rows: a mask or indices, shape (k,) or (m,)."""
        index = np.arange(self.k)[np.asarray(which)]
        return Rows(
            self.y[index],
            self.se[index],
            self.low[index],
            self.high[index],
            self.x[index],
            self.moderators,
            tuple(self.labels[i] for i in index),
        )


def make_rows(
    y: ArrayLike,
    se: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    *,
    x: ArrayLike | None = None,
    moderators: Sequence[str] = (),
    labels: Sequence[str] | None = None,
) -> Rows:
    """Check and align the columns of a table of effects.

    Parameters
    ----------
    y, se
        Effects (NaN = bound) and standard errors, shape (k,), same unit.
    low, high
        Ends of the bounds, shape (k,); NaN or infinite = open. Ignored where *y* is a number.
    x
        Moderators without intercept, shape (k, p); none by default.
    moderators
        Names of the p moderators.
    labels
        One name a row; ``1`` to ``k`` by default.

    Raises
    ------
    FitError
        Lengths differ, no rows, an infinite number, se not above 0, a bound open on both sides
        or with low >= high, a missing moderator.
    """
    effects = np.array(y, dtype=float)
    k = len(effects)
    errors = np.array(se, dtype=float)
    names = tuple(labels) if labels is not None else tuple(str(i + 1) for i in range(k))
    design = np.zeros((k, 0)) if x is None else np.array(x, dtype=float).reshape(k, -1)
    if k == 0:
        raise FitError("no rows; expected at least one number or bound")
    if not (len(errors) == len(names) == k and design.shape[1] == len(moderators)):
        raise FitError(
            f"columns differ in length: {k} effects, {len(errors)} standard errors, {len(names)} labels"
        )
    lower = np.full(k, np.nan) if low is None else np.array(low, dtype=float)
    upper = np.full(k, np.nan) if high is None else np.array(high, dtype=float)
    bound = np.isnan(effects)
    lower = np.where(bound, np.where(np.isnan(lower), -np.inf, lower), np.nan)
    upper = np.where(bound, np.where(np.isnan(upper), np.inf, upper), np.nan)
    for i in range(k):
        where = f"row {i + 1} ({names[i]})"
        if np.isinf(effects[i]) or not (np.isfinite(errors[i]) and errors[i] > 0.0):
            raise FitError(
                f"{where}: effect {effects[i]}, se {errors[i]}; expected a finite effect and se above 0"
            )
        if bound[i] and (np.isinf(lower[i]) and np.isinf(upper[i])):
            raise FitError(f"{where}: neither an effect nor a bound; give yi, yi_low or yi_high")
        if bound[i] and not lower[i] < upper[i]:
            raise FitError(f"{where}: bound from {lower[i]} to {upper[i]}; expected low below high")
        if not np.isfinite(design[i]).all():
            raise FitError(f"{where}: a moderator is missing; leave the row out or fill it")
    return Rows(effects, errors, lower, upper, design, tuple(moderators), names)


def slice_rows(records: Sequence[Row], moderators: Mapping[str, str]) -> Rows | None:
    """Turn slice rows of one outcome into arrays; ``None`` if there are none.

    Parameters
    ----------
    records
        Typed rows of :func:`mgmeta.pooling.slice_input.read_slice`, every moderator filled.
    moderators
        Moderator name -> slice column.
    """
    if not records:
        return None
    effects = effects_of(records)
    design = np.array([[float(row[column]) for column in moderators.values()] for row in records])
    return make_rows(
        effects.y,
        effects.se,
        effects.low,
        effects.high,
        x=design.reshape(len(records), len(moderators)),
        moderators=tuple(moderators),
        labels=[row["trial_id"] for row in records],
    )
