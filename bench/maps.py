"""A day of 5,000 ships in one page: its size, how long it takes to write, and how fast a browser shows and plays it.

Beside it, in the same run and the same headless Chromium: stock folium with a PolyLine for each of the same ships (its
Leaflet and jQuery handed out from this package, because a page that loads them from the network shows nothing here).
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.child import measure
from bench.figure import Figure

SHIPS = 5000
FRAMES = 60
CHROMIUM = "/usr/bin/chromium"
# The times of calls with all that they drew on the canvases, which the reading of a pixel waits for. Leaflet's own
# canvas is drawn in the next frame, so that one is waited for too where `late`.
TIMED = """async ([calls, code, late]) => {
    const act = new Function("i", code), spent = [];
    const next = () => new Promise((done) => requestAnimationFrame(done));
    for (let i = 0; i < calls; i++) {
        const before = performance.now();
        act(i);
        if (late) await next().then(next);
        const drawn = document.querySelectorAll(".leaflet-pane canvas");
        for (const one of drawn) one.getContext("2d").getImageData(0, 0, 1, 1);
        spent.push(performance.now() - before);
    }
    return spent.sort((a, b) => a - b);
}"""
SHOWN = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() / 1000))))"""


def figures(folder: Path) -> list[Figure]:
    """Measure a million positions and a hundred thousand, ours and stock folium's."""
    case, page, stock = str(folder / "sea.duckdb"), str(folder / "sea.html"), str(folder / "stock.html")
    held = measure("maps:build", case, 1_000_000, SHIPS)["positions"]
    ours = measure("maps:write", case, page)
    peer = measure("maps:write_stock", case, stock)
    seen, seen_stock = measure("maps:show", page), measure("maps:show_stock", stock)
    small = str(folder / "small.duckdb")
    fewer = measure("maps:build", small, 100_000, 500)["positions"]
    size = measure("maps:write", small, str(folder / "small.html"))["mb"]
    what, peer_is = f"replay of {held:,.0f} positions of {SHIPS:,} ships", "stock folium, a PolyLine per ship"
    return [
        Figure(f"{what}: page", ours["mb"], "MB", 10, True, peer_is, peer["mb"]),
        Figure("the same, written in", ours["seconds"], "s", 10, True, peer_is, peer["seconds"]),
        Figure("the same, peak memory of that process", ours["peak_gb"], "GB", 1, True, peer_is, peer["peak_gb"]),
        Figure("the same, until its first picture", seen["first_s"], "s", 2, True, peer_is, seen_stock["first_s"]),
        Figure("the same, a zoom, all tracks drawn", seen["zoom_s"], "s", 0.3, True, peer_is, seen_stock["zoom_s"]),
        Figure("the same, a frame, median", seen["frame_ms"], "ms", 20, True),
        Figure("the same, the slowest frame but one in twenty", seen["slow_ms"], "ms", 20, True),
        Figure(f"replay of {fewer:,.0f} positions of 500 ships: page", size, "MB", 2, True),
    ]  # fmt: skip


