"""BibTeX references of the trials and the reviews, from the evidence tables."""

from __future__ import annotations

import re

from mgmeta.evidence.records import Evidence, Review, Source, Trial
from mgmeta.export.method_references import METHOD_REFERENCES
from mgmeta.export.tex import escape


def bibliography(evidence: Evidence) -> str:
    """Return a BibTeX file: one entry a trial (key: its id), one a review (key: ``review_<id>``),
    one a method (key: ``method_<author><year>``).

    Only what the tables hold is printed: a field they leave empty is left out. Where a trial has no title,
    its note says where its values were read. The text is UTF-8.
    """
    sources: dict[str, list[Source]] = {}
    for source in evidence.sources:
        sources.setdefault(source.trial_id, []).append(source)
    entries = {trial.trial_id: _trial(trial, sources.get(trial.trial_id, [])) for trial in evidence.trials}
    for review in evidence.reviews:
        entries.setdefault(f"review_{review.review_id}", _review(review))
    for key, fields in METHOD_REFERENCES.items():
        entries.setdefault(key, fields)
    return "\n".join(_entry(key, entries[key]) for key in sorted(entries))


def _trial(trial: Trial, sources: list[Source]) -> dict[str, str]:
    cited = [source.citation for source in sources if source.citation]
    # A source may be another paper that prints the trial's values: its authors are not the trial's.
    own = [citation for citation in cited if citation.startswith(trial.first_author)]
    more = any("et al" in citation for citation in own)
    return {
        "author": author(trial.first_author, others=more),
        "title": trial.title,
        "journal": trial.journal,
        "year": str(trial.year or ""),
        "volume": trial.volume,
        "pages": trial.pages.replace("-", "--"),
        "doi": trial.doi,
        "pmid": trial.pmid,
        "url": next((source.url for source in sources if source.url), ""),
        "note": "" if trial.title or not cited else f"Values read in: {cited[0]}",
    }


def _review(review: Review) -> dict[str, str]:
    return {
        "author": author(review.first_author, others=False),
        "journal": review.journal,
        "year": str(review.year or ""),
        "doi": review.doi,
        "pmid": review.pmid,
        "url": review.source_url,
    }


def author(name: str, others: bool) -> str:
    """Return a first author ``"Doe JA"`` as BibTeX writes a name, with the others if there are any."""
    if not name:
        return ""
    parts = re.fullmatch(r"(.+) ([A-Z]{1,4})", name)
    # Braces keep a name of several words, without initials, from being taken apart.
    written = f"{escape(parts[1])}, {parts[2]}" if parts else f"{{{escape(name)}}}"
    return f"{written} and others" if others else written


def _entry(key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{_value(name, text)}}},\n" for name, text in fields.items() if text]
    kind = "article" if fields["journal"] else "misc"
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def _value(name: str, text: str) -> str:
    if name == "author":
        return text
    if name in ("doi", "url"):  # printed as they stand, so only what breaks the file is encoded
        return text.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D")
    # Braces around a title keep its capitals.
    return f"{{{escape(text)}}}" if name == "title" else escape(text)
