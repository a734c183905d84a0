"""`darkwake run`: the main job, from files to a report."""

from datetime import datetime
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import click

from darkwake import options

_PACKED = (".gz", ".zst", ".bz2", ".xz")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--case",
    "case_path",
    type=options.PATH,
    metavar="C.duckdb",
    help="The case file; by default the first input's name with .duckdb, here.",
)
@click.option(
    "--report",
    "report_path",
    type=options.PATH,
    metavar="R.html",
    help="The report; by default the case's name with .html, beside it.",
)
@click.option("--title", metavar="TEXT", help="Title of the report; the case's name by default.")
@options.ingest
@options.detect
@options.zones
@options.lists
@options.config
def run(
    inputs: tuple[str, ...],
    case_path: Path | None,
    report_path: Path | None,
    title: str | None,
    only: tuple[str, ...],
    from_: datetime | None,
    to: datetime | None,
    sets: tuple[str, ...],
    zone_files: tuple[Path, ...],
    list_files: tuple[Path, ...],
    config: Path | None,
    **how: Any,
) -> None:
    """Read files, find events, write the report: the main job.

    It is ingest, detect and report in one, with the options of all three.
    """
    from darkwake.case import Case
    from darkwake.commands.detect import choose, find
    from darkwake.commands.ingest import reading, take_in
    from darkwake.progress import bar
    from darkwake.settings import load

    settings = load(config)
    path = case_path or Path(f"{stem_of(inputs[0])}.duckdb")
    case = Case(path, [*settings.zones, *zone_files], [*settings.lists, *list_files])
    target = report_path or case.path.with_name(case.path.name.removesuffix(".duckdb") + ".html")
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(f"{target} cannot be a report: give the path of a file in a folder that exists")
    wanted = choose(settings, only=only, from_=from_, to=to, sets=sets)
    _ = case.zones  # a bad zone file or list is told before the inputs are read
    options.read_lists(case)
    left = take_in(case, inputs, reading(settings, **how))
    find(case, wanted)
    with bar("Writing the report"):
        written = case.report(target, title=title)
    click.echo(f"Case: {case.path}\nReport: {written}")
    if left:
        raise left


def stem_of(name: str) -> str:
    """Return an input's name without folder and endings; of a pattern its first match, and `stdin` for `-`."""
    if name == "-":
        return "stdin"
    path = Path(name)
    if has_magic(name) and not path.exists():
        path = Path(min(glob(name, recursive=True), default="case"))  # noqa: PTH207 - Path.glob takes no "/x/*"
    if path.is_dir():
        return path.resolve().name or "case"
    return Path(path.stem).stem if path.suffix.lower() in _PACKED else path.stem
