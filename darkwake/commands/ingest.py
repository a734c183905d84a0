"""`darkwake ingest`: files into a case, each all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from darkwake import options

if TYPE_CHECKING:
    from ais.ingest import InputReport
    from ais.receivers import ClockError
    from ais.source import Input, InputError
    from darkwake.case import Case
    from darkwake.settings import Settings


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@options.case
@options.ingest
@options.config
def ingest(inputs: tuple[str, ...], case_path: Path, config: Path | None, **given: Any) -> None:
    """Take files, folders and archives into a case.

    NMEA, CSV, JSON or Parquet, compressed too; - is standard input. The same file twice changes nothing; one that was
    interrupted goes on where it was.
    """
    from darkwake.case import Case
    from darkwake.settings import load

    left = take_in(Case(case_path), inputs, reading(load(config), **given))
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
    clock_offset_s: float | None,
    no_raw: bool,
) -> dict[str, Any]:
    """Return how to read the inputs: the settings file, with the command line's options laid over it."""
    asked = {
        "format": format_,
        "columns": options.columns(columns) or None,
        "time_format": time_format,
        "time_zone": time_zone,
        "start_time": start_time,
        "clock_offset_s": clock_offset_s,
        "raw": False if no_raw else None,
    }
    merged = {**settings.ingest, **{key: value for key, value in asked.items() if value is not None}}
    if isinstance(merged.get("start_time"), str):
        merged["start_time"] = options.UtcTime().convert(merged["start_time"], None, None)
    return merged


def take_in(case: Case, given: Sequence[str], how: dict[str, Any]) -> InputError | None:
    """Take each input in and print what became of its lines; one that cannot be read does not stop the others.

    Returns:
        What to raise when the work is done, if something that should have been an input was left out.

    Raises:
        InputError: No input could be taken in.
    """
    from ais.formats import UnknownFormat
    from ais.inputs import LeftOut, inputs_of
    from ais.source import InputError

    taken = failed = 0
    for name in given:
        named = True
        try:
            for found in inputs_of(name):
                named = isinstance(found, LeftOut) or not found.found
                if isinstance(found, LeftOut):
                    failed += found.wrong
                    _leave_out(found.why)
                elif (refused := _refused(case, found, how)) is None:
                    taken += 1
                elif named:
                    raise refused
                else:
                    failed += not isinstance(refused, UnknownFormat)
                    _leave_out(str(refused))
        except InputError as error:
            if len(given) == 1 and named and not taken and not failed:
                raise
            failed += 1
            _leave_out(str(error))
    if not failed and taken:
        return None
    if not failed:
        raise InputError("nothing was taken in: none of the files found is NMEA, CSV, JSON or Parquet")
    summary = InputError(
        f"{failed} of {taken + failed} inputs were left out, for the reasons above; mend them and run again"
    )
    if not taken:
        raise summary
    return summary


def _refused(case: Case, found: Input, how: dict[str, Any]) -> InputError | None:
    """Take one input in and print what became of its lines; return why it was refused, if it was."""
    from ais.source import InputError
    from darkwake.progress import bar

    try:
        started = perf_counter()
        with bar(f"Reading {found.name}") as update:
            report = case.ingest(found, progress=update, **how)
    except InputError as error:
        return error
    click.echo(said(report, perf_counter() - started))
    if not report.already:
        for wrong in case.clock_errors(report.input_id):
            click.echo(f"  {clock_said(wrong)}")
    return None


def clock_said(wrong: ClockError) -> str:
    """Return the sentence about a receiver whose clock is wrong."""
    from darkwake.say import plain

    receiver = f"receiver {plain(wrong.station)}" if wrong.station else "the receiver"
    apart = f"{abs(wrong.ahead_s):,.0f} s {'ahead of' if wrong.ahead_s > 0 else 'behind'}"
    witnesses = wrong.against if wrong.witnesses > 1 else f"one {wrong.against.removesuffix('s')}"
    many = f"{wrong.witnesses} " if wrong.witnesses > 1 else ""
    return (
        f"clock: {receiver} of {plain(wrong.name)} is {apart} {many}{witnesses} ({wrong.reports:,} reports); if it is "
        f"the one that is wrong, forget the input and take it in with --clock-offset {-wrong.ahead_s:.0f}"
    )


def _leave_out(why: str) -> None:
    from darkwake.say import plain

    click.echo(f"left out: {plain(why)}", err=True)


def said(report: InputReport, seconds: float | None = None) -> str:
    """Return the lines that tell what became of an input's lines, by the counting law, and what it holds."""
    from darkwake.say import count, plain

    if report.already:
        text = f"{plain(report.name)}: already in the case, nothing changed"
        if report.otherwise:
            text += f"; it was read with {plain(report.otherwise)}: take it out with darkwake forget to read it so"
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
    identities = count(report.identities, "identity", "identities")
    text += f"\n  {count(report.positions, 'position')} and {identities} of {count(report.ships, 'ship')}"
    if report.first_t is not None and report.last_t is not None:
        text += f", {report.first_t:%Y-%m-%d %H:%M} to {report.last_t:%Y-%m-%d %H:%M} UTC"
    if report.clocks:
        text += f", times from {', '.join(plain(clock) for clock in report.clocks)}"
    return text if seconds is None else f"{text}; {report.lines / max(seconds, 1e-3):,.0f} lines/s"
