"""Progress on a terminal, none in a pipe; always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Update = Callable[[int, int | None], None]


@contextmanager
def bar(title: str) -> Iterator[Update | None]:
    """Show a bar while the block runs; yields `update(done, total)`, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with _shown() as shown:
        task = shown.add_task(_label(title), total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None] | None]:
    """Show which step runs; yields `step(name)`, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with _shown() as shown:
        task = shown.add_task(_label(title), total=None)
        yield lambda name: shown.update(task, description=_label(f"{title}: {name}"))


@contextmanager
def stages() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Show one stage after the other; yields `update(stage, done, total)`, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with _shown() as shown:
        task = shown.add_task("", total=None)
        yield lambda stage, done, total: shown.update(task, description=_label(stage), completed=done, total=total)


def _shown() -> Progress:
    """Return a progress display that leaves no trace and parses no markup."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    label = TextColumn("{task.description}", markup=False)
    return Progress(label, BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True)


def _label(text: str) -> str:
    """Return a title that is safe on a terminal."""
    from darkwake.say import plain

    return plain(text)
