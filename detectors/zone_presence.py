"""Ships inside the lines: entry, stay and exit per ship and zone, and fishing ships where a fishing rule holds.

Presence is a fact, not an offence: innocent passage through a territorial sea is lawful. ``zone_presence`` is yielded
for zones that alert for any ship; ``incursion`` for zones with a fishing rule and ships that fish: AIS type 30,
navigational status 7, or on the known-fishing list. A ship whose MMSI is North Korean (MID 445) is at home there: its
fishing is a ``zone_presence``. Every event names the line it used; lines here are disputed and uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from detectors.contract import Detector, threshold
from detectors.event import Event, Reach, shared, to_datetime, untied
from detectors.geo import NM_M, US_H, Bools, Ints
from detectors.idle import Idle

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.tracks import Tracks
    from detectors.view import View
    from zones import Zone

DPRK_MID = 445
MINUTE_US = US_H // 60
_FISHING_TYPE = "SELECT mmsi, epoch_us(t) AS t_us FROM ({identities}) WHERE ship_type = 30 ORDER BY mmsi, t"
_FISHING_STATUS = "SELECT mmsi, track, epoch_us(t) AS t_us FROM fixes WHERE nav_status = 7 ORDER BY mmsi, t, track"


@dataclass(frozen=True)
class _Stay:
    """One ship's stay in one zone: indices of its first and last fix inside, and of the fixes around it (or -1)."""

    first: int
    last: int
    before: int
    after: int


@dataclass(frozen=True)
class _Said:
    """Times at which ships said something, sorted by ship and time."""

    mmsi: Ints
    t_us: Ints
    track: npt.NDArray[np.uint64] | None = None

    def count(self, mmsi: int, track: int, low_us: int, high_us: int) -> int:
        """Return how often one ship said it in a span; where the track is not known, any ship of that number."""
        own = slice(int(np.searchsorted(self.mmsi, mmsi, "left")), int(np.searchsorted(self.mmsi, mmsi, "right")))
        times = self.t_us[own]
        if self.track is not None:
            times = times[self.track[own] == track]
        return int(np.searchsorted(times, high_us, "right") - np.searchsorted(times, low_us, "left"))


@dataclass(frozen=True)
class _Fishing:
    """What tells that a ship fishes."""

    by_type: _Said
    by_status: _Said
    listed: dict[int, bool]


