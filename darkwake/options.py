"""Options that several commands share, and the types of their values."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from darkwake.case import Case

Command = TypeVar("Command", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


class UtcTime(click.ParamType[datetime]):
    """A time as ISO 8601; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the aware time, in UTC."""
        try:
            given = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is no time; write it like 2022-11-10T02:09:52Z", param, ctx)
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


case = click.option("--case", "case_path", type=PATH, required=True, metavar="C.duckdb", help="The case file.")
config = click.option("--config", type=PATH, metavar="F", help="Settings file; otherwise ./darkwake.toml if there.")
zones = click.option("--zones", "zone_files", type=PATH, multiple=True, metavar="F", help="Further zones, GeoJSON.")
lists = click.option(
    "--list", "list_files", type=PATH, multiple=True, metavar="F", help="Further list of vessels, CSV: imo, mmsi, name."
)


def ingest(command: Command) -> Command:
    """Add the options that say how to read an input."""
    for option in reversed(
        [
            click.option(
                "--format",
                "format_",
                type=click.Choice(["auto", "nmea", "csv", "json", "parquet"]),
                default=None,
                help="What the input is; recognised by default.",
            ),
            click.option(
                "--columns", multiple=True, metavar="mmsi=ID,t=TIME,...", help="Which column of a table is which field."
            ),
            click.option(
                "--time-format", metavar="F", help="strptime format of the table's times, e.g. '%d/%m/%Y %H:%M'."
            ),
            click.option(
                "--time-zone", metavar="Z", help="Zone of the table's times, e.g. Africa/Cairo; UTC by default."
            ),
            click.option(
                "--start-time", type=UtcTime(), metavar="T", help="Time of the first line, for NMEA that carries none."
            ),
            click.option(
                "--clock-offset",
                "clock_offset_s",
                type=float,
                metavar="S",
                help="Seconds to add to every time as given, for a receiver whose clock is wrong.",
            ),
            click.option("--no-raw", is_flag=True, help="Do not keep the raw lines: a smaller case, not verifiable."),
        ]
    ):
        command = option(command)
    return command


def detect(command: Command) -> Command:
    """Add the options that choose detectors, their span and their thresholds."""
    for option in reversed(
        [
            click.option(
                "--only",
                multiple=True,
                metavar="gap,rendezvous",
                help="These detectors only, and those that they read.",
            ),
            click.option("--from", "from_", type=UtcTime(), metavar="T", help="Recompute from this time only."),
            click.option("--to", type=UtcTime(), metavar="T", help="Recompute to this time only."),
            click.option(
                "--set", "sets", multiple=True, metavar="detector.field=value", help="One threshold (docs/settings.md)."
            ),
        ]
    ):
        command = option(command)
    return command


def read_lists(made: "Case") -> None:
    """Read the lists of a case, so that a bad one is told first, and say what of them was not understood."""
    from darkwake.say import plain

    for note in made.lists.notes:
        click.echo(f"note: {plain(note)}", err=True)


def say_what_is_missing(made: "Case") -> None:
    """Say what of the inputs is not in a case, and what detection has not looked at."""
    from darkwake.say import plain

    if partly := made.partly_read():
        click.echo(f"note: {plain(partly)}", err=True)
    if missing := made.not_looked_at():
        click.echo(f"note: {missing} Run: darkwake detect --case {made.path}", err=True)


def split(texts: Iterable[str]) -> list[str]:
    """Return the parts of comma-separated texts, without blanks."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def columns(texts: Iterable[str]) -> dict[str, str]:
    """Return `field=column` pairs as a mapping.

    Raises:
        click.BadParameter: A part is no pair.
    """
    pairs = {}
    for part in split(texts):
        name, equals, column = part.partition("=")
        if not (equals and name and column):
            raise click.BadParameter(
                f"'{part}' is no pair; write it like mmsi=ID,t=TIME,lon=X,lat=Y", param_hint="--columns"
            )
        pairs[name.strip()] = column.strip()
    return pairs
