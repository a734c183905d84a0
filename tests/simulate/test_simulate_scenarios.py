"""Scenarios as wholes: reproducible, at sea, and with a truth that their own sentences bear out.

The sentences are read back with pyais, so that truth is checked against what a stranger would decode.
"""

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pytest
from pyais import decode

from darkwake.simulate import UnknownScenario, busy_day, make, scenarios
from darkwake.simulate.catalogue import _MAKERS
from darkwake.simulate.grid import KNOT_MS, NM_M, STEP_S, distance_m
from darkwake.simulate.places import ANCHORAGES, LANES, SITES
from darkwake.simulate.truth import stays

LINE = re.compile(rb"^\\(?:g:\d-\d-\d+,)?s:(\w+),c:(\d{10})\*[0-9A-F]{2}\\(!AIVDM,(\d),(\d),.*)\r\n$")
NAMES = list(_MAKERS)
scene_of = cache(lambda name, seed: _MAKERS[name](seed))


@pytest.fixture(scope="module")
def demo():
    return make("demo", 7)


@pytest.fixture(scope="module")
def lines(demo):
    return b"".join(demo.log.blocks()).splitlines(keepends=True)


@pytest.fixture(scope="module")
def said(lines):
    """By MMSI: receive time, lon, lat, sog, type; NaN where there is no position."""
    found, part = defaultdict(list), None
    for line in lines:
        _, epoch, sentence, total, number = LINE.match(line).groups()
        if total == b"2" and number == b"1":
            part = sentence
            continue
        message = decode(*([part, sentence] if total == b"2" else [sentence]), error_if_checksum_invalid=True)
        lon = getattr(message, "lon", None)
        fixed = lon is not None and lon < 181
        found[message.mmsi].append((int(epoch), lon if fixed else np.nan, message.lat if fixed else np.nan,
                                    message.speed if fixed else np.nan, message.msg_type))  # fmt: skip
    return {mmsi: np.array(rows, dtype=float) for mmsi, rows in found.items()}


def _s(text):
    return datetime.fromisoformat(text).timestamp()


def _fixes(said, mmsi):
    rows = said[mmsi]
    return rows[~np.isnan(rows[:, 1])]


def _place(said, mmsi, t):
    rows = _fixes(said, mmsi)
    return np.interp(t, rows[:, 0], rows[:, 1]), np.interp(t, rows[:, 0], rows[:, 2])


def test_every_line_is_tag_blocked_and_in_order_of_time(demo, lines):
    assert len(lines) == demo.lines
    epochs = [int(LINE.match(line).group(2)) for line in lines]
    assert epochs == sorted(epochs)
    assert max(map(len, lines)) < 130
    assert 20_000 < len(lines) < 80_000


@pytest.mark.parametrize("name", ["demo", "busy-day:3000"])
def test_same_name_and_seed_same_bytes(name, tmp_path):
    for run in ("a", "b"):
        scenario = make(name, 3)
        scenario.write_nmea(tmp_path / f"{run}.nmea")
        scenario.write_truth(tmp_path / f"{run}.json")
    assert (tmp_path / "a.nmea").read_bytes() == (tmp_path / "b.nmea").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text()) == scenario.truth
    other = make(name, 4)
    assert b"".join(other.log.blocks()) != (tmp_path / "a.nmea").read_bytes()


def test_names_and_bad_names():
    families = {"open-sea", "sts-areas", "short-contacts", "lookalikes", "crowds", "near-misses", "one-sided", "blind"}
    assert set(scenarios()) == {"demo", "yellow-sea", "korea-bay", "east-sea", "transfers", "busy-day"} | families
    for bad in ("nowhere", "busy-day:", "busy-day:0", "busy-day:-1", "busy-day:1e6", "demo:3"):
        with pytest.raises(UnknownScenario, match="choose one of"):
            make(bad, 1)
    with pytest.raises(ValueError, match="negative"):
        make("demo", -1)


