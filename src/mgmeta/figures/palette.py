"""The colours of all figures, for light and for dark pages. No Matplotlib here.

Every colour is used only through `PALETTE`, and each hex value stands for one
name, so that the report can exchange it in an SVG for a CSS variable.
"""

from __future__ import annotations

# After Okabe and Ito (2008), darkened to a contrast of at least 4.5:1 on white. Kind is never told by
# colour alone: an estimate has a filled square, a bound an open band, a published value a hollow diamond.
PALETTE = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "muted": "#59616b",
    "rule": "#d3d8de",
    "stripe": "#f4f6f8",
    "estimate": "#0a629e",
    "bound": "#b34700",
    "bound_fill": "#fdf1e7",
    "headline": "#0b3c5d",
    "bayes": "#7d3f82",
    "bayes_fill": "#eee3ef",
    "published": "#6b5b00",
    "band": "#cfe1ee",
}

# The same names on a dark page; used by the report's style sheet only.
DARK_PALETTE = {
    "paper": "#14181d",
    "ink": "#e7eaee",
    "muted": "#a5afba",
    "rule": "#3a434d",
    "stripe": "#1b2128",
    "estimate": "#6fb9ee",
    "bound": "#ff9f62",
    "bound_fill": "#38261a",
    "headline": "#a9d3f3",
    "bayes": "#d9a0dd",
    "bayes_fill": "#37283a",
    "published": "#d9c65f",
    "band": "#21384b",
}
