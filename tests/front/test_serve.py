"""The interface of a watch over real HTTP: every path by its own description, who gets in, and what is too much."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ais.store import Store
from darkwake.case import Case
from darkwake.desk import Desk
from darkwake.health import Health
from darkwake.serve import access, app
from darkwake.serve.answers import Alerts, Feed, Status
from darkwake.serve.app import Live
from darkwake.serve.changes import Change
from darkwake.serve.openapi import PATHS, POSTS, describe
from darkwake.serve.server import Server
from darkwake.settings import SettingsError
from detectors.notes import Note, Saying
from soak.apart import run_apart
from soak.forked import Forks
from soak.visitors import cpu_s, visitors
from tests.front.front_door import ROOT, Run, meeting_csv
from tests.front.watches import drained, free_port, until, watching
from tests.test_any_split import feed

NOW = datetime(2023, 1, 2, tzinfo=UTC)
JSON = {"content-type": "application/json"}
TOKEN = "a-token-of-some-length"
STATUS = Status(
    version="1",
    now="2023-01-02T00:00:00Z",
    started="2023-01-01T00:00:00Z",
    horizon="2023-01-02T00:00:00Z",
    behind_s=0.5,
    error=None,
    feeds=[Feed('udp "1"\\\n', "listening", 10_000_000, 3, "2023-01-01T23:59:59Z")],
    alerts=Alerts(1, 2, 3),
    events={"rendezvous": 1},
    ledger=4,
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("serve")
    (folder / "day.csv").write_text(meeting_csv(), encoding="utf-8")
    made = Case(folder / "c.duckdb")
    made.ingest(folder / "day.csv")
    made.detect()
    return made


def written(case: Case, said: Saying) -> Future[Note]:
    """Have a note written as a watch does, by the one that writes the case."""
    desk = Desk(lambda: None)
    answer = desk.put(said)
    with Store.open(case.path) as store:
        desk.write(store, NOW)
    return answer


@contextmanager
def serving(case: Case, token: str = "", ready: str = "") -> Iterator[str]:
    live = Live(
        case.path, case.zones, lambda: STATUS, lambda: ready, lambda: case.lists, lambda said: written(case, said)
    )
    server = Server(live, "127.0.0.1:0", token)
    server.start()
    try:
        yield server.url.removeprefix("http://").rstrip("/")
    finally:
        server.stop()


@pytest.fixture(scope="module")
def place(case: Case) -> Iterator[str]:
    with serving(case) as found:
        yield found


def ask(
    place: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Any, Mapping[str, str]]:
    con = http.client.HTTPConnection(place, timeout=60)
    try:
        con.request(method, path, body, dict(headers or {}))
        answer = con.getresponse()
        text = answer.read()
        kind = answer.headers.get("content-type", "")
        return answer.status, json.loads(text) if "json" in kind and text else text.decode(), dict(answer.headers)
    finally:
        con.close()


def examples(case: Case) -> dict[str, str]:
    (event,) = case.records(kind="rendezvous")
    mmsi = event["mmsi"][0]
    return {
        "/api/v1/events": f"?kind=rendezvous&mmsi={mmsi}&min_score=0.1&since=2022-01-01T00:00:00Z&limit=5&words=1",
        "/api/v1/fleet": "?hours=48",
        "/api/v1/revisions": "?action=new&limit=3",
        "/api/v1/events/{id}/notes": event["id"],
        "/api/v1/ships/{mmsi}": str(mmsi),
        "/api/v1/events/{id}": event["id"],
        "/api/v1/ships": f"?q={mmsi}",
        "/api/v1/tracks": f"?mmsi={mmsi}&mmsi={event['mmsi'][1]}&hours=48",
    }


def test_every_path_answers_as_it_is_described(place: str, case: Case) -> None:
    code, document, _ = ask(place, "/openapi.json")
    assert (code, document) == (200, describe())
    assert set(document["paths"]) == set(PATHS)
    more = examples(case)
    for path, (_, sent, answer) in POSTS.items():
        assert set(document["paths"][path]) == {"get", "post"}
        body = msgspec.json.encode(sent(who="K. Park", action="verdict", verdict="confirmed"))
        code, told, _ = ask(place, path.replace("{id}", more[path]), "POST", JSON, body)
        assert code == 201, told
        assert msgspec.to_builtins(msgspec.convert(told, answer, strict=True)) == told
    for path, (_, _, answer) in PATHS.items():
        if path == "/api/v1/stream":
            continue  # below
        named = re.search(r"{\w+}", path)
        asked = path.replace(named[0], more[path]) if named else path + more.get(path, "")
        code, told, headers = ask(place, asked)
        assert code == 200, (asked, told)
        if isinstance(answer, str):
            assert headers["content-type"].startswith(answer), path
        else:
            filled = msgspec.convert(told, answer, strict=True)
            assert msgspec.to_builtins(filled) == told
            assert any(told.values())
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_what_is_answered_is_what_the_case_holds(place: str, case: Case) -> None:
    more = examples(case)
    (told,) = ask(place, f"/api/v1/events{more['/api/v1/events']}")[1]["events"]
    (event,) = json.loads(json.dumps(case.records(kind="rendezvous"), default=lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}"))
    assert told == event
    tracks = ask(place, f"/api/v1/tracks{more['/api/v1/tracks']}")[1]["tracks"]
    assert [len(one["t"]) for one in tracks] == [len(case.tracks(one["mmsi"])) for one in tracks]


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/api/v1/events?mmsi=x", 400, "whole number"),
        ("/api/v1/events?limit=100000", 400, "whole number"),
        ("/api/v1/events?min_score=2", 400, "from 0 to 1"),
        ("/api/v1/events?since=yesterday", 400, "is a time"),
        ("/api/v1/events?kind=%27;DROP", 200, ""),
        ("/api/v1/events/none", 404, "no event none"),
        ("/api/v1/ships", 400, "what to search for"),
        ("/api/v1/tracks", 400, "names one to"),
        ("/api/v1/tracks?mmsi=1&hours=1e9", 400, "from 0 to 72"),
        ("/nowhere", 404, "Not Found"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(place: str, path: str, code: int, said: str) -> None:
    found = ask(place, path)
    assert found[0] == code
    assert code == 200 or said in found[1]["error"]


def test_a_stream_tells_what_came(place: str, case: Case) -> None:
    row = "(mmsi, t, lon, lat, msg_type, ais_class, input_id, line)"
    with Store.open(case.path) as store, streaming(place) as lines:
        assert next(lines) == b"event: begin\n"  # what was there before, a page asks for from here on
        store.con.execute(f"INSERT INTO positions {row} VALUES (7, '2023-01-02', 1.5, 2.5, 1, 'A', 1, 999999)")
        told = next(line for line in lines if b'"fixes"' in line and b'"mmsi":[]' not in line)
    change = json.loads(told[6:])
    assert msgspec.to_builtins(msgspec.convert(change, Change, strict=True)) == change
    assert (change["fixes"]["mmsi"], change["fixes"]["lon"], change["fixes"]["t"]) == ([7], [1.5], [1672617600])


@contextmanager
def streaming(place: str) -> Iterator[Iterator[bytes]]:
    """The lines of a stream."""
    con = http.client.HTTPConnection(place, timeout=20)
    con.request("GET", "/api/v1/stream")
    answer = con.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = iter(answer.readline, b"")
    assert next(lines).startswith(b"retry:")
    try:
        yield lines
    finally:
        con.close()


def test_figures_have_no_ship_and_are_escaped(place: str) -> None:
    text = ask(place, "/metrics")[1]
    assert 'darkwake_feed_lines_total{feed="udp \\"1\\"\\\\\\n"} 10000000' in text
    assert "darkwake_horizon_age_seconds 0\n" in text
    assert 'darkwake_alerts{state="waiting"} 1' in text
    assert "mmsi" not in text
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2


def test_a_watch_that_cannot_work_is_alive_but_not_ready(case: Case) -> None:
    with serving(case, ready="the disk is full") as place:
        assert ask(place, "/healthz")[0] == 200
        assert ask(place, "/readyz")[:2] == (503, {"error": "the disk is full"})


def test_other_names_and_other_pages_are_refused(place: str) -> None:
    assert ask(place, "/api/v1/status", headers={"host": "evil.example"})[0] == 421
    assert ask(place, "/api/v1/status", "POST", {"origin": "https://evil.example"})[0] == 403
    assert ask(place, "/api/v1/status", "POST", {"sec-fetch-site": "cross-site"})[0] == 403


def test_a_token_is_asked_for_and_never_in_an_address(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(case, TOKEN) as place:
        for path in ("/api/v1/status", "/api/v1/events", "/api/v1/stream", "/metrics", "/openapi.json", "/"):
            assert ask(place, f"{path}?token={TOKEN}")[0] == 401
            assert ask(place, path, headers={"authorization": f"Bearer {TOKEN}x"})[0] == 401
            assert ask(place, path, headers={"cookie": f"darkwake={TOKEN}"})[0] == 401
        assert ask(place, "/", headers={"accept": "text/html"})[2]["location"] == "/login"
        assert ask(place, "/api/v1/status", headers={"authorization": f"Bearer {TOKEN}"})[0] == 200
        assert ask(place, "/login", "POST", body=b"token=wrong")[0] == 401
        code, _, headers = ask(place, "/login", "POST", body=f"token={TOKEN}".encode())
        assert code == 303
        cookie = headers["set-cookie"]
        assert TOKEN not in cookie
        assert all(flag in cookie for flag in ("HttpOnly", "SameSite=Strict", "Path=/"))
        assert ask(place, "/api/v1/status", headers={"cookie": cookie.split(";")[0]})[0] == 200
    assert TOKEN not in "".join(capfd.readouterr())


def test_an_address_that_others_reach_needs_a_token(case: Case) -> None:
    live = Live(case.path, case.zones, lambda: STATUS, str, lambda: case.lists)
    with pytest.raises(SettingsError, match="DARKWAKE_TOKEN"):
        Server(live, "0.0.0.0:0", "")
    with pytest.raises(SettingsError, match="too short"):
        Server(live, "0.0.0.0:0", "short")
    with pytest.raises(SettingsError, match="HOST:PORT"):
        Server(live, "nowhere", "")


def test_a_large_request_is_not_read(place: str) -> None:
    code, told, _ = ask(place, "/api/v1/status", "POST", body=b"x" * (access.MAX_BODY_BYTES + 1))
    assert code == 413
    assert "bytes" in told["error"]
    assert ask(place, "/api/v1/status", "POST", {"content-length": "many"})[0] in (400, 413)


def test_streams_beyond_the_bound_are_refused_and_those_left_are_forgotten(case: Case) -> None:
    with serving(case) as place:
        host, port = place.split(":")
        opened = []
        for _ in range(access.MAX_STREAMS_OF_ONE + 5):
            one = socket.create_connection((host, int(port)), 5)
            one.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            opened.append(one.recv(12))
            opened.append(one)  # type: ignore[arg-type]
        codes = [head.split()[1] for head in opened[::2]]
        assert codes.count(b"200") == access.MAX_STREAMS_OF_ONE
        assert codes.count(b"503") == 5
        for one, code in zip(opened[1::2], codes, strict=True):
            while code == b"503" and one.recv(1_000):  # type: ignore[attr-defined]
                pass  # it ends: who is refused is not kept
        for one in opened[1::2]:
            one.close()  # type: ignore[attr-defined]
        end = time.monotonic() + 60
        while True:
            one = socket.create_connection((host, int(port)), 5)
            one.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            head = one.recv(12)
            one.close()
            if head.endswith(b"200"):
                break
            assert time.monotonic() < end
            time.sleep(0.1)


def test_rude_visitors_cost_a_watch_less_than_a_tenth_of_a_core(forks: Forks, tmp_path: Path) -> None:
    port, udp = free_port(), free_port(socket.SOCK_DGRAM)
    place = f"127.0.0.1:{port}"
    with watching(forks, tmp_path, f"udp://127.0.0.1:{udp}", "--serve", place) as process:
        process.says("listening")
        with visitors(port):
            assert ask(place, "/healthz")[0] in (200, 503)  # all that came before it is answered too
            before, began = cpu_s(process.pid), time.monotonic()
            time.sleep(3.0)
            worked = (cpu_s(process.pid) - before) / (time.monotonic() - began)
        until("they are forgotten", lambda: ask(place, "/api/v1/status")[0] == 200)
        drained(process)
    assert worked < 0.1


def test_who_says_nothing_stands_in_nobodys_way(forks: Forks, tmp_path: Path) -> None:
    """More connections than there may be say nothing, half a request, or half a body: they are let go."""
    port, udp = free_port(), free_port(socket.SOCK_DGRAM)
    place, code = f"127.0.0.1:{port}", "import darkwake.serve.protocol as p, darkwake.serve.access as a\n"
    code += "p.REQUEST_S = a.BODY_S = 1.5\n"
    half = b"GET /healthz HTTP/1.1\r\nHost: "
    body = f"POST /api/v1/events/{'0' * 16}/notes HTTP/1.1\r\nHost: {place}\r\nContent-Length: 99\r\n\r\n{{".encode()
    with (
        watching(forks, tmp_path, f"udp://127.0.0.1:{udp}", "--serve", place, code=code) as process,
        ExitStack() as block,
    ):
        process.says("the page is at")
        began = time.monotonic()
        some = [block.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(360)]
        for number, one in enumerate(some):
            # Requests are refused and let go at once while there are too many: without them there still are.
            one.sendall((b"", half, body if number % 9 == 8 else half)[number % 3] if number < 270 else b"")
        assert ask(place, "/healthz")[0] == 503
        for one in some:
            while one.recv(1_000):
                pass
        assert time.monotonic() - began > 1
        assert ask(place, "/healthz")[0] == 200
        drained(process)


def test_a_stream_that_is_behind_is_closed(case: Case) -> None:
    async def stuck() -> int:
        live = Live(case.path, case.zones, lambda: STATUS, str, lambda: case.lists)
        stream = live.stream()
        await anext(stream)
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        for _ in range(app._BEHIND + 2):
            live._send(b"x")
        await waiting
        came = [one async for one in stream]
        return len(came) + live.streams * 1000

    assert run_apart(stuck()) < app._BEHIND + 2


def test_a_feed_that_never_rests_is_not_behind_for_ever() -> None:
    health = Health(datetime(2026, 6, 1, tzinfo=UTC))
    assert health.behind_s == 0
    health.came()
    time.sleep(0.05)
    began = time.monotonic()
    health.came()
    assert health.behind_s > 0.05
    health.looked_through(began)  # what came after it waits on
    assert 0 < health.behind_s < 0.05
    health.looked_through(time.monotonic())
    assert health.behind_s == 0


def test_a_status_of_everything_unknown_is_told_too() -> None:
    from darkwake.serve.metrics import exposed

    assert "horizon_age_seconds 0" not in exposed(replace_status(horizon=None, alerts=None, feeds=[]), 0)


def replace_status(**changed: Any) -> Status:
    return msgspec.structs.replace(STATUS, **changed)


def test_a_watch_serves_what_it_finds_while_it_finds_it(cli: Run, forks: Forks, tmp_path: Path) -> None:
    rng = np.random.default_rng(77)
    lines = [line for message in feed(rng) for line in message]
    port, udp = free_port(), free_port(socket.SOCK_DGRAM)
    place = f"127.0.0.1:{port}"
    sources = ("-", f"udp://127.0.0.1:{udp}")
    with watching(forks, tmp_path, *sources, "--serve", place) as process:
        process.says("the page is at")
        nothing = {"events": [], "more": False, "ledger": 0, "words": {}, "found_at": {}, "handling": {}}
        assert ask(place, "/api/v1/events")[1] == nothing
        process.give("".join(f"{line}\n" for line in lines))
        process.says("up to")
        until("all is looked through", lambda: ask(place, "/api/v1/status")[1]["behind_s"] == 0)
        status = ask(place, "/api/v1/status")[1]
        assert {one["name"]: one["lines"] for one in status["feeds"]} == {"stdin": len(lines), sources_name(udp): 0}
        assert [one["state"] for one in status["feeds"] if one["name"] != "stdin"] == ["listening"]
        assert ask(place, "/readyz")[0] == 200
        served = ask(place, "/api/v1/events?limit=1000")[1]
        assert served["ledger"] == status["ledger"] > 0
        process.give_end()
        drained(process)
    events = json.loads(cli("events", "--case", tmp_path / "live.duckdb", "--format", "json").out)
    assert sorted(served["events"], key=lambda one: (one["start"], one["id"])) == events
    assert len(events) > 10


def sources_name(port: int) -> str:
    return f"udp-127.0.0.1-{port}"


def test_the_page_names_every_path() -> None:
    page = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(/\S*)` \|", page, re.MULTILINE)) == set(PATHS) | {"/openapi.json"}
