"""Two ships close together and slow for hours, away from where ships lie together anyway: a meeting at sea.

The rule is Miller 2018's, as Global Fishing Watch uses it (500 m, 2 h, under 2 kn), without its cut of 10 km around
coastal anchorages, which would hide Sok-do and Cho-do. Course is no criterion: it means nothing adrift. A sample is a
real fix of one ship with the other's place then, interpolated between two real fixes at most ``max_gap_minutes``
apart; a meeting needs two real fixes of each ship inside it. Distances are between antennas, not hulls.

Left out on purpose: hull-to-hull distances, rafts as one event, and telling pair trawlers and attending craft apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from detectors.contract import Detector, threshold
from detectors.event import Event, Reach, iso, shared, to_datetime, untied
from detectors.geo import US_H, Bools, Floats, Ints, distance_m
from detectors.nearby import find_candidates

if TYPE_CHECKING:
    from detectors.tracks import Tracks
    from detectors.view import View
    from zones import Zone

MINUTE_US = US_H // 60
SERIES_POINTS = 60
# Interpolated steps are coarser than fixes: ships whose fixes have a median under the limit are never all faster.
LOOSE_KN = 1.5


@dataclass(frozen=True)
class _Samples:
    """Samples of two ships, by time: us since 1970, antenna distance in metres, whether the real fix is the first's."""

    t: Ints
    distance_m: Floats
    of_first: Bools
    lon: Floats
    lat: Floats

    def part(self, low: int, high: int) -> _Samples:
        """Return the samples from one index to another, both included."""
        cut = slice(low, high + 1)
        return _Samples(self.t[cut], self.distance_m[cut], self.of_first[cut], self.lon[cut], self.lat[cut])

    def where(self, keep: Bools) -> _Samples:
        """Return some of the samples."""
        return _Samples(self.t[keep], self.distance_m[keep], self.of_first[keep], self.lon[keep], self.lat[keep])


@dataclass(frozen=True)
class _Meeting:
    """A contact that is a meeting.

    Attributes:
        pair: The two ships, by index.
        contact: The samples in contact.
        closest: Index of the closest of them.
        fixes: How many real fixes of each ship are among them.
        speeds_kn: Median speed of each ship.
        hole_us: The longest time without a fix of one of the ships.
        is_open: Whether it may go on beyond the data.
        reach: All that was read for it.
    """

    pair: tuple[int, int]
    contact: _Samples
    closest: int
    fixes: tuple[int, int]
    speeds_kn: tuple[float, float]
    hole_us: int
    is_open: bool
    reach: Reach


