"""The scenes made from published accounts: their truth against the true tracks, by a slow geometry of its own.

Hulls are measured here as closed rows of points on their outlines, speeds as great-circle metres from step to step.
"""

from dataclasses import astuple
from itertools import combinations

import numpy as np
import pytest

from darkwake.simulate.blind import blind
from darkwake.simulate.grid import KNOT_MS, NM_M, STEP_S
from darkwake.simulate.scenario import finish

SEEDS = (1, 2)


@pytest.fixture(scope="module", params=SEEDS)
def scene(request):
    return blind(request.param)


def _away_m(lon1, lat1, lon2, lat2):
    a = np.stack([np.cos(np.radians(lat1)) * np.cos(np.radians(lon1)),
                  np.cos(np.radians(lat1)) * np.sin(np.radians(lon1)), np.sin(np.radians(lat1))])  # fmt: skip
    b = np.stack([np.cos(np.radians(lat2)) * np.cos(np.radians(lon2)),
                  np.cos(np.radians(lat2)) * np.sin(np.radians(lon2)), np.sin(np.radians(lat2))])  # fmt: skip
    return 2 * np.degrees(np.arcsin(np.sqrt(((a - b) ** 2).sum(axis=0)) / 2)) * 60 * NM_M


def _outline(ship, track, step, origin):
    """Points a metre apart round the hull, in metres east and north of a point near by."""
    length, beam = ship.to_bow_m + ship.to_stern_m, ship.to_port_m + ship.to_starboard_m
    along, across = np.linspace(-length / 2, length / 2, length + 1), np.linspace(-beam / 2, beam / 2, beam + 1)
    x = np.concatenate([along, along, np.full(beam + 1, -length / 2), np.full(beam + 1, length / 2)])
    y = np.concatenate([np.full(length + 1, -beam / 2), np.full(length + 1, beam / 2), across, across])
    bow = np.radians(track.heading_deg[step])
    east = (track.lon[step] - origin[0]) * 60 * NM_M * np.cos(np.radians(origin[1]))
    north = (track.lat[step] - origin[1]) * 60 * NM_M
    return np.stack([east + x * np.sin(bow) + y * np.cos(bow), north + x * np.cos(bow) - y * np.sin(bow)], axis=1)


def _gap_m(scene, a, b, step):
    origin = scene.tracks[a].at(step)
    one, two = (_outline(scene.ships[i], scene.tracks[i], step, origin) for i in (a, b))
    return float(np.sqrt(((one[:, None] - two[None]) ** 2).sum(axis=2).min()))


def _knots(track):
    return _away_m(track.lon[1:], track.lat[1:], track.lon[:-1], track.lat[:-1]) / STEP_S / KNOT_MS


def _plants(scene, kind):
    return [p for p in scene.plants if p.kind == kind]


def _hours(scene, plant):
    return (plant.last - plant.first) * STEP_S / 3600


def test_there_are_over_twenty_transfers_of_all_manners(scene):
    meetings = _plants(scene, "rendezvous")
    assert len(meetings) > 25
    assert len({p.label for p in meetings}) >= 15
    assert sum(p.label == "repeated engagement" for p in meetings) == 4
    assert sum(p.label == "raft that grows and shrinks" for p in meetings) >= 5
    assert all(len(p.ships) == 2 and p.ships[0] != p.ships[1] for p in meetings)
    classes = {scene.ships[i].ais_class for p in meetings for i in p.ships}
    assert classes == {"A", "B"}


def test_meetings_are_within_500_metres_and_slow_from_start_to_end(scene):
    for plant in _plants(scene, "rendezvous"):
        a, b = plant.ships
        assert 2.0 <= _hours(scene, plant) < 14, plant
        inside = [_gap_m(scene, a, b, step) for step in range(plant.first, plant.last + 1, 40)]
        inside.append(_gap_m(scene, a, b, plant.last))
        assert max(inside) < 502, plant
        assert 1.5 < min(inside) < 90, plant
        assert np.median(inside) < 90, plant
        during = slice(plant.first, plant.last)
        knots = [_knots(scene.tracks[i])[during] for i in (a, b)]
        if "strong stream" in plant.label:
            ways = [np.stack([np.diff(t.lon[during]) * np.cos(np.radians(t.lat[plant.first])), np.diff(t.lat[during])])
                    for t in (scene.tracks[a], scene.tracks[b])]  # fmt: skip
            apart = np.hypot(*(ways[0] - ways[1])) * 60 * NM_M / STEP_S / KNOT_MS
            assert np.median(apart) < 0.3, plant
            assert max(k.max() for k in knots) > 1.2, plant
        else:
            assert max(np.median(k) for k in knots) < 2.0, plant
            assert max(np.quantile(k, 0.95) for k in knots) < 2.0, plant


def test_meetings_begin_and_end_where_ships_are_no_longer_near_and_slow(scene):
    for plant in _plants(scene, "rendezvous"):
        for step in (plant.first - 3, plant.last + 3):
            far = _gap_m(scene, *plant.ships, step) > 495
            fast = max(_knots(scene.tracks[i])[step - 3 : step + 3].max() for i in plant.ships) > 1.9
            assert far or fast, (plant, step)


