"""What is kept of who lay near whom equals what is read anew, after any change; and it tells whom a change parts."""

import numpy as np
import pytest

from ais.marks import renew
from ais.store import Store
from detectors import view
from detectors.changes import Changes
from detectors.shelf import Shelf
from detectors.vicinity import Vicinity
from tests.detectors.cases import HOUR, T0, Ship, insert, rows_of

LON, LAT, SPAN_MIN = 123.2, 37.2, 1500.0
REACH = 1000.0, 7.0, HOUR


def crowd(rng: np.random.Generator) -> list[Ship]:
    """Some that lie within two kilometres, go away for a while, and jump now and then."""
    ships = []
    for k in range(7):
        minutes = np.cumsum(rng.choice([5.0, 12.0, 40.0], 200))
        minutes = minutes[minutes < SPAN_MIN]
        away = (minutes > rng.uniform(0, SPAN_MIN)) & (rng.random() < 0.5)
        jumps = rng.random(len(minutes)) < 0.03
        lon = LON + rng.normal(0, 0.01) + 0.5 * jumps + rng.normal(0, 1e-4, len(minutes))
        ships.append(Ship(101 + k, minutes, lon, LAT + 0.3 * away + rng.normal(0, 0.005), None))
    return ships


def beside(vicinity: Vicinity, store: Store) -> dict[tuple[int, int], set[tuple[int, ...]]]:
    """Return who was near whom at each step."""
    found: dict[tuple[int, int], set[tuple[int, ...]]] = {}
    for block in vicinity._span(store.con, T0, T0 + int(SPAN_MIN) * 60_000_000):
        mmsi, step = block.places["mmsi"].tolist(), block.places["step"].tolist()
        for i, crowded in enumerate(block.waiting.tolist()):
            found[mmsi[i], step[i]] = {(crowded,)}
        for a, b in zip(block.first.tolist(), block.second.tolist(), strict=True):
            found[mmsi[a], step[a]].add((mmsi[a], mmsi[b]))
            found[mmsi[b], step[b]].add((mmsi[b], mmsi[a]))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_is_what_is_read_anew(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(view, "PART_ROWS", 100)
    rng = np.random.default_rng(seed)
    tables = rows_of(crowd(rng))
    rows = tables["positions"]
    horizon = int(rows["t"].to_numpy().view(np.int64).max())
    late = rng.random(rows.num_rows) < 0.1
    numbers = rows["mmsi"].to_numpy()
    told = 0
    with Store.open(tmp_path / "a.duckdb") as store:
        kept = Vicinity(*REACH)

        def changed(picked: np.ndarray, number: int) -> frozenset[int] | None:
            """Add rows, and take the change in."""
            insert(store, {**{name: table.slice(0, 0) for name, table in tables.items()}, "positions": picked})
            with store.transaction() as con:
                renew(con)
            sql = "SELECT max(id), epoch_us(min(first_t)), epoch_us(max(last_t)) FROM changes WHERE id > ?"
            last, low, high = store.con.execute(sql, [number]).fetchall()[0]
            ships = frozenset(picked["mmsi"].to_pylist())
            given = Changes(store.con, "rendezvous", ships, low, high, horizon, horizon, number, last, Shelf())
            found = kept.changed(given)
            ids.append(last)
            return found

        ids = [0]
        assert changed(rows.take(np.flatnonzero(~late)), 0) is None, "what was before is not known at first"
        for ship in sorted(set(numbers[late].tolist())):
            before = beside(kept, store)
            stirred = changed(rows.take(np.flatnonzero(late & (numbers == ship))), ids[-1])
            fresh = Vicinity(*REACH)
            fresh._horizon_us = horizon
            after = beside(fresh, store)
            assert beside(kept, store) == after
            differ = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            assert stirred is not None
            assert differ <= stirred
            told += len(stirred - {ship})
        assert kept.changed(Changes(store.con, "", frozenset(), T0, T0, horizon, horizon, 99, 100, Shelf())) is None
    assert told
