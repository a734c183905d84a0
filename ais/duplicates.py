"""One message heard twice is one row: which rows are copies, decided by the set of rows alone.

Rule: rows equal in every payload column whose times chain within 10 s are one; where the payload has no UTC second
(NULL or 60-63; heard, identities and fixed have none) only rows of the same second of t. The row with the least
(t, station, input name, line) is kept, the others go to the table of copies, so that a row that comes later but was
earlier can still take its place: neither the order of arrival nor the split into files changes what is kept.

Payload is what the ship sent: the schema's columns without t, station, input_id and line (the receiver's), channel
and own (how it was received) and repeat (a repeater raises it). Ties of the order end with the input's hash.

A hash of the payload finds the few rows that can have a copy; only they are compared.
"""

from __future__ import annotations

import duckdb

from ais.schema import COPIES, TABLES

CHAIN_S = 10
SAID = tuple(COPIES)  # positions, heard, identities, fixed
_NOT_SENT = {"t", "station", "input_id", "line", "channel", "own", "repeat"}


def payload(name: str) -> list[str]:
    """Return the payload columns of a table of rows."""
    return [column for column in TABLES[name].names if column not in _NOT_SENT]


def sameness(name: str) -> str:
    """Return the SQL list of what equal rows agree in: the payload, and the second of t where it has none itself."""
    second = "date_trunc('second', t)"
    if "utc_s" in TABLES[name].names:
        second = f"CASE WHEN utc_s <= 59 THEN NULL ELSE {second} END"
    return ", ".join([*payload(name), second])


def stage(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary tables that take the rows of one input, each with its payload's hash."""
    for name in SAID:
        con.execute(TABLES[name].ddl(f"staged_{name}", temporary=True))
        con.execute(f"ALTER TABLE staged_{name} ADD COLUMN h UBIGINT")


def unstage(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what `stage` and `settle` made."""
    for name in SAID:
        con.execute(f"DROP TABLE staged_{name}")
        con.execute(f"DROP TABLE judged_{name}")


def settle(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Move staged rows of one table into the case, each as kept or as a copy, and correct earlier choices.

    Leaves `judged_NAME` (h, held, keep and the row) with every row that has or had an equal one.
    """
    columns = ", ".join(TABLES[name].names)
    copies = COPIES[name].name
    (staged,) = con.execute(f"SELECT count(*) FROM staged_{name}").fetchall()[0]
    if not staged:
        con.execute(TABLES[name].ddl(f"judged_{name}", temporary=True))
        con.execute(f"ALTER TABLE judged_{name} ADD COLUMN h UBIGINT")
        con.execute(f"ALTER TABLE judged_{name} ADD COLUMN held VARCHAR")
        con.execute(f"ALTER TABLE judged_{name} ADD COLUMN keep BOOLEAN")
        return
    _judge(con, name)
    con.execute(
        f"INSERT INTO {name} SELECT {columns} FROM staged_{name} "
        f"WHERE h NOT IN (SELECT h FROM judged_{name}) ORDER BY rowid"
    )
    con.execute(f"INSERT INTO {name} SELECT {columns} FROM judged_{name} WHERE held = 'staged' AND keep ORDER BY line")
    con.execute(
        f"INSERT INTO {copies} SELECT {columns} FROM judged_{name} WHERE held <> 'copy' AND NOT keep "
        "ORDER BY input_id, line"
    )
    con.execute(
        f"DELETE FROM {name} USING judged_{name} AS j "
        f"WHERE j.held = 'kept' AND NOT j.keep AND {name}.input_id = j.input_id AND {name}.line = j.line"
    )


def _judge(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make `judged_NAME`: staged rows that have an equal one, and those of the case with the same hash."""
    same, columns = sameness(name), ", ".join(TABLES[name].names)
    station = "station NULLS FIRST, " if "station" in TABLES[name].names else ""
    con.execute(
        f"""
        CREATE TEMP TABLE judged_{name} AS
        WITH near AS (
            SELECT hash({same}) AS h
            FROM (FROM {name} UNION ALL FROM {COPIES[name].name}),  -- a chain goes on from its last copy
                (SELECT min(t) AS first_t, max(t) AS last_t FROM staged_{name})
            WHERE t BETWEEN first_t - INTERVAL {CHAIN_S} SECONDS AND last_t + INTERVAL {CHAIN_S} SECONDS
        ), suspects AS (
            SELECT h FROM staged_{name} GROUP BY h HAVING count(*) > 1
            UNION
            SELECT h FROM staged_{name} WHERE h IN (SELECT h FROM near)
        ), ships AS (
            SELECT DISTINCT mmsi FROM staged_{name} WHERE h IN (SELECT h FROM suspects)
        ), rows AS (
            SELECT {columns}, h, 'staged' AS held FROM staged_{name}
            UNION ALL
            SELECT {columns}, hash({same}) AS h, 'kept' FROM {name} WHERE mmsi IN (SELECT mmsi FROM ships)
            UNION ALL
            SELECT {columns}, hash({same}) AS h, 'copy' FROM {COPIES[name].name} WHERE mmsi IN (SELECT mmsi FROM ships)
        ), steps AS (
            SELECT *, coalesce(t - lag(t) OVER alike > INTERVAL {CHAIN_S} SECONDS, true) AS apart
            FROM rows WHERE h IN (SELECT h FROM suspects)
            WINDOW alike AS (PARTITION BY h, {same} ORDER BY t, input_id, line)
        ), chains AS (
            SELECT *, count_if(apart) OVER (PARTITION BY h, {same} ORDER BY t, input_id, line) AS chain FROM steps
        )
        SELECT chains.*, row_number() OVER (
            PARTITION BY h, {same}, chain ORDER BY t, {station}input_name, sha256, line
        ) = 1 AS keep
        FROM chains JOIN (SELECT id AS input_id, name AS input_name, sha256 FROM inputs) USING (input_id)
        """
    )