@dataclass(frozen=True)
class Rendezvous(Detector):
    """Meetings of two ships within ``max_distance_m`` for ``min_hours`` at a median speed under ``max_sog_kn``.

    Score: 0.4; plus 0.2 at a least distance under 150 m, plus 0.1 when over 4 h long, plus 0.2 in an STS area or
    plus 0.1 in another zone that alerts; minus 0.3 within a port or anchorage.
    """

    name: ClassVar[str] = "rendezvous"
    kinds: ClassVar[tuple[str, ...]] = ("rendezvous",)

    max_distance_m: float = threshold(500.0, "antennas this near are in contact (GFW, encounters)", unit="m", least=1)
    min_hours: float = threshold(2.0, "least length (GFW, encounters)", unit="h", least=0.1)
    max_sog_kn: float = threshold(
        2.0, "median speed of each ship must be under this (GFW, encounters)", unit="kn", least=0.1
    )
    max_gap_minutes: float = threshold(
        60.0, "holes joined, and the longest span to interpolate over: a missed satellite pass", unit="min", least=1
    )
    port_km: float = threshold(
        5.0, "a contact this near a port's point is in port (WPI points err by 1-2 km)", unit="km", least=0
    )
    anchorage_km: float = threshold(2.0, "a contact this near an anchorage's point is in it", unit="km", least=0)
    memory_h: float = threshold(8.0, "how far around a change to look again: two meetings' length", unit="h", least=1)

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield each meeting of the view, and the reach of each contact that is long enough but no meeting."""
        tracks = view.tracks
        if not len(tracks):
            return
        least_us = int(self.min_hours * US_H)
        found = find_candidates(tracks, self.max_distance_m, self.max_sog_kn + LOOSE_KN, self._gap_us, least_us)
        meetings = []
        for i in range(len(found.first)):
            pair = int(found.first[i]), int(found.second[i])
            if tracks.mmsi[pair[0]] == tracks.mmsi[pair[1]]:
                continue  # what shares a number and a place cannot be told apart
            samples = self._measure(tracks, *pair, int(found.from_us[i]), int(found.to_us[i]))
            near = samples.where(samples.distance_m <= self.max_distance_m)
            for contact in self._contacts(near):
                judged = self._judge(view, pair, contact)
                if isinstance(judged, Reach):
                    yield judged
                else:
                    meetings.append(judged)
        yield from self._events(view, meetings)

    @property
    def look_around_h(self) -> float:
        """As long as two meetings and the holes beside them, if ``memory_h`` is less."""
        return max(self.memory_h, 2 * self.min_hours + self.max_gap_minutes / 30)

    @property
    def _gap_us(self) -> int:
        return int(self.max_gap_minutes * MINUTE_US)

    def _measure(self, tracks: Tracks, first: int, second: int, from_us: int, to_us: int) -> _Samples:
        """Return the samples of two ships (by index) in a span: each real fix against the other's place then."""
        columns: list[tuple[Ints, Floats, Bools, Floats, Floats]] = []
        for ship, other in ((first, second), (second, first)):
            part = tracks.fixes_of(ship, from_us, to_us)
            t, lon, lat = tracks.t[part], tracks.lon[part], tracks.lat[part]
            other_lon, other_lat, known = tracks.position_at(other, t, self._gap_us)
            apart = distance_m(lon[known], lat[known], other_lon[known], other_lat[known])
            columns.append((t[known], apart, np.full(int(known.sum()), ship == first), lon[known], lat[known]))
        t, apart, of_first, lon, lat = (np.concatenate(both) for both in zip(*columns, strict=True))
        order = np.lexsort((~of_first, t))
        return _Samples(t[order], apart[order], of_first[order], lon[order], lat[order])

    def _contacts(self, near: _Samples) -> Iterator[_Samples]:
        """Yield runs of samples in contact, joined over holes, that last long enough."""
        if not len(near.t):
            return
        breaks = np.flatnonzero(np.diff(near.t) > self._gap_us)
        lows = [0, *(breaks + 1).tolist()]
        highs = [*breaks.tolist(), len(near.t) - 1]
        for low, high in zip(lows, highs, strict=True):
            if near.t[high] - near.t[low] >= self.min_hours * US_H:
                yield near.part(low, high)

    def _judge(self, view: View, pair: tuple[int, int], contact: _Samples) -> _Meeting | Reach:
        """Return the meeting that a contact is, or its reach if it is none."""
        start_us, end_us = int(contact.t[0]), int(contact.t[-1])
        is_open = view.horizon_us - end_us <= self._gap_us
        reach = Reach(start_us - 2 * self._gap_us, None if is_open else end_us + 2 * self._gap_us)
        parts = [view.tracks.fixes_of(ship, start_us, end_us) for ship in pair]
        fixes = int(contact.of_first.sum()), int((~contact.of_first).sum())
        if min(fixes) < 2:
            return reach
        speeds = float(np.median(view.tracks.speed_kn(parts[0]))), float(np.median(view.tracks.speed_kn(parts[1])))
        if max(speeds) >= self.max_sog_kn:
            return reach
        hole_us = max(int(np.diff(view.tracks.t[part], prepend=start_us, append=end_us).max()) for part in parts)
        return _Meeting(pair, contact, int(np.argmin(contact.distance_m)), fixes, speeds, hole_us, is_open, reach)

    def _events(self, view: View, meetings: list[_Meeting]) -> Iterator[Event]:
        """Yield the events of meetings, each placed at its closest sample."""
        if not meetings:
            return
        lon, lat, t = (
            np.array([getattr(meeting.contact, name)[meeting.closest] for meeting in meetings])
            for name in ("lon", "lat", "t")
        )
        places = view.places
        ports = places.near_port(lon, lat, self.port_km * 1000)
        anchorages = places.near_anchorage(lon, lat, self.anchorage_km * 1000)
        held = view.zones.inside(lon, lat, t)
        tracks, found = view.tracks, []
        for i, meeting in enumerate(meetings):
            port = places.port_name(int(ports[i])) if ports[i] >= 0 else None
            anchorage = places.anchorage_name(int(anchorages[i])) if anchorages[i] >= 0 else None
            zones = tuple(view.zones.zones[row] for row in np.flatnonzero(held[:, i]))
            span = int(meeting.contact.t[0]), int(meeting.contact.t[-1])
            ships = max(tracks.sharing(ship, *span) for ship in meeting.pair)
            event = shared(_event(tracks, meeting, zones, port, anchorage), ships)
            found.append((event, tuple(int(tracks.track[ship]) for ship in meeting.pair)))
        yield from untied(found)


