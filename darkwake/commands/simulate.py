"""`darkwake simulate`: labelled traffic, for tests, benchmarks and training of people."""

from pathlib import Path

import click

from darkwake import options


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="A scenario is a name and a number."
)
@click.option("-o", "--output", type=options.PATH, metavar="F.nmea", help="The sentences to write.")
@click.option("--truth", type=options.PATH, metavar="T.json", help="What was planted, for darkwake evaluate.")
def simulate(scenario: str | None, seed: int, output: Path | None, truth: Path | None) -> None:
    """Write labelled traffic with its truth.

    The sentences are NMEA with tag blocks. Without a scenario, list them.
    """
    from darkwake.progress import bar
    from darkwake.simulate import UnknownScenario, make, scenarios

    if scenario is None:
        from darkwake.say import table

        click.echo(table([[name, text] for name, text in scenarios().items()], ["scenario", "what it holds"]))
        return
    if output is None:
        raise click.UsageError("give the file to write with -o F.nmea")
    try:
        with bar(f"Simulating {scenario}"):
            made = make(scenario, seed)
    except UnknownScenario as error:
        raise click.UsageError(str(error)) from None
    made.write_nmea(output)
    if truth is not None:
        made.write_truth(truth)
    click.echo(f"Sentences: {output}" + (f"\nTruth: {truth}" if truth else ""))
