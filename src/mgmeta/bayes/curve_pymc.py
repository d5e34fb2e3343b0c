r"""Dose curves in PyMC: one model, compiled once, that every curve without discrete powers is a case of.

For a number the mean is, with :math:`x = d / s` and s the anchor,

.. math:: a_1 [x_1 + o_E\, x^h / (u + (1 - u) x^h) + o_M\, M(d) / M(s)] + a_2 x_2

and a bound adds the log probability of its interval. The columns :math:`x_1, x_2` make the curves that are
linear in their effects at the anchors; the switches o turn Emax and the monotone spline on. u and v are
uniform: u is :math:`ED50^h / (ED50^h + s^h)` and v the place of log h in its range, or, of the spline,
:math:`M = (1 - u) I_1 + u I_2 + (1/\sqrt{v} - 1) I_3`, which is uniform shares of the three parts. What a
curve does not have keeps its prior and is dropped. Between-trial effects are integrated out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mgmeta.bayes.curve_models import CurveModel, monotone_spline
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_model import log_interval
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import Array
from mgmeta.dose.emax import HILL
from mgmeta.dose.rows import DoseRows

NAMES = ("first", "second", "tau", "u", "v")
DISCRETE = ("fp", "fp2")
"""Curves whose powers are discrete, which NUTS cannot sample."""
_PARTS = ("early", "middle", "late")  # the three I-splines
_OPEN = 1e9  # mmHg; an open end, as in pymc_model


def build(mu: Prior, tau: Prior) -> Any:
    """Build the model.

    Parameters
    ----------
    mu : prior of the effect at each anchor, mmHg
    tau : prior of the SD between trials, mmHg
    """
    pm = load_pymc()
    import pytensor.tensor as pt

    with pm.Model(check_bounds=False) as model:
        d = {name: pm.Data(name, value) for name, value in _nothing().items()}
        first, second = prior_variable("first", mu), prior_variable("second", mu)
        sd = prior_variable("tau", tau)
        u, v = pm.Uniform("u", 0.0, 1.0), pm.Uniform("v", 0.0, 1.0)
        h = pt.exp(d["hill"][0] * (math.log(HILL[0]) + v * math.log(HILL[1] / HILL[0])))
        late = 1.0 / pt.sqrt(v) - 1.0

        def spline(end: str) -> Any:
            return (1.0 - u) * d[f"early{end}"] + u * d[f"middle{end}"] + late * d[f"late{end}"]

        power = pt.exp(h * d["log_x"])
        shape = d["first_column"] + d["emax"][0] * power / (u + (1.0 - u) * power)
        shape = shape + d["monotone"][0] * spline("") / spline("_anchor")[0]
        mean = first * shape + second * d["second_column"]
        scale = pt.sqrt(sd**2 + d["se"] ** 2)
        number = -0.5 * ((d["y"] - mean) / scale) ** 2 - pt.log(scale) - 0.5 * math.log(2.0 * math.pi)
        words = log_interval((d["low"] - mean) / scale, (d["high"] - mean) / scale)
        pm.Potential("rows", pt.switch(d["number"] > 0.5, number, words).sum())
    return model


def _nothing() -> dict[str, Array]:
    """Return data of the right shapes for compiling."""
    rows = ("y", "number", "low", "high", "se", "log_x", "first_column", "second_column", *_PARTS)
    single = ("hill", "emax", "monotone", *(f"{part}_anchor" for part in _PARTS))
    found = dict.fromkeys(rows, np.array([1.0, 2.0])) | dict.fromkeys(single, np.ones(1))
    return found | {"low": np.zeros(2)}


def curve_data(points: DoseRows, model: CurveModel) -> dict[str, Array]:
    """Return the data vectors of one curve.

    Parameters
    ----------
    points : numbers and bounds against dose 0, one row a trial
    model : one of :func:`mgmeta.bayes.curve_models.curve_models`, none of :data:`DISCRETE`
    """
    number, dose = points.numeric, points.dose
    columns = np.zeros((dose.size, 2))
    if model.name not in ("emax", "sigmoid", "monotone"):
        columns[:, : model.anchors.size] = model.basis(dose)[0]
    spline, anchor = np.ones((dose.size, 3)), np.ones(3)
    if model.name == "monotone":
        basis = monotone_spline(points.dose).columns
        spline, anchor = basis(dose), basis(model.anchors)[0]
    # A number's interval is not looked at, but its gradient must be finite.
    data = {
        "y": np.where(number, points.y, 0.0),
        "number": number.astype(float),
        "low": np.where(number, -1.0, np.clip(points.lower, -_OPEN, _OPEN)),
        "high": np.where(number, 1.0, np.clip(points.upper, -_OPEN, _OPEN)),
        "se": np.sqrt(np.array([trial.covariance[0, 0] for trial in points.trials])),
        "log_x": np.log(dose / model.anchors[0]),
        "first_column": columns[:, 0],
        "second_column": columns[:, 1],
        "hill": np.array([float(model.name == "sigmoid")]),
        "emax": np.array([float(model.name in ("emax", "sigmoid"))]),
        "monotone": np.array([float(model.name == "monotone")]),
    }
    data |= {part: spline[:, j] for j, part in enumerate(_PARTS)}
    data |= {f"{part}_anchor": anchor[j : j + 1] for j, part in enumerate(_PARTS)}
    return {name: np.ascontiguousarray(value) for name, value in data.items()}


def unpack(model: CurveModel) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    """Return what keeps of the draws only the parameters that a curve has, shape (chains, draws) each."""

    def kept(values: Mapping[str, Array]) -> dict[str, Array]:
        found = {"effect": values["first"], "tau": values["tau"]}
        if model.anchors.size > 1:
            found["effect_at_top"] = values["second"]
        if model.name in ("emax", "sigmoid", "monotone"):
            found["u"] = values["u"]
        if model.name in ("sigmoid", "monotone"):
            found["v"] = values["v"]
        return found

    return kept


def curve_at(points: DoseRows, model: CurveModel, draws: Mapping[str, Array], dose: Array) -> Array:
    """Return f(dose) at every draw, shape (n, doses), by the formula of the curve.

    Parameters
    ----------
    points : the rows the curve was fitted to; their doses place the knots
    model : the curve
    draws : of :func:`unpack`, (n,) each
    dose : doses above 0, mg/d or weeks
    """
    first = draws["effect"][:, None]
    if model.name in ("emax", "sigmoid"):
        h = HILL[0] * (HILL[1] / HILL[0]) ** draws["v"][:, None] if model.name == "sigmoid" else 1.0
        u, power = draws["u"][:, None], (dose / model.anchors[0]) ** h
        return np.asarray(first * power / (u + (1.0 - u) * power))
    if model.name == "monotone":
        rest, basis = np.sqrt(draws["v"]), monotone_spline(points.dose).columns
        w = np.column_stack([rest * (1.0 - draws["u"]), rest * draws["u"], 1.0 - rest])
        return np.asarray(first * (w @ basis(dose).T) / (w @ basis(model.anchors).T))
    effects = first if model.anchors.size == 1 else np.column_stack([first, draws["effect_at_top"]])
    return np.asarray(effects @ model.basis(dose)[0].T)
