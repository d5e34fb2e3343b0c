"""Quiet, alive, and with one meaning of exit statuses: every verb."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mgmeta.cli import VERBS, cli
from mgmeta.cli.manners import LONG, PIPE_CLOSED, STOPPED, run, working
from mgmeta.errors import DataError

MGMETA = Path(sys.executable).parent / "mgmeta"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_can_be_quiet(verb: str) -> None:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert [option.name for option in command.params].count("quiet") == 1


def test_the_long_verbs_are_verbs() -> None:
    assert set(VERBS) >= LONG


def test_quiet_prints_nothing_and_still_fails_loudly(tmp_path: Path) -> None:
    table = tmp_path / "effects.csv"
    table.write_text("yi,sei\n-1,1\n-2,1\n-4,1\n", encoding="utf-8")
    loud = CliRunner().invoke(cli, ["pool", str(table)])
    quiet = CliRunner().invoke(cli, ["pool", str(table), "--quiet"])
    assert (loud.exit_code, quiet.exit_code) == (0, 0)
    assert len(loud.stdout) > 50 and quiet.stdout == ""
    done = subprocess.run(
        [MGMETA, "pool", tmp_path / "none.csv", "--quiet"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.csv" in done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with working("silence", patience=0.01):
        time.sleep(0.2)
    assert "silence: at work" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
    for hidden, patience in ((True, 0.0), (False, 60.0)):
        quiet = Terminal()
        monkeypatch.setattr(sys, "stderr", quiet)
        with working("silence", hidden=hidden, patience=patience):
            time.sleep(0.02)
        assert quiet.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", file := io.StringIO())
    with working("silence", patience=0.0):
        time.sleep(0.02)
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("trials.csv:1:year: bad"), 2),
        (click.UsageError("no"), 2),
        (click.FileError("f", "not there"), 2),
        (click.Abort(), STOPPED),
        (KeyboardInterrupt(), STOPPED),
    ],
)
def test_what_goes_wrong_has_one_status(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def verb() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["mgmeta"])
    assert run(verb) == status
    assert capsys.readouterr().err


def test_a_bug_is_not_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def verb() -> None:
        raise OSError(13, "a bug")

    monkeypatch.setattr(sys, "argv", ["mgmeta"])
    with pytest.raises(OSError, match="a bug"):
        run(verb)


def test_a_reader_that_goes_away_is_no_bug() -> None:
    script = f"{MGMETA} check --raw {ROOT / 'data/raw'} | head -c 10 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert int(done.stdout) in (0, PIPE_CLOSED)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_verbs_and_choices(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell])
    assert done.exit_code == 0
    assert "_MGMETA_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("mgmeta re", "1", {"remove", "release", "report", "reproduce"}),
        ("mgmeta add --temp", "2", {"--template"}),
        ("mgmeta trace --format ", "3", {"tree", "json"}),
    ],
)
def test_completion_answers_the_shell(words: str, at: str, expected: set[str]) -> None:
    environment = {**os.environ, "_MGMETA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": at}
    done = subprocess.run([MGMETA], env=environment, capture_output=True, text=True, timeout=60)
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} >= expected
