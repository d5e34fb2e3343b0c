"""No spoilt settings file ends in a traceback or a hang, or is taken for what it does not say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.config import load_config
from mgmeta.errors import ConfigError
from mgmeta.reproduce.plan import load_plan

if TYPE_CHECKING:
    from conftest import Tools

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests/workflow/toy/config/config.yaml"
CONFIG = TOY.read_bytes()
REVIEWS = (ROOT / "config/reviews.yaml").read_bytes()
FUZZ = settings.get_profile("fuzz")

VALUES = [
    *("1e308", "-1", "0", ".nan", ".inf", "5e-324", "0x10", "1_000", "1:30", "2015-01-01", "~", "yes", "''"),
    *(
        "[]",
        "{}",
        "[a, [b, [c]]]",
        "{1: 2}",
        "{[1]: 2}",
        "{null: 1}",
        "{~: [x]}",
        "!!binary aGk=",
        "!!set {a}",
    ),
    *("!!python/object/apply:os.system [echo]", "!mine x", "&a [*a]", "&a {<<: *a}", "*nowhere", "../../x"),
    *(
        '"a\\nb"',
        '"a\\0b"',
        "<script>",
        "=1+1",
        "|\n  text\n",
        "'update\n\n  '",
        "9" * 400,
        "x" * 3000,
        "?",
        "- - -",
    ),
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


def spoil(draw: Any, tools: Tools, good: bytes) -> bytes:
    """Change bytes anywhere, or put another value or key where one stands."""
    if not draw(st.integers(0, 2)):
        return tools.spoil.data(draw, good)
    lines = good.decode().split("\n")
    for _ in range(draw(st.integers(1, 2))):
        i = draw(st.integers(0, len(lines) - 1))
        key, colon, value = lines[i].partition(":")
        kind = draw(st.sampled_from(("value", "value", "value", "key", "drop", "twice", "indent")))
        new = draw(st.one_of(st.sampled_from(VALUES), st.text(max_size=6)))
        if kind == "value":
            lines[i] = f"{key}{colon} {new}"
        elif kind == "key":
            indent = " " * (len(key) - len(key.lstrip()))
            lines[i] = f"{indent}{new}{colon}{value}"
        elif kind == "indent":
            lines[i] = " " * draw(st.integers(0, 5)) + lines[i].lstrip()
        else:
            lines[i : i + 1] = [] if kind == "drop" else [lines[i], lines[i]]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def assert_told(error: ConfigError, path: Path, data: bytes) -> None:
    """Every line of the message has a place in the file and a reason."""
    text = str(error)
    assert str(path) in text
    lines = text.split("\n")
    told = [line for line in lines if str(path) in line]
    for line in told:
        place, _, reason = line.strip().removeprefix(str(path)).partition(": ")
        assert reason, text
        if place.startswith(":"):
            assert 1 <= int(place[1:].split(":")[0]) <= 2 + len(data.splitlines()), text


def config(data: st.DataObject, tools: Tools, folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_bytes(spoil(data.draw, tools, CONFIG))
    before = path.read_bytes()
    try:
        found = load_config(path)
    except ConfigError as error:
        assert_told(error, path, before)
    else:
        said = yaml.safe_load(before.decode("utf-8-sig"))
        assert (found.raw, list(found.outcomes), found.level) == (
            said["raw"],
            said["outcomes"],
            said["level"],
        )
        assert found.seed == said["seed"] and list(found.analyses) == list(said["analyses"])
        families = said["bayes"].get("families")
        wanted = {**said["bayes"], "families": None if families is None else tuple(families)}
        assert vars(found.bayes) == wanted and vars(found.target) == said["target"]
        for name, analysis in found.analyses.items():
            assert name.isascii() and name.replace("_", "").isalnum(), "an analysis's name is a file name"
            own = said["analyses"][name]
            for key, value in own.get("select", {}).items():
                kept = getattr(analysis.select, key)
                assert (list(kept) if isinstance(kept, tuple) else kept) == value
            assert all(getattr(analysis.assume, key) == value for key, value in own.get("assume", {}).items())
    assert path.read_bytes() == before


def reviews(data: st.DataObject, tools: Tools, folder: Path) -> None:
    path = folder / "reviews.yaml"
    path.write_bytes(spoil(data.draw, tools, REVIEWS))
    before = path.read_bytes()
    real = load_real()
    try:
        plan = load_plan(path, real)
    except ConfigError as error:
        assert_told(error, path, before)
    else:
        said = yaml.safe_load(before.decode("utf-8-sig"))
        assert [review.review_id for review in plan.reviews] == list(said["reviews"])
        for review in plan.reviews:
            own = said["reviews"][review.review_id]
            assert list(review.models) == own["models"]
            assert {(t.subset, t.unit) for t in review.targets} == {
                (t["subset"], t["unit"]) for t in own["targets"]
            }
        assert len(plan.left_out) == len(said["left_out"])
    assert path.read_bytes() == before


_REAL: list[Any] = []


def load_real() -> Any:
    """The real configuration, read once."""
    if not _REAL:
        _REAL.append(load_config(ROOT / "config/config.yaml"))
    return _REAL[0]


@settings(FUZZ, max_examples=90)
@given(st.data())
def test_a_spoilt_configuration(tools: Tools, folder: Path, data: st.DataObject) -> None:
    config(data, tools, folder)


@settings(FUZZ, max_examples=60)
@given(st.data())
def test_a_spoilt_list_of_reviews(tools: Tools, folder: Path, data: st.DataObject) -> None:
    reviews(data, tools, folder)


@pytest.mark.long
@settings(FUZZ, max_examples=1500)
@given(st.data())
def test_fifteen_hundred_configurations(tools: Tools, folder: Path, data: st.DataObject) -> None:
    config(data, tools, folder)


@pytest.mark.long
@settings(FUZZ, max_examples=1000)
@given(st.data())
def test_a_thousand_lists_of_reviews(tools: Tools, folder: Path, data: st.DataObject) -> None:
    reviews(data, tools, folder)


def test_a_file_that_holds_itself_many_times_over_ends_soon(folder: Path) -> None:
    """Nine lists of nine references each: 9^9 values if they were written out."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for one, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]")
    path = folder / "laughs.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"laughs\.yaml"):
        load_config(path)


@pytest.mark.parametrize("name", ["update\n", "../update", "Update", "up date", ""])
def test_a_name_that_is_no_file_name_is_refused(folder: Path, name: str) -> None:
    raw = yaml.safe_load(CONFIG)
    raw["analyses"][name] = {"title": "x", "like": "reproduction"}
    path = folder / "names.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a name of a-z, 0-9 and _ only"):
        load_config(path)


@pytest.mark.parametrize(
    "tag",
    ["!!python/object/apply:os.system ['touch ruined']", "!!python/name:os.system", "!!python/module:os"],
)
def test_a_tag_that_would_run_code_is_refused(
    folder: Path, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    path = folder / "tags.yaml"
    path.write_bytes(CONFIG.replace(b"raw: data/raw", f"raw: {tag}".encode()))
    with pytest.raises(ConfigError, match=r"tags\.yaml:2:.*could not determine a constructor"):
        load_config(path)
    assert not (folder / "ruined").exists()
