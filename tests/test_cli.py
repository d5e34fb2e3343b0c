from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import mgmeta.cli
from mgmeta import __version__
from mgmeta.cli import VERBS, cli, main
from mgmeta.errors import ConfigError, DataError, FitError, MgmetaError

MGMETA = Path(sys.executable).parent / "mgmeta"


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch):
    """Put a verb `boom` in place that raises what it is given."""

    def make(error: BaseException | None) -> None:
        @click.command()
        def command() -> None:
            if error is not None:
                raise error

        module = types.ModuleType("mgmeta.cli.boom")
        module.command = command
        monkeypatch.setitem(sys.modules, "mgmeta.cli.boom", module)
        monkeypatch.setitem(VERBS, "boom", ("boom", "Fail on purpose."))
        monkeypatch.setattr(sys, "argv", ["mgmeta", "boom"])

    return make


def test_help_lists_every_verb_without_loading_any() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from mgmeta.cli import cli\n"
        "print(CliRunner().invoke(cli, ['--help']).output)\n"
        "verbs = [m for m in sys.modules if m.startswith('mgmeta.cli.') and m != 'mgmeta.cli.manners']\n"
        "assert not verbs, verbs"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name, (_, text) in VERBS.items():
        assert name in done.stdout
        assert text in done.stdout
    assert "Exit status: 0 ok, 2 bad input" in done.stdout


@pytest.mark.parametrize("name", list(VERBS))
def test_every_verb_explains_itself(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"], prog_name="mgmeta")
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Usage: mgmeta {name} ")
    assert "Example" in done.output
    assert f"mgmeta {name}" in done.output.partition("Example")[2]
    assert len(done.output.splitlines()) > 6


@pytest.mark.parametrize("name", list(VERBS))
def test_every_verb_refuses_an_unknown_option(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--no-such-option"])
    assert done.exit_code == 2
    assert "--no-such-option" in done.output


def test_every_option_of_every_verb_is_explained() -> None:
    for name in VERBS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for option in command.params:
            # A list of choices or a default in the help line explains a plain option well enough.
            if isinstance(option, click.Option) and not option.show_default and not option.is_flag:
                assert option.help or isinstance(option.type, click.Choice), f"mgmeta {name} {option.opts[0]}"


def test_version() -> None:
    done = CliRunner().invoke(cli, ["--version"])
    assert done.output.strip() == f"mgmeta, version {__version__}"


@pytest.mark.parametrize("arguments", [["no-such-verb"], ["--no-such-option"]])
def test_nonsense_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


@pytest.mark.parametrize("kind", [MgmetaError, DataError, ConfigError, FitError])
def test_input_errors_are_a_message_and_status_2(
    verb, capsys: pytest.CaptureFixture[str], kind: type[MgmetaError]
) -> None:
    verb(kind("trials.csv:3:year: found 'x'; expected a year"))
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    out = capsys.readouterr()
    assert out.err == "mgmeta: trials.csv:3:year: found 'x'; expected a year\n"
    assert out.out == ""


def test_a_bug_keeps_its_traceback(verb) -> None:
    verb(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        main()


def test_success_is_status_0(verb) -> None:
    verb(None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0


def test_the_installed_command_reports_bad_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [MGMETA, "check", "--raw", tmp_path / "nowhere"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("mgmeta: ")
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_installed_command_reports_a_bad_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("levle: 0.95\n", encoding="utf-8")
    done = subprocess.run(
        [MGMETA, "slices", "--config", config], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "levle: unknown key (did you mean 'level'?)" in done.stderr


def test_verbs_are_modules_with_a_command() -> None:
    folder = Path(mgmeta.cli.__file__).parent
    for module, text in VERBS.values():
        assert (folder / f"{module}.py").is_file()
        assert text.endswith(".")


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_does_and_every_verb_shows_an_example(verb: str) -> None:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    silent = [p.opts for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []
    assert "Example" in (command.epilog or "")
