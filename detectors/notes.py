"""What officers say of findings: acknowledged, snoozed, a verdict, a note; and how each event that stands is handled.

Only ever added to, like the ledger: what is undone is a further note. Notes follow an event into those that supersede
it, and stay where it is withdrawn. Who said something is what they say themselves: it is no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from detectors.event import iso

if TYPE_CHECKING:
    import duckdb

    from ais.reader import Reader
    from ais.store import Store

Action = Literal["acknowledge", "unacknowledge", "snooze", "verdict", "note"]
Verdict = Literal["false alarm", "confirmed"]
ACTIONS: tuple[Action, ...] = ("acknowledge", "unacknowledge", "snooze", "verdict", "note")
VERDICTS: tuple[Verdict, ...] = ("false alarm", "confirmed")
FALSE_ALARM: Verdict = "false alarm"
MAX_TEXT, MAX_WHO, MAX_KEY = 2_000, 64, 64  # characters
_COLUMNS = "seq, event_id, made_at, who, action, text, verdict, until_t"
# From each event that something was said of to those that took its place, however often.
_FOLLOWED = """
WITH RECURSIVE took AS (
    SELECT event_id, unnest(supersedes) AS gone FROM ledger WHERE len(supersedes) > 0
), followed(said_of, event_id) AS (
    SELECT DISTINCT event_id, event_id FROM notes
    UNION
    SELECT said_of, took.event_id FROM followed JOIN took ON took.gone = followed.event_id
)
"""
_ALL = f"SELECT {_COLUMNS} FROM notes WHERE seq > $seq ORDER BY seq LIMIT $limit"
_OF_EVENT = f"""{_FOLLOWED}
SELECT {", ".join(f"notes.{name}" for name in _COLUMNS.split(", "))} FROM notes
JOIN followed ON followed.said_of = notes.event_id
WHERE followed.event_id = $event AND seq > $seq ORDER BY seq LIMIT $limit
"""
_OF_STANDING = f"""{_FOLLOWED}
SELECT followed.event_id AS stands, {", ".join(f"notes.{name}" for name in _COLUMNS.split(", "))} FROM notes
JOIN followed ON followed.said_of = notes.event_id SEMI JOIN events ON events.id = followed.event_id
ORDER BY followed.event_id, seq
"""
_EVERY = 2**62


class BadNote(ValueError):
    """What is said of an event makes no sense; the message says what does."""


class UnknownEvent(ValueError):
    """Something is said of an event that there never was."""


@dataclass(frozen=True)
class Saying:
    """What somebody wants to say of an event.

    Attributes:
        event_id: The event; one that is withdrawn too.
        who: Who says it.
        action: What it does; ``note`` only says something.
        text: What is said besides.
        verdict: Of ``verdict`` only; None takes the last one back.
        until: Of ``snooze`` only, UTC where it says no zone; None ends it at once.
        key: The sender's own name for it: sent again, it is not written twice.

    Raises:
        BadNote: It makes no sense.
    """

    event_id: str
    who: str
    action: Action
    text: str | None = None
    verdict: Verdict | None = None
    until: datetime | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        _check_text("who", self.who, MAX_WHO)
        _check_text("text", self.text, MAX_TEXT)
        _check_text("key", self.key, MAX_KEY)
        if not self.who.strip():
            raise BadNote("say who you are")
        if self.action not in ACTIONS:
            raise BadNote(f"there is no action '{self.action[:20]}'; there are {', '.join(ACTIONS)}")
        if self.action == "note" and not (self.text or "").strip():
            raise BadNote("a note needs a text")
        if self.verdict is not None and (self.action != "verdict" or self.verdict not in VERDICTS):
            raise BadNote(f"a verdict is {' or '.join(VERDICTS)}, with the action verdict alone")
        if self.until is not None and self.action != "snooze":
            raise BadNote("until goes with the action snooze alone")
        if self.until is not None and not 2000 <= self.until.year < 9999:
            raise BadNote("until is a time like 2022-11-10T02:09:52Z")


def _check_text(name: str, value: str | None, most: int) -> None:
    if value is None:
        return
    if len(value) > most:
        raise BadNote(f"{name} may have {most:,} characters, this one has {len(value):,}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadNote(f"{name} holds half a character") from None


@dataclass(frozen=True)
class Note:
    """What was said of an event.

    Attributes:
        seq: Its number in the case.
        event_id: The event that it was said of.
        made_at: When, UTC.
        who: Who said it, in their own words.
        action: What it does.
        text: What was said besides.
        verdict: Of a verdict.
        until: End of a snooze, UTC.
    """

    seq: int
    event_id: str
    made_at: datetime
    who: str
    action: str
    text: str | None
    verdict: str | None
    until: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Note:
        """Return the note of a row."""
        until = row["until_t"]
        return cls(
            row["seq"],
            row["event_id"],
            row["made_at"].replace(tzinfo=UTC),
            row["who"],
            row["action"],
            row["text"],
            row["verdict"],
            until.replace(tzinfo=UTC) if until else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it with its times as text."""
        return {
            "seq": self.seq,
            "event_id": self.event_id,
            "made_at": iso(self.made_at),
            "who": self.who,
            "action": self.action,
            "text": self.text,
            "verdict": self.verdict,
            "until": iso(self.until) if self.until else None,
        }

    def in_words(self) -> str:
        """Return it as a sentence of raw text."""
        done = {
            "acknowledge": "acknowledged",
            "unacknowledge": "acknowledgement taken back",
            "snooze": f"snoozed until {iso(self.until)}" if self.until else "snooze ended",
            "verdict": f"verdict: {self.verdict}" if self.verdict else "verdict taken back",
            "note": "note",
        }[self.action]
        return f"{iso(self.made_at)}, {self.who}: {done}" + (f": {self.text}" if self.text else "")


