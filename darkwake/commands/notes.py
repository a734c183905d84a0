"""`darkwake notes`: what officers said of events."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from darkwake import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEYS = ("seq", "event_id", "made_at", "who", "action", "text", "verdict", "until")


@click.command()
@options.case
@click.option("--event", metavar="EVENT", help="Of this event only, and of those in whose place it stands.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to write them.",
)
@click.option("-o", "--output", type=options.PATH, metavar="FILE", help="Write to a file.")
def notes(case_path: Path, event: str | None, format_: str, output: Path | None) -> None:
    """Show what officers said of events."""
    from darkwake.case import Case
    from darkwake.files import write_whole

    case = Case(case_path)
    found = [one.as_json() for one in case.notes(event)]
    if format_ == "json":
        text = json.dumps(found, indent=1) + "\n"
    else:
        text = _table(found) if format_ == "table" else _csv(found, case.about())
    if output is not None:
        write_whole(output, text.encode())
    else:
        click.echo(text, nl=False)


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    from darkwake.say import table

    if not found:
        return "no notes\n"
    rows = [[str(one[key]) if one[key] is not None else "" for key in _KEYS] for one in found]
    return table(rows, [key.replace("_", " ") for key in _KEYS], None) + "\n"


def _csv(found: Sequence[Mapping[str, Any]], about: Mapping[str, str]) -> str:
    from darkwake.formats import inert
    from darkwake.say import plain

    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([*_KEYS, *about])
    for one in found:
        cells = [*(one[key] for key in _KEYS), *about.values()]
        write([inert(plain(cell)) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()
