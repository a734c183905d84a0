"""`darkwake verify`: whether a case is what its own sentences say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from darkwake import options

if TYPE_CHECKING:
    from ais.verification import Verified


class Unlike(ValueError):
    """A case differs from what its sentences give: one sentence with the count."""


@click.command()
@options.case
@options.zones
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(case_path: Path, zone_files: tuple[Path, ...], as_json: bool) -> None:
    """Check a case against its own sentences.

    Rebuilds each input from the kept lines and compares its hash, decodes them again with another decoder, detects
    again with the recorded thresholds and zones, and says every row and event that differs. Nothing else is needed.
    """
    from darkwake.case import Case
    from darkwake.progress import stages

    with stages() as update:
        done = Case(case_path, zone_files).verify(update)
    click.echo(json.dumps(done.as_json(), indent=1) if as_json else in_words(done))
    if done.total:
        each = ", ".join(f"{number:,} in {table}" for table, number in done.counts.items())
        raise Unlike(f"{case_path} is not what its sentences say: {_differences(done.total)} ({each})")


def in_words(done: Verified) -> str:
    """Return what came out for reading: the differences, what could not be verified, and what was compared."""
    from darkwake.say import count, plain

    lines = [plain(one.text) for one in done.differences]
    told = len(lines)
    if done.total > told:
        lines.append(f"and {_differences(done.total - told)} more, not shown")
    lines += [f"not verified: {plain(note)}" for note in done.notes]
    as_said = "what could be verified is as the case says" if done.notes else "all as the case says"
    lines.append(
        f"{count(done.inputs, 'input')} rebuilt and decoded again, {count(done.lines, 'line')}; "
        f"{count(done.events, 'event')} detected again" + ("" if done.total else f": {as_said}")
    )
    return "\n".join(lines)


def _differences(number: int) -> str:
    from darkwake.say import count

    return count(number, "difference")
