"""Ships that share a number are ships of their own: no gap joins them, none hides the other, events say the doubt."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from detectors.gap import Gap
from tests.detectors.cases import Ship, find, metres_east, still
from zones import ZoneSet, load_zones

NUMBER = 412000001
LON, LAT = 124.9, 38.58  # off Cho-do, in a zone that alerts
FAR = LON - 20


@pytest.fixture(scope="module")
def zones() -> ZoneSet:
    return load_zones()


def said(event: dict) -> str:  # type: ignore[type-arg]
    return " ".join(event["reasons"])


def test_no_gap_joins_the_last_of_one_to_the_first_of_the_other(tmp_path: Path, zones: ZoneSet) -> None:
    """One is heard for 8 h, the other in turns with it from the fourth hour on, until long after."""
    first, second = still(NUMBER, FAR, 10.0, 0, 480), still(NUMBER, FAR + 30, 10.0, 242, 1800)
    events = find(tmp_path, zones, [first, second], "gap")
    assert [(e["end"], e["evidence"]["start_lon"]) for e in events] == [(None, FAR)]  # silent since; nobody came for it
    assert events[0]["evidence"]["tracks_count"] == 2
    assert "2 ships used this number" in said(events[0])


def test_each_has_its_own_gaps(tmp_path: Path, zones: ZoneSet) -> None:
    """Each is silent for 10 h while the other talks; as one ship there would be no silence at all."""
    first = [still(NUMBER, FAR, 10.0, 0, 300), still(NUMBER, FAR, 10.0, 900, 1800)]
    second = [still(NUMBER, FAR + 30, 10.0, 2, 902), still(NUMBER, FAR + 30, 10.0, 1502, 1800)]
    events = find(tmp_path, zones, [*first, *second], "gap")
    found = [(e["evidence"]["start_lon"], e["evidence"]["end_lon"], e["evidence"]["hours"]) for e in events]
    assert found == [(FAR, FAR, 10.0), (FAR + 30, FAR + 30, 10.0)]
    assert {e["evidence"]["tracks_count"] for e in events} == {2}


def test_what_is_said_without_a_fix_is_a_sign_of_both(tmp_path: Path, zones: ZoneSet) -> None:
    first = [still(NUMBER, FAR, 10.0, 0, 300), still(NUMBER, FAR, 10.0, 900, 1800)]
    second = still(NUMBER, FAR + 30, 10.0, 2, 1800, talks=[600.0])
    assert find(tmp_path, zones, [*first, second], "gap") == []
    before_the_first_fix = still(NUMBER, FAR + 30, 10.0, 700, 1800)
    assert find(tmp_path, zones, [still(NUMBER, FAR, 10.0, 0, 1800, talks=[1.0]), before_the_first_fix], "gap") == []


def test_two_silences_from_one_sign_are_two_events(tmp_path: Path, zones: ZoneSet) -> None:
    """Both end with the same word without a fix, which starts two silences at one instant."""
    parts = [still(NUMBER, FAR + east, 10.0, shift, 300 + shift) for east, shift in ((0, 0), (30, 2))]
    parts += [still(NUMBER, FAR + east, 10.0, 900 + shift, 1200) for east, shift in ((0, 0), (30, 2))]
    parts[0].talks = [320.0]
    events = find(tmp_path, zones, parts, "gap")
    assert [e["start"].minute for e in events] == [20, 20]
    assert len({e["id"] for e in events}) == 2
    alone = find(tmp_path, zones, [parts[0], parts[2]], "gap")
    assert alone[0]["id"] in {e["id"] for e in events}  # the track is in an id only to break a tie


def test_the_lesser_ship_is_not_hidden(tmp_path: Path, zones: ZoneSet) -> None:
    """Ten times as many fixes elsewhere, every minute, do not hide a meeting and a stay off Cho-do."""
    ships = [
        still(NUMBER, LON, LAT, 2.5, 362.5, every=10, sog_kn=np.zeros(37)),
        still(NUMBER, FAR, 10.0, 0, 400, every=1),
        still(412000009, LON + metres_east(120, LAT), LAT, 0, 400),
    ]
    events = find(tmp_path, zones, ships, "rendezvous", "zone_presence")
    meeting = next(e for e in events if e["kind"] == "rendezvous")
    assert meeting["mmsi"] == [NUMBER, 412000009]
    assert meeting["evidence"]["tracks_count"] == 2
    stays = [e for e in events if e["kind"] == "zone_presence" and e["mmsi"] == [NUMBER]]
    assert stays
    assert all("2 ships used this number" in said(e) for e in stays)
    assert not any("used this number" in said(e) for e in events if e["mmsi"] == [412000009])


def test_status_7_of_one_is_not_the_others(tmp_path: Path, zones: ZoneSet) -> None:
    ships = [
        still(NUMBER, LON, LAT, 2.5, 362.5, every=10, nav_status=0),
        still(NUMBER, FAR, 10.0, 0, 400, every=1, nav_status=7),
    ]
    kinds = {e["kind"] for e in find(tmp_path, zones, ships, "zone_presence")}
    assert kinds == {"zone_presence"}
    ships = [dataclasses.replace(ships[0], nav_status=7), dataclasses.replace(ships[1], nav_status=0)]
    assert "incursion" in {e["kind"] for e in find(tmp_path, zones, ships, "zone_presence")}


def test_ships_of_one_number_do_not_meet_each_other(tmp_path: Path, zones: ZoneSet) -> None:
    """They come from 60 km apart and lie 300 m apart for hours: what shares a number and a place is no meeting."""

    def comes(east: float, shift: float) -> list[Ship]:
        minutes = np.arange(0, 240, 5) + shift
        way = np.interp(minutes, [0, 180, 240], [1, 0, 0])
        return [
            Ship(
                NUMBER, minutes, LON + east * way, np.full(len(minutes), LAT), np.where(way > 0, 8.0, 0.0), cog_deg=90
            ),
            still(NUMBER, LON + metres_east(300, LAT) * (east > 0), LAT, 245 + shift, 700),
        ]

    events = find(tmp_path, zones, [*comes(0.7, 0), *comes(-0.7, 2)], "rendezvous")
    assert events == []


def test_a_default_gap_says_nothing_of_shared_numbers(tmp_path: Path, zones: ZoneSet) -> None:
    ships = [still(NUMBER, FAR, 10.0, 0, 60), still(NUMBER, FAR, 10.0, 600, 660)]
    (event,) = find(tmp_path, zones, ships, gap=Gap())
    assert "tracks_count" not in event["evidence"]
