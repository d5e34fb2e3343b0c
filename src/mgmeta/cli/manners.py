"""How every verb behaves: ``--quiet`` everywhere, a sign of life on long work, one meaning of exit statuses.

Exit status: 0 done; 2 bad input or usage, a message says what to do; 1 a bug, its traceback is shown; 130
stopped from the keyboard; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import click

from mgmeta.errors import MgmetaError

STOPPED, PIPE_CLOSED = 130, 141
# Verbs that compute for more than some seconds and have no progress bar of their own.
LONG = frozenset(
    ["silence", "robustness", "moderators", "reproduce", "multiverse", "claims", "curves", "report", "slices"]
)
_PATIENCE = 2.0  # seconds before a sign of life


def mannered(name: str, command: click.Command) -> click.Command:
    """Return the verb with ``--quiet`` if it has none, and a sign of life if its work is long."""
    if not any(option.name == "quiet" for option in command.params):
        command.params.append(
            click.Option(
                ["--quiet"],
                is_flag=True,
                expose_value=False,
                callback=_hush,
                help="Print nothing but errors.",
            )
        )
    inner = command.callback
    if name in LONG and inner is not None and not hasattr(inner, "__wrapped__"):

        @functools.wraps(inner)
        def watched(*arguments: Any, **options: Any) -> Any:
            quiet = options.get("quiet") or click.get_current_context().meta.get("mgmeta.quiet", False)
            with working(name, hidden=bool(quiet)):
                return inner(*arguments, **options)

        command.callback = watched
    return command


def _hush(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Send what the verb prints nowhere; errors go to the other stream."""
    if not value:
        return
    ctx.meta["mgmeta.quiet"] = True
    nowhere = ctx.with_resource(click.open_file(os.devnull, "w", encoding="utf-8"))
    ctx.with_resource(contextlib.redirect_stdout(nowhere))


@contextlib.contextmanager
def working(name: str, *, hidden: bool = False, patience: float = _PATIENCE) -> Iterator[None]:
    """Show on a terminal for how long a verb has been at work; nothing where errors go to a file."""
    stream = sys.stderr
    if hidden or not stream.isatty():
        yield
        return
    done, start = threading.Event(), time.monotonic()

    def show() -> None:
        if done.wait(patience):
            return
        while True:
            stream.write(f"\r{name}: at work, {time.monotonic() - start:.0f} s ")
            stream.flush()
            if done.wait(1.0):
                break
        stream.write("\r\x1b[K")
        stream.flush()

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run(cli: click.Command) -> int:
    """Run the command line and return its exit status; a bug is not caught."""
    try:
        status = cli.main(standalone_mode=False)
    except MgmetaError as error:
        click.echo(f"mgmeta: {error}", err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("mgmeta: stopped", err=True)
        return STOPPED
    except SystemExit:
        # How click leaves when the reader of a pipe goes away: its status would be that of a bug.
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):
            return PIPE_CLOSED
        raise
    return status if isinstance(status, int) else 0
