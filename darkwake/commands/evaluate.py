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

    click.echo(str(score(read_json(events_path, list), read_json(truth_path, dict))))


def read_json(path: Path, kind: type) -> Any:
    """Read a JSON file whose top is a list or a mapping.

    Raises:
        ValueError: It is no JSON, or its top is something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}); give the file that darkwake wrote") from None
    if not isinstance(found, kind):
        raise ValueError(
            f"{path} holds no JSON {'array' if kind is list else 'object'}; give the file that darkwake wrote"
        )
    return found
