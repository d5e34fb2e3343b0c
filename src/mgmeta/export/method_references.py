"""References of the methods themselves, as BibTeX fields; the evidence tables hold the rest."""

from __future__ import annotations

METHOD_REFERENCES: dict[str, dict[str, str]] = {
    "method_dersimonian1986": {
        "author": "DerSimonian, R and Laird, N",
        "title": "Meta-analysis in clinical trials",
        "journal": "Controlled Clinical Trials",
        "year": "1986",
        "volume": "7",
        "pages": "177--188",
    },
    "method_hartung2001": {
        "author": "Hartung, J and Knapp, G",
        "title": "A refined method for the meta-analysis of controlled clinical trials with binary outcome",
        "journal": "Statistics in Medicine",
        "year": "2001",
        "volume": "20",
        "pages": "3875--3889",
    },
    "method_higgins2009": {
        "author": "Higgins, JPT and Thompson, SG and Spiegelhalter, DJ",
        "title": "A re-evaluation of random-effects meta-analysis",
        "journal": "Journal of the Royal Statistical Society: Series A",
        "year": "2009",
        "volume": "172",
        "pages": "137--159",
    },
    "method_guyatt2008": {
        "author": "Guyatt, GH and others",
        "title": "GRADE: an emerging consensus on rating quality of evidence and strength of recommendations",
        "journal": "BMJ",
        "year": "2008",
        "volume": "336",
        "pages": "924--926",
    },
}
"""Key -> fields, keys as ``methods.md`` cites them."""
