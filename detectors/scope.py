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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ais.counts import SEAL
from ais.marks import renew
from ais.seal import seal_us
from detectors.contract import Detector, check
from detectors.event import Event, Reach, to_us
from detectors.geo import US_H
from detectors.horizon import count_ahead, find_horizon
from detectors.learned import Learned, record_used
from detectors.ledger import Kept, kept_events, record_run, record_zones, replace_events
from detectors.lists import Lists
from detectors.models import scored, uses
from detectors.sealed import after_seal, not_cut
from detectors.view import View

if TYPE_CHECKING:
    import duckdb

    from ais.store import Store
    from zones import Places, ZoneSet

_LAST_RUN = """
SELECT settings, zones_sha256, version, artefacts, epoch_us(horizon) AS horizon_us, change_id
FROM runs WHERE detector = $name ORDER BY id DESC LIMIT 1
"""
_CHANGED = "SELECT epoch_us(min(first_t)) AS low, epoch_us(max(last_t)) AS high FROM changes WHERE id > $id"


@dataclass(frozen=True)
class Window:
    """A closed span of time in us since 1970; None = without end on that side."""

    low: int | None
    high: int | None

    def meets(self, reach: Reach) -> bool:
        """Say whether something read has any instant in the window."""
        above = self.low is None or reach.reads_to is None or reach.reads_to >= self.low
        below = self.high is None or reach.reads_from <= self.high
        return above and below

    def widened(self, reaches: Iterable[Reach]) -> Window:
        """Return the window grown over all that crosses its edges."""
        low, high = self.low, self.high
        for reach in reaches:
            if not self.meets(reach):
                continue
            if low is not None and reach.reads_from < low:
                low = reach.reads_from
            if high is not None and (reach.reads_to is None or reach.reads_to > high):
                high = reach.reads_to
        return Window(low, high)


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

    Raises:
        SettingError: A threshold makes no sense.
        BadArtefact: What was learned for the case cannot be read.
        CaseError: The case file failed; its events are as before.
    """
    from zones import load_places

    for detector in detectors.values():
        check(detector)
    with store.transaction() as con:
        if _judged_by_another(con, version):
            con.execute("INSERT INTO touched SELECT DISTINCT mmsi FROM positions EXCEPT FROM touched")
        renew(con)
    horizon, sealed = find_horizon(store.con), seal_us(store.con)
    ran = []
    if horizon is not None:
        used = Learned.of_case(store.con) if learned is None else learned
        site = _Site(store, zones, load_places(), Lists(), used, horizon, sealed, now, version)
        for name, detector in sorted(detectors.items()):
            if progress:
                progress(name)
            if site.bring_up(detector, window):
                ran.append(name)
    counts = store.con.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind").fetchall()
    seen = None if horizon is None else datetime.fromtimestamp(horizon / 1e6, UTC)
    ahead = 0 if horizon is None else count_ahead(store.con, horizon)
    return DetectReport(seen, dict(counts), tuple(ran), ahead)


def _judged_by_another(con: duckdb.DuckDBPyConnection, version: str) -> bool:
    """Say whether the last run was another version's, whose marks may differ."""
    sql = f"SELECT version FROM runs WHERE detector <> '{SEAL}' ORDER BY id DESC LIMIT 1"
    last = con.execute(sql).fetchall()
    return bool(last) and last[0][0] != version


