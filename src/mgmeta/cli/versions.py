"""Versions of the packages that compute and draw the results, for the verbs that print them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "pymc",
    "arviz",
    "nutpie",
    "matplotlib",
    "jinja2",
    "snakemake",
)


def package_versions() -> dict[str, str]:
    """Return name -> version of mgmeta, Python and the packages; one that is not there is left out."""
    found = {"mgmeta": version("mgmeta"), "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
