"""A watch under load: sentences over TCP at a steady pace with all detectors on, then SIGTERM."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.child import ROOT
from bench.feed import feed
from bench.figure import Figure

RATE = 10_000  # sentences a second
SECONDS = 60
DRAIN_S, MEMORY_GB = 10.0, 1.0
_BURST_S = 0.1
_TIME_LIMIT_S = 300


def figures(folder: Path) -> list[Figure]:
    """Measure what a watch takes in of a feed, how much memory it has, and how long it takes to end."""
    lines = b"".join(feed(RATE * SECONDS)).splitlines(keepends=True)
    case = folder / "live.duckdb"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "darkwake", "watch", f"tcp-listen://127.0.0.1:{port}", "--case", str(case)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            next(line for line in process.stderr if "listening" in line)
            seconds = _send(lines, port)
            peak_gb = _peak_gb(process.pid)
            began = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=_TIME_LIMIT_S)
            drain_s = time.perf_counter() - began
        finally:
            process.kill()
    status = [sys.executable, "-m", "darkwake", "status", "--case", str(case), "--json"]
    said = json.loads(subprocess.run(status, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    taken = sum(one["lines"] for one in said["inputs"])
    what = f"a watch with all detectors, {len(lines):,} sentences over TCP"
    return [
        Figure(f"{what}, sent at {RATE:,} a second", len(lines) / seconds, "sentences/s", 0.99 * RATE),
        Figure("the same, sentences that did not reach the case", float(len(lines) - taken), "lost", 0, at_most=True),
        Figure("the same, peak memory of that process", peak_gb, "GB", MEMORY_GB, at_most=True),
        Figure("the same, from SIGTERM until all is in the case", drain_s, "s", DRAIN_S, at_most=True),
    ]


def _send(lines: list[bytes], port: int) -> float:
    """Send lines at the pace; returns how long that took."""
    burst = int(RATE * _BURST_S)
    with socket.create_connection(("127.0.0.1", port)) as sender:
        began = time.perf_counter()
        for number, start in enumerate(range(0, len(lines), burst)):
            sender.sendall(b"".join(lines[start : start + burst]))
            left = began + (number + 1) * _BURST_S - time.perf_counter()
            if left > 0:
                time.sleep(left)
        return time.perf_counter() - began


def _peak_gb(pid: int) -> float:
    """Return the greatest resident memory of a process so far."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e9
    return 0.0
