"""What is wrong with a configuration, in the words of the person who wrote it.

The schema says what is allowed; this module turns its verdicts into lines that
name the key, what was found and what was expected.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from mgmeta.imports import hidden

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Key = tuple[str | int, ...]
Problem = tuple[Key, str]


@cache
def schema(name: str = "config") -> dict[str, Any]:
    """Return the JSON schema of a configuration file (``<name>.schema.yaml``).

    Its definition ``outcome`` lists what can be pooled, so that a new outcome is one entry in
    :mod:`mgmeta.evidence.outcomes`.
    """
    import yaml

    from mgmeta.evidence.outcomes import OUTCOMES

    text = resources.files("mgmeta").joinpath(f"{name}.schema.yaml").read_text(encoding="utf-8")
    # The file is our own, so the fast reader may have it: 2 ms instead of 40.
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(loaded, dict)
    # A schema that defines an ``outcome`` of its own means something else by it.
    return {**loaded, "$defs": {"outcome": {"enum": list(OUTCOMES)}, **loaded.get("$defs", {})}}


def problems(raw: Any, against: Mapping[str, Any] | None = None) -> list[Problem]:
    """Return everything a schema (that of the configuration) has against *raw*, as (key, message) pairs.

    Infinite and undefined numbers are refused as well: YAML can write them, and
    no bound of a JSON schema catches a NaN.
    """
    validator = _validator_class()(schema() if against is None else against)
    found = [problem for error in validator.iter_errors(raw) for problem in _explain(error)]
    return found or list(_not_finite(raw, ()))


FORMATS = (
    *("fqdn", "idna", "isoduration", "jsonpointer", "rfc3339_validator", "rfc3986_validator", "rfc3987"),
    *("rfc3987_syntax", "uri_template", "webcolors"),
)
"""What jsonschema loads, where it is installed, to check addresses, durations and colours."""


def _validator_class() -> Any:
    """Return the validator, without what jsonschema loads to check the formats that no schema here asks for.

    The bill of materials brings those packages along; the grammar of addresses alone takes more than a second
    of every command, the others a quarter of one.
    """
    with hidden(*FORMATS):
        from jsonschema import Draft202012Validator
    return Draft202012Validator


def _not_finite(value: Any, key: Key) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _not_finite(item, (*key, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_finite(item, (*key, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield key, f"found {value!r}; expected a finite number"


_TYPES = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def _explain(error: ValidationError) -> Iterator[Problem]:
    """Yield (key, message) for one error of the JSON schema, in the analyst's words."""
    key: Key = tuple(error.absolute_path)
    rule = str(error.validator)
    limit: Any = error.validator_value
    found: Any = error.instance
    if rule == "additionalProperties":
        allowed = list(error.schema["properties"])  # type: ignore[index]
        for extra in found:
            if extra not in allowed:
                yield (*key, extra), f"unknown key{hint(extra, allowed)}; allowed here: {', '.join(allowed)}"
    elif rule == "required":
        for name in limit:
            if name not in found and repr(name) in error.message:
                yield (*key, name), "missing"
    elif rule == "enum":
        yield key, f"found {_show(found)}; allowed: {', '.join(map(str, limit))}{hint(found, limit)}"
    elif rule == "type":
        kinds = [limit] if isinstance(limit, str) else limit
        yield key, f"found {_show(found)}; expected {' or '.join(_TYPES[kind] for kind in kinds)}"
    elif rule == "pattern" and key[:1] == ("bayes",):
        yield (
            key,
            f"found {_show(found)}; expected <family>:<numbers>, for example normal:0,10 or halfnormal:5",
        )
    elif rule == "pattern":
        yield key, f"found {_show(found)}; expected a name of a-z, 0-9 and _ only"
    elif rule == "uniqueItems":
        yield key, f"found {_show(found)}; a value stands there twice"
    elif rule in ("minItems", "minLength", "minProperties"):
        yield key, f"found {_show(found)}; must not be empty"
    else:
        words = {
            "minimum": "at least",
            "maximum": "at most",
            "exclusiveMinimum": "above",
            "exclusiveMaximum": "below",
        }
        yield key, f"found {_show(found)}; must be {words[rule]} {limit}"


def _show(value: Any) -> str:
    """Return a found value as the file's author would know it."""
    if value is True or value is False:
        return f"{str(value).lower()} (a yes/no that YAML took for true/false? put it in quotes)"
    if isinstance(value, Mapping):
        return "a block of keys"
    return "nothing" if value is None else repr(value)


def hint(found: Any, allowed: list[Any]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest allowed value, or nothing."""
    near = difflib.get_close_matches(str(found), [str(item) for item in allowed], n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def dotted(key: Key) -> str:
    """Return a key as ``analyses.update.select.blinding[0]``."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else f"{part}"
    return text or "(the whole file)"
