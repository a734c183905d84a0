"""Visitors who mean no good beside a busy watch: it takes what comes as before, for hardly more work.

One reads a byte a second, 500 streams are opened and left, requests of 10 MB are sent with and without their length.
What is measured is the processor time of the watch for the same lines with and without them: it does not hang on what
else the machine does.
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
    ratio = min(whole for whole, _ in visited) / min(whole for whole, _ in alone)
    more_s = min(beside for _, beside in visited) - min(beside for _, beside in alone)
    beside = 1 + more_s / min(whole for whole, _ in alone)
    told = ["; ".join(f"{whole:.1f} s, {rest:.1f} s of it beside" for whole, rest in both) for both in (alone, visited)]
    print(
        f"{lines:,} lines at {_RATE:,.0f}/s, processor time of the watch, and of it beside the thread that takes lines "
        f"in and looks at them: alone {told[0]}; with {STREAMS} streams left open, a slow reader and requests of "
        f"{LARGE_BYTES / 1e6:.0f} MB {told[1]}: {ratio:.3f} times, {beside:.3f} times by what is beside"
    )
    if max(ratio, beside) > MOST:
        yield f"visitors cost {max(ratio, beside):.3f} times the work, not under {MOST:g}"


def _worked_s(folder: Path, sent: list[bytes], *, rude: bool) -> tuple[float, float]:
    """Return the processor time that a watch takes for lines, and how much of it beside its first thread."""
    folder.mkdir()
    port = free_port()
    with watching(folder, "--serve", f"127.0.0.1:{port}") as live:
        before = worked_s(live.process.pid)
        with visitors(port) if rude else nullcontext():
            live.send(sent, _RATE)
            live.wait_for(len(sent))
        after = worked_s(live.process.pid)
        live.drained()
    return after[0] - before[0], after[1] - before[1]


def worked_s(pid: int) -> tuple[float, float]:
    """Return the processor time of a process so far, and how much of it beside its first thread, seconds.

    The first thread of a watch looks at what came as often as it comes to it: its time tells little of what others do.
    """
    whole = cpu_s(pid)
    return whole, whole - cpu_s(pid, first_thread=True)


def cpu_s(pid: int, *, first_thread: bool = False) -> float:
    """Return the processor time of a process so far, or of its first thread alone, seconds."""
    of = f"{pid}/task/{pid}" if first_thread else str(pid)
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
