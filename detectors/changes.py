"""What changed in a case since a detector last looked: for it to say whose events may differ now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ais.changed import reaching
from ais.flags import OTHER
from ais.marks import AIRCRAFT
from ais.reader import arrow
from detectors.event import to_us
from detectors.geo import Floats

if TYPE_CHECKING:
    import duckdb

    from detectors.outages import Revised
    from detectors.shelf import Shelf
    from detectors.tracks import Tracks
    from zones import ZoneSet

_MARGIN_US = 1_000_000
_OF_LATE_US = 600_000_000
LATE_US = 600_000_000  # rows that are so much older than the last horizon are late
CELL_DEG = 0.01
CELL_M = 1600.0  # from corner to corner at the most
_PLACES = f"""
SELECT DISTINCT floor(lon / {CELL_DEG})::INTEGER AS x, floor(lat / {CELL_DEG})::INTEGER AS y
FROM positions SEMI JOIN changed_now USING (mmsi) WHERE t >= make_timestamp($low) AND t <= make_timestamp($high)
"""
# Who was heard in a span of time, of all ships or of some.
_HEARD = f"""
SELECT DISTINCT mmsi FROM (
  SELECT mmsi, t FROM positions WHERE msg_type <> {AIRCRAFT} UNION ALL SELECT mmsi, t FROM heard
) %s WHERE t > make_timestamp($low) AND t <= make_timestamp($high)
"""
_SHARED = f"SELECT DISTINCT mmsi FROM marks SEMI JOIN asked_ships USING (mmsi) WHERE flags & {OTHER} > 0"
_MARKED_SHIPS = "SELECT DISTINCT mmsi FROM marks SEMI JOIN asked_ships USING (mmsi)"
_STANDING = """
SELECT mmsi, kind, epoch_us(start_t) AS start_us, epoch_us(end_t) AS end_us, lon, lat, evidence FROM events
WHERE detector = $detector AND start_t <= make_timestamp($high)
  AND (end_t IS NULL OR end_t >= make_timestamp($low))
"""
_SHIPS_STANDING = """
SELECT DISTINCT unnest(mmsi) AS mmsi FROM events
WHERE detector = $detector AND reads_from <= make_timestamp($high) AND coalesce(reads_to >= make_timestamp($low), true)
"""
_OPEN = """
SELECT mmsi, list_max(json_extract_string(evidence, $path)) AS last FROM events
WHERE detector = $detector AND end_t IS NULL
"""


@dataclass(frozen=True)
class Changes:
    """What changed.

    Attributes:
        con: The case.
        detector: Name of the detector that asks.
        ships: Those of which rows came, went, were marked anew, or are seen or hidden by another horizon.
        low_us: No earlier row did.
        high_us: Nor a later one.
        before_us: The horizon of the last look.
        horizon_us: The horizon now, no earlier than that.
        since_id: The last change that the last look saw.
        last_id: The last one that there is.
        shelf: What is in memory of the case.
        zones: The zones in force.
        sealed_us: What came before is gone; None = nothing is.
        revised: By what the outages changed, if the detector reads them.
        fixes: Reads all undoubted fixes of some ships from a time up to the horizon; None where they are many.
    """

    con: duckdb.DuckDBPyConnection
    detector: str
    ships: frozenset[int]
    low_us: int
    high_us: int
    before_us: int
    horizon_us: int
    since_id: int
    last_id: int
    shelf: Shelf
    zones: ZoneSet
    sealed_us: int | None = None
    revised: tuple[Revised, ...] = ()
    fixes: Callable[[frozenset[int], int], Tracks | None] = lambda *_: None

    def silent_for(self, us: int) -> frozenset[int]:
        """Return the ships that were silent for so long first between the last horizon and this one.

        Those that share a number are among them whenever one of them may be.
        """
        low, high = self.before_us - us - _MARGIN_US, self.horizon_us - us + _MARGIN_US
        last = self._read(_HEARD % "", low=low, high=high)
        shared = self._read(_SHARED, last) if last else last
        silent = last - shared
        # Most were heard again just now, or soon after: few are left for which all that was said since is read.
        for since_us in sorted({max(high, self.horizon_us - _OF_LATE_US), high}, reverse=True):
            if silent:
                silent -= self._read(_HEARD % "SEMI JOIN asked_ships USING (mmsi)", silent, since_us, self.horizon_us)
        return silent | shared

    def _read(
        self, sql: str, ships: frozenset[int] | None = None, low: int | None = None, high: int | None = None
    ) -> frozenset[int]:
        """Return the numbers that a query gives, of some ships where they are given, in a span where it is."""
        if ships is not None:
            self.con.register("asked_ships", pa.table({"mmsi": pa.array(sorted(ships), pa.uint32())}))
        rows = arrow(self.con, sql, None if low is None else {"low": low, "high": high})
        if ships is not None:
            self.con.unregister("asked_ships")
        return frozenset(rows["mmsi"].to_numpy().tolist())

    @cached_property
    def on_time(self) -> tuple[frozenset[int], int]:
        """The ships that changed but for those that late rows were of, and the time before which none of theirs did."""
        least_us = self.before_us - LATE_US
        if self.low_us >= least_us:
            return self.ships, self.low_us
        return self.ships - reaching(self.con, self.since_id, least_us), least_us

    def marked_ships(self) -> frozenset[int]:
        """Return those of the ships that changed of which any row is marked: as doubted, or as another ship's."""
        return self._read(_MARKED_SHIPS, self.ships)

    def places(self, ships: frozenset[int], around_us: int) -> tuple[Floats, Floats]:
        """Return where some ships that changed were within so long of the change: corners of cells of `CELL_DEG`."""
        given = {"low": self.low_us - around_us, "high": self.high_us + around_us}
        self.con.register("changed_now", pa.table({"mmsi": pa.array(sorted(ships), pa.uint32())}))
        rows = arrow(self.con, _PLACES, given)
        self.con.unregister("changed_now")
        return rows["x"].to_numpy() * CELL_DEG, rows["y"].to_numpy() * CELL_DEG

    def standing(self, around_us: int) -> Iterator[dict[str, Any]]:
        """Yield the detector's events, with their evidence, that begin and end in no more than so long around."""
        given = {"detector": self.detector, "low": self.low_us - around_us, "high": self.high_us + around_us}
        for row in arrow(self.con, _STANDING, given).to_pylist():
            yield row | {"evidence": json.loads(row["evidence"])}

    def standing_ships(self, around_us: int) -> frozenset[int]:
        """Return the ships of the detector's events for which something within so long of the change was read."""
        given = {"detector": self.detector, "low": self.low_us - around_us, "high": self.high_us + around_us}
        return frozenset(arrow(self.con, _SHIPS_STANDING, given)["mmsi"].to_numpy().tolist())

    def silent_since(self, path: str, us: int) -> frozenset[int]:
        """Return the ships of open events of which the last of some times in the evidence is longer ago than that."""
        rows = arrow(self.con, _OPEN, {"detector": self.detector, "path": path}).to_pylist()
        last = ((row["mmsi"], to_us(datetime.fromisoformat(row["last"]))) for row in rows)
        return frozenset(ship for ships, t in last if self.horizon_us - t > us for ship in ships)
