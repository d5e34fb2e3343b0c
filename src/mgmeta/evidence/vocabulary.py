"""The words the raw tables may use, column by column, and the shapes of their identifiers."""

from __future__ import annotations

import re

from mgmeta.evidence.outcomes import OUTCOMES

# Every reported quantity. OUTCOMES holds those that can be pooled.
REPORTED_OUTCOMES: tuple[str, ...] = (*OUTCOMES, "map", "pp", "serum_mg", "fmd", "nitric_oxide")

_RELATIONS = ("=", "<", ">", "")

# file -> column -> allowed words. An empty string means that the cell may be empty.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "trials.csv": {
        "design": ("parallel", "crossover", "factorial", "single_arm", "unclear"),
        "randomised": ("yes", "no", "unclear"),
        "blinding": ("double", "single", "open", "unclear"),
        "comparator": (
            *("placebo", "no_treatment", "usual_care", "active", "cosupplement", "none", "unclear"),
        ),
        "setting": (
            *("general", "pregnancy", "dialysis", "kidney_disease", "heart_failure", "coronary_disease"),
            "other",
        ),
        "bp_status": ("normotensive", "high_normal", "hypertensive", "mixed", "unclear"),
        "bp_treatment": ("untreated", "treated", "mixed", "unclear"),
        "diabetes": ("none", "t1d", "t2d", "mixed", "unclear"),
        "mg_status": ("deficient", "replete", "unselected", "unclear"),
        "dose_basis": ("stated_elemental", "from_mmol", "salt_mass_only", "unclear"),
        "evidence_level": ("numeric", "verbal", "none"),
    },
    "reports.csv": {
        "outcome": REPORTED_OUTCOMES,
        "method": (
            *("office", "home", "ambulatory_24h", "ambulatory_day", "ambulatory_night", "other"),
            "unspecified",
        ),
        "position": ("supine", "sitting", "standing", "unspecified"),
        "contrast": ("parallel", "crossover", "before_after"),
        "dispersion": ("sd", "se", "unclear", ""),
        "p_relation": _RELATIONS,
        "p_within_mg_relation": _RELATIONS,
        "significance": ("ns", "lower", "higher", ""),
        "certainty": ("clear", "ambiguous"),
        "ambiguity": (
            *("comparator", "significance", "value", "dispersion", "component", "population", "quantity"),
            "",
        ),
    },
    "sources.csv": {
        "kind": ("abstract", "full_text_excerpt", "secondary_table", "secondary_text", "registry"),
    },
    "reviews.csv": {
        "outcome": REPORTED_OUTCOMES,
        "unit": ("mmHg", "smd", "mmHg_per_10_mmol", "mmol/L", "percentage points", "umol/L"),
        "source_kind": ("primary", "secondary"),
    },
    "reference_intakes.csv": {"unit": ("mg/d", "mmol/L", "mg/dL", "g/mol")},
    "reference_parameters.csv": {},
}

_ID = (re.compile(r"[a-z0-9_]+"), "lower-case letters, digits and _")
_DOI = (re.compile(r"10\.[0-9]{4,9}/\S+"), "a bare DOI such as 10.1000/xyz, without https://doi.org/")
_PMID = (re.compile(r"[1-9][0-9]{0,7}"), "a PubMed number of at most 8 digits")
_URL = (re.compile(r"https?://\S+"), "an address starting with http:// or https://")

# file -> column -> (whole-cell pattern, what it is in words). Empty cells are not matched.
SHAPES: dict[str, dict[str, tuple[re.Pattern[str], str]]] = {
    "trials.csv": {
        "trial_id": _ID,
        "cointervention": _ID,
        "overlaps_with": _ID,
        "doi": _DOI,
        "pmid": _PMID,
        "registry_id": (re.compile(r"[A-Za-z0-9][A-Za-z0-9/_-]{5,}"), "a registration number"),
    },
    "reports.csv": {
        "report_id": (re.compile(r"[a-z0-9_]+-[a-z_]+-[0-9]+"), "trial_id-outcome-number"),
        "trial_id": _ID,
    },
    "sources.csv": {
        "source_id": (re.compile(r"[a-z0-9_]+-[a-z][0-9]+"), "trial_id-s1, trial_id-s2, ..."),
        "trial_id": _ID,
        "doi": _DOI,
        "pmid": _PMID,
        "url": _URL,
    },
    "reviews.csv": {
        "review_id": _ID,
        "subset": _ID,
        "doi": _DOI,
        "pmid": _PMID,
        "search_until": (re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}"), "YYYY, YYYY-MM or YYYY-MM-DD"),
        "dose_range": (
            re.compile(r"[0-9]+(\.[0-9]+)?-[0-9]+(\.[0-9]+)?"),
            "two numbers in mg/d such as 240-960",
        ),
        "source_url": _URL,
    },
    "reference_intakes.csv": {"quantity": _ID, "source_url": _URL},
    "reference_parameters.csv": {"quantity": _ID, "source_url": _URL},
}

# Text columns that must not be empty, beside those whose words leave no empty cell.
REQUIRED: dict[str, tuple[str, ...]] = {
    "trials.csv": ("trial_id", "cointervention", "population"),
    "reports.csv": ("report_id", "trial_id", "source_id", "locator"),
    "sources.csv": ("source_id", "trial_id", "citation"),
    "reviews.csv": ("review_id", "subset"),
    "reference_intakes.csv": ("quantity", "population", "authority"),
    "reference_parameters.csv": ("quantity", "population"),
}
