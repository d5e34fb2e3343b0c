"""The one family of errors that are the user's to mend.

The command line prints the message of a :class:`MgmetaError` and exits with
status 2. Any other exception is a bug in mgmeta: it shows its traceback and
exits with status 1.
"""

from __future__ import annotations


class MgmetaError(Exception):
    """Root of all errors caused by input, not by a bug.

    A message says where (``file:row:column``), what was found, what was
    expected, and what to do.
    """


class DataError(MgmetaError):
    """A table, a row or a cell cannot be used as it stands."""


class ConfigError(MgmetaError):
    """A configuration key or an option is wrong."""


class FitError(MgmetaError):
    """A model cannot be fitted to these data (too few rows, collinear, improper)."""
