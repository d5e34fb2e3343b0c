"""mgmeta: trial-level evidence synthesis of oral magnesium and blood pressure.

One sign everywhere: magnesium minus control, so a negative effect means that
magnesium lowers the outcome. Importing this package loads nothing heavy; the
numerical libraries come in with the submodule that needs them.

>>> import mgmeta as mg
>>> result = mg.pool({"yi": [-4.1, -1.0, -2.6], "sei": [1.2, 0.9, 0.8]}, test="knha")
>>> round(result.estimate, 2)
-2.44
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mgmeta.api import bayes as bayes
    from mgmeta.api import dose as dose
    from mgmeta.api import forest as forest
    from mgmeta.api import pool as pool

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a name of the API when it is first asked for."""
    # By its name and not by an import statement: what the API runs through is no part of what a verb of
    # the command line runs through, and the workflow reads the latter from import statements.
    import importlib

    return importlib.import_module(f"{__name__}.front").load(name)


def __dir__() -> list[str]:
    """List the API, though none of it is loaded yet."""
    return sorted([*globals(), "bayes", "dose", "forest", "pool"])
