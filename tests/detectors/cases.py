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
from soak.fresh import fresh, passing

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
    said: dict[str, dict[str, list[object]]] = {"positions": {}, "heard": {}, "identities": {}}
    line = 1
    for ship in ships:
        n, talks = len(ship.minutes), len(ship.talks)
        own = {"mmsi": ship.mmsi, "nav_status": ship.nav_status, "cog_deg": ship.cog_deg, "station": ship.station}
        _add(
            said["positions"],
            t=_times(ship.minutes),
            lon=[round(x, 6) for x in np.asarray(ship.lon, float).tolist()],
            lat=[round(y, 6) for y in np.asarray(ship.lat, float).tolist()],
            sog_kn=[None] * n if ship.sog_kn is None else np.asarray(ship.sog_kn, float).tolist(),
            line=[*range(line, line + n)],
            **{name: [value] * n for name, value in (own | {"msg_type": 1, "ais_class": "A", "input_id": 1}).items()},
        )
        talk = {"t": _times(ship.talks), "line": [*range(line + n, line + n + talks)]}
        talk |= {"mmsi": [ship.mmsi] * talks, "input_id": [1] * talks}
        _add(said["heard"], **talk, msg_type=[5] * talks)
        if ship.ship_type is not None:
            _add(said["identities"], **talk, ship_type=[ship.ship_type] * talks)
        line += n + talks
    return {name: _table(name, columns) for name, columns in said.items()}


def _times(minutes: object) -> list[int]:
    return [T0 + round(minute * MINUTE) for minute in np.asarray(minutes, float).tolist()]


def _add(columns: dict[str, list[object]], **more: list[object]) -> None:
    for name, values in more.items():
        columns.setdefault(name, []).extend(values)


def _table(name: str, columns: dict[str, list[object]]) -> pa.Table:
    schema = TABLES[name].arrow_schema()
    nothing = [None] * len(columns.get("t", []))
    return pa.Table.from_arrays(
        [pa.array(columns.get(field.name, nothing), field.type) for field in schema], schema=schema
    )


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
            note(
                con,
                lows + highs,
                [(rows["mmsi"].to_numpy(), rows["t"].to_numpy().view(np.int64)) for rows in tables.values()],
            )


def defaults(*names: str) -> dict[str, Detector]:
    found = discover()
    return {name: found[name]() for name in (names or sorted(found))}


def find(tmp_path: Path, zones: object, ships: list[Ship], *names: str, **settings: Detector) -> list[dict]:  # type: ignore[type-arg]
    """Put ships into a fresh case, detect, and return the events."""
    path = tmp_path / f"case{len(list(tmp_path.iterdir()))}.duckdb"
    with passing(fresh(path)) as store:
        insert(store, rows_of(ships))
        detect(store, zones, detectors=settings or defaults(*names), now=NOW, version="test")  # type: ignore[arg-type]
        return read_events(store.reader())
