"""Numerical kernels on plain arrays (numpy and scipy only)."""
