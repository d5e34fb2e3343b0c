"""What the API returns: frozen results that know themselves as table, JSON and notebook cell."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from mgmeta.api.frames import frame_of
from mgmeta.errors import ConfigError
from mgmeta.io import dumps

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
T = TypeVar("T")


class Value(Generic[T]):
    """A value of the answer as a read-only attribute; a number that is not defined reads NaN."""

    def __init__(self, kind: type[T], *path: str) -> None:
        self.kind, self.path = kind, path

    @overload
    def __get__(self, result: None, owner: type) -> Self: ...
    @overload
    def __get__(self, result: Result, owner: type) -> T: ...
    def __get__(self, result: Result | None, owner: type) -> Self | T:
        """Look the value up."""
        if result is None:
            return self
        found: Any = result.answer
        for key in self.path:
            found = None if found is None else found.get(key)
        return self.kind(math.nan if found is None else found)  # type: ignore[call-arg]

    def __set__(self, result: Result, value: object) -> None:
        """Refuse: a result is frozen."""
        raise AttributeError(f"a result is frozen; {self.path[-1]} cannot be set")


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What all results share.

    Attributes
    ----------
    answer : dict
        Everything that was computed, with the keys of the verb's ``--format json``. Treat it as read-only;
        :meth:`to_dict` returns a copy.
    k, k_numeric, k_bounds : int
        Rows, those that are numbers, those that are bounds.
    level : float
        Level of every interval, such as 0.95.
    warnings : tuple of str
        What to know before trusting the numbers.
    """

    PARTS: ClassVar[tuple[str, ...]] = ()
    answer: Json = field(repr=False)

    k = Value(int, "k")
    level = Value(float, "level")

    @property
    def k_bounds(self) -> int:
        """Number of bounds."""
        return int(self.answer.get("k_bounds") or 0)

    @property
    def k_numeric(self) -> int:
        """Number of rows that are numbers."""
        return self.k - self.k_bounds

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the numbers."""
        return tuple(self.answer["warnings"])

    def to_dict(self) -> Json:
        """Return everything that was computed, as a dict of its own."""
        return copy.deepcopy(self.answer)

    def to_json(self) -> str:
        """Return what the verb prints with ``--format json``, to the byte."""
        return dumps(self.answer)

    def to_frame(self, part: str = "") -> pd.DataFrame:
        """Return one part of the result as a pandas DataFrame.

        Parameters
        ----------
        part : str
            One of :attr:`parts`; the first of them by default.

        Raises
        ------
        ConfigError
            If the result has no such part.
        """
        name = part or self.parts[0]
        if name not in self.parts:
            raise ConfigError(f"to_frame: no part {name!r}; this result has {', '.join(self.parts)}")
        return frame_of(self.rows(name))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts :meth:`to_frame` offers, the one asked most often first."""
        return tuple(part for part in self.PARTS if self.rows(part))

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return one part as rows of plain values; empty where the result has none."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return the result as one line of text."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Result) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary()})"

    def _repr_html_(self) -> str:
        """Return the result as a notebook shows it."""
        from mgmeta.api.notebook import result_html

        return result_html(self)


def plain(value: Any) -> Any:
    """Return an answer of the engine in dicts, lists and plain numbers, NaN and infinities kept."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def short(value: float | None) -> str:
    """Return four significant digits."""
    return "-" if value is None else f"{value:.4g}"
