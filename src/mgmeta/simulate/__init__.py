"""Proof by simulation: trials under known truth, silenced, and every method's coverage."""
