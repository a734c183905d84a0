"""`python -m bench [NAME...]`: measure, print the table, exit 1 if a floor is missed.

Names choose parts: decoding, reading, segmenting, tables, detection, meetings, lookup, maps, whole, live,
latency, replayed, stays, page, pages; all by default.
"""

import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    decoding,
    detection,
    latency,
    live,
    lookup,
    maps,
    meetings,
    page,
    pages,
    reading,
    replayed,
    segmenting,
    stays,
    tables,
    whole,
)
from bench.figure import Figure, rendered

PARTS: dict[str, Callable[[Path], list[Figure]]] = {
    "decoding": decoding.figures,
    "reading": reading.figures,
    "tables": tables.figures,
    "segmenting": segmenting.figures,
    "detection": detection.figures,
    "meetings": meetings.figures,
    "lookup": lambda _: lookup.figures(),
    "maps": maps.figures,
    "page": page.figures,
    "pages": pages.figures,
    "whole": whole.figures,
    "live": live.figures,
    "stays": stays.figures,
    "latency": latency.figures,
    "replayed": replayed.figures,
}


def main(names: list[str]) -> int:
    """Measure the named parts and print them; returns the exit code."""
    wrong = [name for name in names if name not in PARTS]
    if wrong:
        print(f"there is no part {wrong[0]}; known are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    with TemporaryDirectory() as folder:
        for name in names or PARTS:
            print(f"measuring: {name}", file=sys.stderr)
            figures += PARTS[name](Path(folder))
    print(f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, DuckDB {version('duckdb')}\n")
    print(rendered(figures))
    missed = [one for one in figures if not one.met]
    print(f"\n{len(figures) - len(missed)} of {len(figures)} floors met")
    return 1 if missed else 0


def _processor() -> str:
    """Return the processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
