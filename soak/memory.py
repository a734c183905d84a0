"""An input of a hundred million lines through the real door: how much memory that takes, and how fast it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.feed import feed
from soak.child import Ingests, Job
from soak.spoil import spoiled

LINES = 100_000_000
MOST_GB = 1.0
_SPOILED = 0.01


def run(folder: Path, lines: int = LINES) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    given, case = folder / "feed.nmea.zst", folder / "case.duckdb"
    written = write(given, lines)
    with Ingests() as ingests:
        ingests.start(Job(case, given))
        said = ingests.result()
    given.unlink()
    rate = said["lines"] / said["seconds"]
    size = case.stat().st_size / 1e9
    print(f"{written:,} lines: peak {said['peak_gb']:.2f} GB, {rate:,.0f} lines/s, case of {size:.2f} GB")
    if not said["lines"] == said["counted"] == written:
        yield f"{written:,} lines were written, {said['lines']:,.0f} read, {said['counted']:,.0f} accounted for"
    if said["peak_gb"] >= MOST_GB:
        yield f"an ingest of {written:,} lines took {said['peak_gb']:.2f} GB, not under {MOST_GB}"


def write(path: Path, lines: int) -> int:
    """Write a feed of about that many lines, one in a hundred spoiled, as zst; returns how many there are."""
    rng, written, made = np.random.default_rng(3), 0, b"\n"
    with pa.CompressedOutputStream(path, "zstd") as file:
        for chunk in feed(lines):
            made = spoiled(chunk, rng, _SPOILED)
            file.write(made)
            written += made.count(b"\n")
    return written + (not made.endswith(b"\n"))
