"""Dose-response: curves through zero dose = zero effect, their fits, bands and tests."""