@dataclass(frozen=True)
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

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.store.con

    def bring_up(self, detector: Detector, asked: tuple[datetime | None, datetime | None] | None) -> bool:
        """Look again at what changed for one detector; False where nothing did."""
        settings = json.dumps(dataclasses.asdict(detector), sort_keys=True)  # type: ignore[call-overload]
        change_id = int(self.con.execute("SELECT coalesce(max(id), 0) FROM changes").fetchall()[0][0])
        if asked is None:
            scope = self._changed(detector, settings)
        else:
            scope = Window(*(None if t is None else to_us(t) for t in asked))
            change_id = self._change_seen(detector, settings)
        if scope is None:
            return False
        kept = after_seal(kept_events(self.con, detector.name), self.sealed_us)
        window, events = self._settle(detector, self._with_memory(scope, detector), kept)
        events, replaced = not_cut(events, [one for one in kept if window.meets(one.reach)], self.sealed_us)
        with self.store.transaction() as con:
            run_id = int(con.execute("SELECT coalesce(max(id), 0) + 1 FROM runs").fetchall()[0][0])
            record_zones(con, self.zones)
            record_used(con, self.learned, uses(detector))
            replace_events(con, run_id, detector.name, replaced, events)
            record_run(con, self._run_row(run_id, detector, settings, window, change_id))
        return True

    def _last_run(self, detector: Detector) -> dict[str, Any] | None:
        rows = self.store.con.sql(_LAST_RUN, params={"name": detector.name}).to_arrow_table().to_pylist()
        return rows[0] if rows else None

    def _change_seen(self, detector: Detector, settings: str) -> int:
        """Return the last change that all events have taken in: none (0) where only a span is as it is asked now."""
        last = self._last_run(detector)
        if last is None or last["horizon_us"] != self.horizon_us or self._with(detector, settings) != _ran_with(last):
            return 0
        return int(last["change_id"])

    def _with(self, detector: Detector, settings: str) -> tuple[object, ...]:
        return settings, self.zones.sha256, self.version, self.learned.hashes(uses(detector))

    def _changed(self, detector: Detector, settings: str) -> Window | None:
        """Return the span to look at again: all of it after a change of settings, zones or version."""
        last = self._last_run(detector)
        if last is None or _ran_with(last) != self._with(detector, settings):
            return EVERYTHING
        span = self.con.execute(_CHANGED, {"id": last["change_id"]}).fetchall()[0]
        lows = [t for t in span if t is not None]
        if last["horizon_us"] != self.horizon_us:
            lows += [min(last["horizon_us"], self.horizon_us), max(last["horizon_us"], self.horizon_us)]
        return Window(min(lows), max(lows)) if lows else None

    def _with_memory(self, scope: Window, detector: Detector) -> Window:
        memory_us = int(detector.look_around_h * US_H)
        low = None if scope.low is None else scope.low - memory_us
        high = None if scope.high is None else scope.high + memory_us
        return Window(low, high)

    def _settle(self, detector: Detector, window: Window, kept: list[Kept]) -> tuple[Window, list[Event]]:
        """Widen the window until nothing reads across its edge; return it with its events."""
        first_us = self.sealed_us
        if first_us is None:
            sql = "SELECT epoch_us(min(t)) FROM positions"
            first_us = int(self.con.execute(sql).fetchall()[0][0] or self.horizon_us)
        while True:
            if window.low is None or window.low <= first_us:
                window = Window(self.sealed_us, window.high)
            if window.high is not None and window.high >= self.horizon_us:
                window = Window(window.low, None)
            high = self.horizon_us if window.high is None else window.high
            view = View(self.con, window.low, high, self.horizon_us, self.zones, self.places, self.lists, self.learned)
            found = list(detector.find(view.open()))
            reaches = [one.reach if isinstance(one, Event) else one for one in found]
            wider = window.widened([*reaches, *(one.reach for one in kept)])
            if wider.low is not None and wider.low <= first_us:
                wider = Window(self.sealed_us, wider.high)
            if wider == window:
                events = [one for one in found if isinstance(one, Event) and window.meets(one.reach)]
                return window, scored(events, self.learned)
            window = wider

    def _run_row(
        self, run_id: int, detector: Detector, settings: str, window: Window, change_id: int
    ) -> dict[str, Any]:
        count = self.con.execute("SELECT count(*) FROM events WHERE detector = ?", [detector.name]).fetchall()[0][0]
        stamp = pa.timestamp("us")
        return {
            "id": run_id,
            "made_at": self.now.astimezone(UTC).replace(tzinfo=None),
            "version": self.version,
            "detector": detector.name,
            "settings": settings,
            "zones_sha256": self.zones.sha256,
            "window_from": pa.scalar(window.low, stamp).as_py(),
            "window_to": pa.scalar(window.high, stamp).as_py(),
            "horizon": pa.scalar(self.horizon_us, stamp).as_py(),
            "change_id": change_id,
            "events": count,
            "artefacts": list(self.learned.hashes(uses(detector))),
        }


def _ran_with(run: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what a run's events hang on besides the rows."""
    return run["settings"], run["zones_sha256"], run["version"], tuple(run["artefacts"] or ())
