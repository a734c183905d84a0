"""Who met whom: from one ship over the events of meetings to the ships it met, and on to those that these met.

A link is one pair of ships of one event. Of a raft, each pair whose stays in it overlap is a link, for that overlap. A
link's hop is 1 where it touches the ship asked for, else one more than that of the nearest link before it. Order in
time matters, because cargo moves one way: each link after the first says whether it lies before or after those that
lead to it.

Days are counted back from the case's horizon, never from the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from ais.reader import Reader
from detectors.event import iso, to_us
from detectors.ledger import public

KINDS = ("rendezvous", "brief_contact", "attended", "same_hull", "pair_trawling")
LINK_KEYS = (
    *("hop", "mmsi", "event", "kind", "start", "end", "hours", "score"),
    *("lon", "lat", "zones", "place", "order", "via"),
)
_PLACES = ("port", "anchorage", "masked", "sts_area")
_KNOWN = """
SELECT EXISTS (SELECT 1 FROM positions WHERE mmsi = $mmsi) OR EXISTS (SELECT 1 FROM heard WHERE mmsi = $mmsi)
    OR EXISTS (SELECT 1 FROM identities WHERE mmsi = $mmsi)
    OR EXISTS (SELECT 1 FROM events WHERE list_contains(mmsi, $mmsi)) AS known
"""
_UNTIL = """
SELECT coalesce(
    (SELECT arg_max(horizon, id) FROM runs),
    (SELECT max(coalesce(end_t, start_t)) FROM events),
    (SELECT max(t) FROM identities)
) AS t
"""
_MEETINGS = """
SELECT id, kind, mmsi, start_t, end_t, lon, lat, score, zones, evidence, reasons FROM events
WHERE kind IN (SELECT unnest($kinds::VARCHAR[])) AND (end_t IS NULL OR end_t > make_timestamp($since))
ORDER BY start_t, id
"""


class UnknownShip(ValueError):
    """The case holds nothing of a ship; the message says which."""


@dataclass(frozen=True)
class Link:
    """Two ships that met, and the event that says so.

    Attributes:
        event: Id of the event.
        kind: Its kind.
        ships: The nearer to the ship asked for first; the lesser number where both are as near.
        start: UTC; of a raft's pair, when both were there first.
        end: UTC; None while open at the horizon.
        hours: How long; None where that is not known.
        score: The event's.
        lon: Degrees east of the event.
        lat: Degrees north of the event.
        zones: Ids of the event's zones.
        place: Port, anchorage or other named place of the event, by its key in the evidence.
        hop: 1 for the ship asked for, 2 for those it met, and so on.
        via: Ids of the events of the hop before that lead here.
        order: ``before``, ``during`` or ``after`` those, joined by "and" where they differ; empty for the first hop.
    """

    event: str
    kind: str
    ships: tuple[int, int]
    start: datetime
    end: datetime | None
    hours: float | None
    score: float
    lon: float
    lat: float
    zones: tuple[str, ...]
    place: tuple[tuple[str, str], ...]
    hop: int = 0
    via: tuple[str, ...] = ()
    order: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it under its public keys, times as text."""
        return {
            "hop": self.hop,
            "mmsi": list(self.ships),
            "event": self.event,
            "kind": self.kind,
            "start": iso(self.start),
            "end": iso(self.end) if self.end else None,
            "hours": self.hours,
            "score": self.score,
            "lon": self.lon,
            "lat": self.lat,
            "zones": list(self.zones),
            "place": dict(self.place),
            "order": self.order or None,
            "via": list(self.via),
        }


@dataclass(frozen=True)
class Contacts:
    """What was found for one ship.

    Attributes:
        mmsi: The ship asked for.
        since: Meetings that ended after this count, UTC.
        until: What the days are counted back from: the horizon, or the latest event; None in a case without either.
        hops: How far links were followed.
        links: By hop, start, event and ships.
    """

    mmsi: int
    since: datetime | None
    until: datetime | None
    hops: int
    links: tuple[Link, ...]

    def nearness(self) -> dict[int, int]:
        """Return each ship with the least number of links to it, the ship asked for (0) first."""
        near = {self.mmsi: 0}
        for link in self.links:
            for mmsi in link.ships:
                near.setdefault(mmsi, link.hop)
        return near


def find_contacts(reader: Reader, mmsi: int, *, days: float = 180, hops: int = 2) -> Contacts:
    """Return whom a ship met within some days of the horizon, and whom those met.

    Raises:
        UnknownShip: The case holds nothing of the ship.
    """
    if not reader.query(_KNOWN, mmsi=mmsi)["known"][0].as_py():
        raise UnknownShip(f"no input of this case says anything of ship {mmsi}; check its number")
    until = reader.query(_UNTIL)["t"][0].as_py()
    if until is None:
        return Contacts(mmsi, None, None, hops, ())
    until = until.replace(tzinfo=UTC)
    since = until - timedelta(days=days)
    rows = reader.query(_MEETINGS, kinds=list(KINDS), since=to_us(since)).to_pylist()
    links = [link for row in rows for link in _links(public(row), since)]
    return Contacts(mmsi, since, until, hops, _followed(links, mmsi, hops))


