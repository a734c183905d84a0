"""The report in a browser: asks for nothing, runs nothing that it was told, shows everything, and prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors import discover
from detectors.vessel_lists import Listed, VesselLists
from maps import case_map, write_replay, write_report
from maps.coverage import MAX_STATIONS
from maps.text import visible
from tests.hostile_texts import HOSTILE
from tests.maps.browsing import Page
from tests.maps.cases import MADE_AT, Row, case, event, fix, identity, meeting, plain_zones, run, source
from zones import load_zones

FIELDS = (
    *("input", "reason", "name", "call", "dest", "zone", "source", "whose", "status", "notes", "other"),
    *("pro", "con", "plain", "port", "verdict", "gone", "value", "silent"),
)
IN_SENTENCES = ("list", "part", "listed", "who", "said")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    with case(path.with_name("c.duckdb"), meeting()) as reader:
        write_report(
            reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0", settings={"gap": {"min_hours": 6.0}}
        )
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, report: Path) -> Iterator[Page]:
    page = Page(browser, report)
    yield page
    page.page.close()


def test_it_opens_without_a_request_or_a_complaint(opened: Page, report: Path) -> None:
    opened.check_quiet()
    assert opened.page.title() == "traffic.nmea"
    assert opened.text("#headline") == "3 events to look at"
    assert opened.page.locator("#rows tr:visible").count() == 3
    assert "lines = stored + other + duplicates + rejects" in opened.text("#inputs")
    assert "ab" * 32 in opened.text("#inputs")
    assert "DPRK territorial sea" in opened.text("#zones")
    assert "gap.min_hours" in opened.text("#settings")


def test_columns_unpack_to_what_was_packed(opened: Page) -> None:
    fixes = opened.page.evaluate(
        """async () => {
            const data = JSON.parse(document.getElementById("dw-data").textContent);
            const [t, lon, lat, sog, flags] = await DW.unpack(data.tracks.at);
            const marked = [...flags].filter(Boolean).length;
            return [data.tracks.counts, data.tracks.first + t[0], lon[0], lat[0], sog[0], marked];
        }"""
    )
    assert fixes == [[45, 90, 62], 1709618400, 12400000, 3820000, -1, 1]


def test_the_filter_finds_by_kind_zone_and_text(opened: Page) -> None:
    page = opened.page
    page.click("#kinds button[data-kind=gap]")
    assert page.locator("#rows tr:visible").count() == 1
    page.click("#clear")
    page.select_option("#in-zone", label="STS area around Cho-do and Sok-do, mouth of the Taedong (1)")
    assert page.locator("#rows tr:visible").all_inner_texts()[0].startswith("1\tMeeting at sea")
    page.click("#clear")
    page.fill("#find", "basalt 445000002")
    assert page.locator("#rows tr:visible").count() == 2
    assert opened.text("#shown").startswith("2 of 3 shown")
    page.fill("#find", "no such ship")
    assert page.locator("#rows tr:visible").count() == 0
    page.click("#clear")
    assert page.locator("#rows tr:visible").count() == 3


def test_a_row_opens_its_evidence_and_moves_the_map(opened: Page) -> None:
    page = opened.page
    zoom = page.evaluate("map_case.getZoom()")
    page.locator("#rows tr").first.click()
    detail = opened.text("#detail")
    for text in (
        "Two ships within 61 m (median) for 6.0 h: consistent with a ship-to-ship transfer.",
        "38°36.00′N 124°54.00′E",
        "EMBER TERN",
        "9074729 (check digit right)",
        "9074728 (check digit wrong)",
        "Also namedHAZEL SKUA",
        "412000001: China (People's Republic of) (by number, 412)",
        "48 m between antennas",
        "innocent explanation: bunkering",
        "Not observed: hoses",
        "Whose line",
    ):
        assert text in detail
    assert page.locator("#detail .plot circle[fill='#0072b2']").count() == 6
    assert page.evaluate("map_case.getZoom()") > zoom
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "Odd new kind" in opened.text("#detail")
    assert "still open when the data end" in opened.text("#detail")


def test_a_click_on_the_map_opens_the_event_there(opened: Page) -> None:
    page = opened.page
    page.click(".dw-all")
    opened.mouse_at(38.2, 124.2)
    assert "Odd new kind" in opened.text(".dw-readout")
    opened.mouse_at(38.2, 124.2, click=True)
    assert "Odd new kind" in opened.text("#detail")
    page.click(".dw-all")
    opened.mouse_at(38.45, 124.56, click=True)
    assert "DPRK territorial sea (12 nm)" in opened.text(".zones-here")
    page.keyboard.press("Escape")


def test_it_prints_on_several_pages_with_all_evidence(opened: Page, report: Path) -> None:
    pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 4 <= pages <= 9
    opened.page.emulate_media(media="print")
    opened.page.wait_for_selector("#dossier .detail", state="attached")  # the page hears of it a moment later
    assert opened.page.locator("#dossier .detail").count() == 3
    assert "48 m between antennas" in opened.text("#dossier")
    assert opened.page.locator("#dossier canvas").count() == 3
    size = opened.page.locator("#map-slot").bounding_box()
    assert size["width"] <= 703  # the printable width of A4 at 96 dpi
    assert opened.page.evaluate("document.querySelector('.dw-canvas').width") >= 1400
    opened.page.emulate_media(media="screen")
    opened.page.wait_for_selector("#dossier:empty", state="attached")
    opened.check_quiet()


def hostile(folder: Path) -> tuple[dict[str, list[Row]], Path]:
    """A case and a zone file in which every text is an attack."""
    square = [[124.0, 38.0], [125.5, 38.0], [125.5, 39.0], [124.0, 39.0], [124.0, 38.0]]
    features = [
        {
            "type": "Feature",
            "properties": {
                "id": f"evil_{name}",
                "name": f"zone {text}",
                "kind": text,
                "source": [f"source {text}"],
                "alert_for": "any",
                "whose": f"whose {text}",
                "legal_status": f"status {text}",
                "notes": f"notes {text}",
                "disagrees_with": [f"other {text}"],
            },
            "geometry": {"type": "Polygon", "coordinates": [square]},
        }
        for name, text in HOSTILE.items()
    ]
    zone_file = folder / "zones.json"
    zone_file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    ships = [412000001 + i for i in range(len(HOSTILE))]
    texts = list(HOSTILE.values())
    events = [
        event(
            f"kind_{name}" if name != "proto" else HOSTILE[name],
            [ships[i]],
            0,
            1 + i,
            zones=[f"evil_{name}", f"gone {text}"],
            evidence={"port": f"port {text}", f"key {text}": 1, "verdict": f"verdict {text}"},
            reasons=[f"for: pro {text}", f"against: con {text}", f"plain {text}"],
        )
        for i, (name, text) in enumerate(HOSTILE.items())
    ]
    outages = [
        event("outage", [], i, i + 1, evidence={"source": f"silent {text}", "ships_count": 4})
        for i, text in enumerate(texts)
    ]
    return {
        "inputs": [source(f"input {text}", id=i + 1, sha256=f"{i:064x}") for i, text in enumerate(texts)],
        "rejects": [{"input_id": 1, "line": 3, "reason": f"reason {text}", "raw": b"x"} for text in texts],
        "positions": [
            fix(m, h, 124.6, 38.5, station=f"station {texts[i]}") for i, m in enumerate(ships) for h in range(3)
        ],
        "identities": [
            identity(
                m, name=f"name {texts[i]}", callsign=f"call {texts[i]}", destination=f"dest {texts[i]}", imo=imo(i)
            )
            for i, m in enumerate(ships)
        ],
        "events": events + outages,
        "notes": [
            *(said(one["id"], f"who {text}", f"said {text}") for one, text in zip(events, texts, strict=True)),
            {**said(events[0]["id"], "K", ""), "seq": 1, "action": "verdict", "verdict": "false alarm"},
        ],
        "runs": [run(detector=f"detector {texts[1]}", version=f"v {texts[2]}")],
    }, zone_file


def said(event_id: object, who: str, text: str) -> Row:
    """A row of notes."""
    row: Row = {"seq": 1, "event_id": event_id, "ledger_seq": 1, "made_at": MADE_AT.replace(tzinfo=None)}
    return {**row, "seq": int(str(event_id), 16), "who": who, "action": "note", "text": text}


def imo(number: int) -> int:
    """Return a number whose check digit is right."""
    digits = f"{900_000 + number}"
    return int(digits) * 10 + sum(int(digit) * (7 - place) for place, digit in enumerate(digits)) % 10


def test_hostile_text_shows_as_text_everywhere_and_runs_nowhere(browser: Any, tmp_path: Path) -> None:
    tables, zone_file = hostile(tmp_path)
    zones = load_zones([zone_file])
    report, replay, notebook = (tmp_path / name for name in ("report.html", "replay.html", "notebook.html"))
    marker = Path("/tmp/darkwake-ran")
    marker.unlink(missing_ok=True)
    settings = {text: {f"field {text}": f"value {text}"} for text in HOSTILE.values()}
    title = f"title {HOSTILE['script']}"
    lists = VesselLists(
        tuple(
            Listed(f"list {text}", f"part {text}", "", "", imo(i), None, (f"listed {text}",))
            for i, text in enumerate(HOSTILE.values())
        )
    )
    with case(tmp_path / "c.duckdb", tables) as reader:
        version = HOSTILE["image"]
        write_report(
            reader, zones, report, made_at=MADE_AT, version=version, settings=settings, lists=lists, title=title
        )
        write_replay(reader, zones, replay, made_at=MADE_AT, version=version, title=title)
        case_map(reader, zones).save(str(notebook))
    for path in (report, replay, notebook):
        assert not re.search(r"\b1337\b", path.read_text("utf-8"))

    page = Page(browser, report)
    page.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")  # lays out the evidence of every event at once
    assert page.page.locator("#dossier .detail").count() == len(HOSTILE)
    seen = page.text("#page")
    stations = sorted(f"station {text}" for text in HOSTILE.values())[:MAX_STATIONS]
    shown = [f"{field} {text}" for text in HOSTILE.values() for field in FIELDS] + stations
    # What a list or an officer says stands in one sentence, which is cut where texts of 10,000 letters meet in it.
    shown += [f"{field} {text}" for text in HOSTILE.values() if len(text) < 3_000 for field in IN_SENTENCES]
    assert [text for text in shown if visible(text).strip() not in seen] == []
    assert page.page.locator("#rows .judged").all_inner_texts() == ["false alarm"]
    outages = page.page.locator(".outages tbody tr")
    assert outages.count() == len(HOSTILE)
    assert outages.locator("td > :not(bdi)").count() == 0
    page.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    for number in range(0, len(HOSTILE), 12):
        page.page.locator("#rows tr").nth(number).click()
        page.page.locator("#detail .open").first.click()
    assert "Who it said it was" in page.text("#detail")
    assert page.page.title() == title
    check_harmless(page)

    page = Page(browser, replay)
    seen = page.page.evaluate(EVERY_ROW, ["#event-list .event", "#ship"])
    shown = [f"{field} {text}" for text in HOSTILE.values() for field in ("name", "call", "dest")]
    assert [text for text in shown if visible(text).strip() not in seen] == []
    for text in ("name <img", "call {{7*191}}"):
        page.page.fill("#find", text)
        assert page.page.locator("#found button").count() >= 1
    page.page.pdf()
    assert page.page.title() == f"{title}: replay"
    check_harmless(page)

    page = Page(browser, notebook)
    assert page.page.locator(".dw-canvas").count() == 1
    page.page.evaluate("map_case.setView([38.6, 124.9], 9, {animate: false})")
    page.mouse_at(38.6, 124.9, click=True)
    assert "name " in page.text(".dw-popup")
    check_harmless(page)
    assert not marker.exists()


# Choose one row after the other and return all that a part of the page then shows.
EVERY_ROW = """([rows, part]) => [...document.querySelectorAll(rows)].map((row) => {
    row.click();
    return document.querySelector(part).textContent;
}).join("\\n")"""


def check_harmless(page: Page) -> None:
    """Assert that nothing of a page's data ran, became an element, or changed what objects are; then close it."""
    tags = "img, iframe, script, a, form[action], object, embed, video, audio, base, link, meta, style"
    made = page.page.locator(f":is(#page, .dw-popup) :is({tags}):not(.leaflet-control-container *)").count()
    assert [page.page.evaluate("window.ran"), made] == [None, 0]
    assert page.page.evaluate("[{}.polluted, Object.prototype.hasOwnProperty('name')]") == [None, False]
    page.check_quiet()
    page.page.close()


def test_an_empty_case_says_plainly_what_that_does_not_mean(browser: Any, tmp_path: Path) -> None:
    tables: dict[str, list[Row]] = {
        "inputs": [source()],
        "positions": [fix(412000001, h / 4, 124 + h / 100, 38) for h in range(9)],
        "runs": [run(id=n, detector=name, events=0) for n, name in enumerate(discover(), 1)],
    }
    path = tmp_path / "report.html"
    with case(tmp_path / "c.duckdb", tables) as reader:
        write_report(reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0", settings={})
    page = Page(browser, path)
    assert page.text("#headline") == "No event found"
    assert "What that does not mean" in page.text("#detail")
    assert "It does not mean that nothing happened" in page.text("#detail")
    assert page.page.locator("#rows tr").count() == 0
    known, real = page.page.evaluate(
        "() => [map_case.getSize().y, document.getElementById('map-slot').clientHeight]"
    )  # the map fills the room that the table left
    assert known == real
    page.check_quiet()
    page.page.close()


def test_a_browser_that_cannot_unpack_says_so(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(report.as_uri())
    page.wait_for_selector("p.noscript")
    assert "This browser is too old" in page.inner_text("body")
    page.close()
