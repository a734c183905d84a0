"""An event: what a detector yields, with an id that is a pure function of the data.

Times are UTC, semi-open; a single fix ends 1 us after it starts. Nothing in an event grows with the clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Evidence = Mapping[str, object]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JSON_KEYS = ("id", "kind", "mmsi", "start", "end", "lon", "lat", "score", "zones", "evidence", "reasons")


def to_datetime(t_us: int) -> datetime:
    """Return microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=int(t_us))


def to_us(t: datetime) -> int:
    """Return a datetime (naive means UTC) as microseconds since 1970."""
    aware = t if t.tzinfo else t.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def iso(t: datetime) -> str:
    """Return a time as in ``2022-11-10T02:09:52Z``, with a fraction only where there is one."""
    aware = t.astimezone(UTC) if t.tzinfo else t.replace(tzinfo=UTC)
    return aware.replace(tzinfo=None).isoformat() + "Z"


def iso_all(t_us: npt.NDArray[np.int64]) -> list[str]:
    """Return times in microseconds since 1970, each as `iso` writes it."""
    whole = t_us % 1_000_000 == 0
    seconds, micros = (np.datetime_as_string(t_us.view("M8[us]"), unit=unit) for unit in ("s", "us"))
    return [f"{text}Z" for text in np.where(whole, seconds, micros).tolist()]


@dataclass(frozen=True)
class Reach:
    """A span of time that a detector read for something that is no event but must not be cut in two.

    Attributes:
        reads_from: Least time read, us since 1970.
        reads_to: Greatest time read, us since 1970; None = the horizon and beyond.
    """

    reads_from: int
    reads_to: int | None


@dataclass(frozen=True)
class Event:
    """One finding.

    Attributes:
        kind: What was observed.
        mmsi: The ships, ascending.
        start: UTC, inclusive.
        end: UTC, exclusive; None while open at the horizon.
        lon: Representative point, WGS84 degrees east.
        lat: Representative point, WGS84 degrees north.
        score: 0 to 1; its meaning stands in the detector's docstring.
        zones: Ids of the zones concerned.
        evidence: Values; number keys end in their unit.
        reasons: Short sentences for and against.
        reach: All that was read for it.
        key: What else tells two events of a kind, ships and start apart.
        anchor: The ships of the part that began first, where others may join later; None = all.
    """

    kind: str
    mmsi: tuple[int, ...]
    start: datetime
    end: datetime | None
    lon: float
    lat: float
    score: float
    zones: tuple[str, ...]
    evidence: Evidence
    reasons: tuple[str, ...]
    reach: Reach
    key: str = ""
    anchor: tuple[int, ...] | None = None

    @property
    def id(self) -> str:
        """16 hex digits of blake2b over kind, key, ships and start of the part that began first."""
        said = json.dumps([self.kind, self.key, list(self.anchor or self.mmsi), to_us(self.start)])
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    def as_json(self) -> dict[str, object]:
        """Return exactly the public keys, times as text."""
        return {
            "id": self.id,
            "kind": self.kind,
            "mmsi": list(self.mmsi),
            "start": iso(self.start),
            "end": iso(self.end) if self.end else None,
            "lon": self.lon,
            "lat": self.lat,
            "score": self.score,
            "zones": list(self.zones),
            "evidence": dict(self.evidence),
            "reasons": list(self.reasons),
        }


def shared(event: Event, ships: int) -> Event:
    """Return an event with the doubt that its number was used by several ships at the time, if it was."""
    if ships < 2:
        return event
    said = f"against: {ships} ships used this number at the time; their tracks were told apart by place and speed alone"
    evidence = {**event.evidence, "tracks_count": ships}
    return replace(event, evidence=evidence, reasons=(*event.reasons[:-1], said, event.reasons[-1]))


def untied(found: Iterable[tuple[Event, tuple[int, ...]]]) -> Iterator[Event]:
    """Yield events, each told apart by its ships' tracks where kind, key, numbers and start leave a tie.

    The one with the least tracks keeps its id, so that the track is in no id but to break a tie.

    Args:
        found: Events with the tracks of their ships.
    """
    taken: set[str] = set()
    for event, tracks in sorted(found, key=lambda one: one[1]):
        if event.id in taken:
            event = replace(event, key=" ".join([event.key, *(f"{track:016x}" for track in tracks)]))
        taken.add(event.id)
        yield event


def to_json(events: Sequence[Mapping[str, object]]) -> str:
    """Return events (as from ``read_events``) as one JSON array, with exactly the public keys in their order."""
    rows = []
    for event in events:
        row = {name: event[name] for name in JSON_KEYS}
        for name in ("start", "end"):
            value = row[name]
            row[name] = iso(value) if isinstance(value, datetime) else value
        rows.append(json.dumps(row, ensure_ascii=False, sort_keys=False))
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"
