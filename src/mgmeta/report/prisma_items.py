"""The 27 items of PRISMA 2020: what each asks, where it is answered here, what is missing.

Topics are those of the statement, in short words of our own (Page MJ et al. BMJ 2021;372:n71).
A status says what was done, not how well.
"""

from __future__ import annotations

from dataclasses import dataclass

ANSWERED = "answered"
PARTLY = "partly"
NOT_DONE = "not done"
STATUSES = (ANSWERED, PARTLY, NOT_DONE)

# The items about the risk of bias of the trials: their status depends on whether anyone assessed it.
RISK_OF_BIAS_ITEMS = (11, 18)


@dataclass(frozen=True)
class PrismaItem:
    """One item.

    Attributes
    ----------
    number : int
        1 to 27.
    section, topic : str
        Part of a review it belongs to; what it asks about.
    status : str
        One of `STATUSES`.
    answer : str
        What is there and what is not.
    chapters : tuple of str
        Keys of the chapters that answer it.
    """

    number: int
    section: str
    topic: str
    status: str
    answer: str
    chapters: tuple[str, ...] = ()


_TITLE, _INTRO, _METHODS = "Title and abstract", "Introduction", "Methods"
_RESULTS, _DISCUSSION, _OTHER = "Results", "Discussion", "Other"
NOT_ASSESSED = "Nobody has assessed it: there is no rob.csv. Blinding alone is not taken for it."

PRISMA_ITEMS = (
    PrismaItem(
        1,
        _TITLE,
        "Title",
        PARTLY,
        "The title asks the question; it does not say systematic review, for no search was made.",
    ),
    PrismaItem(
        2,
        _TITLE,
        "Abstract",
        PARTLY,
        "The answer stands first; there is no structured abstract.",
        ("answer",),
    ),
    PrismaItem(
        3,
        _INTRO,
        "Rationale",
        PARTLY,
        "What one published review found, and why words count; no survey of the field.",
        ("headline", "silence"),
    ),
    PrismaItem(4, _INTRO, "Objectives", ANSWERED, "Protocol, section 1."),
    PrismaItem(
        5,
        _METHODS,
        "Eligibility criteria",
        ANSWERED,
        "Protocol, section 3; what each analysis selects.",
        ("methods",),
    ),
    PrismaItem(
        6,
        _METHODS,
        "Information sources",
        PARTLY,
        "Where each value was read is listed; no database was searched for this report.",
        ("sources",),
    ),
    PrismaItem(
        7, _METHODS, "Search strategy", NOT_DONE, "No literature search of our own: trials may be missing."
    ),
    PrismaItem(
        8,
        _METHODS,
        "Selection process",
        PARTLY,
        "Criteria are applied to the table by program; no duplicate screening by people.",
        ("evidence",),
    ),
    PrismaItem(
        9,
        _METHODS,
        "Data collection",
        PARTLY,
        "Every value has its source, and programs check the tables; no duplicate extraction is recorded.",
        ("checks", "sources"),
    ),
    PrismaItem(
        10, _METHODS, "Data items", ANSWERED, "data/raw/README.md defines every column; protocol, section 4."
    ),
    PrismaItem(11, _METHODS, "Assessment of risk of bias", NOT_DONE, NOT_ASSESSED, ("certainty",)),
    PrismaItem(
        12,
        _METHODS,
        "Effect measures",
        ANSWERED,
        "Mean difference in mmHg; protocol, sections 1 and 5.",
        ("methods",),
    ),
    PrismaItem(
        13,
        _METHODS,
        "Synthesis",
        ANSWERED,
        "Models, moderators and scenarios; protocol, sections 5 to 8.",
        ("methods", "scenarios"),
    ),
    PrismaItem(
        14,
        _METHODS,
        "Assessment of reporting bias",
        ANSWERED,
        "Silent trials counted and taken as not significant in a scenario; funnel, tests of asymmetry, "
        "selection models.",
        ("silence", "robustness", "certainty"),
    ),
    PrismaItem(
        15,
        _METHODS,
        "Assessment of certainty",
        PARTLY,
        "GRADE-style domains by rule, protocol, section 11.2; no panel has rated them.",
        ("certainty",),
    ),
    PrismaItem(
        16,
        _RESULTS,
        "Selection of trials",
        PARTLY,
        "Flow from trials in the table to trials pooled, each exclusion with its reason; "
        "records found by a search are not counted, for there was none.",
        ("evidence", "certainty"),
    ),
    PrismaItem(
        17, _RESULTS, "Characteristics of trials", ANSWERED, "One row for each pooled trial.", ("evidence",)
    ),
    PrismaItem(18, _RESULTS, "Risk of bias in trials", NOT_DONE, NOT_ASSESSED, ("certainty",)),
    PrismaItem(
        19,
        _RESULTS,
        "Results of single trials",
        ANSWERED,
        "Forest plots with their tables; how each number came about.",
        ("trials", "decisions"),
    ),
    PrismaItem(
        20,
        _RESULTS,
        "Results of syntheses",
        ANSWERED,
        "Estimates, intervals, heterogeneity, moderators, sensitivity.",
        ("answer", "moderators", "scenarios", "multiverse", "robustness"),
    ),
    PrismaItem(
        21,
        _RESULTS,
        "Reporting bias",
        ANSWERED,
        "What silence does; funnel, asymmetry and averaged models of bias for each outcome.",
        ("silence", "robustness", "certainty"),
    ),
    PrismaItem(
        22,
        _RESULTS,
        "Certainty of evidence",
        ANSWERED,
        "A grade for each outcome, each domain with its reason.",
        ("certainty",),
    ),
    PrismaItem(
        23,
        _DISCUSSION,
        "Discussion",
        PARTLY,
        "Set beside other reviews and common claims; no implications for practice or policy are drawn.",
        ("headline", "ledger", "claims"),
    ),
    PrismaItem(
        24,
        _OTHER,
        "Registration and protocol",
        PARTLY,
        "docs/protocol.md, changes in its sections 10 and 11; no registration is recorded.",
    ),
    PrismaItem(25, _OTHER, "Support", NOT_DONE, "Not stated."),
    PrismaItem(26, _OTHER, "Competing interests", NOT_DONE, "Not stated."),
    PrismaItem(
        27,
        _OTHER,
        "Data, code, materials",
        ANSWERED,
        "Raw tables, code and configuration are in the repository; one command rebuilds this page.",
        ("sources", "cite"),
    ),
)
