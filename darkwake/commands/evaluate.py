"""`darkwake evaluate`: events against the truth of a scenario, or of the whole truth corpus."""

import json
from pathlib import Path
from typing import Any

import click

from darkwake import options


@click.command()
@click.option(
    "--events", "events_path", type=options.PATH, metavar="E.json", help="From: darkwake events --format json."
)
@click.option("--truth", "truth_path", type=options.PATH, metavar="T.json", help="From: darkwake simulate --truth.")
@click.option("--corpus", is_flag=True, help="Simulate, search and score every family of the truth corpus instead.")
@click.option(
    "--seed", "seeds", type=click.IntRange(min=0), multiple=True, metavar="N", help="Of the corpus; 1 unless given."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def evaluate(
    events_path: Path | None, truth_path: Path | None, corpus: bool, seeds: tuple[int, ...], as_json: bool
) -> None:
    """Score events against the truth of a scenario.

    Precision, recall, onset error and false alarms per 1,000 vessel-days, per kind; of the corpus a line for each
    family and kind, with what false alarms overlap.
    """
    if corpus:
        if events_path or truth_path:
            raise click.UsageError("--corpus makes its own events and truths: leave out --events and --truth")
        click.echo(_corpus(seeds or (1,), as_json))
        return
    if events_path is None or truth_path is None or seeds:
        raise click.UsageError("give --events E.json and --truth T.json, or --corpus, which may have --seed")
    from detectors.evaluate import evaluate as score

    scores = score(read_json(events_path), read_json(truth_path))
    click.echo(json.dumps(scores.to_dict(), indent=1) if as_json else str(scores))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}); give the file that darkwake wrote") from None


def _corpus(seeds: tuple[int, ...], as_json: bool) -> str:
    """Return what the corpus scores, as a table or as JSON."""
    from dataclasses import asdict

    from darkwake.corpus import score_corpus
    from darkwake.progress import steps
    from darkwake.simulate import BLIND
    from detectors.scores import render_tallies, tallied

    with steps("Corpus") as step:
        scored = list(score_corpus(seeds, step=step))
    tallies = tallied(scored, apart=(BLIND,))
    if as_json:
        done = {"tallies": [asdict(tally) for tally in tallies], "scores": [scores.to_dict() for scores in scored]}
        return json.dumps(done, indent=1)
    missed = [f"{scores.scenario}, seed {scores.seed}: {line}" for scores in scored for line in scores.missed]
    return render_tallies(tallies, missed)
