"""Sentences as bad receivers and bad people give them: bytes changed, lines cut, lost, repeated and exchanged.

A changed sentence mostly gets right checksums again, or nothing behind the checksum would ever be tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_TELLING = np.frombuffer(b"\0\r\n ,,,*!$\\:-0123456789ABPWw`|~\x7f\xff", np.uint8)
_ARMOUR = np.frombuffer(b"0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw", np.uint8)
_MOST_CHANGES = 4  # bytes of one line
_RESEALED = 0.7  # of the changed lines
_MOVED = 0.02  # of all lines are cut, lost, repeated or exchanged with the next, a quarter each


def spoiled(chunk: bytes, rng: np.random.Generator, share: float) -> bytes:
    """Return lines of which a share has changed bytes and a few are cut, lost, repeated or out of order."""
    return _moved(_changed(np.frombuffer(chunk, np.uint8).copy(), rng, share), rng)


def _changed(data: Bytes, rng: np.random.Generator, share: float) -> Bytes:
    """Change bytes of a share of the lines, in place."""
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))
    chosen = np.flatnonzero(rng.random(len(ends)) < share)
    starts, ends = starts[chosen], ends[chosen]
    bangs = np.flatnonzero(data == ord("!"))
    bangs = bangs[np.minimum(np.searchsorted(bangs, starts), len(bangs) - 1)]
    for round_ in range(_MOST_CHANGES):
        some = np.flatnonzero(rng.random(len(chosen)) < 0.4**round_)
        at = rng.integers(starts[some], ends[some])
        kind = rng.choice(3, len(at), p=(0.6, 0.3, 0.1))
        data[at] = np.choose(kind, [rng.choice(_ARMOUR, len(at)), rng.choice(_TELLING, len(at)), _any(rng, len(at))])
    again = rng.random(len(chosen)) < _RESEALED
    _seal(data, bangs[again] + 1, ends[again] - 3)
    _seal(data, starts[again] + 1, bangs[again] - 4)
    return data


def _any(rng: np.random.Generator, n: int) -> Bytes:
    return rng.integers(0, 256, n, np.uint8)


def _seal(data: Bytes, starts: Ints, stars: Ints) -> None:
    """Write the checksums of pieces that go from a start to a star, where the star still stands."""
    there = (stars > starts) & (data[stars] == ord("*"))
    starts, stars = starts[there], stars[there]
    sums = np.bitwise_xor.accumulate(data)
    check = sums[stars - 1] ^ sums[starts - 1]
    data[stars + 1], data[stars + 2] = _HEX[check >> 4], _HEX[check & 15]


def _moved(data: Bytes, rng: np.random.Generator) -> bytes:
    """Cut, lose, repeat and exchange a few lines."""
    lines = data.tobytes().splitlines(keepends=True)
    for at in np.flatnonzero(rng.random(len(lines) - 1) < _MOVED).tolist():
        what = rng.integers(4)
        if what == 0:
            lines[at] = lines[at][: int(rng.integers(len(lines[at]) + 1))]
        elif what == 1:
            lines[at] = b""
        elif what == 2:
            lines[at] *= 2
        else:
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return b"".join(lines)
