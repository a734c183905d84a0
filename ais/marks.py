"""Marks on doubted positions: remade before detection for the ships whose positions changed, and for no other.

Ingest only names those ships in the table `touched`. What is doubted and why, and which ship a fix is of, is decided
in `ais.doubts`; here rows are fetched, ship by ship in bounded groups, and the marks that came, went or changed are
told as a span of time, since detection must look at them again. Before the seal marks stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa

from ais.changed import note
from ais.doubts import DoubtRule, judge, plain
from ais.motion import Bools, Ints
from ais.reader import arrow
from ais.schema import MARKS
from ais.seal import seal_us
from ais.segments import Fixes

ROWS_AT_ONCE = 1_000_000  # positions held in memory, with all that is computed from them some 200 MB
AIRCRAFT = 9  # message type of aircraft, which are not judged
_COLUMNS = ", ".join(MARKS.names)
_HOUR_US = 3_600_000_000
_GROUPS = f"""
WITH counted AS (
  SELECT mmsi, count(*) AS n FROM positions SEMI JOIN renewed USING (mmsi) GROUP BY mmsi
), summed AS (
  SELECT mmsi, sum(n) OVER (ORDER BY mmsi) // {ROWS_AT_ONCE} AS part FROM counted
)
SELECT min(mmsi), max(mmsi) FROM summed GROUP BY part ORDER BY part
"""
_DIFFER = """
SELECT DISTINCT mmsi, t FROM (
  (FROM old_marks EXCEPT ALL FROM marks) UNION ALL (FROM marks WHERE {due} EXCEPT ALL FROM old_marks)
)
"""
_NEW = "SELECT DISTINCT mmsi, t FROM marks WHERE {due}"  # where none stood before


def renew(con: duckdb.DuckDBPyConnection, *, anew: bool = False, stop: Callable[[], None] = lambda: None) -> None:
    """Remake the marks of the ships in `touched`, note what changed in `changes`, and empty `touched`.

    Args:
        con: A connection inside a transaction.
        anew: All are to be judged from their first fix on: by another rule than before.
        stop: Called now and then; what it raises ends the work.
    """
    if anew:
        for name in ("plain_ships", "plain_up_to"):
            con.execute(f"DROP TABLE IF EXISTS {name}")
    if not con.execute("SELECT count(*) FROM touched").fetchall()[0][0]:
        return
    con.execute("CREATE TEMP TABLE renewed AS SELECT DISTINCT mmsi FROM touched")
    notes = _set_plain_aside(con)
    if con.execute("SELECT count(*) FROM renewed").fetchall()[0][0]:
        _renew(con, notes, stop)
    con.execute("UPDATE plain_up_to SET change_id = (SELECT coalesce(max(id), 0) FROM changes)")
    con.execute("DROP TABLE renewed")
    con.execute("DELETE FROM touched")


def _renew(con: duckdb.DuckDBPyConnection, notes: bool, stop: Callable[[], None]) -> None:
    """Remake the marks of the ships in `renewed`, and note what changed."""
    sealed = seal_us(con)
    due = "mmsi IN (FROM renewed)" + ("" if sealed is None else f" AND t >= make_timestamp({sealed})")
    stood = con.execute(f"CREATE TEMP TABLE old_marks AS FROM marks WHERE {due}").fetchall()[0][0]
    if stood:
        con.execute(f"DELETE FROM marks WHERE {due}")
    marked = [_mark(con, first, last, notes, sealed, stop) for first, last in _groups(con)]
    differ = arrow(con, (_DIFFER if stood else _NEW).format(due=due), many=True) if stood or any(marked) else None
    if differ is not None and differ.num_rows:
        t_us = differ["t"].to_numpy().view(np.int64)
        note(con, (int(t_us.min()), int(t_us.max())), [(differ["mmsi"].to_numpy(), t_us)])
    con.execute("DROP TABLE old_marks")


def _groups(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Return the least and the greatest number of groups of the ships in `renewed` that are looked at at once."""
    if con.execute("SELECT count(*) FROM positions").fetchall()[0][0] <= ROWS_AT_ONCE:
        return [(0, 2**32 - 1)]
    groups: list[tuple[int, int]] = con.execute(_GROUPS).fetchall()
    return groups


