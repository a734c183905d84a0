"""Which ships of a case are on a list, by what they said of themselves at any time.

By IMO number where the ship said one that is listed (check digits right on both sides); the name does not decide then,
and the match says whether it differs. Else by MMSI together with a listed name, the same but for case, punctuation and
spaces. An MMSI alone or a name alone never matches: both are reused. What a ship says of itself can be false: a match
is a lead, and says when it was said.

Nothing here is stored: lists change, and a case is matched when it is read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ais.reader import Reader
from detectors.event import iso
from detectors.vessel_lists import Listed, VesselLists

_NAME_LENGTH = 20  # characters of a name on AIS (ITU-R M.1371): a longer listed name is sent cut
_COMPARED = 80  # characters of a name that are compared: tables can hold names of any length
# Grouped once in the database: a ship repeats what it says every six minutes.
_SAID = """
SELECT mmsi, imo, name, min(t) AS first_t, max(t) AS last_t,
    bool_or(input_id NOT IN (SELECT id FROM inputs WHERE NOT mmsi_like)) AS mmsi_like
FROM identities WHERE imo IS NOT NULL OR name IS NOT NULL
GROUP BY mmsi, imo, name ORDER BY mmsi, last_t DESC, imo, name
"""


@dataclass(frozen=True)
class Match:
    """A ship on a list.

    Attributes:
        mmsi: The ship.
        listed: The row of the list.
        by: ``imo``, or ``mmsi_name``.
        name_sent: The name sent with that identity, the one nearest to a listed one; None where none was sent.
        letters: Letters by which it differs from the nearest listed name; None where there is nothing to compare.
        imo_sent: The IMO number sent with it.
        first_t: When that identity was first said, UTC.
        last_t: When it was last said.
    """

    mmsi: int
    listed: Listed
    by: str
    name_sent: str | None
    letters: int | None
    imo_sent: int | None
    first_t: datetime
    last_t: datetime

    @property
    def how(self) -> str:
        """How it matched, in words; holds text from a radio."""
        if self.by == "mmsi_name":
            said = f"by MMSI {self.mmsi} with the name {self.name_sent}"
            if self.listed.imo is None:
                return said
            return f"{said}; the list has IMO {self.listed.imo}, sent was {self.imo_sent or 'none'}"
        said = f"by IMO number {self.imo_sent}"
        if self.letters is None:
            return f"{said}; {'the list has no name' if self.name_sent else 'no name was sent with it'}"
        if not self.letters:
            return f"{said} and name"
        by = f" by {self.letters} letter{'s' if self.letters > 1 else ''}" if self.letters <= 2 else ""
        return f"{said}; the name differs{by}: sent {self.name_sent}, listed {' or '.join(self.listed.names)}"

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in an event's evidence."""
        return {
            "mmsi": self.mmsi,
            "list": self.listed.list,
            "part": self.listed.part or None,
            "date": self.listed.date or None,
            "date_means": self.listed.dated,
            "by": self.by,
            "how": self.how,
            "imo_listed": self.listed.imo,
            "imo_sent": self.imo_sent,
            "names_listed": list(self.listed.names),
            "name_sent": self.name_sent,
            "name_differs": None if self.letters is None else self.letters > 0,
            "said_from": iso(self.first_t),
            "said_to": iso(self.last_t),
        }


Matches = Mapping[int, Sequence[Match]]


def in_words(match: Mapping[str, Any]) -> str:
    """Return a match, as it stands in an event's evidence, in words; they hold text from a radio."""
    first, last = (str(match[key])[:16].replace("T", " ") for key in ("said_from", "said_to"))
    when = f"said {first} UTC" if first == last else f"said {first} to {last} UTC"
    where = ", ".join(filter(None, [match["list"], match["part"]]))
    return f"{where} ({match['date_means']}), {match['how']}; {when}"


class _Said(NamedTuple):
    """An identity that a ship sent, and when."""

    mmsi: int
    imo: int | None
    name: str | None
    first_t: datetime
    last_t: datetime
    mmsi_like: bool


