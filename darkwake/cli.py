"""`darkwake`: the command line.

Exit codes: 0 done; 1 the input or the case is bad, said in one sentence; 2 wrong usage; 130 stopped with Ctrl-C, 143
with SIGTERM.
No traceback is shown unless DARKWAKE_DEBUG=1 is set.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from io import TextIOWrapper
from types import FrameType

import click

from darkwake import __version__, ours
from darkwake.say import os_error, plain

COMMANDS = (
    *("run", "watch", "ingest", "forget", "detect", "events", "note", "notes", "tracks", "contacts"),
    *("report", "replay", "train", "zones", "status", "verify", "simulate", "evaluate", "demo", "doctor"),
)
SIGNAL_CODE = 128  # of a command that a signal ended, plus the signal's number


class Front(click.Group):
    """The commands, in the order of a working day."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order that help shows."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"darkwake.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names; a misspelt one names its nearest."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from darkwake.settings import nearest

            ctx.fail(f"there is no command '{args[0]}'{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=Front, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="darkwake")
def darkwake() -> None:
    """Find ship-to-ship transfers, silences and fishing incursions in AIS, with the evidence for and against.

    Start with: darkwake run FILE. It reads NMEA, CSV, JSON or Parquet and leaves a case (.duckdb) and a report (.html).
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line, by default with the process's own arguments, and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ship's name must not fail on a terminal that cannot show it
    code = _guarded(args)
    if code > SIGNAL_CODE and args is None:
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> None:
    """Leave without taking the interpreter down.

    A signal that falls into a call of DuckDB leaves references there that nobody releases, and nanobind would list
    them, a hundred lines, on the user's terminal. Cases and files are closed by now.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or none at all
            stream.flush()
    os._exit(code)


def _guarded(args: Sequence[str] | None) -> int:
    """Run the command; turn what went wrong into one sentence and an exit code."""
    with _noted_interrupts() as interrupts:
        try:
            code = _run(args)
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a closed pipe is still ours to handle
            return code
        except click.UsageError as error:
            error.show()
            return error.exit_code
        except BrokenPipeError:  # the reader of our output has seen enough
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except (Exception, KeyboardInterrupt) as error:
            if interrupts:  # a library may have turned Ctrl-C into an error of its own
                return _sentence("stopped; run the same command again to go on", SIGNAL_CODE + interrupts[0])
            if os.environ.get("DARKWAKE_DEBUG") == "1":
                raise
            return _sentence(_meaning(error), 1)


def _run(args: Sequence[str] | None) -> int:
    """Run the command and return its exit code."""
    ours.check()
    try:
        with darkwake.make_context("darkwake", list(sys.argv[1:] if args is None else args)) as context:
            code = darkwake.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return code if isinstance(code, int) else 0


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Note every Ctrl-C and SIGTERM while the block runs; they raise KeyboardInterrupt where Python sees them first."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def note(number: int, frame: FrameType | None) -> None:
        """Note it, and do what Python does with Ctrl-C."""
        noted.append(number)
        signal.default_int_handler(number, frame)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _meaning(error: BaseException) -> str:
    """Return what to tell the user about an error."""
    if isinstance(error, OSError):
        return os_error(error)
    if isinstance(error, (ValueError, ImportError)) and str(error):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory; close other programs or split the input, and run again"
    return f"{type(error).__name__}: {error}; this is unexpected, run again with DARKWAKE_DEBUG=1 to see where"


def _sentence(text: str, code: int) -> int:
    """Print one line on standard error and return the exit code."""
    click.echo(f"darkwake: {plain(text)}", err=True)
    return code