@dataclass(frozen=True)
class Handling:
    """How an event that stands is handled, by all that was said of it and of those in whose place it stands.

    Attributes:
        acknowledged_by: Who acknowledged it last; None where nobody did, or it was taken back.
        acknowledged_at: When, UTC.
        snoozed_until: The end of the last snooze, UTC, also once it is over.
        verdict: The last verdict.
        verdict_by: Whose it is.
        notes: How many of them have a text.
    """

    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    verdict: str | None = None
    verdict_by: str | None = None
    notes: int = 0

    @classmethod
    def by(cls, notes: Iterable[Note]) -> Handling:
        """Return what notes, in their order, come to."""
        state: dict[str, Any] = {}
        for note in notes:
            state["notes"] = state.get("notes", 0) + bool(note.text)
            if note.action == "acknowledge":
                state |= {"acknowledged_by": note.who, "acknowledged_at": note.made_at}
            elif note.action == "unacknowledge":
                state |= {"acknowledged_by": None, "acknowledged_at": None}
            elif note.action == "snooze":
                state["snoozed_until"] = note.until
            elif note.action == "verdict":
                state |= {"verdict": note.verdict, "verdict_by": note.who if note.verdict else None}
        return cls(**state)

    def as_json(self) -> dict[str, Any]:
        """Return it with its times as text."""
        times = {name: getattr(self, name) for name in ("acknowledged_at", "snoozed_until")}
        return {**vars(self), **{name: iso(t) if t else None for name, t in times.items()}}


def write_note(store: Store, said: Saying, *, now: datetime) -> Note:
    """Add what somebody says of an event to the case; what has its key already is returned as it was written.

    Raises:
        UnknownEvent: There never was such an event.
        CaseError: The case failed; nothing was written.
    """
    with store.transaction() as con:
        if said.key is not None and (before := _rows(con, "key = ?", said.key)):
            return Note.of(before[0])
        last = con.execute("SELECT max(seq) FROM ledger WHERE event_id = ?", [said.event_id]).fetchall()[0][0]
        if last is None:
            raise UnknownEvent(f"there is no event {said.event_id[:16]}")
        until = said.until and _naive(said.until)
        made_at = _naive(now).replace(microsecond=0)
        given = [said.event_id, last, made_at, said.who, said.action, said.text, said.verdict, until, said.key]
        con.execute("INSERT INTO notes SELECT coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM notes", given)
        (row,) = _rows(con, "seq = (SELECT max(seq) FROM notes)")
        return Note.of(row)


def _naive(t: datetime) -> datetime:
    """Return a time as the case keeps it: UTC, without a zone."""
    return (t if t.tzinfo is None else t.astimezone(UTC)).replace(tzinfo=None)


def _rows(con: duckdb.DuckDBPyConnection, where: str, *given: str) -> list[dict[str, Any]]:
    found = con.execute(f"SELECT {_COLUMNS} FROM notes WHERE {where}", list(given)).fetchall()
    return [dict(zip(_COLUMNS.split(", "), row, strict=True)) for row in found]


def read_notes(reader: Reader, event_id: str | None = None, *, since_seq: int = 0, limit: int = _EVERY) -> list[Note]:
    """Return what was said, in its order.

    Args:
        reader: Reads the case.
        event_id: Of this event, and of those in whose place it stands, only.
        since_seq: What came after this number.
        limit: So many at most, the oldest.
    """
    if event_id is None:
        rows = reader.query(_ALL, seq=since_seq, limit=limit)
    else:
        rows = reader.query(_OF_EVENT, event=event_id, seq=since_seq, limit=limit)
    return [Note.of(row) for row in rows.to_pylist()]


def notes_of_standing(reader: Reader) -> dict[str, list[Note]]:
    """Return what was said of each event that stands, by its id, in its order; only of those of which something was."""
    if not last_note(reader):
        return {}
    found: dict[str, list[Note]] = {}
    for row in reader.query(_OF_STANDING).to_pylist():
        found.setdefault(row["stands"], []).append(Note.of(row))
    return found


def handling_of(reader: Reader) -> dict[str, Handling]:
    """Return how each event that stands is handled, by its id; only those of which something was said."""
    return {event_id: Handling.by(notes) for event_id, notes in notes_of_standing(reader).items()}


def last_note(reader: Reader) -> int:
    """Return the number of the last note; 0 where there is none."""
    return int(reader.query("SELECT coalesce(max(seq), 0) AS seq FROM notes")["seq"][0].as_py())
