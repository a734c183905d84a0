"""The shelf hands out what a reading of the case would give, whatever was asked, came late or was let go in between."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pytest

from detectors import shelf as shelves
from detectors.shelf import Shelf

Row = tuple[int, int, int]  # ship, track, time


class Case:
    """Rows, and how they are read."""

    def __init__(self) -> None:
        self.rows: set[Row] = set()
        self.horizon_us = 0
        self.reads = 0

    def expected(self, ships: Iterable[int], start_us: int | None) -> list[Row]:
        """Return the rows from a time on, with each track's last before."""
        ours = [row for row in self.rows if row[0] in set(ships) and row[2] <= self.horizon_us]
        if start_us is None:
            return sorted(ours)
        last: dict[tuple[int, int], int] = {}
        for ship, track, t in ours:
            if t < start_us:
                last[ship, track] = max(t, last.get((ship, track), t))
        return sorted(row for row in ours if row[2] >= start_us or last[row[:2]] == row[2])

    def read(self, ships: Iterable[int], start_us: int | None) -> pa.Table:
        """Return the same as a case does, in no order."""
        self.reads += len(list(ships))
        return self._table(self.expected(ships, start_us))

    def tail(self, ships: Iterable[int], after_us: int | None) -> pa.Table:
        """Return all rows after a time."""
        assert after_us is not None
        ships = set(ships)
        return self._table([row for row in self.rows if row[0] in ships and after_us < row[2] <= self.horizon_us])

    def _table(self, rows: list[Row]) -> pa.Table:
        np.random.default_rng(len(rows)).shuffle(rows)
        mmsi, track, t = zip(*rows, strict=True) if rows else ((), (), ())
        stamps = pa.array(t, pa.int64()).cast(pa.timestamp("us"))
        return pa.table({"mmsi": pa.array(mmsi, pa.uint32()), "track": pa.array(track, pa.uint64()), "t": stamps})


def handed(shelf: Shelf, case: Case, ships: Iterable[int], start_us: int | None) -> list[Row]:
    rows = shelf.fixes(ships, start_us, case.horizon_us, case.read, case.tail)
    columns = rows["mmsi"].to_pylist(), rows["track"].to_pylist(), rows["t"].cast(pa.int64()).to_pylist()
    return sorted(zip(*columns, strict=True))


@pytest.mark.parametrize("room", [4_000_000, 300])
def test_it_hands_out_what_is_in_the_case(monkeypatch, room):
    monkeypatch.setattr(shelves, "MOST_ROWS", room)
    monkeypatch.setattr(shelves, "SLACK_US", 50)
    monkeypatch.setattr(shelves, "SLACK_ROWS", 10)
    monkeypatch.setattr(shelves, "BEHIND_US", 100)
    rng = np.random.default_rng(7)
    kept = 0
    for _ in range(8):
        shelf, case = Shelf(), Case()
        ships = rng.choice(1_000, 12, replace=False).tolist()
        shared = set(ships[:2])
        for change in range(25):
            low, changed = case.horizon_us + 1, set()
            for _ in range(int(rng.integers(0, 40))):
                ship = ships[int(rng.integers(0, len(ships)))]
                track = int(rng.integers(0, 3)) if ship in shared else 0
                late = rng.random() < 0.03
                t = int(rng.integers(0, case.horizon_us + 1) if late else case.horizon_us + rng.integers(1, 30))
                case.rows.add((ship, track, t))
                low, changed = min(low, t), {*changed, ship}
            if case.rows and rng.random() < 0.1:  # a copy is taken out
                gone = sorted(case.rows)[int(rng.integers(0, len(case.rows)))]
                case.rows.discard(gone)
                low, changed = min(low, gone[2]), {*changed, gone[0]}
            case.horizon_us += 30
            shelf.renew(None if rng.random() < 0.02 else changed, low, case.horizon_us, change)
            for _ in range(int(rng.integers(0, 4))):
                asked = rng.choice(ships, int(rng.integers(1, len(ships)))).tolist()
                start = None if rng.random() < 0.1 else int(case.horizon_us - rng.integers(1, 200))
                before = case.reads
                assert handed(shelf, case, asked, start) == case.expected(asked, start)
                kept += case.reads == before
    assert kept > 40  # most are not read again


def test_a_ship_of_which_nothing_is_there_is_not_read_again():
    shelf, case = Shelf(), Case()
    case.rows, case.horizon_us = {(5, 0, 10)}, 20
    assert handed(shelf, case, [5, 6], 5) == [(5, 0, 10)]
    assert handed(shelf, case, [6], 5) == []
    assert case.reads == 2


def test_a_batch_costs_a_few_steps_and_not_some_for_each_ship():
    shelf, case = Shelf(), Case()
    ships = range(3_000)
    case.rows = {(ship, 0, t) for ship in ships for t in (10, 20)}
    case.horizon_us = 20
    handed(shelf, case, ships, 0)
    for t in range(30, 80, 10):
        case.rows |= {(ship, 0, t) for ship in ships}
        case.horizon_us = t
        shelf.renew(ships, t, t, t)
        assert len(handed(shelf, case, ships, 0)) == 3_000 * t // 10
    assert case.reads == 3_000
    assert len(shelf._pieces) < 4
