"""Cases built by hand, row by row, for what people see of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from ais.reader import Reader
from ais.schema import TABLES
from ais.store import Store
from zones import ZoneSet, load_zones

T0 = datetime(2024, 3, 5, 6, 0, tzinfo=UTC).replace(tzinfo=None)  # as columns hold it
MADE_AT = datetime(2024, 3, 9, 12, 30, tzinfo=UTC)
SETTINGS = {"rendezvous": {"max_distance_m": 500.0, "min_hours": 2.0}}
SHA = "ab" * 32

Row = dict[str, object]


def fix(mmsi: int, hours: float, lon: float, lat: float, **more: object) -> Row:
    """A row of positions."""
    row: Row = {"mmsi": mmsi, "t": T0 + timedelta(hours=hours), "lon": lon, "lat": lat, "sog_kn": 1.0, "msg_type": 1}
    return {**row, "input_id": 1, "line": int(hours * 3600) + mmsi % 997, **more}


def identity(mmsi: int, hours: float = 0.0, **more: object) -> Row:
    """A row of identities."""
    return {"mmsi": mmsi, "t": T0 + timedelta(hours=hours), "input_id": 1, "line": 1, **more}


def event(kind: str, mmsi: Sequence[int], start_h: float, end_h: float | None, **more: object) -> Row:
    """A row of events; `evidence` as a mapping."""
    start = T0 + timedelta(hours=start_h)
    row: Row = {
        "id": hashlib.blake2b(repr((kind, mmsi, start_h)).encode(), digest_size=8).hexdigest(),
        "detector": kind,
        "kind": kind,
        "mmsi": list(mmsi),
        "start_t": start,
        "end_t": None if end_h is None else T0 + timedelta(hours=end_h),
        "lon": 124.9,
        "lat": 38.6,
        "score": 0.5,
        "zones": [],
        "reasons": [],
        "reads_from": start,
        **more,
    }
    row["evidence"] = json.dumps(more.get("evidence", {}))
    return row


def source(name: str = "traffic.nmea", **more: object) -> Row:
    """A row of inputs."""
    row: Row = {"id": 1, "name": name, "sha256": SHA, "bytes": 10, "format": "nmea", "lines": 10, "other": 0}
    row |= {"mmsi_like": True, "first_t": T0, "last_t": T0 + timedelta(hours=9), "options": "{}"}
    return {**row, "clock_offset_s": 0.0, "clocks": "{}", "complete": True, **more}


def run(**more: object) -> Row:
    """A row of runs."""
    row: Row = {"id": 1, "made_at": T0, "version": "0.1.0", "detector": "rendezvous", "settings": "{}"}
    return {**row, "zones_sha256": load_zones().sha256, "horizon": T0, "change_id": 1, "events": 1, **more}


@contextmanager
def case(path: Path, tables: Mapping[str, Sequence[Row] | pa.Table]) -> Iterator[Reader]:
    """Make a case with these rows and read it."""
    with Store.open(path) as store:
        for name, rows in tables.items():
            schema = TABLES[name].arrow_schema()
            table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema=schema)
            with store.transaction() as con:
                con.register("rows_here", table)
                con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM rows_here")
                con.unregister("rows_here")
    with Reader.open(path) as reader:
        yield reader


def meeting() -> dict[str, list[Row]]:
    """Two ships alongside for six hours, one of them silent afterwards, and a third passing by."""
    a, b, c = 412000001, 445000002, 273000003
    pairs = [(h, 124.9 + 0.0003 * np.sin(h), 38.6) for h in np.arange(0, 6, 0.1)]
    positions = [fix(a, h, lon, lat) for h, lon, lat in pairs] + [fix(b, h, lon + 0.0006, lat) for h, lon, lat in pairs]
    positions += [fix(a, 6 + h, 124.9 - 0.1 * h, 38.6 + 0.05 * h, sog_kn=9.0) for h in np.arange(0, 3, 0.1)]
    positions += [fix(b, 8.5, 124.8, 38.9), fix(b, 8.7, 124.79, 38.92)]
    positions += [fix(c, h, 124.0 + 0.1 * h, 38.2, sog_kn=None) for h in np.arange(0, 9, 0.2)]
    series = [[(T0 + timedelta(hours=h)).isoformat() + "Z", 50 + 10 * h] for h in range(6)]
    meet: Row = {
        "hours": 6.0,
        "distance_min_m": 48,
        "distance_median_m": 61,
        "fixes_a": 60,
        "longest_hole_minutes": 6.0,
        "port": None,
        "series": series,
    }
    gap: Row = {
        "verdict": "cannot be assessed",
        "hours": 2.6,
        "distance_km": 34.0,
        "start_lon": 124.9006,
        "start_lat": 38.6,
        "end_lon": 124.8,
        "end_lat": 38.9,
        "receivable_start_fraction": 0.25,
        "start_zones": ["prk_territorial_sea_12nm"],
    }
    return {
        "inputs": [source()],
        "positions": positions,
        "identities": [
            identity(a, name="EMBER TERN", imo=9074729, callsign="BX1", ship_type=80, to_bow_m=90, to_stern_m=20),
            identity(b, name="HAZEL SKUA", imo=9074728, destination="ORDER"),
            identity(b, 5, name="BASALT FULMAR"),
        ],
        "events": [
            event(
                "rendezvous",
                [a, b],
                0,
                6,
                score=0.9,
                evidence=meet,
                zones=["prk_territorial_sea_12nm", "sts_cho_do_sok_do"],
                reasons=["for: 48 m between antennas", "against: within a port", "innocent explanation: bunkering"],
            ),
            event("gap", [b], 5.9, 8.5, score=0.4, evidence=gap, reasons=["note: few others"]),
            event("odd_new_kind", [c], 2, None, lon=124.2, lat=38.2, evidence={"turn_deg": 9.5, "strange": [1, 2]}),
        ],
        "runs": [run()],
    }


def crowd(ships: int, each: int) -> dict[str, list[Row] | pa.Table]:
    """Many ships that wander and report every 20 s to 60 s, all of them part of an event."""
    random = np.random.default_rng(5)
    n = ships * each
    mmsi = np.repeat(412000000 + np.arange(ships), each).astype(np.uint32)
    seconds = np.cumsum(random.integers(20, 60, (ships, each)), axis=1).ravel()
    course = np.cumsum(random.normal(0, 0.1, (ships, each)), axis=1)
    lon = 123.5 + np.repeat(random.uniform(0, 2, ships), each) + np.cumsum(0.0015 * np.sin(course), axis=1).ravel()
    lat = 37.5 + np.repeat(random.uniform(0, 2, ships), each) + np.cumsum(0.0012 * np.cos(course), axis=1).ravel()
    table = pa.table(
        {
            "mmsi": mmsi,
            "t": pa.array(np.datetime64(T0, "us") + seconds.astype("timedelta64[s]"), pa.timestamp("us")),
            "lon": np.round(lon, 6),
            "lat": np.round(lat, 6),
            "sog_kn": random.uniform(0, 12, n).astype(np.float32),
            "msg_type": np.ones(n, np.uint8),
            "input_id": np.ones(n, np.uint32),
            "line": np.arange(1, n + 1, dtype=np.uint64),
        }
    )
    events = [event("gap", [int(ship)], 1 + i / 50, 8, score=(i % 90) / 100) for i, ship in enumerate(np.unique(mmsi))]
    return {"inputs": [source(lines=n)], "positions": table, "events": events, "runs": [run()]}


def plain_zones() -> ZoneSet:
    """The zones of the package."""
    return load_zones()
