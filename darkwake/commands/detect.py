"""`darkwake detect`: the events of a case, brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from darkwake import options

if TYPE_CHECKING:
    from darkwake.case import Case
    from darkwake.settings import Settings


@click.command()
@options.case
@options.detect
@options.zones
@options.config
def detect(
    case_path: Path,
    only: tuple[str, ...],
    from_: datetime | None,
    to: datetime | None,
    sets: tuple[str, ...],
    zone_files: tuple[Path, ...],
    config: Path | None,
) -> None:
    """Find events in a case.

    Only what its new rows can have changed is computed anew.
    """
    from darkwake.case import Case
    from darkwake.settings import load

    settings = load(config)
    wanted = choose(settings, only=only, from_=from_, to=to, sets=sets)
    find(Case(case_path, [*settings.zones, *zone_files]), wanted)


@dataclass(frozen=True)
class Wanted:
    """What to detect: detectors by name, thresholds that differ, the span to recompute (None: what changed)."""

    only: tuple[str, ...]
    settings: Mapping[str, Mapping[str, object]]
    window: tuple[datetime | None, datetime | None] | None


def choose(
    settings: Settings, *, only: Iterable[str], from_: datetime | None, to: datetime | None, sets: Iterable[str]
) -> Wanted:
    """Check the options of detection, before any work is done, against the detectors that there are.

    Raises:
        click.UsageError: A detector, field or value is not known, or the span is empty.
    """
    from darkwake.settings import SettingsError

    if from_ and to and to <= from_:
        raise click.UsageError("--to must be later than --from")
    try:
        chosen = settings.with_sets(sets)
        names = tuple(chosen.make(options.split(only)))
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    return Wanted(names, chosen.detectors, (from_, to) if from_ or to else None)


def find(case: Case, wanted: Wanted) -> None:
    """Detect, and print how many events of each kind the case holds then."""
    from darkwake.progress import steps
    from darkwake.say import count, plain
    from detectors import iso

    with steps("Detecting") as step:
        done = case.detect(only=wanted.only, settings=wanted.settings, window=wanted.window, progress=step)
    events = done.events
    by_kind = ", ".join(f"{number:,} {kind}" for kind, number in sorted(events.items()) if number)
    click.echo(f"{count(sum(events.values()), 'event')}" + (f": {by_kind}" if by_kind else ""))
    if done.ahead and done.horizon:
        click.echo(f"{count(done.ahead, 'row')} far ahead of all others not looked at; data end at {iso(done.horizon)}")
    if partly := case.partly_read():
        click.echo(f"note: {plain(partly)}", err=True)
