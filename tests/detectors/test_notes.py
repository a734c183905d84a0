"""What officers say: it adds up to how an event is handled, follows it where it is superseded, and is never changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.reader import Reader
from ais.store import Store
from detectors.notes import (
    ACTIONS,
    MAX_TEXT,
    BadNote,
    Handling,
    Note,
    Saying,
    UnknownEvent,
    handling_of,
    read_notes,
    write_note,
)
from tests.hostile_texts import HOSTILE

NOW = datetime(2026, 5, 1, 12, 0, 0, 500, tzinfo=UTC)
A, B, C, D = (f"{k:016x}" for k in (10, 11, 12, 13))


def story(store: Store, *revisions: tuple[str, str, list[str]]) -> None:
    """Write a ledger, and the events that stand by it."""
    for seq, (event_id, action, supersedes) in enumerate(revisions, 1):
        store.con.execute("INSERT INTO ledger VALUES (?, 1, ?, ?, ?, '{}')", [seq, event_id, action, supersedes])
        store.con.execute("DELETE FROM events WHERE id = ?", [event_id])
        if action != "withdrawn":
            row = [event_id, "2026-05-01", json.dumps({})]
            sql = "INSERT INTO events VALUES (?, 'gap', 'gap', [1], $2, NULL, 0, 0, 1, [], $3, [], $2, NULL)"
            store.con.execute(sql.replace("?", "$1"), row)


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "c.duckdb") as made:
        yield made


def handling(store: Store) -> dict[str, Handling]:
    with store.reader() as reader:
        return handling_of(reader)


def say(store: Store, event_id: str, who: str = "K. Park", action: str = "acknowledge", **more: object) -> Note:
    return write_note(store, Saying(event_id, who, action, **more), now=NOW)  # type: ignore[arg-type]


def test_what_was_said_adds_up_and_can_be_taken_back(store: Store) -> None:
    story(store, (A, "new", []), (B, "new", []))
    assert handling(store) == {}
    until = NOW + timedelta(hours=2)
    assert say(store, A) == Note(1, A, NOW.replace(microsecond=0), "K. Park", "acknowledge", None, None, None)
    say(store, A, "J. Lee", "snooze", until=until)
    say(store, A, "J. Lee", "verdict", verdict="false alarm", text="buoys")
    say(store, A, "J. Lee", "note", text="seen again")
    made_at = NOW.replace(microsecond=0)
    assert handling(store) == {A: Handling("K. Park", made_at, until, "false alarm", "J. Lee", 2)}
    say(store, A, "K. Park", "unacknowledge")
    say(store, A, "K. Park", "snooze")
    say(store, A, "K. Park", "verdict")
    assert handling(store) == {A: Handling(notes=2)}  # those that say something
    with store.reader() as reader:
        assert [one.action for one in read_notes(reader)] == [
            *("acknowledge", "snooze", "verdict", "note", "unacknowledge", "snooze", "verdict")
        ]
        assert [one.seq for one in read_notes(reader, since_seq=5)] == [6, 7]
        assert [one.seq for one in read_notes(reader, A, since_seq=1, limit=2)] == [2, 3]


def test_notes_follow_into_what_takes_the_place_and_stay_where_it_is_withdrawn(store: Store) -> None:
    story(
        store,
        (A, "new", []),
        (A, "withdrawn", []),
        (B, "new", [A]),
        (B, "withdrawn", []),
        (C, "new", [B]),  # one event became two
        (D, "new", [B]),
    )
    say(store, A, text="of the first")
    say(store, C, action="verdict", verdict="confirmed")
    found = handling(store)
    assert {name: (one.acknowledged_by, one.verdict, one.notes) for name, one in found.items()} == {
        C: ("K. Park", "confirmed", 1),
        D: ("K. Park", None, 1),
    }
    with store.reader() as reader:
        assert [one.text for one in read_notes(reader, A)] == ["of the first"]
        assert [one.seq for one in read_notes(reader, C)] == [1, 2]


def test_an_event_that_comes_back_in_a_circle_has_each_note_once(store: Store) -> None:
    story(store, (A, "new", []), (A, "withdrawn", []), (B, "new", [A]), (B, "withdrawn", []), (A, "new", [B]))
    say(store, A, text="before")
    say(store, B, text="meanwhile")
    assert [(name, one.notes) for name, one in handling(store).items()] == [(A, 2)]


def test_it_says_of_which_revision_it_was_said(store: Store) -> None:
    story(store, (A, "new", []), (B, "new", []), (A, "revised", []), (B, "revised", []))
    say(store, A)
    assert store.con.execute("SELECT ledger_seq FROM notes").fetchall() == [(3,)]


def test_what_is_sent_twice_under_a_key_is_written_once(store: Store) -> None:
    story(store, (A, "new", []))
    first = say(store, A, key="x")
    assert say(store, A, "another", "note", text="later", key="x") == first
    assert say(store, A, key="y").seq == 2


def test_of_an_event_that_never_was_nothing_is_said(store: Store) -> None:
    with pytest.raises(UnknownEvent, match="no event"):
        say(store, A)
    assert store.con.execute("SELECT count(*) FROM notes").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"who": " "}, "who you are"),
        ({"who": "x" * 65}, "who may have 64"),
        ({"action": "delete"}, "no action 'delete'"),
        ({"action": "note"}, "needs a text"),
        ({"action": "note", "text": "x" * (MAX_TEXT + 1)}, "may have 2,000"),
        ({"text": "\ud800"}, "half a character"),
        ({"verdict": "confirmed"}, "action verdict"),
        ({"action": "verdict", "verdict": "guilty"}, "a verdict is"),
        ({"until": NOW}, "action snooze"),
        ({"action": "snooze", "until": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "until is a time"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(BadNote, match=said):
        Saying(**({"event_id": A, "who": "K", "action": "acknowledge"} | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [text[:MAX_TEXT] for text in HOSTILE.values()] + ["\x00\x1b[2J", "평양 🚢"])
def test_any_text_comes_back_as_it_was(text: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "c.duckdb") as store:
        story(store, (A, "new", []))
        say(store, A, text[:64] if text[:64].strip() else "x", "acknowledge", text=text)
    with Reader.open(tmp_path / "c.duckdb") as reader:
        (note,) = read_notes(reader)
    assert note.text == text


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(["a", "b"]), st.booleans())))
def test_handling_is_what_the_last_of_each_sort_says(said: list[tuple[str, str, bool]]) -> None:
    """A twin that looks back from the end."""
    notes = [
        Note(
            *(n, A, NOW + timedelta(hours=n), who, action, "said" if action == "note" or given else None),
            "confirmed" if action == "verdict" and given else None,
            NOW + timedelta(days=n) if action == "snooze" and given else None,
        )
        for n, (action, who, given) in enumerate(said)
    ]

    def last(*actions: str) -> Note | None:
        return next((one for one in reversed(notes) if one.action in actions), None)

    seen, slept, judged = last("acknowledge", "unacknowledge"), last("snooze"), last("verdict")
    who = seen if seen and seen.action == "acknowledge" else None
    assert Handling.by(notes) == Handling(
        who and who.who,
        who and who.made_at,
        slept and slept.until,
        judged and judged.verdict,
        judged.who if judged and judged.verdict else None,
        sum(action == "note" or given for action, _, given in said),
    )
