"""The names of the Python API, each loaded when it is first used.

``mgmeta.bayes`` and ``mgmeta.dose`` are packages of the engine and verbs of the API at once: the
package itself can be called, and hands the call on to :mod:`mgmeta.api`. Python sets a package as an
attribute of its parent whenever a module below it is imported, so a plain function of that name would
vanish behind the first import.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

NAMES = ("bayes", "dose", "forest", "pool")
"""What ``import mgmeta`` offers beside its version."""

PACKAGES = ("bayes", "dose")
"""Those of them that are packages too."""


def load(name: str) -> Any:
    """Return one name of the API, importing what it needs.

    Raises
    ------
    AttributeError
        If the API has no such name.
    """
    if name not in NAMES:
        raise AttributeError(f"module 'mgmeta' has no attribute {name!r}; the API is {', '.join(NAMES)}")
    if name in PACKAGES:
        return importlib.import_module(f"mgmeta.{name}")
    return getattr(importlib.import_module("mgmeta.api"), name)


class CallablePackage(ModuleType):
    """A package that can be called as the verb of its own name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function of this name in :mod:`mgmeta.api`; see its documentation."""
        return _function(self)(*args, **kwargs)

    @property
    def __signature__(self) -> Any:
        """The signature of the function, for ``help`` and notebooks."""
        import inspect

        return inspect.signature(_function(self))


def _function(package: ModuleType) -> Any:
    return getattr(importlib.import_module("mgmeta.api"), package.__name__.rpartition(".")[2])


def make_callable(package: str) -> None:
    """Let an imported package be called."""
    sys.modules[package].__class__ = CallablePackage
