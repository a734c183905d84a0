"""One input, a file, a member of an archive or standard input, read in blocks of whole lines.

Blocks are bounded and end with a line end; where a block ends depends on nothing but where it began, so a reading that
goes on from a block's end meets the blocks of an undisturbed one. A line of `MAX_LINE` bytes or more is cut there.
The hash and the byte count are of the bytes as they lie on disk (of a member: as the archive gives them back), before
any decompression of the input itself.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ais.plain import CHUNK_BYTES, Plain, Tap
from ais.plain import InputError as InputError

BLOCK_BYTES = 6_000_000  # about 85 k tag-blocked sentences: a batch that NumPy and DuckDB like; more than MAX_LINE
HEAD_BYTES = 65_536  # what detection of the format looks at
MAX_LINE = 65_536  # bytes; the longest honest line is a CSV row of a few hundred
_ARCHIVES = {b"PK\3\4": "zip", b"PK\5\6": "zip", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar"}

Progress = Callable[[int, int | None], None]


class Block(NamedTuple):
    """A piece of an input.

    Attributes:
        data: Lines to read; each but the input's last ends with a line end, one that was cut too.
        raw: The plain bytes that the block covers; they are `data` unless it holds a line that was cut.
        end: Plain bytes from the input's start to the block's end.
        inside: It begins inside a line that the block before has cut; `data` leaves the rest of that line out.
    """

    data: bytes
    raw: bytes
    end: int
    inside: bool = False


@dataclass(frozen=True)
class Input:
    """An input that can be opened.

    Attributes:
        name: What a case calls it: the file's name, ``folder/sub/name``, ``archive.zip/sub/name``, or ``stdin``.
        open: Opens its bytes, anew each time but for standard input.
        size: How many bytes it has, None where unknown.
        path: The file, where the input is one.
        found: It was found in a folder or an archive, not named by its user.
        once: It can be read but once: standard input or a pipe.
        hashed: Its hash and byte count, where they are known already.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None
    path: Path | None = None
    found: bool = False
    once: bool = False
    hashed: tuple[str, int] | None = None

    @classmethod
    def of(cls, path: str | Path, name: str | None = None, *, found: bool = False) -> Input:
        """Return a file as an input, or standard input for ``-``.

        Raises:
            InputError: It is missing, a folder, or cannot be read.
        """
        if str(path) == "-":
            return cls("stdin", lambda: sys.stdin.buffer, once=True)
        file = Path(path).expanduser()
        if file.is_dir():
            raise InputError(f"{file} is a folder; name the files in it, for example {file}/*")
        try:
            size = file.stat().st_size
            if not file.is_file():
                return cls(name or file.name, lambda: file.open("rb"), once=True)
            with file.open("rb"):
                pass
        except FileNotFoundError:
            raise InputError(f"there is no file {file}; check the name") from None
        except OSError as error:
            raise InputError(f"{file} cannot be read ({error.strerror}); check its rights") from None
        return cls(name or file.name, lambda: file.open("rb"), size, file, found)

    def hash(self, progress: Progress | None = None) -> tuple[str, int]:
        """Return its sha256 as hex and its bytes; all of it is read for that, so not for what can be read but once."""
        if self.hashed is not None:
            return self.hashed
        with self.open() as file:
            tap = Tap(file, self.name, lambda count: None if progress is None else progress(count, self.size))
            while tap.read():
                pass
        return tap.sha256, tap.count


class Source:
    """One input, open for reading once; a context manager.

    Attributes:
        input: What was opened.
        name: What a case calls it.
        path: The file, or None for standard input and what lies in an archive.
        tap: The bytes as they lie on disk, with their count and hash.

    Raises:
        InputError: It is missing, a folder, an archive, empty, unreadable, or damaged.
    """

    def __init__(self, given: str | Path | Input, progress: Progress | None = None) -> None:
        self.input = given if isinstance(given, Input) else Input.of(given)
        self.name, self.path, size = self.input.name, self.input.path, self.input.size
        self._file = self.input.open()
        self.tap = Tap(self._file, self.name, lambda count: None if progress is None else progress(count, size))
        try:
            self._plain = Plain(self.tap, self.name)
            self._head = self._plain.read(HEAD_BYTES)
            if not self._head:
                raise InputError(f"{self.name} is empty; nothing was taken in")
            kind = archive_kind(self._head)
            if kind is not None:
                raise InputError(f"{self.name} is a {kind} archive {self._instead()}")
        except InputError:
            self.close()
            raise

    def _instead(self) -> str:
        """Say what to do with an archive that came where a file was due."""
        if self.input.once:
            return "that can be read but once; give the file itself"
        return "inside another; unpack it first" if self.path is None else "and no file of messages; unpack it first"

    @property
    def head(self) -> bytes:
        """The first `HEAD_BYTES` of the plain bytes, or all of a shorter input."""
        return self._head

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """Yield the plain bytes, once, from the end of a block on.

        Args:
            start: The `end` of the block after which to go on.
        """
        carry, last = self._go_to(start)
        while raw := carry + self._plain.read(BLOCK_BYTES - len(carry)):
            cut = len(raw) if len(raw) < BLOCK_BYTES else raw.rfind(b"\n") + 1 or len(raw)
            raw, carry = raw[:cut], raw[cut:]
            start += len(raw)
            inside = last != b"\n"
            yield Block(_readable(raw, inside), raw, start, inside)
            last = raw[-1:]

    def _go_to(self, start: int) -> tuple[bytes, bytes]:
        """Go to a place in the plain bytes; return what is at hand from there on, and the byte before it."""
        if start < len(self._head):
            return self._head[start:], self._head[start - 1 : start] if start else b"\n"
        if self._plain.kind is None and not self.input.once and self._file.seekable():
            self.tap.seek(start - 1)
            return b"", self._plain.read(1)
        left, last = start - len(self._head), self._head[-1:]
        while left and (skipped := self._plain.read(min(left, CHUNK_BYTES))):
            left -= len(skipped)
            last = skipped[-1:]
        return b"", last

    def drain(self) -> None:
        """Read what is left, so that hash and count cover the whole input."""
        while self._plain.read(CHUNK_BYTES) or self.tap.read():
            pass

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._file is not sys.stdin.buffer:
            self._file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def archive_kind(head: bytes) -> str | None:
    """Return what kind of archive begins with these plain bytes: zip, tar, 7z or rar; None for none."""
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _ARCHIVES.items() if head.startswith(magic)), None)


def _readable(raw: bytes, inside: bool) -> bytes:
    """Return the lines of a block, none longer than `MAX_LINE`."""
    at = raw.find(b"\n") + 1 or len(raw) if inside else 0
    kept, pieces = at, []
    while len(raw) - at >= MAX_LINE:
        end = raw.rfind(b"\n", at, at + MAX_LINE) + 1
        if not end:
            pieces.append(raw[kept : at + MAX_LINE])
            kept = end = raw.find(b"\n", at + MAX_LINE)
            if end < 0:
                return b"".join((*pieces, b"\n"))
            end += 1
        at = end
    return b"".join((*pieces, raw[kept:])) if kept else raw


def sha256_of(path: Path) -> str:
    """Return the hash of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