def build(path: str, positions: int, ships: int) -> dict[str, float]:
    """Make a case of a day of a busy sea with headings, names and two hundred events."""
    import pyarrow as pa

    from ais.schema import TABLES
    from ais.store import Store
    from bench import traffic

    rows = traffic.columns(positions, ships)
    rng = np.random.default_rng(3)
    course = rng.integers(0, 360, ships)[rows["mmsi"].astype(np.int64) - 412_000_000]
    rows["heading_deg"] = ((course + rng.integers(-2, 3, len(course))) % 360).astype(np.uint16)
    traffic.stored(path, rows)
    began = datetime.fromtimestamp(traffic.START_S, UTC).replace(tzinfo=None)
    said = [
        {
            **{"mmsi": 412_000_000 + i, "t": began, "name": f"BUSY SEA {i}", "imo": 9_000_000 + i, "callsign": f"B{i}"},
            **{"ship_type": int(rng.choice([30, 52, 70, 80])), "to_bow_m": 60, "to_stern_m": 20, "to_port_m": 6},
            **{"to_starboard_m": 6, "input_id": 1, "line": i},
        }
        for i in range(ships)
    ]
    events = [
        {
            **{"id": f"{i:016x}", "detector": "gap", "kind": "gap", "mmsi": [412_000_000 + 5 * i + 4], "score": 0.5},
            **{"start_t": began + timedelta(hours=i % 12), "end_t": began + timedelta(hours=i % 12 + 8)},
            **{"lon": 122.0 + i % 17 / 5, "lat": 35.0 + i % 23 / 5, "zones": [], "reasons": [], "evidence": "{}"},
            **{"reads_from": began},
        }
        for i in range(min(200, ships // 5))
    ]
    with Store.open(Path(path)) as store:
        for name, made in (("identities", said), ("events", events)):
            table = pa.Table.from_pylist(made, schema=TABLES[name].arrow_schema())
            with store.transaction() as con:
                con.register("made", table)
                con.execute(f"INSERT INTO {name} SELECT * FROM made")
                con.unregister("made")
    return {"positions": len(rows["mmsi"])}


def write(path: str, page: str) -> dict[str, float]:
    """Write the replay of a case."""
    from ais.reader import Reader
    from maps import write_replay
    from zones import load_zones

    started = time.perf_counter()
    with Reader.open(path) as reader:
        write_replay(reader, load_zones(), Path(page), made_at=datetime(2024, 1, 1, tzinfo=UTC), version="bench")
    return {"seconds": time.perf_counter() - started, "mb": Path(page).stat().st_size / 1e6}


def write_stock(path: str, page: str) -> dict[str, float]:
    """Write the same tracks with stock folium."""
    import folium

    from ais.reader import Reader

    started = time.perf_counter()
    with Reader.open(path) as reader:
        rows = reader.query("SELECT mmsi, lat, lon FROM positions ORDER BY mmsi, t")
    mmsi, lat, lon = (rows[name].to_numpy() for name in ("mmsi", "lat", "lon"))
    made = folium.Map(location=[37, 122.5], zoom_start=7, tiles=None, prefer_canvas=True)
    edges = np.flatnonzero(np.diff(mmsi, prepend=mmsi[0] - 1, append=mmsi[-1] + 1))
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        line = np.stack([lat[first:end], lon[first:end]], axis=1).tolist()
        folium.PolyLine(line, weight=1, tooltip=str(mmsi[first])).add_to(made)  # type: ignore[no-untyped-call]
    made.save(page)
    return {"seconds": time.perf_counter() - started, "mb": Path(page).stat().st_size / 1e6}


def show(page: str) -> dict[str, float]:
    """Open a replay, play it and zoom it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.goto(Path(page).as_uri())
        opened.wait_for_selector("html[data-ready]", timeout=60_000)
        first = opened.evaluate(SHOWN)
        middle = "const {first, last} = DW.replay.state; DW.replay.go((first + last) / 2 + 15 * i);"
        opened.evaluate(TIMED, [20, middle, False])
        frames = opened.evaluate(TIMED, [FRAMES, middle, False])
        opened.evaluate("() => { DW.replay.state.noTracks = false; DW.replay.repaint(); }")
        zooms = opened.evaluate(
            TIMED, [10, "map_case.setZoom(7 + (i % 4), {animate: false}); DW.replay.layer.paint();"]
        )
        browser.close()
    return {
        "first_s": float(first),
        "frame_ms": float(frames[FRAMES // 2]),
        "slow_ms": float(frames[FRAMES * 19 // 20]),
        "zoom_s": float(zooms[5]) / 1000,
    }


def show_stock(page: str) -> dict[str, float]:
    """Open stock folium's page and zoom it."""
    from playwright.sync_api import sync_playwright

    import maps

    vendor = Path(maps.__file__).parent / "vendor"
    kept = {"leaflet.js": "leaflet/leaflet.js", "leaflet.css": "leaflet/leaflet.css"}

    def answer(route: Any) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in kept:
            route.fulfill(path=vendor / kept[name])
        elif "jquery" in name:
            route.fulfill(path=vendor / "jquery/jquery.min.js")
        else:
            route.fulfill(body="")

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.set_default_timeout(120_000)
        opened.route(re.compile("^https?:"), answer)
        opened.goto(Path(page).as_uri(), timeout=120_000)
        opened.wait_for_selector(".leaflet-pane canvas", timeout=120_000)
        first = opened.evaluate(SHOWN)
        name = opened.evaluate("() => Object.keys(window).find((key) => key.startsWith('map_'))")
        zooms = opened.evaluate(TIMED, [4, f"{name}.setZoom(7 + (i % 4), {{animate: false}});", True])
        browser.close()
    return {"first_s": float(first), "zoom_s": float(zooms[2]) / 1000}
