"""Hearings: what each receiver heard, counted before copies are told apart, however the lines come in batches."""

from __future__ import annotations

from collections import Counter
from math import floor
from pathlib import Path

import pytest

from ais.ingest import IngestOptions, ingest
from ais.store import Store
from tests.ais.sentences import NOW, T0, Take, fix, rows

SQL = """
    SELECT station, epoch(hour)::BIGINT, cell_x, cell_y, ais_class, sum(reports)::BIGINT FROM hearings
    GROUP BY ALL ORDER BY ALL
"""
PLACES = [(124.95, 38.55), (-0.05, -0.05), (179.99, -38.01), (-180.0, 89.9), (125.0, 38.5)]


def lines(count: int = 200) -> list[str]:
    return [
        fix(T0 + 97 * i, station=("x", "y", "z")[i % 3], lon=PLACES[i % 5][0], lat=PLACES[i % 5][1], second=60)
        for i in range(count)
    ]


def expected(count: int = 200) -> list[tuple[object, ...]]:
    """The rule read out loud; exact at whole tenths, where floats are not."""
    found: Counter[tuple[object, ...]] = Counter()
    for i in range(count):
        x, y = (floor(round(value * 1e6) / 1e5) for value in PLACES[i % 5])
        found[("x", "y", "z")[i % 3], (T0 + 97 * i) // 3600 * 3600, x, y, "A"] += 1
    return sorted((*key, number) for key, number in found.items())


@pytest.mark.parametrize("batch_lines", [1_000_000, 1])
def test_each_receiver_hour_cell_and_class_is_counted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_lines: int
) -> None:
    monkeypatch.setattr("ais.source.BLOCK_BYTES", 70_000)  # a few blocks, so that there are a few batches
    path = tmp_path / "a.nmea"
    path.write_text("".join(f"{line}\n" for line in lines()) + "#" * 80_000 + "\n" + f"{fix(T0)}\n")
    ingest(store, path, IngestOptions(), now=NOW, batch_lines=batch_lines)
    counted = [row for row in rows(store, SQL) if row[0] is not None]
    assert counted == expected()
    assert rows(store, "SELECT cell_x, cell_y, reports FROM hearings WHERE station IS NULL") == [(1250, 385, 1)]


def test_copies_count(store: Store, take: Take) -> None:
    report = take([fix(T0, station=name) for name in ("a", "b", "b")])
    assert report.duplicates == 2
    assert [(row[0], row[-1]) for row in rows(store, SQL)] == [("a", 1), ("b", 2)]
