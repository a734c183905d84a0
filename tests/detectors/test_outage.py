"""Outages of sources: which silences are some, what a slow twin says, and the silences of ships that they explain."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ais.schema import COPIES, TABLES
from ais.store import Store
from detectors import detect, read_events, to_json
from detectors.event import to_us
from detectors.geo import distance_m
from detectors.outage import Outage
from soak.fresh import fresh, passing
from tests.detectors.cases import HOUR, MINUTE, NOW, T0, Ship, defaults, find, insert, rows_of, still

BOTH = defaults("gap", "outage")


def heard(source, *spells, ships=3, first=412000500, every=4.0, apart_deg=0.1, lon=150.0):
    """Ships that a source hears in some spells (minutes from and to), each a little after the one before."""
    found = []
    for k in range(ships):
        minutes = np.concatenate([np.arange(a + 0.5 * k, b, every) for a, b in spells])
        place = np.full(len(minutes), lon), np.full(len(minutes), 30.0 + apart_deg * k)
        found.append(Ship(first + k, minutes, *place, station=source))
    return found


OTHER = heard("south", (0, 1500), ships=1, first=412000900, lon=-150.0)


def outages(tmp_path, zones, ships):
    found = find(tmp_path, zones, [*ships, *OTHER], "gap", "outage")
    return [e for e in found if e["kind"] == "outage"], [e for e in found if e["kind"] == "gap"]


def test_a_source_that_fails_is_an_outage_and_no_ship_silent(tmp_path, zones):
    (outage,), gaps = outages(tmp_path, zones, heard("north", (0, 120), (540, 900), (900, 1500)))
    assert outage["mmsi"] == []
    assert (to_us(outage["start"]), to_us(outage["end"])) == (T0 + 117 * MINUTE, T0 + 540 * MINUTE)
    assert outage["evidence"] == {
        "source": "north",
        "hours": 7.05,
        "reports_count": 6,
        "ships_count": 3,
        "ships_within_km": 11.12,
        "ships_heard": [412000500, 412000501, 412000502],
    }
    assert (outage["lon"], outage["lat"]) == (150.0, 30.1)
    assert gaps == []


def test_an_outage_is_open_while_others_go_on(tmp_path, zones):
    (outage,), gaps = outages(tmp_path, zones, heard("north", (0, 120)))
    assert (outage["end"], outage["evidence"]["hours"], gaps) == (None, None, [])


@pytest.mark.parametrize(
    "ships",
    [
        heard("north", (0, 120), (540, 1500), ships=2),  # too few
        heard("north", (0, 120), (540, 1500), ships=9, apart_deg=0.005),  # a company that may switch off together
        heard("north", (0, 1500), ships=9, every=60),  # tracks thinned to a fix an hour
        heard("north", (0, 50), (540, 1500)),  # not heard for an hour before
        heard("north", (0, 60), (66, 120), (540, 1500)),  # it had paused within the hour
        heard("north", (0, 120), (131, 1500)),  # no longer than its limit
    ],
)
def test_what_may_be_the_ships_silence_is_no_outage(tmp_path, zones, ships):
    found, _ = outages(tmp_path, zones, ships)
    assert found == []


def test_one_ship_dark_among_many_is_a_gap(tmp_path, zones):
    dark = heard("north", (0, 120), (900, 1500), ships=1, first=412000600)
    found, (gap,) = outages(tmp_path, zones, [*heard("north", (0, 1500)), *dark])
    assert (found, gap["mmsi"]) == ([], [412000600])
    assert "outage_hours" not in gap["evidence"]


@pytest.mark.parametrize(("back", "hours"), [(820, None), (902, 5.95)])
def test_what_is_left_of_a_silence_counts(tmp_path, zones, back, hours):
    """The receiver is back after 5.95 h; its ship only when as much again as counts, or not yet."""
    late = heard("north", (0, 116), (back, 1500), ships=1, first=412000600)
    (outage,), gaps = outages(tmp_path, zones, [*heard("north", (0, 120), (474, 1500)), *late])
    assert outage["evidence"]["hours"] == 5.95
    assert [gap["evidence"]["outage_hours"] for gap in gaps] == ([] if hours is None else [hours])
    assert all("do not count towards its length" in gap["reasons"][2] for gap in gaps)


def test_a_source_that_works_and_had_heard_the_ship_makes_it_a_silence(tmp_path, zones):
    ships = [*heard("north", (0, 120), (540, 1500), ships=4), *heard("south", (61, 62), ships=1, first=412000502)]
    (_,), (gap,) = outages(tmp_path, zones, ships)
    assert gap["mmsi"] == [412000502]


@pytest.mark.parametrize("table", ["position_copies", "heard_copies", "fixed", "fixed_copies"])
def test_a_source_whose_lines_are_all_copies_works(tmp_path, zones, table):
    """Of the receiver whose clock is behind nearly all is kept as copies; a base station's word tells as much."""
    held = {one.name: name for name, one in COPIES.items()}.get(table, table)
    rows = [{"mmsi": 412000700, "t": T0 + m * MINUTE, "station": "north", "input_id": 1, "line": 10**6 + m,
             "lon": 0.0, "lat": 0.0, "msg_type": 4, "kind": "base"} for m in range(120, 541, 10)]  # fmt: skip
    schema = TABLES[held].arrow_schema()
    said = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        insert(store, rows_of([*heard("north", (0, 120), (540, 1500)), *OTHER]))
        assert detect(store, zones, detectors=BOTH, now=NOW, version="test").events == {"outage": 1}
        insert(store, {"positions": TABLES["positions"].arrow_schema().empty_table(), table: said})
        assert detect(store, zones, detectors=BOTH, now=NOW, version="test").events == {"gap": 3}


