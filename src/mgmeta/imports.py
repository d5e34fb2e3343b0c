"""Imports that a package makes only because something else happens to be installed: kept out.

A package may load a second one for a feature that mgmeta does not use. Where that costs a command a tenth of
a second or more, the second one is hidden while the first is imported, as if it were not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Make ``import NAME`` fail inside the block for modules not yet imported; afterwards all is as before.

    Parameters
    ----------
    names
        Top-level modules. One that is already loaded stays usable: hiding it would save nothing.
    """
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
