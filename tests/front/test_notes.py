"""What officers say, from the command line, a page and a busy watch: written once, for good, and shown safely."""

from __future__ import annotations

import csv
import http.client
import io
import json
import socket
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ais.store import CaseError, Store
from darkwake import desk
from darkwake.case import Case
from darkwake.desk import Desk, NotWritten, given_up
from detectors.notes import Saying, UnknownEvent, write_note
from soak.forked import Forks
from tests.front.front_door import Run, is_one_sentence
from tests.front.test_serve import JSON, NOW, ask, serving, streaming
from tests.front.watches import drained, free_port, until, watching
from tests.hostile_texts import HOSTILE
from tests.test_any_split import feed


@pytest.fixture
def meant(case: Path) -> str:
    """The id of the case's meeting."""
    return str(Case(case).records(kind="rendezvous")[0]["id"])


def test_the_commands_say_it_and_show_it(cli: Run, case: Path, meant: str, tmp_path: Path) -> None:
    before = cli("events", "--case", case, "--format", "json").out
    who = ("--case", case, "--who", "K. Park")
    assert "acknowledged" in cli("note", meant, *who, "--acknowledge", "--text", "on it").out
    assert "snoozed until" in cli("note", meant, *who, "--snooze", "2h").out
    assert "verdict: false alarm" in cli("note", meant, *who, "--verdict", "false-alarm").out
    assert cli("note", meant, *who, "--text", "two \x1b[2J\n=cmd()").code == 0
    found = json.loads(cli("notes", "--case", case, "--format", "json").out)
    assert [one["action"] for one in found] == ["acknowledge", "snooze", "verdict", "note"]
    assert [one["seq"] for one in found] == [1, 2, 3, 4]
    assert {(one["who"], one["event_id"]) for one in found} == {("K. Park", meant)}
    assert found[2]["verdict"] == "false alarm"
    assert found[3]["text"] == "two \x1b[2J\n=cmd()"
    table = cli("notes", "--case", case, "--event", meant).out
    assert len(table.splitlines()) == 5
    assert "\x1b" not in table
    assert cli("notes", "--case", case, "--format", "csv", "-o", tmp_path / "n.csv").code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "n.csv").read_text(encoding="utf-8"), newline="")))
    assert [row["action"] for row in rows] == ["acknowledge", "snooze", "verdict", "note"]
    assert cli("events", "--case", case, "--format", "json").out == before
    assert cli("verify", "--case", case).code == 0
    assert cli("report", "--case", case, "-o", tmp_path / "r.html").code == 0
    assert "verdict: false alarm" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_no_cell_is_a_formula_and_no_line_moves_a_cursor(cli: Run, case: Path, meant: str) -> None:
    texts = [text[:2_000] for text in HOSTILE.values()]
    with Store.open(case) as store:
        rows = [[n, meant, 1, NOW, text, text] for n, text in enumerate(texts, 1)]
        for row in rows:
            store.con.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?, 'note', ?, NULL, NULL, NULL)", row)
    lines = cli("notes", "--case", case).out.split("\n")
    assert len(lines) == len(texts) + 2
    assert {unicodedata.category(char) for line in lines for char in line} & {"Cc", "Cf", "Zl", "Zp"} == set()
    read = list(csv.reader(io.StringIO(cli("notes", "--case", case, "--format", "csv").out, newline="")))
    assert [len(row) for row in read] == [len(read[0])] * (len(texts) + 1)
    assert not [cell for row in read for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_what_makes_no_sense_is_said_in_a_sentence(cli: Run, case: Path, meant: str) -> None:
    assert is_one_sentence(cli("note", "0" * 16, "--case", case, "--who", "K", "--acknowledge"))
    assert is_one_sentence(cli("note", meant, "--case", case, "--who", " ", "--acknowledge"))
    assert is_one_sentence(cli("note", meant, "--case", "none.duckdb", "--who", "K", "--acknowledge"))
    for wrong in (["--text", ""], ["--acknowledge", "--verdict", "confirmed"], ["--snooze", "long"]):
        assert cli("note", meant, "--case", case, "--who", "K", *wrong).code == 2
    assert cli("notes", "--case", case).out == "no notes\n"
    with Store.open(case):
        assert "is writing to the case" in _refused(cli, case, meant)


def _refused(cli: Run, case: Path, event: str) -> str:
    said = cli("note", event, "--case", case, "--who", "K", "--acknowledge")
    assert is_one_sentence(said)
    return said.err


def test_over_http_it_is_checked_and_answered(case: Path, meant: str) -> None:
    path = f"/api/v1/events/{meant}/notes"
    with serving(Case(case)) as place:
        for body, headers, code, said in (
            (b'{"who": "K", "action": "acknowledge"}', {}, 415, "application/json"),
            (b'{"who": "K", "action": "acknowledge"}', {"content-type": "text/plain"}, 415, "application/json"),
            (b'{"who": "K", "action": "acknowledge"}', JSON | {"origin": "https://evil.example"}, 403, "another page"),
            (b'{"who": "K", "action": "acknowledge"}', JSON | {"sec-fetch-site": "same-site"}, 403, "another page"),
            (b'{"who": "K", "action": "delete"}', JSON, 400, "delete"),
            (b'{"who": "K", "action": "note"}', JSON, 400, "needs a text"),
            (b'{"who": "", "action": "acknowledge"}', JSON, 400, "length >= 1"),
            (b'{"who": "K", "action": "acknowledge", "x": 1}', JSON, 400, "x"),
            (b'{"action": "acknowledge"}', JSON, 400, "who"),
            (b'{"who": "K", "action": "note", "text": "\\ud800"}', JSON, 400, ""),
            (b'{"who": "K", "action": "snooze", "until": "soon"}', JSON, 400, "until"),
            (b'{"who": "K", "action": "snooze", "until": "0001-01-01T00:00:00+23:00"}', JSON, 400, "until"),
            (b"[" * 50_000, JSON, 400, ""),
            (b"\xff", JSON, 400, ""),
            (b"", JSON, 400, ""),
            (b"x" * 70_000, JSON, 413, "bytes"),
        ):
            found = ask(place, path, "POST", headers, body)
            assert found[0] == code, (body[:60], found[:2])
            assert said in found[1]["error"]
        nowhere = f"/api/v1/events/{'0' * 16}/notes"
        assert ask(place, nowhere, "POST", JSON, b'{"who": "K", "action": "acknowledge"}')[0] == 404
        assert ask(place, path, "OPTIONS", {"origin": "https://evil.example"})[0] == 403
        assert ask(place, path)[1] == {"notes": []}
        same = {"origin": f"http://{place}", "sec-fetch-site": "same-origin"}
        body = b'{"who": "K", "action": "snooze", "until": "2026-05-01T00:00:00+09:00", "key": "one"}'
        code, note, _ = ask(place, path, "POST", JSON | same, body)
        assert (code, note["until"]) == (201, "2026-04-30T15:00:00Z")
        assert ask(place, path, "POST", JSON, body)[1] == note
        assert ask(place, path)[1] == ask(place, "/api/v1/notes")[1] == {"notes": [note]}
        assert ask(place, f"/api/v1/notes?since_seq={note['seq']}")[1] == {"notes": []}
        assert ask(place, "/api/v1/events")[1]["handling"] == {
            meant: {
                "acknowledged_by": None, "acknowledged_at": None, "snoozed_until": "2026-04-30T15:00:00Z",
                "verdict": None, "verdict_by": None, "notes": 0,
            }
        }  # fmt: skip


def test_a_body_that_grows_beyond_the_bound_is_refused_whatever_length_was_said(case: Path, meant: str) -> None:
    with serving(Case(case)) as place:
        con = http.client.HTTPConnection(place, timeout=10)
        parts = (b"x" * 10_000 for _ in range(8))
        con.request("POST", f"/api/v1/events/{meant}/notes", parts, JSON, encode_chunked=True)
        assert con.getresponse().status == 413
        con.close()


def test_open_pages_are_told_of_notes(case: Path, meant: str) -> None:
    with serving(Case(case)) as place, Store.open(case) as store, streaming(place) as lines:
        assert next(lines) == b"event: begin\n"
        note = write_note(store, Saying(meant, "K", "acknowledge"), now=NOW)
        told = json.loads(next(line for line in lines if b'"notes":[{' in line)[6:])
    assert told["notes"] == [note.as_json()]
    assert told["revisions"] == []


def test_who_gives_up_waiting_is_told_the_truth(case: Path, meant: str) -> None:
    woken: list[int] = []
    busy = Desk(lambda: woken.append(1))
    first, second = (busy.put(Saying(meant, who, "acknowledge")) for who in ("first", "second"))
    assert "was not written" in str(given_up(first))
    with Store.open(case) as store:
        assert busy.write(store, NOW) == 1
        unknown = busy.put(Saying("0" * 16, "K", "acknowledge"))
        assert busy.write(store, NOW) == 0
    assert second.result().who == "second"
    with pytest.raises(UnknownEvent):
        unknown.result()
    assert [one.who for one in Case(case).notes()] == ["second"]
    assert len(woken) == 3
    under_way = busy.put(Saying(meant, "third", "acknowledge"))
    assert busy._next() is not None
    assert "may still be written" in str(given_up(under_way))
    for _ in range(desk.MOST):
        left = busy.put(Saying(meant, "K", "acknowledge"))
    with pytest.raises(NotWritten, match="100 others wait"):
        busy.put(Saying(meant, "K", "acknowledge"))
    busy.close()
    with pytest.raises(NotWritten, match="not written"):
        left.result()
    with pytest.raises(NotWritten, match="ending"):
        busy.put(Saying(meant, "K", "acknowledge"))


def test_a_case_that_fails_refuses_and_is_opened_again(case: Path, meant: str) -> None:
    waiting = Desk(lambda: None)
    answer = waiting.put(Saying(meant, "K", "acknowledge"))
    with Store.open(case) as store:
        store.con.execute("DROP TABLE notes")
        with pytest.raises(CaseError):
            waiting.write(store, NOW)
    with pytest.raises(CaseError):
        answer.result()


def test_another_process_hands_over_only_what_makes_sense() -> None:
    with pytest.raises(ValueError, match="who"):
        Desk(lambda: None).order({"event_id": "x", "action": "acknowledge"})
    with pytest.raises(ValueError, match="needs a text"):
        Desk(lambda: None).order({"event_id": "x", "who": "K", "action": "note"})


def test_a_watch_writes_what_officers_say_while_lines_come_and_it_is_there_after_a_kill(
    cli: Run, forks: Forks, tmp_path: Path
) -> None:
    lines = [line for message in feed(np.random.default_rng(77)) for line in message]
    port, udp = free_port(), free_port(socket.SOCK_DGRAM)
    place, half = f"127.0.0.1:{port}", len(lines) // 2
    words = ("-", f"udp://127.0.0.1:{udp}", "--serve", place)
    with watching(forks, tmp_path, *words) as process:
        process.says("the page is at")
        process.give("".join(f"{line}\n" for line in lines[:half]))
        until("events are there", lambda: bool(ask(place, "/api/v1/events")[1].get("events")))
        event = ask(place, "/api/v1/events")[1]["events"][0]["id"]
        process.give("".join(f"{line}\n" for line in lines[half:]))

        def post(n: int) -> int:
            body = json.dumps({"who": f"officer {n}", "action": "note", "text": "x", "key": str(n // 2)}).encode()
            return ask(place, f"/api/v1/events/{event}/notes", "POST", JSON, body)[0]

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(post, range(40))) == {201}
        assert cli("note", event, "--case", tmp_path / "live.duckdb", "--who", "K", "--acknowledge").code == 0
        unknown = cli("note", "0" * 16, "--case", tmp_path / "live.duckdb", "--who", "K", "--acknowledge")
        assert is_one_sentence(unknown)
        assert "no event" in unknown.err
        process.kill()
    with watching(forks, tmp_path, *words) as process:
        process.says("the page is at")
        until("it answers", lambda: ask(place, "/api/v1/events")[0] == 200)
        notes = ask(place, "/api/v1/notes")[1]["notes"]
        process.give_end()
        drained(process)
    assert [one["seq"] for one in notes] == list(range(1, 22))
    assert notes[-1]["action"] == "acknowledge"
    assert json.loads(cli("notes", "--case", tmp_path / "live.duckdb", "--format", "json").out) == notes


def test_the_log_as_json_is_an_object_a_line_whatever_was_said(forks: Forks, tmp_path: Path) -> None:
    from darkwake.log import Said, as_json, as_text

    for text in [*HOSTILE.values(), "two\nlines\r\x1b[2J\u202e"]:
        for said in (text, Said(text, "feed", "warning", text)):
            line = as_json(said, NOW)
            assert line.isascii()
            assert len(line.splitlines()) == 1
            told = json.loads(line)
            assert set(told) == {"time", "level", "event", "source", "text"}
            shown = told["text"] + told["source"] + as_text(said, NOW)
            assert {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()
    udp = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with watching(forks, tmp_path, "-", udp, "--log-json") as process:
        process.says("listening")
        process.give_end()
        process.says("read to its end")
        log = [json.loads(line) for line in drained(process).splitlines()]
    assert {(one["event"], one["level"], one["source"]) for one in log} >= {
        ("feed", "info", "stdin"),
        ("feed", "info", udp.replace("://", "-").replace(":", "-")),
    }
    (tmp_path / "live.duckdb").unlink()
    (tmp_path / "live.duckdb").mkdir()
    with watching(forks, tmp_path, udp, "--log-json") as process:
        process.ended()
        (line,) = process.log.splitlines()
    assert process.code == 1
    assert json.loads(line)["level"] == "error"
