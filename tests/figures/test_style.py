from __future__ import annotations

import re

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from mgmeta.figures import style
from mgmeta.figures.palette import DARK_PALETTE, PALETTE


def plain_figure() -> Figure:
    with style.styled():
        figure = Figure(figsize=(2, 1))
        figure.add_axes((0.2, 0.3, 0.7, 0.6)).plot([0, 1], [0, 1], color=PALETTE["estimate"])
    return figure


def test_svg_is_the_same_on_every_run_and_carries_no_date() -> None:
    first, second = (style.svg_text(plain_figure(), "a", "b") for _ in range(2))
    assert first == second
    assert not re.search(r"<dc:date>|20\d\d-\d\d|Matplotlib v", first)
    assert style.png_bytes(plain_figure()) == style.png_bytes(plain_figure())
    assert b"Matplotlib" not in style.png_bytes(plain_figure())


def test_pdf_is_the_same_on_every_run_and_keeps_its_text() -> None:
    first, second = (style.pdf_bytes(plain_figure(), "The <title>") for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF")
    assert b"The <title>" in first
    assert not re.search(rb"Matplotlib|Date", first)
    assert b"/Type0" in first  # TrueType inside, not shapes


def test_svg_text_is_drawn_as_paths_and_described() -> None:
    text = style.svg_text(plain_figure(), "A <b> & c", r"back\1slash")
    assert "<text" not in text
    assert "<title>A &lt;b&gt; &amp; c</title>" in text
    assert r"<desc>back\1slash</desc>" in text
    assert 'role="img"' in text


def test_the_users_own_settings_do_not_leak_in_or_out() -> None:
    before = dict(mpl.rcParams)
    mpl.rcParams["lines.linewidth"] = 9.0
    try:
        with_own = style.svg_text(plain_figure(), "a", "b")
    finally:
        mpl.rcParams.update(before)
    assert with_own == style.svg_text(plain_figure(), "a", "b")
    assert mpl.rcParams["svg.fonttype"] == before["svg.fonttype"]


def test_text_is_fitted_by_its_width() -> None:
    text = "A very long name of a trial that will not fit"
    short = style.fitted(text, 1.0)
    assert short.endswith("\u2026")
    assert style.text_width(short) <= 1.0
    assert text.startswith(short[:-1])
    assert style.fitted("short", 1.0) == "short"
    assert style.text_width("") == 0.0


def test_undrawable_characters_become_a_box_and_lines_are_joined() -> None:
    assert style.drawable("a\n b\t\U0001f9c2c") == "a b \u25a1c"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [PALETTE, DARK_PALETTE], ids=["light", "dark"])
def test_every_colour_of_text_or_line_has_aa_contrast(palette: dict[str, str]) -> None:
    grounds = ("paper", "stripe", "bound_fill", "bayes_fill", "band")
    text = ("ink", "muted", "estimate", "bound", "headline", "bayes", "published")
    for name in text:
        for ground in ("paper", "stripe"):
            assert contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
    assert contrast(palette["bound"], palette["bound_fill"]) >= 4.5
    assert contrast(palette["ink"], palette["bound_fill"]) >= 4.5
    assert set(palette) == {*grounds, *text, "rule"}


def test_every_colour_stands_for_one_name() -> None:
    assert len(set(PALETTE.values())) == len(PALETTE)
    assert set(PALETTE) == set(DARK_PALETTE)
