"""`darkwake train`: what a case can learn, kept in it as an input of its detection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from darkwake import options

if TYPE_CHECKING:
    from detectors.artefacts import Artefact

output = click.option("-o", "--output", type=options.PATH, metavar="F.skops", help="Write it to a file, too.")


@click.group()
def train() -> None:
    """Learn from data: where ships lie, what is usual, what a transfer looks like.

    What was learned is kept in the case with its hash and used from the next detection on: of each kind the latest.
    Where nothing was learned for a case, the models that come with darkwake are used (docs/models.md).
    """


@train.command()
@options.case
@click.option(
    "--ships",
    type=click.IntRange(2, 100_000),
    default=8,
    show_default=True,
    metavar="N",
    help="Least number of different ships that lay within about a mile.",
)
@click.option(
    "--hours",
    type=click.FloatRange(1, 10_000_000),
    default=96.0,
    show_default=True,
    metavar="H",
    help="Least hours that they lay there, summed.",
)
@options.zones
@options.config
@output
def anchorages(
    case_path: Path, ships: int, hours: float, zone_files: tuple[Path, ...], config: Path | None, output: Path | None
) -> None:
    """Learn where many ships lie still over time.

    Meetings there are lowered and listed, never dropped. An area of the zones for ship-to-ship transfers is never
    masked.
    """
    from darkwake.case import Case
    from darkwake.say import count, plain, table
    from darkwake.settings import load
    from detectors.mask import Rules, describe

    case = Case(case_path, [*load(config).zones, *zone_files])
    made = case.train_anchorages(Rules(ships, hours))
    places = describe(made)
    rows = [[plain(one["name"]), str(one["cells"]), str(one["ships_most"]), str(one["hours"])] for one in places]
    click.echo(table(rows, ["place", "cells", "ships", "hours"]))
    click.echo(f"{count(len(places), 'place')} where ships lie")
    _done(made, case_path, output)


@train.command("import")
@click.argument("file", type=options.PATH, metavar="F.skops")
@options.case
def import_(file: Path, case_path: Path) -> None:
    """Use what was learned elsewhere: a file that `-o` wrote."""
    from darkwake.case import Case

    made = Case(case_path).import_artefact(file)
    _done(made, case_path, None)


def _done(made: Artefact, case_path: Path | None, output: Path | None) -> None:
    """Write the file if one is wanted, and say what to do next."""
    from darkwake.files import write_whole

    if output:
        write_whole(output, made.data)
    click.echo(f"{made.kind} {made.sha256[:8]}" + (f" written to {output}" if output else ""))
    if case_path:
        click.echo(f"In force from the next: darkwake detect --case {case_path}")