def test_a_busy_day_has_as_many_positions_as_asked():
    day = busy_day(5_000, 2)
    kinds = day.log.reports.kind[day.log.heard.report]
    assert np.isin(kinds, (1, 3, 18)).sum() == 5_000
    assert len(np.unique(day.log.heard.report)) == len(day.log.heard.report)
    assert day.truth["events"] == []
    assert len(day.log.ships) >= 20


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_ship_crosses_land(name, seed):
    from zones import load_land

    scene = scene_of(name, seed)
    land = load_land()
    for ship, track in zip(scene.ships, scene.tracks, strict=True):
        ashore = land.on_land(track.lon, track.lat)
        assert not ashore.any(), (ship.name, track.at(track.first + int(np.argmax(ashore))))


def test_sites_lanes_and_anchorages_are_at_sea():
    from zones import load_land

    land = load_land()
    share = np.linspace(0, 1, 400)
    for site in SITES.values():
        around = np.linspace(0, 2 * np.pi, 60)
        lon = site.lon + site.radius_nm / 60 * np.sin(around) / np.cos(np.radians(site.lat))
        lat = site.lat + site.radius_nm / 60 * np.cos(around)
        for x, y in zip(lon, lat, strict=True):
            way = land.on_land(x + share * (site.gateway[0] - x), y + share * (site.gateway[1] - y))
            assert not way.any(), site.name
        grid = np.arange(-site.radius_nm, site.radius_nm, 0.09) / 60.0  # 170 m: no islet of 100 m slips through
        east, north = np.meshgrid(grid, grid)
        disc = np.hypot(east, north) < site.radius_nm / 60.0
        lon = site.lon + east[disc] / np.cos(np.radians(site.lat))
        assert not land.on_land(lon, site.lat + north[disc]).any(), site.name
    for name, lane in LANES.items():
        for a, b in pairwise(lane):
            assert not land.on_land(a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])).any(), name
    assert not land.on_land(*np.array(list(ANCHORAGES.values())).T).any()


@pytest.mark.parametrize("name", ["demo", "korea-bay", "transfers"])
def test_numbers_are_unique_and_names_fit(name):
    ships = scene_of(name, 1).ships
    assert len({s.mmsi for s in ships}) == len(ships)
    assert all(100_000_000 <= s.mmsi <= 999_999_999 and len(s.name) <= 20 and len(s.callsign) <= 7 for s in ships)


def test_planted_pairs_lie_alongside_in_what_was_said(demo, said):
    meetings = [e for e in demo.truth["events"] if e["kind"] == "rendezvous"]
    assert {e["label"] for e in meetings} == {"alongside transfer", "three-ship raft"}
    for event in meetings:
        a, b = event["mmsi"]
        start, end = _s(event["start"]), _s(event["end"])
        assert 3 * 3600 <= end - start <= 10 * 3600 + 60
        t = np.arange(start + 60, end - 60, 60)
        away = distance_m(*_place(said, a, t), *_place(said, b, t))
        assert np.quantile(away, 0.9) < 190, event
        assert np.median(away) > 8
        for mmsi in (a, b):
            rows = _fixes(said, mmsi)
            during = rows[(rows[:, 0] > start) & (rows[:, 0] < end)]
            assert len(during) > 20
            assert np.diff(during[:, 0], prepend=start, append=end).max() < 2700
            assert np.quantile(during[:, 3], 0.9) < 1.6
        before, after = (distance_m(*_place(said, a, x), *_place(said, b, x)) for x in (start - 5400, end + 7200))
        assert before > 500
        assert after > 500


def test_antennas_alongside_are_20_to_150_metres_apart():
    scene = scene_of("transfers", 1)
    from darkwake.simulate.grid import offset

    for plant in (p for p in scene.plants if p.label == "alongside transfer"):
        ends = []
        for i in plant.ships:
            track, ship = scene.tracks[i], scene.ships[i]
            at = slice(plant.first - track.first, plant.last - track.first)
            bow = np.radians(track.heading_deg[at])
            ends.append(offset(
                track.lon[at], track.lat[at],
                ship.antenna_forward_m * np.sin(bow) + ship.antenna_right_m * np.cos(bow),
                ship.antenna_forward_m * np.cos(bow) - ship.antenna_right_m * np.sin(bow),
            ))  # fmt: skip
        away = distance_m(*ends[0], *ends[1])
        assert away.min() > 19
        assert away.max() < 151
        assert {60 <= scene.ships[i].length_m <= 150 for i in plant.ships} == {True}


