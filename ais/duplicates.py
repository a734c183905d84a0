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

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.reader import arrow
from ais.schema import COPIES, TABLES

CHAIN_US = 10_000_000
SAID = tuple(COPIES)  # positions, heard, identities, fixed
_NOT_SENT = {"t", "station", "input_id", "line", "channel", "own", "repeat"}

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Settled:
    """What rows changed among the kept ones of their table.

    Attributes:
        t: Least and greatest UTC microseconds of rows that came or went; empty when none did.
        ships: Ship numbers of those rows, ascending.
    """

    t: tuple[int, ...]
    ships: npt.NDArray[np.uint32]


def payload(name: str) -> list[str]:
    """Return the payload columns of a table of rows."""
    return [column for column in TABLES[name].names if column not in _NOT_SENT]


def sameness(name: str) -> str:
    """Return the SQL list of what equal rows agree in: the payload, and the second of t where it has none itself."""
    second = "date_trunc('second', t)"
    if "utc_s" in TABLES[name].names:
        second = f"CASE WHEN utc_s <= 59 THEN NULL ELSE {second} END"
    return ", ".join([*payload(name), second])


def settle(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Settled:
    """Put rows of one table into the case, each as kept or as a copy, and correct earlier choices.

    Args:
        con: A connection inside a transaction.
        name: positions, heard, identities or fixed.
        rows: New rows in the schema's columns, in the order in which they are to lie; their input is in `inputs`.
    """
    con.register("incoming", rows)
    h = arrow(con, f"SELECT hash({sameness(name)}) AS h FROM incoming")["h"].to_numpy()
    stored = _alike(con, name, h, rows["t"])
    suspect = _repeated(h) | np.isin(h, stored["h"].to_numpy())
    changed = _Changed()
    kept = np.ones(len(h), bool)
    if suspect.any():
        _judge(con, name, _suspects(rows, h, suspect), stored)
        copies = arrow(con, "SELECT line FROM judged WHERE held = 'staged' AND NOT keep")["line"].to_numpy()
        kept = ~np.isin(rows["line"].to_numpy(), copies)
        _correct(con, name, changed)
        con.execute("DROP TABLE judged")
    con.unregister("incoming")
    _put(con, COPIES[name].name, rows, ~kept)
    changed.add(_put(con, name, rows, kept))
    return changed.settled()


class _Changed:
    """Collects the times and ships of kept rows that came or went."""

    def __init__(self) -> None:
        self._t: list[int] = []
        self._ships: list[npt.NDArray[np.uint32]] = []

    def add(self, rows: pa.Table) -> None:
        if rows.num_rows:
            self._t += span(rows["t"])
            self._ships.append(np.unique(rows["mmsi"].to_numpy()))

    def settled(self) -> Settled:
        t = (min(self._t), max(self._t)) if self._t else ()
        return Settled(t, np.unique(np.concatenate(self._ships)) if self._ships else np.zeros(0, np.uint32))


def span(t: pa.ChunkedArray[Any]) -> tuple[int, int]:
    """Return the least and the greatest of some times (at least one), UTC microseconds."""
    us = t.to_numpy().astype("datetime64[us]").astype(np.int64)
    return int(us.min()), int(us.max())


def _put(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, which: Bools) -> pa.Table:
    """Insert some of the rows into a table and return them."""
    if not which.all():
        rows = rows.filter(pa.array(which))
    if rows.num_rows:
        con.register("incoming", rows)
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        con.unregister("incoming")
    return rows


def judge_again(con: duckdb.DuckDBPyConnection, name: str, stored: pa.Table) -> Settled:
    """Judge stored rows anew, with `h` and `held`, after rows like them went."""
    changed = _Changed()
    if stored.num_rows:
        _judge(con, name, stored.slice(0, 0), stored)
        _correct(con, name, changed)
        con.execute("DROP TABLE judged")
    return changed.settled()


def _repeated(h: npt.NDArray[np.uint64]) -> Bools:
    """Say of each hash whether it is there more than once."""
    order = np.argsort(h, kind="stable")
    ordered = h[order]
    same = ordered[1:] == ordered[:-1]
    found = np.zeros(len(h), bool)
    found[order[1:][same]] = True
    found[order[:-1][same]] = True
    return found


def _alike(con: duckdb.DuckDBPyConnection, name: str, h: npt.NDArray[np.uint64], t: pa.ChunkedArray[Any]) -> pa.Table:
    """Return the stored rows, kept or copies, that can be in one chain with new ones, with their hash and `held`."""
    same, columns = sameness(name), ", ".join(TABLES[name].names)
    tables = ((name, "kept"), (COPIES[name].name, "copy"))
    union = " UNION ALL ".join(
        f"SELECT {columns}, hash({same}) AS h, '{held}' AS held FROM {table} WHERE t BETWEEN make_timestamp($first) "
        "AND make_timestamp($last)"
        for table, held in tables
    )
    con.register("hashes", pa.table({"h": pa.array(h)}))
    first, last = span(t)
    while True:  # a chain goes on from its last copy
        window = {"first": first - CHAIN_US, "last": last + CHAIN_US}
        found = arrow(con, f"SELECT * FROM ({union}) WHERE h IN (SELECT h FROM hashes)", window)
        if found.num_rows:
            low, high = span(found["t"])
            if low < first or high > last:
                first, last = min(first, low), max(last, high)
                continue
        con.unregister("hashes")
        return found


def _suspects(rows: pa.Table, h: npt.NDArray[np.uint64], suspect: Bools) -> pa.Table:
    """Return the new rows that may have a copy, with their hash and `held`."""
    found = rows.filter(pa.array(suspect)).append_column("h", pa.array(h[suspect]))
    return found.append_column("held", pa.array(["staged"] * found.num_rows))


def _judge(con: duckdb.DuckDBPyConnection, name: str, suspects: pa.Table, stored: pa.Table) -> None:
    """Make `judged`: new rows that may have a copy and stored ones like them, each with `keep`."""
    same, columns = sameness(name), ", ".join(TABLES[name].names)
    station = "station NULLS FIRST, " if "station" in TABLES[name].names else ""
    con.register("suspects", suspects)
    con.register("stored", stored)
    con.execute(
        f"""
        CREATE TEMP TABLE judged AS
        WITH rows AS (
            SELECT {columns}, h, held FROM suspects UNION ALL SELECT {columns}, h, held FROM stored
        ), steps AS (
            SELECT *, coalesce(epoch_us(t) - lag(epoch_us(t)) OVER alike > {CHAIN_US}, true) AS apart
            FROM rows WINDOW alike AS (PARTITION BY h, {same} ORDER BY t, input_id, line)
        ), chains AS (
            SELECT *, count_if(apart) OVER (PARTITION BY h, {same} ORDER BY t, input_id, line) AS chain FROM steps
        )
        SELECT chains.*, row_number() OVER (
            PARTITION BY h, {same}, chain ORDER BY t, {station}input_name, sha256, line
        ) = 1 AS keep
        FROM chains JOIN (SELECT id AS input_id, name AS input_name, sha256 FROM inputs) USING (input_id)
        """
    )
    con.unregister("suspects")
    con.unregister("stored")


def _correct(con: duckdb.DuckDBPyConnection, name: str, changed: _Changed) -> None:
    """Move stored rows to where `judged` says that they belong now: a copy can become the kept one and back."""
    columns, copies = ", ".join(TABLES[name].names), COPIES[name].name
    for held, here, there, wanted in (("kept", name, copies, "NOT keep"), ("copy", copies, name, "keep")):
        moved = arrow(con, f"SELECT {columns} FROM judged WHERE held = '{held}' AND {wanted} ORDER BY input_id, line")
        if not moved.num_rows:
            continue
        changed.add(moved)
        con.register("moved", moved)
        con.execute(f"INSERT INTO {there} BY NAME SELECT * FROM moved")
        first, last = span(moved["t"])
        con.execute(
            f"DELETE FROM {here} USING moved AS m WHERE {here}.input_id = m.input_id AND {here}.line = m.line "
            f"AND {here}.t BETWEEN make_timestamp({first}) AND make_timestamp({last})"
        )
        con.unregister("moved")
