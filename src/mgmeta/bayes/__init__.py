"""Bayesian models. Only the submodules that sample import PyMC."""

from mgmeta.front import make_callable

make_callable(__name__)
