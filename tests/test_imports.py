"""Hiding a package: only inside the block, and only if it is not loaded yet."""

from __future__ import annotations

import sys

import pytest

from mgmeta.imports import hidden


def test_a_hidden_package_cannot_be_imported_and_comes_back() -> None:
    name = "colorsys"  # of the standard library, used by nothing here
    sys.modules.pop(name, None)
    with hidden(name), pytest.raises(ImportError):
        __import__(name)
    assert __import__(name)


def test_a_loaded_package_stays() -> None:
    with hidden("json"):
        import json

        assert json.loads("1") == 1
    assert sys.modules["json"] is json


def test_an_error_inside_still_brings_it_back() -> None:
    sys.modules.pop("colorsys", None)
    with pytest.raises(ValueError, match="inside"), hidden("colorsys"):
        raise ValueError("inside")
    assert __import__("colorsys")
