"""What every figure must do, whatever it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from mgmeta.config import load_config
from mgmeta.errors import ConfigError
from mgmeta.figures.registry import FIGURES, figure_spec, figures_of
from mgmeta.figures.results import Results
from mgmeta.figures.style import styled, svg_text

NUMBER = re.compile(r"[\u2212+]?\d+(?:\.\d+)?")


def beyond(axes: Axes) -> list[Text]:
    """Return labels of ticks beyond the axis, which Matplotlib makes but does not draw."""
    low, high = sorted(axes.get_xlim())
    ticks = [tick for tick in axes.xaxis.get_major_ticks() if not low <= tick.get_loc() <= high]
    low, high = sorted(axes.get_ylim())
    ticks += [tick for tick in axes.yaxis.get_major_ticks() if not low <= tick.get_loc() <= high]
    return [label for tick in ticks for label in (tick.label1, tick.label2)]


def outside(figure: Figure, slack: float = 1.0) -> list[str]:
    """Return the texts of a figure that reach beyond its edges."""
    with styled():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        found = []
        unseen = {label for axes in figure.axes for label in beyond(axes)}
        for text in figure.findobj(Text):
            if not text.get_text().strip() or not text.get_visible() or text in unseen:
                continue
            box = text.get_window_extent(renderer)
            edge = figure.bbox
            if (
                box.x0 < edge.x0 - slack
                or box.x1 > edge.x1 + slack
                or box.y0 < edge.y0 - slack
                or box.y1 > edge.y1 + slack
            ):
                found.append(text.get_text())
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, results: Results) -> None:
    spec = FIGURES[name]
    module = spec.load()
    data = module.prepare(results, spec.analysis, spec.outcome)
    figure = module.draw(data)
    assert not outside(figure)
    text = svg_text(figure, spec.title, module.alt(data))
    assert text == svg_text(module.draw(data), spec.title, module.alt(data))
    columns, rows = module.table(data)
    assert rows
    assert {len(row) for row in rows} == {len(columns)}
    assert len(module.alt(data)) > 40
    assert not re.search(
        r"\bnan\b|None\b(?! is promoted)|\binf\b|-\d", module.caption(data) + module.alt(data)
    )


@pytest.mark.parametrize("name", FIGURES)
def test_the_effects_of_a_caption_stand_in_its_table(name: str, results: Results) -> None:
    spec = FIGURES[name]
    module = spec.load()
    data = module.prepare(results, spec.analysis, spec.outcome)
    _, rows = module.table(data)
    tabled = {number for row in rows for cell in row for number in NUMBER.findall(cell)}
    effects = {number for number in NUMBER.findall(module.caption(data)) if "." in number}
    p_values = set(re.findall(r"P [=<>] (\d\.\d+)", module.caption(data)))
    if name.startswith("forest"):
        effects -= set(NUMBER.findall(module.caption(data).split("prediction interval")[-1]))
    if name in ("dose_sbp", "dose_dbp"):  # the slope is not a row of the figure but of the moderator table
        effects -= set(NUMBER.findall(module.slope_text(data)))
    assert effects - p_values <= tabled


def test_names_are_file_names_and_unknown_ones_are_refused() -> None:
    for name, spec in FIGURES.items():
        assert name == spec.name
        assert re.fullmatch(r"[a-z0-9_]+", name)
    with pytest.raises(ConfigError, match="no figure 'pie'; expected one of headline"):
        figure_spec("pie")


def test_the_registry_loads_no_matplotlib() -> None:
    script = "import sys, mgmeta.figures.registry; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        "forest",
        "dose",
        "moderators",
        "subgroups",
        "bubbles",
        "dose_slopes",
        "mediator",
        "posterior",
        "headline",
        "scenarios",
        "silence",
        "missing",
        "simulation",
        "ledger",
        "drift",
        "multiverse",
        "leave_one_out",
        "baujat",
        "gosh",
        "cumulative",
        "funnel",
        "prior_sensitivity",
        "shrinkage",
        "rob",
        "flow",
    ],
)
def test_captions_need_no_matplotlib(name: str) -> None:
    script = f"import sys; from mgmeta.figures import {name}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_a_configuration_has_the_figures_it_asks_for() -> None:
    config = load_config(Path(__file__).resolve().parents[2] / "config" / "config.yaml")
    assert figures_of(config) == tuple(FIGURES)
    target = config.analyses[config.target.analysis]
    without = {**config.analyses, target.name: replace(target, moderators=(), bayes=None)}
    del without["update"]
    assert figures_of(replace(config, analyses=without)) == (
        "headline",
        "forest_sbp",
        "forest_dbp",
        "scenarios",
        "multiverse",
        "ledger_sbp",
        "ledger_dbp",
        "drift",
        "flow",
        "rob",
        "simulation",
    )
    reproduced = {"multiverse", "ledger_sbp", "ledger_dbp", "drift", "flow", "rob"}
    assert set(FIGURES) - set(figures_of(config, reproduced=False)) == reproduced
    assert set(FIGURES) - set(figures_of(config, assessed=False)) == {"rob"}
    assert figures_of(config, simulated=False) == tuple(name for name in FIGURES if name != "simulation")
    assert "forest_dbp" not in figures_of(replace(config, outcomes=("sbp",)))
