"""A day of a busy sea as columns, straight into a case: for detectors, whose input is a case and no file.

The mix of the Yellow Sea: 70 % of ships steam at 8-14 kn, 15 % work slowly, 15 % lie at anchor in ten crowds; 50 pairs
lie alongside all day, and every fifth ship has a silence of 7-10 h. Seeded: the same size gives the same rows.
"""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ais.schema import TABLES
from ais.store import Store

Floats = NDArray[np.float64]

DAY_S = 86_400
START_S = int(datetime(2023, 3, 1, tzinfo=UTC).timestamp())
BOX = (119.0, 126.0, 34.0, 40.0)
KNOT_DEG_S = 1 / 60 / 3600  # degrees of latitude per second at one knot
PAIRS = 50


def build(path: str, positions: int, ships: int, hours: float = 24) -> dict[str, float]:
    """Make a case of about that many positions by that many ships; returns how many there are."""
    return stored(path, columns(positions, ships, int(hours * 3600)))


def build_roads(path: str, positions: int, ships: int, hours: float, crowded: int) -> dict[str, float]:
    """Make a case of ships at anchor: all in one anchorage of 10 by 10 km, or 5 km apart."""
    rng = np.random.default_rng(11)
    each, span_s = positions // ships, int(hours * 3600)
    t = np.floor((np.arange(each) * (span_s / each))[None, :] + rng.uniform(0, 30, (ships, 1)))
    lon: Floats
    lat: Floats
    if crowded:
        lon, lat = 122.0 + rng.uniform(0, 0.11, ships), 36.0 + rng.uniform(0, 0.09, ships)
    else:
        number = np.arange(ships, dtype=np.float64)
        lon, lat = 119.5 + number % 25 * 0.06, 34.0 + number // 25 * 0.05
    swing = rng.normal(0, 2e-4, (2, *t.shape))
    order = np.argsort(t, axis=None, kind="stable")
    mmsi = np.broadcast_to(412_000_000 + np.arange(ships)[:, None], t.shape)
    return stored(
        path,
        {
            "mmsi": mmsi.ravel()[order].astype(np.uint32),
            "t": ((t.ravel()[order] + START_S) * 1_000_000).astype(np.int64).astype("datetime64[us]"),
            "lon": np.round((lon[:, None] + swing[0]).ravel()[order], 6),
            "lat": np.round((lat[:, None] + swing[1]).ravel()[order], 6),
            "sog_kn": np.full(t.size, 0.1, np.float32),
            "msg_type": np.ones(t.size, np.uint8),
            "input_id": np.ones(t.size, np.uint32),
            "line": np.arange(1, t.size + 1, dtype=np.uint64),
        },
    )


def stored(path: str, rows: dict[str, NDArray[np.generic]]) -> dict[str, float]:
    """Put columns into a case."""
    with Store.open(Path(path)) as store, store.transaction() as con:
        schema = TABLES["positions"].arrow_schema()
        size = len(rows["mmsi"])
        arrays = [pa.array(rows[f.name]).cast(f.type) if f.name in rows else pa.nulls(size, f.type) for f in schema]
        con.register("made", pa.Table.from_arrays(arrays, names=schema.names))
        con.execute("INSERT INTO positions SELECT * FROM made")
        con.unregister("made")
    return {"positions": size}


def columns(positions: int, ships: int, span_s: int = DAY_S) -> dict[str, NDArray[np.generic]]:
    """Return the columns, in order of time."""
    rng = np.random.default_rng(7)
    each = positions * 100 // 93 // ships  # silences take about 7 %
    t = (np.arange(each) * (span_s / each))[None, :] + rng.uniform(0, span_s / each, (ships, 1))
    t = np.floor(t + rng.uniform(0, 5, t.shape))
    sog = rng.choice(np.array([0.0, 3.0, 11.0]), ships, p=[0.15, 0.15, 0.70]) * rng.uniform(0.75, 1.25, ships)
    lon, lat = _paths(rng, t, sog)
    lon[1 : 2 * PAIRS : 2] = lon[0 : 2 * PAIRS : 2]
    lat[1 : 2 * PAIRS : 2] = lat[0 : 2 * PAIRS : 2] + 60 / 111_195
    heard = np.ones(t.shape, dtype=bool)
    quiet = np.flatnonzero(np.arange(ships) % 5 == 4)
    begin = rng.uniform(0, span_s * 0.5, (len(quiet), 1))
    heard[quiet] = (t[quiet] < begin) | (t[quiet] > begin + rng.uniform(7, 10, (len(quiet), 1)) * 3600)
    mmsi = np.broadcast_to(412_000_000 + np.arange(ships)[:, None], t.shape)
    speed = np.broadcast_to(sog[:, None], t.shape)
    order = np.argsort(t[heard], kind="stable")
    return {
        "mmsi": mmsi[heard][order].astype(np.uint32),
        "t": ((t[heard][order] + START_S) * 1_000_000).astype(np.int64).astype("datetime64[us]"),
        "lon": np.round(lon[heard][order], 6),
        "lat": np.round(lat[heard][order], 6),
        "sog_kn": np.round(speed[heard][order], 1).astype(np.float32),
        "msg_type": np.ones(len(order), dtype=np.uint8),
        "input_id": np.ones(len(order), dtype=np.uint32),
        "line": np.arange(1, len(order) + 1, dtype=np.uint64),
    }


def _paths(rng: np.random.Generator, t: Floats, sog: Floats) -> tuple[Floats, Floats]:
    """Return where each ship is at its times: straight lines folded back at the box, crowds at anchor, slow pairs."""
    west, east, south, north = BOX
    ships = len(sog)
    lon0, lat0 = rng.uniform(west, east, ships), rng.uniform(south, north, ships)
    crowd = rng.integers(0, 10, ships)
    still = sog == 0
    lon0[still] = 120 + crowd[still] * 0.5 + rng.normal(0, 0.02, still.sum())
    lat0[still] = 36 + crowd[still] * 0.3 + rng.normal(0, 0.02, still.sum())
    sog[: 2 * PAIRS] = 0.3
    course = rng.uniform(0, 2 * np.pi, ships)
    run = sog[:, None] * KNOT_DEG_S * t
    lon = lon0[:, None] + run * np.sin(course)[:, None] / np.cos(np.radians(37)) + rng.normal(0, 5e-5, t.shape)
    lat = lat0[:, None] + run * np.cos(course)[:, None] + rng.normal(0, 4e-5, t.shape)
    return _folded(lon, west, east), _folded(lat, south, north)


def _folded(value: Floats, low: float, high: float) -> Floats:
    """Reflect values at both bounds."""
    span = high - low
    back = np.mod(value - low, 2 * span)
    return low + np.where(back > span, 2 * span - back, back)
