"""In which tenths of a degree each ship was on which day, and how slow: who can have lain near a place.

To know it without reading all fixes is what this is for.

A ship that was somewhere once stays told of there, should its rows go again: this says where to look, not what was.
It is kept as long as a process holds the case, and grows with what comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ais.reader import arrow
from detectors.geo import EARTH_RADIUS_M, US_H, Floats, Ints

if TYPE_CHECKING:
    import duckdb

DAY_US = 24 * US_H
_ACROSS = 3600
_ROWS = f"""
SELECT epoch_us(t) // {DAY_US} AS day, floor(lon * 10)::SMALLINT AS x, floor(lat * 10)::SMALLINT AS y, mmsi,
    floor(greatest(least(min(coalesce(sog_kn, 0)), 1000), 0))::SMALLINT AS least_kn
FROM positions {{where}} GROUP BY ALL
"""
_NEAR = """
SELECT DISTINCT mmsi FROM seen JOIN near_cells c USING (x, y)
WHERE seen.day >= c.first_day AND seen.day <= c.last_day AND least_kn < $under_kn
"""


def slow_ships_near(
    con: duckdb.DuckDBPyConnection,
    lon: Floats,
    lat: Floats,
    reach_m: Floats,
    from_us: Ints,
    to_us: Ints,
    under_kn: float,
) -> frozenset[int]:
    """Return all ships that gave a fix within reach of any of n places in its span of time, and some more.

    Only those count that once said, in that tenth of a degree on that day, to be slower than so many knots, or nothing.
    """
    _renew(con)
    rows: dict[str, list[int]] = {name: [] for name in ("x", "y", "first_day", "last_day")}
    up = np.degrees(reach_m / EARTH_RADIUS_M) * 1.01
    aside = np.minimum(up / np.maximum(np.cos(np.radians(np.minimum(np.abs(lat) + up, 89.9))), 1e-3), 180.0)
    for i in range(len(lon)):
        span = int(from_us[i] // DAY_US), int(to_us[i] // DAY_US)
        columns = range(int((lon[i] - aside[i]) * 10 // 1), int((lon[i] + aside[i]) * 10 // 1) + 1)
        for x in {(x + _ACROSS // 2) % _ACROSS - _ACROSS // 2 for x in columns}:
            for y in range(int((lat[i] - up[i]) * 10 // 1), int((lat[i] + up[i]) * 10 // 1) + 1):
                for name, value in zip(rows, (x, y, *span), strict=True):
                    rows[name].append(value)
    con.register("near_cells", pa.table({name: pa.array(values, pa.int64()) for name, values in rows.items()}))
    found = arrow(con, _NEAR, {"under_kn": under_kn})["mmsi"].to_numpy().tolist()
    con.unregister("near_cells")
    return frozenset(found)


def _renew(con: duckdb.DuckDBPyConnection) -> None:
    """Take in what came since the last time."""
    last = con.execute("SELECT coalesce(max(id), 0) FROM changes").fetchall()[0][0]
    con.execute(
        "CREATE TEMP TABLE IF NOT EXISTS seen (day BIGINT, x SMALLINT, y SMALLINT, mmsi UINTEGER, least_kn SMALLINT)"
    )
    con.execute("CREATE TEMP TABLE IF NOT EXISTS seen_up_to (change_id UINTEGER)")
    told = con.execute("SELECT change_id FROM seen_up_to").fetchall()
    if not told:
        con.execute("INSERT INTO seen_up_to VALUES (?)", [last])
        con.execute(f"INSERT INTO seen {_ROWS.format(where='')}")
        return
    if told[0][0] == last:
        return
    sql = "SELECT epoch_us(min(first_t)), epoch_us(max(last_t)) FROM changes WHERE id > ?"
    low, high = con.execute(sql, [told[0][0]]).fetchall()[0]
    span = f"WHERE t >= make_timestamp({low}) AND t <= make_timestamp({high})"
    con.execute(f"INSERT INTO seen ({_ROWS.format(where=span)}) EXCEPT FROM seen WHERE day >= {low // DAY_US}")
    con.execute("UPDATE seen_up_to SET change_id = ?", [last])
