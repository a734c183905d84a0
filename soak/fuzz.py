"""Ten million spoiled sentences through the decoder: each line is accounted for once, nothing fails, memory is flat."""

from __future__ import annotations

import io
import resource
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ais.clock import Believable
from ais.nmea import NmeaReading
from ais.source import Input, Source
from ais.staging import Taken
from bench.feed import feed
from soak.child import NOW
from soak.spoil import spoiled

LINES = 10_000_000
MOST_GROWTH_MB = 60
_SETTLED = 0.2  # of the lines are read before memory is measured for the first time


class _Stream(io.RawIOBase):
    """What is read is made meanwhile."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = memoryview(next(self._chunks, b""))
        count = min(len(into), len(self._left))
        into[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def run(lines: int = LINES, seed: int = 11) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    rng = np.random.default_rng(seed)
    chunks = (spoiled(chunk, rng, 1.0) for chunk in feed(lines, seed))
    stream = io.BufferedReader(_Stream(chunks), 1 << 20)
    fates: NDArray[np.uint8] = np.zeros(lines * 2, np.uint8)
    counts: Counter[str] = Counter()
    settled_mb, started = 0.0, time.perf_counter()
    with Source(Input("spoiled", lambda: stream)) as source:
        reading = NmeaReading(source, Believable.on(NOW), None, 1)
        for taken in reading.blocks():
            _count(taken, fates, counts)
            if not settled_mb and reading.lines > lines * _SETTLED:
                settled_mb = _peak_mb()
    seconds, growth_mb = time.perf_counter() - started, _peak_mb() - settled_mb
    told = ", ".join(f"{n:,} {what}" for what, n in counts.most_common())
    print(f"{reading.lines:,} spoiled lines in {seconds:.0f} s with their making, memory +{growth_mb:.0f} MB: {told}")
    found = fates[1 : reading.lines + 1]
    if (found > 1).any():
        yield f"line {np.flatnonzero(found > 1)[0] + 1:,} of the seed {seed} is accounted for more than once"
    if (nothing := int((found == 0).sum())) != reading.other:
        yield f"{nothing:,} lines gave no row and are no reject, but other are {reading.other:,}, with the seed {seed}"
    if fates.sum() != found.sum():
        yield "a line is accounted for that is not there"
    if growth_mb > MOST_GROWTH_MB:
        yield f"memory grew by {growth_mb:.0f} MB over {reading.lines:,} lines, by more than {MOST_GROWTH_MB}"


def _count(taken: Taken, fates: NDArray[np.uint8], counts: Counter[str]) -> None:
    """Count what became of each line."""
    gave = {name: [table["line"].to_numpy() for table in tables] for name, tables in taken.tables.items()}
    alone = [table.filter(pc.field("kind") != pc.scalar("response")) for table in taken.tables.get("fixed", ())]
    counts.update({name: sum(map(len, lines)) for name, lines in gave.items()})
    counts.update(why for _, why, _ in taken.rejects)
    gave["fixed"] = [table["line"].to_numpy() for table in alone]
    gave["parts"] = [np.asarray(taken.parts, np.int64).reshape(-1, 2)[:, 0]]
    gave["rejects"] = [np.array([line for line, *_ in taken.rejects], np.int64)]
    for name, lines in gave.items():
        if name != "identities":  # which come beside a row of another table
            for some in lines:
                np.add.at(fates, some.astype(np.int64), 1)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
