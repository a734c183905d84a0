"""The plain bytes of a file that may be compressed, hashed and counted as they lie on disk while they stream by.

Known by content, of one member or of many: gzip, zstd, bzip2, xz. Memory is bounded whatever a file says of itself.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

CHUNK_BYTES = 1_048_576
_MAGIC = re.compile(
    rb"(?P<gzip>\x1f\x8b)|(?P<zstd>\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)|(?P<bzip2>BZh[1-9])|(?P<xz>\xfd7zXZ\0)"
)
_MAGIC_BYTES = 6


class InputError(ValueError):
    """An input cannot be taken in: one sentence says what, where and what to do."""


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


class Tap:
    """A file that hashes, counts and reports what is read from it.

    Attributes:
        count: Bytes read so far.
    """

    closed = False  # as pyarrow asks of a file

    def __init__(self, file: BinaryIO, name: str, told: Callable[[int], None]) -> None:
        self.count = 0
        self._file = file
        self._name = name
        self._told = told
        self._hash = hashlib.sha256()
        self._back = b""

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if self._back:
            data, self._back = self._back[:size], self._back[size:]
            return data
        try:
            data = self._file.read(size)
        except InputError:
            raise
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError):
            raise InputError(f"{self._name} is damaged in its archive; copy or download that anew") from None
        except OSError as error:
            raise InputError(
                f"{self._name} cannot be read to its end ({error.strerror or error}); copy it anew"
            ) from None
        self._hash.update(data)
        self.count += len(data)
        self._told(self.count)
        return data

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them, fewer only at the end."""
        head = b""
        while len(head) < size and (more := self.read(size - len(head))):
            head += more
        self._back = head + self._back
        return head

    def seek(self, offset: int) -> None:
        """Go on from another place of the file; from now on the hash is of no use."""
        self._file.seek(offset)
        self._back = b""
        self.count = offset

    def close(self) -> None:
        """Leave the file open: whoever opened it closes it."""

    @property
    def sha256(self) -> str:
        """Hash of the bytes read so far, as hex."""
        return self._hash.hexdigest()


class Plain:
    """Reads the plain bytes behind a tap.

    Attributes:
        kind: How they are compressed on disk, or None.
    """

    def __init__(self, tap: Tap, name: str) -> None:
        found = _MAGIC.match(tap.peek(_MAGIC_BYTES))
        self.kind = found.lastgroup if found is not None else None
        self._name = name
        self._file = _opened(tap, self.kind)

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end; raise InputError where they cannot be had."""
        data = b""
        try:
            while len(data) < size and (more := self._file.read(size - len(data))):
                data = data + more if data else more
        except InputError:
            raise
        except EOFError:
            raise self._broken("ends too early") from None
        except MemoryError:
            raise self._broken("asks for more memory than there is") from None
        except (OSError, zlib.error, lzma.LZMAError) as error:
            raise self._broken(_why(str(error))) from None
        return data

    def _broken(self, why: str) -> InputError:
        return InputError(f"{self._name} is a {self.kind} file that {why}; copy or download it anew")


def _opened(tap: Tap, kind: str | None) -> Readable:
    file = cast(BinaryIO, tap)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=file)
    if kind == "bzip2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    if kind == "zstd":
        return cast(Readable, pa.CompressedInputStream(pa.PythonFile(cast(io.IOBase, tap), mode="r"), "zstd"))
    return tap


def _why(error: str) -> str:
    """Return what is wrong with a compressed file, from what its library says."""
    if "Truncated" in error:
        return "ends too early"
    return "asks for more memory than there is" if "too much memory" in error else "is damaged"
