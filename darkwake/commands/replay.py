"""`darkwake replay`: the tracks of a case with a clock, as one HTML file."""

from datetime import datetime
from pathlib import Path

import click

from darkwake import options


@click.command()
@options.case
@click.option("-o", "--output", type=options.PATH, required=True, metavar="R.html", help="The replay to write.")
@click.option(
    "--mmsi",
    type=int,
    multiple=True,
    metavar="M",
    help="This ship and those it has events with; by default all ships of the case.",
)
@click.option("--from", "from_", type=options.UtcTime(), metavar="T", help="From this time only.")
@click.option("--to", type=options.UtcTime(), metavar="T", help="To this time only.")
@click.option("--title", metavar="TEXT", help="Title of the replay; the inputs' names by default.")
@options.zones
@options.lists
@options.config
def replay(
    case_path: Path,
    output: Path,
    mmsi: tuple[int, ...],
    from_: datetime | None,
    to: datetime | None,
    title: str | None,
    zone_files: tuple[Path, ...],
    list_files: tuple[Path, ...],
    config: Path | None,
) -> None:
    """Write a replay: tracks with a clock, one HTML file, no network.

    Ships move between the positions that were received; where one is silent, the page shows how far it can have gone
    since. Events are stepped through in order of time, and the ships of a meeting are drawn in their own frame.
    """
    from darkwake.case import Case
    from darkwake.progress import bar
    from darkwake.settings import load

    if from_ is not None and to is not None and from_ >= to:
        raise click.UsageError("--from must lie before --to")
    settings = load(config)
    case = Case(case_path, [*settings.zones, *zone_files], [*settings.lists, *list_files])
    options.read_lists(case)
    with bar("Writing the replay"):
        written = case.replay(output, mmsi=mmsi, span=(from_, to), title=title)
    click.echo(f"Replay: {written}")
