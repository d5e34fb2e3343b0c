"""The page as HTML: one file, nothing loaded from elsewhere, every value escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from mgmeta.figures import words
from mgmeta.figures.palette import DARK_PALETTE, PALETTE
from mgmeta.report import bundle
from mgmeta.report.page import Page
from mgmeta.report.project import ProjectPage


def render(page: Page) -> str:
    """Return the page as one HTML document.

    Every value is escaped by the template engine; only the style sheet, the script (both of this package),
    the figures (checked by :func:`mgmeta.report.svg.inline_svg`) and the data of the explorable part (JSON
    without a ``<``, see :func:`mgmeta.report.explore.script_json`) are not. A content security policy lets
    the browser run that one script, by its hash, and load nothing.
    """
    script = bundle.script()
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    text = (
        _environment()
        .get_template("index.html.j2")
        .render(
            page=page,
            css=palette_css() + _template("style.css") + bundle.style(),
            script=script,
            script_hash=f"sha256-{digest}",
        )
    )
    return text.strip() + "\n"


def render_project(page: ProjectPage) -> str:
    """Return the page of a project for another exposure as one HTML document; it has no script."""
    css = palette_css() + _template("style.css") + bundle.style()
    text = _environment().get_template("project.html.j2").render(page=page, css=css)
    return text.strip() + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mgmeta.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(capital=words.capital, plain=words.plain, typeset=typeset)
    return environment


def typeset(text: str) -> str:
    """Return *text* with no line break between a number and its unit or within an interval."""
    kept = re.sub(r"(?<=\d) (?=(?:mmHg|mg/d|trials?|participants)\b)", "\u00a0", text)
    return (
        re.sub(r"(?<=\d) to (?=[\u2212\d])", "\u00a0to\u00a0", kept)
        .replace("P = ", "P\u00a0=\u00a0")
        .replace(" \u00b1 ", "\u00a0\u00b1\u00a0")
    )


def palette_css() -> str:
    """Return the colours of the figures as CSS variables, for light and dark pages and for print."""
    light, dark = (
        "".join(f"--fig-{key.replace('_', '-')}:{value};" for key, value in palette.items())
        for palette in (PALETTE, DARK_PALETTE)
    )
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def _template(name: str) -> str:
    return resources.files("mgmeta.report").joinpath("templates", name).read_text(encoding="utf-8")
