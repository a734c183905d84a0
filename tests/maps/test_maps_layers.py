"""What is drawn beside events: what detectors declare, zones around fixes, kinds of ships, a notebook map's corner."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors import discover
from detectors.drawing import Drawing
from maps import case_map
from maps.ships import SORTS, sort_of
from maps.zone_groups import group, telling, zone_groups_at
from tests.maps.browsing import Page
from tests.maps.cases import case, event, meeting, plain_zones


def test_a_drawing_takes_its_numbers_from_the_evidence_or_is_left_out() -> None:
    line = Drawing("line", "way", (("a_lon", "a_lat"), ("b_lon", "b_lat")), labels=("here", "there"))
    known = {"a_lon": 1, "a_lat": 2.5, "b_lon": 3, "b_lat": 4}
    shown = {"form": "line", "name": "way", "labels": ["here", "there"], "radius_m": 0.0}
    assert line.of(known, 0, 0) == {**shown, "places": [[1.0, 2.5], [3.0, 4.0]]}
    for wrong in (None, "3", True, float("nan")):
        assert line.of({**known, "b_lon": wrong}, 0, 0) is None
    around = Drawing("circle", "spread", radius_m="spread_m")
    drawn = around.of({"spread_m": 300}, 124.5, 38.5)
    assert drawn is not None
    assert (drawn["places"], drawn["radius_m"]) == ([[124.5, 38.5]], 300.0)
    assert around.of({}, 124.5, 38.5) is None


def test_what_detectors_declare_reaches_the_map(browser: Any, tmp_path: Path) -> None:
    assert {name for name, made in discover().items() if made.draws} >= {"gap", "loitering"}
    tables = meeting()
    stay = event("loitering", [273000003], 1, 8, lon=124.5, lat=38.2, score=0.3, evidence={"spread_m": 5000})
    tables["events"] = [*tables["events"], stay]
    path = tmp_path / "map.html"
    with case(tmp_path / "c.duckdb", tables) as reader:
        case_map(reader, plain_zones()).save(str(path))
    page = Page(browser, path)
    drawn = page.page.evaluate(
        """async () => Object.fromEntries((await DW.load()).events.map(
            (one) => [one.kind, one.drawn.map((drawn) => [drawn.form, drawn.radius_m])]))"""
    )
    assert drawn == {"rendezvous": [], "gap": [["line", 0]], "loitering": [["circle", 5000]], "odd_new_kind": []}
    width, height = page.page.evaluate(
        """() => {
            const view = DW.viewOf(map_case), xs = [], ys = [], to = (x, y) => (xs.push(x), ys.push(y));
            DW.traceReach({ moveTo: to, lineTo: to }, view, 124.5, 38.2, 5000);
            const metres = DW.metres(DW.y(38.2)) / view.s;
            return [xs, ys].map((all) => (Math.max(...all) - Math.min(...all)) * metres);
        }"""
    )
    assert (width, height) == (pytest.approx(10_000, rel=0.005), pytest.approx(10_000, rel=0.005))
    legend = page.text(".dw-corner")
    assert "Loitering at sea: how far from its place the ship was heard" in legend
    assert "4 events" in legend
    for key in ("Tab", "Enter"):
        page.page.keyboard.press(key)
    page.page.locator(".dw-step button").last.focus()
    page.page.keyboard.press("Enter")
    assert "1 of 4" in page.text(".dw-step")
    assert "Meeting at sea" in page.text(".dw-popup")
    page.page.locator(".dw-corner summary").focus()
    page.page.keyboard.press("Enter")
    page.page.select_option(".dw-corner .coat", label="by speed")
    assert "8 to 14" in page.text(".dw-corner .colours")
    page.page.keyboard.press("Escape")
    page.page.evaluate("map_case.closePopup() && map_case.setView([38.2, 124.4], 11, {animate: false})")
    page.mouse_at(38.2, 124.4, click=True)
    assert "273000003" in page.text(".dw-popup")
    page.check_quiet()
    page.page.close()


def test_the_zone_around_each_fix_is_the_most_telling_of_those_that_hold_it() -> None:
    zones = plain_zones()
    random = np.random.default_rng(4)
    lon, lat = random.uniform(123, 133, 400), random.uniform(36, 42, 400)
    t_us = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    found = zone_groups_at(zones, lon, lat, np.full(400, t_us, dtype=np.int64))
    for x, y, number in zip(lon.tolist(), lat.tolist(), found.tolist(), strict=True):
        kinds = sorted((zones[name].kind for name in zones.ids_at(x, y, t_us)), key=telling)
        assert number == (group(kinds[0]) + 1 if kinds else 0)
    assert len(set(found.tolist())) > 3


@pytest.mark.parametrize(
    ("code", "sort"),
    [
        *[(30, "fishing"), (80, "tanker"), (79, "cargo"), (69, "passenger, fast"), (52, "tug, pilot, service")],
        *[(33, "tug, pilot, service"), (35, "other"), (99, "other")],
    ],
)  # fmt: skip
def test_a_ship_is_of_the_kind_that_it_says(code: int, sort: str) -> None:
    assert SORTS[sort_of([str(code), "70"])][0] == sort
    assert SORTS[sort_of([])][0] == "not said"
