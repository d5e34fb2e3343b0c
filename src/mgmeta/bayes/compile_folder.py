"""Where compiled models are kept between runs, and the lock that keeps two processes apart."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

# A compilation takes a minute and a half at most; one that holds the lock longer is not waited for.
PATIENCE_SECONDS = 300.0
_PACKAGES = ("pytensor", "numba", "nutpie")


def compile_folder(name: str) -> Path:
    """Return the folder of the compiled parts of one family of models.

    It lies in ``$MGMETA_CACHE``, else ``$XDG_CACHE_HOME/mgmeta``, else ``~/.cache/mgmeta``, below a folder
    named after the versions that compile. Deleting it costs the next run its compilation and nothing else.

    Parameters
    ----------
    name
        Of the family.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = os.environ.get("MGMETA_CACHE") or os.path.join(home, "mgmeta")
    versions = "-".join(f"{package}{version(package)}" for package in _PACKAGES)
    return Path(root) / "compiled" / versions / name


@contextmanager
def locked(folder: Path, patience: float = PATIENCE_SECONDS) -> Iterator[bool]:
    """Hold the lock of a folder; yield whether it is held.

    Two processes that write one of numba's indexes at once can make it name the wrong file, so only
    the holder may read or write there. The lock ends with its process, however that ends. Where a
    file cannot be locked (no such folder, read-only, some network file systems), it is not held.

    Parameters
    ----------
    folder
        Made if it is not there.
    patience
        Seconds to wait for another process.
    """
    handle = _lock(folder, patience)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            handle.close()


def _lock(folder: Path, patience: float) -> IO[str] | None:
    """Open and lock the file, or return None."""
    try:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "lock").open("w")
    except (ImportError, OSError):
        return None
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() >= until:
                break
            time.sleep(0.1)
        except OSError:
            break
    handle.close()
    return None
