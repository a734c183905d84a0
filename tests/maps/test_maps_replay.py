"""The replay in a browser: ships where their positions put them, silences as such, every control by mouse and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maps import ReportError, write_replay
from maps.replay import LEAST_REACH_KN, replay_html
from maps.tracks import UNHEARD_S
from tests.maps.browsing import Page
from tests.maps.cases import MADE_AT, T0, Row, case, event, fix, identity, meeting, plain_zones
from zones.sphere import haversine_m

A, B, C = 412000001, 445000002, 273000003
T0_S = (T0 - T0.replace(year=1970, month=1, day=1, hour=0)).total_seconds()
SHOWN_AT = """t => {
    DW.replay.go(t);
    return DW.replay.data.trackList.map(({ ship, how, px, py }) => [
        DW.replay.data.ships[ship].mmsi, how, how ? DW.lon(px) : null, how ? DW.lat(py) : null]);
}"""


def tables() -> dict[str, list[Row]]:
    """The meeting with sizes and headings, and a ship that falls silent while it still talks."""
    made = meeting()
    for row in made["positions"]:
        row["heading_deg"] = {A: 0, B: 0}.get(int(str(row["mmsi"])))
    made["identities"] += [
        identity(A, 1, name="EMBER TERN", to_bow_m=90, to_stern_m=20, to_port_m=8, to_starboard_m=8),
        identity(B, 6, name="BASALT FULMAR", to_bow_m=60, to_stern_m=20, to_port_m=6, to_starboard_m=6),
    ]
    made["heard"] = [{"mmsi": B, "t": T0 + timedelta(hours=7.5), "msg_type": 24, "input_id": 1, "line": 9}]
    return made


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "replay.html"
    with case(path.with_name("c.duckdb"), tables()) as reader:
        write_replay(reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0")
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, replay: Path) -> Iterator[Page]:
    page = Page(browser, replay)
    yield page
    page.check_quiet()
    page.page.close()


def where(rows: list[Row], mmsi: int, t: float) -> tuple[int, float, float] | None:
    """Say naively how a ship is at a time (1 heard, 2 silent) and where; None before its first position."""
    fixes = sorted((row["t"], row["lon"], row["lat"]) for row in rows if row["mmsi"] == mmsi)  # type: ignore[type-var]
    known = [((at - T0).total_seconds() + T0_S, lon, lat) for at, lon, lat in fixes]  # type: ignore[operator]
    before, after = [one for one in known if one[0] <= t], [one for one in known if one[0] > t]
    if not before:
        return None
    t0, lon0, lat0 = before[-1]
    if not after:
        return (1 if t - t0 <= UNHEARD_S else 2), lon0, lat0
    t1, lon1, lat1 = after[0]
    if t1 - t0 > UNHEARD_S:
        return 2, lon0, lat0
    part = (t - t0) / (t1 - t0)
    return 1, lon0 + part * (lon1 - lon0), lat0 + part * (lat1 - lat0)


def test_ships_are_where_their_positions_put_them(opened: Page) -> None:
    rows = tables()["positions"]
    times = [T0_S + s for s in (0, 1, 360, 3000, 21_599, 21_600, 23_000, 27_000, 30_599, 30_600, 31_000, 32_000)]
    for t in times:
        for mmsi, how, lon, lat in opened.page.evaluate(SHOWN_AT, t):
            expected = where(rows, mmsi, t)
            shown = (how, lon, lat) if how else None
            assert shown == (expected and pytest.approx(expected, abs=2e-5)), (mmsi, t)


def test_a_ship_is_painted_where_it_is(opened: Page) -> None:
    colours = opened.page.evaluate(
        """t => {
            const r = DW.replay, ctx = r.moving.canvas.getContext("2d");
            r.none(); r.fitAll(); r.go(t);
            const view = DW.viewOf(r.map), picture = ctx.getImageData(0, 0, view.w, view.h);
            const track = r.data.trackList[0];
            const count = (dx) => {
                const x = Math.round((track.px - view.ox) * view.s + dx), y = Math.round((track.py - view.oy) * view.s);
                const rows = [-2, -1, 0, 1, 2].flatMap((j) => [-2, -1, 0, 1, 2].map((i) => (y + j) * view.w + x + i));
                return rows.filter((at) => picture.data[4 * at + 3] > 200).length;
            };
            return [count(0), count(150)];
        }""",
        T0_S + 8 * 3600,
    )
    assert colours[0] > 15
    assert colours[1] == 0


def test_search_finds_a_ship_by_name_mmsi_imo_and_call_sign(opened: Page) -> None:
    page = opened.page
    for text, mmsi in (("basalt", B), ("HAZEL skua", B), ("9074729", A), ("273000003", C), ("bx1", A)):
        page.fill("#find", text)
        assert [row.get_attribute("data-ship") for row in page.locator("#found button").all()] == [str(mmsi)], text
    page.fill("#find", "no such ship")
    assert "No ship of this replay" in opened.text("#found")
    page.fill("#find", "ember")
    page.click("#found button")
    assert "EMBER TERN" in opened.text("#ship")
    page.focus("#find")
    page.keyboard.type("hazel")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "BASALT FULMAR" in opened.text("#ship")


def test_a_silent_ship_has_a_reach_that_grows_and_meets_where_it_is_heard_again(opened: Page) -> None:
    page = opened.page
    last, again = T0_S + 5.9 * 3600, T0_S + 8.5 * 3600
    straight = haversine_m(124.9 + 0.0003 * np.sin(5.9) + 0.0006, 38.6, 124.8, 38.9)
    needed = float(straight) / (again - last) * 3600 / 1852
    kn = max(LEAST_REACH_KN, needed)
    reach = page.evaluate(
        """([mmsi, times]) => times.map((t) => {
            DW.replay.go(t);
            const track = DW.replay.data.trackList.find((one) => DW.replay.data.ships[one.ship].mmsi === mmsi);
            const found = DW.reachAt(DW.replay.data, track, t);
            return [found.metres, found.back, found.kn];
        })""",
        [B, [last + 600, last + 3600, again - 60]],
    )
    expected = [
        [kn / 3600 * 1852 * s, kn / 3600 * 1852 * (again - last - s), kn] for s in (600, 3600, again - last - 60)
    ]
    assert np.asarray(reach) == pytest.approx(np.asarray(expected), rel=2e-3)
    page.evaluate("([mmsi, t]) => { DW.replay.open(`#ship=${mmsi}`); DW.replay.go(t); }", [B, T0_S + 7.8 * 3600])
    words = opened.text("#now")
    assert words.startswith("No position for 114 min: last heard 2024-03-05 11:54 UTC")
    assert "heard again at 2024-03-05 14:30 UTC" in words
    assert "still talked without a position, last at 2024-03-05 13:30 UTC" in words
    assert "over sea or land alike" in words


def test_ships_of_a_meeting_lie_in_their_own_frame_to_scale(opened: Page) -> None:
    page = opened.page
    page.evaluate("t => { DW.replay.chooseEvent(DW.replay.data.events[0]); DW.replay.go(t); }", T0_S + 3 * 3600)
    metres = float(haversine_m(124.9, 38.6, 124.9006, 38.6))
    between = opened.text("#abreast .between")
    assert f"BASALT FULMAR: {metres:.0f} m between antennas" in between
    assert f"about {metres - 8 - 6:.0f} m between hulls" in between
    page.click("#abreast .acts button")
    assert opened.text("#abreast .between").startswith("EMBER TERN: ")
    overlap, beside, ahead = page.evaluate(
        """() => {
            const hull = [90, 20, 8, 8], at = (dx, dy) => DW.outline(hull).map(([x, y]) => [x + dx, y + dy]);
            return [[5, 5], [40, 0], [0, 200]].map(([dx, dy]) => DW.clearance(at(0, 0), at(dx, dy)));
        }"""
    )
    assert [overlap, beside, ahead] == [0, pytest.approx(24), pytest.approx(90)]
    page.evaluate("t => DW.replay.go(t)", T0_S + 7 * 3600)
    assert "not both heard now" in opened.text("#abreast .between")


def clock(page: Any) -> float:
    """The time that the page shows, seconds since 1970."""
    return float(page.evaluate("DW.replay.state.t"))


def test_every_control_works_by_mouse(opened: Page) -> None:
    page = opened.page
    page.evaluate("DW.replay.none()")
    page.click("#first")
    assert clock(page) == T0_S
    assert opened.text("#utc") == "2024-03-05 06:00:00 UTC"
    assert opened.text("#local") == "2024-03-05 15:00 KST"
    page.select_option("#speed", label="1 h/s")
    page.click("#play")
    page.wait_for_function("t => DW.replay.state.t > t + 300", arg=T0_S)
    page.click("#play")
    stopped = clock(page)
    page.wait_for_timeout(80)
    assert clock(page) == stopped
    page.click("#first")
    page.click("#event-on")
    assert clock(page) == T0_S + 2 * 3600  # the first event begins with the data; the next one two hours later
    assert "Odd new kind" in opened.text(".event[aria-current=true]")
    page.click("#event-back")
    assert "Meeting at sea" in opened.text(".event[aria-current=true]")
    box = page.locator("#strip").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    middle = page.evaluate("(DW.replay.state.first + DW.replay.state.last) / 2")
    assert clock(page) == pytest.approx(middle, abs=60)
    page.locator("#event-list .event", has_text="AIS silence").click()
    assert clock(page) == T0_S + 5.9 * 3600
    for select, label, field, value in (
        ("#tail", "15 min", "tail", 900),
        ("#reach", "all silent ships", "reach", "all"),
        (".coat", "by speed", "coat", "speed"),
    ):
        page.select_option(select, label=label)
        assert page.evaluate(f"DW.replay.state.{field}") == value
    assert "8 to 14" in opened.text("#coat")
    page.select_option(".coat", label="by zone")
    assert "Territorial sea" in opened.text("#coat")
    page.click("#more summary")
    for label, field in (("ports", "ports"), ("any ship heard here", "heard"), ("whole tracks", "noTracks")):
        before = page.evaluate(f"DW.replay.state.{field}")
        page.locator("#legend label", has_text=label).click()
        assert page.evaluate(f"DW.replay.state.{field}") is (not before)
    page.locator("#legend label", has_text="Territorial sea").click()
    assert page.evaluate("DW.replay.state.groupsOff.size") == 1
    page.click("#more summary")
    page.click("#follow")
    assert page.get_attribute("#follow", "aria-pressed") == "true"
    page.locator("#ship button", has_text="Close").click()
    assert page.evaluate("DW.replay.state.ship") is None
    page.evaluate("t => { DW.replay.fitAll(); DW.replay.go(t); }", T0_S + 3600)
    opened.mouse_at(38.2, 124.1)
    assert f"{C}" in opened.text(".dw-readout")
    opened.mouse_at(38.2, 124.1, click=True)
    assert str(C) in opened.text("#ship")


def test_every_control_works_by_keyboard(opened: Page) -> None:
    page = opened.page
    page.evaluate("() => { DW.replay.none(); document.activeElement.blur(); }")
    page.keyboard.press("Home")
    assert clock(page) == T0_S
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert clock(page) == T0_S + 3600
    page.keyboard.press("End")
    assert clock(page) == page.evaluate("DW.replay.state.last")
    page.keyboard.press("Home")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert "AIS silence" in opened.text(".event[aria-current=true]")
    page.keyboard.press("p")
    assert "Odd new kind" in opened.text(".event[aria-current=true]")
    page.keyboard.press("f")
    assert page.evaluate("DW.replay.state.follow") is True
    rate = page.evaluate("DW.replay.state.rate")
    page.keyboard.press("-")
    assert page.evaluate("DW.replay.state.rate") < rate
    page.keyboard.press("+")
    assert page.evaluate("DW.replay.state.rate") == rate
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    page.keyboard.press("Escape")
    assert page.evaluate("[DW.replay.state.ship, DW.replay.state.event]") == [None, None]
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    before = clock(page)
    page.keyboard.type("n 2")  # letters typed here move no clock
    assert clock(page) == before
    page.keyboard.press("Escape")
    page.focus("#strip")
    page.keyboard.press("Home")
    assert page.get_attribute("#strip", "aria-valuetext") == "2024-03-05 06:00 UTC"
    reached = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, summary, [tabindex]")]
            .filter((node) => node.tabIndex < 0).map((node) => node.outerHTML)"""
    )
    assert reached == []
    page.focus(".folium-map")
    before = page.evaluate("map_case.getCenter().lng")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("lng => map_case.getCenter().lng > lng", arg=before)


