"""Make docs/img/report.png, the README's picture, from a real demo report: python docs/make_pictures.py REPORT.html.

Needs a system Chromium (apt-get install chromium); takes the top of the report at 1280 pixels, map drawn.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parent / "img" / "report.png"


def main(report: Path) -> None:
    """Photograph the first screen of a report."""
    TARGET.parent.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(report.resolve().as_uri())
        page.wait_for_selector(".leaflet-container")
        page.wait_for_timeout(1500)
        page.screenshot(path=str(TARGET))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
