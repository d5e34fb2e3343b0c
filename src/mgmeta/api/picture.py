"""A plot as the API returns it: it shows itself in a notebook, and is written as SVG or PNG."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mgmeta.api.frames import frame_of
from mgmeta.errors import ConfigError
from mgmeta.io import dumps, write_bytes, write_text

if TYPE_CHECKING:
    import pandas as pd

    from mgmeta.figures.pool_forest import Figure


class Picture:
    """What all plots share; `data` is what one shows.

    A frozen dataclass with the attribute `data` inherits it. The module that draws it has ``draw``, ``alt``
    (its text for screen readers) and ``table``.
    """

    KIND = "plot"
    data: Any

    def _module(self) -> ModuleType:
        """Return the module of :mod:`mgmeta.figures` that draws the data; Matplotlib is loaded here."""
        raise NotImplementedError

    def figure(self) -> Figure:
        """Return the Matplotlib figure, to change or to place."""
        drawn: Figure = self._module().draw(self.data)
        return drawn

    def svg(self) -> str:
        """Return the plot as SVG with a title and a description for screen readers."""
        from mgmeta.figures.style import svg_text

        title = self.data.title or self.KIND.capitalize()
        return svg_text(self.figure(), title, self._module().alt(self.data))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the plot to a file that ends in ``.svg`` or ``.png``; the same bytes on every run.

        Raises
        ------
        ConfigError
            If the name ends otherwise.
        """
        ending = Path(path).suffix.lower()
        if ending == ".svg":
            return write_text(path, self.svg())
        if ending == ".png":
            from mgmeta.figures.style import png_bytes

            return write_bytes(path, png_bytes(self.figure()))
        raise ConfigError(f"{path}: a {self.KIND} is written as .svg or .png")

    def to_frame(self) -> pd.DataFrame:
        """Return what the plot shows as a table of text."""
        return frame_of(self._rows())

    def to_json(self) -> str:
        """Return the plot as JSON: the rows of :meth:`to_frame`."""
        return dumps(self._rows())

    def _rows(self) -> list[dict[str, str]]:
        columns, rows = self._module().table(self.data)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _repr_html_(self) -> str:
        """Return the plot as a notebook shows it."""
        return f'<div style="max-width:60em">{self.svg().partition("?>")[2] or self.svg()}</div>'

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._module().alt(self.data)})"