@dataclass(frozen=True)
class ZonePresence(Detector):
    """Stays in zones, joined over absences up to ``rejoin_minutes`` so that jitter on a line makes one event.

    Score: presence 0.2, incursion 0.5; plus 0.2 where the stay is over 24 h long, plus 0.1 where at least half of it
    was observed, plus 0.1 where the entry was seen, plus 0.1 in an STS area; minus 0.1 for a North Korean MMSI.
    """

    name: ClassVar[str] = "zone_presence"
    kinds: ClassVar[tuple[str, ...]] = ("zone_presence", "incursion")

    rejoin_minutes: float = threshold(60.0, "absences up to this join two stays: jitter on a line", unit="min", least=0)
    seen_minutes: float = threshold(
        60.0, "fixes at most this far apart count as observed, and a crossing between them as seen", unit="min", least=1
    )
    type_hours: float = threshold(
        24.0, "static reports this long around a stay tell the ship's type", unit="h", least=0
    )
    memory_h: float = threshold(
        25.0, "how far around a change to look again: type_hours and a rejoin", unit="h", least=1
    )

    @property
    def look_around_h(self) -> float:
        """As long as a static report tells the type and an absence is joined, if ``memory_h`` is less."""
        return max(self.memory_h, self.type_hours + self.rejoin_minutes / 60)

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """A stay hangs on what its own ship said alone: ships that changed, but for those far from all such zones."""
        zones = [zone.id for zone in changes.zones.zones if zone.alert_for != "none"]

        def inside(tracks: Tracks, _: Ints) -> Bools:
            return np.asarray(changes.zones.inside(tracks.lon, tracks.lat, tracks.t, ids=zones).any(axis=0))

        around_us = int(self.look_around_h * US_H)
        return changes.ships - Idle.of(changes.shelf, self, changes.zones.sha256).among(changes, around_us, inside)

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield the stays of all ships in all zones that alert."""
        tracks = view.tracks
        zones = [zone for zone in view.zones.zones if zone.alert_for != "none"]
        if not len(tracks) or not zones:
            return
        inside = view.zones.inside(tracks.lon, tracks.lat, tracks.t, ids=[zone.id for zone in zones])
        if view.shelf is not None:
            any_of = inside.any(axis=0)
            idle = Idle.of(view.shelf, self, view.zones.sha256)
            idle.looked_at(view, tracks.mmsi[tracks.ship[any_of]], tracks.t[any_of])
        fishing = self._fishing(view) if any(zone.alert_for == "fishing" for zone in zones) else None
        found = []
        for zone, held in zip(zones, inside, strict=True):
            for stay in self._stays(tracks, held):
                judged = self._judge(view, zone, stay, fishing)
                if isinstance(judged, Reach):
                    yield judged
                else:
                    found.append((judged, (int(tracks.track[tracks.ship[stay.first]]),)))
        yield from untied(found)

    def _fishing(self, view: View) -> _Fishing:
        """Read what tells fishing ships in reach of the view's fixes."""
        around = int(self.type_hours * US_H)
        low, high = int(view.tracks.t.min()) - around, int(view.tracks.t.max()) + around
        typed = _FISHING_TYPE.format(identities=view.identities("mmsi, t, ship_type", low, high))
        columns = [view.columns(typed), view.columns(_FISHING_STATUS)]
        by_type, by_status = (_Said(rows["mmsi"].astype(np.int64), rows["t_us"], rows.get("track")) for rows in columns)
        listed = view.lists.is_fishing(view.tracks.mmsi)
        return _Fishing(by_type, by_status, {int(mmsi): True for mmsi in view.tracks.mmsi[listed]})

    def _stays(self, tracks: Tracks, held: Bools) -> Iterator[_Stay]:
        """Yield each ship's stays, given which fixes lie inside."""
        index = np.flatnonzero(held)
        if not len(index):
            return
        ship, t = tracks.ship[index], tracks.t[index]
        away = (np.diff(index) > 1) & (np.diff(t) > self.rejoin_minutes * MINUTE_US)
        breaks = np.flatnonzero((np.diff(ship) != 0) | away)
        lows, highs = np.append(0, breaks + 1), np.append(breaks, len(index) - 1)
        for low, high in zip(index[lows].tolist(), index[highs].tolist(), strict=True):
            own = int(tracks.ship[low])
            before = low - 1 if low > tracks.offsets[own] else -1
            after = high + 1 if high + 1 < tracks.offsets[own + 1] else -1
            yield _Stay(low, high, before, after)

    def _judge(self, view: View, zone: Zone, stay: _Stay, fishing: _Fishing | None) -> Event | Reach:
        """Return the event of a stay; its reach where the zone's rule does not concern the ship (so far)."""
        tracks = view.tracks
        ship = int(tracks.ship[stay.first])
        mmsi = int(tracks.mmsi[ship])
        start_us, last_us = int(tracks.t[stay.first]), int(tracks.t[stay.last])
        around = int(self.type_hours * US_H)
        why = _why_fishing(fishing, mmsi, int(tracks.track[ship]), start_us, last_us, around) if fishing else None
        reach = self._reach(tracks, stay)
        if zone.alert_for == "fishing" and why is None:
            return reach
        at_home = mmsi // 1_000_000 == DPRK_MID
        kind = "incursion" if zone.alert_for == "fishing" and not at_home else "zone_presence"
        evidence = self._evidence(tracks, zone, stay, why)
        middle = (stay.first + stay.last) // 2
        event = Event(
            kind=kind,
            mmsi=(mmsi,),
            start=to_datetime(start_us),
            end=None if stay.after < 0 else to_datetime(last_us + 1),
            lon=float(tracks.lon[middle]),
            lat=float(tracks.lat[middle]),
            score=_score(kind, zone, evidence, at_home),
            zones=(zone.id,),
            evidence=evidence,
            reasons=_reasons(zone, evidence, at_home, stay.after < 0),
            reach=reach,
            key=zone.id,
        )
        return shared(event, tracks.sharing(ship, start_us, last_us))

    def _reach(self, tracks: Tracks, stay: _Stay) -> Reach:
        """Return all that is read for a stay: the fixes around it, and static reports and absences near its ends."""
        start_us, last_us = int(tracks.t[stay.first]), int(tracks.t[stay.last])
        around = int(max(self.type_hours * US_H, self.rejoin_minutes * MINUTE_US))
        before = int(tracks.t[stay.before]) if stay.before >= 0 else start_us
        after = int(tracks.t[stay.after]) if stay.after >= 0 else last_us
        reads_to = None if stay.after < 0 else max(after, last_us + around)
        return Reach(min(before, start_us - around), reads_to)

    def _evidence(self, tracks: Tracks, zone: Zone, stay: _Stay, why: str | None) -> dict[str, object]:
        """Return the values that the event rests on."""
        seen_us = self.seen_minutes * MINUTE_US
        holes: dict[str, object] = {}
        for side, inner, outer in (("entry", stay.first, stay.before), ("exit", stay.last, stay.after)):
            hole = abs(int(tracks.t[inner]) - int(tracks.t[outer])) if outer >= 0 else None
            holes[f"{side}_seen"] = hole is not None and hole <= seen_us
            holes[f"{side}_hole_hours"] = None if hole is None else round(hole / US_H, 2)
        steps = np.diff(tracks.t[stay.first : stay.last + 1])
        dwell_us = int(tracks.t[stay.last] - tracks.t[stay.first])
        observed = int(steps[steps <= seen_us].sum()) / dwell_us if dwell_us else 1.0
        return {
            "zone": zone.id,
            **holes,
            "dwell_hours": round(dwell_us / US_H, 2),
            "observed_fraction": round(observed, 3),
            "fixes_count": stay.last - stay.first + 1,
            "fishing_reason": why,
        }


