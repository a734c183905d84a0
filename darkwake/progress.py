"""Progress bars on a terminal, none in a pipe; always on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Update = Callable[[int, int | None], None]


@contextmanager
def bar(title: str) -> Iterator[Update | None]:
    """Show a bar while the block runs; yields `update(done, total)`, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.text import Text

    from darkwake.say import plain

    label = TextColumn("{task.description}", markup=False)
    columns = (label, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(Text(plain(title)).plain, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
