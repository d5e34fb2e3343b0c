"""What silence does: every way of handling words, what the absent could hide, every other reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mgmeta.effects.slices import label_of
from mgmeta.figures import silence as silence_figure
from mgmeta.report import sentences, silence_tables, silence_words
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json


def content(inputs: Inputs) -> dict[str, Any]:
    """Return sentences and tables of the target, and the tables of the other main analyses.

    ``study`` is None where silence was not worked out for the target: it is for analyses with ``bayes``.
    """
    headline, silence = inputs.headline, inputs.results.silence
    target = inputs.target
    return {
        "silence": [sentences.silence_sentence(item, headline.level) for item in headline.outcomes.values()],
        "study": _study(inputs, target) if target in silence else None,
        "others": [_study(inputs, name) for name in inputs.main if name in silence and name != target],
    }


def _study(inputs: Inputs, name: str) -> dict[str, Any]:
    data = silence_figure.prepare(inputs.results, name, "")
    found = inputs.results.silences(name)
    outcomes: Mapping[str, Json] = {key: found[key] for key in data.outcomes}
    labels = {trial.trial_id: label_of(trial) for trial in inputs.evidence.trials}
    published = {key: item.published.estimate for key, item in inputs.headline.outcomes.items()}
    places = range(len(data.outcomes))
    return {
        "title": inputs.results.silence[name]["title"],
        "wrong": [silence_words.wrong_sentence(data, index) for index in places],
        "sound": [silence_words.sound_sentence(data, index) for index in places],
        "tipping": [
            silence_words.tipping_sentence(key, item["tipping"], published.get(key))
            for key, item in outcomes.items()
        ],
        "unweighed": silence_words.unweighed_sentence(outcomes),
        "printing": [
            silence_words.printing_sentence(key, item["printing"]) for key, item in outcomes.items()
        ],
        "readings": [
            silence_words.readings_sentence(key, item["readings"], labels) for key, item in outcomes.items()
        ],
        "sds": [silence_words.sd_sentence(key, item["sd_sources"]) for key, item in outcomes.items()],
        "methods_table": silence_tables.methods_page_table(data),
        "printing_table": silence_tables.printing_page_table(name, outcomes),
        "readings_table": silence_tables.readings_page_table(name, outcomes, labels),
        "sd_table": silence_tables.sd_page_table(name, outcomes, labels),
    }
