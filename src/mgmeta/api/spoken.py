"""Options and messages as Python says them: ``separate_tau2=`` for ``--separate-tau2``, 95 as 0.95."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mgmeta.errors import ConfigError, MgmetaError


def in_python(text: str) -> str:
    """Return a message with its options as keywords: ``--keep-unbounded`` is ``keep_unbounded=``."""
    return re.sub(r"--([a-z][a-z0-9-]*)", lambda found: f"{found[1].replace('-', '_')}=", text)


@contextmanager
def spoken_in_python() -> Iterator[None]:
    """Name options in messages as Python does: ``--separate-tau2`` is ``separate_tau2=`` here.

    Raises
    ------
    MgmetaError
        The error itself, of its own kind.
    """
    try:
        yield
    except MgmetaError as error:
        text = in_python(str(error))
        raise type(error)(text) from error


def proportion(level: float) -> float:
    """Return a level of intervals as a proportion: 95 is 0.95.

    Raises
    ------
    ConfigError
        If it is not between 0 and 100.
    """
    found = level / 100.0 if level >= 1.0 else level
    if not 0.0 < found < 1.0:
        raise ConfigError(f"level= {level:g} is not between 0 and 1; write 0.95 for 95 %")
    return float(found)
