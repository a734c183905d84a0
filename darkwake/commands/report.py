"""`darkwake report`: the case as one HTML file."""

from pathlib import Path

import click

from darkwake import options


@click.command()
@options.case
@click.option("-o", "--output", type=options.PATH, required=True, metavar="R.html", help="The report to write.")
@click.option("--title", metavar="TEXT", help="Title of the report; the case's name by default.")
@options.zones
@options.config
def report(case_path: Path, output: Path, title: str | None, zone_files: tuple[Path, ...], config: Path | None) -> None:
    """Write the report of a case: one HTML file, no network."""
    from darkwake.case import Case
    from darkwake.progress import bar
    from darkwake.settings import load

    case = Case(case_path, [*load(config).zones, *zone_files])
    with bar("Writing the report"):
        written = case.report(output, title=title)
    click.echo(f"Report: {written}")
