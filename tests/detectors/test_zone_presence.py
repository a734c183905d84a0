"""Stays and incursions: crossings seen or not, jitter, fishing, home waters; and a slow twin that agrees."""

import dataclasses
import json

import numpy as np
import pytest

from ais.store import Store
from detectors import detect, zones_of_last_run
from detectors.event import to_us
from detectors.zone_presence import ZonePresence
from tests.detectors.cases import MINUTE, NOW, T0, Ship, defaults, find, insert, rows_of, still
from zones import load_zones

BOX = {
    "type": "Polygon",
    "coordinates": [[[130.0, 30.0], [131.0, 30.0], [131.0, 31.0], [130.0, 31.0], [130.0, 30.0]]],
}


def zone_file(tmp_path, alert_for, geometry=None):
    """A user's own zone, far from the shipped ones."""
    feature = {
        "type": "Feature",
        "properties": {
            "id": "box",
            "name": "Box",
            "kind": "test_area",
            "whose": "ours",
            "legal_status": "none",
            "source": ["a test"],
            "confidence": "high",
            "edge_uncertainty_m": 100.0,
            "alert_for": alert_for,
        },
        "geometry": geometry or BOX,
    }
    path = tmp_path / f"{alert_for}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return load_zones([path])


def crossing(mmsi=412000101, every=10.0, lat=30.5, **more):
    """West to east through the box: enters about minute 300, leaves about minute 900."""
    minutes = np.arange(0, 1200.1, every)
    return Ship(mmsi, minutes, 129.5 + minutes / 600, np.full(len(minutes), lat), **more)


def stays(tmp_path, zones, ships):
    return [event for event in find(tmp_path, zones, ships, "zone_presence") if event["zones"] == ["box"]]


def test_entry_stay_exit(tmp_path):
    (stay,) = stays(tmp_path, zone_file(tmp_path, "any"), [crossing()])
    assert stay["kind"] == "zone_presence"
    assert (to_us(stay["start"]) - T0, to_us(stay["end"]) - T0) == (310 * MINUTE, 890 * MINUTE + 1)
    evidence = stay["evidence"]
    assert evidence["entry_seen"] is True
    assert evidence["exit_seen"] is True
    assert evidence["observed_fraction"] == 1.0
    assert evidence["dwell_hours"] == pytest.approx(580 / 60, abs=0.01)


def test_crossing_in_a_hole_is_told(tmp_path):
    ship = crossing()
    keep = (ship.minutes < 200) | (ship.minutes > 400)
    ship.minutes, ship.lon, ship.lat = ship.minutes[keep], ship.lon[keep], ship.lat[keep]
    (stay,) = stays(tmp_path, zone_file(tmp_path, "any"), [ship])
    assert stay["evidence"]["entry_seen"] is False
    assert stay["evidence"]["entry_hole_hours"] == pytest.approx(220 / 60, abs=0.01)


def test_jitter_on_a_line_makes_one_event(tmp_path):
    rng = np.random.default_rng(1)
    minutes = np.arange(0, 1440, 3.0)
    ship = Ship(412000101, minutes, 130.0 + rng.normal(0, 0.0001, len(minutes)), np.full(len(minutes), 30.5))
    assert len(stays(tmp_path, zone_file(tmp_path, "any"), [ship])) == 1


def test_two_visits_are_two_events(tmp_path):
    first, second = crossing(), crossing()
    second.minutes = second.minutes + 3000
    ship = Ship(
        412000101,
        np.append(first.minutes, second.minutes),
        np.append(first.lon, second.lon),
        np.append(first.lat, second.lat),
    )
    found = stays(tmp_path, zone_file(tmp_path, "any"), [ship])
    assert len(found) == 2
    assert len({event["id"] for event in found}) == 2


def test_open_stay(tmp_path):
    (stay,) = stays(tmp_path, zone_file(tmp_path, "any"), [still(412000101, 130.5, 30.5, 0, 600)])
    assert stay["end"] is None


def test_one_fix_is_a_microsecond(tmp_path):
    ship = Ship(412000101, np.array([0.0, 600, 1200]), np.array([129.0, 130.5, 132.0]), np.full(3, 30.5))
    (stay,) = stays(tmp_path, zone_file(tmp_path, "any"), [ship])
    assert to_us(stay["end"]) - to_us(stay["start"]) == 1
    assert stay["evidence"]["entry_seen"] is False


