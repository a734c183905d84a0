"""`darkwake forget`: one input out of a case again."""

from pathlib import Path

import click

from darkwake import options


@click.command()
@click.argument("input_", metavar="INPUT")
@options.case
def forget(input_: str, case_path: Path) -> None:
    """Take one input out of a case again.

    INPUT is its name as darkwake status shows it, or the first digits of its sha256. What other inputs said stays.
    Events that lie before the seal of a watch stay too, also those found by this input.
    """
    from darkwake.case import Case
    from darkwake.say import plain

    case = Case(case_path)
    case.forget(input_)
    click.echo(f"{plain(input_)}: taken out. Run: darkwake detect --case {case_path}")
    if sealed := case.status()["seal"]:
        click.echo(f"note: the case is sealed before {sealed}: events that read earlier data stay, found by it or not")