def test_nobody_else_is_near_and_slow_for_two_hours(scene):
    """But for those in a crowd, in one raft or beside another, and along one string of nets."""
    rows = np.arange(0, scene.grid.steps - 1, 10)
    lon, lat = (np.array([getattr(t, name)[rows] for t in scene.tracks]) for name in ("lon", "lat"))
    slow = np.array([_knots(t)[rows] < 2.0 for t in scene.tracks])
    groups = [set(d.ships) for d in scene.decoys if d.label in ("anchorage crowd", "net buoys")]
    groups[0] |= {j for p in _plants(scene, "attended") for j in p.ships}
    groups[0] |= {j for p in scene.plants if p.label == "transfer in a crowd" for j in p.ships}
    groups.append({j for p in scene.plants if "raft" in p.label for j in p.ships})
    known = {frozenset(p.ships) for p in scene.plants}
    for a, b in combinations(range(len(scene.ships)), 2):
        if frozenset((a, b)) in known or any(a in g and b in g for g in groups):
            continue
        near = (_away_m(lon[a], lat[a], lon[b], lat[b]) < 500) & slow[a] & slow[b]
        assert near.sum() * 10 * STEP_S < 2 * 3600, (scene.ships[a].name, scene.ships[b].name)


def test_boats_visit_and_pairs_trawl_and_two_sets_are_one_hull(scene):
    visits = _plants(scene, "attended")
    assert len(visits) == 9
    for plant in visits:
        assert min(_gap_m(scene, *plant.ships, s) for s in range(plant.first, plant.last, 10)) < 10
        assert _hours(scene, plant) < 4
        guest = scene.ships[plant.ships[1]]
        assert guest.ship_type in (50, 52) or "BUNKER" in guest.name
    trawlers = _plants(scene, "pair_trawling")
    assert len(trawlers) == 3
    for plant in trawlers:
        one, two = (scene.tracks[i] for i in plant.ships)
        during = slice(plant.first, plant.last)
        away = _away_m(one.lon, one.lat, two.lon, two.lat)[during]
        assert 300 < np.median(away) < 520
        assert away.min() > 80
        assert all(2.2 < np.median(_knots(t)[during]) < 4.0 for t in (one, two))
        assert {scene.ships[i].ship_type for i in plant.ships} == {30}
    for plant in _plants(scene, "same_hull"):
        a, b = plant.ships
        assert np.array_equal(scene.tracks[a].lon, scene.tracks[b].lon)
        assert scene.ships[a].mmsi != scene.ships[b].mmsi
        assert scene.ships[a].length_m == scene.ships[b].length_m
        assert abs(scene.ships[a].antenna_forward_m - scene.ships[b].antenna_forward_m) > 5


def test_the_innocent_keep_their_distance(scene):
    nearest = {"anchorage crowd": (150, 620), "queue": (500, 1500), "adrift in company": (650, 1000)}
    step = scene.grid.steps_in(14.0)
    for decoy in scene.decoys:
        if decoy.label not in nearest:
            continue
        low, high = nearest[decoy.label]
        there = [i for i in decoy.ships if _away_m(*scene.tracks[i].at(step), *decoy.where) < 12_000]
        for i in there:
            others = [_away_m(*scene.tracks[i].at(step), *scene.tracks[j].at(step)) for j in there if i != j]
            assert low < min(others) < high, (decoy.label, min(others))
    short = [d for d in scene.decoys if d.label == "short contact"]
    assert len(short) == 2
    for decoy in short:
        gaps = [_gap_m(scene, *decoy.ships, s) for s in range(decoy.first - 240, decoy.last + 240, 10)]
        assert min(gaps) < 10
        assert sum(g < 500 for g in gaps) * 10 * STEP_S < 2 * 3600


def test_silences_under_six_hours_are_no_truth_and_the_long_one_is(scene):
    long = [(i, a, b) for i, spans in scene.silences.items() for a, b in spans if (b - a) * STEP_S > 2 * 3600]
    assert [(p.ships[0], p.first, p.last) for p in _plants(scene, "gap")] == long
    assert len(long) == 1
    assert len(scene.silences) == 4


def test_tracks_are_whole_and_at_sea_and_no_faster_than_ships(scene):
    from zones import load_land

    land = load_land()
    for ship, track in zip(scene.ships, scene.tracks, strict=True):
        assert (track.first, track.last) == (0, scene.grid.steps), ship.name
        assert not land.on_land(track.lon, track.lat).any(), ship.name
        assert _knots(track).max() < 20, ship.name
    assert len({s.mmsi for s in scene.ships}) == len(scene.ships)


def test_the_same_seed_makes_the_same_scene():
    one, two, other = blind(5), blind(5), blind(6)
    assert one.ships == two.ships
    assert (one.plants, one.decoys, one.silences) == (two.plants, two.decoys, two.silences)
    assert (one.outages, one.shadows) == (two.outages, two.shadows)
    for a, b in zip(one.tracks, two.tracks, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(astuple(a), astuple(b), strict=True))
    assert one.plants != other.plants


def test_what_is_said_bears_the_truth_out():
    scene = blind(4)
    scenario = finish(scene)
    told = [e for e in scenario.truth["events"] if e["kind"] == "rendezvous"]
    assert len(told) == len(_plants(scene, "rendezvous"))
    assert sum(not e["near_decoy"] for e in told) >= 20
    owner = scenario.log.ship[scenario.log.heard.report]
    epoch = scenario.log.heard.epoch_s
    for plant in _plants(scene, "rendezvous"):
        start, end = scene.epoch(plant.first), scene.epoch(plant.last)
        for ship in plant.ships:
            heard = np.count_nonzero((owner == ship) & (epoch >= start) & (epoch <= end))
            # A small class B set at the edge of a receiver is heard every quarter of an hour.
            assert heard > 7, (plant, scene.ships[ship].ais_class)
