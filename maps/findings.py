"""The events of a case, or of a part of it, in the order of a page.

What is of no ship, as outages of sources are, is no finding about one and stands apart.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ais.reader import Reader
from detectors import read_events
from maps.tracks import FIRST_US, LAST_US, MAX_FIXES

MAX_EVENTS = 2000  # 2 to 3 MB of page; the rest is counted and named as left out


@dataclass(frozen=True)
class Findings:
    """The events of a case in the order of a page: by score, then start and id.

    Attributes:
        events: The events that the page carries.
        counts: Events of each kind in the case.
        scores: Scores of all events in the case.
        unassessed: Silences of the case that cannot be assessed.
        shipless: Events of no ship, by start; they are in none of the above.
    """

    events: Sequence[Mapping[str, object]]
    counts: dict[str, int]
    scores: list[float]
    unassessed: int
    shipless: Sequence[Mapping[str, object]] = ()

    @property
    def left_out(self) -> int:
        """Events of the case that the page does not carry."""
        return len(self.scores) - len(self.events)

    def ships(self) -> list[int]:
        """Return the ships of the events, ascending."""
        return sorted({mmsi for event in self.events for mmsi in numbers(event["mmsi"])})


@dataclass(frozen=True)
class Part:
    """The part of a case that a map shows.

    Attributes:
        ships: These ships and the events that any of them has a part in; None = the ships of all events.
        from_us: Least time of a fix, us since 1970.
        to_us: Greatest time of a fix; events that touch the span are shown.
        max_fixes: About how many fixes a page may carry.
    """

    ships: tuple[int, ...] | None = None
    from_us: int = FIRST_US
    to_us: int = LAST_US
    max_fixes: int = MAX_FIXES

    def holds(self, event: Mapping[str, object]) -> bool:
        """Say whether an event belongs to the part."""
        start, end = (seconds(event[key]) for key in ("start", "end"))
        touches = (start or 0.0) * 1e6 <= self.to_us and (end is None or end * 1e6 > self.from_us)
        return touches and (
            self.ships is None or not event["mmsi"] or not set(self.ships).isdisjoint(numbers(event["mmsi"]))
        )

    def with_partners(self, findings: Findings) -> list[int]:
        """Return the ships to draw: those of the part, and those that they have events with."""
        return sorted({*(self.ships or ()), *findings.ships()})


WHOLE = Part()


def numbers(value: object) -> list[int]:
    """Return a list of whole numbers from an event's field."""
    return [int(item) for item in value] if isinstance(value, list | tuple) else []


def real(value: object) -> float:
    """Return an event's number as float.

    Raises:
        TypeError: It is no number.
    """
    if not isinstance(value, int | float):
        raise TypeError(f"an event's number is {value!r}")
    return float(value)


def find(reader: Reader, part: Part = WHOLE) -> Findings:
    """Read the events of a part of a case."""
    told = [event for event in read_events(reader) if part.holds(event)]
    every, shipless = ([event for event in told if bool(event["mmsi"]) is of_ships] for of_ships in (True, False))
    ranked = sorted(every, key=lambda event: (-real(event["score"]), str(event["start"]), str(event["id"])))
    unassessed = sum("cannot" in str(evidence(event).get("verdict", "")) for event in every)
    counts = Counter(str(event["kind"]) for event in every)
    scores = [real(event["score"]) for event in every]
    return Findings(ranked[:MAX_EVENTS], dict(sorted(counts.items())), scores, unassessed, shipless)


def evidence(event: Mapping[str, object]) -> Mapping[str, object]:
    """Return the event's evidence."""
    value = event["evidence"]
    return value if isinstance(value, Mapping) else {}


def seconds(t: object) -> float | None:
    """Return a time as seconds since 1970 UTC."""
    if not isinstance(t, datetime):
        return None
    return (t if t.tzinfo else t.replace(tzinfo=UTC)).timestamp()
