"""`darkwake events`: the findings of a case, for people and for programs."""

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from darkwake import options


@click.command()
@options.case
@click.option("--kind", metavar="K", help="Events of this kind only.")
@click.option("--mmsi", type=int, metavar="M", help="Events of this ship only.")
@click.option("--zone", metavar="Z", help="Events in this zone only.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "geojson", "parquet"]),
    default="table",
    show_default=True,
    help="How to write them.",
)
@click.option("-o", "--output", type=options.PATH, metavar="FILE", help="Write to a file.")
@options.lists
@options.config
def events(
    case_path: Path,
    kind: str | None,
    mmsi: int | None,
    zone: str | None,
    format_: str,
    output: Path | None,
    list_files: tuple[Path, ...],
    config: Path | None,
) -> None:
    """Show the events of a case.

    They come by start, as a table or for programs; also while another darkwake writes to the case. Ships on OFAC's
    or the EU's list of DPRK vessels, or on one of yours, are marked with how they matched.
    """
    from darkwake.case import Case
    from darkwake.files import write_whole
    from darkwake.settings import SettingsError, load

    if format_ == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text; give a file with -o")
    case = Case(case_path, lists=[*load(config).lists, *list_files])
    options.read_lists(case)
    try:
        found = case.records(kind=kind, mmsi=mmsi, zone=zone)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    options.say_what_is_missing(case)
    data = _written(case, found, format_, to_file=output is not None)
    if output is not None:
        write_whole(output, data)
    else:
        click.echo(data, nl=False)


def _written(case: Any, found: list[dict[str, Any]], format_: str, *, to_file: bool) -> bytes:
    """Return the events in a format, as bytes."""
    from darkwake import formats

    if format_ == "json":
        from detectors import to_json

        return _line(to_json(found))
    if format_ == "csv":
        return formats.as_csv(found, case.names(), case.about()).encode()
    if format_ == "geojson":
        return _line(formats.as_geojson(found, case.about()))
    if format_ == "parquet":
        return formats.as_parquet(formats.as_arrow(found), case.about())
    if not found:
        return b"no events\n"
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() and not to_file else None
    return _line(formats.as_table(found, case.names(), width))


def _line(text: str) -> bytes:
    """Return text as bytes that end with one line end."""
    return (text if text.endswith("\n") else text + "\n").encode()
