"""Making a Matplotlib SVG fit to stand in a page: unique ids, colours from CSS, nothing superfluous."""

from __future__ import annotations

import re

from mgmeta.errors import DataError
from mgmeta.figures.palette import PALETTE

_POINTS = re.compile(r'\bwidth="([0-9.]+)pt"\s+height="([0-9.]+)pt"')
_ID = re.compile(r'\bid="([^"]+)"')
_FORBIDDEN = re.compile(r"^<script|^<foreignObject|\son\w+\s*=|javascript:", re.IGNORECASE)
_REFERENCE = re.compile(r'(xlink:href="#|href="#|url\(#)')


def inline_svg(text: str, name: str) -> str:
    """Return the ``<svg>`` element of *text*, ready to stand in an HTML page beside others.

    Parameters
    ----------
    text : str
        An SVG file as :func:`mgmeta.figures.style.svg_text` makes it.
    name : str
        Name of the figure; becomes the prefix of every id, so that ids stay unique in the page.

    Returns
    -------
    str
        Without prolog, metadata, comments and style element; size in the view box only; every colour of
        the palette as ``var(--fig-NAME)``.

    Raises
    ------
    DataError
        If *text* holds no SVG, or a script or an event handler, which no figure of mgmeta has.
    """
    start = text.find("<svg")
    end = text.rfind("</svg>")
    if start < 0 or end < 0:
        raise DataError(f"figure {name!r}: not an SVG file; draw it again with `mgmeta figure {name}`")
    svg = text[start : end + len("</svg>")]
    for part in (r"<metadata>.*?</metadata>", r"<!--.*?-->", r"<style\b.*?</style>", r"<defs>\s*</defs>"):
        svg = re.sub(part, "", svg, flags=re.DOTALL)
    if any(_FORBIDDEN.search(tag) for tag in re.findall(r"<[^>]*>", svg)):
        raise DataError(f"figure {name!r}: the SVG holds a script; draw it again with `mgmeta figure {name}`")
    svg = _ID.sub(lambda match: f'id="{name}-{match[1]}"', svg)
    svg = _REFERENCE.sub(lambda match: f"{match[1]}{name}-", svg)
    for key, value in PALETTE.items():
        svg = re.sub(re.escape(value), f"var(--fig-{key.replace('_', '-')})", svg, flags=re.IGNORECASE)
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(?:width|height|version|xmlns(?::\w+)?)="[^"]*"', "", head)
    return "\n".join(line.strip() for line in f"{head}>{rest}".splitlines() if line.strip())


def size_points(text: str) -> tuple[float, float]:
    """Return the width and the height of an SVG file of Matplotlib in points.

    Raises
    ------
    DataError
        If it does not state both.
    """
    found = _POINTS.search(text)
    if found is None:
        raise DataError("an SVG file states no size in points; draw it again with `mgmeta figure`")
    return float(found[1]), float(found[2])
