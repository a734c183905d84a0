"""Replace in scope: the one way in which findings come to stand, for a first run, a late line or a changed setting.

The events of a detector always equal that detector over all accepted data. After a change the window is the span of
rows added, removed or marked anew, widened by the detector's memory; it widens on until nothing in the ledger and
nothing just computed has read across its edge. Then, in one transaction, the detector's events that meet the window
are taken out and the computed ones put in. A batch is the case where everything changed. No window goes beyond the seal
(`detectors.retention`): what began before it stays as it was found, and what began after it but for which something
before it was read is found anew only where its end is another, since less can be read for it now.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ais.changed import let_go, since
from ais.counts import SEAL
from ais.marks import renew
from ais.reader import arrow
from ais.seal import seal_us
from detectors.changes import Changes
from detectors.contract import Detector, check
from detectors.event import Event, Reach, to_us
from detectors.geo import US_H, Bools, Ints
from detectors.horizon import count_ahead, find_horizon
from detectors.learned import Learned, record_used
from detectors.ledger import FOR_EVER, Replacing, Standing, read_standing, record_zones, replace_events
from detectors.lists import Lists
from detectors.models import scored, uses
from detectors.outages import DETECTOR as OUTAGE
from detectors.outages import Revised, revised_since
from detectors.sealed import not_cut
from detectors.shelf import MOST_ROWS, Shelf
from detectors.tracks import Tracks
from detectors.view import View, undoubted_few

if TYPE_CHECKING:
    import duckdb

    from ais.store import Store
    from zones import Places, ZoneSet

_LAST_RUNS = """
SELECT id, detector, settings, zones_sha256, version, artefacts, epoch_us(horizon) AS horizon_us, change_id
FROM runs SEMI JOIN (SELECT max(id) AS id FROM runs GROUP BY detector) USING (id)
"""
_SAID = " UNION ".join(
    f"SELECT mmsi FROM {table} WHERE t > make_timestamp($low) AND t <= make_timestamp($high)"
    for table in ("positions", "heard", "identities")
)
_EVENTS_AT_ONCE = 10_000  # are written as soon as there are so many; a few wait for those of the other detectors
_FIXES_AT_ONCE = 500_000  # of ships that changed: with all that is made of them some 200 MB
_ROWS_OF = """
SELECT count(*) AS n FROM positions SEMI JOIN some_ships USING (mmsi)
WHERE coalesce(t >= make_timestamp($low), true) AND t <= make_timestamp($high)
"""
_CHANGED = "SELECT epoch_us(min(first_t)) AS low, epoch_us(max(last_t)) AS high FROM changes WHERE id > $id"


@dataclass(frozen=True)
class Reaches:
    """Spans of time that were read, as columns: us since 1970, `FOR_EVER` for the horizon and beyond."""

    low: Ints
    high: Ints

    @classmethod
    def of(cls, found: Iterable[Event | Reach]) -> Reaches:
        """Return those of what a detector yields."""
        reaches = [one.reach if isinstance(one, Event) else one for one in found]
        high = [FOR_EVER if one.reads_to is None else one.reads_to for one in reaches]
        return cls(np.array([one.reads_from for one in reaches], np.int64), np.array(high, np.int64))


@dataclass(frozen=True)
class Window:
    """A closed span of time in us since 1970; None = without end on that side."""

    low: int | None
    high: int | None

    def meets(self, reaches: Reaches) -> Bools:
        """Say which of what was read has any instant in the window."""
        above = self.low is None or reaches.high >= self.low
        below = self.high is None or reaches.low <= self.high
        return np.asarray(np.full(len(reaches.low), True) & above & below)

    def joined(self, other: Window) -> Window:
        """Return the least window that holds both."""
        low = None if self.low is None or other.low is None else min(self.low, other.low)
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Window(low, high)

    def widened(self, reaches: Reaches) -> Window:
        """Return the window grown over all that crosses its edges."""
        met = self.meets(reaches)
        if not met.any():
            return self
        low = None if self.low is None else min(self.low, int(reaches.low[met].min()))
        high = None if self.high is None else max(self.high, int(reaches.high[met].max()))
        return Window(low, high)


_LONG_US = 72 * US_H  # an event that read so far beyond a window is long
EVERYTHING = Window(None, None)


@dataclass(frozen=True)
class DetectReport:
    """What a detection did.

    Attributes:
        horizon: The greatest time that detectors saw, UTC; None in a case without ships.
        events: How many events of each kind stand now.
        ran: Names of the detectors that had something to look at.
        ahead: Rows stamped so far ahead of all others that detectors do not see them yet.
    """

    horizon: datetime | None
    events: Mapping[str, int]
    ran: tuple[str, ...]
    ahead: int


def detect(
    store: Store,
    zones: ZoneSet,
    *,
    detectors: Mapping[str, Detector],
    now: datetime,
    version: str,
    window: tuple[datetime | None, datetime | None] | None = None,
    learned: Learned | None = None,
    progress: Callable[[str], None] | None = None,
    stop: Callable[[], None] = lambda: None,
) -> DetectReport:
    """Bring the events of each detector up to the case's rows.

    Args:
        store: The case, open for writing.
        zones: The zones in force.
        detectors: Which to run, by name, with their thresholds.
        now: Time of the run, UTC; kept in ``runs`` and read by no detector.
        version: darkwake's version; another one looks at everything again.
        window: Look only at this span (widened as needed) instead of at what changed.
        learned: What was learned before; by default what is in force for the case.
        progress: Called with each detector's name before it runs.
        stop: Called often; what it raises ends the detection, and what it did so far may be undone.

    Raises:
        SettingError: A threshold makes no sense.
        BadArtefact: What was learned for the case cannot be read.
        CaseError: The case file failed; its events are as before.
    """
    from zones import load_places

    for detector in detectors.values():
        check(detector)
    with store.transaction() as con:
        anew = _judged_by_another(con, version)
        if anew:
            con.execute("INSERT INTO touched SELECT DISTINCT mmsi FROM positions EXCEPT FROM touched")
        renew(con, anew=anew, stop=stop)
    horizon, sealed = find_horizon(store.con), seal_us(store.con)
    ran = []
    if horizon is not None:
        used = Learned.of_case(store.con) if learned is None else learned
        site = _Site(store, zones, load_places(), Lists(), used, horizon, sealed, now, version, stop)
        for name, detector in sorted(detectors.items(), key=lambda item: (bool(item[1].reads), item[0])):
            stop()
            if progress:
                progress(name)
            if site.bring_up(detector, window):
                ran.append(name)
        site.write()
        let_go(store.con, site.last_change)
    counts = store.con.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind").fetchall()
    seen = None if horizon is None else datetime.fromtimestamp(horizon / 1e6, UTC)
    ahead = 0 if horizon is None else count_ahead(store.con, horizon)
    return DetectReport(seen, dict(counts), tuple(sorted(ran)), ahead)


def _judged_by_another(con: duckdb.DuckDBPyConnection, version: str) -> bool:
    """Say whether the last run was another version's, whose marks may differ."""
    sql = f"SELECT version FROM runs WHERE detector <> '{SEAL}' ORDER BY id DESC LIMIT 1"
    last = con.execute(sql).fetchall()
    return bool(last) and last[0][0] != version


