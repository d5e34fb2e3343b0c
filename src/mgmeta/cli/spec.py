"""The resolved analysis that the workflow hands to a verb: ``--spec``, JSON or ``@FILE``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mgmeta.errors import ConfigError

spec_option = click.option("--spec", required=True, help="The resolved analysis as JSON, or @FILE.")


def read_object(text: str, needed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the JSON object given as text or as ``@FILE``.

    Parameters
    ----------
    text
        What stands behind ``--spec``.
    needed
        Keys it must have.

    Raises
    ------
    ConfigError
        If the file cannot be read, or it is not a JSON object with those keys.
    """
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--spec {text}: cannot be read as UTF-8 text ({error})") from None
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--spec: not JSON ({error}); expected the resolved analysis, or @FILE") from None
    if not isinstance(found, dict):
        raise ConfigError(f"--spec: found a JSON {type(found).__name__}, expected an object")
    missing = [key for key in needed if key not in found]
    if missing:
        raise ConfigError(f"--spec: no key {', '.join(missing)}; expected at least {', '.join(needed)}")
    return found
