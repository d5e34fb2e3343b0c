"""The multiverse in parts: some readings of the table a job, joined into the whole again.

A part holds the estimates of its readings and the marks of what they pooled, bit by bit. Readings
do not know of each other, so joined parts equal one run whatever the number of parts.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.reproduce.choices import CHOICES, READING, of_kind
from mgmeta.reproduce.multiverse import Universe
from mgmeta.reproduce.worlds import Reading, all_readings

ARRAYS = ("estimate", "ci_low", "ci_high", "tau", "k")
MARK = 16  # bytes


def readings_of(index: int, count: int) -> tuple[Reading, ...]:
    """Return the readings of part *index* (from 1) of *count*: neighbours, for they share their derivation.

    Raises
    ------
    ConfigError
        If there are more parts than readings.
    """
    readings = all_readings()
    if count > len(readings):
        raise ConfigError(
            f"--part {index}/{count}: there are {len(readings)} readings of the table; ask for no more parts"
        )
    edges = [round(len(readings) * i / count) for i in (index - 1, index)]
    return readings[edges[0] : edges[1]]


def part_bytes(universes: Mapping[str, Universe], readings: Sequence[Reading]) -> bytes:
    """Return one part as an NPZ file: of every outcome the arrays at *readings* and the marks."""
    arrays: dict[str, NDArray[Any]] = {"readings": np.array(readings, dtype=np.int64)}
    at = tuple(arrays["readings"].T)
    for name, universe in universes.items():
        for array in ARRAYS:
            arrays[f"{name}:{array}"] = getattr(universe, array)[at]
        marks = b"".join(sorted(universe.seen))
        arrays[f"{name}:seen"] = np.frombuffer(marks, dtype=np.uint8).reshape(-1, MARK)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # NumPy takes them for allow_pickle
    return file.getvalue()


def join_parts(files: Mapping[str, bytes]) -> dict[str, Universe]:
    """Return the whole of all parts, given as file name -> content.

    Raises
    ------
    DataError
        If a file is no part of this multiverse, or a reading is there twice or not at all.
    """
    shape = tuple(len(choice.levels) for choice in CHOICES)
    values: dict[str, dict[str, NDArray[Any]]] = {}
    seen: dict[str, set[bytes]] = {}
    owner: dict[Reading, str] = {}
    for file, content in files.items():
        part = _read(file, content)
        readings = part.pop("readings")
        for reading in map(tuple, readings.tolist()):
            if reading in owner:
                raise DataError(
                    f"{file}: the reading {reading} is in {owner[reading]} too; join each part once"
                )
            owner[reading] = file
        at = tuple(readings.T)
        for key, array in part.items():
            name, _, kind = key.partition(":")
            if kind == "seen":
                seen.setdefault(name, set()).update(row.tobytes() for row in array)
            else:
                own = values.setdefault(name, {})
                own.setdefault(kind, np.full(shape, np.nan))[at] = array
    missing = [reading for reading in all_readings() if reading not in owner]
    if missing:
        raise DataError(
            f"{', '.join(files)}: {len(missing)} of {len(all_readings())} readings are in no part, the first "
            f"of them {missing[0]}; join all parts of one --part I/N"
        )
    return {name: Universe(name, **own, seen=frozenset(seen[name])) for name, own in values.items()}


def _read(file: str, content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of one part, checked against the choices."""
    rest = tuple(len(choice.levels) for choice in CHOICES)[len(of_kind(READING)) :]
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
            part = {key: loaded[key] for key in loaded.files}
        n = len(part["readings"])
        fits = all(
            array.shape == (n, *rest) for key, array in part.items() if key.partition(":")[2] in ARRAYS
        )
    except (ValueError, OSError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(
            f"{file}: no part of a multiverse ({error}); write it with --part I/N --out"
        ) from None
    if not fits:
        raise DataError(
            f"{file}: a part of another multiverse, whose choices have other levels; make it anew"
        )
    return part
