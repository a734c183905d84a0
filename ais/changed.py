"""Which ships each change of a case was of, for as long as one process holds the case.

A watch detects every second: what detection need not read is told by which ships changed. The table is temporary and
lives with the connection; it is made anew, since what is deleted from a temporary table stays in memory. Of a change
that it does not name, such as those of another process, all ships may be.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.reader import arrow
from ais.store import insert

_MAKE = "CREATE TEMP TABLE IF NOT EXISTS changed_ships (change_id UINTEGER, mmsi UINTEGER, first_us BIGINT)"
_CHANGE = """
INSERT INTO changes SELECT coalesce(max(id), 0) + 1, make_timestamp($first), make_timestamp($last) FROM changes
RETURNING id
"""
_SINCE = """
SELECT DISTINCT mmsi FROM changed_ships WHERE change_id > $id
  AND (SELECT count(DISTINCT change_id) FROM changed_ships WHERE change_id > $id)
    = (SELECT count(*) FROM changes WHERE id > $id)
"""
# Ship numbers, and of each the least time of what changed, us since 1970.
Whose = tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]


def firsts(parts: Iterable[Whose]) -> Whose:
    """Return each number once, ascending, with the least of its times."""
    held = [(np.empty(0, np.uint32), np.empty(0, np.int64)), *parts]
    mmsi, t = (np.concatenate([part[i] for part in held]) for i in (0, 1))
    order = np.lexsort((t, mmsi))
    mmsi, t = mmsi[order], t[order]
    first = np.append(True, mmsi[1:] != mmsi[:-1])[: len(mmsi)]
    return mmsi[first], t[first]


def note(con: duckdb.DuckDBPyConnection, times: Iterable[int], ships: Iterable[Whose] | None) -> None:
    """Note a change, inside its transaction.

    Args:
        con: The connection.
        times: When all that came, went or was marked anew lies, UTC microseconds; at least one.
        ships: Whose rows did; None = not known.
    """
    first, last = min(times := list(times)), max(times)
    change_id = con.execute(_CHANGE, {"first": first, "last": last}).fetchall()[0][0]
    if ships is not None:
        mmsi, first_us = firsts(ships)
        con.execute(_MAKE)
        columns = pa.array(np.full(len(mmsi), change_id)), pa.array(mmsi), pa.array(first_us)
        insert(con, "changed_ships", pa.table(columns, ["change_id", "mmsi", "first_us"]))


def since(con: duckdb.DuckDBPyConnection, change_id: int) -> frozenset[int] | None:
    """Return the ships of all changes after one; None where those of any are not known."""
    con.execute(_MAKE)
    later = con.execute("SELECT count(*) FROM changes WHERE id > ?", [change_id]).fetchall()[0][0]
    ships = frozenset(arrow(con, _SINCE, {"id": change_id})["mmsi"].to_numpy().tolist())
    return ships if ships or not later else None


def reaching(con: duckdb.DuckDBPyConnection, change_id: int, before_us: int) -> frozenset[int]:
    """Return the ships of which anything before a time (us since 1970) changed after a change."""
    sql = "SELECT DISTINCT mmsi FROM changed_ships WHERE change_id > $id AND first_us < $before"
    return frozenset(arrow(con, sql, {"id": change_id, "before": before_us})["mmsi"].to_numpy().tolist())


def let_go(con: duckdb.DuckDBPyConnection, change_id: int) -> None:
    """Forget the ships of all changes up to one, which every detector has looked at."""
    con.execute(_MAKE)
    con.execute("CREATE OR REPLACE TEMP TABLE changed_ships AS FROM changed_ships WHERE change_id > ?", [change_id])
