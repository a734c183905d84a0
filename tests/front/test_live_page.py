"""The page of a watch in a browser: what is found, said and withdrawn shows as it happens; nothing sent to it runs."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from darkwake.case import Case
from maps.text import visible
from soak.forked import Forked, Forks
from tests.ais.sentences import fix
from tests.front.front_door import HEAD, meeting_csv
from tests.front.test_serve import TOKEN, ask, serving
from tests.front.watches import drained, free_port, until, watching
from tests.hostile_texts import HOSTILE

T0 = 1_709_600_000  # 2024-03-05T00:53:20Z
A, B, C, D, E = 412_000_001, 445_000_002, 412_000_003, 273_000_004, 440_000_005
F, G, H, J = 412_000_006, 445_000_007, 412_000_008, 273_000_009
LON, LAT = 123.5, 36.5  # open sea
STEP_MIN = 4


def at(minute: float, mmsi: int, lon: float, lat: float) -> str:
    return fix(T0 + round(60 * minute), mmsi=mmsi, lon=lon, lat=lat, speed=0.2, heading=90)


def alongside(one: int, other: int, minutes: int, lon: float) -> list[str]:
    """Two ships 60 m apart."""
    places = ((one, LAT), (other, LAT + 0.00054))
    return [at(m, mmsi, lon, lat + m * 1e-6) for m in range(0, minutes, STEP_MIN) for mmsi, lat in places]


def hostile_csv() -> str:
    """A table of ships that are called what a stranger may call them."""
    rows = [HEAD]
    for i, name in enumerate(HOSTILE.values()):
        quoted = name.replace('"', '""').replace("\x00", "")
        place = f"{36 + i % 9 / 10:.3f},{122 + i // 9 / 10:.3f}"
        rows.append(f'{412_100_000 + i},2024-03-05T00:5{i % 3}:00,{place},1,90,511,"{quoted}",,,70,0,100,16,5.0,')
    return "\n".join(rows) + "\n"


class Stand:
    """A watch, and a page of it that is open all along."""

    def __init__(self, browser: Any, forks: Forks, folder: Path) -> None:
        self.forks, self.folder, self.stack = forks, folder, ExitStack()
        self.port, self.tcp, self.udp = free_port(), free_port(), free_port(socket.SOCK_DGRAM)
        self.place = f"127.0.0.1:{self.port}"
        self.process = self.started()
        self.transferred = False
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(viewport={"width": 1280, "height": 860})
        self.page.set_default_timeout(90_000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append("dialog"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"http://{self.place}/", timeout=180_000)
        self.page.wait_for_selector("html[data-ready]")
        self.page.evaluate("() => { window.loadedOnce = true; }")

    def started(self) -> Forked:
        sources = (f"tcp-listen://127.0.0.1:{self.tcp}", f"udp://127.0.0.1:{self.udp}", "--serve", self.place)
        process = self.stack.enter_context(watching(self.forks, self.folder, *sources))
        process.says("udp-127.0.0.1")
        process.says("tcp-listen")
        return process

    def over_udp(self, lines: list[str]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for line in lines:
                sender.sendto(f"{line}\n".encode(), ("127.0.0.1", self.udp))
                time.sleep(0.001)

    def over_tcp(self, lines: list[str]) -> None:
        with socket.create_connection(("127.0.0.1", self.tcp), 10) as sender:
            sender.sendall("".join(f"{line}\n" for line in lines).encode())

    def row(self, *mmsi: int, kind: str = "Meeting at sea") -> Any:
        """The row of an event of these ships."""
        rows = self.page.locator("#event-list .event", has_text=kind)
        for number in mmsi:
            rows = rows.filter(has_text=str(number))
        return rows.first

    def choose(self, row: Any) -> None:
        row.click()
        self.page.wait_for_selector(f'#card [data-id="{row.get_attribute("data-id")}"]')


@pytest.fixture(scope="module")
def stand(browser: Any, forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("stand")
    (folder / "names.csv").write_text(hostile_csv(), encoding="utf-8")
    Case(folder / "live.duckdb").ingest(folder / "names.csv")
    made = Stand(browser, forks, folder)
    with made.stack:
        yield made
        made.page.close()


def test_hostile_names_show_as_text(stand: Stand) -> None:
    names = {412_100_000 + i: visible(name.replace("\x00", "").strip()) for i, name in enumerate(HOSTILE.values())}
    said = stand.page.evaluate("DW.live.data.trackList.map(({ship}) => DW.live.data.ships[ship])")
    shown = {ship["mmsi"]: ship["said"].get("name", [""])[0].strip() for ship in said}
    kept = {mmsi: name for mmsi, name in names.items() if shown.get(mmsi)}
    assert len(kept) > 60
    for mmsi in list(kept)[:: len(kept) // 3]:
        stand.page.fill("#find", str(mmsi))
        stand.page.locator(f'#found [data-mmsi="{mmsi}"]').click()
        title = stand.page.locator(f'#card [data-mmsi="{mmsi}"] h3')
        assert title.evaluate("node => node.textContent").strip() == shown[mmsi]
        stand.page.wait_for_selector(f"#card .known >> text={mmsi}")
    script = "() => [...document.querySelectorAll('#side script, #side img, #side iframe, #side style')].length"
    assert stand.page.evaluate(script) == 0
    draw = "node.append(...DW.live.data.ships.map((ship, i) => DW.shipText(DW.live.data, i)))"
    stand.page.evaluate(f"() => {{ const node = document.getElementById('about'); {draw}; }}")
    assert stand.page.evaluate("() => window.ran") is None
    stand.page.keyboard.press("Escape")
    assert {mmsi: shown[mmsi] for mmsi in kept} == {mmsi: name.strip() for mmsi, name in kept.items()}


def test_a_transfer_appears_without_a_reload_and_is_acknowledged(stand: Stand) -> None:
    transfer(stand)


def transfer(stand: Stand) -> None:
    """Have a transfer found and acknowledged, once: each process of a divided run has a stand of its own."""
    if stand.transferred:
        return
    stand.transferred = True
    stand.over_udp(alongside(A, B, 150, LON))
    row = stand.row(A, B)
    row.wait_for()
    assert "new" in row.inner_text()
    stand.choose(row)
    card = stand.page.locator("#card")
    assert "consistent with a ship-to-ship transfer" in card.inner_text()
    assert "SPEAKS AGAINST IT" in card.inner_text()
    assert "innocent explanation" in card.inner_text()
    card.locator('[data-act="Acknowledge"]').click()
    assert "who you are" in card.locator(".answer").inner_text()
    card.locator(".who-am-i").fill("K. <b>Park</b>")
    card.locator("textarea").fill("seen by the patrol <img src=x onerror=window.ran=1>")
    card.locator('[data-act="Acknowledge"]').click()
    card.locator(".said li", has_text="seen by the patrol <img").wait_for()
    card.locator('[data-act="Acknowledge"][aria-pressed="true"]', has_text="✓ Acknowledged").wait_for()
    assert card.locator(".answer").inner_text() == "Kept."
    card.locator('[data-act="False alarm"]').click()
    row.locator("text=false alarm (").wait_for()
    card.locator('[data-act="False alarm"][aria-pressed="true"]').click()
    row.locator("text=false alarm (").wait_for(state="detached")
    row.locator("text=acknowledged by K. <b>Park</b>").wait_for()
    (event,) = ask(stand.place, f"/api/v1/events?kind=rendezvous&mmsi={A}")[1]["events"]
    notes = ask(stand.place, f"/api/v1/events/{event['id']}/notes")[1]["notes"]
    assert {note["who"] for note in notes} == {"K. <b>Park</b>"}
    assert [(note["action"], note["verdict"]) for note in notes] == [
        ("acknowledge", None), ("verdict", "false alarm"), ("verdict", None),
    ]  # fmt: skip
    card.locator(".close").click()
    stand.page.check("#open-only")
    row.wait_for(state="detached")
    stand.page.uncheck("#open-only")
    row.wait_for()
    assert stand.page.evaluate("() => window.loadedOnce && !window.ran")


def test_all_of_a_kind_are_acknowledged_at_once_when_that_is_said_twice(stand: Stand) -> None:
    transfer(stand)
    page, rows = stand.page, stand.page.locator("#event-list .event")
    stand.over_udp(alongside(F, G, 150, LON - 0.5) + alongside(H, J, 150, LON - 1))
    chip = page.locator('#kinds [data-kind="rendezvous"]', has_text=re.compile(r"3 Meeting at sea.*2 new"))
    chip.click()
    assert rows.count() == 3
    page.locator("#take-all", has_text="Acknowledge all 2").click()
    assert rows.locator("text=acknowledged by").count() == 1
    page.locator("#take-all", has_text="Acknowledge all 2 as K. <b>Park</b>?").click()
    until("all are in hand", lambda: page.locator("#event-list .event.in-hand").count() == 3)
    assert page.locator("#kinds .fresh").count() == 0
    page.locator('#kinds [data-kind="rendezvous"][aria-pressed="true"]').click()
    kept = ask(stand.place, "/api/v1/events?kind=rendezvous")[1]["handling"].values()
    assert [one["acknowledged_by"] for one in kept] == 3 * ["K. <b>Park</b>"]


def test_a_late_sentence_withdraws_an_event_and_the_page_follows(stand: Stand) -> None:
    stand.over_tcp(alongside(C, D, 132, LON + 0.5))
    row = stand.row(C, D)
    row.wait_for()
    name = row.get_attribute("data-id")
    stand.choose(row)
    apart = [at(66 + m, mmsi, lon, LAT) for m in (0.5, 1, 1.5) for mmsi, lon in ((C, LON + 0.5), (D, LON + 0.511))]
    stand.over_tcp(apart)
    gone = stand.page.locator(f'.event.is-gone[data-id="{name}"]')
    gone.wait_for()
    assert "withdrawn" in gone.inner_text()
    assert "what came later" in gone.inner_text()
    assert "Withdrawn at" in stand.page.locator("#card .was").inner_text()
    assert stand.page.evaluate("id => DW.live.data.events.some((event) => event.id === id)", name) is False


def test_a_ship_is_found_and_the_clock_goes_back(stand: Stand) -> None:
    page = stand.page
    stand.over_udp([at(m, E, LON + m / 600, LAT - 0.2) for m in range(0, 149, STEP_MIN)])
    page.evaluate("() => { DW.live.data.last -= 3600; }")  # as if all had come at once after an hour without a word
    track = "m => { const d = DW.live.data, k = d.trackOf.get(d.placeOf.get(m)); return k ? k.n : 0; }"
    until("its track", lambda: page.evaluate(track, E) == len(range(0, 149, STEP_MIN)))
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type(str(E))
    page.keyboard.press("Enter")
    page.locator(f'#card [data-mmsi="{E}"]').wait_for()
    assert page.locator("#wall").inner_text().startswith("now 20")  # what is shown was said long ago
    where = "m => { const d = DW.live.data, k = d.trackOf.get(d.placeOf.get(m)); return DW.lon(k.px); }"
    newest = page.evaluate(where, E)
    page.keyboard.press("Escape")
    assert page.locator("#card article").count() == 0
    page.evaluate("t => DW.live.go(t)", T0 + 60 * 60)
    assert "before now" in page.locator("#ago").inner_text()
    assert page.evaluate(where, E) == pytest.approx(LON + 60 / 600, abs=1e-4)
    page.keyboard.press("l")
    assert page.evaluate(where, E) == pytest.approx(newest, abs=1e-9)
    assert page.locator("#live").get_attribute("aria-pressed") == "true"


def test_it_asks_nobody_else_and_nothing_complains(stand: Stand) -> None:
    assert stand.complaints == []
    assert {re.match(r"https?://[^/]+|data:", url)[0] for url in stand.requests} <= {f"http://{stand.place}", "data:"}  # type: ignore[index]


def test_it_survives_a_restart_of_the_watch(stand: Stand) -> None:
    transfer(stand)
    said = drained(stand.process)
    assert "Traceback" not in said
    stand.page.locator("#banner.bad", has_text="No contact with the watch since").wait_for()
    stand.process = stand.started()
    stand.page.locator("#banner", has_text="In contact again").wait_for()
    row = stand.row(A, B)
    row.locator("text=acknowledged by K. <b>Park</b>").wait_for()
    assert stand.page.evaluate("() => window.loadedOnce")
    lost = re.compile(r"Failed to load resource: net::ERR|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION")
    assert [text for text in stand.complaints if not lost.search(text)] == []


def test_a_wrong_token_sees_nothing(browser: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "day.csv").write_text(meeting_csv(), encoding="utf-8")
    case = Case(tmp_path / "c.duckdb")
    case.ingest(tmp_path / "day.csv")
    case.detect()
    asked: list[str] = []
    with serving(case, TOKEN) as place:
        context = browser.new_context()
        page = context.new_page()
        page.on("response", lambda answer: asked.append(f"{answer.status} {answer.url}"))
        page.goto(f"http://{place}/?token={TOKEN}", timeout=180_000)
        assert page.locator("input[name=token]").count() == 1
        page.fill("input[name=token]", "a-token-that-is-wrong")
        page.click("button")
        assert "That is not the token" in page.inner_text("body")
        told = page.evaluate("() => fetch('/api/v1/events').then((answer) => answer.text())")
        assert json.loads(told).keys() == {"error"}
        page.fill("input[name=token]", TOKEN)
        page.click("button")
        page.wait_for_selector("html[data-ready]", timeout=180_000)
        assert page.locator(".event").count() > 0
        context.close()
    assert TOKEN not in "".join(capfd.readouterr())