def test_another_limit_is_seen_by_silences_too(tmp_path, zones):
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        insert(store, rows_of([*heard("north", (0, 120), (540, 1500)), *OTHER]))
        for limit, events in ((15.0, {"outage": 1}), (600.0, {"gap": 3}), (15.0, {"outage": 1})):
            rule = {**BOTH, "outage": Outage(outage_minutes=limit)}
            assert detect(store, zones, detectors=rule, now=NOW, version="test").events == events


def naive(ships: list[Ship], rule: Outage) -> list[tuple[str, int, int | None]]:
    """Plain loops over every line of every source."""
    said = [
        (ship.station or "", T0 + round(float(m) * MINUTE), ship.mmsi, lon, lat)
        for ship in ships
        for m, lon, lat in zip(ship.minutes, ship.lon, ship.lat, strict=True)
    ]
    horizon = max(row[1] for row in said)
    found = []
    for source in sorted({row[0] for row in said}):
        own = sorted(row for row in said if row[0] == source)
        times = [row[1] for row in own]
        for start, end in zip(times, [*times[1:], None], strict=True):
            if (horizon if end is None else end) - start <= rule.outage_minutes * MINUTE:
                continue
            hour = [start - HOUR, *(t for t in times if start - HOUR < t <= start)]
            calm = all(
                b - a < rule.steady_minutes * MINUTE for a, b in itertools.pairwise(times) if start - HOUR < b <= start
            )
            if times[0] > start - HOUR or not calm or len(hour) < 2:
                continue
            last = {row[2]: row[3:] for row in own if start - rule.steady_minutes * MINUTE <= row[1] <= start}
            places = [last[ship] for ship in sorted(last)]
            apart: list[tuple[float, float]] = []
            for place in places:
                if all(float(distance_m(*place, *other)) >= rule.apart_nm * 1852 for other in apart):
                    apart.append(place)
            if len(apart) >= rule.outage_ships:
                found.append((source, start, end))
    return found


def failing(seed: int) -> list[Ship]:
    """Sources that fail, flap and overlap, ships that go dark, and one without a name."""
    rng = np.random.default_rng(seed)
    ships = []
    for s, source in enumerate(("east", "north", None)):
        on, t = np.zeros(0), float(rng.uniform(0, 200))
        for _ in range(int(rng.integers(2, 6))):
            length = float(rng.choice([20, 66, 66, 90, 240]))
            on = np.append(on, np.arange(t, t + length, 4.0))
            t += length + float(rng.choice([6, 14, 17, 70, 250, 420, 600]))
        for k in range(int(rng.integers(2, 6))):
            minutes = (on + rng.uniform(0, 3.9)).round(3)
            gone = float(rng.uniform(0, t))
            minutes = minutes[(minutes < gone) | (minutes > gone + float(rng.choice([0, 100, 400, 700, 1000])))]
            if not len(minutes):
                continue
            lat = 30.0 + float(rng.choice([0.01, 0.1])) * k
            lon = 150.0 + s * 0.3 + (minutes - minutes[0]) * 0.003
            mmsi = 412000500 + 10 * s + k
            ships.append(Ship(mmsi, minutes, lon, np.full(len(minutes), lat), station=source))
            if rng.random() < 0.3:
                some = minutes[:: int(rng.choice([3, 11]))]
                other = str(rng.choice(["east", "north"]))
                lon = 150.0 + s * 0.3 + (some - minutes[0]) * 0.003
                ships.append(Ship(mmsi, (some + 0.01).round(3), lon, np.full(len(some), lat), station=other))
    ships.append(still(412000900, -150.0, 0.0, 0, float(rng.choice([900, 2400])), 50, station="far"))
    return ships


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_naive_twin(tmp_path, zones, seed):
    ships = failing(seed)
    found = find(tmp_path, zones, ships, "outage")
    ours = [(e["evidence"]["source"], to_us(e["start"]), e["end"] and to_us(e["end"])) for e in found]
    assert sorted(ours, key=lambda one: one[:2]) == naive(ships, Outage())


def dealt(tables: dict[str, pa.Table], seed: int) -> list[dict[str, pa.Table]]:
    """Deal rows to chunks by time, some of them late: as a watch gets them."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    rows = tables["positions"]
    t = rows["t"].to_numpy().view(np.int64)
    bins = (t - t.min()) * count // (int(np.ptp(t)) + 1)
    late = rng.random(len(t)) < rng.choice([0.0, 0.02, 0.2])
    if rng.random() < 0.5:  # a source's own lines come late, all of some hours
        source = pa.compute.equal(rows["station"], "north").fill_null(False).to_numpy(zero_copy_only=False)
        late |= source & (bins == int(rng.integers(0, count)))
    bins = np.where(late, np.minimum(bins + rng.integers(0, count, len(t)), count - 1), bins)
    empty = {name: table.slice(0, 0) for name, table in tables.items()}
    return [{**empty, "positions": rows.take(np.flatnonzero(bins == k))} for k in range(count)]


def watched(path: Path, zones, batches, reopened=lambda _: False) -> str:
    store = fresh(path)
    for k, batch in enumerate(batches):
        if reopened(k):
            store.close()
            store = Store.open(path)
        insert(store, batch)
        detect(store, zones, detectors=BOTH, now=NOW, version="test")
    found = to_json(read_events(store.reader()))
    passing(store).close()
    return found


@pytest.mark.parametrize("seed", range(8))
def test_any_chunks_equal_one_pass(tmp_path, zones, seed):
    tables = rows_of(failing(seed + 100))
    whole = watched(tmp_path / "whole.duckdb", zones, [tables])
    parts = watched(tmp_path / "parts.duckdb", zones, dealt(tables, seed), lambda k: (seed + k) % 4 == 0)
    assert parts == whole
