from __future__ import annotations

import re

import pytest

from mgmeta.errors import DataError
from mgmeta.figures.palette import PALETTE
from mgmeta.report.svg import inline_svg, size_points

SVG = """<?xml version="1.0"?>
<!DOCTYPE svg>
<svg role="img" xmlns:xlink="http://www.w3.org/1999/xlink" width="360pt"
 height="20pt" viewBox="0 0 360 20" version="1.1">
 <title>only = a title</title>
 <metadata><x/></metadata>
 <defs><style type="text/css">*{stroke: red}</style></defs>
 <!-- <script>alert(1)</script> -->
 <defs><path id="glyph" d="M 0 0"/></defs>
 <clipPath id="clip"/>
 <g id="figure_1" clip-path="url(#clip)"><use xlink:href="#glyph" style="fill: #0A629E"/></g>
</svg>
"""


def test_it_is_made_fit_to_stand_beside_others() -> None:
    text = inline_svg(SVG, "one")
    assert re.match(r'<svg role="img"\s+viewBox="0 0 360 20">', text)
    assert 'id="one-glyph"' in text
    assert 'xlink:href="#one-glyph"' in text
    assert "url(#one-clip)" in text
    assert "var(--fig-estimate)" in text
    assert not re.search(r"<style|metadata|<!|width=|script", text)
    assert "<title>only = a title</title>" in text


def test_no_palette_colour_is_left(make_inputs) -> None:
    for name, svg in make_inputs().svgs.items():
        text = inline_svg(svg, name).lower()
        assert not [value for value in PALETTE.values() if value in text]
        assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", text)


@pytest.mark.parametrize(
    "part", ["<script>x</script>", '<g onload="x"/>', '<a href="javascript:x"/>', "<foreignObject/>"]
)
def test_scripts_are_refused(part: str) -> None:
    with pytest.raises(DataError, match="holds a script"):
        inline_svg(SVG.replace("<clipPath", f"{part}<clipPath"), "one")


def test_what_is_no_svg_is_refused() -> None:
    with pytest.raises(DataError, match="not an SVG file"):
        inline_svg("hello", "one")
    assert size_points(SVG) == (360.0, 20.0)
    with pytest.raises(DataError, match="no size"):
        size_points("<svg>")
