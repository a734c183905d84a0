"""`darkwake evaluate`: events against the truth of a scenario."""

import json
from pathlib import Path
from typing import Any

import click

from darkwake import options


@click.command()
@click.option(
    "--events",
    "events_path",
    type=options.PATH,
    required=True,
    metavar="E.json",
    help="From: darkwake events --format json.",
)
@click.option(
    "--truth", "truth_path", type=options.PATH, required=True, metavar="T.json", help="From: darkwake simulate --truth."
)
def evaluate(events_path: Path, truth_path: Path) -> None:
    """Score events against the truth of a scenario.

    Precision, recall, onset error and false alarms per 1,000 vessel-days, per kind.
    """
    from detectors.evaluate import evaluate as score

    click.echo(str(score(read_json(events_path), read_json(truth_path))))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}); give the file that darkwake wrote") from None
