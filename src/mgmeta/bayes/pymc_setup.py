"""Import PyMC quietly, without a C compiler, and compile models into a folder of their family."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from mgmeta.bayes.compile_folder import compile_folder, locked


def load_pymc() -> ModuleType:
    """Import PyMC and return it.

    PyTensor reads its settings when it is first imported, so they are put in place here:

    - ``cxx=``: no C compiler is looked for or used; models run through numba.
    - ``numba__fastmath=False``: sums in the order they are written, so that draws are the same to the
      last bit whether a model was compiled or loaded.
    - ``base_compiledir``: unless :func:`compile_family` has chosen one, a directory of this process,
      deleted at its end. A caller who sets it in ``PYTENSOR_FLAGS`` keeps it.

    A program that imported PyTensor before keeps its own settings.
    """
    if "pytensor" not in sys.modules:
        if "base_compiledir" not in _flags():
            _set_flag("base_compiledir", _own_folder())
        for name, value in (("cxx", ""), ("numba__fastmath", "False")):
            if name not in _flags():
                _set_flag(name, value)
    with warnings.catch_warnings():
        # ArviZ 0.23 announces its successor once a day.
        warnings.filterwarnings("ignore", message=r"\s*ArviZ is undergoing", category=FutureWarning)
        import pymc
    module: ModuleType = pymc
    return module


def compile_family(build: Callable[[], Any], name: str = "family") -> Any:
    """Build a PyMC model and compile it with nutpie (numba, no C compiler).

    Its parts are kept in :func:`mgmeta.bayes.compile_folder.compile_folder` and loaded by the next process
    that compiles the same model, in a fraction of the time; the draws are the same. A process that
    compiles several families keeps them all in the folder of the first.

    Parameters
    ----------
    build
        Makes the model.
    name
        Of its family.
    """
    kept = _kept()
    folder = kept or compile_folder(name)
    with locked(folder) as held:
        if held and not kept:
            _set_flag("base_compiledir", str(folder))
        load_pymc()
        from pytensor import config

        # Without the lock another process may be writing there: compile everything anew, in memory.
        config.numba__cache = held or _kept() != folder
        return _nutpie(build)


def _kept() -> Path | None:
    """Return the folder that this process compiles into, if it has one."""
    if "pytensor" in sys.modules:
        from pytensor import config

        return Path(str(config.base_compiledir))
    given = _flags().get("base_compiledir")
    return Path(given) if given else None


def _nutpie(build: Callable[[], Any]) -> Any:
    """Compile, without what numba and PyTensor say about speed and about parts they cannot keep."""
    import nutpie
    from numba.core.errors import NumbaPerformanceWarning, NumbaWarning

    with _temporary_files_go_with_the_process(), _loops_of_any_width(), warnings.catch_warnings():
        # A product of a transposed matrix is a little slower; which one numba sees hangs on its caches.
        warnings.filterwarnings("ignore", category=NumbaPerformanceWarning)
        warnings.filterwarnings("ignore", message=".*Cannot cache compiled function", category=NumbaWarning)
        return nutpie.compile_pymc_model(build(), backend="numba")


@contextmanager
def _temporary_files_go_with_the_process() -> Iterator[None]:
    """PyTensor writes its sources for tracebacks, hundreds of small files a model, and leaves them."""
    before, tempfile.tempdir = tempfile.tempdir, _own_folder()
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _loops_of_any_width() -> Iterator[None]:
    """Let PyTensor fuse loops over more than 32 vectors: NumPy's loops have that limit, numba's have none.

    Left apart, the 96 loops of the bivariate model took 79 s to compile; the 24 fused ones take 46.
    """
    from pytensor.tensor.rewriting import elemwise

    before = elemwise.elemwise_max_operands_fct
    elemwise.elemwise_max_operands_fct = lambda node: 1024  # PyTensor's own limit with a C compiler
    try:
        yield
    finally:
        elemwise.elemwise_max_operands_fct = before


@functools.cache
def _own_folder() -> str:
    """Return a folder of this process, deleted at its end."""
    folder = tempfile.mkdtemp(prefix="mgmeta-pytensor-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _flags() -> dict[str, str]:
    """Return the settings of ``PYTENSOR_FLAGS``."""
    flags = [flag for flag in os.environ.get("PYTENSOR_FLAGS", "").split(",") if flag]
    return {key.strip(): value for key, _, value in (flag.partition("=") for flag in flags)}


def _set_flag(name: str, value: str) -> None:
    os.environ["PYTENSOR_FLAGS"] = ",".join(f"{k}={v}" for k, v in (_flags() | {name: value}).items())
