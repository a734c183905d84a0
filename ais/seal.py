"""The seal: a time before which a case accepts nothing and lets go of what no event stands on.

Its moves are rows of `runs` under the name `seal`; the last one's `window_to` is where it stands, always a full hour.
What stays before it: the fixes of the ships of events, within their span and next to it, with what these ships said of
themselves within a day; each ship's last fixes, last word, and last report of everything it ever said of itself; the
last word of each base station; and a minute of everything, since copies chain over seconds. All that goes is counted
in `sealed`, so that the counting law holds for the whole of an input. Raw lines and rejects go as soon as no row of a
later time comes before them in their input.

Rows that stay are written anew, with all of the small tables: DuckDB gives back the room of whole groups of rows only,
of which every checkpoint begins one; merging them would take memory by the size of the raw lines, and twice the file.
"""

from __future__ import annotations

import json

import duckdb

from ais.counts import SEAL, counted
from ais.flags import DOUBTED, OTHER
from ais.schema import COPIES, TABLES

HOUR_US = 3_600_000_000
_CHAIN = "INTERVAL 60 SECOND"  # copies chain over 10 s each
_SMALL = ("inputs", "rejects", "parts", "sealed", "hearings", "marks", "changes", "events", "ledger", "runs")
_LAST_FIXES = 32  # of a ship, by which its next ones are judged
_SAID_OF_SELF = "mmsi, imo, name, callsign, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m, draught_m"
_SEAL = f"SELECT epoch_us(max(window_to)) FROM runs WHERE detector = '{SEAL}'"
_LAST_MOVE = f"SELECT arg_max(settings, id) FROM runs WHERE detector = '{SEAL}'"

# Spans of time of the ships of events that are read before the seal, those that overlap as one.
_SPANS = """
CREATE OR REPLACE TEMP TABLE spans AS
WITH of_events AS (
    SELECT unnest(mmsi) AS mmsi, start_t AS low, coalesce(end_t, reads_to) AS high FROM events WHERE reads_from < $seal
), sooner AS (
    SELECT o.mmsi, coalesce(p.t, o.low) AS low, o.high FROM of_events o
    ASOF LEFT JOIN (SELECT mmsi, t FROM positions WHERE t < $seal) p ON p.mmsi = o.mmsi AND p.t <= o.low
), wider AS (
    SELECT o.mmsi, o.low, coalesce(p.t, o.high) AS high FROM sooner o
    ASOF LEFT JOIN (SELECT mmsi, t FROM positions WHERE t < $seal) p ON p.mmsi = o.mmsi AND p.t >= o.high
), parted AS (
    SELECT *, coalesce(low > max(high) OVER (
        PARTITION BY mmsi ORDER BY low, high ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), true) AS begins FROM wider
), numbered AS (SELECT *, sum(begins::INTEGER) OVER (PARTITION BY mmsi ORDER BY low, high) AS span FROM parted)
SELECT mmsi, min(low) AS low, max(high) AS high FROM numbered GROUP BY mmsi, span
"""
_IN_SPANS = """
    SELECT one.rowid AS row FROM {table} one ASOF JOIN spans ON spans.mmsi = one.mmsi AND spans.low - {day} <= one.t
    WHERE one.t < $seal AND one.t <= spans.high + {day}
"""
_LAST = """
    SELECT row FROM (
        SELECT rowid AS row, row_number() OVER (PARTITION BY {by} ORDER BY t DESC, input_id, line) AS place
        FROM {table} WHERE t < $seal
    ) WHERE place <= {last}
"""
_LAST_OF_TRACKS = f"""
    SELECT row FROM (
        SELECT p.rowid AS row, row_number() OVER (
            PARTITION BY p.mmsi, CASE WHEN m.flags & {OTHER} > 0 THEN m.track END, m.flags & {DOUBTED} > 0
            ORDER BY p.t DESC, p.input_id, p.line
        ) AS place
        FROM positions p LEFT JOIN marks m ON m.input_id = p.input_id AND m.line = p.line WHERE p.t < $seal
    ) WHERE place <= {_LAST_FIXES}
"""
_STAYS = {
    "positions": [_IN_SPANS.format(table="positions", day="INTERVAL 0 HOUR"), _LAST_OF_TRACKS],
    "heard": [_LAST.format(table="heard", by="mmsi", last=1)],
    "identities": [
        _IN_SPANS.format(table="identities", day="INTERVAL 24 HOUR"),
        _LAST.format(table="identities", by=_SAID_OF_SELF, last=1),
    ],
    "fixed": [_LAST.format(table="fixed", by="mmsi, kind", last=1)],
}
_KEEP = """
CREATE OR REPLACE TEMP TABLE staying_{name} AS
SELECT * FROM {name} WHERE t < $seal AND (t >= $seal - {chain} OR rowid IN ({stays})) ORDER BY rowid
"""
_GOING = """
CREATE OR REPLACE TEMP TABLE going_{name} AS SELECT input_id, line{kind} FROM {name} WHERE t < $seal
AND NOT (t >= $seal - {chain} OR rowid IN ({stays}))
"""
# Up to which line nothing of an input is of the seal's time or later.
_CUTS = """
CREATE OR REPLACE TEMP TABLE cuts AS
WITH rows AS ({rows}), of_rows AS (
    SELECT input_id, min(line) FILTER (t >= $seal) AS first_after, max(line) FILTER (t < $seal) AS last_before
    FROM rows GROUP BY ALL
)
SELECT id AS input_id, complete, lines, CASE
    WHEN first_after IS NOT NULL THEN first_after - 1
    WHEN complete AND (last_before IS NOT NULL OR begun_on + INTERVAL 48 HOUR <= $seal) THEN lines
    ELSE last_before END AS line
FROM inputs LEFT JOIN of_rows ON input_id = id
"""
_PARTS = """
CREATE OR REPLACE TEMP TABLE going_parts AS
SELECT parts.* FROM parts SEMI JOIN (
    FROM going_positions UNION ALL FROM going_heard UNION ALL SELECT input_id, line FROM going_fixed
    UNION ALL FROM going_position_copies UNION ALL FROM going_heard_copies
    UNION ALL SELECT input_id, line FROM going_fixed_copies
) gone ON gone.input_id = parts.input_id AND gone.line = parts.first_line
"""
_REJECTS = """
CREATE OR REPLACE TEMP TABLE going_rejects AS
SELECT rejects.* FROM rejects JOIN cuts USING (input_id) WHERE rejects.line <= cuts.line
"""
_SENTENCES = """
DELETE FROM sentences WHERE rowid IN (
    SELECT row FROM (
        SELECT s.rowid AS row, cuts.line AS cut, coalesce(
            lead(first_line) OVER (PARTITION BY s.input_id ORDER BY s.rowid) - 1, if(cuts.complete, cuts.lines, NULL)
        ) AS last_line
        FROM sentences s JOIN cuts USING (input_id)
    ) WHERE last_line <= cut
)
"""
_SEALED = """
CREATE OR REPLACE TEMP TABLE now_sealed AS
SELECT input_id, what, sum(n)::UBIGINT AS n FROM (
    FROM sealed UNION ALL SELECT input_id, what, count(*) FROM ({counted}) GROUP BY ALL
) GROUP BY ALL ORDER BY ALL
"""


