"""`darkwake tracks`: the positions of a case for other programs."""

from datetime import datetime
from pathlib import Path

import click

from darkwake import options


@click.command()
@options.case
@click.option("--mmsi", type=int, multiple=True, metavar="M", help="This ship only; by default all ships of the case.")
@click.option("--from", "from_", type=options.UtcTime(), metavar="T", help="From this time only.")
@click.option("--to", type=options.UtcTime(), metavar="T", help="To this time only.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "geojson", "parquet"]),
    default="csv",
    show_default=True,
    help="How to write them.",
)
@click.option("-o", "--output", type=options.PATH, required=True, metavar="FILE", help="The file to write.")
def tracks(
    case_path: Path,
    mmsi: tuple[int, ...],
    from_: datetime | None,
    to: datetime | None,
    format_: str,
    output: Path,
) -> None:
    """Write positions for other programs.

    CSV and Parquet hold every position with its doubts and the line it came from; GeoJSON holds lines that join what
    was received and break where nothing was. All name their source and the time of making.
    """
    from darkwake import formats
    from darkwake.case import Case
    from darkwake.files import write_whole
    from detectors.event import to_us
    from maps.exports import tracks_geojson, tracks_table
    from maps.tracks import FIRST_US, LAST_US

    case = Case(case_path)
    with case.reader() as reader:
        table = tracks_table(
            reader,
            mmsi,
            from_us=FIRST_US if from_ is None else to_us(from_),
            to_us=LAST_US if to is None else to_us(to),
        )
    about = case.about()
    if format_ == "csv":  # each row names its input and line already
        write_whole(output, formats.table_csv(table, {"case": case.path.name, "made": about["made"]}))
    elif format_ == "parquet":
        write_whole(output, formats.as_parquet(table, about))
    else:
        write_whole(output, (tracks_geojson(table, case.names(), about) + "\n").encode())
    click.echo(f"Tracks: {table.num_rows:,} positions, {output}")
