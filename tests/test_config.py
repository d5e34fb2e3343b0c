from __future__ import annotations

import copy
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmeta.config import (
    Assume,
    BayesSettings,
    Config,
    Moderator,
    Select,
    Target,
    load_config,
    resolve,
    schema,
)
from mgmeta.config.check import dotted
from mgmeta.config.docs import rewrite
from mgmeta.errors import ConfigError

ROOT = Path(__file__).parents[1]
REAL = ROOT / "config/config.yaml"


@pytest.fixture
def raw() -> dict[str, Any]:
    return yaml.safe_load(REAL.read_text(encoding="utf-8"))


def put(raw: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    *blocks, last = key.split(".")
    place = raw
    for block in blocks:
        place = place.setdefault(block, {})
    place[last] = value
    return raw


def complaint(raw: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(raw)
    return str(caught.value)


def test_the_real_file_loads_and_keeps_its_order() -> None:
    config = load_config(REAL)
    assert isinstance(config, Config)
    assert next(iter(config.analyses)) == "zhang2016"
    assert config.outcomes == ("sbp", "dbp")
    assert config.level == 0.95


def test_file_and_plain_values_give_the_same(raw: dict[str, Any]) -> None:
    assert load_config(REAL) == resolve(raw)


def test_like_brings_select_and_assume_over_two_levels() -> None:
    analyses = load_config(REAL).analyses
    assert analyses["update"].select.year_max is None
    assert analyses["update_strict"].select.year_max is None
    assert analyses["update_strict"].select.unclear == "fail"
    assert analyses["update_strict"].select.blinding == ("double",)
    assert analyses["update_map_pp"].assume.map_pp == "convert"
    assert analyses["update_map_pp"].assume.correlation == 0.5
    assert analyses["zhang2016"].assume == load_config(REAL).assume


def test_like_brings_neither_bayes_nor_moderators() -> None:
    analyses = load_config(REAL).analyses
    assert analyses["update"].bayes is not None
    assert analyses["update_strict"].bayes is None
    assert analyses["update_strict"].moderators == ()


def test_null_lifts_an_inherited_restriction(raw: dict[str, Any]) -> None:
    put(
        raw,
        "analyses.new",
        {"title": "x", "like": "zhang2016", "select": {"blinding": None, "year_max": None}},
    )
    select = resolve(raw).analyses["new"].select
    assert select.blinding is None
    assert select.year_max is None
    assert select.comparator == ("placebo",)


def test_spec_is_plain_json_and_names_no_other_analysis(raw: dict[str, Any]) -> None:
    before = {name: item.spec() for name, item in resolve(raw).analyses.items()}
    assert json.loads(json.dumps(before)) == before
    put(raw, "analyses.update_strict.title", "Another title")
    after = {name: item.spec() for name, item in resolve(raw).analyses.items()}
    assert [name for name in before if before[name] != after[name]] == ["update_strict"]


def test_spec_says_what_to_run() -> None:
    analyses = load_config(REAL).analyses
    assert analyses["zhang2016_strict"].spec()["bayes"] is None
    assert analyses["zhang2016_strict"].spec()["moderators"] == {}
    full = analyses["zhang2016"].spec()
    assert full["bayes"]["prior_tau"] == "halfnormal:5"
    assert full["moderators"]["dose"]["column"] == "dose_per_100mg"
    assert "setting" not in full["select"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("levle", 0.9, ["levle: unknown key", "did you mean 'level'", "allowed here: raw, outcomes"]),
        ("level", 95, ["level: found 95", "below 1"]),
        ("level", "0.95", ["level: found '0.95'", "expected a number"]),
        ("seed", 1.5, ["seed: found 1.5", "whole number"]),
        ("outcomes", ["sbp", "dpb"], ["outcomes[1]: found 'dpb'", "allowed: sbp, dbp", "did you mean 'dbp'"]),
        ("outcomes", [], ["outcomes: found []", "must not be empty"]),
        ("outcomes", ["sbp", "sbp"], ["outcomes", "twice"]),
        ("bayes.prior_mu", "normal", ["bayes.prior_mu: found 'normal'", "normal:0,10"]),
        ("assume.sd_factor", float("nan"), ["assume.sd_factor: found nan", "finite"]),
        ("assume.sd_factor", 0, ["assume.sd_factor: found 0", "above 0"]),
        ("assume.correlation", 1, ["assume.correlation: found 1", "below 1"]),
        (
            "assume.conflict",
            "largest",
            ["assume.conflict", "largest_se, smallest_se", "did you mean 'largest_se'"],
        ),
        ("target.analysis", "zhang201", ["target.analysis", "'zhang201'", "did you mean 'zhang2016'"]),
        ("moderators.age", {"column": "age", "label": "per year"}, ["moderators.age.column: found 'age'"]),
        (
            "analyses.Zhang-2016",
            {"title": "x", "like": "update"},
            ["analyses: found 'Zhang-2016'", "a-z, 0-9 and _"],
        ),
        ("analyses.update.titel", "x", ["analyses.update.titel: unknown key", "did you mean 'title'"]),
        ("analyses.update.like", "zhang2061", ["analyses.update.like", "did you mean 'zhang2016'"]),
        (
            "analyses.zhang2016.select.blinding",
            "double",
            ["select.blinding: found 'double'", "expected a list"],
        ),
        ("analyses.zhang2016.select.blinding", ["duoble"], ["select.blinding[0]", "did you mean 'double'"]),
        ("analyses.zhang2016.select.blinding", ["unclear"], ["select.blinding[0]: found 'unclear'"]),
        ("analyses.zhang2016.select.randomised", [True], ["select.randomised[0]: found true", "quotes"]),
        ("analyses.zhang2016.select.unclear", "maybe", ["select.unclear: found 'maybe'", "pass, fail"]),
        ("analyses.zhang2016.bayes", "yes", ["analyses.zhang2016.bayes: found 'yes'", "true or false"]),
    ],
)
def test_what_is_wrong_is_named(raw: dict[str, Any], key: str, value: Any, words: list[str]) -> None:
    message = complaint(put(raw, key, value))
    for word in words:
        assert word in message


def test_a_missing_key_is_named(raw: dict[str, Any]) -> None:
    del raw["assume"]["correlation"]
    del raw["analyses"]["update"]["title"]
    message = complaint(raw)
    assert "assume.correlation: missing" in message
    assert "analyses.update.title: missing" in message


def test_an_analysis_of_its_own_must_say_what_is_a_choice(raw: dict[str, Any]) -> None:
    message = complaint(put(raw, "analyses.alone", {"title": "x"}))
    for key in ("unclear", "ambiguity_out", "dose_basis", "silent"):
        assert f"analyses.alone.select.{key}: missing" in message


def test_circles_are_refused(raw: dict[str, Any]) -> None:
    put(raw, "analyses.a", {"title": "a", "like": "b"})
    put(raw, "analyses.b", {"title": "b", "like": "a"})
    put(raw, "analyses.c", {"title": "c", "like": "c"})
    message = complaint(raw)
    assert "a -> b -> a" in message
    assert "c -> c" in message


@pytest.mark.parametrize("whole", [None, [], "text", 3])
def test_a_file_that_is_no_block_is_refused(whole: Any) -> None:
    assert "expected a block of keys" in complaint(whole)


def test_messages_carry_file_and_line_and_come_all_at_once(tmp_path: Path) -> None:
    text = REAL.read_text(encoding="utf-8")
    text = text.replace("level: 0.95", "level: 95", 1).replace("  draws: 2000", "  drawz: 2000", 1)
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    level = next(i for i, line in enumerate(lines, 1) if line.startswith("level: 95"))
    draws = next(i for i, line in enumerate(lines, 1) if line.startswith("  drawz"))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert f"{path}:{level}: level: found 95" in str(caught.value)
    assert f"{path}:{draws}: bayes.drawz: unknown key (did you mean 'draws'?)" in str(caught.value)


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    text = REAL.read_text(encoding="utf-8") + "  update:\n    title: again\n    like: zhang2016\n"
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        ConfigError, match=rf":{text.count(chr(10)) - 2}: analyses.update: this key is written twice"
    ):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"level: [", "not valid YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "found nothing"),
        (b"a: &x [*x]", "not valid YAML"),
        (b"? [a]\n: b", "not valid YAML"),
        (b"level: !!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_config(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("of", "keys"),
    [
        (Select, lambda s: s["$defs"]["select"]["properties"]),
        (Assume, lambda s: s["$defs"]["assume"]["properties"]),
        (BayesSettings, lambda s: s["properties"]["bayes"]["properties"]),
        (Target, lambda s: s["properties"]["target"]["properties"]),
        (
            Moderator,
            lambda s: {"name": 0, **s["properties"]["moderators"]["additionalProperties"]["properties"]},
        ),
        (Config, lambda s: s["properties"]),
    ],
)
def test_schema_and_dataclasses_name_the_same_keys(of: type, keys: Any) -> None:
    assert {field.name for field in fields(of)} == set(keys(schema()))


def test_every_block_of_the_schema_is_strict_and_described() -> None:
    waiting: list[tuple[str, dict[str, Any]]] = [("", copy.deepcopy(schema()))]
    waiting += [(name, block) for name, block in schema()["$defs"].items()]
    seen = 0
    while waiting:
        name, block = waiting.pop()
        for key, value in block.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key} has no description"
            waiting.append((f"{name}.{key}", value))
            seen += 1
        if block.get("type") == "object":
            assert block.get("additionalProperties") is not None, f"{name} is open"
    assert seen > 40


def test_config_readme_lists_the_keys_of_the_schema() -> None:
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert text == rewrite(text), "run `make docs`"


def test_dotted_keys_read_like_the_file() -> None:
    assert dotted(("analyses", "update", "select", "blinding", 0)) == "analyses.update.select.blinding[0]"
    assert dotted(()) == "(the whole file)"


def test_reading_the_configuration_compiles_no_grammar() -> None:
    script = (
        "import sys\nfrom mgmeta.config import load_config\n"
        f"load_config({str(ROOT / 'config/config.yaml')!r})\nassert 'lark' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
