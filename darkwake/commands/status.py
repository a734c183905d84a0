"""`darkwake status`: what a case holds, to the line."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from darkwake import options


@click.command()
@options.case
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(case_path: Path, as_json: bool) -> None:
    """Show what a case holds, to the line."""
    from darkwake.case import Case
    from darkwake.commands.ingest import clock_said
    from darkwake.say import plain

    case = Case(case_path)
    found = case.status()
    click.echo(json.dumps(found, default=_json, indent=1) if as_json else in_words(found))
    if not as_json and (partly := case.partly_read()):
        click.echo(plain(partly))
    if not as_json:
        for wrong in case.clock_errors():
            click.echo(clock_said(wrong))
    if not as_json and (missing := case.not_looked_at()):
        click.echo(f"{missing} Run: darkwake detect --case {case_path}")


def in_words(found: dict[str, Any]) -> str:
    """Return the status for reading: a line per input, then the totals."""
    from darkwake.say import count, table

    rows = []
    for item in found["inputs"]:
        refused = ", ".join(f"{number:,} {reason}" for reason, number in sorted(item["rejects"].items()))
        numbers = [f"{item[key]:,}" for key in ("lines", "stored", "other", "duplicates")]
        rows.append([item["name"], *numbers, refused or "0", _time(item["first_t"]), _time(item["last_t"])])
    head = ["input", "lines", "stored", "other", "duplicates", "rejects", "first", "last"]
    events = found["events"]
    by_kind = ", ".join(f"{number:,} {kind}" for kind, number in sorted(events.items()))
    totals = f"{count(found['positions'], 'position')} of {count(found['vessels'], 'vessel')}"
    said = f"{table(rows, head)}\n{totals}; {count(sum(events.values()), 'event')}"
    said += f": {by_kind}" if by_kind else ""
    if found["seal"] is None:
        return said
    return (
        f"{said}\nsealed before {found['seal']}: nothing earlier is taken in, events that read it stay as they were "
        "found, and all rows but those they stand on are gone, counted above all the same"
    )


def _time(value: object) -> str:
    """Return a time as the tables show it, or a dash."""
    return "-" if value is None else value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    """Return a time as JSON text, like 2022-11-10T02:09:52Z."""
    from detectors import iso

    if not isinstance(value, datetime):
        raise TypeError(f"no JSON for {type(value).__name__}")
    return iso(value)
