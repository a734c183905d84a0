"""Bytes of one input: a file, a gzip file or standard input, hashed and counted while they stream by.

Blocks are bounded and end with a line end; where a block ends depends on nothing but where it began, so a reading that
goes on from a block's end meets the blocks of an undisturbed one. A line of `MAX_LINE` bytes or more is cut there.
The hash and the byte count are of the bytes as they lie on disk, before decompression.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

BLOCK_BYTES = 6_000_000  # about 85 k tag-blocked sentences: a batch that NumPy and DuckDB like; more than MAX_LINE
HEAD_BYTES = 65_536  # what detection of the format looks at
MAX_LINE = 65_536  # bytes; the longest honest line is a CSV row of a few hundred
_CHUNK_BYTES = 1_048_576
_GZIP = b"\x1f\x8b"


class InputError(ValueError):
    """An input cannot be taken in: one sentence says what, where and what to do."""


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


class Tap:
    """A file that hashes, counts and reports what is read from it.

    Attributes:
        count: Bytes read so far.
    """

    def __init__(self, file: BinaryIO, name: str, told: Callable[[int], None]) -> None:
        self.count = 0
        self._file = file
        self._name = name
        self._told = told
        self._hash = hashlib.sha256()
        self._back = b""

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if self._back:
            data, self._back = self._back[:size], self._back[size:]
            return data
        try:
            data = self._file.read(size if size > 0 else _CHUNK_BYTES)
        except OSError as error:
            raise InputError(f"{self._name} cannot be read to its end ({error.strerror}); copy it anew") from None
        self._hash.update(data)
        self.count += len(data)
        self._told(self.count)
        return data

    def starts_with(self, magic: bytes) -> bool:
        """Say whether the next bytes are these, without taking them."""
        head = b""
        while len(head) < len(magic) and (more := self.read()):
            head += more
        self._back = head + self._back
        return head.startswith(magic)

    def seek(self, offset: int) -> None:
        """Go on from another place of the file; from now on the hash is of no use."""
        self._file.seek(offset)
        self._back = b""
        self.count = offset

    @property
    def sha256(self) -> str:
        """Hash of the bytes read so far, as hex."""
        return self._hash.hexdigest()


class Source:
    """One input, open for reading once; a context manager.

    Attributes:
        name: The file's name without its folder, or ``stdin``.
        path: The file, or None for standard input.
        tap: The bytes as they lie on disk, with their count and hash.

    Raises:
        InputError: It is missing, a folder, empty, unreadable, or damaged gzip.
    """

    def __init__(self, path: str | Path, progress: Callable[[int, int | None], None] | None = None) -> None:
        self.path = None if str(path) == "-" else Path(path).expanduser()
        self.name = "stdin" if self.path is None else self.path.name
        size: int | None = None
        self._file: BinaryIO = sys.stdin.buffer
        if self.path is not None:
            self._file, size = _open(self.path)
        self.tap = Tap(self._file, self.name, lambda count: None if progress is None else progress(count, size))
        try:
            self._zipped = self.tap.starts_with(_GZIP)
            self._plain = cast(BinaryIO, gzip.GzipFile(fileobj=cast(BinaryIO, self.tap)) if self._zipped else self.tap)
            self._head = self._read(HEAD_BYTES)
            if not self._head:
                raise InputError(f"{self.name} is empty; nothing was taken in")
        except InputError:
            self.close()
            raise

    def _read(self, size: int) -> bytes:
        """Return `size` plain bytes, fewer only at the end."""
        data = b""
        try:
            while len(data) < size and (more := self._plain.read(size - len(data))):
                data = data + more if data else more
        except EOFError:
            raise InputError(f"{self.name} is a gzip file that ends too early; copy or download it anew") from None
        except (gzip.BadGzipFile, zlib.error):
            raise InputError(f"{self.name} is a damaged gzip file; copy or download it anew") from None
        return data

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
        while raw := carry + self._read(BLOCK_BYTES - len(carry)):
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
        if self.path is not None and not self._zipped:
            self.tap.seek(start - 1)
            return b"", self._read(1)
        left, last = start - len(self._head), self._head[-1:]
        while left and (skipped := self._read(min(left, _CHUNK_BYTES))):
            left -= len(skipped)
            last = skipped[-1:]
        return b"", last

    def drain(self) -> None:
        """Read what is left, so that hash and count cover the whole input."""
        while self._read(_CHUNK_BYTES):
            pass

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.path is not None:
            self._file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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


def _open(path: Path) -> tuple[BinaryIO, int]:
    """Open a file and tell its size, or raise InputError."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the files in it, for example {path}/*")
    try:
        return path.open("rb"), path.stat().st_size
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; check the name") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its rights") from None


def sha256_of(path: Path) -> str:
    """Return the hash of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
