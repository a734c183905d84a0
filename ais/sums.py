"""Two sums over a block of bytes that tell where one byte of it was changed, and what it was.

The change is the difference of the plain sums, and its place the quotient of the differences of the sums weighted by
place. They find an honest accident or a small retouch, not a forger, who makes them anew: that is what hashes are for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_ROW = 4096  # bytes summed at a time: by rows and by columns, a sixth of the time of weighing each


class Sums(NamedTuple):
    """The sum of a block's bytes, and that of each times its place, from 1."""

    plain: int
    weighted: int


class Mend(NamedTuple):
    """A byte to put back: its place in the block, from 0, and what it was."""

    place: int
    was: int


def sums(raw: bytes) -> Sums:
    """Return the sums of a block of less than 2 GB."""
    values = np.frombuffer(raw, np.uint8)
    whole = len(values) // _ROW
    square = values[: whole * _ROW].reshape(whole, _ROW)
    by_row, by_column = (square.sum(axis, dtype=np.uint32).astype(np.uint64) for axis in (1, 0))
    rest = values[whole * _ROW :].astype(np.uint64)
    places = np.arange(1, _ROW + 1, dtype=np.uint64)
    weighted = by_row @ np.arange(whole, dtype=np.uint64) * np.uint64(_ROW) + by_column @ places
    weighted += rest @ (places[: len(rest)] + np.uint64(whole * _ROW))
    return Sums(int(by_row.sum() + rest.sum()), int(weighted))


def mend(raw: bytes, then: Sums) -> Mend | None:
    """Return the one byte whose change explains why the sums are not what they were; None if no single byte does."""
    now = sums(raw)
    change = now.plain - then.plain
    if change == 0 or (now.weighted - then.weighted) % change:
        return None
    place = (now.weighted - then.weighted) // change - 1
    if not 0 <= place < len(raw) or not 0 <= raw[place] - change <= 255:
        return None
    return Mend(place, raw[place] - change)
