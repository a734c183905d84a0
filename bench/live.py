"""A watch under load: sentences over TCP at a steady pace for ten minutes with all detectors on, then SIGTERM."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from bench.feed import write
from bench.figure import Figure
from soak.live import watching

RATE = 10_000  # sentences a second
SECONDS = 600
DRAIN_S, MEMORY_GB = 10.0, 1.0
_BURST_S = 0.1


def figures(folder: Path, seconds: int = SECONDS) -> list[Figure]:
    """Measure what a watch takes in of a feed, how much memory it has, and how long it takes to end."""
    given = folder / "feed.nmea"
    lines = write(given, RATE * seconds)
    with watching(folder) as live:
        taken_s = _send(given, live.port)
        peak_gb = live.peak_gb()
        drain_s = live.drained()
        taken, _ = live.counted()
    what = f"a watch with all detectors, {lines:,} sentences over TCP"
    return [
        Figure(f"{what}, sent at {RATE:,} a second", lines / taken_s, "sentences/s", 0.99 * RATE),
        Figure("the same, sentences that did not reach the case", float(lines - taken), "lost", 0, at_most=True),
        Figure("the same, peak memory of that process", peak_gb, "GB", MEMORY_GB, at_most=True),
        Figure("the same, from SIGTERM until all is in the case", drain_s, "s", DRAIN_S, at_most=True),
    ]


def _send(given: Path, port: int) -> float:
    """Send the lines of a file at the pace; returns how long that took."""
    burst, number = int(RATE * _BURST_S), 0
    with given.open("rb") as file, socket.create_connection(("127.0.0.1", port)) as sender:
        began = time.perf_counter()
        while part := b"".join(line for _, line in zip(range(burst), file, strict=False)):
            sender.sendall(part)
            number += 1
            left = began + number * _BURST_S - time.perf_counter()
            if left > 0:
                time.sleep(left)
        return time.perf_counter() - began