def _links(event: Mapping[str, Any], since: datetime) -> list[Link]:
    """Return the pairs of one event that were together after a time."""
    evidence = event["evidence"]
    stays = _stays(event)
    raft = len(event["mmsi"]) > 2
    links = []
    for ships in combinations(event["mmsi"], 2):
        every = (
            _overlaps(stays.get(ships[0], []), stays.get(ships[1], [])) if raft else [(event["start"], event["end"])]
        )
        spans = [(start, end) for start, end in every if end is None or end > since]
        hours = _hours(spans) if raft else evidence.get("hours", _hours(spans))
        if spans:
            links.append(
                Link(
                    event=event["id"],
                    kind=event["kind"],
                    ships=ships,
                    start=spans[0][0],
                    end=spans[-1][1],
                    hours=hours,
                    score=event["score"],
                    lon=event["lon"],
                    lat=event["lat"],
                    zones=tuple(event["zones"]),
                    place=tuple((key, str(evidence[key])) for key in _PLACES if evidence.get(key)),
                )
            )
    return links


Span = tuple[datetime, datetime | None]


def _stays(event: Mapping[str, Any]) -> dict[int, list[Span]]:
    """Return when each ship of an event was part of it: its intervals, or all of it where the event has none."""
    members = event["evidence"].get("members")
    if not members:
        return {mmsi: [(event["start"], event["end"])] for mmsi in event["mmsi"]}
    stays: dict[int, list[Span]] = {}
    for one in members:
        end = _time(one["to"]) if one["to"] else None
        stays.setdefault(one["mmsi"], []).append((_time(one["from"]), end))
    return stays


def _time(text: str) -> datetime:
    said = datetime.fromisoformat(text)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _overlaps(one: Iterable[Span], other: Sequence[Span]) -> list[Span]:
    """Return the spans in which two ships were both there, in order."""
    found: list[Span] = []
    for start, end in one:
        for other_start, other_end in other:
            begins = max(start, other_start)
            ends = min((t for t in (end, other_end) if t is not None), default=None)
            if ends is None or begins < ends:
                found.append((begins, ends))
    return sorted(found, key=lambda span: span[0])


def _hours(spans: Iterable[Span]) -> float | None:
    """Return how long spans are together; None where one is open."""
    total = timedelta()
    for start, end in spans:
        if end is None:
            return None
        total += end - start
    return round(total / timedelta(hours=1), 2)


def _followed(links: Sequence[Link], mmsi: int, hops: int) -> tuple[Link, ...]:
    """Return the links within some hops of a ship, each with its hop, what it hangs on, and their order in time."""
    of_ship: dict[int, list[int]] = {}
    for place, link in enumerate(links):
        for ship in link.ships:
            of_ship.setdefault(ship, []).append(place)
    near, edge = {mmsi: 0}, [mmsi]
    hop_of: dict[int, int] = {}
    for hop in range(1, hops + 1):
        reached = []
        for place in sorted({place for ship in edge for place in of_ship.get(ship, [])} - set(hop_of)):
            hop_of[place] = hop
            reached += [ship for ship in links[place].ships if ship not in near]
            near |= {ship: hop for ship in links[place].ships if ship not in near}
        edge = reached
    return tuple(
        sorted(
            (_hung(links, place, hop_of, of_ship, near) for place in hop_of),
            key=lambda link: (link.hop, link.start, link.event, link.ships),
        )
    )


def _hung(
    links: Sequence[Link],
    place: int,
    hop_of: Mapping[int, int],
    of_ship: Mapping[int, Sequence[int]],
    near: Mapping[int, int],
) -> Link:
    """Return a link with its hop, the events that lead to it, and whether it lies before or after them."""
    link, hop = links[place], hop_of[place]
    first, second = sorted(link.ships, key=lambda ship: (near[ship], ship))
    leading = sorted(
        {
            other
            for ship in link.ships
            if near[ship] == hop - 1
            for other in of_ship[ship]
            if hop_of.get(other) == hop - 1
        }
    )
    orders = {_order(link, links[other]) for other in leading}
    return Link(
        **{
            **vars(link),
            "ships": (first, second),
            "hop": hop,
            "via": tuple(dict.fromkeys(links[other].event for other in leading)),
            "order": " and ".join(word for word in ("before", "during", "after") if word in orders),
        }
    )


def _order(link: Link, other: Link) -> str:
    """Say whether a link lies before, during or after another."""
    if link.end is not None and link.end <= other.start:
        return "before"
    return "after" if other.end is not None and link.start >= other.end else "during"
