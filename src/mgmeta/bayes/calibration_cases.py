"""What is calibrated: the exact engine and every family of PyMC models, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mgmeta.bayes import baseline_risk, bivariate, robust, sd_unknown
from mgmeta.bayes.calibration import Case, Ranked, Sampled, Simulated
from mgmeta.bayes.calibration_baseline import simulate_baseline
from mgmeta.bayes.calibration_normal import (
    MODERATORS,
    MU,
    SLOPE,
    TAU,
    normal_trials,
    simulate_mixture,
    simulate_normal,
    simulate_regression,
    simulate_student,
)
from mgmeta.bayes.calibration_pair import simulate_bivariate
from mgmeta.bayes.calibration_sd import simulate_sd_unknown
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.family import compile_family
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.pymc_model import Priors, compile_model


def exact_repeat(rng: np.random.Generator, _: str) -> Ranked:
    """Return the exact posterior probabilities below the true mean and the true spread."""
    truth, rows = normal_trials(rng)
    posterior = fit_exact(rows, mu=MU, tau=TAU)
    return Ranked({key: float(getattr(posterior, key).cdf(value)[0]) for key, value in truth.items()})


def compiled_normal() -> Any:
    """Compile the normal model with its moderators, once a process."""
    return compile_model(Priors(MU, SLOPE, TAU), MODERATORS).compiled


def _pymc(
    key: str,
    compile_it: Callable[[], Any],
    names: tuple[str, ...],
    simulate: Callable[[np.random.Generator], Simulated],
    *,
    careful: bool = False,
) -> Case:
    # The module of the simulator imports that of the model.
    code = (simulate.__module__,)
    return Case(key, "pymc", code, lambda: Sampled(compile_it(), names, simulate, careful))


def _family(build: Callable[..., Any], *more: Prior) -> Callable[[], Any]:
    return partial(compile_family, partial(build, MU, TAU, *more))


SLOPES = tuple(f"slope_{name}" for name in MODERATORS)
_EXACT = ("mgmeta.bayes.exact", "mgmeta.bayes.calibration_normal")
CASES: dict[str, Case] = {
    case.key: case
    for case in (
        Case("exact", "exact", _EXACT, lambda: exact_repeat),
        _pymc("normal", compiled_normal, ("mu", "tau"), simulate_normal),
        _pymc("moderators", compiled_normal, ("mu", *SLOPES, "tau"), simulate_regression),
        _pymc("sd_unknown", _family(sd_unknown.build), sd_unknown.SAMPLED, simulate_sd_unknown),
        _pymc("student_t", _family(robust.build_student), robust.STUDENT, simulate_student),
        _pymc("mixture", _family(robust.build_mixture), robust.MIXTURE, simulate_mixture, careful=True),
        _pymc("bivariate", _family(bivariate.build), bivariate.NAMES, simulate_bivariate),
        _pymc("baseline_risk", _family(baseline_risk.build, SLOPE), baseline_risk.SAMPLED, simulate_baseline),
    )
}
