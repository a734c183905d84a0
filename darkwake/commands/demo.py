"""`darkwake demo`: the whole way on traffic whose truth is known."""

import json
from pathlib import Path

import click

from darkwake import options

SCENARIO, SEED = "demo", 1


@click.command()
@click.option(
    "-o",
    "--output",
    "folder",
    type=options.PATH,
    default=Path("darkwake-demo"),
    show_default=True,
    metavar="DIR",
    help="Folder for what it makes; what an earlier demo left there is made anew.",
)
def demo(folder: Path) -> None:
    """Run the whole way on simulated traffic.

    Simulate, ingest, detect, score against what was planted, and write the report.
    """
    from darkwake.case import Case
    from darkwake.commands.ingest import said
    from darkwake.progress import bar, steps
    from darkwake.simulate import make
    from detectors.evaluate import evaluate

    folder.mkdir(parents=True, exist_ok=True)
    sentences, truth, path = folder / "demo.nmea", folder / "demo.truth.json", folder / "demo.duckdb"
    path.unlink(missing_ok=True)
    with bar("Simulating"):
        scenario = make(SCENARIO, SEED)
        scenario.write_nmea(sentences)
        scenario.write_truth(truth)
    case = Case(path)
    with bar("Reading") as update:
        click.echo(said(case.ingest(sentences, progress=update)))
    with steps("Detecting") as step:
        case.detect(progress=step)
    click.echo(str(evaluate(case.records(), json.loads(truth.read_text(encoding="utf-8")))))
    with bar("Writing the report"):
        report = case.report(folder / "demo.html", title="darkwake demo: simulated traffic, no real ships")
    click.echo(f"Report: {report}")
