"""The registry of hierarchical models, and what they refuse."""

import pytest

from mgmeta.bayes.families import LOADERS, run_family
from mgmeta.bayes.family_names import FAMILIES
from mgmeta.config import load_config
from mgmeta.errors import ConfigError


def test_every_named_family_can_be_loaded():
    assert list(LOADERS) == list(FAMILIES)
    for load in LOADERS.values():
        assert callable(load().run)


def test_unknown_names_are_refused():
    config = load_config("config/config.yaml")
    with pytest.raises(ConfigError, match="no model 'nonsense'; expected one of sd_unknown"):
        run_family("nonsense", {}, config, ("update",))
    with pytest.raises(ConfigError, match="no analysis 'nonsense'"):
        run_family("mixture", {}, config, ("nonsense",))
