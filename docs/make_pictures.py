"""Make the pictures of docs/gallery.md and the README from a case: python docs/make_pictures.py CASE.duckdb.

`darkwake demo` leaves such a case. Needs a system Chromium (apt-get install chromium). Every picture is what the
command of the gallery makes, at 1280 pixels, with the event or ship chosen that shows it best.

The page of a watch is that of the scenario `east-sea`, while `darkwake watch 'file:EAST.nmea?speed=60' --serve
127.0.0.1:8470` runs: python docs/make_pictures.py http://127.0.0.1:8470/
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from darkwake import Case

TARGET = Path(__file__).resolve().parent / "img"
# Event of a kind with the most ships or the longest, and a part of its time.
CHOOSE = """([kind, part]) => {
    const replay = DW.replay, found = replay.data.events.filter((event) => event.kind === kind && event.end !== null);
    const event = found.sort((a, b) => b.score - a.score || b.end - b.start - (a.end - a.start))[0];
    replay.chooseEvent(event);
    replay.go(event.start + part * (event.end - event.start));
}"""


def main(path: Path) -> None:
    """Photograph every page of a case."""
    TARGET.mkdir(exist_ok=True)
    case = Case(path)
    with TemporaryDirectory() as folder, sync_playwright() as play:
        report, replay, notebook = (Path(folder) / name for name in ("report.html", "replay.html", "map.html"))
        case.report(report)
        case.replay(replay)
        case.map().save(str(notebook))
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])

        def picture(name: str, page: Path, act: Callable[[Any], object] | None = None, height: int = 800) -> None:
            opened = browser.new_page(viewport={"width": 1280, "height": height})
            opened.goto(page.as_uri())
            opened.wait_for_selector("html[data-ready]", timeout=60_000)
            if act is not None:
                act(opened)
            opened.wait_for_timeout(500)
            opened.screenshot(path=str(TARGET / name))
            opened.close()

        picture("report.png", report)
        picture("event.png", report, lambda page: page.locator("#rows tr").first.click(), 1000)
        picture("ship.png", report, _ship)
        picture("meeting.png", replay, lambda page: page.evaluate(CHOOSE, ["rendezvous", 0.5]))
        picture("silence.png", replay, lambda page: page.evaluate(CHOOSE, ["gap", 0.4]))
        picture("notebook.png", notebook, lambda page: page.locator(".dw-corner summary").click(), 640)
        browser.close()


def live(url: str) -> None:
    """Photograph the page of a watch, with its first event chosen."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.goto(url, timeout=120_000)
        opened.wait_for_selector("html[data-ready]", timeout=120_000)
        opened.click('#kinds [data-kind="incursion"]')
        opened.locator("#event-list .event").first.click()
        opened.wait_for_timeout(3_000)
        opened.screenshot(path=str(TARGET / "live.png"))
        browser.close()


def _ship(page: Any) -> None:
    """Open the first ship of the first event."""
    page.locator("#rows tr").first.click()
    page.locator("#detail .open").first.click()


if __name__ == "__main__":
    live(sys.argv[1]) if sys.argv[1].startswith("http://") else main(Path(sys.argv[1]))