def _why_fishing(fishing: _Fishing, mmsi: int, track: int, start_us: int, last_us: int, around_us: int) -> str | None:
    """Return what tells that a ship fishes, None where nothing does."""
    typed = fishing.by_type.count(mmsi, track, start_us - around_us, last_us + around_us)
    if typed:
        return f"says AIS type 30 (fishing) in {typed} static reports"
    status = fishing.by_status.count(mmsi, track, start_us, last_us)
    if status:
        return f"says status 7 (engaged in fishing) in {status} reports"
    if mmsi in fishing.listed:
        return "on the list of known fishing vessels of 2018"
    return None


def _score(kind: str, zone: Zone, evidence: dict[str, object], at_home: bool) -> float:
    """Return the documented score of a stay."""
    dwell, observed = evidence["dwell_hours"], evidence["observed_fraction"]
    assert isinstance(dwell, float)
    assert isinstance(observed, float)
    score = 0.5 if kind == "incursion" else 0.2
    score += 0.2 * (dwell > 24) + 0.1 * (observed >= 0.5) + 0.1 * (evidence["entry_seen"] is True)
    score += 0.1 * float(zone.kind == "sts_area") - 0.1 * at_home
    return round(min(max(score, 0.0), 1.0), 2)


def _reasons(zone: Zone, evidence: dict[str, object], at_home: bool, is_open: bool) -> tuple[str, ...]:
    """Say what speaks for and against."""
    said = [f"for: {evidence['fixes_count']} fixes inside {zone.name} over {evidence['dwell_hours']} h"]
    if evidence["fishing_reason"]:
        said.append(f"for: {evidence['fishing_reason']}")
    if not evidence["entry_seen"]:
        said.append("against: the entry was not observed")
    if not is_open and not evidence["exit_seen"]:
        said.append("against: the exit was not observed")
    if at_home:
        said.append("against: the MMSI is North Korean (445)")
    if zone.edge_uncertainty_m:
        said.append(f"against: the line is uncertain by {zone.edge_uncertainty_m / NM_M:.1f} nm; {zone.legal_status}")
    else:
        said.append(f"note: {zone.legal_status}")
    said.append("innocent explanation: passage, shelter, or a line that the ship's flag State does not recognise")
    return tuple(said)
