"""Sentences in memory to columns, and pyais on the same bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bench.child import best
from bench.feed import write
from bench.figure import Figure

if TYPE_CHECKING:
    from ais.source import Block, Source

LINES = 1_000_000
TIMES = 12  # as fast as pyais, at least
PASSES = 3  # in one process, of which the best counts: other work on the machine can only slow one
PEER_LINES = 100_000  # its rate does not depend on how many there are


def figures(folder: Path) -> list[Figure]:
    """Measure the decoder on a tag-blocked feed, one core."""
    file = str(folder / "feed.nmea")
    lines = write(file, LINES)
    own = best("decoding:columns", file, cores=1)
    peer = best("decoding:pyais_objects", file, cores=1)
    what = f"decode, in memory, to columns: {lines:,} tag-blocked lines, one core"
    label = "pyais: messages put together and decoded to objects"
    return [
        Figure(what, own["rate"], "lines/s", TIMES * peer["rate"], peer=label, peer_value=peer["rate"]),
        Figure("the same, as a multiple of pyais", own["rate"] / peer["rate"], "times", TIMES),
    ]


class _Memory:
    """An input that is in memory, in blocks as a file gives them."""

    name = "memory"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def blocks(self, start: int = 0) -> Iterator[Block]:
        from ais.source import BLOCK_BYTES, Block

        while start < len(self._data):
            end = self._data.find(b"\n", start + BLOCK_BYTES) + 1 or len(self._data)
            yield Block(self._data[start:end], self._data[start:end], end)
            start = end


def columns(file: str) -> dict[str, float]:
    """Turn a file's bytes into Arrow tables."""
    from ais.clock import Believable
    from ais.nmea import NmeaReading

    source = cast("Source", _Memory(Path(file).read_bytes()))
    believable = Believable.on(datetime(2030, 1, 1, tzinfo=UTC))
    rates = []
    for _ in range(PASSES):
        reading = NmeaReading(source, believable, None, 1)
        started = time.process_time()
        for _ in reading.blocks():
            pass
        rates.append(reading.lines / (time.process_time() - started))
    return {"rate": max(rates)}


def pyais_objects(file: str) -> dict[str, float]:
    """Put every message of the first lines of a file together and decode it to pyais's objects."""
    from pyais.stream import IterMessages

    with Path(file).open("rb") as stream:
        lines = [line for line, _ in zip(stream, range(PEER_LINES), strict=False)]
    rates = []
    for _ in range(PASSES):
        started = time.process_time()
        for message in IterMessages(lines):
            message.decode()
        rates.append(len(lines) / (time.process_time() - started))
    return {"rate": max(rates)}