def match_lists(reader: Reader, lists: VesselLists) -> dict[int, list[Match]]:
    """Return the matches of every ship of a case that has any, in the order of the lists.

    A row of a list gives a ship at most one match: by IMO number where that is possible.
    """
    by_imo: dict[int, list[int]] = {}
    by_mmsi: dict[int, list[int]] = {}
    for place, row in enumerate(lists.rows):
        if row.imo is not None:
            by_imo.setdefault(row.imo, []).append(place)
        if row.mmsi is not None:
            by_mmsi.setdefault(row.mmsi, []).append(place)
    imo_said: dict[tuple[int, int], list[_Said]] = {}
    name_said: dict[tuple[int, int], list[_Said]] = {}
    for said in _candidates(reader, by_imo, by_mmsi):
        for place in by_imo.get(said.imo or 0, []):
            imo_said.setdefault((said.mmsi, place), []).append(said)
        if said.mmsi_like and said.name is not None:
            for place in by_mmsi.get(said.mmsi, []):
                if _letters(said.name, lists.rows[place].names) == 0:
                    name_said.setdefault((said.mmsi, place), []).append(said)
    found: dict[int, list[Match]] = {}
    for mmsi, place in sorted({*imo_said, *name_said}):
        match = (mmsi, place)
        by = "imo" if match in imo_said else "mmsi_name"
        found.setdefault(mmsi, []).append(_match(lists.rows[place], by, imo_said.get(match) or name_said[match]))
    return found


def _candidates(reader: Reader, imos: Iterable[int], mmsis: Iterable[int]) -> list[_Said]:
    """Return what was said under a listed number, latest first for each ship."""
    said = reader.query(_SAID)
    on_imo = pc.is_in(said["imo"].cast(pa.int64()), value_set=pa.array(list(imos), pa.int64()))
    on_mmsi = pc.is_in(said["mmsi"].cast(pa.int64()), value_set=pa.array(list(mmsis), pa.int64()))
    rows = said.filter(pc.or_(on_imo, on_mmsi)).to_pylist()
    return [
        _Said(
            row["mmsi"],
            row["imo"],
            row["name"],
            row["first_t"].replace(tzinfo=UTC),
            row["last_t"].replace(tzinfo=UTC),
            row["mmsi_like"],
        )
        for row in rows
    ]


def _match(listed: Listed, by: str, said: Sequence[_Said]) -> Match:
    """Return the match of a ship's identities, all of one listed number, with one row of a list."""
    compared = [(_letters(one.name, listed.names), one) for one in said if one.name is not None and _plain(one.name)]
    best = min(compared, key=lambda pair: 0 if pair[0] is None else pair[0], default=None)
    letters, shown = best or (None, said[0])
    return Match(
        mmsi=said[0].mmsi,
        listed=listed,
        by=by,
        name_sent=shown.name if best else None,
        letters=letters,
        imo_sent=shown.imo,
        first_t=min(one.first_t for one in said),
        last_t=max(one.last_t for one in said),
    )


def _plain(name: str) -> str:
    """Return a name without case, punctuation and spaces."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name[:_COMPARED]).casefold()))


def _letters(name: str | None, listed: Iterable[str]) -> int | None:
    """Return by how many letters a name differs from the nearest listed one, which AIS may have cut.

    None where there is nothing to compare.
    """
    sent = _plain(name or "")
    known = {_plain(part) for one in listed for part in (one, one[:_NAME_LENGTH])} - {""}
    return min((_edits(sent, one) for one in known), default=None) if sent else None


def _edits(one: str, other: str) -> int:
    """Return the least number of letters to add, drop or change (Levenshtein)."""
    before = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_letter in enumerate(other, 1):
            row.append(min(row[-1] + 1, before[j] + 1, before[j - 1] + (letter != other_letter)))
        before = row
    return before[-1]


def with_matches(events: Iterable[Mapping[str, Any]], matches: Matches) -> list[dict[str, Any]]:
    """Return events with the matches of their ships as ``listed`` in the evidence; others stay as they are."""
    told = []
    for event in events:
        found = [match.as_json() for mmsi in event["mmsi"] for match in matches.get(mmsi, ())]
        told.append({**event, "evidence": {**event["evidence"], "listed": found}} if found else dict(event))
    return told
