"""The report in a browser: asks for nothing, runs nothing that it was told, shows everything, and prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors import discover
from maps import case_map, write_report
from maps.text import visible
from tests.maps.cases import MADE_AT, Row, case, event, fix, identity, meeting, plain_zones, run, source
from zones import load_zones

RUN = "window.ran=1"
FIELDS = (
    *("input", "reason", "station", "name", "call", "dest", "zone", "source", "whose", "status", "notes", "other"),
    *("pro", "con", "plain", "port", "verdict", "gone", "value"),
)
AT = """at => {
    const box = map_case.getContainer().getBoundingClientRect(), point = map_case.latLngToContainerPoint(at);
    return [box.x + point.x, box.y + point.y];
}"""
EVIL = {
    "template": "{{7*191}}{{ cycler.__init__.__globals__.os.system('touch /tmp/darkwake-ran') }}",
    "image": f"<img src=x onerror={RUN}>",
    "script": f"</script><script>{RUN}</script>",
    "block": "{% raw %}{# note #}",
    "literal": f"`${{{RUN}}}`\\`",
    "quotes": f"\"';{RUN}//",
    "bidi": "ABC\u202egnp.exe\u2066",
    "control": "A\x00B\x1bC\x7f\u200bD",
    "frame": f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    "proto": "__proto__",
}


class Page:
    """A page of a browser and what it did."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 860})
        self.page.set_default_timeout(10_000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append("dialog"))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)

    def check_quiet(self, path: Path) -> None:
        """Assert that nothing was asked for and nothing complained."""
        assert self.requests == [path.as_uri()]
        assert self.complaints == []

    def mouse_at(self, lat: float, lon: float, *, click: bool = False) -> None:
        """Move the mouse to a position on the map, and click there."""
        x, y = self.page.evaluate(AT, [lat, lon])
        self.page.mouse.move(x - 2, y)
        self.page.mouse.move(x, y)
        if click:
            self.page.mouse.click(x, y)

    def text(self, selector: str) -> str:
        """The text of a part of the page as its nodes hold it."""
        return str(self.page.locator(selector).first.evaluate("node => node.textContent"))


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
    opened.check_quiet(report)
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
    assert page.locator("#detail .plot circle").count() == 6
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
    opened.check_quiet(report)


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
        for name, text in EVIL.items()
    ]
    zone_file = folder / "zones.json"
    zone_file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    ships = [412000001 + i for i in range(len(EVIL))]
    texts = list(EVIL.values())
    return {
        "inputs": [source(f"input {text}", id=i + 1, sha256=f"{i:064x}") for i, text in enumerate(texts)],
        "rejects": [{"input_id": 1, "line": 3, "reason": f"reason {text}", "raw": b"x"} for text in texts],
        "positions": [
            fix(m, h, 124.6, 38.5, station=f"station {texts[i]}") for i, m in enumerate(ships) for h in range(3)
        ],
        "identities": [
            identity(m, name=f"name {texts[i]}", callsign=f"call {texts[i]}", destination=f"dest {texts[i]}", imo=1)
            for i, m in enumerate(ships)
        ],
        "events": [
            event(
                f"kind_{name}" if name != "proto" else EVIL[name],
                [ships[i]],
                0,
                1 + i,
                zones=[f"evil_{name}", f"gone {text}"],
                evidence={"port": f"port {text}", f"key {text}": 1, "verdict": f"verdict {text}"},
                reasons=[f"for: pro {text}", f"against: con {text}", f"plain {text}"],
            )
            for i, (name, text) in enumerate(EVIL.items())
        ],
        "runs": [run(detector=f"detector {texts[1]}", version=f"v {texts[2]}")],
    }, zone_file


def test_hostile_text_shows_as_text_everywhere_and_runs_nowhere(browser: Any, tmp_path: Path) -> None:
    tables, zone_file = hostile(tmp_path)
    zones = load_zones([zone_file])
    path = tmp_path / "report.html"
    marker = Path("/tmp/darkwake-ran")
    marker.unlink(missing_ok=True)
    settings = {text: {f"field {text}": f"value {text}"} for text in EVIL.values()}
    with case(tmp_path / "c.duckdb", tables) as reader:
        write_report(
            reader,
            zones,
            path,
            made_at=MADE_AT,
            version=EVIL["image"],
            settings=settings,
            title=f"title {EVIL['script']}",
        )
        notebook = tmp_path / "notebook.html"
        case_map(reader, zones).save(str(notebook))
    page = Page(browser, path)
    seen = page.text("#page")
    for i in range(len(EVIL)):
        page.page.locator("#rows tr").nth(i).click()
        seen += page.text("#detail")
    for text in map(visible, EVIL.values()):
        for field in FIELDS:
            assert f"{field} {text}" in seen
    page.page.pdf()
    assert page.page.title() == f"title {EVIL['script']}"
    made = page.page.evaluate("document.querySelectorAll('#page img, #page iframe, #page script').length")
    assert [page.page.evaluate("window.ran"), made] == [None, 0]
    assert page.page.evaluate("[{}.polluted, Object.prototype.hasOwnProperty('name')]") == [None, False]
    page.check_quiet(path)
    page.page.close()
    assert "1337" not in path.read_text(encoding="utf-8")
    assert not marker.exists()

    other = Page(browser, notebook)
    assert other.page.locator(".dw-canvas").count() == 1
    other.page.evaluate("map_case.setView([38.6, 124.9], 9, {animate: false})")
    other.mouse_at(38.6, 124.9, click=True)
    assert "name " in other.text(".dw-popup")
    assert other.page.evaluate("window.ran") is None
    other.check_quiet(notebook)
    other.page.close()


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
    page.check_quiet(path)
    page.page.close()


def test_a_browser_that_cannot_unpack_says_so(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(report.as_uri())
    page.wait_for_selector("p.noscript")
    assert "This browser is too old" in page.inner_text("body")
    page.close()
