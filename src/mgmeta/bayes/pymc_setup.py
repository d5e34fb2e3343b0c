"""Import PyMC quietly, without a C compiler, in its own compile directory."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import warnings
from types import ModuleType


def load_pymc() -> ModuleType:
    """Import PyMC and return it.

    PyTensor reads its settings when it is first imported, so they are put in place here:

    - ``cxx=``: no C compiler is looked for or used; models run through numba.
    - ``base_compiledir``: a directory of this process, deleted at its end, because two processes
      that share one spoil each other's files. A caller who sets it in ``PYTENSOR_FLAGS`` keeps it.

    A program that imported PyTensor before keeps its own settings.
    """
    if "pytensor" not in sys.modules:
        flags = [flag for flag in os.environ.get("PYTENSOR_FLAGS", "").split(",") if flag]
        given = {flag.partition("=")[0].strip() for flag in flags}
        if "cxx" not in given:
            flags.append("cxx=")
        if "base_compiledir" not in given:
            folder = tempfile.mkdtemp(prefix="mgmeta-pytensor-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            flags.append(f"base_compiledir={folder}")
        os.environ["PYTENSOR_FLAGS"] = ",".join(flags)
    with warnings.catch_warnings():
        # ArviZ 0.23 announces its successor once a day.
        warnings.filterwarnings("ignore", message=r"\s*ArviZ is undergoing", category=FutureWarning)
        import pymc
    module: ModuleType = pymc
    return module
