"""The Python API: what the verbs ``pool``, ``bayes`` and ``dose`` compute, on tables in memory.

``import mgmeta as mg`` offers the four functions as ``mg.pool``, ``mg.bayes``, ``mg.dose`` and
``mg.forest``. Each takes a pandas DataFrame or a mapping of columns, hands it to the same function as
the verb of the command line does, and returns a frozen result.
"""

from mgmeta.api.curve_plot import CurvePlot
from mgmeta.api.curves import dose
from mgmeta.api.plot import ForestPlot, forest
from mgmeta.api.pools import pool
from mgmeta.api.posteriors import bayes
from mgmeta.api.results import BayesResult, DoseResult, PoolResult

__all__ = [
    "BayesResult",
    "CurvePlot",
    "DoseResult",
    "ForestPlot",
    "PoolResult",
    "bayes",
    "dose",
    "forest",
    "pool",
]
