"""Strict settings: the analyst's YAML file, checked, resolved, as frozen dataclasses."""

from mgmeta.config.check import schema
from mgmeta.config.load import load_config, resolve
from mgmeta.config.records import Analysis, Assume, BayesSettings, Config, Moderator, Select, Target
from mgmeta.config.text import read_yaml

__all__ = [
    "Analysis",
    "Assume",
    "BayesSettings",
    "Config",
    "Moderator",
    "Select",
    "Target",
    "load_config",
    "read_yaml",
    "resolve",
    "schema",
]
