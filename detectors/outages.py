"""The outages that stand in a case, for a detector that must not take them for what ships did.

They are read from the events that `detectors.outage` left: whoever reads them runs after it, and looks again where
they changed since its own last run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ais.counts import SEAL
from ais.reader import arrow
from detectors.event import to_us
from detectors.sources import OPEN

if TYPE_CHECKING:
    import duckdb

Span = tuple[int, int]
DETECTOR = "outage"
_STANDING = f"""
SELECT epoch_us(start_t) AS start_us, coalesce(epoch_us(end_t), {OPEN}) AS end_us, evidence FROM events
WHERE detector = '{DETECTOR}' AND start_t <= make_timestamp($high)
  AND coalesce(epoch_us(end_t), {OPEN}) >= $low ORDER BY start_t
"""
_RUNS = f"SELECT count(*) FROM runs WHERE id > ? AND detector IN ('{DETECTOR}', '{SEAL}')"
_REVISED = f"""
WITH told AS (
  SELECT * FROM ledger WHERE run_id > $run AND contains(event, '"kind": "{DETECTOR}"')
), changed AS (SELECT DISTINCT event_id FROM told)
SELECT * FROM (
  SELECT event_id, arg_max({{'gone': action = 'withdrawn', 'event': event}}, seq) AS now,
    arg_max({{'gone': action = 'withdrawn', 'event': event}}, seq) FILTER (run_id <= $run) AS before
  FROM ledger SEMI JOIN changed USING (event_id) GROUP BY event_id
) ORDER BY event_id
"""


@dataclass(frozen=True)
class Revised:
    """A span of time, both ends in it, by which the outages of a source grew or shrank (us since 1970)."""

    source: str
    low_us: int
    high_us: int
    grew: bool


def standing(con: duckdb.DuckDBPyConnection, low_us: int, high_us: int) -> dict[str, list[Span]]:
    """Return the outages of each source that meet a span of time, by time; an open one ends at `OPEN`."""
    found: dict[str, list[Span]] = {}
    for row in arrow(con, _STANDING, {"low": low_us, "high": high_us}).to_pylist():
        found.setdefault(json.loads(row["evidence"])["source"], []).append((row["start_us"], row["end_us"]))
    return found


def shared_by(outages: Mapping[str, list[Span]], sources: Iterable[str]) -> list[Span]:
    """Return when all of some sources, at least one, were out at once, by time."""
    first, *others = sources
    shared = outages.get(first, [])
    for source in others:
        own = outages.get(source, [])
        shared = [(max(a, c), min(b, d)) for a, b in shared for c, d in own if max(a, c) < min(b, d)]
    return shared


def revised_since(con: duckdb.DuckDBPyConnection, run_id: int) -> tuple[Revised, ...]:
    """Return by what the outages changed after a run; an open one goes up to `OPEN`."""
    found: list[Revised] = []
    if not con.execute(_RUNS, [run_id]).fetchall()[0][0]:
        return ()
    for row in arrow(con, _REVISED, {"run": run_id}).to_pylist():
        before, now = (_told(row[name]) for name in ("before", "now"))
        source, start_us, _ = before or now or ("", 0, 0)
        ends = [start_us if one is None else one[2] for one in (before, now)]
        if ends[0] != ends[1]:
            found.append(Revised(source, min(ends), max(ends), ends[1] > ends[0]))
    return tuple(found)


def _told(revision: Mapping[str, Any] | None) -> tuple[str, int, int] | None:
    """Return source, start and end of an outage as a revision tells it; None where it is gone or was not yet there."""
    if revision is None or revision["gone"]:
        return None
    event = json.loads(revision["event"])
    start, end = (event[name] and _us(event[name]) for name in ("start", "end"))
    return event["evidence"]["source"], start, OPEN if end is None else end


def _us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))
