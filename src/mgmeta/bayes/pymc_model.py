"""The PyMC model of numbers and bounds, compiled once and fed one analysis after another.

For a number ``y_i`` and a bound ``(l_j, u_j)``, with trial effects integrated out::

    y_i             ~ Normal(mu + x_i beta, sqrt(tau^2 + se_i^2))
    Pr(bound j)     = Phi((u_j - mu - x_j beta) / s_j) - Phi((l_j - mu - x_j beta) / s_j),
                      s_j = sqrt(tau^2 + se_j^2)

Integrating the trial effects out leaves three to five parameters, on which NUTS needs
some 7 steps a draw and never meets a funnel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_priors import prior_variable
from mgmeta.bayes.pymc_setup import compile_family, load_pymc
from mgmeta.bayes.rows import Array, Rows
from mgmeta.errors import ConfigError

# An open end, in mmHg: finite, because inf - inf has no gradient. 1e9 mmHg is as far away as
# infinity: log Phi of it is 0 and its derivative is 0 to the last bit.
_OPEN = 1e9
_ROOT_HALF = math.sqrt(0.5)


@dataclass(frozen=True)
class Priors:
    """Priors of the mean, of every slope and of the between-trial standard deviation."""

    mu: Prior
    slope: Prior
    tau: Prior


@dataclass(frozen=True)
class CompiledModel:
    """A compiled model and the moderators it has columns for."""

    compiled: Any
    moderators: tuple[str, ...]
    priors: Priors

    def with_rows(self, rows: Rows) -> Any:
        """Return the compiled model on other rows; moderators they lack get a column of zeros."""
        return self.compiled.with_data(**model_data(rows, self.moderators))


def model_data(rows: Rows, moderators: Sequence[str]) -> dict[str, Array]:
    """Return the data vectors of the model.

    A moderator that *rows* do not have gets zeros: its slope then keeps its prior and is
    dropped from the output, so one compiled model serves every set of moderators.
    """
    bound = rows.is_bound
    x = {name: np.zeros(rows.k) for name in moderators}
    x.update({name: rows.x[:, j] for j, name in enumerate(rows.moderators)})
    data = {
        "y": rows.y[~bound],
        "se": rows.se[~bound],
        "low": np.clip(rows.low[bound], -_OPEN, _OPEN),
        "high": np.clip(rows.high[bound], -_OPEN, _OPEN),
        "se_bound": rows.se[bound],
    }
    for name in moderators:
        data[f"x_{name}"] = x[name][~bound]
        data[f"x_{name}_bound"] = x[name][bound]
    return data


def build_model(priors: Priors, moderators: Sequence[str], data: dict[str, Array]) -> Any:
    """Build the PyMC model with one ``slope_<name>`` a moderator; data as :func:`model_data`.

    Parameters
    ----------
    priors : of every parameter
    moderators : their names
    data : as of `model_data`, mmHg
    """
    pm = load_pymc()
    import pytensor.tensor as pt

    # check_bounds off: every scale is positive by construction, and each check is compiled.
    with pm.Model(check_bounds=False) as model:
        held = {name: pm.Data(name, values) for name, values in data.items()}
        mu = prior_variable("mu", priors.mu)
        slopes = {name: prior_variable(f"slope_{name}", priors.slope) for name in moderators}
        tau = prior_variable("tau", priors.tau)
        centre, centre_bound = mu, mu
        for name, slope in slopes.items():
            centre = centre + slope * held[f"x_{name}"]
            centre_bound = centre_bound + slope * held[f"x_{name}_bound"]
        pm.Normal("numbers", centre, pt.sqrt(tau**2 + held["se"] ** 2), observed=held["y"])
        scale = pt.sqrt(tau**2 + held["se_bound"] ** 2)
        low = (held["low"] - centre_bound) / scale
        high = (held["high"] - centre_bound) / scale
        pm.Potential("bounds", log_interval(low, high).sum())
    return model


def log_interval(low: Any, high: Any) -> Any:
    """Return log(Phi(high) - Phi(low)), stable in both tails, as a PyTensor expression.

    The interval is mirrored so that its middle is at or below zero. Both terms are then small
    and ``log Phi(b) + log(1 - exp(log Phi(a) - log Phi(b)))`` loses nothing, wherever it lies.
    """
    import pytensor.tensor as pt

    mirror = low + high > 0.0
    far = _log_ndtr(pt.switch(mirror, -high, low))
    near = _log_ndtr(pt.switch(mirror, -low, high))
    return near + pt.log1mexp(far - near)


def _log_ndtr(x: Any) -> Any:
    import pytensor.tensor as pt

    # Each branch sees only arguments it can take, or the unused one would put NaN in the gradient.
    below, above = pt.minimum(x, -1.0), pt.maximum(x, -1.0)
    tail = pt.log(0.5 * pt.erfcx(-below * _ROOT_HALF)) - 0.5 * below * below
    return pt.switch(x < -1.0, tail, pt.log1p(-0.5 * pt.erfc(above * _ROOT_HALF)))


@cache
def compile_model(priors: Priors, moderators: tuple[str, ...]) -> CompiledModel:
    """Build and compile the model, once a process; takes some 15 seconds, needs no C compiler.

    Raises
    ------
    ConfigError
        If the slopes' prior is improper: the slope of an absent moderator keeps its prior.
    """
    if moderators and not priors.slope.proper:
        raise ConfigError(
            f"prior of the slopes {priors.slope}: improper; give a proper one, such as normal:0,10"
        )
    nothing = np.array([1.0, 2.0])
    names = ["y", "se", "low", "high", "se_bound"]
    names += [f"x_{name}{end}" for name in moderators for end in ("", "_bound")]
    data = dict.fromkeys(names, nothing)
    model = compile_family(lambda: build_model(priors, moderators, data), "random_effects")
    return CompiledModel(model, moderators, priors)
