"""A watch as a process with a sender beside it: what the long runs of the watch share.

Sentences are made as they are sent: one position each, tag-blocked, of any ship at any time.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ais.fields import CLASS_A
from ais.reader import QueryError, Reader
from ais.store import CaseError
from bench.feed import _decimal, _rows, _sealed, encoded

MOST_GB = 1.0
DRAIN_S = 10.0  # from SIGTERM to the end
TIME_LIMIT_S = 1_800
START_S = 1_709_600_000
_ROOT = Path(__file__).resolve().parent.parent
_LOOK_S = 0.5
Ints = NDArray[np.int64]
Box = tuple[float, float, float, float]
WORLD = (-179.9, 179.9, -60.0, 70.0)


def sentences(mmsi: Ints, t_s: Ints, *, tagged: bool = True, box: Box = WORLD) -> list[bytes]:
    """Return one position of class A, as a line with its end, for each ship number and time (UTC seconds).

    A ship keeps its place, which its number gives, but for a few metres.

    Args:
        mmsi: Ship numbers.
        t_s: Times of their fixes.
        tagged: Whether a line says when it was received.
        box: West, east, south, north: ships lie all over it.
    """
    rng, n = np.random.default_rng(int(t_s[0])), len(mmsi)
    west, east, south, north = box
    lon = west + mmsi * 0.618033988749895 % 1 * (east - west)
    lat = south + mmsi * 0.754877666246693 % 1 * (north - south)
    lon, lat = lon + rng.normal(0, 2e-5, n), lat + rng.normal(0, 2e-5, n)
    payload, fill = encoded(
        CLASS_A,
        {
            "msg_type": np.ones(n, np.int64), "repeat": np.zeros(n, np.int64), "mmsi": mmsi,
            "status": np.ones(n, np.int64), "turn": np.full(n, -128), "speed": mmsi % 150,
            "accuracy": mmsi % 2, "lon": np.rint(lon * 600_000).astype(np.int64),
            "lat": np.rint(lat * 600_000).astype(np.int64), "course": mmsi % 3_600, "heading": np.full(n, 511),
            "second": t_s % 60, "raim": np.zeros(n, np.int64),
        },
        168, rng,
    )  # fmt: skip
    said = _sealed(b"!*", b"AIVDM,1,1,,A,", payload, b",%d" % fill)
    if not tagged:
        return _rows(*said, b"\n")
    return _rows(*_sealed(rb"\*", b"s:soak,c:", _decimal(t_s, 10)), b"\\", *said, b"\n")


@dataclass
class Live:
    """A watch at work.

    Attributes:
        case: The case file.
        port: Where it listens for senders over TCP.
        process: The process.
        log: What it says.
    """

    case: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def send(self, lines: list[bytes], rate: float | None = None) -> None:
        """Send lines over one connection, at so many a second or as fast as they are taken."""
        with socket.create_connection(("127.0.0.1", self.port)) as sender:
            began = time.perf_counter()
            for start in range(0, len(lines), 1_000):
                sender.sendall(b"".join(lines[start : start + 1_000]))
                if rate is not None and (left := began + start / rate - time.perf_counter()) > 0:
                    time.sleep(left)

    def lines(self) -> int:
        """Return how many lines the case holds; 0 where it cannot be told just now."""
        try:
            with Reader.open(self.case) as reader:
                return int(reader.query("SELECT coalesce(sum(lines), 0)::BIGINT AS n FROM inputs")["n"][0].as_py())
        except (CaseError, QueryError):
            return 0

    def wait_for(self, lines: int) -> None:
        """Wait until the case holds so many lines.

        Raises:
            RuntimeError: It does not come to that.
        """
        end = time.monotonic() + TIME_LIMIT_S
        while (there := self.lines()) < lines:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the watch came to {there:,} lines of {lines:,}; it said: {self.said()[-500:]}")
            time.sleep(_LOOK_S)

    def said(self) -> str:
        """Return what it said so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_until_it_says(self, text: str, more_than: int = 0) -> None:
        """Wait until it has said a text more often than that.

        Raises:
            RuntimeError: It does not.
        """
        end = time.monotonic() + TIME_LIMIT_S
        while self.said().count(text) <= more_than:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the watch never said {text}; it said: {self.said()[-500:]}")
            time.sleep(0.05)

    def peak_gb(self) -> float:
        """Return its greatest resident memory so far."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e9
        return 0.0

    def drained(self) -> float:
        """Stop it; it ends with all that came in the case; returns how long that took, seconds.

        Raises:
            RuntimeError: It failed.
        """
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(TIME_LIMIT_S):
            raise RuntimeError(f"the watch failed: {self.said()[-500:]}")
        return time.perf_counter() - began

    def counted(self) -> tuple[int, dict[str, int]]:
        """Return the lines that are accounted for, and the rejects by reason."""
        from ais.counts import reports

        with Reader.open(self.case) as reader:
            found = reports(reader)
        rejects: dict[str, int] = {}
        for one in found:
            for reason, number in one.rejects.items():
                rejects[reason] = rejects.get(reason, 0) + number
        return sum(one.stored + one.other + one.duplicates + sum(one.rejects.values()) for one in found), rejects

    def ask(self, sql: str) -> int:
        """Return the one number that a query of the case gives."""
        with Reader.open(self.case) as reader:
            return int(reader.query(sql).column(0)[0].as_py())


def faults(live: Live, sent: int) -> Iterator[str]:
    """Stop a watch and yield what is wrong with what it leaves: lines, and its memory, which is printed."""
    peak_gb, seconds = live.peak_gb(), live.drained()
    lines, rejects = live.counted()
    told = ", ".join(f"{number:,} {reason}" for reason, number in sorted(rejects.items())) or "none"
    print(
        f"{sent:,} lines sent, {lines:,} accounted for, rejects: {told}; peak memory {peak_gb:.2f} GB, "
        f"ended {seconds:.1f} s after SIGTERM"
    )
    if seconds > DRAIN_S:
        yield f"it ended {seconds:.1f} s after SIGTERM, not within {DRAIN_S:g} s"
    if lines != sent:
        yield f"{sent:,} lines were sent and {lines:,} are accounted for"
    if peak_gb >= MOST_GB:
        yield f"the watch took {peak_gb:.2f} GB, not under {MOST_GB:g}"
    if "Traceback" in live.said():
        yield f"the watch failed on the way: {live.said()[-500:]}"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def watching(folder: Path, *sources: str, code: str = "", spool: Path | None = None) -> Iterator[Live]:
    """Yield a watch that listens for senders over TCP, and has other sources; it is killed at the end.

    Args:
        folder: Where its case is, and its spool if no other folder is named.
        sources: Sources besides.
        code: Python to run in it first.
        spool: Folder of the spool.
    """
    port, case, log = free_port(), folder / "live.duckdb", folder / "live.log"
    start = f"import sys\n{code}\nfrom darkwake.cli import main\nmain(sys.argv[1:])"
    words = ["watch", f"tcp-listen://127.0.0.1:{port}", *sources, "--case", str(case)]
    if spool is not None:
        words += ["--spool", str(spool)]
    with log.open("ab") as said, subprocess.Popen(
        [sys.executable, "-c", start, *words], cwd=_ROOT, stderr=said
    ) as process:  # fmt: skip
        live = Live(case, port, process, log)
        heard = live.said().count("listening")
        try:
            live.wait_until_it_says("listening", heard)
            yield live
        finally:
            process.kill()
