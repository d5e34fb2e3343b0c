from __future__ import annotations

from collections.abc import Callable

from mgmeta.report.methods import methods, prior_words, selection_words
from mgmeta.report.page import Inputs
from mgmeta.report.published import Published


def test_priors_in_words() -> None:
    assert prior_words("normal:-1.5,10") == "normal (mean \u22121.5, SD 10)"
    assert prior_words("halfnormal:5", tau=True) == "half-normal (scale 5)"
    assert prior_words("flat") == "flat (improper)"


def test_selection_says_every_restriction(make_inputs: Callable[..., Inputs]) -> None:
    analyses = make_inputs().config.analyses
    text = selection_words(analyses["zhang2016"].select)
    for part in (
        "blinding double",
        "comparator placebo",
        "at least 3 weeks",
        "to 2015 (2016 unclear)",
        "unclear fields pass",
    ):
        assert part in text
    assert "to 9999" not in selection_words(analyses["update"].select)
    assert "silent trials taken as not significant" in selection_words(analyses["zhang2016_silent_ns"].select)
    assert "unclear basis" in selection_words(analyses["zhang2016_dose_unclear"].select)


def test_every_analysis_and_its_changed_assumption(
    make_inputs: Callable[..., Inputs], make_published: Callable[..., Published]
) -> None:
    inputs = make_inputs()
    found = methods(inputs.config, inputs.results, inputs.versions, make_published())
    rows = {row[0]: row for row in found.analyses.rows}
    assert list(rows) == list(inputs.config.analyses)
    assert rows["zhang2016_sd_low"][3] == "sd factor 0.7"
    assert rows["zhang2016_smallest_se"][3] == "conflict smallest se"
    assert rows["zhang2016"][3] == ""
    assert found.inclusion == "invented criteria"
    assert ("numpy", "9.9") in found.versions.rows
