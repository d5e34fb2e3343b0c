"""Several tables changed at once, all or none, whatever kills the process.

The new bytes of every table are first written beside it and flushed to disk. Then a journal that names
them is renamed into place: this one rename is the moment the change is made. Only then is each table
replaced, and the journal removed at the end. Killed before the journal, nothing has changed; killed after
it, :func:`recover` goes on where it stopped. Every verb that reads the tables refuses them while a journal
lies there, so a half-changed set of tables is never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mgmeta.errors import DataError
from mgmeta.evidence.load import JOURNAL
from mgmeta.io import write_bytes, write_json

STAGED = ".mgmeta-new."


@dataclass(frozen=True)
class Change:
    """One file of a change: its bytes before (None: not there) and after (None: to be deleted)."""

    before: bytes | None
    after: bytes | None


def commit(folder: Path, changes: Mapping[str, Change]) -> None:
    """Change the files of *folder*, all or none, in the order given.

    Parameters
    ----------
    folder : Path
        Folder of the files; both the staged files and the journal lie here, on the same file system.
    changes : mapping of str to Change
        File name -> change. Files that stay as they are may be among them.

    Raises
    ------
    DataError
        If a file is no longer as it was when the change was planned, the folder cannot be written, or
        another process is changing it.
    """
    with locked(folder):
        recover(folder)
        for name, change in changes.items():
            if _bytes(folder / name) != change.before:
                raise DataError(f"{folder / name}: has changed while the rows were checked; run again")
        real = {name: change for name, change in changes.items() if change.before != change.after}
        if not real:
            return
        try:
            _stage(folder, real)
        except BaseException:
            if not (folder / JOURNAL).exists():
                _clear(folder)
            raise
        _finish(folder)


def _stage(folder: Path, changes: Mapping[str, Change]) -> None:
    entries = []
    for name, change in changes.items():
        if change.after is not None:
            write_bytes(folder / f"{STAGED}{name}", change.after)
        entries.append({"file": name, "sha256": _digest(change.after)})
    _flush(folder)
    write_json(folder / JOURNAL, {"files": entries})
    _flush(folder)


def recover(folder: Path) -> bool:
    """Finish a change whose journal lies in *folder*, or clear what an unborn one left.

    Returns
    -------
    bool
        Whether there was one to finish.

    Raises
    ------
    DataError
        If the journal names a file that is neither staged nor already in place: it is not of this program.
    """
    if (folder / JOURNAL).exists():
        _finish(folder)
        return True
    _clear(folder)
    return False


def _finish(folder: Path) -> None:
    for name, digest in _entries(folder / JOURNAL):
        target, staged = folder / name, folder / f"{STAGED}{name}"
        if digest is None:
            target.unlink(missing_ok=True)
        elif _digest(_bytes(staged)) == digest:
            os.replace(staged, target)
        elif _digest(_bytes(target)) != digest:
            raise DataError(
                f"{folder / JOURNAL}: names {name}, whose new rows are gone; restore the tables "
                f"(`git checkout {folder}`) and delete this file"
            )
    _flush(folder)
    (folder / JOURNAL).unlink()
    _flush(folder)


def _entries(path: Path) -> list[tuple[str, str | None]]:
    try:
        entries = [(str(entry["file"]), entry["sha256"]) for entry in json.loads(path.read_bytes())["files"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise DataError(f"{path}: not a journal of mgmeta ({problem}); delete it") from None
    for name, _ in entries:
        if Path(name).name != name or name.startswith("."):
            raise DataError(f"{path}: found the file name {name!r}, expected one of this folder; delete it")
    return entries


def _clear(folder: Path) -> None:
    for staged in folder.glob(f"{STAGED}*"):
        staged.unlink(missing_ok=True)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise DataError(f"{path}: cannot be read ({problem.strerror})") from None


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _flush(folder: Path) -> None:
    """Make renames last through a power cut, where the system can flush a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes; the system lets go if this one dies.

    Raises
    ------
    DataError
        If the folder is not there, or another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks here; the check of the bytes remains
        yield
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise DataError(
            f"{folder}: cannot be opened ({problem.strerror}); expected the folder of the raw tables"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DataError(f"{folder}: another mgmeta is changing the tables; wait for it") from None
    finally:
        os.close(descriptor)
