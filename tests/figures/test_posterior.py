from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mgmeta.errors import DataError
from mgmeta.figures import posterior
from mgmeta.figures.results import Results


def test_density_integrates_to_one_and_peaks_where_the_draws_are() -> None:
    draws = np.random.default_rng(2).normal(-2.0, 0.8, (4, 500))
    found = posterior.density(draws, "normal:0,10")
    assert np.trapezoid(found.posterior, found.x) == pytest.approx(1.0, abs=0.01)
    assert found.x[found.posterior.argmax()] == pytest.approx(-2.0, abs=0.3)
    assert found.prior[np.abs(found.x).argmin()] == pytest.approx(1 / (10 * np.sqrt(2 * np.pi)), rel=1e-3)


def test_draws_that_do_not_vary_are_refused() -> None:
    with pytest.raises(DataError, match="do not vary"):
        posterior.density(np.full((2, 50), -1.0), "normal:0,10")


def test_without_draws_there_are_words_but_no_picture(results: Results) -> None:
    data = posterior.prepare(replace(results, draws={}), "target", "")
    assert "probability 98% below 0" in posterior.caption(data)
    with pytest.raises(DataError, match="--posteriors"):
        posterior.draw(data)


def test_a_failed_diagnostic_is_loud(results: Results) -> None:
    data = posterior.prepare(replace(results, draws={"update": results.draws["zhang2016"]}), "update", "")
    assert "FAILED DIAGNOSTICS: R-hat 1.08 above 1.01" in posterior.caption(data)
    shown = [text.get_text() for axes in posterior.draw(data).axes for text in axes.texts]
    assert shown.count("FAILED DIAGNOSTICS: do not use") == 2


def test_an_analysis_without_samples_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match="was not sampled"):
        posterior.prepare(results, "zhang2016_strict", "")


def test_nothing_sampled_is_said(results: Results) -> None:
    bayes = {"zhang2016": {**results.bayes["zhang2016"], "outcomes": {"sbp": {"overall": None}}}}
    data = posterior.prepare(replace(results, bayes=bayes), "target", "")
    assert posterior.caption(data) == posterior.alt(data) == posterior.NOT_SAMPLED
    assert posterior.draw(data).texts[0].get_text() == posterior.NOT_SAMPLED
    assert posterior.table(data)[1] == []
