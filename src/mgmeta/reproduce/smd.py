r"""Standardised mean differences from slice rows.

A standardised effect divides by an SD within groups. Few sources print one, but a
row's SE holds the SD of change it rests on: :math:`s = SE / \sqrt{1/n_1 + 1/n_2}`.
So :math:`g = J\,y/s` is Hedges's g standardised by the SD of change. A result in
words needs no SD at all: "not significant" is :math:`|g| < J\,t_{crit}\sqrt{1/n_1 + 1/n_2}`.
Only parallel groups: the SD of a paired difference is another quantity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mgmeta.effects.sd_model import SdModel
from mgmeta.pooling.slice_input import Row


@dataclass(frozen=True)
class Standardised:
    """Rows on the standardised scale, times `sd`; `refused` = trials without arm sizes or crossovers.

    Attributes
    ----------
    rows : tuple of slice rows
        Effects and bounds as g times `sd`, in mmHg, so that limits and priors in mmHg hold.
    sd : float
        The SD of change all are expressed at, mmHg.
    """

    rows: tuple[Row, ...]
    sd: float
    refused: tuple[str, ...]


def standardise(rows: Sequence[Row], outcome: str, sd_model: SdModel) -> Standardised:
    r"""Return Hedges's g of every row, times the table's SD of change.

    :math:`J = 1 - 3/(4\,df - 1)`, :math:`var(g) = J^2(1/n_1 + 1/n_2) + g^2/(2(n_1 + n_2))`.

    Parameters
    ----------
    rows
        Slice rows of one outcome, mmHg.
    sd_model
        Gives the SD of change of clinic pressures in parallel groups (root mean square of the table).

    References
    ----------
    Hedges LV. J Educ Stat 1981;6:107-128. Borenstein M et al. Introduction to Meta-Analysis
    (2009), chapter 4.
    """
    sd = sd_model.borrow(outcome, "unspecified", "parallel").sd
    kept, refused = [], []
    for row in rows:
        n_mg, n_control = row["n_mg"], row["n_control"]
        if row["design"] != "parallel" or not n_mg or not n_control or n_mg + n_control < 4:
            refused.append(str(row["trial_id"]))
            continue
        scale = math.sqrt(1.0 / n_mg + 1.0 / n_control)
        small = 1.0 - 3.0 / (4.0 * (n_mg + n_control - 2.0) - 1.0)
        # One factor takes mmHg to g times sd.
        factor = small * sd * scale / row["sei"]
        new = {**row, "sei": small * sd * scale, "sei_low": None, "sei_high": None}
        if row["kind"] == "estimate":
            new["yi"] = row["yi"] * factor
            g = new["yi"] / sd
            new["sei"] = sd * math.sqrt((small * scale) ** 2 + g * g / (2.0 * (n_mg + n_control)))
        else:
            for end in ("yi_low", "yi_high"):
                new[end] = None if row[end] is None else row[end] * factor
        kept.append(new)
    return Standardised(tuple(kept), sd, tuple(refused))
