"""What a name on the command line stands for: a file, the files of a folder, archive or pattern, standard input."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path, PurePosixPath

from ais.archives import LeftOut as LeftOut
from ais.archives import is_hidden, members
from ais.plain import InputError, Plain, Tap
from ais.source import HEAD_BYTES, Input, archive_kind

PACKED = ".zst"
_SPOOL_DAY = re.compile(r"(\d{4}-\d\d-\d\d\.(?:nmea|json))(?:\.zst)?")


def spool_day(name: str) -> str | None:
    """Return the name of a day's file of a spool (`ais.feeds.spool`) before it was packed; None for another file."""
    found = _SPOOL_DAY.fullmatch(name)
    return None if found is None else found.group(1)


def inputs_of(given: str | Path) -> Iterator[Input | LeftOut]:
    """Yield the inputs that a name stands for, in order, and a sentence for each thing found that is none.

    Args:
        given: A file; an archive; a folder, which means all that lies in it, sorted by name; a pattern such as
            ``day*.nmea``; or ``-``. Take each input in before asking for the next: what lies in a compressed tar is
            read in one go that way.

    Raises:
        InputError: There is nothing of that name, or it cannot be read; or a named archive is damaged, after what
            could be read of it.
    """
    text = str(given)
    path = Path(text).expanduser()
    if text == "-":
        yield Input.of("-")
    elif has_magic(text) and not path.exists():
        matches = sorted(glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no "/x/*"
        if not matches:
            raise InputError(f"no file matches {text}; check the pattern")
        for match in matches:
            yield from inputs_of(match)
    elif path.is_dir():
        yield from _in_folder(path)
    else:
        yield from _in_file(Input.of(path))


def _in_folder(folder: Path) -> Iterator[Input | LeftOut]:
    top = folder.resolve().name
    unread: list[OSError] = []
    files = sorted(
        (Path(root) / name).relative_to(folder).as_posix()
        for root, _, names in os.walk(folder, onerror=unread.append)
        for name in names
    )
    hidden = sum(map(is_hidden, files))
    if not files and not unread:
        raise InputError(f"there is no file in the folder {folder}; check the name")
    for name in files:
        if is_hidden(name):
            continue
        called = _called(name)
        if called != name and called in files:
            yield LeftOut(f"{top}/{name} left out: {called} lies beside it, from which it was made")
            continue
        if not (folder / name).is_file():
            yield LeftOut(f"{top}/{name} is no file that can be read (a broken link, a pipe or a device); left out")
            continue
        try:
            yield from _in_file(Input.of(folder / name, f"{top}/{called}", found=True))
        except InputError as error:
            yield LeftOut(str(error), wrong=True)
    for failure in unread:
        yield LeftOut(f"{failure.filename} cannot be read ({failure.strerror}); check its rights", wrong=True)
    if hidden:
        yield LeftOut(f"{hidden:,} hidden {'file' if hidden == 1 else 'files'} in {top} left out")


def _called(name: str) -> str:
    """Return what a file of a folder is called: a day of a spool is the same input before and after it is packed."""
    path = PurePosixPath(name)
    return path.with_name(spool_day(path.name) or path.name).as_posix()


def _in_file(file: Input) -> Iterator[Input | LeftOut]:
    """Yield a file, or what lies in it when it is an archive."""
    if file.path is None:  # standard input or a pipe: it is read once
        yield file
        return
    with file.open() as opened:
        plain = Plain(Tap(opened, file.name, lambda _: None), file.name)
        kind = archive_kind(plain.read(HEAD_BYTES))
    if kind == "tar" or (kind == "zip" and plain.kind is None):
        yield from members(file.path, file.name, kind)
    else:
        yield file
