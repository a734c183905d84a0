"""A recorded feed through the watch as fast as it goes, alone and beside a process that reads and reports each second.

A day of a regional feed is 40 M sentences, 463 a second. What is replayed is the worth of an hour of it, so that the
case is smaller than a day's at its end.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.child import ROOT
from bench.feed import write
from bench.figure import Figure

DAY_LINES = 40_000_000
HOURS = 1.0
FASTER, SLOWER = 100.0, 10.0
_REPORTS = """
import sys, time
from darkwake import Case
case, done = Case(sys.argv[1]), 0
while True:
    begun = time.monotonic()
    try:
        case.status(), case.events(), case.report(sys.argv[2])
        done += 1
        open(sys.argv[3], "w").write(str(done))
    except ValueError:
        pass
    time.sleep(max(0, begun + 1 - time.monotonic()))
"""  # a user's notebook


def figures(folder: Path) -> list[Figure]:
    """Measure how fast a recording goes through a watch, and how much slower beside a reader."""
    given = folder / "hour.nmea"
    lines = write(given, round(DAY_LINES / 24 * HOURS))
    alone_s = _watched(given, folder / "alone.duckdb")
    case, count = folder / "beside.duckdb", folder / "reports"
    command = [sys.executable, "-c", _REPORTS, str(case), str(folder / "report.html"), str(count)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as reader:
        beside_s = _watched(given, case)
        reader.kill()
    reports = int(count.read_text() or 0) if count.exists() else 0
    times = lines / (DAY_LINES / 86_400) / alone_s
    what = f"{lines:,} sentences, {HOURS:g} h of a feed of 40 M a day, through a watch from a file"
    beside = f"slower beside a process that reads and reports each second ({reports} reports)"
    return [
        Figure(what, times, "times real time", FASTER),
        Figure(f"the same, {beside}", 100 * (beside_s / alone_s - 1), "%", SLOWER, at_most=True),
    ]


def _watched(given: Path, case: Path) -> float:
    """Let a watch read a file to its end; returns the seconds from its start to its end."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "darkwake", "watch", f"file:{given}", "--case", str(case)]
    subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
