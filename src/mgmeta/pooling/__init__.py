"""Frequentist results: pools, regressions, subgroups, bounded likelihood."""