def test_a_link_leads_back_to_the_moment(browser: Any, opened: Page, replay: Path) -> None:
    opened.page.evaluate("t => { DW.replay.chooseEvent(DW.replay.data.events[0]); DW.replay.go(t); }", T0_S + 4000)
    opened.page.wait_for_function("() => location.hash.includes('07:06:40')")
    fragment = opened.page.evaluate("location.hash")
    again = Page(browser, replay, fragment=fragment, width=390)
    assert clock(again.page) == T0_S + 4000
    assert "EMBER TERN" in again.text("#ship")
    assert again.page.evaluate("document.documentElement.scrollWidth") <= 390
    again.check_quiet()
    again.page.close()


def test_it_prints_on_pages(opened: Page) -> None:
    pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4


def test_a_crowd_is_drawn_as_pixels_and_where_it_is(browser: Any, tmp_path: Path) -> None:
    rows = [
        fix(412000000 + i, h, 124 + i % 30 / 20, 37 + i // 30 / 20, line=i + 1) for i in range(700) for h in (0, 0.4)
    ]
    path = tmp_path / "crowd.html"
    with case(tmp_path / "c.duckdb", {"positions": rows}) as reader:
        write_replay(reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0")
    page = Page(browser, path)
    painted = page.page.evaluate(
        """t => {
            const r = DW.replay, ctx = r.moving.canvas.getContext("2d"), view = DW.viewOf(r.map);
            r.go(t);
            const picture = ctx.getImageData(0, 0, view.w, view.h);
            return r.data.trackList.filter((track) => {
                const x = Math.round((track.px - view.ox) * view.s), y = Math.round((track.py - view.oy) * view.s);
                return picture.data[4 * (y * picture.width + x) + 3] > 0;
            }).length;
        }""",
        T0_S + 600,
    )
    assert painted == 700
    page.check_quiet()
    page.page.close()


def test_the_same_case_gives_the_same_bytes_and_a_part_of_it_less(tmp_path: Path) -> None:
    zones = plain_zones()
    with case(tmp_path / "c.duckdb", tables()) as reader:
        whole = replay_html(reader, zones, made_at=MADE_AT, version="1")
        assert whole == replay_html(reader, zones, made_at=MADE_AT, version="1")
        one = replay_html(reader, zones, made_at=MADE_AT, version="1", ships=[A])
        late = replay_html(reader, zones, made_at=MADE_AT, version="1", span=(T0 + timedelta(hours=6.5), None))
        assert '"mmsi":412000001' in one
        assert '"mmsi":445000002' in one  # whom it met
        assert '"mmsi":273000003' not in one
        assert '"kind":"rendezvous"' in one
        assert '"kind":"rendezvous"' not in late
        assert '"kind":"gap"' in late
        with pytest.raises(ReportError, match="no position of these ships in this span"):
            replay_html(reader, zones, made_at=MADE_AT, version="1", ships=[999])
        with pytest.raises(ReportError, match="cannot be a replay"):
            write_replay(reader, zones, tmp_path / "no" / "r.html", made_at=MADE_AT, version="1")


def test_a_ship_across_180_degrees_moves_the_short_way(browser: Any, tmp_path: Path) -> None:
    rows = [fix(A, h / 10, (179.9 + h / 20 + 180) % 360 - 180, 10) for h in range(5)]
    path = tmp_path / "seam.html"
    with case(
        tmp_path / "c.duckdb", {"positions": rows, "events": [event("gap", [A], 0, 0.2, lon=180 - 360, lat=10)]}
    ) as r:
        write_replay(r, plain_zones(), path, made_at=MADE_AT, version="0.1.0")
    page = Page(browser, path)
    [[_, how, lon, _]] = page.page.evaluate(SHOWN_AT, T0_S + 540)
    assert (how, lon) == (1, pytest.approx(179.975))
    [[_, how, lon, _]] = page.page.evaluate(SHOWN_AT, T0_S + 900)
    assert (how, lon) == (1, pytest.approx(180.025))
    page.check_quiet()
    page.page.close()