def seal_us(con: duckdb.DuckDBPyConnection) -> int | None:
    """Return where the seal stands, UTC microseconds; None without one."""
    found = con.execute(_SEAL).fetchall()[0][0]
    return None if found is None else int(found)


def quiet_us(con: duckdb.DuckDBPyConnection) -> int:
    """Return the longest silence, of all ships and sources, that ended before the seal or over it."""
    settings = con.execute(_LAST_MOVE).fetchall()[0][0]
    return 0 if settings is None else int(json.loads(settings)["quiet_us"])


def let_go(con: duckdb.DuckDBPyConnection, seal_us: int) -> None:
    """Take out what lies before a seal and no event stands on.

    Args:
        con: A connection inside a transaction; open events that begin before the seal have a `reads_to`.
        seal_us: The seal, UTC microseconds, a full hour.
    """
    seal = {"seal": _timestamp(con, seal_us)}
    names = [*_STAYS, *(table.name for table in COPIES.values())]
    con.execute(_SPANS, seal)
    for name in names:
        stays = " UNION ".join(_STAYS.get(name, ["SELECT NULL"]))
        kind = ", kind" if name.startswith("fixed") else ""
        con.execute(_KEEP.format(name=name, stays=stays, chain=_CHAIN), seal)
        con.execute(_GOING.format(name=name, stays=stays, chain=_CHAIN, kind=kind), seal)
    rows = " UNION ALL ".join(f"SELECT input_id, line, t FROM {name}" for name in names)
    con.execute(_CUTS.format(rows=rows), seal)
    con.execute(_PARTS)
    con.execute(_REJECTS)
    going = {name: f"going_{name}" for name in (*names, "parts", "rejects")}
    beside = {name: name for name in ("identities", "fixed")}
    con.execute(_SEALED.format(counted=counted(going, beside)))
    later = f"make_timestamp({seal_us})"
    stays = "EXISTS (FROM staying_positions s WHERE s.input_id = marks.input_id AND s.line = marks.line)"
    con.execute(f"DELETE FROM marks WHERE t < {later} AND NOT {stays}")
    for name in names:
        con.execute(f"DELETE FROM {name} WHERE t < $seal", seal)
        con.execute(f"INSERT INTO {name} SELECT {', '.join(TABLES[name].names)} FROM staying_{name}")
    for name in ("parts", "rejects"):
        goes = f"FROM going_{name} g WHERE g.input_id = {name}.input_id AND g.line = {name}.line"
        con.execute(f"DELETE FROM {name} WHERE EXISTS ({goes})")
    con.execute(_SENTENCES)
    con.execute(f"DELETE FROM hearings WHERE hour < {later}")
    con.execute("DELETE FROM sealed")
    con.execute("INSERT INTO sealed FROM now_sealed")
    for name in (
        *(f"{state}_{name}" for state in ("staying", "going") for name in names),
        "going_parts",
        "going_rejects",
        "spans",
        "cuts",
        "now_sealed",
    ):
        con.execute(f"DROP TABLE {name}")


def rewrite(con: duckdb.DuckDBPyConnection) -> None:
    """Write the small tables anew, inside a transaction: in place of many groups of few rows each then has one."""
    for name in _SMALL:
        con.execute(f"CREATE OR REPLACE TEMP TABLE rest AS SELECT * FROM {name} ORDER BY rowid")
        con.execute(f"DELETE FROM {name}")
        con.execute(f"INSERT INTO {name} FROM rest")
        con.execute("DROP TABLE rest")


def _timestamp(con: duckdb.DuckDBPyConnection, t_us: int) -> object:
    return con.execute("SELECT make_timestamp(?)", [t_us]).fetchall()[0][0]
