"""`darkwake note`: what an officer says of an event."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import click

from darkwake import options

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.argument("event", metavar="EVENT")
@options.case
@click.option("--who", required=True, metavar="W", help="Who says it: a name or a watch.")
@click.option("--acknowledge", "action", flag_value="acknowledge", help="It is being seen to.")
@click.option("--unacknowledge", "action", flag_value="unacknowledge", help="It is not, after all.")
@click.option("--snooze", metavar="2h", help="Not to be told of its growth for so long (30m, 2h, 1d), or off.")
@click.option(
    "--verdict", type=click.Choice(["false-alarm", "confirmed", "none"]), help="What came of it; none takes it back."
)
@click.option("--text", metavar="TEXT", help="What there is to say, also with one of the others.")
def note(
    event: str,
    case_path: Path,
    who: str,
    action: str | None,
    snooze: str | None,
    verdict: str | None,
    text: str | None,
) -> None:
    """Acknowledge or snooze an event, judge it, or note a text.

    EVENT is its id. What was said stays, with the time and who said it; a further note takes it back. It is shown in
    the report and by darkwake notes. A watch that holds the case writes it.
    """
    from darkwake.case import Case
    from darkwake.clock import now
    from darkwake.say import plain

    given = [name for name, value in (("snooze", snooze), ("verdict", verdict)) if value is not None]
    given += [action] if action else []
    if len(given) > 1 or not (given or text):
        raise click.UsageError("give one of --acknowledge, --unacknowledge, --snooze and --verdict, or --text alone")
    written = Case(case_path).note(
        event,
        who=who,
        action=given[0] if given else "note",  # type: ignore[arg-type]
        text=text,
        verdict=None if verdict in (None, "none") else verdict.replace("-", " "),  # type: ignore[arg-type]
        until=None if snooze in (None, "off") else _until(str(snooze), now()),
    )
    click.echo(plain(f"{written.event_id}: {written.in_words()}"))


def _until(text: str, now: datetime) -> datetime:
    found = re.fullmatch(r"([1-9]\d{0,4}) ?([mhd])", text.strip())
    if found is None:
        raise click.BadParameter(f"'{text}' is no time to snooze; write it like 30m, 2h or 1d, or off")
    return now.replace(microsecond=0) + timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