def test_planted_gaps_are_silent_and_could_have_been_heard(demo, said):
    gaps = [e for e in demo.truth["events"] if e["kind"] == "gap"]
    assert len(gaps) >= 4
    for event in gaps:
        (mmsi,) = event["mmsi"]
        start, end = _s(event["start"]), _s(event["end"] or demo.truth["end"])
        times = said[mmsi][:, 0]
        assert not ((times > start) & (times < end)).any()
        assert start in times
        assert event["end"] is None or end in times
        assert end - start > 2 * 3600
        if not event["near_decoy"]:
            assert _receivable(said, mmsi, start, end, start)
            assert event["end"] is None or _receivable(said, mmsi, start, end, end)


def _receivable(said, mmsi, start, end, at):
    """At least 3 others heard within 20 nm of where the ship was at one end, in 80 % of the whole hours of silence."""
    lon, lat = _place(said, mmsi, at)
    hours = np.arange(start, end - 3599, 3600)
    good = 0
    for hour in hours:
        others = 0
        for other in said:
            rows = _fixes(said, other)
            rows = rows[(rows[:, 0] >= hour) & (rows[:, 0] < hour + 3600)]
            others += other != mmsi and bool((distance_m(rows[:, 1], rows[:, 2], lon, lat) <= 20 * NM_M).any())
        good += others >= 3
    return good >= 0.8 * len(hours)


def test_truth_of_the_evaluation_scenario_has_enough_of_each():
    truth = make("transfers", 9).truth
    count = defaultdict(int)
    for event in truth["events"]:
        count[event["label"].split(" near")[0].split(" in ")[0], event["near_decoy"]] += 1
    assert count["alongside transfer", False] + count["alongside transfer", True] >= 40
    assert count["alongside transfer", False] >= 30
    assert count["dark", False] >= 35
    assert count["dark", False] + count["dark", True] >= 40
    assert truth["vessel_days"] > 400


def test_incursions_are_inside_the_zones_that_they_name(demo, said):
    from zones import load_zones

    zones = load_zones()
    inside = [e for e in demo.truth["events"] if e["kind"] == "incursion"]
    assert {"prk_west_sea_area"} <= {e["zone"] for e in inside}
    for event in inside:
        rows = _fixes(said, event["mmsi"][0])
        start, end = _s(event["start"]), _s(event["end"])
        deep = rows[(rows[:, 0] > start + 300) & (rows[:, 0] < end - 300)]
        held = zones.inside(deep[:, 1], deep[:, 2], (deep[:, 0] * 1e6).astype(np.int64), [event["zone"]])[0]
        assert held.mean() > 0.98
        out = rows[(rows[:, 0] < start - 60) & (rows[:, 0] > start - 3600)]
        assert not zones.inside(out[:, 1], out[:, 2], ids=[event["zone"]])[0].any()


def test_stays_join_short_sorties_and_drop_touches():
    t = np.arange(0.0, 36_000.0, 300.0)
    inside = ((t >= 3_000) & (t < 9_000)) | ((t >= 10_800) & (t < 15_000)) | (t == 30_000)
    assert [(t[a], t[b]) for a, b in stays(t, inside)] == [(3_000, 14_700)]
    assert stays(t, np.zeros(len(t), dtype=bool)) == []


def _decoy(scenario, label):
    return next(d for d in scenario.truth["decoys"] if d["label"] == label)


def test_all_decoys_are_there(demo):
    assert {d["label"] for d in demo.truth["decoys"]} == {
        "reception hole", "receiver down", "anchorage crowd", "pair trawlers", "tug alongside", "no fix"
    }  # fmt: skip


