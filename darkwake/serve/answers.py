"""What the interface answers: types from which its description is made, and where each comes from in the case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from detectors import notes
from detectors.notes import MAX_KEY, MAX_TEXT, MAX_WHO, Action, Verdict

if TYPE_CHECKING:
    from ais.reader import Reader
    from detectors.vessel_lists import VesselLists
    from zones import ZoneSet

MAX_ROWS = 1_000  # events of one answer
MAX_FIXES = 200_000  # fixes of one answer
MAX_SHIPS = 100  # ships that a search names


class Feed(msgspec.Struct, frozen=True):
    """A source of the watch."""

    name: str
    state: str  # the last thing that was said of it
    lines: int  # since the watch began
    dropped: int  # found no room
    last_line: str | None  # UTC


class Alerts(msgspec.Struct, frozen=True):
    """Messages of the outbox."""

    waiting: int
    sent: int
    outdated: int


class Status(msgspec.Struct, frozen=True):
    """How the watch is."""

    version: str
    now: str  # UTC
    started: str  # UTC
    horizon: str | None  # newest time that detectors have seen, UTC
    behind_s: float  # how long what came has waited to be looked through, seconds
    error: str | None  # why the case is not written, where it is not
    feeds: list[Feed]
    alerts: Alerts | None
    events: dict[str, int]  # events that stand, by kind
    ledger: int  # number of the last revision


class Event(msgspec.Struct, frozen=True):
    """A finding, as `darkwake events --format json` has it."""

    id: str
    kind: str
    mmsi: list[int]
    start: str
    end: str | None
    lon: float
    lat: float
    score: float
    zones: list[str]
    evidence: dict[str, Any]
    reasons: list[str]


class Words(msgspec.Struct, frozen=True):
    """An event in the words of a report. Text from radios is in it as it was sent."""

    word: str  # high, medium or low: what the score stands for
    summary: str  # what was observed
    rows: list[list[str | list[str]]]  # its evidence, label and value
    pro: list[str]  # what speaks for it
    con: list[str]  # what speaks against it, the innocent explanations with it
    notes: list[str]
    hollow: bool  # whether it cannot be assessed
    zones: list[str]  # ids, the most telling first
    plot: list[list[float]] | None  # times and distances
    drawn: list[dict[str, Any]]  # what its detector wants drawn


class Handling(msgspec.Struct, frozen=True):
    """How a finding is handled, by all that was said of it and of those in whose place it stands."""

    acknowledged_by: str | None
    acknowledged_at: str | None  # UTC
    snoozed_until: str | None  # UTC, also once it is over
    verdict: str | None  # false alarm, confirmed
    verdict_by: str | None
    notes: int  # how many have a text


class Events(msgspec.Struct, frozen=True):
    """Findings, the latest start first."""

    events: list[Event]
    more: bool  # whether there are others beyond the limit
    ledger: int  # number of the revision up to which they are
    words: dict[str, Words]  # by id, where they were asked for
    found_at: dict[str, str]  # by id: when it was first found, UTC
    handling: dict[str, Handling]  # by the id of those of which something was said


class Note(msgspec.Struct, frozen=True):
    """What somebody said of an event."""

    seq: int
    event_id: str
    made_at: str  # UTC
    who: str
    action: str  # acknowledge, unacknowledge, snooze, verdict, note
    text: str | None
    verdict: str | None
    until: str | None  # UTC


class Notes(msgspec.Struct, frozen=True):
    """What was said, oldest first."""

    notes: list[Note]


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has to say of an event."""

    who: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WHO)]
    action: Action
    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] | None = None
    verdict: Verdict | None = None  # of a verdict; none takes the last one back
    until: datetime | None = None  # of a snooze; none ends it
    key: Annotated[str, msgspec.Meta(max_length=MAX_KEY)] | None = None  # sent again, it is not written twice


class Revision(msgspec.Struct, frozen=True):
    """What became of an event."""

    seq: int
    made_at: str  # UTC
    action: str  # new, revised, withdrawn
    supersedes: list[str]
    event: Event
    words: Words


class Revisions(msgspec.Struct, frozen=True):
    """What became of events."""

    revisions: list[Revision]


