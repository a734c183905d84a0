"""What stands behind an event in a report: who was heard, its lines, ships over time, custody; and the sorted table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ais.sentences import keep, packed
from ais.store import Store
from detectors import read_events, to_json
from maps import write_report
from maps.company import NEAR_NM, read_company
from maps.findings import find
from maps.history import read_history
from maps.proof import read_proof
from tests.maps.browsing import Page
from tests.maps.cases import MADE_AT, T0, Row, case, event, fix, identity, meeting, plain_zones
from zones.sphere import haversine_m

A, B = 412000001, 445000002


def tables() -> dict[str, list[Row]]:
    """The meeting, with draughts that change and a destination that does."""
    made = meeting()
    made["identities"] += [
        identity(A, 1, draught_m=7.0),
        identity(A, 5, draught_m=7.0),
        identity(A, 7, draught_m=4.5, destination="NAMPO"),
        identity(A, 8, destination="DALIAN"),
    ]
    return made


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    path = tmp_path_factory.mktemp("report") / "report.html"
    with case(path.with_name("c.duckdb"), tables()) as reader:
        write_report(reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0", settings={}, by="Desk 4")
    page = Page(browser, path)
    yield page
    page.check_quiet()
    page.page.close()


def test_the_table_sorts_by_any_column_both_ways_by_mouse_and_keys(opened: Page) -> None:
    page = opened.page

    def kinds() -> list[str]:
        return [row.split("\t")[1].split("\n")[0] for row in page.locator("#rows tr").all_inner_texts()]

    assert kinds() == ["Meeting at sea", "Odd new kind", "AIS silence"]
    page.locator("#heads button", has_text="What").click()
    assert kinds() == ["AIS silence", "Meeting at sea", "Odd new kind"]
    page.keyboard.press("Enter")
    assert kinds() == ["Odd new kind", "Meeting at sea", "AIS silence"]
    assert page.locator("th[aria-sort]").all_inner_texts() == ["What"]
    page.locator("#heads button", has_text="Length").click()
    assert kinds() == ["Odd new kind", "Meeting at sea", "AIS silence"]  # open first, then the longest
    page.locator("#heads button", has_text="No.").click()
    assert "high: 0.75 and more" in opened.text("#scores")
    assert "not a probability" in opened.text("#scores")


def test_an_event_shows_before_during_after_strips_company_and_both_times(opened: Page) -> None:
    page = opened.page
    page.locator("#rows tr", has_text="Meeting at sea").click()
    detail = opened.text("#detail")
    assert page.locator("#detail .film canvas").count() == 3
    for text in (
        "2024-03-05 06:00:00 UTC",
        "2024-03-05 15:00 KST",
        "Speed sent, knots",
        "Distance between the ships, metres",
        "Draught as typed on board, metres",
        "No other ship was heard within 20 nm of the place while it lasted.",
        "line 718 of traffic.nmea",
        "raw lines were not kept",
        "Reply of owner and flag State",
    ):
        assert text in detail
    page.locator("#rows tr", has_text="Odd new kind").click()
    assert "After" not in opened.text("#detail .film")  # it is still open


def test_a_ship_opens_with_what_it_said_over_time_and_all_its_events(opened: Page) -> None:
    page = opened.page
    page.locator("#rows tr", has_text="Meeting at sea").click()
    page.locator("#detail .open").first.focus()
    page.keyboard.press("Enter")
    sheet = opened.text("#detail")
    assert "EMBER TERN" in sheet
    assert "NAMPO2024-03-05 13:00 to 2024-03-05 13:00 UTC, 1 times" in sheet
    assert "Its events (1)" in sheet
    assert page.locator("#detail .identity .changed").count() == 2
    page.locator("#steps button").first.click()
    assert "Meeting at sea" in opened.text("#detail h3")
    page.locator("#ships summary", has_text="BASALT FULMAR").click()
    assert "Its events (2)" in opened.text("#ships [open]")


def test_custody_says_who_made_it_and_the_hash_of_what_was_found(opened: Page, tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", tables()) as reader:
        digest = hashlib.sha256(to_json(read_events(reader)).encode()).hexdigest()
    custody = opened.text("#custody")
    assert "Desk 4" in custody
    assert digest in custody
    assert plain_zones().sha256 in custody


def test_it_fits_a_narrow_screen(opened: Page) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 844})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    opened.page.set_viewport_size({"width": 1280, "height": 860})


def test_company_is_what_a_naive_count_gives(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    columns = [random.uniform(*span, 600).tolist() for span in ((0, 40), (0, 30), (179, 181), (37, 39))]
    rows = [
        fix(412000000 + int(ship), h, (lon + 180) % 360 - 180, lat, line=i + 1)
        for i, (ship, h, lon, lat) in enumerate(zip(*columns, strict=True))
    ]
    events = [event("gap", [412000000 + i], i, i + 5 if i % 3 else None, lon=179.9, lat=38.0) for i in range(6)]
    doubted = {"mmsi": rows[0]["mmsi"], "t": rows[0]["t"], "input_id": 1, "line": 1, "track": 1, "flags": 1}
    with case(tmp_path / "c.duckdb", {"positions": rows, "events": events, "marks": [doubted]}) as reader:
        ranked = find(reader).events
        found = read_company(reader, ranked)
    for one, company in zip(ranked, found, strict=True):
        start, end = one["start"], one["end"]
        near = {}
        for row in rows[1:]:
            nm = float(haversine_m(179.9, 38.0, float(str(row["lon"])), float(str(row["lat"])))) / 1852
            when = row["t"].replace(tzinfo=start.tzinfo)  # type: ignore[attr-defined]
            inside = when >= start and (end is None or when <= end)
            if inside and nm <= NEAR_NM and row["mmsi"] not in one["mmsi"]:  # type: ignore[operator]
                near[row["mmsi"]] = min(nm, near.get(row["mmsi"], 99))
        assert company["count"] == pytest.approx(len(near), abs=1)  # a flat earth differs by metres at the rim
        least = sorted(near.values())[:3]
        assert [nm for _, nm in company["nearest"][:3]] == pytest.approx(least, abs=0.1)  # type: ignore[index]


def test_the_lines_of_an_event_are_its_first_and_last_positions(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    raw = b"".join(f"line {n}\r\n".encode() for n in range(1, 30_000))
    with case(path, tables()) as reader:
        reader.close()
        with Store.open(path) as store, store.transaction() as con:
            keep(con, 1, [packed(raw[:100_000], 1), packed(raw[100_000:], raw[:100_000].count(b"\n") + 1)])
        with Store.open(path) as store:
            reader = store.reader()
            events = find(reader).events
            found = read_proof(reader, events)
            reader.close()
    first, *_ = [lines for one, lines in zip(events, found, strict=True) if one["kind"] == "rendezvous"]
    line = 412000001 % 997
    assert first[0] == [A, "2024-03-05 06:00:00", "traffic.nmea", line, f"line {line}"]
    assert len(first) == 4
    assert [item[0] for item in first] == [A, A, B, B]
    assert all(item[4] == f"line {item[3]}" for item in first)


def test_history_keeps_each_value_with_its_time_and_draughts_where_they_change(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", tables()) as reader:
        ship, other = read_history(reader, [A, B])
    began = int((T0 - T0.replace(year=1970, month=1, day=1, hour=0)).total_seconds())
    at = {hours: began + hours * 3600 for hours in (0, 1, 5, 7, 8)}
    assert ship["draughts"] == [[at[1], 7.0], [at[7], 4.5]]
    assert [row for row in ship["history"] if row[0] == "Destination"] == [  # type: ignore[attr-defined]
        ["Destination", "DALIAN", at[8], at[8], 1],
        ["Destination", "NAMPO", at[7], at[7], 1],
    ]
    names = [row[1:] for row in other["history"] if row[0] == "Name"]  # type: ignore[attr-defined]
    assert names == [["BASALT FULMAR", at[5], at[5], 1], ["HAZEL SKUA", at[0], at[0], 1]]
    assert json.dumps(ship)
