"""The one style of all figures: colours, sizes, files. Colour-blind safe, the same bytes on every run.

Text in SVG is drawn as paths: a figure looks the same on a machine without the
font, and no text can run out of its column. What it says stays readable to
machines through the title and description in the SVG and the data table beside
each figure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from xml.sax.saxutils import escape

import matplotlib

matplotlib.use("Agg")

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from mgmeta.figures.palette import PALETTE as PALETTE

SIZE = 8.5  # points
SMALL = 7.5
HASH_SALT = "mgmeta"
PNG_DPI = 200
TRUETYPE = 42  # the PDF font type that journals take and editors can change

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # shipped with Matplotlib
    "font.size": SIZE,
    "axes.titlesize": SIZE + 1,
    "axes.labelsize": SIZE,
    "axes.edgecolor": PALETTE["muted"],
    "axes.labelcolor": PALETTE["ink"],
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "xtick.labelcolor": PALETTE["ink"],
    "ytick.labelcolor": PALETTE["ink"],
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "text.color": PALETTE["ink"],
    "text.parse_math": False,  # a trial name with two dollar signs is a name, not a formula
    "figure.facecolor": PALETTE["paper"],
    "axes.facecolor": "none",
    "savefig.facecolor": "auto",
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": HASH_SALT,
    "pdf.fonttype": TRUETYPE,
    "path.simplify": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style, and only the style, whatever the user's own settings are."""
    with rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def svg_text(figure: Figure, title: str, description: str) -> str:
    """Return a figure as SVG with a title and a description for screen readers."""
    buffer = io.BytesIO()
    metadata = {"Creator": None, "Date": None, "Format": None, "Type": None}
    with styled():
        figure.savefig(buffer, format="svg", metadata=metadata)
    text = buffer.getvalue().decode("utf-8")
    named = f"<title>{escape(title)}</title>\n <desc>{escape(description)}</desc>\n"
    text = re.sub(r"(<svg\b)([^>]*>)", rf'\1 role="img"\2\n {_literal(named)}', text, count=1)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG, 200 dots per inch, without dates or program names."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


def pdf_bytes(figure: Figure, title: str) -> bytes:
    """Return a figure as PDF for a manuscript: text stays text, no dates or program names."""
    buffer = io.BytesIO()
    metadata = {"Title": title, "Creator": None, "Producer": None, "CreationDate": None}
    with styled():
        figure.savefig(buffer, format="pdf", metadata=metadata)
    return buffer.getvalue()


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\")


def text_width(text: str, size: float = SIZE, weight: str = "normal") -> float:
    """Return the width of *text* in inches."""
    from matplotlib.font_manager import FontProperties

    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(TextPath((0, 0), text, prop=font, usetex=False).get_extents().width) / 72.0


def fitted(text: str, width: float, size: float = SIZE, weight: str = "normal") -> str:
    """Return *text*, cut with an ellipsis if it is wider than *width* inches."""
    if text_width(text, size, weight) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "\u2026", size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "\u2026"


def drawable(text: str) -> str:
    """Return *text* on one line, characters the font lacks replaced by an empty box."""
    known = _charmap()
    line = " ".join(text.split())
    return "".join(character if ord(character) in known else "\u25a1" for character in line)


@cache
def _charmap() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    return frozenset(FT2Font(path).get_charmap())
