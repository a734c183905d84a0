"""Sentences into a case on one core, and pyais alone on the same file."""

import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.child import best, measure
from bench.figure import Figure

POSITIONS = 250_000


def figures(folder: Path) -> list[Figure]:
    """Measure the ingest of a tag-blocked file from the scenario `busy-day`."""
    file = str(folder / "reading.nmea")
    lines = measure("reading:simulate", file, f"busy-day:{POSITIONS}")["lines"]
    own = best("reading:ingest", file, cores=1)
    peer = best("reading:pyais_alone", file, cores=1)
    what = f"ingest of {lines:,.0f} sentences into a case, one core"
    label = "pyais alone: decode, keep nothing"
    return [Figure(what, own["rate"], "sentences/s", 60e3, peer=label, peer_value=peer["rate"])]


def simulate(file: str, name: str) -> dict[str, float]:
    """Write a scenario's sentences; returns how many lines they are."""
    from darkwake.simulate import make

    scenario = make(name, 1)
    scenario.write_nmea(file)
    return {"lines": scenario.lines}


def ingest(file: str) -> dict[str, float]:
    """Take a file into a new case."""
    from ais.ingest import IngestOptions
    from ais.ingest import ingest as take_in
    from ais.store import Store

    with TemporaryDirectory() as folder, Store.open(Path(folder) / "case.duckdb") as store:
        started = time.perf_counter()
        report = take_in(store, file, IngestOptions(), now=datetime(2030, 1, 1, tzinfo=UTC))
        return {"rate": report.lines / (time.perf_counter() - started)}


def pyais_alone(file: str) -> dict[str, float]:
    """Decode every message of a file to pyais's objects."""
    from pyais.stream import FileReaderStream

    with Path(file).open("rb") as stream:
        lines = sum(1 for _ in stream)
    started = time.perf_counter()
    for message in FileReaderStream(file):
        message.decode()
    return {"rate": lines / (time.perf_counter() - started)}
