"""Dose-response: curves through zero dose = zero effect, their fits, bands and tests."""

from mgmeta.front import make_callable

make_callable(__name__)
