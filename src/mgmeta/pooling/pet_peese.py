"""PET, PEESE and their combination: the effect a study without error would have."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from mgmeta.pooling.small_study import Line, LineTerm, fit_line, fit_line_bounded

SWITCH_P = 0.10
"""PEESE is used if PET's intercept has two-sided P below this (one-sided 0.05)."""


@dataclass(frozen=True)
class PetPeese:
    """Both lines and what the rule makes of them.

    Attributes
    ----------
    pet : line on the SE; its intercept is the PET estimate
    peese : line on the variance; its intercept is the PEESE estimate
    chosen : "PET" or "PEESE"
    estimate : the chosen intercept
    warnings : of both lines
    """

    pet: Line
    peese: Line
    chosen: str
    estimate: LineTerm
    warnings: tuple[str, ...]


def pet_peese(y: ArrayLike, v: ArrayLike, *, model: str = "lm", test: str = "t", level: float) -> PetPeese:
    """Fit PET and PEESE and choose: PEESE if PET's intercept has P < 0.10, else PET.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    model, test, level : as in :func:`mgmeta.pooling.small_study.fit_line`

    References
    ----------
    Stanley TD, Doucouliagos H. Res Synth Methods 2014;5:60-78.
    """
    lines = [fit_line(y, v, predictor=name, model=model, test=test, level=level) for name in ("sei", "vi")]
    return _choose(*lines)


def pet_peese_bounded(
    y: ArrayLike, se: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float
) -> PetPeese:
    """Fit PET and PEESE to numbers plus bounds by maximum likelihood.

    Parameters
    ----------
    y, se, lower, upper : (k,) effects (NaN = bound), standard errors, ends of the bounds (infinite = open)
    level : of the intervals, e.g. 0.95
    """
    lines = [fit_line_bounded(y, se, lower, upper, predictor=name, level=level) for name in ("sei", "vi")]
    return _choose(*lines)


def _choose(pet: Line, peese: Line) -> PetPeese:
    chosen = "PEESE" if pet.intercept.p_value < SWITCH_P else "PET"
    estimate = (peese if chosen == "PEESE" else pet).intercept
    warnings = tuple(dict.fromkeys(pet.warnings + peese.warnings))
    return PetPeese(pet, peese, chosen, estimate, warnings)
