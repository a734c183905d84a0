"""The bytes of an input as the kept sentences of a case give them back: hashed, and read like a file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from ais.sentences import blocks
from ais.source import Input

if TYPE_CHECKING:
    from ais.reader import Reader

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class Rebuilt:
    """What the kept sentences of an input are, put together.

    Attributes:
        blocks: How many blocks there are.
        bytes: Their bytes.
        sha256: Hash of those, as hex.
        misplaced: First lines of blocks as they stand in the case, where the block begins in another line; up to
            the first that is damaged.
        damaged: Why they cannot all be put together, or None.
    """

    blocks: int
    bytes: int
    sha256: str
    misplaced: tuple[int, ...]
    damaged: str | None

    @classmethod
    def of(cls, kept: Reader, input_id: int, progress: Callable[[int], None]) -> Rebuilt:
        """Put an input's blocks together, one in memory at a time; `progress` is called with the bytes so far."""
        plain, count, size, line, misplaced = hashlib.sha256(), 0, 0, 1, []
        damaged = None
        try:
            for first_line, data in blocks(kept, input_id):
                if first_line != line:
                    misplaced.append(first_line)
                plain.update(data)
                line += data.count(b"\n")
                count, size = count + 1, size + len(data)
                progress(size)
        except ValueError as error:
            damaged = str(error)
        return cls(count, size, plain.hexdigest(), tuple(misplaced), damaged)


def rebuilt_input(kept: Reader, input_id: int, name: str, size: int) -> Input:
    """Return an input of a case as one that can be read again."""

    def opened() -> BinaryIO:
        made = _File(data for _, data in blocks(kept, input_id))
        return cast(BinaryIO, io.BufferedReader(made, _BUFFER_BYTES))

    return Input(name, opened, size)


class _File(io.RawIOBase):
    """Blocks of bytes, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
