"""`darkwake ingest`: files into a case, each all or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from darkwake import options

if TYPE_CHECKING:
    from ais.ingest import InputError, InputReport
    from darkwake.case import Case
    from darkwake.settings import Settings


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@options.case
@options.ingest
@options.config
def ingest(inputs: tuple[str, ...], case_path: Path, config: Path | None, **given: Any) -> None:
    """Take files into a case.

    NMEA, CSV or Parquet, gzip too; - is standard input. Each file is taken whole or not at all, and the same file twice
    changes nothing.
    """
    from darkwake.case import Case
    from darkwake.settings import load

    left = take_in(Case(case_path), expand(inputs), reading(load(config), **given))
    if left:
        raise left


def reading(
    settings: Settings,
    *,
    format_: str | None,
    columns: tuple[str, ...],
    time_format: str | None,
    time_zone: str | None,
    start_time: datetime | None,
) -> dict[str, Any]:
    """Return how to read the inputs: the settings file, with the command line's options laid over it."""
    asked = {
        "format": format_,
        "columns": options.columns(columns) or None,
        "time_format": time_format,
        "time_zone": time_zone,
        "start_time": start_time,
    }
    merged = {**settings.ingest, **{key: value for key, value in asked.items() if value is not None}}
    if isinstance(merged.get("start_time"), str):
        merged["start_time"] = options.UtcTime().convert(merged["start_time"], None, None)
    return merged


def take_in(case: Case, files: list[str], how: dict[str, Any]) -> InputError | None:
    """Take each file in and print what became of its lines; one that cannot be read does not stop the others.

    Returns:
        What to raise when the work is done, if a file was left out.

    Raises:
        InputError: No file could be taken in.
    """
    from ais.ingest import InputError
    from darkwake.progress import bar
    from darkwake.say import plain

    left = []
    for name in files:
        try:
            with bar(f"Reading {Path(name).name}") as update:
                report = case.ingest(name, progress=update, **how)
        except InputError as error:
            if len(files) == 1:
                raise
            click.echo(f"left out: {plain(str(error))}", err=True)
            left.append(error)
        else:
            click.echo(said(report))
    if not left:
        return None
    summary = InputError(
        f"{len(left)} of {len(files)} inputs were left out, for the reasons above; mend them and run again"
    )
    if len(left) == len(files):
        raise summary
    return summary


def expand(inputs: Iterable[str]) -> list[str]:
    """Return the files that the arguments name; a quoted pattern such as 'day*.nmea' is matched here, sorted."""
    named = []
    for text in inputs:
        pattern = has_magic(text) and not Path(text).exists()
        found = sorted(glob(text, recursive=True)) if pattern else [text]  # noqa: PTH207 - Path.glob takes no "/x/*"
        if not found:
            raise FileNotFoundError(f"no file matches {text}; check the pattern")
        named += found
    return named


def said(report: InputReport) -> str:
    """Return the lines that tell what became of an input's lines, by the counting law."""
    from darkwake.say import count, plain

    if report.already:
        text = f"{plain(report.name)}: already in the case, nothing changed"
        if report.otherwise:
            text += f"; it was read with {plain(report.otherwise)}: to read it so, give another --case"
        return text
    refused = sum(report.rejects.values())
    text = (
        f"{plain(report.name)}: {count(report.lines, 'line')} = {report.stored:,} stored + {report.other:,} other"
        f" + {count(report.duplicates, 'duplicate')} + {count(refused, 'reject')}"
    )
    if report.rejects:
        worst = sorted(report.rejects.items(), key=lambda item: (-item[1], item[0]))
        text += " (" + ", ".join(f"{number:,} {plain(reason)}" for reason, number in worst) + ")"
    if report.rejects.get("no time"):
        text += "; give --start-time, with a new case, for the lines that say no time"
    return text
