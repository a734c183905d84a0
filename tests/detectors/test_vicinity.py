"""What is kept of who lay near whom equals what is read anew, after any change; and it tells whom a change parts."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from ais.marks import renew
from ais.store import Store
from detectors import thinned, vicinity, view
from detectors.changes import Changes
from detectors.shelf import Shelf
from detectors.vicinity import Vicinity
from soak.fresh import fresh, passing
from tests.detectors.cases import HOUR, T0, Ship, insert, rows_of
from zones import ZoneSet

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


def beside(vicinity: Vicinity, store: Store, minutes: float = SPAN_MIN) -> dict[tuple[int, int], set[tuple[int, ...]]]:
    """Return who was near whom at each step."""
    found: dict[tuple[int, int], set[tuple[int, ...]]] = {}
    for block in vicinity._span(store.con, T0, T0 + int(minutes) * 60_000_000):
        mmsi, step = block.places["mmsi"].tolist(), block.places["step"].tolist()
        for i, crowded in enumerate(block.waiting.tolist()):
            found[mmsi[i], step[i]] = {(crowded,)}
        for a, b in zip(block.first.tolist(), block.second.tolist(), strict=True):
            found[mmsi[a], step[a]].add((mmsi[a], mmsi[b]))
            found[mmsi[b], step[b]].add((mmsi[b], mmsi[a]))
    return found


def anew(horizon: int) -> Vicinity:
    """Return one that is empty."""
    found = Vicinity(*REACH)
    found._horizon_us = horizon
    return found


def taken_in(store: Store, ships: frozenset[int], before: int, horizon: int, number: int) -> Changes:
    """Return what changed after a change, of ships that it names."""
    with store.transaction() as con:
        renew(con)
    sql = "SELECT max(id), epoch_us(min(first_t)), epoch_us(max(last_t)) FROM changes WHERE id > ?"
    last, low, high = store.con.execute(sql, [number]).fetchall()[0]
    span = min(low, before), max(high, horizon)
    return Changes(
        store.con, "rendezvous", ships, *span, before, horizon, number, last, Shelf(), ZoneSet(()),
        fixes=lambda some, low_us: view.undoubted_few(store.con, low_us, horizon, some),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_is_read_anew(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(view, "PART_ROWS", 100)
    rng = np.random.default_rng(seed)
    rows = rows_of(crowd(rng))["positions"]
    horizon = int(rows["t"].to_numpy().view(np.int64).max())
    late = rng.random(rows.num_rows) < 0.1
    numbers = rows["mmsi"].to_numpy()
    told = 0
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        kept = Vicinity(*REACH)

        def changed(picked: pa.Table, number: int) -> frozenset[int] | None:
            """Add rows, and take the change in."""
            insert(store, {"positions": picked})
            given.append(taken_in(store, frozenset(picked["mmsi"].to_pylist()), horizon, horizon, number))
            return kept.changed(given[-1])

        given: list[Changes] = []
        assert changed(rows.take(np.flatnonzero(~late)), 0) is None, "what was before is not known at first"
        for ship in sorted(set(numbers[late].tolist())):
            before = beside(kept, store)
            stirred = changed(rows.take(np.flatnonzero(late & (numbers == ship))), given[-1].last_id)
            after = beside(anew(horizon), store)
            assert beside(kept, store) == after
            differ = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            assert stirred is not None
            assert differ <= stirred
            told += len(stirred - {ship})
        assert kept.changed(replace(given[-1], since_id=99)) is None
    assert told


def test_hours_in_which_nobody_was_are_passed_over(tmp_path, monkeypatch):
    """One wrong stamp a year ahead leaves 4,380 blocks without a ship between."""
    compared: list[int] = []
    unlike = vicinity._unlike
    monkeypatch.setattr(vicinity, "_unlike", lambda *lots: compared.append(1) or unlike(*lots))
    rows = rows_of(crowd(np.random.default_rng(0)))["positions"]
    there = int(rows["t"].to_numpy().view(np.int64).max())
    far = rows_of([Ship(412000999, np.array([365 * 1440.0]), np.array([LON]), np.array([LAT]))])["positions"]
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        kept = Vicinity(*REACH)
        insert(store, {"positions": rows})
        first = taken_in(store, frozenset(rows["mmsi"].to_pylist()), there, there, 0)
        kept.changed(first)
        insert(store, {"positions": far})
        horizon = T0 + 365 * 24 * HOUR
        assert kept.changed(taken_in(store, frozenset([412000999]), there, horizon, first.last_id)) == {412000999}
        assert beside(kept, store, 365 * 1440.0) == beside(anew(horizon), store, 365 * 1440.0)
    assert 0 < len(compared) < 40


def test_so_it_is_as_rows_come_in_order_or_late(tmp_path, monkeypatch):
    rng = np.random.default_rng(100)
    rows = rows_of(crowd(rng))["positions"]
    t = rows["t"].to_numpy().view(np.int64)
    rows, t = rows.filter(pa.array(t < T0 + 8 * HOUR)), t[t < T0 + 8 * HOUR]
    lateness = np.where(rng.random(len(t)) < 0.05, rng.uniform(0, 2 * HOUR, len(t)), rng.uniform(0, HOUR / 12, len(t)))
    lot = (t - T0 + lateness) // (HOUR / 4)
    asked: list[int] = []
    read = thinned.undoubted
    monkeypatch.setattr(thinned, "undoubted", lambda *given: asked.append(len(given[3])) or read(*given))
    steady, horizon, number = 0, T0, 0
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        kept = Vicinity(*REACH)
        for one in np.unique(lot):
            picked = rows.take(np.flatnonzero(lot == one))
            insert(store, {"positions": picked})
            before, horizon = horizon, max(horizon, int(picked["t"].to_numpy().view(np.int64).max()))
            ships = frozenset(picked["mmsi"].to_pylist())
            given = taken_in(store, ships, before, horizon, number)
            asked.clear()
            stirred = kept.changed(given)
            if one % 3 == 0:  # a look that is cut off, and one that goes on from what was known before it
                asked.clear()
                assert kept.changed(given) == stirred
            assert beside(kept, store, 480) == beside(anew(horizon), store, 480)
            steady += len(given.on_time[0]) - sum(asked)
            assert stirred is None or ships <= stirred
            number = given.last_id
    assert steady > 10