def test_a_receiver_that_is_down_says_nothing(demo, lines):
    decoy = _decoy(demo, "receiver down")
    times = np.array([int(m.group(2)) for m in map(LINE.match, lines) if m.group(1) == b"DANDO"])
    start, end = _s(decoy["start"]), _s(decoy["end"])
    assert not ((times > start + 2) & (times < end)).any()
    assert (times < start).sum() > 100
    assert (times > end).sum() > 100


def test_nothing_is_heard_from_the_hole_but_ships_were_there(demo, said):
    decoy = _decoy(demo, "reception hole")
    for mmsi in said:
        rows = _fixes(said, mmsi)
        away = distance_m(rows[:, 1], rows[:, 2], decoy["lon"], decoy["lat"])
        assert (away > decoy["reach_nm"] * NM_M - 20).all()
    for mmsi in decoy["mmsi"]:
        assert np.diff(said[mmsi][:, 0]).max() > 7 * 3600


def test_the_crowd_lies_close_and_still(demo, said):
    decoy = _decoy(demo, "anchorage crowd")
    middle = {mmsi: np.median(_fixes(said, mmsi), axis=0) for mmsi in decoy["mmsi"]}
    away = {p: distance_m(middle[p[0]][1], middle[p[0]][2], middle[p[1]][1], middle[p[1]][2])
            for p in combinations(middle, 2)}  # fmt: skip
    for mmsi in middle:
        nearest = min(metres for pair, metres in away.items() if mmsi in pair)
        assert 100 < nearest < 900
        assert np.quantile(_fixes(said, mmsi)[:, 3], 0.9) < 1


def test_pair_trawlers_keep_their_distance_at_trawling_speed(demo, said):
    decoy = _decoy(demo, "pair trawlers")
    start, end = _s(decoy["start"]), _s(decoy["end"])
    t = np.arange(start + 600, end - 600, 300)
    away = distance_m(*_place(said, decoy["mmsi"][0], t), *_place(said, decoy["mmsi"][1], t))
    assert 180 < np.median(away) < 520
    for mmsi in decoy["mmsi"]:
        rows = _fixes(said, mmsi)
        speed = rows[(rows[:, 0] > start) & (rows[:, 0] < end)][:, 3]
        assert 2.0 < np.median(speed) < 5.0


def test_the_tug_comes_alongside_and_goes(demo, said):
    decoy = _decoy(demo, "tug alongside")
    start, end = _s(decoy["start"]), _s(decoy["end"])
    a, b = decoy["mmsi"]
    t = np.array([start - 5400, (start + end) / 2, end + 5400])
    away = distance_m(*_place(said, a, t), *_place(said, b, t))
    assert away[1] < 150
    assert min(away[0], away[2]) > 2000


def test_a_ship_without_a_fix_goes_on_talking(demo, said):
    decoy = _decoy(demo, "no fix")
    rows = said[decoy["mmsi"][0]]
    during = rows[(rows[:, 0] > _s(decoy["start"]) + 5) & (rows[:, 0] < _s(decoy["end"]))]
    assert np.isnan(during[:, 1]).all()
    assert (during[:, 4] == 1).sum() > 20
    assert np.diff(during[:, 0]).max() < 3600


def test_truth_is_json_of_the_agreed_form(demo):
    truth = json.loads(json.dumps(demo.truth))
    assert list(truth) == ["scenario", "seed", "start", "end", "vessel_days", "kinds", "events", "decoys"]
    assert datetime.fromisoformat(truth["start"]).tzinfo == UTC
    for event in truth["events"]:
        assert set(event) - {"zone"} == {"kind", "mmsi", "start", "end", "lon", "lat", "near_decoy", "label"}
        assert event["mmsi"] == sorted(event["mmsi"])
        assert isinstance(event["near_decoy"], bool)


def test_ships_keep_to_speeds_that_ships_have():
    scene = scene_of("korea-bay", 2)
    for ship, track in zip(scene.ships, scene.tracks, strict=True):
        step = distance_m(track.lon[1:], track.lat[1:], track.lon[:-1], track.lat[:-1])
        assert step.max() / STEP_S / KNOT_MS < 22, ship.name