class Ship(msgspec.Struct, frozen=True):
    """A ship by what it last said."""

    mmsi: int
    name: str | None
    imo: int | None
    callsign: str | None
    ship_type: int | None


class Ships(msgspec.Struct, frozen=True):
    """Ships that a search found."""

    ships: list[Ship]


class Known(msgspec.Struct, frozen=True):
    """What is known of a ship, in the words of a report. Text from radios is in it as it was sent."""

    mmsi: int
    flag: str  # what the number says
    sort: int  # of the map's sorts of ships
    listed: list[str]  # lists that it is on by what it said
    said: dict[str, list[str]]  # every name, IMO number, call sign, type, size and destination, the latest first
    fixes: int  # positions in the case
    first: int | None  # the first, seconds since 1970, UTC
    last: int | None


class Track(msgspec.Struct, frozen=True):
    """Fixes of a ship in order of time, column by column."""

    mmsi: int
    t: list[int]  # seconds since 1970, UTC
    lon: list[float]
    lat: list[float]
    sog_kn: list[float | None]


class Tracks(msgspec.Struct, frozen=True):
    """Tracks of ships."""

    tracks: list[Track]
    more: bool  # whether fixes were left out to keep the answer small: ask for fewer ships or hours


class Said(msgspec.Struct, frozen=True):
    """An answer that is no."""

    error: str


Mmsi = Annotated[int, msgspec.Meta(ge=0, lt=2**30)]

_EVENTS = """
SELECT id, kind, mmsi, start_t, end_t, lon, lat, score, zones, evidence, reasons FROM events
WHERE ($kind = '' OR kind = $kind) AND ($mmsi < 0 OR list_contains(mmsi, $mmsi))
    AND ($zone = '' OR list_contains(zones, $zone)) AND score >= $least
    AND ($since = '' OR coalesce(end_t, 'infinity') >= CAST($since AS TIMESTAMP))
ORDER BY start_t DESC, id LIMIT $limit
"""
_STORY = """
SELECT seq, made_at, action, supersedes, event FROM ledger JOIN runs ON runs.id = run_id
WHERE event_id = $event ORDER BY seq
"""
_LAST = """
SELECT seq, made_at, action, supersedes, event FROM ledger JOIN runs ON runs.id = run_id
WHERE $action = '' OR action = $action ORDER BY seq DESC LIMIT $limit
"""
_FOUND = """
SELECT event_id, min(made_at) AS made_at FROM ledger JOIN runs ON runs.id = run_id
WHERE list_contains($ids, event_id) GROUP BY event_id
"""
_SHIPS = """
SELECT mmsi, arg_max(name, t) AS name, arg_max(imo, t) AS imo, arg_max(callsign, t) AS callsign,
    arg_max(ship_type, t) AS ship_type
FROM identities GROUP BY mmsi
HAVING bool_or(contains(upper(name), upper($text)) OR CAST(imo AS VARCHAR) = $text
    OR upper(callsign) = upper($text) OR starts_with(CAST(mmsi AS VARCHAR), $text))
ORDER BY mmsi LIMIT $limit
"""
_TRACKS = """
SELECT mmsi, epoch(t) AS t, lon, lat, sog_kn FROM positions
WHERE list_contains($ships, mmsi) AND t >= CAST($since AS TIMESTAMP) ORDER BY mmsi, t LIMIT $limit
"""


def events_of(
    reader: Reader,
    zones: ZoneSet,
    *,
    kind: str,
    mmsi: int,
    zone: str,
    least: float,
    since: str,
    limit: int,
    in_words: bool,
) -> Events:
    """Return findings, the latest start first; what a filter leaves empty (mmsi: negative) it does not ask for."""
    from detectors import iso
    from detectors.ledger import last_revision, public

    wanted = {"kind": kind, "mmsi": mmsi, "zone": zone, "least": least, "since": since, "limit": limit + 1}
    seq = last_revision(reader)
    rows = reader.few(_EVENTS, **wanted).to_pylist()
    found = [public(row) for row in rows[:limit]]
    ids = [one["id"] for one in found]
    handled = notes.handling_of(reader)
    firsts = reader.few(_FOUND, ids=ids).to_pylist() if ids else []
    return Events(
        events=[event_of(one) for one in found],
        more=len(rows) > limit,
        ledger=seq,
        words={one["id"]: words_of(one, zones) for one in found} if in_words else {},
        handling={name: Handling(**handled[name].as_json()) for name in ids if name in handled},
        found_at={row["event_id"]: iso(row["made_at"].replace(tzinfo=UTC)) for row in firsts},
    )


