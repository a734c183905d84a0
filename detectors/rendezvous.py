"""Two or more ships close together and slow for hours: a meeting at sea; and what looks like one and is not.

The rule is Miller 2018's, as Global Fishing Watch uses it (500 m, 2 h, under 2 kn), without its cut of 10 km around
coastal anchorages, which would hide Sok-do and Cho-do. Distances are between hulls where sides and headings are said.
Where many ships lie, in ports, anchorages, areas for ship-to-ship transfers and crowds, ships belong together at
``close_m``. A sample is a real fix of one ship with the other's place then (`detectors.samples`); a contact needs two
real fixes of each ship inside it. Course is no criterion for slow ships: it means nothing adrift.

Silence is no parting: ships that lie by each other before and after one of up to ``join_hours`` are in one contact, of
which ``min_hours`` are seen and no less than is unseen; two real fixes of each that show them apart end it.

Told apart, as kinds of their own: ``brief_contact``, ``pair_trawling``, ``same_hull`` and ``attended``. A raft is one
event of all its ships. Net buoys and other AIS gear are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from detectors import company
from detectors.company import AROUND_H, Contact
from detectors.contract import Detector, threshold
from detectors.event import Event, Reach, untied
from detectors.geo import KNOT_M_S, US_H, US_S, Bools, Floats, Ints, distance_m, median
from detectors.hulls import BOUND, POINTS
from detectors.meeting import Place, alongside, event_of
from detectors.nearby import STEP_US, Candidates, Neighbours, Steps, neighbours, spans
from detectors.rafts import link, rafts, rounds
from detectors.samples import Samples, measure, runs, silence_us
from detectors.statics import SPAN_H, SPAN_US, Statics
from detectors.tracks import Tracks
from detectors.vicinity import Vicinity

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.shelf import Shelf
    from detectors.view import View

MINUTE_US = US_H // 60
# Interpolated steps are coarser than fixes: ships whose fixes have a median under the limit are never all faster.
LOOSE_KN = 1.5
LEAST_REACH_M = 1000.0  # within which others lying still make a crowd
HULLS_M = 300.0  # antennas of two ships of 300 m, alongside
SLACK_M, CLOSE_SLACK_M = 200.0, 60.0  # of places on the common clock against real fixes
APART_M = 250.0  # beyond the limit of a contact for certain, in real fixes of both ships: it is over
POINT_M = 80.0  # what is granted in close quarters to ships whose sides are not said: 100 m long, bow to stern
ATTENDANT_M, ATTENDANT_SHARE = 70, 0.6  # a craft that goes from ship to ship is small, and smaller than those
LIES_SHARE = 0.9  # of the speed at which a ship steams; places on the common clock are rounded otherwise
WORK_US = 3 * US_H  # between two stretches of pair trawling that are one
AROUND_ROUNDS_H = 48.0  # so far apart are visits of one round


@dataclass(frozen=True)
class Rendezvous(Detector):
    """Meetings of ships within ``max_distance_m`` for ``min_hours`` at a median speed under ``max_sog_kn``.

    Score: how much speaks for a transfer, from 0.3: plus 0.25 when hull to hull for half an hour (100 m, or antennas
    within 150 m), 0.1 when within 30 m, 0.1 when one came to the other, 0.1 when a draught changed, 0.1 when they met
    again within ``link_h``, 0.2 in an STS area or 0.1 in another zone that alerts; minus 0.3 in a port, anchorage or
    masked place, 0.1 in a crowd, 0.1 when neither was ever seen apart from the other, 0.15 for a brief contact,
    0.2 for the other kinds. In a port, anchorage or masked place that is no STS area it is at most 0.5.
    """

    name: ClassVar[str] = "rendezvous"
    kinds: ClassVar[tuple[str, ...]] = ("rendezvous", "brief_contact", "pair_trawling", "same_hull", "attended")
    learned: ClassVar[tuple[str, ...]] = ("anchorages",)

    max_distance_m: float = threshold(
        500.0, "hulls this near are in contact (GFW, encounters; there between antennas)", unit="m", least=1
    )
    close_m: float = threshold(
        60.0, "the same where many ships lie: rafts off Sok-do are 300-1000 m apart (UN Panel 2023)", unit="m", least=1
    )
    crowd_ships: int = threshold(
        1, "more slow ships than this within a kilometre make a queue, a raft, a crowd", unit="ships", least=1
    )
    min_hours: float = threshold(2.0, "least length (GFW, encounters)", unit="h", least=0.1)
    max_sog_kn: float = threshold(
        2.0, "median speed of each ship must be under this (GFW, encounters)", unit="kn", least=0.1
    )
    max_drift_kn: float = threshold(
        3.5, "the same for two that drift as one: tidal streams of the Yellow Sea", unit="kn", least=0.1
    )
    max_gap_minutes: float = threshold(
        60.0, "holes joined, and the longest span to interpolate over: a missed satellite pass", unit="min", least=1
    )
    join_hours: float = threshold(
        4.0,
        "silences joined where none saw them apart: GFW merges what is less apart; 2 h must be seen",
        unit="h",
        least=0,
    )
    brief_m: float = threshold(100.0, "hulls this near make a brief contact", unit="m", least=1)
    brief_minutes: float = threshold(
        20.0, "least length of a brief contact: six in two days, Japan MOFA 2019", unit="min", least=1
    )
    trawl_hours: float = threshold(1.0, "least length of pair trawling", unit="h", least=0.1)
    link_h: float = threshold(48.0, "contacts of the same two ships this near in time are summed", unit="h", least=0)
    port_km: float = threshold(
        5.0, "a contact this near a port's point is in port (WPI points err by 1-2 km)", unit="km", least=0
    )
    anchorage_km: float = threshold(2.0, "a contact this near an anchorage's point is in it", unit="km", least=0)
    memory_h: float = threshold(8.0, "how far around a change to look again: two meetings' length", unit="h", least=1)

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """Ships that changed and those that lay near one of them, if they met anybody at all.

        A contact hangs on the fixes and static reports of its two ships, and on whether many lie where these are: how
        many slow ships were near each of the two, step by step. So a change of one ship alters her own contacts and
        those of the ships that she is, or was before, within reach of at a step, and no others. What a contact is taken
        for (an attendant's) hangs on the other contacts of its two ships as well, and a raft on all of its contacts;
        any event that changes thus has a ship of such a contact, new or old. Those of the old ones are members of
        events that stand, those of the new ones of events that are found, and both are looked at together with the
        ships that changed (`detectors.scope`). A change that makes or ends a contact without being near in time to a
        step at which its ships were near each other lies no farther from one than what is read for a contact.
        """
        stirred = self._vicinity(changes.shelf).changed(changes)
        if stirred is None:
            return None
        look_us = int(self.look_around_h * US_H)
        around_us = look_us + self._around_us + self._gap_us
        met = self._vicinity(changes.shelf).in_company(
            changes.con, changes.low_us - around_us, changes.high_us + around_us
        )
        return stirred & (met | changes.standing_ships(look_us)) | changes.silent_since("$.members[*].to", self._gap_us)

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield what ships near each other did, and the reach of each contact that is long enough but nothing."""
        met = self._near(view)
        if met is None:
            return
        near, tracks = met
        ships = near.paired_ships
        statics = Statics.read(view, tracks.mmsi[ships].tolist(), int(tracks.t.min()), int(tracks.t.max()))
        tight = self._tight(view, near)
        found = self._candidates(tracks, statics, ships, near, tight)
        site = _Site(view, tracks, statics, near.steps, near.waiting, tight)
        contacts: list[Contact] = []
        for i in range(len(found.first)):
            pair = int(found.first[i]), int(found.second[i])
            if tracks.mmsi[pair[0]] == tracks.mmsi[pair[1]]:
                continue  # what shares a number and a place cannot be told apart
            for one in self._contacts(site, pair, int(found.from_us[i]), int(found.to_us[i])):
                if isinstance(one, Reach):
                    yield one
                else:
                    contacts.append(one)
        yield from self._events(site, contacts)

    @property
    def look_around_h(self) -> float:
        """As far as two meetings and the holes beside them, or what ships say later of one, if ``memory_h`` is less."""
        holes_h = max(self.max_gap_minutes / 30, self.join_hours)
        return max(self.memory_h, self.min_hours + max(SPAN_H, self.min_hours + holes_h))

    def _near(self, view: View) -> tuple[Neighbours, Tracks] | None:
        """Return who was near whom in pairs with a ship that is looked at, and the fixes of these; None if nobody."""
        if view.ships is None:
            near = neighbours(view.paths(), self._reach_m, self._fastest_kn, self._gap_us)
            if not len(near.first):
                return None
            return near, view.tracks_of(near.mmsi[near.paired_ships].tolist()).among(near.mmsi, near.track)
        assert view.shelf is not None
        vicinity, span = self._vicinity(view.shelf), (view.first_us, view.end_us)
        ships: Ints = np.array(sorted(view.ships), np.int64)
        met = vicinity.partners(view.con, *span, ships)
        if not len(met):
            return None
        rows = view.query(f"SELECT {Tracks.COLUMNS} FROM given_fixes", given_fixes=view.fixes_of(met.tolist()))
        tracks = Tracks.of(rows)
        return vicinity.neighbours(view.con, *span, ships, tracks), tracks

    def _vicinity(self, shelf: Shelf) -> Vicinity:
        return Vicinity.of(shelf, self._reach_m, self._fastest_kn, self._gap_us)

    @property
    def _reach_m(self) -> float:
        return max(self.max_distance_m + HULLS_M + SLACK_M, LEAST_REACH_M)

    @property
    def _fastest_kn(self) -> float:
        return max(company.TRAWL_KN[1], self.max_sog_kn, self.max_drift_kn) + LOOSE_KN

    @property
    def _around_us(self) -> int:
        """How far around a contact something is read for it."""
        return max(int(self.link_h * US_H), SPAN_US, int(AROUND_H * US_H), self._join_us) + 2 * self._gap_us

    @property
    def _gap_us(self) -> int:
        return int(self.max_gap_minutes * MINUTE_US)

    @property
    def _join_us(self) -> int:
        return int(self.join_hours * US_H)

    def _tight(self, view: View, near: Neighbours) -> Bools:
        """Say of each place whether ships there must be close to belong together."""
        steps = near.steps
        tight: Bools = near.waiting > self.crowd_ships
        paired = near.paired
        open_water = paired[~tight[paired]]
        lon, lat = steps.lon[open_water], steps.lat[open_water]
        lies = view.places.near_port(lon, lat, self.port_km * 1000) >= 0
        lies |= view.places.near_anchorage(lon, lat, self.anchorage_km * 1000) >= 0
        lies |= view.learned.mask.at(lon, lat) >= 0
        areas = [zone.id for zone in view.zones.zones if zone.kind == "sts_area"]
        if areas:
            lies |= view.zones.inside(lon, lat, steps.step[open_water] * STEP_US, areas).any(axis=0)
        tight[open_water[lies]] = True
        return tight

    def _candidates(self, tracks: Tracks, statics: Statics, ships: Ints, near: Neighbours, tight: Bools) -> Candidates:
        """Return where two ships may have been in contact, given how large they are at the most."""
        size = np.zeros(len(tracks.mmsi))
        size[ships] = [statics.greatest_m(mmsi) for mmsi in tracks.mmsi[ships].tolist()]
        hulls = size[near.steps.ship[near.first]] + size[near.steps.ship[near.second]] + POINT_M
        tight_there = tight[near.first] | tight[near.second]
        limit = np.where(tight_there, self.close_m + CLOSE_SLACK_M, self.max_distance_m + SLACK_M)
        least_us = int(min(self.min_hours * 60, self.brief_minutes, self.trawl_hours * 60) * MINUTE_US)
        return spans(near, near.apart_m <= limit + hulls, self._gap_us, least_us, tracks, self._join_us)

    def _contacts(self, site: _Site, pair: tuple[int, int], from_us: int, to_us: int) -> Iterator[Contact | Reach]:
        """Yield the contacts of two ships in a span, and the reach of those that are nothing."""
        samples = measure(site.tracks, site.statics, pair, from_us, to_us, self._gap_us)
        if not len(samples):
            return
        close = site.tight_at(pair, samples.t)
        # Where no heading is known, what hulls could take up serves in close quarters only.
        least = np.where(close, samples.likely_gap_m, samples.distance_m)
        gap = np.where(samples.basis == BOUND, least, samples.gap_m)
        gap = np.where(close & (samples.basis == POINTS), samples.gap_m - POINT_M, gap)
        most = np.where(close, self.close_m, self.max_distance_m)
        near = gap <= most
        limit = np.where(close & (samples.basis != POINTS), min(self.close_m, self.brief_m), self.brief_m)
        touching = np.where(samples.basis == POINTS, samples.distance_m, gap) <= limit
        if not (near | touching).any():  # as most pairs of a crowd
            return
        least_us = int(min(self.min_hours, self.trawl_hours) * US_H)
        taken: list[slice] = []
        steaming = site.steaming(samples, self._gap_us)
        apart = _parted(samples, gap, most + APART_M)
        lying = [
            run
            for run in runs(samples, near, self._gap_us, least_us, state=steaming, apart=apart, join_us=self._join_us)
            if not steaming[run.start]
        ]
        # A pair at work is out of hearing now and then; its work is one.
        for run in (*lying, *runs(samples, near & steaming, max(self._gap_us, WORK_US), least_us)):
            contact = self._judged(site, pair, samples, run, near)
            if contact is None:
                yield self._reach(site, int(samples.t[run.start]), int(samples.t[run.stop - 1]))
                continue
            unseen = silence_us(samples[run], self._gap_us)[-1] / US_H
            long_enough = contact.hours - unseen >= self.min_hours or contact.kind == "pair_trawling"
            if contact.kind == "same_hull":
                contact = self._all_along(site, contact)
            if contact.kind and long_enough:
                taken.append(run)
                yield contact
            else:
                yield contact.reach
        apart = _parted(samples, gap, limit + APART_M)
        for run in runs(
            samples, touching, self._gap_us, int(self.brief_minutes * MINUTE_US), state=steaming, apart=apart
        ):
            if any(run.start < other.stop and other.start < run.stop for other in taken):
                continue
            contact = self._judged(site, pair, samples, run, touching)
            if contact is None:
                continue
            # Ships that lie side by side all the time have no contact that is brief.
            parted = bool((samples.distance_m > self.max_distance_m).any())
            if contact.kind == "same_hull":  # one hull is one hull, however short she lies
                yield self._all_along(site, contact)
            elif contact.kind in ("rendezvous", "attended") and parted:
                contact.kind = "brief_contact" if contact.kind == "rendezvous" else "attended"
                yield contact
            else:
                yield contact.reach

    def _judged(self, site: _Site, pair: tuple[int, int], samples: Samples, run: slice, near: Bools) -> Contact | None:
        """Return what two ships did in a stretch of samples; None where there are too few fixes to say."""
        tracks, statics = site.tracks, site.statics
        part = samples[run][near[run]]
        start_us, end_us = int(part.t[0]), int(part.t[-1])
        reach = self._reach(site, start_us, end_us)
        fixes = tracks.fixes_of(pair[0], start_us, end_us), tracks.fixes_of(pair[1], start_us, end_us)
        if min(int(part.of_a.sum()), int((~part.of_a).sum())) < 2:
            return None
        contact = Contact(
            pair=pair,
            samples=samples,
            run=run,
            near=part,
            speeds_kn=(median(tracks.speed_kn(fixes[0])), median(tracks.speed_kn(fixes[1]))),
            fixes=fixes,
            max_gap_us=self._gap_us,
            said=(
                statics.said(int(tracks.mmsi[pair[0]]), start_us, end_us),
                statics.said(int(tracks.mmsi[pair[1]]), start_us, end_us),
            ),
            is_open=reach.reads_to is None,
            reach=reach,
            waiting=site.waiting_at(pair[0], start_us, end_us),
        )
        contact.kind = self._kind(site, contact)
        return contact

    def _reach(self, site: _Site, start_us: int, end_us: int) -> Reach:
        """Return what is read for a stretch in contact: to the horizon where it may go on."""
        is_open = site.view.horizon_us - end_us <= self._gap_us
        return Reach(start_us - self._around_us, None if is_open else end_us + self._around_us)

    def _kind(self, site: _Site, contact: Contact) -> str:
        """Return the kind of a contact, whatever its length; "" for none."""
        if company.has_gear(site.tracks, contact):
            return ""
        if company.in_one_place(contact.near, contact.said):
            low, high = contact.start_us - int(AROUND_H * US_H), contact.end_us + int(AROUND_H * US_H)
            around = measure(site.tracks, site.statics, contact.pair, low, high, self._gap_us)
            moved = company.motion(site.tracks, contact.pair, low, high, self._gap_us)
            if company.same_place_all_along(around, contact.said, moved):
                return "same_hull"
        did = company.kind_of(contact, self.max_sog_kn, self.max_drift_kn)
        if did == "pair_trawling":
            return did if contact.hours >= self.trawl_hours else ""
        if did == "tow" or (did == "slow" and company.serves(contact)):
            return "attended"
        return "rendezvous" if did == "slow" and not company.fishes_apart(contact, self.brief_m) else ""

    def _all_along(self, site: _Site, contact: Contact) -> Contact:
        """Return a contact of one hull with all the time that both transponders were in one place, under way too."""
        tracks, pair = site.tracks, contact.pair
        first, last = (int(tracks.t[tracks.offsets[pair[0]]]), int(tracks.t[tracks.offsets[pair[0] + 1] - 1]))
        samples = measure(tracks, site.statics, pair, first, last, self._gap_us)
        one = company.one_place(samples, contact.said)
        for run in runs(samples, one, SPAN_US, 0):
            if samples.t[run.start] <= contact.start_us and samples.t[run.stop - 1] >= contact.end_us:
                whole = self._judged(site, pair, samples, run, one)
                if whole is not None:
                    whole.kind = contact.kind
                    return whole
        return contact

    def _events(self, site: _Site, contacts: list[Contact]) -> Iterator[Event]:
        """Yield the events of contacts: rafts as one, all others by pairs."""
        if not contacts:
            return
        link([one for one in contacts if one.kind in ("rendezvous", "brief_contact", "attended")], self.link_h)
        self._attend(site, contacts)
        contacts = list({(one.kind, one.pair, one.start_us): one for one in contacts}.values())
        groups = rafts([one for one in contacts if one.kind == "rendezvous"])
        groups += [[one] for one in contacts if one.kind != "rendezvous"]
        places = self._places(site.view, [group[0] for group in groups])
        found = []
        for group, place in zip(groups, places, strict=True):
            event = event_of(site.tracks, site.statics, group, place, self._gap_us)
            ships = sorted({ship for one in group for ship in one.pair})
            found.append((event, tuple(int(site.tracks.track[ship]) for ship in ships)))
        yield from untied(found)

    def _attend(self, site: _Site, contacts: list[Contact]) -> None:
        """Find who attends others by manner: a small craft that goes from ship to ship within days.

        Where lengths are not said, the one that visited several of which none did so; but not in an STS area, where a
        tanker may serve several too.
        """
        meetings = [one for one in contacts if one.kind in ("rendezvous", "brief_contact") and alongside(one).any()]
        visitors = rounds(meetings, min(AROUND_ROUNDS_H, self.link_h))
        for i, place in enumerate(self._places(site.view, meetings) if visitors else ()):
            contact = meetings[i]
            for ship, said, other in zip(contact.pair, contact.said, reversed(contact.said), strict=True):
                if ship not in visitors.get(i, ()):
                    continue
                if said.length_m is None or other.length_m is None:
                    attends = place.sts_area is None
                else:
                    attends = said.length_m <= min(ATTENDANT_M, ATTENDANT_SHARE * other.length_m)
                if attends:
                    contact.kind = "attended"

    def _places(self, view: View, contacts: list[Contact]) -> Iterator[Place]:
        """Yield where contacts were: each at its closest sample."""
        closest = [int(np.argmin(one.near.gap_m)) for one in contacts]
        lon, lat = (
            np.array([getattr(one.near, name)[i] for one, i in zip(contacts, closest, strict=True)])
            for name in ("lon", "lat")
        )
        t = np.array([one.near.t[i] for one, i in zip(contacts, closest, strict=True)])
        ports = view.places.near_port(lon, lat, self.port_km * 1000)
        anchorages = view.places.near_anchorage(lon, lat, self.anchorage_km * 1000)
        masked = view.learned.mask.at(lon, lat)
        held = view.zones.inside(lon, lat, t)
        for i, at in enumerate(closest):
            zones = tuple(view.zones.zones[row] for row in np.flatnonzero(held[:, i]))
            yield Place(
                at=at,
                port=view.places.port_name(int(ports[i])),
                anchorage=view.places.anchorage_name(int(anchorages[i])),
                masked=None
                if any(zone.kind == "sts_area" for zone in zones)
                else view.learned.mask.name(int(masked[i])),
                zones=zones,
            )


@dataclass(frozen=True)
class _Site:
    """What contacts are measured in.

    Attributes:
        view: The window.
        tracks: Its fixes.
        statics: What the ships said of themselves.
        steps: Places of slow ships.
        waiting: How many other slow ships were near each.
        tight: Where ships must be close to belong together.
    """

    view: View
    tracks: Tracks
    statics: Statics
    steps: Steps
    waiting: Ints
    tight: Bools

    def tight_at(self, pair: tuple[int, int], t: Ints) -> Bools:
        """Say at which times one of two ships was where ships must be close; where no step is, as at the nearest.

        The last of a queue has no more than one other beside her.
        """
        either: Bools = self._at(self.tight, pair[0], t) | self._at(self.tight, pair[1], t)
        return either

    def steaming(self, samples: Samples, max_gap_us: int) -> Bools:
        """Say at which samples both of two ships steamed; none if one of them lay all the while, as most do."""
        for ship in samples.pair:
            heard = self.tracks.t[self.tracks.offsets[ship]], self.tracks.t[self.tracks.offsets[ship + 1] - 1]
            low = max(int(samples.t[0]) // STEP_US, -(-int(heard[0]) // STEP_US))
            high = min(int(samples.t[-1]) // STEP_US + 1, int(heard[1]) // STEP_US)
            first, last = self._range(ship)
            part = first + np.searchsorted(self.steps.step[first:last], (low, high))
            if self.lain[part[1]] - self.lain[part[0]] >= high - low:
                return np.zeros(len(samples), np.bool_)
        return company.steaming(self.tracks, samples, samples.pair, max_gap_us)

    @cached_property
    def lain(self) -> Ints:
        """Before each place, and after the last, in how many a ship lay from that step to the next, by a margin."""
        steps = self.steps
        linked = (steps.ship[1:] == steps.ship[:-1]) & (np.diff(steps.step) == 1)
        moved = distance_m(steps.lon[:-1], steps.lat[:-1], steps.lon[1:], steps.lat[1:])
        lay = linked & (moved < LIES_SHARE * company.TRAWL_KN[0] * KNOT_M_S * STEP_US / US_S)
        return np.concatenate([[0], np.cumsum(lay), [int(lay.sum())]])

    def waiting_at(self, ship: int, from_us: int, to_us: int) -> int:
        """Return how many slow ships, the partner not counted, were near one in a span: the median."""
        low, high = self._range(ship)
        step = self.steps.step[low:high]
        inside = slice(
            low + int(np.searchsorted(step, from_us // STEP_US, "left")),
            low + int(np.searchsorted(step, to_us // STEP_US + 1, "right")),
        )
        counts = self.waiting[inside]
        return max(int(median(counts)) - 1, 0) if len(counts) else 0

    def _range(self, ship: int) -> tuple[int, int]:
        return int(np.searchsorted(self.steps.ship, ship, "left")), int(np.searchsorted(self.steps.ship, ship, "right"))

    def _at(self, flags: Bools, ship: int, t: Ints) -> Bools:
        low, high = self._range(ship)
        if low == high:
            return np.zeros(len(t), np.bool_)
        step, wanted = self.steps.step[low:high], (t + STEP_US // 2) // STEP_US
        first, last = np.searchsorted(step, (wanted[0], wanted[-1])).tolist()
        part = flags[low + max(first - 1, 0) : low + last + 1]
        if part.all() or not part.any():  # a ship that lies in one place
            return np.full(len(t), part[0])
        after = np.clip(np.searchsorted(step, wanted), 0, high - low - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(wanted - step[before] <= np.abs(step[after] - wanted), before, after)
        found: Bools = flags[low + nearest]
        return found


def _parted(samples: Samples, gap_m: Floats, limit_m: Floats) -> Bools:
    """Say which samples show two ships beyond a limit, however wrong an interpolated place may be."""
    apart = gap_m > limit_m
    apart[apart] = gap_m[apart] - samples[apart].bound_m > limit_m[apart]
    return apart