def _set_plain_aside(con: duckdb.DuckDBPyConnection) -> bool:
    """Take ships out of `renewed` that were plain before and are with what came since, by that and the fix before it.

    Which ships are plain is known as long as a process holds the case; returns whether it is to be noted: not of all
    that the process finds at first, which takes as long again.
    """
    con.execute("CREATE TEMP TABLE IF NOT EXISTS plain_ships (mmsi UINTEGER, last_us BIGINT, plain BOOLEAN)")
    con.execute("CREATE TEMP TABLE IF NOT EXISTS plain_up_to (change_id UINTEGER)")
    seen = con.execute("SELECT change_id FROM plain_up_to").fetchall()
    if not seen:
        con.execute("INSERT INTO plain_up_to VALUES (0)")
        con.execute("INSERT INTO plain_ships SELECT DISTINCT mmsi, NULL::BIGINT, false FROM positions")
        return False
    known = arrow(con, "FROM plain_ships SEMI JOIN renewed USING (mmsi)")
    if known.num_rows:  # made anew: what is deleted from a temporary table stays in memory
        others = "FROM plain_ships ANTI JOIN renewed USING (mmsi)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE plain_ships AS {others}")
    sql = "SELECT epoch_us(min(first_t)) FROM changes WHERE id > ?"
    low_us = con.execute(sql, [seen[0][0]]).fetchall()[0][0]
    if low_us is None:
        return True
    last = known.filter(known["plain"])["last_us"].to_numpy()
    from_us = min(low_us, int(np.where(last < low_us, last, low_us - _HOUR_US).min(initial=low_us)))
    fixes, _, _ = _fixes(con, f"t >= make_timestamp({from_us})")
    numbers, starts = np.unique(fixes.mmsi, return_index=True)
    # All of a new ship is there; of one that was plain all that changed and a fix before it.
    old = np.isin(numbers, known["mmsi"].to_numpy())
    was_plain = np.isin(numbers, known.filter(known["plain"])["mmsi"].to_numpy())
    _note_plain(con, fixes, ~old | (was_plain & (fixes.t[starts] < low_us)))
    con.execute("DELETE FROM renewed WHERE mmsi IN (SELECT mmsi FROM plain_ships)")
    return True


def _note_plain(con: duckdb.DuckDBPyConnection, fixes: Fixes, keep: Bools | None = None) -> None:
    """Note which ships are plain by some fixes; of those to keep, if any are named, only plain ones."""
    if not len(fixes):  # all that there was of them was taken out
        return
    numbers, starts = np.unique(fixes.mmsi, return_index=True)
    last = fixes.t[np.append(starts[1:], len(fixes)) - 1]
    is_plain = plain(fixes, DoubtRule())
    rows = np.flatnonzero(is_plain & keep) if keep is not None else np.arange(len(numbers))
    columns = [pa.array(numbers[rows], pa.uint32()), pa.array(last[rows]), pa.array(is_plain[rows])]
    con.register("noted", pa.table(columns, ["mmsi", "last_us", "plain"]))
    con.execute("INSERT INTO plain_ships FROM noted")
    con.unregister("noted")


def _fixes(con: duckdb.DuckDBPyConnection, where: str) -> tuple[Fixes, pa.Table, Ints]:
    """Return fixes of the ships in `renewed`, each there once; all their rows, and which fix each row is."""
    rows = arrow(
        con,
        f"""
        SELECT mmsi, t, lon, lat, sog_kn, cog_deg, CASE ais_class WHEN 'A' THEN 1 WHEN 'B' THEN 2 ELSE 0 END AS kind,
            input_id, line
        FROM positions SEMI JOIN renewed USING (mmsi)
        WHERE {where} AND msg_type <> {AIRCRAFT}
        ORDER BY mmsi, t, lon, lat, sog_kn, cog_deg, kind
        """,
        many=True,
    )
    column = {name: rows[name].to_numpy() for name in ("mmsi", "t", "lon", "lat", "sog_kn", "cog_deg", "kind")}
    fixes = Fixes(
        column["mmsi"].astype(np.int64),
        column["t"].astype("datetime64[us]").astype(np.int64),
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
    return fixes if fresh.all() else fixes.take(np.flatnonzero(fresh)), rows, np.cumsum(fresh) - 1


def _mark(
    con: duckdb.DuckDBPyConnection, first: int, last: int, notes: bool, sealed: int | None, stop: Callable[[], None]
) -> bool:
    """Write the marks of the ships from one number to another; returns whether there are any.

    What lies before the seal is read and keeps its own.
    """
    fixes, rows, of = _fixes(con, f"mmsi BETWEEN {first} AND {last}")
    if notes:
        _note_plain(con, fixes)
    judged = judge(fixes, DoubtRule(), stop)
    marked = np.flatnonzero(judged.flags[of] if sealed is None else judged.flags[of] * (fixes.t[of] >= sealed))
    if not len(marked):
        return False
    marks = rows.take(marked).select(["mmsi", "t", "input_id", "line"])
    marks = marks.append_column("track", pa.array(judged.track[of[marked]]))
    marks = marks.append_column("flags", pa.array(judged.flags[of[marked]]))
    con.register("new_marks", marks)
    con.execute(f"INSERT INTO marks ({_COLUMNS}) SELECT {_COLUMNS} FROM new_marks")
    con.unregister("new_marks")
    return True
