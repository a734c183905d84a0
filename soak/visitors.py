"""Visitors who mean no good beside a busy watch: it takes what comes as before, for hardly more work.

One reads a byte a second, 500 streams are opened and left, requests of 10 MB are sent with and without their length.
What is measured is the processor time of the watch's threads that answer them, against all that it works for the same
lines without them. The whole with them against the whole without tells less: a watch looks at what came as often as it
comes to it, so that its own work is another each time.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np

from soak.live import START_S, free_port, sentences, watching

LINES = 1_000_000
STREAMS, LARGE_BYTES = 500, 10_000_000
ROUNDS = 2  # of either sort, in turn: the least counts
MOST = 1.10
_SHIPS, _EVERY_S = 3_000, 60
_RATE = 10_000.0  # lines a second
_SIP_S, _SEND_S = 1.0, 5.0


def run(folder: Path, lines: int = LINES) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    n = np.arange(lines)
    sent = sentences(412_000_000 + n % _SHIPS, START_S + n // _SHIPS * _EVERY_S)
    alone, visited = [], []
    for turn in range(ROUNDS):
        alone.append(_worked_s(folder / f"alone-{turn}", sent, rude=False))
        visited.append(_worked_s(folder / f"visited-{turn}", sent, rude=True))
    ratio = cost(alone, visited)
    told = [
        "; ".join(f"{whole:.1f} s, {part:.1f} s of it to answer" for whole, part in both) for both in (alone, visited)
    ]
    print(
        f"{lines:,} lines at {_RATE:,.0f}/s, processor time alone {told[0]}; with {STREAMS} streams left open, a slow "
        f"reader and requests of {LARGE_BYTES / 1e6:.0f} MB {told[1]}: {ratio:.3f} times"
    )
    if ratio > MOST:
        yield f"visitors cost {ratio:.3f} times the work, not under {MOST:g}"


def cost(alone: list[tuple[float, float]], visited: list[tuple[float, float]]) -> float:
    """Return how many times the work a watch has with visitors, from rounds of `Work.done` of either sort."""
    more_s = min(part for _, part in visited) - min(part for _, part in alone)
    return 1 + more_s / min(whole for whole, _ in alone)


class Work:
    """The processor time of a watch, and of what answers visitors in it.

    Attributes:
        code: Python for the watch to run first: its threads tell their numbers.
    """

    def __init__(self, folder: Path) -> None:
        self._names = folder / "threads"
        self.code = _TELL.format(path=str(self._names))

    def begin(self, pid: int) -> None:
        """Begin to count: the threads that there are now are the watch's own, but for those that serve."""
        named = dict(line.split(" ", 1) for line in self._names.read_text(encoding="utf-8").splitlines())
        tasks = {task.name for task in Path(f"/proc/{pid}/task").iterdir()}
        self._pid, self._own = pid, {int(task): 0.0 for task in tasks if named.get(task) not in _SERVING}
        self._before = self._so_far()

    def done(self) -> tuple[float, float]:
        """Return the processor time since then, and how much of it was not of the watch's own threads, seconds."""
        whole, own = (now - then for now, then in zip(self._so_far(), self._before, strict=True))
        return whole, whole - own

    def _so_far(self) -> tuple[float, float]:
        for thread in self._own:
            with suppress(FileNotFoundError, ProcessLookupError):  # one that has ended works no more
                self._own[thread] = cpu_s(self._pid, thread)
        return cpu_s(self._pid), sum(self._own.values())


_SERVING = ("serving", "AnyIO worker thread")
_TELL = """
import threading
def told(*_):
    sys.setprofile(None)
    with open({path!r}, "a") as names:
        print(threading.get_native_id(), threading.current_thread().name, file=names)
threading.setprofile(told)
"""


def _worked_s(folder: Path, sent: list[bytes], *, rude: bool) -> tuple[float, float]:
    """Return the processor time that a watch takes for lines, and how much of it to answer visitors."""
    folder.mkdir()
    port = free_port()
    work = Work(folder)
    with watching(folder, "--serve", f"127.0.0.1:{port}", code=work.code) as live:
        work.begin(live.process.pid)
        with visitors(port) if rude else nullcontext():
            live.send(sent, _RATE)
            live.wait_for(len(sent))
        done = work.done()
        live.drained()
    return done


def cpu_s(pid: int, thread: int | None = None) -> float:
    """Return the processor time of a process so far, or of a thread of it, seconds."""
    of = pid if thread is None else f"{pid}/task/{thread}"
    fields = Path(f"/proc/{of}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def visitors(port: int) -> Iterator[None]:
    """Have visitors at a watch for the block."""
    over = threading.Event()
    others = [threading.Thread(target=work, args=(port, over), daemon=True) for work in (_sips, _sends)]
    opened = [_asked(port, "/api/v1/stream") for _ in range(STREAMS)]
    for one in others:
        one.start()
    try:
        yield
    finally:
        over.set()
        for one in others:
            one.join()
        for left in opened:
            left.close()


def _asked(port: int, path: str) -> socket.socket:
    """Ask for a path and read nothing."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.connect(("127.0.0.1", port))
    with suppress(OSError):
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return one


def _sips(port: int, over: threading.Event) -> None:
    """Read answers a byte a second."""
    with _asked(port, "/api/v1/zones") as answer, _asked(port, "/api/v1/stream") as stream:
        while not over.wait(_SIP_S):
            for one in (answer, stream):
                with suppress(OSError):
                    one.recv(1, socket.MSG_DONTWAIT)


def _sends(port: int, over: threading.Event) -> None:
    """Send large requests, one every few seconds, by turns with their length and without."""
    with_length = True
    while not over.wait(_SEND_S):
        how = f"Content-Length: {LARGE_BYTES}" if with_length else "Transfer-Encoding: chunked"
        with_length = not with_length
        head = f"POST /api/v1/events/{'0' * 16}/notes HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{how}\r\n"
        chunk = b"x" * 65_536
        piece = chunk if "Length" in how else b"%x\r\n%s\r\n" % (len(chunk), chunk)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5.0) as one:
            one.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
            for _ in range(LARGE_BYTES // len(chunk)):
                one.sendall(piece)
