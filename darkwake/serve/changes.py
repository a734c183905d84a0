"""What has come since a stream was last told: fixes, ships that said something new, revisions, and how the watch is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

import msgspec

from darkwake.serve.answers import Note, Revision, Ship, Status, notes_of, revision_of

if TYPE_CHECKING:
    from ais.reader import Reader
    from zones import ZoneSet

MAX_REVISIONS = 300  # of one change; beyond it the events are to be asked for
MAX_KNOWN = 50_000  # ships whose names are remembered
_FIXES = """
SELECT mmsi, epoch(max(t))::BIGINT AS t, round(arg_max(lon, t), 5) AS lon, round(arg_max(lat, t), 5) AS lat,
    round(arg_max(sog_kn, t)::DOUBLE, 1) AS sog_kn,
    round(arg_max(coalesce(heading_deg, CASE WHEN sog_kn >= 0.5 THEN cog_deg END), t)::DOUBLE)::INTEGER AS points_deg
FROM positions WHERE rowid > $row AND t <= make_timestamp($now_us) GROUP BY mmsi ORDER BY mmsi
"""
_SHIPS = """
SELECT mmsi, arg_max(name, t) AS name, arg_max(imo, t) AS imo, arg_max(callsign, t) AS callsign,
    arg_max(ship_type, t) AS ship_type
FROM identities WHERE rowid > $row GROUP BY mmsi ORDER BY mmsi
"""
_REVISIONS = """
SELECT seq, made_at, action, supersedes, event FROM ledger JOIN runs ON runs.id = run_id WHERE seq > $seq
ORDER BY seq LIMIT $limit
"""
_NOW = """
SELECT (SELECT coalesce(max(rowid), -1) FROM positions) AS fix,
    (SELECT coalesce(max(rowid), -1) FROM identities) AS said
"""


class Fixes(msgspec.Struct, frozen=True):
    """The newest fix of each ship that sent one, column by column."""

    mmsi: list[int] = []
    t: list[int] = []  # seconds since 1970, UTC
    lon: list[float] = []
    lat: list[float] = []
    sog_kn: list[float | None] = []
    points_deg: list[int | None] = []  # its heading, else its course where it moves


class Change(msgspec.Struct, frozen=True):
    """What a stream is told."""

    ledger: int
    revisions: list[Revision]
    again: bool  # whether there were too many revisions: ask for the events anew
    notes: list[Note]
    fixes: Fixes
    ships: list[Ship]  # those that said something else than before
    status: Status

    @property
    def is_empty(self) -> bool:
        """Whether nothing came."""
        return not (self.revisions or self.again or self.notes or self.fixes.mmsi or self.ships)


@dataclass(frozen=True)
class Since:
    """Up to where streams were told.

    Attributes:
        fix: Number of the last row of positions.
        said: Number of the last row of identities.
        seq: Number of the last revision.
        note: Number of the last note.
        known: What ships had last said.
    """

    fix: int
    said: int
    seq: int
    note: int
    known: dict[int, Ship]

    @classmethod
    def now(cls, reader: Reader) -> Self:
        """Return where a case stands."""
        from detectors.ledger import last_revision
        from detectors.notes import last_note

        seq, note = last_revision(reader), last_note(reader)
        (row,) = reader.few(_NOW).to_pylist()
        return cls(row["fix"], row["said"], seq, note, {})


def change_of(reader: Reader, zones: ZoneSet, since: Since, status: Status) -> tuple[Change, Since]:
    """Return what came since, and up to where that is."""
    from detectors.ledger import last_revision

    (end,) = reader.few(_NOW).to_pylist()
    if end["fix"] < since.fix or end["said"] < since.said:  # rows were taken away, and numbers are given anew
        since = Since(end["fix"], end["said"], since.seq, since.note, since.known)
    now_us = round(datetime.fromisoformat(status.now).timestamp() * 1e6)
    fixes = reader.few(_FIXES, row=since.fix, now_us=now_us).to_pydict() if end["fix"] > since.fix else {}
    said = reader.few(_SHIPS, row=since.said).to_pylist() if end["said"] > since.said else []
    ships = [ship for ship in (Ship(**row) for row in said) if since.known.get(ship.mmsi) != ship]
    rows = reader.few(_REVISIONS, seq=since.seq, limit=MAX_REVISIONS + 1).to_pylist()
    again = len(rows) > MAX_REVISIONS
    seq = last_revision(reader) if again else rows[-1]["seq"] if rows else since.seq
    revisions = [] if again else [revision_of(row, zones) for row in rows]
    notes = notes_of(reader, None, since.note).notes
    known = since.known if len(since.known) < MAX_KNOWN else {}
    known |= {ship.mmsi: ship for ship in ships}
    told = Since(end["fix"], end["said"], seq, max([since.note, *(one.seq for one in notes)]), known)
    return Change(seq, revisions, again, notes, Fixes(**fixes), ships, status), told
