"""The outbox: what is to be told, on the disk before anything is sent, until its channel has taken it.

A SQLite file beside the case. Filling it and noting how far the ledger was read are one transaction, so that no
revision is told by nobody; a message is marked sent once its channel took it, so that a process killed in between sends
that one again, with the same key: the event's id and the ledger's number of the revision.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkwake.alerts.rules import Rule
from detectors.event import to_us
from detectors.notes import FALSE_ALARM, Handling

NOTHING: Mapping[str, Handling] = {}
FIRST_RETRY_S, LAST_RETRY_S = 5, 600
HOUR_US = 3_600_000_000
_TABLES = """
CREATE TABLE IF NOT EXISTS looked (seq INTEGER NOT NULL, event_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    rule TEXT NOT NULL, event_id TEXT NOT NULL, revision INTEGER NOT NULL,
    action TEXT NOT NULL,     -- new, revised, withdrawn
    supersedes TEXT NOT NULL, -- JSON: ids told before, in whose place the event stands
    event TEXT NOT NULL,      -- JSON
    state TEXT NOT NULL,      -- waiting, sent, outdated
    tries INTEGER NOT NULL DEFAULT 0, due_us INTEGER NOT NULL, sent_us INTEGER,
    PRIMARY KEY (rule, event_id, revision)
);
CREATE INDEX IF NOT EXISTS by_state ON messages (state, rule, due_us);
"""


@dataclass(frozen=True)
class Revision:
    """A row of the ledger: what became of an event.

    Attributes:
        seq: Its number in the ledger.
        action: ``new``, ``revised`` or ``withdrawn``.
        event: The event as public JSON, with `listed` in its evidence where a ship of it is on a list.
        supersedes: Ids of the withdrawn events in whose place it stands.
    """

    seq: int
    action: str
    event: Mapping[str, Any]
    supersedes: Sequence[str] = ()


@dataclass(frozen=True)
class Message:
    """What is to be told.

    Attributes:
        rule: The rule's name.
        action: ``new``, ``revised`` or ``withdrawn``.
        event: The event as JSON.
        supersedes: Ids of events told before, in whose place it stands.
        revision: The ledger's number of the revision.
        tries: How often it was tried.
    """

    rule: str
    action: str
    event: Mapping[str, Any]
    supersedes: Sequence[str]
    revision: int
    tries: int

    @property
    def key(self) -> str:
        """The same for the same revision of the same event, however often it is sent."""
        return f"{self.event['id']}.{self.revision}"


class Outbox:
    """The outbox of a case; usable from several threads."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it.

        Raises:
            OSError: It cannot be used.
        """
        self._lock = threading.Lock()
        try:
            self._con = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._con.execute("PRAGMA journal_mode = WAL")
            self._con.execute("PRAGMA synchronous = FULL")
            self._con.executescript(_TABLES)
        except sqlite3.Error as error:
            raise OSError(f"the outbox {path} cannot be used ({error}); move it away or free its disk") from None

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._con.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all or nothing; OSError where the file cannot be used."""
        with self._lock:
            try:
                self._con.execute("BEGIN IMMEDIATE")
                try:
                    yield self._con
                    self._con.execute("COMMIT")
                except BaseException:
                    self._con.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise OSError(f"the outbox cannot be used ({error})") from None

    def looked(self) -> tuple[int, str] | None:
        """Return the last revision of the ledger that was looked at, and its event's id; None before the first."""
        with self._transaction() as con:
            row = con.execute("SELECT seq, event_id FROM looked").fetchone()
        return (int(row[0]), str(row[1])) if row else None

    def start_at(self, seq: int, event_id: str) -> None:
        """Look only at what comes after a revision: what stood in the case before is no news."""
        with self._transaction() as con:
            con.execute("DELETE FROM looked")
            con.execute("INSERT INTO looked VALUES (?, ?)", (seq, event_id))

    def fill(self, rules: Sequence[Rule], revisions: Sequence[Revision], now_us: int) -> int:
        """Put in what the rules want told of new revisions; returns how many messages that made."""
        if not revisions:
            return 0
        made = 0
        with self._transaction() as con:
            for revision in revisions:
                made += sum(_note(con, rule, revision, now_us) for rule in rules)
            last = revisions[-1]
            con.execute("DELETE FROM looked")
            con.execute("INSERT INTO looked VALUES (?, ?)", (last.seq, last.event["id"]))
        return made

    def next(self, rule: Rule, now_us: int, handled: Mapping[str, Handling] = NOTHING) -> Message | None:
        """Return the message of a rule that is to be sent now, the oldest first; None where none is, or may be.

        What its reader was told by then decides what kind of message it is, and whether it still is one.

        Args:
            rule: The rule.
            now_us: The time, UTC microseconds.
            handled: How officers handle events, by id.
        """
        with self._transaction() as con:
            sent = con.execute(
                "SELECT count(*) FROM messages WHERE rule = ? AND state = 'sent' AND sent_us > ?",
                (rule.name, now_us - HOUR_US),
            ).fetchone()[0]
            if sent >= rule.per_hour:
                return None
            rows = con.execute(
                "SELECT action, event, supersedes, revision, tries FROM messages"
                " WHERE rule = ? AND state = 'waiting' AND due_us <= ? ORDER BY revision",
                (rule.name, now_us),
            ).fetchall()
            for action, text, supersedes, revision, tries in rows:
                event = json.loads(text)
                took = [one for one in json.loads(supersedes) if _told(con, rule.name, one)]
                told = _told(con, rule.name, event["id"])
                said = _action(action, event, rule, told, took)
                if said == "revised" and told and not took and not _is_worse(told[1], event):
                    how = handled.get(event["id"])
                    if how and how.verdict == FALSE_ALARM:
                        said = None
                    elif how and how.snoozed_until and to_us(how.snoozed_until) > now_us:
                        continue
                if said:
                    return Message(rule.name, said, event, took, revision, tries)
                con.execute(
                    "UPDATE messages SET state = 'outdated' WHERE rule = ? AND event_id = ? AND revision = ?",
                    (rule.name, event["id"], revision),
                )
        return None

    def sent(self, message: Message, now_us: int) -> None:
        """Mark a message as taken by its channel."""
        self._update(message, "state = 'sent', action = ?, sent_us = ?", message.action, now_us)

    def failed(self, message: Message, now_us: int) -> int:
        """Have a message tried again later; returns in how many seconds."""
        wait_s = min(FIRST_RETRY_S << min(message.tries, 10), LAST_RETRY_S)
        self._update(message, "tries = ?, due_us = ?", message.tries + 1, now_us + wait_s * 1_000_000)
        return wait_s

    def _update(self, message: Message, what: str, *values: object) -> None:
        key = (message.rule, message.event["id"], message.revision)
        with self._transaction() as con:
            con.execute(f"UPDATE messages SET {what} WHERE rule = ? AND event_id = ? AND revision = ?", values + key)

    def due(self, now_us: int) -> bool:
        """Say whether a message waits whose time has come."""
        with self._transaction() as con:
            sql = "SELECT 1 FROM messages WHERE state = 'waiting' AND due_us <= ? LIMIT 1"
            return con.execute(sql, (now_us,)).fetchone() is not None

    def counts(self) -> dict[str, int]:
        """Return how many messages are waiting, sent, and were outdated before they could be sent."""
        with self._transaction() as con:
            rows = con.execute("SELECT state, count(*) FROM messages GROUP BY state").fetchall()
        return {"waiting": 0, "sent": 0, "outdated": 0} | {str(state): int(n) for state, n in rows}


