"""What twenty open pages cost a watch: its processor time for the same lines with them and without.

The feed is that of `latency`: ships all over the Yellow Sea, each heard once a second, each sentence when it was said.
A page here asks what the browser's asks and reads its stream to the last byte; it draws nothing. Counted is what the
threads that answer pages work from the first line to the last, opening them included, against all that a watch without
pages works (`soak.visitors` says why). The page itself is made before, by a process that has ended then: a watch makes
it once.
"""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from bench.figure import Figure
from soak.live import Live, free_port, sentences, watching
from soak.visitors import Work, cost

PAGES, RATE, SECONDS = 20, 10_000, 40
ROUNDS = 2  # of either sort, in turn: the least counts
MOST = 1.2
_PART_S, _LIMIT_S = 0.5, 120.0
_SEA = (119.5, 124.0, 32.0, 37.0)  # west, east, south, north: clear of North Korea's waters
_ASKED = ("fleet?hours=6", "events?words=1&limit=1000", "revisions?action=withdrawn&limit=50", "status")


def figures(folder: Path) -> list[Figure]:
    """Measure a watch alone and with pages, in turn."""
    alone, opened, told = [], [], []
    for turn in range(ROUNDS):
        alone.append(_worked(folder / f"alone-{turn}", 0)[0])
        work, changes = _worked(folder / f"pages-{turn}", PAGES)
        opened.append(work)
        told.append(changes)
    what = f"{PAGES} open pages of a watch, {RATE:,} sentences/s of {RATE:,} ships"
    return [
        Figure(f"{what}: processor time to that with none open", cost(alone, opened), "times", MOST, True),
        Figure("the same, changes a second that the slowest page was told", min(told) / SECONDS, "1/s", 0.5),
    ]


def _worked(folder: Path, pages: int) -> tuple[tuple[float, float], int]:
    """Return a watch's processor time, with that to answer pages, and how many changes the slowest page was told."""
    folder.mkdir()
    port, work = free_port(), Work(folder)
    with watching(folder, "--serve", f"127.0.0.1:{port}", code=work.code) as live, ExitStack() as open_ones:
        _get(port, "/")
        work.begin(live.process.pid)
        opened = [open_ones.enter_context(_Page(port)) for _ in range(pages)]
        live.wait_for(_send(live))
        done = work.done()
        told = min((page.told for page in opened), default=0)
        open_ones.close()
        live.drained()
    return done, told


def _send(live: Live) -> int:
    """Send the feed at its pace; returns how many lines it has."""
    part, began = int(RATE * _PART_S), time.perf_counter()
    parts = int(SECONDS / _PART_S)
    for number in range(parts):
        ships = 412_000_000 + (number * part + np.arange(part)) % RATE
        live.send(sentences(ships, np.full(part, int(time.time())), box=_SEA))
        time.sleep(max(0.0, began + (number + 1) * _PART_S - time.perf_counter()))
    return parts * part


class _Page:
    """A reader that asks and follows as the page does, in a thread; a context manager.

    Attributes:
        told: Changes that it was told.
    """

    def __init__(self, port: int) -> None:
        self.told, self._port, self._over = 0, port, False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> _Page:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join(_LIMIT_S)

    def _read(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            _get(self._port, "/")
        while not self._over:
            with suppress(OSError, http.client.HTTPException):
                self._follow()

    def _follow(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_LIMIT_S)
        connection.request("GET", "/api/v1/stream")
        stream = connection.getresponse()
        while not self._over and (line := stream.readline()):
            if line == b"event: begin\n":
                for path in _ASKED:
                    _get(self._port, f"/api/v1/{path}")
            self.told += line == b"event: change\n"
            if line.startswith(b"data: ") and b'"again":true' in line:
                for path in _ASKED[1:3]:
                    _get(self._port, f"/api/v1/{path}")
        connection.close()


def _get(port: int, path: str) -> int:
    """Ask for a path and read all of it; returns its size, bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT_S)
    try:
        connection.request("GET", path)
        return len(connection.getresponse().read())
    finally:
        connection.close()