@dataclass
class _Site:
    """All that a detection works with."""

    store: Store
    zones: ZoneSet
    places: Places
    lists: Lists
    learned: Learned
    horizon_us: int
    sealed_us: int | None
    now: datetime
    version: str
    stop: Callable[[], None]
    at_hand: bool = True
    views: dict[tuple[Window, frozenset[int] | None], View] = field(default_factory=dict)
    changed_since: dict[tuple[int, int], frozenset[int] | None] = field(default_factory=dict)
    fixes: dict[tuple[int, frozenset[int]], Tracks | None] = field(default_factory=dict)
    waiting: list[Replacing] = field(default_factory=list)
    revised: dict[int, tuple[Revised, ...]] = field(default_factory=dict)
    spans: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.store.con

    @cached_property
    def last_runs(self) -> Mapping[str, Mapping[str, Any]]:
        """The last run of each detector before this detection."""
        return {row["detector"]: row for row in arrow(self.con, _LAST_RUNS).to_pylist()}

    @cached_property
    def standing(self) -> tuple[pa.Table, Mapping[str, int]]:
        """The events that stand, until some are replaced."""
        return read_standing(self.con, self.sealed_us)

    @cached_property
    def last_change(self) -> int:
        """The last change that there is, 0 for none."""
        return int(self.con.execute("SELECT coalesce(max(id), 0) FROM changes").fetchall()[0][0])

    @cached_property
    def first_us(self) -> int:
        """The seal, or the least time of a position."""
        if self.sealed_us is not None:
            return self.sealed_us
        return int(self.con.execute("SELECT epoch_us(min(t)) FROM positions").fetchall()[0][0] or self.horizon_us)

    def bring_up(self, detector: Detector, asked: tuple[datetime | None, datetime | None] | None) -> bool:
        """Look again at what changed for one detector; False where nothing did."""
        if any(one.detector in detector.reads and (one.gone or one.new) for one in self.waiting):
            self.write()
        settings = json.dumps(dataclasses.asdict(detector), sort_keys=True)  # type: ignore[call-overload]
        ships = None
        if asked is None:
            scope, change_id = self._changed(detector, settings), self.last_change
            ships = self._ships(detector, scope)
        else:
            scope = Window(*(None if t is None else to_us(t) for t in asked))
            change_id = self._change_seen(detector, settings)
        if scope is None:
            return False
        standing = Standing.of(*self.standing, detector.name)
        near = self._with_memory(scope, detector)
        window, gone, found = near, set[str](), list[Event]()
        for part in self._bounded(near, _parts(near, standing, ships)):
            self.stop()
            looked_at, replaced, new = self._settle(detector, near, standing, part)
            new, ids = not_cut(new, replaced, self.sealed_us)
            gone.update(ids)
            there = {event.id for event in found}  # two parts may come upon an event of ships of both: it is the same
            found += [event for event in new if event.id not in there]
            window = window.joined(looked_at)
        run = self._run_row(detector, settings, window, change_id)
        run["events"] = standing.count - len(gone) + len(found)
        self.waiting.append(Replacing(detector.name, sorted(gone), found, run, uses(detector)))
        if sum(len(one.new) for one in self.waiting) > _EVENTS_AT_ONCE:
            self.write()
        return True

    def _bounded(self, window: Window, parts: Iterable[frozenset[int] | None]) -> Iterator[frozenset[int] | None]:
        """Yield parts of ships that have no more fixes in a window than may be in memory several times."""
        for ships in parts:
            if ships is None:
                yield ships
                continue
            given = {"low": window.low, "high": self.horizon_us if window.high is None else window.high}
            self.con.register("some_ships", pa.table({"mmsi": pa.array(sorted(ships), pa.uint32())}))
            rows = int(arrow(self.con, _ROWS_OF, given)["n"][0].as_py())
            self.con.unregister("some_ships")
            number = max(1, min(rows // _FIXES_AT_ONCE + 1, len(ships)))
            self.at_hand = rows <= MOST_ROWS // 2  # else each part would push out of memory what the next wants
            ordered = sorted(ships)
            yield from (frozenset(ordered[nth::number]) for nth in range(number))

    def write(self) -> None:
        """Put the events found so far in the place of those that they replace, in one transaction."""
        waiting = [*self.waiting]
        self.waiting.clear()
        if not waiting:
            return
        with self.store.transaction() as con:
            record_zones(con, self.zones)
            record_used(con, self.learned, {kind for one in waiting for kind in one.used})
            replace_events(con, waiting)
        self.__dict__.pop("standing", None)

    def _change_seen(self, detector: Detector, settings: str) -> int:
        """Return the last change that all events have taken in: none (0) where only a span is as it is asked now."""
        last = self.last_runs.get(detector.name)
        if last is None or last["horizon_us"] != self.horizon_us or self._with(detector, settings) != _ran_with(last):
            return 0
        if self._revised(detector):
            return 0
        return int(last["change_id"])

    def _with(self, detector: Detector, settings: str) -> tuple[object, ...]:
        return settings, self.zones.sha256, self.version, self.learned.hashes(uses(detector))

    def _changed(self, detector: Detector, settings: str) -> Window | None:
        """Return the span to look at again: all of it after a change of settings, zones or version."""
        last = self.last_runs.get(detector.name)
        if last is None or _ran_with(last) != self._with(detector, settings):
            return EVERYTHING
        lows = [t for t in self._span_since(last["change_id"]) if t is not None]
        if last["horizon_us"] != self.horizon_us:
            lows += [min(last["horizon_us"], self.horizon_us), max(last["horizon_us"], self.horizon_us)]
        lows += [min(t, self.horizon_us) for one in self._revised(detector) for t in (one.low_us, one.high_us)]
        return Window(min(lows), max(lows)) if lows else None

    def _span_since(self, change_id: int) -> tuple[int | None, int | None]:
        """Return the least and the greatest time of what changed after a change."""
        if change_id not in self.spans:
            low, high = self.con.execute(_CHANGED, {"id": change_id}).fetchall()[0]
            self.spans[change_id] = low, high
        return self.spans[change_id]

    def _ships(self, detector: Detector, scope: Window | None) -> frozenset[int] | None:
        """Return the ships whose events may have changed; None for any."""
        last = self.last_runs.get(detector.name)
        if last is None or scope is None or scope.low is None or scope.high is None:
            return None
        if last["horizon_us"] > self.horizon_us:
            return None
        ships = self._ships_since(last["change_id"], last["horizon_us"])
        if ships is None:
            return None
        given = (scope.low, scope.high, last["horizon_us"], self.horizon_us, last["change_id"], self.last_change)
        more = (Shelf.of(self.store), self.zones, self.sealed_us, self._revised(detector), self._fixes)
        return detector.stirred(Changes(self.con, detector.name, ships, *given, *more))

    def _fixes(self, ships: frozenset[int], low_us: int) -> Tracks | None:
        """Return all that some ships gave from a time on, unless that is much."""
        if (low_us, ships) not in self.fixes:
            self.fixes.clear()
            self.fixes[low_us, ships] = undoubted_few(self.con, low_us, self.horizon_us, ships)
        return self.fixes[low_us, ships]

    def _revised(self, detector: Detector) -> tuple[Revised, ...]:
        """Return by what the outages changed since a detector's last run, if it reads them."""
        last = self.last_runs.get(detector.name)
        if last is None or OUTAGE not in detector.reads:
            return ()
        if last["id"] not in self.revised:
            self.revised[last["id"]] = revised_since(self.con, last["id"])
        return self.revised[last["id"]]

    def _ships_since(self, change_id: int, horizon_us: int) -> frozenset[int] | None:
        """Return the ships that changed, or that the horizon let be seen or hid; None for any."""
        if (change_id, horizon_us) not in self.changed_since:
            self.changed_since[change_id, horizon_us] = self._ships_of(change_id, horizon_us)
        return self.changed_since[change_id, horizon_us]

    def _ships_of(self, change_id: int, horizon_us: int) -> frozenset[int] | None:
        ships = since(self.con, change_id)
        if ships is None or horizon_us == self.horizon_us:
            return ships
        span = {"low": min(horizon_us, self.horizon_us), "high": max(horizon_us, self.horizon_us)}
        return ships.union(arrow(self.con, _SAID, span)["mmsi"].to_numpy().tolist())

    @cached_property
    def shelf(self) -> Shelf:
        """The fixes in memory, without what changed since they were put there."""
        shelf = Shelf.of(self.store)
        if shelf.change_id != self.last_change or shelf.horizon_us != self.horizon_us:
            ships = None
            if shelf.horizon_us <= self.horizon_us:
                ships = self._ships_since(shelf.change_id, shelf.horizon_us)
            first, _ = self._span_since(shelf.change_id)
            low_us = min(shelf.horizon_us, self.horizon_us if first is None else first)
            shelf.renew(ships, low_us, self.horizon_us, self.last_change)
        return shelf

    def _with_memory(self, scope: Window, detector: Detector) -> Window:
        memory_us = int(detector.look_around_h * US_H)
        low = None if scope.low is None else scope.low - memory_us
        high = None if scope.high is None else scope.high + memory_us
        return Window(low, high)

    def _settle(
        self, detector: Detector, window: Window, standing: Standing, ships: frozenset[int] | None
    ) -> tuple[Window, Standing, list[Event]]:
        """Widen the window until nothing reads across its edge, and the ships until none of an event is left out.

        Returns:
            The window, the events that stood there of these ships, and those that do now.
        """
        while True:
            kept = standing if ships is None else standing.of_ships(ships)
            read = Reaches(kept.low, kept.high)
            window = self._closed(window, read)
            stood = window.meets(read)
            if ships is not None and not (members := kept.members(stood)) <= ships:
                ships |= members
                continue
            found = []
            for one in detector.find(self._view(window, ships)):
                self.stop()
                found.append(one)
            reaches = Reaches.of(found)
            wider = self._closed(window, read, reaches)
            met = wider.meets(reaches)
            events = [one for one, meets in zip(found, met, strict=True) if meets and isinstance(one, Event)]
            together = ships and ships.union(*(one.mmsi for one in events))
            if wider == window and together == ships:
                return window, kept.where(stood), scored(events, self.learned)
            window, ships = wider, together

    def _closed(self, window: Window, *reaches: Reaches) -> Window:
        """Return a window that no reach crosses the edge of but the seal; an edge beyond all rows is none."""
        while True:
            wider = window
            for some in reaches:
                wider = wider.widened(some)
            if wider.low is None or wider.low <= self.first_us:
                wider = Window(self.sealed_us, wider.high)
            if wider.high is not None and wider.high >= self.horizon_us:
                wider = Window(wider.low, None)
            if wider == window:
                return window
            window = wider

    def _view(self, window: Window, ships: frozenset[int] | None) -> View:
        """Return the view of a window: the one before it where that was of the same."""
        if (window, ships) not in self.views:
            self.views.clear()
            high = self.horizon_us if window.high is None else window.high
            given = (self.zones, self.places, self.lists, self.learned, ships, self.shelf, self.at_hand)
            self.views[window, ships] = View(self.con, window.low, high, self.horizon_us, *given)
        return self.views[window, ships]

    def _run_row(self, detector: Detector, settings: str, window: Window, change_id: int) -> dict[str, Any]:
        stamp = pa.timestamp("us")
        return {
            "made_at": self.now.astimezone(UTC).replace(tzinfo=None),
            "version": self.version,
            "detector": detector.name,
            "settings": settings,
            "zones_sha256": self.zones.sha256,
            "window_from": pa.scalar(window.low, stamp).as_py(),
            "window_to": pa.scalar(window.high, stamp).as_py(),
            "horizon": pa.scalar(self.horizon_us, stamp).as_py(),
            "change_id": change_id,
            "artefacts": list(self.learned.hashes(uses(detector))),
        }


def _parts(window: Window, standing: Standing, ships: frozenset[int] | None) -> Iterator[frozenset[int] | None]:
    """Yield the ships in two parts: those of long events must be read from far back, and the others need not be."""
    if ships is None or window.low is None:
        yield ships
        return
    kept = standing.of_ships(ships)
    long = kept.members(window.meets(Reaches(kept.low, kept.high)) & (kept.low < window.low - _LONG_US)) & ships
    yield from (part for part in (ships - long, long) if part)


def _ran_with(run: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what a run's events hang on besides the rows."""
    return run["settings"], run["zones_sha256"], run["version"], tuple(run["artefacts"] or ())
