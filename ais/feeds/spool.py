"""The spool: every line that a feed gave, in append-only daily files, before anything else is done with it.

A day has one file of sentences and, where a feed gives JSON, one of JSON. A file holds whole lines and is an input like
any other: `darkwake run` on a spool finds what the watch found. What `flush` has returned for is on the disk. A line
that a kill cut off in the file is ended there when the spool is opened again, so that it is read as what it is, a
damaged line.

A day that is over is packed with zstd, as `DAY.nmea.zst`: to a file of another name, synced, renamed, and only then is
the plain one removed. Where both are there, the plain one counts. Here a day is called by its plain name either way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ais.feeds.lines import is_json
from ais.inputs import PACKED, spool_day
from ais.source import sha256_of

_DAY_US = 86_400_000_000
_COPY_BYTES = 1 << 20


class Packed(NamedTuple):
    """What a packed day is.

    Attributes:
        sha256: Of the packed file.
        bytes: Its size.
        plain_sha256: Of its lines.
    """

    sha256: str
    bytes: int
    plain_sha256: str


class Spool:
    """The daily files of one feed.

    Attributes:
        name: The feed's name, which its folder has.
        folder: Where the files are.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.folder = name, folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._waiting: dict[str, list[bytes]] = {}
        self._waiting_bytes = 0
        self._open: dict[Path, int] = {}
        self._sizes: dict[Path, int] = {}
        self._day = max((path.stem for path in self.files()), default="")
        self._then: dict[object, Callable[[], object]] = {}

    @property
    def waiting_bytes(self) -> int:
        """Bytes that came and are not flushed."""
        return self._waiting_bytes

    def append(self, line: bytes, t_us: int) -> None:
        """Take a line, without its end, that came at a time (UTC microseconds)."""
        with self._lock:
            self._day = max(self._day, day_of(t_us))  # a clock that is set back does not reopen a day that is finished
            name = self._day + (".json" if is_json(line) else ".nmea")
            self._waiting.setdefault(name, []).append(line)
            self._waiting_bytes += len(line) + 1

    def then(self, action: Callable[[], object], name: str | None = None) -> None:
        """Do something once the lines that came up to now are flushed; only the last of one name is done."""
        with self._lock:
            self._then[name or object()] = action

    def flush(self) -> bool:
        """Write and sync what waits; returns whether there was something.

        Raises:
            OSError: It could not be written, for example because the disk is full; it waits on.
        """
        with self._flushing:
            return self._flush()

    def _flush(self) -> bool:
        with self._lock:
            taken, self._waiting = self._waiting, {}
            size, self._waiting_bytes = self._waiting_bytes, 0
            actions, self._then = self._then, {}
        try:
            for name in sorted(taken):
                self._write(self.folder / name, b"".join(line + b"\n" for line in taken[name]))
                del taken[name]
        except OSError:
            with self._lock:
                for name, lines in taken.items():
                    self._waiting[name] = lines + self._waiting.get(name, [])
                self._waiting_bytes += size
                self._then = actions | self._then
            raise
        for action in actions.values():
            action()
        return size > 0

    def _write(self, path: Path, data: bytes) -> None:
        """Append to a file: all of it, or nothing."""
        if path not in self._open:
            if any(other.stem != path.stem for other in self._open):  # a new day
                self.close()
            self._open[path] = _opened(path)
        file = self._open[path]
        size = os.fstat(file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise
        self._sizes[path] = size + len(data)

    def flushed(self, path: Path) -> int:
        """Return how many bytes of one of the files are on the disk, in whole lines."""
        if path not in self._sizes:
            file = _opened(path)
            self._sizes.setdefault(path, os.fstat(file).st_size)
            os.close(file)
        return self._sizes[path]

    def files(self) -> list[Path]:
        """Return the files that there are, packed or not, by their plain names, the oldest first."""
        names = {spool_day(path.name) for path in self.folder.glob("????-??-??.*")}
        return sorted(self.folder / name for name in names if name is not None)

    def pack(self, path: Path, stop: Callable[[], bool]) -> Packed | None:
        """Pack a day that is over; the plain file stays. Returns what was made, None when stopped.

        Raises:
            OSError: It could not be written.
        """
        lines = hashlib.sha256()
        with self._made(packed(path)) as fresh:
            with path.open("rb") as plain, pa.CompressedOutputStream(str(fresh), "zstd") as out:
                while data := plain.read(_COPY_BYTES):
                    if stop():
                        return None
                    out.write(data)
                    lines.update(data)
            _sync(fresh)
            said = Packed(sha256_of(fresh), fresh.stat().st_size, lines.hexdigest())
            fresh.rename(packed(path))
        _sync(self.folder)
        return said

    def unpack(self, path: Path) -> None:
        """Bring back the plain file of a packed day, where it is gone."""
        if path.exists():
            return
        with self._made(path) as fresh:
            with pa.CompressedInputStream(str(packed(path)), "zstd") as data, fresh.open("wb") as plain:
                shutil.copyfileobj(data, plain, _COPY_BYTES)
            _sync(fresh)
            fresh.rename(path)
        _sync(self.folder)

    def settle(self, path: Path) -> None:
        """Remove the plain file of a day that is packed."""
        if packed(path).exists() and path.exists():
            path.unlink()

    def remove(self, path: Path) -> None:
        """Remove a day, packed or not."""
        for one in (packed(path), path):
            one.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _made(self, path: Path) -> Iterator[Path]:
        """Give a hidden file to be written and renamed; it is gone if it was not."""
        fresh = path.with_name(f".{path.name}.new")
        try:
            yield fresh
        finally:
            fresh.unlink(missing_ok=True)

    def close(self) -> None:
        """Close what is open; what waits stays."""
        for file in self._open.values():
            os.close(file)
        self._open = {}


def packed(path: Path) -> Path:
    """Return the packed file of a day."""
    return path.with_name(path.name + PACKED)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def day_of(t_us: int) -> str:
    """Return the UTC day of a time, like 2026-11-27."""
    return _day(t_us // _DAY_US)


@lru_cache(8)
def _day(number: int) -> str:
    return f"{datetime.fromtimestamp(number * 86_400, UTC):%Y-%m-%d}"


def _opened(path: Path) -> int:
    """Open a file to append whole lines to; returns its descriptor."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        os.write(file, b"\n")
    return file
