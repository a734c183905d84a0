"""Write docs/commands.md, docs/settings.md and docs/case.md from the code: python docs/make_tables.py.

A test compares them with the code; when it fails, run this and commit what it wrote.
"""

import dataclasses
import inspect
from pathlib import Path

import click

from ais.schema import TABLES
from darkwake.cli import darkwake
from darkwake.settings import INGEST_KEYS, WATCH_KEYS
from detectors import discover

HERE = Path(__file__).resolve().parent


def commands() -> str:
    """Return the page of all commands and their options."""
    lines = ["# Commands", "", "Made by `python docs/make_tables.py` from the commands themselves.", ""]
    context = click.Context(darkwake, info_name="darkwake")
    for name in darkwake.list_commands(context):
        command = darkwake.get_command(context, name)
        assert command is not None
        lines += _command(command, f"darkwake {name}")
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, path: str) -> list[str]:
    """Return the section of one command, or of each of a group."""
    if isinstance(command, click.Group):
        return [line for part in command.commands.values() for line in _command(part, f"{path} {part.name}")]
    arguments = [str(part.metavar or part.name) for part in command.params if isinstance(part, click.Argument)]
    shown = " ".join([path, *arguments])
    lines = [f"## {shown}", "", inspect.cleandoc(command.help or "").strip(), "", "| option | |", "|---|---|"]
    options = [part for part in command.params if isinstance(part, click.Option)]
    return [*lines, *(f"| {_option(part)} | {_cell(part.help or '')} |" for part in options), ""]


def _option(part: click.Option) -> str:
    """Return an option's names with its value."""
    if isinstance(part.type, click.Choice):
        value = "|".join(map(str, part.type.choices))
    else:
        value = "" if part.is_flag else part.metavar or part.type.name.upper()
    named = ", ".join(part.opts) + (f" {value}" if value else "")
    marks = ["required"] if part.required else []
    marks += ["repeatable"] if part.multiple else []
    return f"`{_cell(named)}`" + (f" ({', '.join(marks)})" if marks else "")


def settings() -> str:
    """Return the page of all settings: the detectors' fields with default, unit, reason."""
    lines = [
        "# Settings",
        "",
        "Made by `python docs/make_tables.py` from the detectors' fields. Set one with",
        "`--set rendezvous.max_distance_m=400`, or several in `darkwake.toml` (read from the current folder, or named",
        "with `--config`):",
        "",
        "```toml",
        'zones = ["my-zones.geojson"]   # from the folder of this file',
        'lists = ["my-vessels.csv"]     # columns imo, mmsi, name',
        "",
        "[ingest]",
        'time_zone = "Asia/Seoul"',
        "",
        "[watch]",
        'keep = "30d"',
        "",
        "[rendezvous]",
        "max_distance_m = 400",
        "```",
        "",
        f"`[ingest]` takes {', '.join(f'`{key}`' for key in INGEST_KEYS)}: the options of `darkwake ingest`;",
        f"`[watch]` takes {', '.join(f'`{key}`' for key in WATCH_KEYS)}: those of `darkwake watch`.",
        "An unknown key is an error that names its nearest.",
        "",
    ]
    for name, kind in sorted(discover().items()):
        first = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
        kinds = ", ".join(f"`{one}`" for one in kind.kinds)
        lines += [
            f"## {name}",
            "",
            f"{first} Kinds: {kinds}.",
            "",
            "| setting | default | unit | why |",
            "|---|---|---|---|",
        ]
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]
            told = field.metadata
            lines.append(
                f"| `{field.name}` | {field.default} | {told.get('unit', '')} | {_cell(told.get('doc', ''))} |"
            )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def case() -> str:
    """Return the page of a case's tables."""
    lines = [
        "# A case",
        "",
        "Made by `python docs/make_tables.py` from `ais/schema.py`. One DuckDB file is one case; any DuckDB opens it.",
        "Times are UTC. NULL is unknown.",
        "",
    ]
    for table in TABLES.values():
        lines += [f"## {table.name}", "", f"{table.holds[:1].upper()}{table.holds[1:]}.", ""]
        lines += ["| column | type | meaning | may be NULL |", "|---|---|---|---|"]
        lines += [f"| {c.name} | {c.sql} | {_cell(c.meaning)} | {'yes' if c.null else 'no'} |" for c in table.columns]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


PAGES = {"commands.md": commands, "settings.md": settings, "case.md": case}


def main() -> None:
    """Write all pages."""
    for name, make in PAGES.items():
        (HERE / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
