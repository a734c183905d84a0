"""`darkwake doctor`: what may keep darkwake from its work on this machine, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import click

from darkwake import options

_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


@click.command()
@click.option("--case", "case_path", type=options.PATH, metavar="C.duckdb", help="Look at this case too.")
@options.config
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(case_path: Path | None, config: Path | None, as_json: bool) -> int:
    """Say what keeps darkwake from its work here, and what to do.

    It looks at the Python and the packages, at settings, zones and alerts, at the room on the disk, and at a case:
    whether it can be read, who holds it, whether detection has looked at all of it, how old its newest line is.
    Nothing is changed, and no connection is made. Exit code 1 if something is bad.
    """
    from darkwake.clock import now
    from darkwake.doctor import examine
    from darkwake.say import plain

    found = examine(case_path, config, now())
    if as_json:
        click.echo(json.dumps([{"what": one.what, "state": one.state, "said": one.said} for one in found], indent=1))
    else:
        for one in found:
            click.echo(f"{_MARKS[one.state]}  {one.what}: {plain(one.said)}")
    return int(any(one.state == "bad" for one in found))