def _event(
    tracks: Tracks, meeting: _Meeting, zones: tuple[Zone, ...], port: str | None, anchorage: str | None
) -> Event:
    """Make the event of one meeting."""
    contact = meeting.contact
    start_us, end_us = int(contact.t[0]), int(contact.t[-1])
    evidence: dict[str, object] = {
        "hours": round((end_us - start_us) / US_H, 2),
        "distance_min_m": round(float(contact.distance_m[meeting.closest])),
        "distance_median_m": round(float(np.median(contact.distance_m))),
        "sog_median_a_kn": round(meeting.speeds_kn[0], 1),
        "sog_median_b_kn": round(meeting.speeds_kn[1], 1),
        "fixes_a": meeting.fixes[0],
        "fixes_b": meeting.fixes[1],
        "longest_hole_minutes": round(meeting.hole_us / MINUTE_US, 1),
        "port": port,
        "anchorage": anchorage,
        "series": _series(contact),
    }
    in_sts = any(zone.kind == "sts_area" for zone in zones)
    alerting = any(zone.alert_for != "none" for zone in zones)
    return Event(
        kind="rendezvous",
        mmsi=tuple(int(tracks.mmsi[ship]) for ship in meeting.pair),
        start=to_datetime(start_us),
        end=None if meeting.is_open else to_datetime(end_us),
        lon=float(contact.lon[meeting.closest]),
        lat=float(contact.lat[meeting.closest]),
        score=_score(evidence, in_sts, alerting),
        zones=tuple(zone.id for zone in zones),
        evidence=evidence,
        reasons=_reasons(evidence, in_sts),
        reach=meeting.reach,
    )


def _series(contact: _Samples) -> list[list[object]]:
    """Return at most SERIES_POINTS pairs of time and antenna distance, evenly picked from the real samples."""
    picked = np.unique(np.linspace(0, len(contact.t) - 1, SERIES_POINTS).round().astype(np.int64))
    return [[iso(to_datetime(int(contact.t[i]))), round(float(contact.distance_m[i]))] for i in picked]


def _score(evidence: dict[str, object], in_sts: bool, alerting: bool) -> float:
    """Return the documented score of a meeting."""
    least, hours = evidence["distance_min_m"], evidence["hours"]
    assert isinstance(least, int)
    assert isinstance(hours, float)
    score = 0.4 + 0.2 * (least < 150) + 0.1 * (hours > 4) + (0.2 if in_sts else 0.1 * alerting)
    score -= 0.3 * (evidence["port"] is not None or evidence["anchorage"] is not None)
    return round(min(max(score, 0.0), 1.0), 2)


def _reasons(evidence: dict[str, object], in_sts: bool) -> tuple[str, ...]:
    """Say what speaks for and against a transfer."""
    said = [
        f"for: {evidence['distance_min_m']} m between antennas at the closest, {evidence['hours']} h within contact, "
        f"at {evidence['sog_median_a_kn']} and {evidence['sog_median_b_kn']} kn"
    ]
    if in_sts:
        said.append("for: in an area named for ship-to-ship transfers")
    if evidence["port"]:
        said.append(f"against: within the port of {evidence['port']}, where ships lie together anyway")
    if evidence["anchorage"]:
        said.append(f"against: in the anchorage of {evidence['anchorage']}, where ships lie together anyway")
    said.append("innocent explanation: waiting, bunkering, pilotage, towage or fishing together")
    return tuple(said)
