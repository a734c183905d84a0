"""What was heard of other ships around a place, hour by hour: the witness for every silence.

One real fix of a ship stands for it in a clock hour and a cell of 0.1 degrees (the first there). Distances to those
fixes are exact; a ship heard only at the far side of such a cell may be missed, which errs towards "cannot be
assessed". The hours of a silence are its equal parts of an hour or a little more: each then holds the start of a
clock hour, at which a ship heard all along has its witness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from detectors.geo import EARTH_RADIUS_M, US_H, Bools, Floats, Ints
from detectors.view import as_table

if TYPE_CHECKING:
    from detectors.view import View

_CELL_DEG = 0.5
_WITNESSES = """
WITH cells AS (SELECT DISTINCT cx, cy FROM asked_cells),
-- From a full hour on, and within a cell, so that who is first there does not hang on what else is asked.
span AS (
  SELECT make_timestamp(min(start_us) // {hour} * {hour}) AS low, make_timestamp(max(stop_us)) AS high FROM asked
),
nearby AS (
  SELECT * FROM (
    SELECT *, floor(x / {tenths})::INTEGER AS cx, floor(y / {tenths})::INTEGER AS cy FROM (
      SELECT mmsi, t, lon, lat, floor(lon * 10) AS x, floor(lat * 10) AS y FROM {fixes}, span
      WHERE t >= low AND t < high
    )
  ) SEMI JOIN cells USING (cx, cy)
),
first AS (SELECT mmsi, min(t) AS t, x, y FROM nearby GROUP BY mmsi, epoch_us(t) // {hour}, x, y),
witness AS (
  SELECT mmsi, epoch_us(t) AS t_us, p.lon AS lon, p.lat AS lat, cx, cy, epoch_us(t) // {day} AS day FROM (
    SELECT mmsi, t, cx, cy, min({{'lon': lon, 'lat': lat}}) AS p
    FROM nearby SEMI JOIN first USING (mmsi, t, x, y) GROUP BY mmsi, t, x, y, cx, cy
  )
),
-- Days part the many silences of one place: without them each would meet all that was ever heard there.
asked_days AS (SELECT *, unnest(range(start_us // {day}, (stop_us - 1) // {day} + 1)) AS day FROM asked),
near AS (
  SELECT a.i AS i, (w.t_us - a.start_us)::HUGEINT * a.hours // (a.stop_us - a.start_us) AS hour, w.mmsi AS mmsi
  FROM asked_days a JOIN asked_cells c USING (i) JOIN witness w USING (cx, cy, day)
  WHERE w.mmsi <> a.mmsi AND w.t_us >= a.start_us AND w.t_us < a.stop_us
    AND pow(sin(radians(w.lat - a.lat) / 2), 2)
      + cos(radians(a.lat)) * cos(radians(w.lat)) * pow(sin(radians(w.lon - a.lon) / 2), 2) <= {h_max}
),
hourly AS (SELECT i, hour, count(DISTINCT mmsi) AS ships FROM near GROUP BY i, hour)
SELECT i, count(*) FILTER (ships >= {ships}) AS hours, max(ships) AS most FROM hourly GROUP BY i ORDER BY i
"""


@dataclass(frozen=True)
class Asked:
    """n places and spans to ask about.

    Attributes:
        mmsi: The ship that is not to count itself.
        lon: Degrees east.
        lat: Degrees north.
        start_us: From this time on, us since 1970.
        stop_us: Before this time.
        known: Where the place is known; the rest is not asked.
    """

    mmsi: Ints
    lon: Floats
    lat: Floats
    start_us: Ints
    stop_us: Ints
    known: Bools


@dataclass(frozen=True)
class Heard:
    """What was heard there.

    Attributes:
        share: Share of the span's hours, counted from its start, in which enough others were heard.
        most: The most others heard in one of them.
    """

    share: Floats
    most: Ints


def _cells(asked: Asked, index: Ints, radius_m: float) -> pa.Table:
    """Return the half-degree cells that a circle around each asked place touches."""
    lat, lon = asked.lat[index], asked.lon[index]
    reach_lat = np.degrees(radius_m / EARTH_RADIUS_M)
    reach_lon = np.minimum(
        reach_lat / np.maximum(np.cos(np.radians(np.minimum(np.abs(lat) + reach_lat, 89.9))), 1e-3), 180
    )
    parts: list[tuple[Ints, Ints, Ints]] = []
    across = round(360 / _CELL_DEG)
    steps = int(np.ceil(reach_lon.max() / _CELL_DEG)) + 1 if len(index) else 0
    base_x, base_y = np.floor(lon / _CELL_DEG).astype(np.int64), np.floor(lat / _CELL_DEG).astype(np.int64)
    for dx in range(-min(steps, across // 2), min(steps, across // 2) + 1):
        for dy in range(-1, 2):
            left, low = (base_x + dx) * _CELL_DEG, (base_y + dy) * _CELL_DEG
            touches = (left <= lon + reach_lon) & (left + _CELL_DEG >= lon - reach_lon)
            touches &= (low <= lat + reach_lat) & (low + _CELL_DEG >= lat - reach_lat)
            cx = (base_x + dx + across // 2) % across - across // 2
            parts.append((index[touches], cx[touches], (base_y + dy)[touches]))
    i, cx, cy = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    unique = np.unique(np.stack([i, cx, cy], axis=1), axis=0)
    return as_table({"i": unique[:, 0], "cx": unique[:, 1].astype(np.int32), "cy": unique[:, 2].astype(np.int32)})


def receivable(view: View, asked: Asked, radius_m: float, least_ships: int) -> Heard:
    """Return what was heard of other ships within a radius of each place, in the hours of its span."""
    share = np.zeros(len(asked.mmsi))
    most = np.zeros(len(asked.mmsi), dtype=np.int64)
    index = np.flatnonzero(asked.known & (asked.stop_us > asked.start_us)).astype(np.int64)
    if not len(index):
        return Heard(share, most)
    hours = np.maximum((asked.stop_us - asked.start_us) // US_H, 1)
    table = {name: getattr(asked, name)[index] for name in ("mmsi", "lon", "lat", "start_us", "stop_us")}
    sql = _WITNESSES.format(
        fixes=view.everyone(),
        tenths=round(10 * _CELL_DEG),
        hour=US_H,
        day=24 * US_H,
        ships=least_ships,
        h_max=repr(float(np.sin(radius_m / EARTH_RADIUS_M / 2) ** 2)),
    )
    rows = view.columns(
        sql, asked=as_table({"i": index, "hours": hours[index], **table}), asked_cells=_cells(asked, index, radius_m)
    )
    at = rows["i"].astype(np.int64)
    share[at] = rows["hours"].astype(np.float64) / hours[at]
    most[at] = rows["most"]
    return Heard(np.minimum(share, 1.0), most)
