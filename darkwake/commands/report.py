"""`darkwake report`: the case as one HTML file."""

from pathlib import Path

import click

from darkwake import options


@click.command()
@options.case
@click.option("-o", "--output", type=options.PATH, required=True, metavar="R.html", help="The report to write.")
@click.option("--title", metavar="TEXT", help="Title of the report; the case's name by default.")
@click.option("--by", metavar="TEXT", help="Who made it, for the report's custody page.")
@options.zones
@options.lists
@options.config
def report(
    case_path: Path,
    output: Path,
    title: str | None,
    by: str | None,
    zone_files: tuple[Path, ...],
    list_files: tuple[Path, ...],
    config: Path | None,
) -> None:
    """Write the report of a case: one HTML file, no network."""
    from darkwake.case import Case
    from darkwake.progress import bar
    from darkwake.settings import load

    settings = load(config)
    case = Case(case_path, [*settings.zones, *zone_files], [*settings.lists, *list_files])
    options.read_lists(case)
    with bar("Writing the report"):
        written = case.report(output, title=title, by=by)
    click.echo(f"Report: {written}")