@pytest.mark.parametrize(
    ("ship", "kind", "why"),
    [
        (crossing(talks=[350.0], ship_type=30), "incursion", "type 30"),
        (crossing(nav_status=7), "incursion", "status 7"),
        (crossing(mmsi=412000009), "incursion", "list"),
        (crossing(mmsi=445000101, nav_status=7), "zone_presence", "status 7"),
        (crossing(talks=[350.0], ship_type=70), None, ""),
        (crossing(talks=[900.0 + 60 * 30], ship_type=30), None, ""),
    ],
)
def test_fishing_rule(tmp_path, ship, kind, why):
    zones = zone_file(tmp_path, "fishing")
    if why == "list":
        from detectors.lists import Lists

        ship.mmsi = int(Lists().fishing[np.searchsorted(Lists().fishing, 412000000)])
    found = stays(tmp_path, zones, [ship])
    assert [event["kind"] for event in found] == ([kind] if kind else [])
    if kind:
        assert why in found[0]["evidence"]["fishing_reason"]


def test_a_static_report_ahead_of_the_horizon_is_not_read(tmp_path):
    ship = crossing(talks=[900.0 + 60 * 10], ship_type=30)
    quiet = still(412000102, 10.0, 10.0, 0, 900, 5)
    assert stays(tmp_path, zone_file(tmp_path, "fishing"), [ship, quiet]) == []


def test_alert_none_is_silent(tmp_path):
    assert stays(tmp_path, zone_file(tmp_path, "none"), [crossing(nav_status=7)]) == []


def test_zone_across_180(tmp_path):
    split = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179.5, 30.0], [180.0, 30.0], [180.0, 31.0], [179.5, 31.0], [179.5, 30.0]]],
            [[[-180.0, 30.0], [-179.5, 30.0], [-179.5, 31.0], [-180.0, 31.0], [-180.0, 30.0]]],
        ],
    }
    ship = crossing()
    ship.lon = (ship.lon + 49.5 + 180) % 360 - 180
    (stay,) = stays(tmp_path, zone_file(tmp_path, "any", split), [ship])
    assert stay["evidence"]["dwell_hours"] == pytest.approx(580 / 60, abs=0.2)


def naive(ship: Ship, rule: ZonePresence):
    """Walk the fixes one by one."""
    rows = [
        (T0 + round(float(m) * MINUTE), 130 < lon < 131 and 30 < lat < 31)
        for m, lon, lat in zip(ship.minutes, ship.lon, ship.lat, strict=True)
    ]
    found, current, left = [], None, False
    for t, inside in rows:
        if not inside:
            left = True
            continue
        if current and left and t - current[1] > rule.rejoin_minutes * MINUTE:
            found.append((*current, False))
            current = None
        current = (current[0] if current else t, t)
        left = False
    if current:
        found.append((*current, not left))
    return [(start, None if is_open else last + 1) for start, last, is_open in found]


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_naive_twin(tmp_path, seed):
    rng = np.random.default_rng(seed)
    minutes = np.unique(np.cumsum(rng.choice([5, 20, 50, 90], 200)).astype(float) + rng.random())
    lon = (130.0 + rng.normal(0, 0.03, len(minutes)).cumsum()).round(6)
    ship = Ship(412000101, minutes, lon, np.full(len(minutes), 30.5))
    found = stays(tmp_path, zone_file(tmp_path, "any"), [ship])
    ours = [(to_us(e["start"]), e["end"] and to_us(e["end"])) for e in found]
    assert ours == naive(ship, ZonePresence())


def test_the_case_keeps_the_zones_that_it_was_judged_by(tmp_path):
    zones = zone_file(tmp_path, "fishing")
    with Store.open(tmp_path / "a.duckdb") as store:
        assert zones_of_last_run(store.reader()) is None
        insert(store, rows_of([crossing()]))
        detect(store, zones, detectors=defaults("zone_presence"), now=NOW, version="test")
        kept = zones_of_last_run(store.reader())
    assert kept is not None
    assert kept.sha256 == zones.sha256
    for was, now in zip(zones.zones, kept.zones, strict=True):
        assert dataclasses.replace(was, geometry={}) == dataclasses.replace(now, geometry={})
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(122, 134, 20_000), rng.uniform(29, 43, 20_000)
    assert (kept.inside(lon, lat) == zones.inside(lon, lat)).all()
