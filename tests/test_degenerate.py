"""Data at the edge of what can be said: each verb has a defined answer or refusal, and no warning."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import ndtri, stdtrit

from mgmeta.cli import cli
from mgmeta.errors import MgmetaError

HEADER = "study,yi,sei,yi_low,yi_high,dose,year,constant,twice,cluster\n"
Y = (-2.0, 1.0, 3.0, -1.0, 0.5, 2.0)
S = (1.0, 1.1, 1.2, 0.9, 1.3, 1.0)
Z = float(ndtri(0.975))


def table(
    y: tuple[float | None, ...],
    se: tuple[float, ...],
    low: float | None = None,
    high: float | None = None,
    dose: tuple[float, ...] = (100, 150, 200, 250, 300, 350),
) -> str:
    rows = [HEADER]
    for i, (effect, error) in enumerate(zip(y, se, strict=True)):
        bounds = [low, high] if effect is None else [None, None]
        cells = [f"S{i}", effect, error, *bounds, dose[i], 2000 + i, 1, 2 * dose[i], i // 2]
        rows.append(",".join("" if cell is None else str(cell) for cell in cells) + "\n")
    return "".join(rows)


WORDS = (None,) * 6
DATA = {
    "none": HEADER,
    "one": table(Y[:1], S[:1]),
    "two": table((-2.0, -4.0), (1.0, 1.5)),
    "equal": table((-2.0,) * 6, (1.0,) * 6),
    "one huge weight": table(Y, (1e-4, *S[1:])),
    "variances 1e-12 to 1e12": table(Y, (1e-6, 1e-3, 1.0, 1e3, 1e6, 1.0)),
    "variances 1e-12": table(Y, (1e-6,) * 6),
    "variances 1e12": table(Y, (1e6,) * 6),
    "words": table(WORDS, S, -2, 2),
    "one word": table(WORDS[:1], S[:1], -2, 2),
    "one-sided": table(WORDS, S, None, -0.5),
    "zero dose": table(Y[:4], S[:4], dose=(0, 100, 200, 300)),
    "one dose": table(Y[:4], S[:4], dose=(365,) * 4),
}

# data, verb and options -> what the refusal says.
REFUSED = [
    *[
        ("none", verb, "no effects to pool (k = 0)")
        for verb in ("pool", "bayes", "dose", "bias --what egger")
    ],
    ("none", "diagnose --what leave1out", "no effects to pool (k = 0)"),
    ("one", "pool", "method REML needs more rows than the 1 coefficient(s)"),
    ("equal", "bias --what egger", "all rows have the same sei: no line can be drawn"),
    ("equal", "bias --what trimfill", "all studies have the same SE: the side cannot be found"),
    ("one", "pool --mods dose", "1 rows cannot determine 2 coefficients"),
    ("one", "bias --what egger", "a line needs at least 3 effects; 1 given"),
    ("one", "diagnose --what influence", "influence needs at least 2 effects"),
    ("one", "diagnose --what robust --cluster study", "1 clusters cannot give robust errors"),
    ("one", "bayes --prior-mu flat --prior-tau flat", "improper posterior"),
    ("two", "pool --mods dose+twice", "2 rows cannot determine 3 coefficients"),
    ("two", "bias --what egger", "a line needs at least 3 effects; 2 given"),
    ("two", "bias --what trimfill", "trim and fill needs at least 3 effects; 2 given"),
    ("two", "bias --what selection", "2 rows cannot determine a mean, tau2 and 1 weights"),
    ("two", "dose --curve emax", "2 rows for 2 parameters and tau2"),
    ("two", "bayes --prior-mu flat --prior-tau flat", "improper posterior"),
    ("equal", "pool --mods constant", "(constant) is a linear combination of the columns before it"),
    ("equal", "pool --mods dose+twice", "(twice) is a linear combination of the columns before it"),
    ("words", "pool --mods dose+twice", "are collinear in these 6 rows"),
    ("equal", "pool --subgroup constant", "only one subgroup ('1')"),
    (
        "equal",
        "diagnose --what multilevel --cluster constant",
        "one cluster cannot tell the variance between",
    ),
    ("words", "bias --what trimfill", "no row has a number; trimfill needs numbers"),
    ("words", "diagnose --what gosh", "no row has a number; gosh needs numbers"),
    ("words", "pool --subgroup cluster", "--subgroup needs numbers only"),
    ("words", "dose --stage two", "coefficients that vary between trials are fitted to numbers only"),
    ("one-sided", "pool", "every row is a bound open on the same side"),
    ("one-sided", "pool --mods dose", "only bounds open on the same side speak"),
    ("one-sided", "bias --what selection", "the likelihood has no peak along the mean"),
    ("one-sided", "bayes --prior-mu flat --prior-tau flat", "improper posterior"),
    ("variances 1e-12 to 1e12", "bias --what trimfill", "differ by so many orders of magnitude"),
    ("zero dose", "dose", "dose 0 is that of the referent"),
    ("one dose", "pool --mods dose", "(dose) is a linear combination of the columns before it"),
    ("one dose", "dose --curve emax", "1 different doses cannot show 2 parameters"),
]

# data, verb and options: an answer in finite numbers or null, checked further below where it is known.
ANSWERED = [
    *[(data, "pool") for data in DATA if data not in ("none", "one", "one-sided")],
    *[(data, "pool --test knha") for data in ("two", "equal", "one huge weight", "variances 1e12", "words")],
    *[
        (data, "bayes")
        for data in ("one", "equal", "variances 1e-12 to 1e12", "words", "one word", "one-sided")
    ],
    *[(data, "dose") for data in ("two", "equal", "one huge weight", "variances 1e-12 to 1e12", "words")],
    *[(data, "bias --what egger") for data in ("one huge weight", "variances 1e-12 to 1e12", "words")],
    *[(data, "bias --what trimfill --side left") for data in ("equal", "one huge weight", "variances 1e-12")],
    *[(data, "bias --what failsafe") for data in ("one", "two", "equal", "one huge weight")],
    *[(data, "diagnose --what leave1out") for data in ("two", "equal", "one huge weight", "words")],
    *[(data, "diagnose --what cumulative") for data in ("one", "two", "variances 1e-12 to 1e12", "words")],
    *[(data, "diagnose --what influence") for data in ("two", "equal", "one huge weight", "variances 1e12")],
    *[
        (data, "diagnose --what robust --cluster cluster")
        for data in ("equal", "one huge weight", "zero dose")
    ],
    *[(data, "diagnose --what multilevel --cluster cluster") for data in ("equal", "zero dose")],
]


def run(folder: Path, data: str, verb: str) -> dict[str, object]:
    path = folder / "effects.csv"
    path.write_text(DATA[data], encoding="utf-8")
    name, *options = verb.split(" ")
    done = CliRunner().invoke(cli, [name, str(path), *options, "--format", "json"])
    if done.exception is not None:
        raise done.exception
    found: dict[str, object] = json.loads(done.output)
    return found


@pytest.mark.parametrize(("data", "verb", "words"), REFUSED)
def test_what_cannot_be_said_is_refused_with_the_reason(
    tmp_path: Path, data: str, verb: str, words: str
) -> None:
    with pytest.raises(MgmetaError) as caught:
        run(tmp_path, data, verb)
    assert words in str(caught.value)
    assert "effects.csv" in str(caught.value) or str(caught.value).startswith("--")


@pytest.mark.parametrize(("data", "verb"), ANSWERED)
def test_what_can_be_said_is_answered(tmp_path: Path, data: str, verb: str) -> None:
    assert run(tmp_path, data, verb)


def interval(found: dict[str, object]) -> list[float]:
    return [found[key] for key in ("estimate", "ci_low", "ci_high", "tau2")]  # type: ignore[misc]


def test_equal_effects_have_no_heterogeneity(tmp_path: Path) -> None:
    half = Z / np.sqrt(6)
    np.testing.assert_allclose(
        interval(run(tmp_path, "equal", "pool")), [-2, -2 - half, -2 + half, 0], atol=1e-12
    )
    found = run(tmp_path, "equal", "pool --test knha")
    np.testing.assert_allclose(interval(found), [-2, -2, -2, 0], atol=1e-12)
    assert "narrows the interval" in str(found["warnings"])


def test_one_trial_is_its_own_pool(tmp_path: Path) -> None:
    found = run(tmp_path, "one", "pool --method EE")
    np.testing.assert_allclose(interval(found)[:3], [-2, -2 - Z, -2 + Z], rtol=1e-12)


def test_equal_tiny_variances_leave_the_plain_mean_and_variance(tmp_path: Path) -> None:
    """With sampling errors far below the spread, REML is the sample mean with its t interval."""
    mean, variance = np.mean(Y), np.var(Y, ddof=1)
    half = stdtrit(5, 0.975) * np.sqrt(variance / 6)
    found = interval(run(tmp_path, "variances 1e-12", "pool --test knha"))
    np.testing.assert_allclose(found, [mean, mean - half, mean + half, variance], rtol=1e-9)


def test_vast_variances_swamp_the_effects(tmp_path: Path) -> None:
    half = Z * 1e6 / np.sqrt(6)
    np.testing.assert_allclose(
        interval(run(tmp_path, "variances 1e12", "pool")),
        [np.mean(Y), np.mean(Y) - half, np.mean(Y) + half, 0],
        rtol=1e-9,
    )


def test_words_alone_say_no_more_than_they_do(tmp_path: Path) -> None:
    """Bounds that are symmetric about zero put the mean at zero, by likelihood and by posterior."""
    found = run(tmp_path, "words", "pool")
    low, high = interval(found)[1:3]
    assert interval(found)[0] == pytest.approx(0, abs=1e-9) and low == pytest.approx(-high)
    assert run(tmp_path, "words", "bayes")["mu"]["mean"] == pytest.approx(0, abs=1e-9)  # type: ignore[index]
    one = run(tmp_path, "one word", "pool")
    assert one["ci_low"] is None and one["ci_high"] is None


@pytest.mark.slow
def test_one_sided_bounds_leave_the_prior_its_say(tmp_path: Path) -> None:
    """No likelihood peak, but a proper prior has a posterior: below the bounds, narrower than the prior."""
    mu = run(tmp_path, "one-sided", "bayes")["mu"]
    assert mu["ci_low"] < mu["mean"] < mu["ci_high"]  # type: ignore[index]
    assert mu["mean"] < -0.5 and mu["sd"] < 10  # type: ignore[index]


def test_a_residual_of_nothing_has_no_test(tmp_path: Path) -> None:
    found = run(tmp_path, "equal", "diagnose --what robust --cluster study")
    assert "every residual is 0" in json.dumps(found)
