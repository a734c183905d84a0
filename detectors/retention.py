"""Moving the seal: what lies before it is let go, and what was found with it stays as it was found.

An event that began before the seal is not looked at again: a detector would miss what is gone, and say something else
of it. One that is still open when the seal reaches its beginning ends at the horizon of that time, and says so. Of the
ledger the first and last word on each such event stay, what was withdrawn, and what an officer had before them; runs
stay where the ledger or a detector's last word hangs on them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ais.counts import SEAL
from ais.reader import arrow
from ais.seal import HOUR_US, let_go, rewrite, seal_us
from detectors.event import iso, to_datetime
from detectors.horizon import find_horizon, longest_silence
from detectors.ledger import revise
from detectors.shelf import Shelf

if TYPE_CHECKING:
    import duckdb

    from ais.store import Store

_OPEN = "SELECT * FROM events WHERE end_t IS NULL AND start_t < make_timestamp($seal) ORDER BY id"
_OLD_REVISIONS = """
DELETE FROM ledger WHERE action = 'revised' AND run_id IN (FROM old_runs)
    AND seq NOT IN (SELECT max(seq) FROM ledger GROUP BY event_id)
    AND seq <> (SELECT max(seq) FROM ledger WHERE run_id <> $run)  -- by which those who read on know the ledger
    AND seq NOT IN (SELECT ledger_seq FROM notes)  -- what an officer had before them
    AND event_id NOT IN (SELECT id FROM events WHERE start_t >= make_timestamp($seal))
"""
_OLD_RUNS = """
DELETE FROM runs WHERE id IN (FROM old_runs) AND id NOT IN (SELECT run_id FROM ledger)
    AND id NOT IN (SELECT max(id) FROM runs GROUP BY detector)
"""
# Changes that all detectors have seen; the last stays, for its number.
_OLD_CHANGES = """
DELETE FROM changes WHERE id < (SELECT max(id) FROM changes) AND id <= (
    SELECT min(seen) FROM (SELECT arg_max(change_id, id) AS seen FROM runs WHERE detector <> $name GROUP BY detector)
)
"""


def move_seal(store: Store, to_us: int, *, now: datetime, version: str) -> bool:
    """Move the seal, once detection has looked at all that came; returns whether it moved.

    Args:
        store: The case, open for writing.
        to_us: Where to, UTC microseconds; it stands at the full hour before, never behind where it stood, never
            beyond the horizon.
        now: Time of the move.
        version: darkwake's version.

    Raises:
        CaseError: The case failed; it is as before.
    """
    horizon = find_horizon(store.con)
    if horizon is None:
        return False
    to_us = min(to_us, horizon) // HOUR_US * HOUR_US
    if to_us <= (seal_us(store.con) or 0):
        return False
    store.checkpoint()  # what came fills the room that the last move made, before this one needs more
    with store.transaction() as con:
        run_id = int(con.execute("SELECT coalesce(max(id), 0) + 1 FROM runs").fetchall()[0][0])
        quiet = longest_silence(con, to_us)
        run = _run(con, run_id, to_us, horizon, quiet, now, version)
        revise(con, run, [_ended(row, horizon) for row in arrow(con, _OPEN, {"seal": to_us}).to_pylist()])
        let_go(con, to_us)
        _forget_workings(con, run_id, to_us)
    Shelf.forget(store)
    store.checkpoint()
    with store.transaction() as con:
        rewrite(con)
    store.checkpoint()
    return True


def _ended(row: Mapping[str, Any], horizon_us: int) -> dict[str, Any]:
    """Return an open event as it stays."""
    at = pa.scalar(horizon_us, pa.timestamp("us")).as_py()
    said = f"note: it went on at {iso(to_datetime(horizon_us))}, when data before it were let go; later is not told"
    reasons = [reason for reason in row["reasons"] if not reason.startswith("note: it had not been heard again")]
    return {**row, "end_t": at, "reads_to": at, "reasons": [*reasons[:-1], said, *reasons[-1:]]}


def _run(
    con: duckdb.DuckDBPyConnection, run_id: int, to_us: int, horizon: int, quiet: int, now: datetime, version: str
) -> dict[str, Any]:
    events, change_id = con.execute(
        "SELECT (SELECT count(*) FROM events), (SELECT coalesce(max(id), 0) FROM changes)"
    ).fetchall()[0]
    zones = con.execute("SELECT zones_sha256 FROM runs ORDER BY id DESC LIMIT 1").fetchall()
    stamp = pa.timestamp("us")
    return {
        "id": run_id,
        "made_at": now.astimezone(UTC).replace(tzinfo=None),
        "version": version,
        "detector": SEAL,
        "settings": json.dumps({"quiet_us": quiet}),
        "zones_sha256": zones[0][0] if zones else "",
        "window_to": pa.scalar(to_us, stamp).as_py(),
        "horizon": pa.scalar(horizon, stamp).as_py(),
        "change_id": change_id,
        "events": events,
    }


def _forget_workings(con: duckdb.DuckDBPyConnection, run_id: int, to_us: int) -> None:
    """Let go of what only tells how the events before the seal came about."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE old_runs AS SELECT id FROM runs WHERE horizon < make_timestamp(?)", [to_us]
    )
    con.execute(_OLD_REVISIONS, {"seal": to_us, "run": run_id})
    con.execute(_OLD_RUNS)
    con.execute(_OLD_CHANGES, {"name": SEAL})
    con.execute("DROP TABLE old_runs")
