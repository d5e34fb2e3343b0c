"""Names and titles of the families of hierarchical models; loads nothing."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "sd_unknown": "Standard deviations unknown",
    "student_t": "Student-t random effects",
    "mixture": "Two groups, one outlying",
    "bivariate": "SBP and DBP together",
    "baseline_risk": "Blood pressure at entry",
    "horseshoe": "All moderators at once, shrunk",
}
