"""Small cases built by hand: ships as lists of fixes, put into a real case file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from ais.changed import note
from ais.schema import TABLES
from ais.store import Store
from detectors import Detector, detect, discover, read_events
from detectors.event import to_us

T0 = to_us(datetime(2024, 3, 5, 0, 0, tzinfo=UTC))
MINUTE = 60_000_000
HOUR = 60 * MINUTE
NOW = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass
class Ship:
    """Fixes of one ship: minutes after T0, degrees, knots."""

    mmsi: int
    minutes: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    sog_kn: np.ndarray | None = None
    nav_status: int | None = None
    talks: list[float] = field(default_factory=list)
    ship_type: int | None = None
    station: str | None = None
    cog_deg: float | None = None


def still(mmsi: int, lon: float, lat: float, from_min: float, to_min: float, every: float = 5, **more: object) -> Ship:
    """A ship that lies still and reports."""
    minutes = np.arange(from_min, to_min + 1e-9, every)
    return Ship(mmsi, minutes, np.full(len(minutes), lon), np.full(len(minutes), lat), **more)  # type: ignore[arg-type]


def metres_east(metres: float, lat: float) -> float:
    return float(np.degrees(metres / (6_371_008.8 * np.cos(np.radians(lat)))))


def rows_of(ships: list[Ship]) -> dict[str, pa.Table]:
    """Rows of positions, heard and identities, in order of ships, each with its own line."""
    positions: list[dict[str, object]] = []
    heard: list[dict[str, object]] = []
    identities: list[dict[str, object]] = []
    line = 0
    for ship in ships:
        for i in range(len(ship.minutes)):
            line += 1
            sog = None if ship.sog_kn is None else float(ship.sog_kn[i])
            positions.append(
                {
                    "mmsi": ship.mmsi,
                    "t": T0 + round(float(ship.minutes[i]) * MINUTE),
                    "lon": round(float(ship.lon[i]), 6),
                    "lat": round(float(ship.lat[i]), 6),
                    "sog_kn": sog,
                    "nav_status": ship.nav_status,
                    "cog_deg": ship.cog_deg,
                    "msg_type": 1,
                    "ais_class": "A",
                    "station": ship.station,
                    "input_id": 1,
                    "line": line,
                }
            )
        for minute in ship.talks:
            line += 1
            heard.append(
                {"mmsi": ship.mmsi, "t": T0 + round(minute * MINUTE), "msg_type": 5, "input_id": 1, "line": line}
            )
            if ship.ship_type is not None:
                identities.append(
                    {
                        "mmsi": ship.mmsi,
                        "t": T0 + round(minute * MINUTE),
                        "ship_type": ship.ship_type,
                        "input_id": 1,
                        "line": line,
                    }
                )
    tables = {}
    for name, rows in (("positions", positions), ("heard", heard), ("identities", identities)):
        schema = TABLES[name].arrow_schema()
        tables[name] = pa.Table.from_pylist([{k: row.get(k) for k in schema.names} for row in rows], schema=schema)
    return tables


def insert(store: Store, tables: dict[str, pa.Table]) -> None:
    """Add rows as one change."""
    with store.transaction() as con:
        lows, highs = [], []
        con.register("rows_in", tables["positions"])
        con.execute("INSERT INTO touched SELECT DISTINCT mmsi FROM rows_in EXCEPT FROM touched")
        con.unregister("rows_in")
        for name, rows in tables.items():
            if rows.num_rows:
                con.register("rows_in", rows)
                con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM rows_in")
                con.unregister("rows_in")
                times = rows["t"].to_numpy().view(np.int64)
                lows.append(int(times.min()))
                highs.append(int(times.max()))
        if lows:
            number = con.execute("SELECT coalesce(max(id), 0) + 1 FROM changes").fetchall()[0][0]
            con.execute(
                "INSERT INTO changes VALUES (?, make_timestamp(?), make_timestamp(?))", [number, min(lows), max(highs)]
            )
            note(con, [rows["mmsi"].to_numpy() for rows in tables.values()])


def defaults(*names: str) -> dict[str, Detector]:
    found = discover()
    return {name: found[name]() for name in (names or sorted(found))}


def find(tmp_path: Path, zones: object, ships: list[Ship], *names: str, **settings: Detector) -> list[dict]:  # type: ignore[type-arg]
    """Put ships into a fresh case, detect, and return the events."""
    path = tmp_path / f"case{len(list(tmp_path.iterdir()))}.duckdb"
    with Store.open(path) as store:
        insert(store, rows_of(ships))
        detect(store, zones, detectors=settings or defaults(*names), now=NOW, version="test")  # type: ignore[arg-type]
        return read_events(store.reader())
