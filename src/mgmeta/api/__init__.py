"""The Python API: what the verbs ``pool``, ``bayes`` and ``dose`` compute, on tables in memory.

``import mgmeta as mg`` offers the four functions as ``mg.pool``, ``mg.bayes``, ``mg.dose`` and
``mg.forest``. Each takes a pandas DataFrame or a mapping of columns, hands it to the same function as
the verb of the command line does, and returns a frozen result.
"""

from mgmeta.api.plot import ForestPlot, forest
from mgmeta.api.results import BayesResult, DoseResult, PoolResult
from mgmeta.api.verbs import bayes, dose, pool

__all__ = ["BayesResult", "DoseResult", "ForestPlot", "PoolResult", "bayes", "dose", "forest", "pool"]
