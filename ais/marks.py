"""Marks on doubted positions: remade before detection for the ships whose positions changed, and for no other.

Ingest only names those ships in the table `touched`. What is doubted and why, and which ship a fix is of, is decided
in `ais.doubts`; here rows are fetched, ship by ship in bounded groups, and the marks that came, went or changed are
told as a span of time, since detection must look at them again. Before the seal marks stay as they are.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from ais.doubts import DoubtRule, judge
from ais.reader import arrow
from ais.schema import MARKS
from ais.seal import seal_us
from ais.segments import Fixes

ROWS_AT_ONCE = 1_000_000  # positions held in memory, with all that is computed from them some 200 MB
AIRCRAFT = 9  # message type of aircraft, which are not judged
_COLUMNS = ", ".join(MARKS.names)


def renew(con: duckdb.DuckDBPyConnection) -> None:
    """Remake the marks of the ships in `touched`, note what changed in `changes`, and empty `touched`.

    Args:
        con: A connection inside a transaction.
    """
    if not con.execute("SELECT count(*) FROM touched").fetchall()[0][0]:
        return
    sealed = seal_us(con)
    due = "mmsi IN (FROM renewed)" + ("" if sealed is None else f" AND t >= make_timestamp({sealed})")
    con.execute("CREATE TEMP TABLE renewed AS SELECT DISTINCT mmsi FROM touched")
    con.execute(f"CREATE TEMP TABLE old_marks AS FROM marks WHERE {due}")
    con.execute(f"DELETE FROM marks WHERE {due}")
    groups = con.execute(
        f"""
        WITH counted AS (
            SELECT mmsi, count(*) AS n FROM positions SEMI JOIN renewed USING (mmsi) GROUP BY mmsi
        ), summed AS (
            SELECT mmsi, sum(n) OVER (ORDER BY mmsi) // {ROWS_AT_ONCE} AS part FROM counted
        )
        SELECT min(mmsi), max(mmsi) FROM summed GROUP BY part ORDER BY part
        """
    ).fetchall()
    for first, last in groups:
        _mark(con, first, last, DoubtRule(), sealed)
    con.execute(
        f"""
        INSERT INTO changes
        SELECT (SELECT coalesce(max(id), 0) + 1 FROM changes), min(t), max(t) FROM (
            (FROM old_marks EXCEPT ALL FROM marks)
            UNION ALL
            (FROM marks WHERE {due} EXCEPT ALL FROM old_marks)
        ) HAVING count(*) > 0
        """
    )
    con.execute("DROP TABLE old_marks")
    con.execute("DROP TABLE renewed")
    con.execute("DELETE FROM touched")


def _mark(con: duckdb.DuckDBPyConnection, first: int, last: int, rule: DoubtRule, sealed: int | None) -> None:
    """Write the marks of the ships from one number to another; what lies before the seal is read and keeps its own."""
    rows = arrow(
        con,
        f"""
        SELECT mmsi, t, lon, lat, sog_kn, cog_deg, CASE ais_class WHEN 'A' THEN 1 WHEN 'B' THEN 2 ELSE 0 END AS kind,
            input_id, line
        FROM positions SEMI JOIN renewed USING (mmsi)
        WHERE mmsi BETWEEN $first AND $last AND msg_type <> {AIRCRAFT}
        ORDER BY mmsi, t, lon, lat, sog_kn, cog_deg, kind
        """,
        {"first": first, "last": last},
    )
    column = {name: rows[name].to_numpy() for name in ("mmsi", "t", "lon", "lat", "sog_kn", "cog_deg", "kind")}
    column["t_us"] = column["t"].astype("datetime64[us]").astype(np.int64)
    fixes = Fixes(
        column["mmsi"].astype(np.int64),
        column["t_us"],
        column["lon"],
        column["lat"],
        column["sog_kn"].astype(np.float64),
        column["cog_deg"].astype(np.float64),
        column["kind"].astype(np.int8),
    )
    fresh = np.ones(len(fixes), bool)  # rows of one ship, time and place share what is said of the first
    fresh[1:] = (
        (np.diff(fixes.mmsi) != 0) | (np.diff(fixes.t) != 0) | (np.diff(fixes.lon) != 0) | (np.diff(fixes.lat) != 0)
    )
    judged = judge(fixes if fresh.all() else fixes.take(np.flatnonzero(fresh)), rule)
    of = np.cumsum(fresh) - 1
    marked = np.flatnonzero(judged.flags[of] if sealed is None else judged.flags[of] * (column["t_us"] >= sealed))
    if not len(marked):
        return
    marks = rows.take(marked).select(["mmsi", "t", "input_id", "line"])
    marks = marks.append_column("track", pa.array(judged.track[of[marked]]))
    marks = marks.append_column("flags", pa.array(judged.flags[of[marked]]))
    con.register("new_marks", marks)
    con.execute(f"INSERT INTO marks ({_COLUMNS}) SELECT {_COLUMNS} FROM new_marks")
    con.unregister("new_marks")
