"""Bytes of one input: a file, a gzip file or standard input, hashed and counted while they stream by.

Blocks hold whole lines and are bounded: a line longer than `MAX_LINE` bytes is cut there, the rest of it skipped.
The hash and the byte count are of the bytes as they lie on disk, before decompression.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

BLOCK_BYTES = 1_400_000  # about 20 k tag-blocked sentences: a batch that NumPy and DuckDB like
HEAD_BYTES = 65_536  # what detection of the format looks at
MAX_LINE = 65_536  # bytes; the longest honest line is a CSV row of a few hundred
_GZIP = b"\x1f\x8b"


class InputError(ValueError):
    """An input cannot be taken in: one sentence says what, where and what to do."""


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

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if self._back:
            data, self._back = self._back[:size], self._back[size:]
            return data
        try:
            data = self._file.read(size if size > 0 else BLOCK_BYTES)
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
            zipped = self.tap.starts_with(_GZIP)
            self._plain = cast(BinaryIO, gzip.GzipFile(fileobj=cast(BinaryIO, self.tap)) if zipped else self.tap)
            self._head = b""
            while len(self._head) < HEAD_BYTES and (chunk := self._read()):
                self._head += chunk
            if not self._head:
                raise InputError(f"{self.name} is empty; nothing was taken in")
        except InputError:
            self.close()
            raise

    def _read(self) -> bytes:
        try:
            return self._plain.read(BLOCK_BYTES)
        except EOFError:
            raise InputError(f"{self.name} is a gzip file that ends too early; copy or download it anew") from None
        except (gzip.BadGzipFile, zlib.error):
            raise InputError(f"{self.name} is a damaged gzip file; copy or download it anew") from None

    @property
    def head(self) -> bytes:
        """The first `HEAD_BYTES` of the plain bytes, or all of a shorter input."""
        return self._head[:HEAD_BYTES]

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes, once, in blocks that end with a line end, except perhaps the last."""
        carry, skipping, chunk = b"", False, self._head
        while chunk:
            if skipping and (end := chunk.find(b"\n")) >= 0:
                chunk, skipping = chunk[end:], False
            if not skipping:
                data = carry + chunk
                cut = data.rfind(b"\n") + 1
                if cut:
                    yield data[:cut]
                carry = data[cut:]
                if len(carry) > MAX_LINE:
                    carry, skipping = carry[:MAX_LINE], True
            chunk = self._read()
        if carry:
            yield carry

    def drain(self) -> None:
        """Read what is left, so that hash and count cover the whole input."""
        while self._read():
            pass

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.path is not None:
            self._file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
