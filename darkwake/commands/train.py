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
    """Learn from data what is usual and how transfers look.

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


@train.command()
@options.case
@output
def unusual(case_path: Path, output: Path | None) -> None:
    """Learn what is usual among the meetings, loitering and gaps of a case.

    Each event then says what share of those is less unusual.
    """
    from darkwake.case import Case

    made = Case(case_path).train_unusual()
    for group, about in made.about["groups"].items():
        click.echo(f"{about['events']:,} {group}")
    for group, events in made.about["too_few"].items():
        click.echo(f"too few {group} to learn from: {events}; theirs will not be said")
    _done(made, case_path, output)


@train.command()
@click.option("--case", "case_path", type=options.PATH, metavar="C.duckdb", help="The case that is to use it.")
@click.option(
    "--seed", "seeds", type=click.IntRange(min=0), multiple=True, help="Of the corpus; twelve unless given. Repeatable."
)
@output
def meetings(case_path: Path | None, seeds: tuple[int, ...], output: Path | None) -> None:
    """Learn what a transfer looks like, from the truth corpus.

    Every family is simulated and searched, which takes minutes; the blind one is held out. Prints how well it does on
    ships that it has not seen, beside distance alone and beside labels that were shuffled.
    """
    from darkwake.case import Case
    from darkwake.lessons import SEEDS, learn_meetings
    from darkwake.progress import steps
    from darkwake.say import table

    if case_path is None and output is None:
        raise click.UsageError("say where it goes: --case C.duckdb, -o F.skops, or both")
    with steps("Learning") as step:
        made, held_out, blind = learn_meetings(seeds or SEEDS, step=step)
    if case_path is not None:
        Case(case_path).use_artefact(made)
    rows = [
        [name, f"{one.events:,}", f"{one.transfers:,}", f"{one.auroc:.3f}", f"{one.auroc_distance:.3f}",
         f"{one.auroc_shuffled:.3f}", f"{one.ece:.3f}"]
        for name, one in (("ships held out", held_out), ("blind family", blind))
    ]  # fmt: skip
    click.echo(table(rows, ["", "meetings", "transfers", "AUROC", "by distance", "shuffled", "ECE"]))
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
