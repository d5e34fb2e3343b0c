"""Bayesian models. Only the submodules that sample import PyMC."""