def words_of(event: Mapping[str, Any], zones: ZoneSet) -> Words:
    """Return an event in words, from its row of the ledger or of the events."""
    from maps.content import event_in_words

    made = event_in_words(event, zones)
    ranked = [zones.zones[place].id for place in made.pop("zones")] + made.pop("other_zones")  # type: ignore[attr-defined, operator]
    return msgspec.convert({**made, "zones": ranked}, Words)


def event_of(row: Mapping[str, Any]) -> Event:
    """Return a finding from its row of the ledger or of the events."""
    from detectors import iso

    times = {key: iso(row[key]) if row[key] is not None else None for key in ("start", "end")}
    return Event(**{**row, **times})


def story_of(reader: Reader, zones: ZoneSet, event_id: str) -> Revisions:
    """Return what became of an event, oldest first; empty where there never was one."""
    rows = reader.few(_STORY, event=event_id).to_pylist()
    return Revisions([revision_of(row, zones) for row in rows])


def last_revisions(reader: Reader, zones: ZoneSet, action: str, limit: int) -> Revisions:
    """Return the last revisions, newest first; of one action where it is named."""
    rows = reader.few(_LAST, action=action, limit=limit).to_pylist()
    return Revisions([revision_of(row, zones) for row in rows])


def revision_of(row: Mapping[str, Any], zones: ZoneSet) -> Revision:
    """Return a revision from its row of the ledger."""
    from detectors import iso

    event = json.loads(row["event"])
    for key in ("start", "end"):
        event[key] = datetime.fromisoformat(event[key]) if event[key] else None
    made_at = iso(row["made_at"].replace(tzinfo=UTC))
    said = event_of(event), words_of(event, zones)
    return Revision(row["seq"], made_at, row["action"], list(row["supersedes"]), *said)


def notes_of(reader: Reader, event_id: str | None, since_seq: int) -> Notes:
    """Return what was said after a note, oldest first: of all, or of an event and those in whose place it stands."""
    return Notes([note_of(one) for one in notes.read_notes(reader, event_id, since_seq=since_seq, limit=MAX_ROWS)])


def note_of(note: notes.Note) -> Note:
    """Return a note with its times as text."""
    return Note(**note.as_json())


def ships_of(reader: Reader, text: str) -> Ships:
    """Return ships whose name contains a text, or whose IMO number, call sign or first digits it is."""
    rows = reader.few(_SHIPS, text=text.strip(), limit=MAX_SHIPS).to_pylist()
    return Ships([Ship(**row) for row in rows])


def known_of(reader: Reader, lists: VesselLists, mmsi: int) -> Known:
    """Return what is known of a ship."""
    from detectors.list_matches import match_lists
    from maps.ships import read_ships

    (ship,) = read_ships(reader, [mmsi], match_lists(reader, lists))
    return msgspec.convert(ship, Known)


def tracks_of(reader: Reader, ships: list[int], since: str) -> Tracks:
    """Return fixes of ships from a time on."""
    rows = reader.query(_TRACKS, ships=ships, since=since, limit=MAX_FIXES + 1)
    found: dict[int, Track] = {}
    columns = (rows[name].to_pylist() for name in ("mmsi", "t", "lon", "lat", "sog_kn"))
    for mmsi, t, lon, lat, sog in zip(*columns, strict=True):
        track = found.setdefault(mmsi, Track(mmsi, [], [], [], []))
        track.t.append(int(t))
        track.lon.append(lon)
        track.lat.append(lat)
        track.sog_kn.append(None if sog is None else round(sog, 1))
    return Tracks(list(found.values()), rows.num_rows > MAX_FIXES)
