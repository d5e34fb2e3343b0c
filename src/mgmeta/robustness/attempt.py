"""A part that cannot be computed on these rows says why, and stops no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mgmeta.errors import FitError

Json = dict[str, Any]


def attempt(name: str, part: Callable[[], Any]) -> Json:
    """Return ``{name: what part() returns}``, or ``{name: None, name_reason: why}`` after a FitError."""
    try:
        return {name: part()}
    except FitError as error:
        return {name: None, f"{name}_reason": str(error)}
