"""Ships slow or adrift at sea for hours, away from berths and anchorages: the side of a meeting that AIS may show.

The rule is that of the fisheries bodies' reports on carriers (under 2 kn for at least 4 h; Miller 2018 took 8 h),
without their 20 nm from shore, which would hide every DPRK transfer area (6 to 13 km from land), and without hourly
blocks: the clock hour is no seam. A ship that meets a silent one is alone on the screen; what else speaks for a
transfer is its draught before and after, the place, and its own silence around it. Net buoys are left out.

Left out on purpose: ships that drift at over 2 kn on a stream with nobody beside them, and whether a silence beside
the spell was one of reception: that is what `gap` events say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from detectors.at_sea import Ashore, at_sea, in_sts
from detectors.cargo import UNDER_WAY_FIXES, UNDER_WAY_KN, is_gear
from detectors.changes import CELL_M, LATE_US
from detectors.contract import Detector, threshold
from detectors.drawing import Drawing
from detectors.event import Event, Reach, shared, to_datetime, untied
from detectors.geo import KNOT_M_S, NM_M, US_H, US_S, Bools, Ints, distance_m, xyz_m
from detectors.idle import Idle, Run
from detectors.loitering_signs import INNOCENT, Place, Rules, Signs
from detectors.seen import slow_ships_near
from detectors.slow_spells import Limits, Spells, find_spells, near_slow, slow_fixes
from detectors.statics import SPAN_H, SPAN_US, Said, Statics
from detectors.surroundings import Stays, fast_fixes, neighbours, silences_us, statuses

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.shelf import Shelf
    from detectors.tracks import Tracks
    from detectors.view import View

MINUTE_US = US_H // 60


@dataclass(frozen=True)
class Loitering(Detector):
    """Ships under ``max_sog_kn`` for ``min_hours`` at sea, in no port or anchorage.

    Score: 0.3; plus 0.2 where the said draught changed by 0.5 m or more; plus 0.2 in an STS area, or plus 0.1 in
    another zone that alerts or near a DPRK port; plus 0.1 beside a silence of ``silent_hours``; plus 0.1 where no
    other slow ship was heard within ``crowd_km`` (a partner, if any, was silent). Minus 0.2 in a learned place where
    ships lie, minus 0.1 near a port or anchorage and minus 0.1 in a crowd, all three but for STS areas; minus 0.1 at
    anchor by its own status, minus 0.2 for ships that fish or attend others.
    """

    name: ClassVar[str] = "loitering"
    kinds: ClassVar[tuple[str, ...]] = ("loitering",)
    draws: ClassVar[tuple[Drawing, ...]] = (
        Drawing("circle", "how far from its place the ship was heard", radius_m="spread_m"),
    )
    learned: ClassVar[tuple[str, ...]] = ("anchorages",)

    max_sog_kn: float = threshold(
        2.0, "slow is under this, fix by fix and in the median (GFW, loitering)", unit="kn", least=0.1
    )
    min_hours: float = threshold(4.0, "least length (RFMO reports on carriers; GFW: 2)", unit="h", least=0.5)
    max_gap_minutes: float = threshold(60.0, "longest hole between fixes: a missed satellite pass", unit="min", least=1)
    burst_minutes: float = threshold(
        20.0, "faster fixes for no longer than this do not end it: noise, or keeping station", unit="min", least=0
    )
    port_km: float = threshold(
        5.0, "this near a port's point is in port (WPI points err by 1-2 km), but for STS areas", unit="km", least=0
    )
    anchorage_km: float = threshold(
        2.0, "this near an anchorage's point is in it, but for STS areas", unit="km", least=0
    )
    near_km: float = threshold(10.0, "this near a port or anchorage waiting is ordinary", unit="km", least=0)
    approach_nm: float = threshold(20.0, "this near a DPRK port is an approach: two hours at 10 kn", unit="nm", least=0)
    crowd_km: float = threshold(2.0, "other slow ships this near lie with it", unit="km", least=0.1)
    crowd_ships: int = threshold(5, "so many of them at once are a waiting crowd", least=1)
    around_hours: float = threshold(24.0, "how far beside it its own silences are sought", unit="h", least=1)
    silent_hours: float = threshold(
        2.0, "least silence beside it that counts (Nampo-Sok-do takes 1.9 h)", unit="h", least=1
    )
    memory_h: float = threshold(
        12.0, "how far around a change to look again: the least length and twice its holes", unit="h", least=1
    )

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """Slow ships that changed, those that lay near one, and those whose stay ends as nothing more came."""
        look_us, around_us, kept = int(self.look_around_h * US_H), self._limits.reach_us, self._idle(changes.shelf)
        idle = kept.among(changes, look_us, self._may_be_slow)
        stirred = changes.ships - idle
        # A ship that was slow for a moment only is one of a crowd then.
        calm = kept.calm(idle, changes.on_time[1] - look_us)
        lon, lat = changes.places(changes.ships - calm, around_us)
        for row in changes.standing(around_us):
            last_us = row["start_us"] + row["evidence"]["hours"] * US_H
            over = row["end_us"] is None and changes.horizon_us - last_us >= self._limits.gap_us - MINUTE_US
            reach_m = row["evidence"]["spread_m"] + self.crowd_km * 1000 + CELL_M
            if over or (distance_m(row["lon"], row["lat"], lon, lat) <= reach_m).any():
                stirred |= set(row["mmsi"])
        return stirred

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield each loitering of the view, and the reach of each spell that is long enough but is none."""
        limits, least_us = self._limits, int(self.min_hours * US_H)
        tracks = near_slow(view, limits)
        if view.shelf is not None:
            may_be = self._may_be_slow(tracks)
            self._idle(view.shelf).looked_at(view, tracks.mmsi[tracks.ship[may_be]], tracks.t[may_be])
        slow = slow_fixes(tracks, limits)
        spells = find_spells(tracks, np.flatnonzero(slow), limits, least_us)
        ashore = Ashore(self.port_km * 1000, self.anchorage_km * 1000)
        spells = at_sea(view, tracks, slow, spells, ashore, limits, least_us)
        steady = np.array([self._is_slow(tracks, *ends) for ends in _ends(spells)], dtype=np.bool_)
        for first, last in _ends(spells.where(~steady)):
            yield self._reach(view, tracks, first, last, limits.reach_us)
        spells = spells.where(steady)
        if len(spells):
            yield from self._judge(view, tracks, slow, spells)

    @property
    def look_around_h(self) -> float:
        """As far as what a ship says and how she moves later tell of a spell, if ``memory_h`` is less."""
        return max(self.memory_h, self.min_hours + max(SPAN_H, 2 * self._limits.reach_us / US_H))

    @property
    def _limits(self) -> Limits:
        return Limits(self.max_sog_kn, int(self.max_gap_minutes * MINUTE_US), int(self.burst_minutes * MINUTE_US))

    def _idle(self, shelf: Shelf) -> Idle:
        """Return which ships gave no slow fixes, or not for as long as a spell lasts."""
        return Idle.of(shelf, self, run=Run(self._limits.reach_us + LATE_US, int(self.min_hours * US_H)))

    def _may_be_slow(self, tracks: Tracks, _: Ints | None = None) -> Bools:
        """Say which fixes may belong to a spell; those of no speed may, too."""
        return ~np.asarray(tracks.sog_kn >= self.max_sog_kn)

    def _is_slow(self, tracks: Tracks, first: int, last: int) -> bool:
        """Say whether a spell is slow as a whole, too: in the median, and from its first fix to its last."""
        seconds = int(tracks.t[last] - tracks.t[first]) / US_S
        median_kn = float(np.median(tracks.speed_kn(slice(first, last + 1))))
        return max(median_kn, _drift_m(tracks, first, last) / seconds / KNOT_M_S) < self.max_sog_kn

    def _is_open(self, view: View, tracks: Tracks, last: int) -> bool:
        """Say whether a spell may go on beyond the data: no hole, and no passage yet."""
        end = int(tracks.offsets[tracks.ship[last] + 1])
        later = tracks.t[last + 1 : end]
        passage = len(later) and int(later[-1] - later[0]) > self._limits.burst_us
        return view.horizon_us - int(tracks.t[last]) <= self._limits.gap_us and not passage

    def _reach(self, view: View, tracks: Tracks, first: int, last: int, beside_us: int) -> Reach:
        """Return a spell's span with what was read beside it."""
        ends_us = None if self._is_open(view, tracks, last) else int(tracks.t[last]) + beside_us
        return Reach(int(tracks.t[first]) - beside_us, ends_us)

    def _judge(self, view: View, tracks: Tracks, slow: Bools, spells: Spells) -> Iterator[Event | Reach]:
        """Yield the events of spells, and the reaches of those of gear."""
        ship = tracks.ship[spells.first].astype(np.int64)
        stays = Stays(tracks.mmsi[ship], tracks.track[ship], tracks.t[spells.first], tracks.t[spells.last])
        around_us, middle = int(self.around_hours * US_H), np.array([_middle(tracks, *ends) for ends in _ends(spells)])
        statics = Statics.read(view, stays.mmsi.tolist(), int(stays.start_us.min()), int(stays.stop_us.max()))
        status, silent = statuses(view, stays), silences_us(view, stays, around_us)
        near = self._neighbours(view, tracks, slow, spells, stays)
        listed, places = view.lists.is_fishing(stays.mmsi), self._places(view, tracks, middle)
        beside_us, found = max(self._limits.reach_us, around_us, SPAN_US), []
        said = [statics.said(*stay) for stay in stays]
        gear = _is_gear(view, stays, said)
        for i, (stay, (first, last)) in enumerate(zip(stays, _ends(spells), strict=True)):
            reach = self._reach(view, tracks, first, last, beside_us)
            if gear[i]:
                yield reach
                continue
            quiet, draughts = (_minutes(int(silent[0][i])), _minutes(int(silent[1][i]))), statics.draughts_m(*stay)
            signs = Signs(places[i], said[i], draughts, status[i], bool(listed[i]), int(near[i]), quiet)
            event = self._event(tracks, (first, int(middle[i]), last), signs, reach)
            found.append((shared(event, len(status[i].tracks)), (int(stays.track[i]),)))
        yield from untied(found)

    def _neighbours(self, view: View, tracks: Tracks, slow: Bools, spells: Spells, stays: Stays) -> Ints:
        """Return the most other slow ships near each spell at once."""
        near_m = self.crowd_km * 1000
        ship = tracks.ship[spells.first].astype(np.int64)
        if view.ships is not None:
            parts = [slice(first, last + 1) for first, last in _ends(spells)]
            lon, lat = tracks.lon[spells.first], tracks.lat[spells.first]
            spread = [
                float(distance_m(tracks.lon[part], tracks.lat[part], lon[i], lat[i]).max())
                for i, part in enumerate(parts)
            ]
            span = stays.start_us, stays.stop_us
            others = slow_ships_near(view.con, lon, lat, np.array(spread) + near_m, *span, self.max_sog_kn)
            if not others <= view.ships:
                tracks = near_slow(view, self._limits, view.fixes_of(others | view.ships))
                slow = slow_fixes(tracks, self._limits)
                place = {key: i for i, key in enumerate(zip(tracks.mmsi.tolist(), tracks.track.tolist(), strict=True))}
                ship = np.array([place[key] for key in zip(stays.mmsi.tolist(), stays.track.tolist(), strict=True)])
        return neighbours(tracks, slow, ship, stays, near_m)

    def _places(self, view: View, tracks: Tracks, row: Ints) -> list[Place]:
        """Return what is known of the places of some fixes."""
        lon, lat, places = tracks.lon[row], tracks.lat[row], view.places
        held = view.zones.inside(lon, lat, tracks.t[row])
        ports = places.near_port(lon, lat, self.near_km * 1000)
        anchorages = places.near_anchorage(lon, lat, self.near_km * 1000)
        mask = view.learned.mask
        masked = np.where(in_sts(view, lon, lat, tracks.t[row]), -1, mask.at(lon, lat))
        approach = places.near_port(lon, lat, self.approach_nm * NM_M, country="PRK") >= 0
        return [
            Place(
                tuple(view.zones.zones[at] for at in np.flatnonzero(held[:, i])),
                places.port_name(int(ports[i])),
                places.anchorage_name(int(anchorages[i])),
                mask.name(int(masked[i])),
                bool(approach[i]),
            )
            for i in range(len(row))
        ]

    def _event(self, tracks: Tracks, rows: tuple[int, int, int], signs: Signs, reach: Reach) -> Event:
        """Make the event of a spell from its first fix, the one in its middle and its last."""
        first, middle, last = rows
        part = slice(first, last + 1)
        start_us, end_us = int(tracks.t[first]), int(tracks.t[last])
        apart = distance_m(tracks.lon[part], tracks.lat[part], tracks.lon[middle], tracks.lat[middle])
        hours, median_kn = round((end_us - start_us) / US_H, 2), round(float(np.median(tracks.speed_kn(part))), 1)
        spread_m = round(float(apart.max()))
        rules = Rules(self.near_km, self.crowd_km, self.crowd_ships, self.around_hours, self.silent_hours)
        score, weighed = signs.weighed(rules)
        return Event(
            kind="loitering",
            mmsi=(int(tracks.mmsi[tracks.ship[first]]),),
            start=to_datetime(start_us),
            end=None if reach.reads_to is None else to_datetime(end_us),
            lon=float(tracks.lon[middle]),
            lat=float(tracks.lat[middle]),
            score=score,
            zones=tuple(zone.id for zone in signs.place.zones),
            evidence={
                "hours": hours,
                "fixes": last - first + 1,
                "longest_hole_minutes": round(int(np.diff(tracks.t[part]).max()) / MINUTE_US, 1),
                "sog_median_kn": median_kn,
                "drift_km": round(_drift_m(tracks, first, last) / 1000, 2),
                "spread_m": spread_m,
                **signs.evidence(),
            },
            reasons=(f"for: {hours} h at {median_kn} kn, within {spread_m} m of one place at sea", *weighed, INNOCENT),
            reach=reach,
        )


