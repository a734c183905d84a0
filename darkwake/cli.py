"""`darkwake`: the command line.

Exit codes: 0 done; 1 the input or the case is bad, said in one sentence; 2 wrong usage; 130 stopped with Ctrl-C.
No traceback is shown unless DARKWAKE_DEBUG=1 is set.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

import click

from darkwake import __version__, ours
from darkwake.say import os_error, plain

COMMANDS = ("run", "ingest", "detect", "events", "report", "zones", "status", "simulate", "evaluate", "demo")


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


@click.group(cls=Front, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="darkwake")
def darkwake() -> None:
    """Find ship-to-ship transfers, silences and fishing incursions in AIS, with the evidence for and against.

    Start with: darkwake run FILE. It reads NMEA, CSV or Parquet and leaves a case (.duckdb) and a report (.html).
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line, by default with the process's own arguments, and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ship's name must not fail on a terminal that cannot show it
    sys.exit(_guarded(args))


def _guarded(args: Sequence[str] | None) -> int:
    """Run the command; turn what went wrong into one sentence and an exit code."""
    try:
        ours.check()
        with darkwake.make_context("darkwake", list(sys.argv[1:] if args is None else args)) as context:
            code = darkwake.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a closed pipe is still ours to handle
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _sentence("stopped; what was not finished is not in the case", 130)
    except BrokenPipeError:  # the reader of our output has seen enough
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("DARKWAKE_DEBUG") == "1":
            raise
        return _sentence(_meaning(error), 1)


def _meaning(error: Exception) -> str:
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
