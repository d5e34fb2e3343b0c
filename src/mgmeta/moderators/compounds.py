"""Is the anion of a magnesium compound organic or inorganic, by the name printed."""

from __future__ import annotations

import re

# Anions by the stem of their names; "diglycine" and "amino acid chelate" are chelates of amino acids.
ORGANIC = ("aspartate", "citrate", "gluconate", "glycinate", "diglycine", "lactate", "orotate", "pidolate")
ORGANIC_PHRASES = ("amino acid chelate",)
# Hydrochloride is the acid form of an organic salt, not magnesium chloride.
INORGANIC = ("oxide", "hydroxide", "chloride", "sulfate", "sulphate", "carbonate", "bicarbonate")
# Given with sodium or potassium in the same salt, or in water and food: another intervention.
OTHER = ("sodium", "potassium", "water", "mineral salt")


def compound_class(name: str) -> float | None:
    """Return 1 for an organic salt or chelate, 0 for an inorganic salt, None if it cannot be told.

    Parameters
    ----------
    name
        ``compound`` of ``trials.csv``: the salt in the words of the source.

    Returns
    -------
    float or None
        None where nothing or nothing telling is printed ("chelate", "granulate"), where organic and
        inorganic salts are both named, and where the magnesium is part of another mineral, a food or water.
    """
    text = name.lower()
    if any(word in text for word in OTHER):
        return None
    words = set(re.findall(r"[a-z]+", text))
    organic = bool(words & set(ORGANIC)) or any(phrase in text for phrase in ORGANIC_PHRASES)
    inorganic = bool(words & set(INORGANIC))
    if organic == inorganic:
        return None
    return 1.0 if organic else 0.0