def _is_gear(view: View, stays: Stays, said: Sequence[Said]) -> Bools:
    """Say which are net buoys or other gear: they say so, and were not heard under way as a ship would be."""
    gear = np.array([is_gear(one.name, one.length_m) for one in said], dtype=np.bool_)
    if gear.any():
        gear[gear] = fast_fixes(view, stays.where(gear), UNDER_WAY_KN, SPAN_US) < UNDER_WAY_FIXES
    return gear


def _ends(spells: Spells) -> list[tuple[int, int]]:
    """Return the rows of each spell's first and last slow fix."""
    return list(zip(spells.first.tolist(), spells.last.tolist(), strict=True))


def _drift_m(tracks: Tracks, first: int, last: int) -> float:
    """Return how far the last fix of a spell lies from the first."""
    return float(distance_m(tracks.lon[first], tracks.lat[first], tracks.lon[last], tracks.lat[last]))


def _middle(tracks: Tracks, first: int, last: int) -> int:
    """Return the row of the fix nearest to the median place of a spell, the earliest of equals."""
    place = xyz_m(tracks.lon[first : last + 1], tracks.lat[first : last + 1])
    away = ((place - np.median(place, axis=0)) ** 2).sum(axis=1)
    return first + int(np.argmin(away))


def _minutes(silent_us: int) -> float | None:
    """Return a silence in minutes, None for a ship that was not heard."""
    return None if silent_us < 0 else round(silent_us / MINUTE_US, 1)
