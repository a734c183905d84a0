"""Silences of ships that outages of their sources explain, in whole or in part.

Of a silence the time does not count in which all sources that had heard the ship in the hour up to its last sign were
out themselves. A ship that another source had heard too, and that works, is silent.

A silence that is too short without that time is no event, but may become one: by time alone, once the sources are
back, or where late lines show that one worked. Such silences are noted, in a temporary table, for as long as a process
holds the case, so that a watch knows whom to look at again without looking at all.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.reader import arrow
from detectors.geo import US_H, Bools, Ints
from detectors.outages import DETECTOR, Span, shared_by, standing
from detectors.sources import OPEN, SHIPS
from detectors.view import as_table

if TYPE_CHECKING:
    import duckdb

    from detectors.changes import Changes
    from detectors.silences import Silences
    from detectors.view import View

_MARGIN_US = 1_000_000
_SOURCES = f"""
WITH asked AS (SELECT *, unnest([start_us // {US_H}, start_us // {US_H} - 1]) AS bin FROM silent)
SELECT DISTINCT a.i AS i, coalesce(s.station, '') AS source
FROM ({{said}}) s JOIN asked a ON a.mmsi = s.mmsi AND a.bin = epoch_us(s.t) // {US_H}
  AND s.t >= make_timestamp(a.start_us - {US_H}) AND s.t <= make_timestamp(a.start_us)
ORDER BY i, source
"""
_MAKE = """
CREATE TEMP TABLE IF NOT EXISTS excused
  (mmsi UINTEGER, start_us BIGINT, end_us BIGINT, due_us BIGINT, source VARCHAR);
CREATE TEMP TABLE IF NOT EXISTS excused_from (low_us BIGINT);
"""
_RECENT = f"""
SELECT count(*) FROM events WHERE detector = '{DETECTOR}' AND (end_t IS NULL OR end_t >= make_timestamp(?::BIGINT))
"""
# What comes after an open silence was long enough is not told of it.
_EVENTS = """
SELECT DISTINCT unnest(mmsi) AS mmsi FROM events e JOIN revised r
  ON epoch_us(e.start_t) <= r.high_us AND coalesce(epoch_us(e.end_t), r.low_us) >= r.low_us
WHERE e.detector = $detector
  AND (end_t IS NOT NULL OR epoch_us(e.start_t) + $most >= r.low_us OR contains(evidence, '"outage_hours"'))
"""
_EXCUSED = """
SELECT DISTINCT mmsi FROM excused e JOIN revised r USING (source)
WHERE NOT r.grew AND e.start_us <= r.high_us AND e.end_us >= r.low_us
UNION SELECT mmsi FROM excused WHERE due_us >= $before AND due_us <= $horizon
"""


_REVISED: dict[str, pa.DataType] = {
    "source": pa.string(),
    "low_us": pa.int64(),
    "high_us": pa.int64(),
    "grew": pa.bool_(),
}


@dataclass(frozen=True)
class Excuse:
    """What outages leave of n silences.

    Attributes:
        outage_us: Time of each that does not count; of an open one up to `stop_us`.
        stop_us: Its end; of an open one when as much of it counted as is asked for, `OPEN` while that is not in sight.
        sources: The sources that had heard the ship, empty where none of them was out.
    """

    outage_us: Ints
    stop_us: Ints
    sources: list[tuple[str, ...]]

    def counts(self, silences: Silences, least_us: Ints, horizon_us: int) -> Bools:
        """Say of which silences so much counts as is asked for."""
        long = silences.end_us - silences.start_us - self.outage_us >= least_us
        return np.asarray(np.where(silences.is_open, self.stop_us <= horizon_us, long))

    def where(self, keep: Bools) -> Excuse:
        """Return what is left of some of them."""
        sources = [own for own, kept in zip(self.sources, keep.tolist(), strict=True) if kept]
        return Excuse(self.outage_us[keep], self.stop_us[keep], sources)


def weigh(view: View, silences: Silences, least_us: Ints) -> Excuse:
    """Return what outages leave of silences, of which at least so long must count."""
    stop = np.where(silences.is_open, silences.start_us + least_us, silences.end_us)
    found = Excuse(np.zeros(len(silences), np.int64), stop, [()] * len(silences))
    if not len(silences):
        return found
    outages = standing(view.con, int(silences.start_us.min()), view.horizon_us)
    touched = _overlap(silences.start_us, np.where(silences.is_open, view.horizon_us, silences.end_us), outages)
    if not touched.any():
        return found
    for i, sources in _sources(view, silences, touched):
        start, end = int(silences.start_us[i]), OPEN if silences.is_open[i] else int(silences.end_us[i])
        near = {source: _within(outages.get(source, []), start, end) for source in sources}
        shared = shared_by(near, sources)
        if not shared:
            continue
        found.sources[i] = sources
        if end == OPEN:
            found.stop_us[i] = due_us(start, int(least_us[i]), shared)
            found.outage_us[i] = found.stop_us[i] - start - least_us[i]
        else:
            found.outage_us[i] = sum(min(b, end) - max(a, start) for a, b in shared)
    return found


def due_us(start_us: int, least_us: int, outages: Iterable[Span]) -> int:
    """Return when so much of a silence has passed outside outages (by time, apart); `OPEN` where one has no end."""
    t, left = start_us, least_us
    for low, high in outages:
        if low - t >= left:
            break
        left -= max(low - t, 0)
        t = max(t, high)
        if t == OPEN:
            return OPEN
    return t + left


def note(view: View, silences: Silences, excuse: Excuse) -> None:
    """Note the silences that outages explain; what was noted of the ships of the view before goes."""
    con, low = view.con, -OPEN if view.start_us is None else view.start_us
    first_us, some = _noted(con)
    if first_us is None:
        con.execute("INSERT INTO excused_from VALUES (?)", [low if view.ships is None else view.horizon_us])
    elif view.ships is None and low < first_us:
        con.execute("UPDATE excused_from SET low_us = ?", [low])
    if some:
        ships = None if view.ships is None else pa.array(sorted(view.ships), pa.uint32())
        con.register("ships_noted", pa.table({"mmsi": [] if ships is None else ships}))
        whose = "true" if ships is None else "mmsi IN (FROM ships_noted)"
        # One that is due stays until its event is written: where that fails it is looked for again.
        sql = f"DELETE FROM excused WHERE {whose} AND end_us >= ? AND due_us NOT BETWEEN start_us AND ?"
        con.execute(sql, [low, view.horizon_us])
        con.unregister("ships_noted")
    rows = [(i, source) for i, sources in enumerate(excuse.sources) for source in sources]
    if not rows:
        return
    at = np.array([i for i, _ in rows])
    columns: dict[str, npt.NDArray[Any]] = {
        "mmsi": silences.mmsi[at].astype(np.uint32),
        "start_us": silences.start_us[at],
        "end_us": np.where(silences.is_open, OPEN, silences.end_us)[at],
        "due_us": np.where(silences.is_open, excuse.stop_us, OPEN)[at],
    }
    noted = as_table(columns).append_column("source", pa.array([source for _, source in rows], pa.string()))
    con.register("noted", noted)
    con.execute("INSERT INTO excused FROM noted")
    con.unregister("noted")


def stirred(changes: Changes, most_us: int) -> frozenset[int] | None:
    """Return the ships whose silences outages may explain otherwise than before; None for any.

    Args:
        changes: What changed.
        most_us: No silence need count longer to be an event.
    """
    con, revised = changes.con, changes.revised
    first_us, some = _noted(con)
    if first_us is None:
        if con.execute(_RECENT, [changes.before_us - most_us]).fetchall()[0][0]:
            return None
        first_us = changes.before_us
        con.execute("INSERT INTO excused_from VALUES (?)", [first_us])
    if any(not one.grew and one.low_us < first_us for one in revised):
        return None
    if not (some or revised):
        return frozenset()
    before_us = changes.before_us - _MARGIN_US
    con.execute("DELETE FROM excused WHERE due_us < ?", [before_us])
    rows = [dataclasses.asdict(one) for one in revised]
    con.register("revised", pa.Table.from_pylist(rows, schema=pa.schema(_REVISED)))
    found = arrow(con, _EXCUSED, {"before": before_us, "horizon": changes.horizon_us})["mmsi"].to_numpy().tolist()
    if revised:
        found += arrow(con, _EVENTS, {"detector": changes.detector, "most": most_us})["mmsi"].to_numpy().tolist()
    con.unregister("revised")
    return frozenset(found)


def _noted(con: duckdb.DuckDBPyConnection) -> tuple[int | None, bool]:
    """Return from when on all such silences that end are noted, None where none ever was, and whether any is."""
    con.execute(_MAKE)
    found = con.execute("SELECT low_us, EXISTS (FROM excused) FROM excused_from").fetchall()
    return found[0] if found else (None, False)


def _overlap(start_us: Ints, end_us: Ints, outages: dict[str, list[Span]]) -> Bools:
    """Say which spans any outage has a part of."""
    spans = sorted(span for own in outages.values() for span in own)
    if not spans:
        return np.zeros(len(start_us), np.bool_)
    starts = np.array([low for low, _ in spans], np.int64)
    ends = np.maximum.accumulate(np.array([high for _, high in spans], np.int64))
    before = np.searchsorted(starts, end_us, "left")  # outages that began before the end
    return np.asarray((before > 0) & (ends[np.maximum(before - 1, 0)] > start_us))


def _within(outages: list[Span], start_us: int, end_us: int) -> list[Span]:
    """Return those of one source's outages, by time and apart, that have a part of a span."""
    last = bisect_left(outages, (end_us, end_us))
    first = bisect_left(outages, start_us, hi=last, key=lambda span: span[1])
    return outages[first:last]


def _sources(view: View, silences: Silences, which: Bools) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Yield some of the silences, by index, with the sources that had heard the ship in the hour before."""
    i = np.flatnonzero(which)
    low, high = int(silences.start_us[i].min()) - US_H, int(silences.start_us[i].max())
    span = f"t >= make_timestamp({low}) AND t <= make_timestamp({high})"
    said = " UNION ALL ".join(f"SELECT mmsi, t, station FROM {table} WHERE {span}" for table in SHIPS)
    columns: dict[str, npt.NDArray[Any]] = {
        "i": i,
        "mmsi": silences.mmsi[i].astype(np.uint32),
        "start_us": silences.start_us[i],
    }
    found: dict[int, list[str]] = {}
    for row in view.query(_SOURCES.format(said=said), silent=as_table(columns)).to_pylist():
        found.setdefault(row["i"], []).append(row["source"])
    for silence, sources in found.items():
        yield silence, tuple(sources)
