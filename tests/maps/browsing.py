"""A page of a browser, and all that it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AT = """at => {
    const box = map_case.getContainer().getBoundingClientRect(), point = map_case.latLngToContainerPoint(at);
    return [box.x + point.x, box.y + point.y];
}"""


class Page:
    """A page of a browser and what it did."""

    def __init__(self, browser: Any, path: Path, *, width: int = 1280, fragment: str = "") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 860})
        self.page.set_default_timeout(10_000)
        self.address = path.as_uri() + fragment
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append("dialog"))
        self.page.goto(self.address)
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)

    def check_quiet(self) -> None:
        """Assert that nothing was asked for and nothing complained."""
        assert self.requests == [self.address.partition("#")[0]]
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
