"""mgmeta: trial-level evidence synthesis of oral magnesium and blood pressure.

One sign everywhere: magnesium minus control, so a negative effect means that
magnesium lowers the outcome. Importing this package loads nothing heavy; the
numerical libraries come in with the submodule that needs them.
"""

__version__ = "0.1.0"
