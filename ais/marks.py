"""Marks on doubted positions: remade for the ships whose positions changed, and for no other.

What is doubted and why is decided in `ais.jumps`; here rows are fetched, ship by ship in bounded groups, and the
marks that came, went or changed are told as spans of time, since detection must look at them again.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from ais.jumps import JUMP, JumpRule, jumps
from ais.reader import arrow
from ais.schema import MARKS

ROWS_AT_ONCE = 500_000  # positions held in memory, with all that is computed from them some 100 MB
_AIRCRAFT = 9


def remake(con: duckdb.DuckDBPyConnection, ships: str, rule: JumpRule) -> None:
    """Remake the marks of some ships.

    Args:
        con: A connection inside a transaction.
        ships: Temporary table whose column `mmsi` names the ships.
        rule: What is doubted.

    Leaves the temporary table `old_marks` with the marks that those ships had.
    """
    con.execute(f"CREATE TEMP TABLE old_marks AS SELECT * FROM marks WHERE mmsi IN (SELECT mmsi FROM {ships})")
    con.execute(f"DELETE FROM marks WHERE mmsi IN (SELECT mmsi FROM {ships})")
    groups = con.execute(
        f"""
        WITH counted AS (
            SELECT mmsi, count(*) AS n FROM positions WHERE mmsi IN (SELECT mmsi FROM {ships}) GROUP BY mmsi
        ), summed AS (
            SELECT mmsi, sum(n) OVER (ORDER BY mmsi) // {ROWS_AT_ONCE} AS part FROM counted
        )
        SELECT min(mmsi), max(mmsi) FROM summed GROUP BY part ORDER BY part
        """
    ).fetchall()
    for first, last in groups:
        _mark(con, ships, first, last, rule)


def _mark(con: duckdb.DuckDBPyConnection, ships: str, first: int, last: int, rule: JumpRule) -> None:
    """Write the marks of the ships from one number to another."""
    rows = arrow(
        con,
        f"""
        SELECT mmsi, t, lon, lat, input_id, line FROM positions
        WHERE mmsi BETWEEN $first AND $last AND mmsi IN (SELECT mmsi FROM {ships}) AND msg_type <> {_AIRCRAFT}
        ORDER BY mmsi, t, lon, lat
        """,
        {"first": first, "last": last},
    )
    columns = (rows[name].to_numpy() for name in ("mmsi", "t", "lon", "lat"))
    mmsi, t, lon, lat = columns
    doubted = jumps(mmsi.astype(np.int64), t.astype("datetime64[us]").astype(np.int64), lon, lat, rule)
    if not doubted.any():
        return
    marks = rows.filter(pa.array(doubted)).select(["mmsi", "t", "input_id", "line"])
    marks = marks.append_column("track", pa.array(np.zeros(marks.num_rows), pa.uint64()))
    marks = marks.append_column("flags", pa.array(np.full(marks.num_rows, JUMP), pa.uint8()))
    con.register("new_marks", marks)
    con.execute(f"INSERT INTO marks ({', '.join(MARKS.names)}) SELECT {', '.join(MARKS.names)} FROM new_marks")
    con.unregister("new_marks")
