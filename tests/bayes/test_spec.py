import copy

import pytest

from mgmeta.bayes.spec import read_spec
from mgmeta.errors import ConfigError

SPEC = {
    "analysis": "toy",
    "level": 0.95,
    "seed": 7,
    "outcomes": ["sbp", "dbp"],
    "moderators": {
        "dose": {"column": "dose_per_100mg", "label": "d"},
        "hypertension": {"column": "hypertensive"},
    },
    "bayes": {
        "prior_mu": "normal:0,10",
        "prior_slope": "normal:0,10",
        "prior_tau": "halfnormal:5",
        "draws": 500,
        "tune": 500,
        "chains": 4,
        "target_accept": 0.95,
    },
}


def changed(**bayes):
    spec = copy.deepcopy(SPEC)
    spec["bayes"].update(bayes)
    return spec


def test_models_are_overall_each_and_both():
    spec = read_spec(SPEC)
    assert spec.models() == {
        "overall": (),
        "dose": ("dose",),
        "hypertension": ("hypertension",),
        "both": ("dose", "hypertension"),
    }
    assert str(spec.prior_tau) == "halfnormal:5"


def test_no_moderators_is_one_model():
    assert list(read_spec({**SPEC, "moderators": {}}).models()) == ["overall"]


def test_a_models_seed_depends_on_its_name_only():
    sampler = read_spec(SPEC).sampler
    assert sampler.model_seed("sbp_overall") == sampler.model_seed("sbp_overall")
    assert len({sampler.model_seed(name) for name in ("sbp_overall", "dbp_overall", "sbp_dose")}) == 3


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({**SPEC, "bayes": None}, "`bayes` is off"),
        ({key: value for key, value in SPEC.items() if key != "seed"}, "key 'seed' is missing"),
        (changed(prior_tau="halfnormal:-1"), "above 0"),
        (changed(prior_mu="flat"), "prior_mu is flat, improper"),
        (changed(draws=10), "bayes.draws is 10; expected at least 100"),
        (changed(chains=1), "bayes.chains is 1"),
        (changed(target_accept=1.0), "target_accept is 1.0"),
        (changed(draws="many"), "wrong type"),
        ({**SPEC, "level": 95}, "level is 95"),
        ({**SPEC, "moderators": {"tau": {"column": "x"}}}, "cannot be called tau"),
    ],
)
def test_bad_specs_are_refused(spec, words):
    with pytest.raises(ConfigError, match=words):
        read_spec(spec)