def _note(con: sqlite3.Connection, rule: Rule, revision: Revision, now_us: int) -> int:
    """Put in one revision where a rule asks for it or its reader may have been told; returns 1 for one put in."""
    event_id = str(revision.event["id"])
    took = [one for one in revision.supersedes if _is_known(con, rule.name, one)]
    if not (took or rule.matches(revision.event) or _is_known(con, rule.name, event_id)):
        return 0
    # What waits is outdated by any later word on its event; a channel that fails is tried no sooner for that.
    tries, due_us = 0, now_us
    for one in (event_id, *took):
        mine = "rule = ? AND event_id = ? AND state = 'waiting'"
        for row in con.execute(f"SELECT tries, due_us FROM messages WHERE {mine}", (rule.name, one)).fetchall():
            tries, due_us = max(tries, row[0]), max(due_us, row[1])
        con.execute(f"UPDATE messages SET state = 'outdated' WHERE {mine}", (rule.name, one))
    con.execute(
        "INSERT OR IGNORE INTO messages (rule, event_id, revision, action, supersedes, event, state, tries, due_us)"
        " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?)",
        (
            rule.name,
            event_id,
            revision.seq,
            revision.action,
            json.dumps(took),
            json.dumps(revision.event),
            tries,
            due_us,
        ),
    )
    return 1


def _is_known(con: sqlite3.Connection, rule: str, event_id: str) -> bool:
    """Say whether a rule ever asked for an event."""
    sql = "SELECT 1 FROM messages WHERE rule = ? AND event_id = ? LIMIT 1"
    return con.execute(sql, (rule, event_id)).fetchone() is not None


def _told(con: sqlite3.Connection, rule: str, event_id: str) -> tuple[str, dict[str, Any]] | None:
    """Return what a rule's reader last heard of an event: the action and the event; None if nothing."""
    row = con.execute(
        "SELECT action, event FROM messages WHERE rule = ? AND event_id = ? AND state = 'sent'"
        " ORDER BY revision DESC LIMIT 1",
        (rule, event_id),
    ).fetchone()
    return row and (row[0], json.loads(row[1]))


def _action(
    action: str,
    event: Mapping[str, Any],
    rule: Rule,
    told: tuple[str, dict[str, Any]] | None,
    took: Sequence[str],
) -> str | None:
    """Say what a message is to its reader; None where it is no news."""
    stands = told is not None and told[0] != "withdrawn"
    if action == "withdrawn":
        return "withdrawn" if stands else None
    if took and not stands:
        return "revised"
    if told is not None and stands:
        return "revised" if is_news(told[1], event) else None
    return "new" if rule.matches(event) else None


def is_news(told: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Say whether a reader who was told one revision must hear of another.

    An event that merely grows is none: its end known, another ship, zone or verdict, another tenth of the score are.
    """
    return any(_gist(told)[key] != _gist(event)[key] for key in _gist(event))


def _is_worse(told: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Say whether an event is more than its reader was told: by a tenth of the score, or on a list now."""
    before, now = _gist(told), _gist(event)
    return bool(now["score"] > before["score"] or now["listed"] > before["listed"])


def _gist(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mmsi": event["mmsi"],
        "zones": sorted(event["zones"]),
        "open": event["end"] is None,
        "score": round(event["score"], 1),
        "verdict": event["evidence"].get("verdict"),
        "listed": bool(event["evidence"].get("listed")),
    }
