"""The page of a watch with 5,000 ships: the answer that it begins with, and how fast a browser draws it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.child import measure
from bench.figure import Figure
from bench.maps import CHROMIUM, FRAMES, TIMED

if TYPE_CHECKING:
    from darkwake.serve.answers import Status

SHIPS, POSITIONS = 5_000, 1_000_000
_WAIT_MS = 120_000


def figures(folder: Path) -> list[Figure]:
    """Measure a day of a busy sea behind a page."""
    case = str(folder / "sea.duckdb")
    held = measure("maps:build", case, POSITIONS, SHIPS)["positions"]
    fleet, seen = measure("page:fleet", case), measure("page:show", case)
    what = f"the page of a watch, {SHIPS:,} ships and {held:,.0f} positions in the case"
    return [
        Figure(f"{what}: all ships of 6 h in one answer", fleet["seconds"], "s", 2, True),
        Figure("the same, its size", fleet["mb"], "MB", 5, True),
        Figure("the page: frames a second, all ships drawn with their tails", seen["frames_s"], "frames/s", 20),
        Figure("the same, at the slowest frame but one in twenty", seen["slow_frames_s"], "frames/s", 20),
        Figure("the page: a change with a fix of every ship, taken and drawn", seen["change_ms"], "ms", 500, True),
    ]


def fleet(path: str) -> dict[str, float]:
    """Ask for all ships of the last hours, the second time: connections and imports are there then."""
    import msgspec

    from ais.reader import Reader
    from darkwake.serve.fleet import fleet_of, newest_of

    with Reader.open(path) as reader:
        newest, spent = newest_of(reader, None), 0.0
        for _ in range(2):
            began = time.perf_counter()
            told = msgspec.json.encode(fleet_of(reader, newest, 6.0, newest))
            spent = time.perf_counter() - began
    return {"seconds": spent, "mb": len(told) / 1e6}


def show(path: str) -> dict[str, float]:
    """Open the page, move its clock, and give it a change."""
    from playwright.sync_api import sync_playwright

    from darkwake.case import Case
    from darkwake.serve.app import Live
    from darkwake.serve.server import Server

    case = Case(path)
    server = Server(Live(case.path, case.zones, _status, str, lambda: case.lists), "127.0.0.1:0", "")
    server.start()
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            opened = browser.new_page(viewport={"width": 1280, "height": 860})
            opened.goto(server.url, timeout=_WAIT_MS)
            opened.wait_for_selector("html[data-ready]", timeout=_WAIT_MS)
            frame = "DW.live.go(DW.live.data.last - 3600 - 15 * i);"
            opened.evaluate(TIMED, [20, frame, False])
            frames = opened.evaluate(TIMED, [FRAMES, frame, False])
            opened.evaluate("() => DW.live.goLive()")
            changes = opened.evaluate(TIMED, [10, _CHANGE, False])
            drawn = opened.evaluate("() => DW.live.data.trackList.length")
            browser.close()
    finally:
        server.stop()
    if drawn != SHIPS:
        raise RuntimeError(f"the page has {drawn:,} ships, not {SHIPS:,}")
    return {
        "frames_s": 1000 / float(frames[FRAMES // 2]),
        "slow_frames_s": 1000 / float(frames[FRAMES * 19 // 20]),
        "change_ms": float(changes[5]),
    }


_CHANGE = """
const live = DW.live, { data } = live, { status } = live.health, mmsi = data.ships.map((ship) => ship.mmsi);
const all = (value) => Array(mmsi.length).fill(value), places = { lon: all(122.5), lat: all(37) };
const fixes = { mmsi, t: all(data.last + 1), ...places, sog_kn: all(9), points_deg: all(90) };
live.change({ ledger: 0, revisions: [], again: false, notes: [], ships: [], status, fixes });
"""


def _status() -> Status:
    from darkwake.serve.answers import Status
    from detectors import iso

    now: Any = iso(datetime.now(UTC))
    return Status("bench", now, now, None, 0.0, None, [], None, {}, 0)
