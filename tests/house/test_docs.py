"""What people read is in step with the code."""

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest

from darkwake import __version__
from darkwake.cli import COMMANDS, darkwake

ROOT = Path(__file__).resolve().parents[2]


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tables", ROOT / "docs" / "make_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["commands.md", "settings.md", "case.md"])
def test_the_tables_are_those_of_the_code(page: str) -> None:
    kept = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert kept == _maker().PAGES[page](), f"docs/{page} is behind the code: run python docs/make_tables.py"


def _shown_commands() -> list[list[str]]:
    """Return each darkwake command that the pages for users and operators show, as its words."""
    found = []
    for name in ("README.md", "CONTRIBUTING.md", "docs/operators.md"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL):
            lines = [line.strip().replace("dw ", "darkwake ", 1) for line in block.splitlines()]
            found += [shlex.split(line, comments=True) for line in lines if line.startswith("darkwake ")]
    return found


def test_every_shown_command_is_one() -> None:
    shown = _shown_commands()
    assert len(shown) >= 5
    context = click.Context(darkwake, info_name="darkwake")
    for words in shown:
        if words[1].startswith("-"):
            continue
        assert words[1] in COMMANDS, words
        command = darkwake.get_command(context, words[1])
        assert command is not None
        if isinstance(command, click.Group):
            assert words[2] in command.commands, words
            command, words = command.commands[words[2]], words[1:]
        command.make_context(words[1], words[2:], parent=context)


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert {"help", "demo", "test", "check", "bench", "build", "clean"} <= targets
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"(?m)^make ([a-z]+)", text)) <= targets, name


def test_every_link_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
