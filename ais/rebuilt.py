"""The bytes of an input as the kept sentences of a case give them back: hashed, and read like a file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from ais.sentences import blocks
from ais.source import Input
from ais.sums import Sums, mend, sums

if TYPE_CHECKING:
    from ais.reader import Reader

_BUFFER_BYTES = 1 << 20
_SUMS = "SELECT plain_sum, weighted_sum FROM sentences WHERE input_id = $input_id ORDER BY rowid"


@dataclass(frozen=True)
class Retouch:
    """A byte that was changed.

    Attributes:
        line: Its line, from 1.
        column: Its place in the line, from 1.
        byte: What it is.
        was: What it was.
    """

    line: int
    column: int
    byte: int
    was: int


@dataclass(frozen=True)
class Rebuilt:
    """What the kept sentences of an input are, put together.

    Attributes:
        blocks: How many blocks there are.
        bytes: Their bytes.
        sha256: Hash of those, as hex.
        retouched: Bytes that were changed, one of a block, by the block's sums.
        mended_sha256: Hash with those bytes put back.
        unlike: First lines of blocks whose sums are not theirs, and tell no byte.
        misplaced: First lines of blocks as they stand in the case, where the block begins in another line.
        damaged: Why they cannot all be put together, or None.
    """

    blocks: int
    bytes: int
    sha256: str
    retouched: tuple[Retouch, ...]
    mended_sha256: str
    unlike: tuple[int, ...]
    misplaced: tuple[int, ...]
    damaged: str | None

    @classmethod
    def of(cls, kept: Reader, input_id: int, progress: Callable[[int], None]) -> Rebuilt:
        """Put an input's blocks together, one in memory at a time; `progress` is called with the bytes so far."""
        then = kept.query(_SUMS, input_id=input_id)
        plain, mended = hashlib.sha256(), hashlib.sha256()
        retouched, unlike, misplaced = list[Retouch](), list[int](), list[int]()
        count, size, line, damaged = 0, 0, 1, None
        try:
            for first_line, data in blocks(kept, input_id):
                if first_line != line:
                    misplaced.append(first_line)
                plain.update(data)
                was = Sums(then["plain_sum"][count].as_py(), then["weighted_sum"][count].as_py())
                if sums(data) == was:
                    mended.update(data)
                elif (byte := mend(data, was)) is None:
                    unlike.append(first_line)
                else:
                    before = data[: byte.place]
                    column = byte.place - before.rfind(b"\n")
                    retouched.append(Retouch(line + before.count(b"\n"), column, data[byte.place], byte.was))
                    mended.update(before + bytes([byte.was]) + data[byte.place + 1 :])
                line += data.count(b"\n")
                count, size = count + 1, size + len(data)
                progress(size)
        except ValueError as error:
            damaged = str(error)
        found = (tuple(retouched), mended.hexdigest(), tuple(unlike), tuple(misplaced))
        return cls(count, size, plain.hexdigest(), *found, damaged)


def rebuilt_input(kept: Reader, input_id: int, name: str, size: int) -> Input:
    """Return an input of a case as one that can be read again."""

    def opened() -> BinaryIO:
        """Return the kept lines as a file."""
        made = _File(data for _, data in blocks(kept, input_id))
        return cast(BinaryIO, io.BufferedReader(made, _BUFFER_BYTES))

    return Input(name, opened, size)


class _File(io.RawIOBase):
    """Blocks of bytes, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put the next bytes into a buffer; return how many, 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
