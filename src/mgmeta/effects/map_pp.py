"""Systolic and diastolic effects from mean arterial and pulse pressure.

MAP = DBP + PP/3 and PP = SBP - DBP give SBP = MAP + 2/3 PP and DBP = MAP - PP/3.
The SE needs the correlation of the two effects, which nobody prints; it follows
from the SDs of change of SBP and DBP and their correlation.
"""

from __future__ import annotations

import math

# outcome -> coefficient of PP in the conversion
PP_COEFFICIENT = {"sbp": 2.0 / 3.0, "dbp": -1.0 / 3.0}


def map_pp_correlation(sd_sbp: float, sd_dbp: float, correlation: float) -> float:
    r"""Return the correlation of MAP and PP effects.

    With :math:`C = r s_S s_D`: :math:`\mathrm{cov}(MAP, PP) = (s_S^2 + C - 2 s_D^2)/3`,
    :math:`\mathrm{var}(MAP) = (s_S^2 + 4 s_D^2 + 4 C)/9`,
    :math:`\mathrm{var}(PP) = s_S^2 + s_D^2 - 2 C`.

    Parameters
    ----------
    sd_sbp, sd_dbp : float
        SDs of change, mmHg.
    correlation : float
        Correlation of the SBP and DBP effects (Riley 2015: 0.45 to 0.78).
    """
    covariance = correlation * sd_sbp * sd_dbp
    joint = (sd_sbp**2 + covariance - 2.0 * sd_dbp**2) / 3.0
    var_map = (sd_sbp**2 + 4.0 * sd_dbp**2 + 4.0 * covariance) / 9.0
    var_pp = sd_sbp**2 + sd_dbp**2 - 2.0 * covariance
    return joint / math.sqrt(var_map * var_pp)


def convert(
    outcome: str, map_effect: tuple[float, float], pp_effect: tuple[float, float], correlation: float
) -> tuple[float, float]:
    """Return (effect, SE) of SBP or DBP from those of MAP and PP.

    Parameters
    ----------
    outcome : str
        ``sbp`` or ``dbp``.
    map_effect, pp_effect : tuple of float
        (effect, SE), mmHg.
    correlation : float
        Correlation of the MAP and PP effects.
    """
    c = PP_COEFFICIENT[outcome]
    variance = (
        map_effect[1] ** 2 + (c * pp_effect[1]) ** 2 + 2.0 * c * correlation * map_effect[1] * pp_effect[1]
    )
    return map_effect[0] + c * pp_effect[0], math.sqrt(variance)
