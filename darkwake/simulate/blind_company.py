"""Innocent company at sea that could be taken for meetings.

Pair trawlers with one net, one hull with two sets, a queue that moves up, ships adrift in company, slow overtaking,
net buoys and boats that haul them, contacts too short to be a meeting, a crowd at anchor and the boats that serve it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from darkwake.simulate.blind_lying import Visit, adrift, beside, guest_track, host_track, step_at, together
from darkwake.simulate.grid import offset, wander
from darkwake.simulate.path import Point
from darkwake.simulate.places import (
    EAST_NORTH,
    KOREA_BAY_OPEN,
    KOREA_BAY_SOUTH,
    LANES,
    SITES,
    YELLOW_OPEN,
    Area,
    Site,
    moved,
)
from darkwake.simulate.scene import Decoy, Plant, Scene, around
from darkwake.simulate.traffic import coming, leave, roamers, through
from darkwake.simulate.voyage import FISHING, UNDER_WAY, Track, Voyage

#: The roads off Dandong, where ships lie close.
ROADS = Site("Dandong roads", 123.98, 39.66, 2.0, (123.88, 39.20), KOREA_BAY_OPEN, False)


def innocents(scene: Scene) -> None:
    """Those that are near one another for other reasons."""
    for area, hours in ((KOREA_BAY_SOUTH, 4.0), (YELLOW_OPEN, 6.0), (YELLOW_OPEN, 11.0)):
        _pair_trawlers(scene, area, step_at(scene, hours, 2.0))
    _one_hull(scene, SITES["off Chengshan"].area, "B")
    _one_hull(scene, EAST_NORTH, "A")
    _queue(scene)
    _company(scene)
    _overtaking(scene)
    _buoys(scene)
    _short_contacts(scene)
    through(scene, LANES["Dalian - Dandong"], 3)
    through(scene, LANES["Bohai - south"], 4)
    roamers(scene, EAST_NORTH, 4)


def crowd(scene: Scene) -> list[int]:
    """Sixteen ships at anchor some 430 m apart, swinging with the tide together; gives their indices."""
    rng, grid, centre, hosts = scene.rng, scene.grid, (ROADS.lon, ROADS.lat), []
    for k in range(16):
        row, column = divmod(k, 4)
        east, north = ((n - 1.5) * 430.0 + float(rng.uniform(-40, 40)) for n in (column, row))
        spot = moved(centre, east, north)
        scene.taken.append(spot)
        ship = scene.registry.make("cargo" if k % 3 else "tanker", ais_class="A", length_m=int(rng.integers(62, 100)))
        hosts.append(scene.add(ship, Voyage(grid, rng, spot).anchor(grid.steps).track()))
    scene.decoys.append(Decoy("anchorage crowd", tuple(hosts), 0, grid.steps - 1, centre, 1.0))
    return hosts


def boats(scene: Scene, hosts: list[int]) -> None:
    """A bunker boat, a tug and a pilot cutter call at ships of the crowd, one after the other."""
    make, rng = scene.registry.make, scene.rng
    fleet = (
        ("bunker boat", replace(make("tanker", ais_class="A", length_m=46), name="OSPREY BUNKER 3"), (5, 9, 3), 2.4),
        ("tug", make("tug", ais_class="A"), (6, 12), 1.4),
        ("pilot", replace(make("tug", ais_class="B", length_m=18), ship_type=50, name="PILOT 8"), (10, 2, 13, 7), 0.4),
    )
    for k, (label, boat, calls, hours) in enumerate(fleet):
        home = around((ROADS.lon, ROADS.lat), 3_600.0, 180.0 + 35.0 * (k - 1))
        scene.taken.append(home)
        at, visits = step_at(scene, 3.0, 2.0), []
        for call in calls:
            host = hosts[call]
            lie = beside(scene, scene.ships[host], boat, int(rng.choice(np.array([-1, 1]))))
            visits.append(Visit(scene.tracks[host], lie, at, at + step_at(scene, hours, 0.2), from_m=240.0))
            at += step_at(scene, hours + 3.0, 1.0)
        guest = scene.add(boat, guest_track(scene, ROADS, visits, home=home))
        for call, visit in zip(calls, visits, strict=True):
            _attended(scene, hosts[call], guest, visit, f"{label} visits")


def _attended(scene: Scene, host: int, guest: int, visit: Visit, label: str) -> None:
    """Writes down one visit of a boat, without the hours that she lies near the same ship for another's sake."""
    scene.plants += [
        Plant("attended", label, (host, guest), first, last)
        for first, last in together(scene, host, guest, least_h=0.0, break_h=0.0)
        if first <= visit.first and visit.last <= last
    ]


def _pair_trawlers(scene: Scene, area: Area, first: int) -> None:
    """Two hulls tow one net at 2.5-3.6 kn some 300-500 m apart, and close in to haul it every three hours."""
    rng, grid = scene.rng, scene.grid
    begin = scene.spot(Site("grounds", *_middle(area), 14.0, _middle(area), area, False), 6_000.0)
    voyage, bearing, hauling = Voyage(grid, rng, begin), float(rng.uniform(0, 360)), [(0, first)]
    voyage.anchor(first - 1, status=UNDER_WAY)
    for _ in range(4):
        goal = around(voyage.here, float(rng.uniform(13_000, 17_000)), bearing)
        voyage.sail([goal], float(rng.uniform(2.6, 3.5)), status=FISHING)
        hauling.append((voyage.step, voyage.step + step_at(scene, 0.5, 0.3)))
        adrift(scene, voyage, hauling[-1][1] - voyage.step)
        bearing += 180.0 + float(rng.uniform(-25, 25))
    last = min(voyage.step, grid.steps - 1)
    voyage.sail([around(voyage.here, 30_000.0, bearing)], 7.5)
    wait = grid.steps - voyage.step
    voyage.anchor(wait, status=UNDER_WAY)
    lead = voyage.track()
    t = grid.times()
    apart = np.full(grid.steps, float(rng.uniform(360.0, 470.0))) + wander(rng, t, 35.0, 1200.0, 7200.0)
    for a, b in hauling[1:]:
        apart[a:b] = 110.0
    apart = np.convolve(np.pad(apart, 40, mode="edge"), np.full(81, 1 / 81.0), mode="valid")
    # The partner's bearing turns slowly, for she rounds up outside while the leader goes about.
    beam = np.unwrap(np.radians(lead.heading_deg)) + np.pi / 2.0
    side = np.convolve(np.pad(beam, 60, mode="edge"), np.full(121, 1 / 121.0), mode="valid")
    lon, lat = offset(lead.lon, lead.lat, apart * np.sin(side), apart * np.cos(side))
    follow = Track(0, lon, lat, lead.heading_deg, lead.status)
    ids = tuple(scene.add(scene.registry.make("fishing"), track) for track in (lead, follow))
    scene.plants.append(Plant("pair_trawling", "pair trawlers", ids, first, last))


def _middle(area: Area) -> Point:
    lon, lat = np.mean(np.array(area.corners), axis=0)
    return float(lon), float(lat)


def _one_hull(scene: Scene, area: Area, second: Literal["A", "B"]) -> None:
    """One ship that carries two sets with numbers of their own: she sails, lies for hours, and sails again."""
    rng, grid = scene.rng, scene.grid
    voyage = Voyage(grid, rng, area.point(rng))
    while not voyage.over:
        voyage.sail([area.point(rng)], float(rng.uniform(7.0, 11.0)))
        adrift(scene, voyage, step_at(scene, 3.0, 4.0))
    ship = scene.registry.make("cargo", ais_class="A", length_m=int(rng.integers(70, 140)))
    other = scene.registry.make("cargo", ais_class=second, length_m=ship.length_m)
    forward = int(0.3 * ship.length_m)
    other = replace(other, name=ship.name, to_bow_m=forward, to_stern_m=ship.length_m - forward)
    ids = scene.add(ship, voyage.track()), scene.add(other, voyage.track())
    scene.plants.append(Plant("same_hull", "two sets on one hull", ids, 0, grid.steps - 1))


def _queue(scene: Scene) -> None:
    """Six ships wait their turn off the roads 900 m apart; every five hours the first goes and all move up."""
    head = around((ROADS.lon, ROADS.lat), 9_000.0, 190.0)
    berths = [around(head, 900.0 * k, 200.0) for k in range(6)]
    scene.taken += berths
    ids = []
    for k, berth in enumerate(berths):
        voyage = Voyage(scene.grid, scene.rng, berth)
        for turn in range(1, k + 1):
            # The first in line moves first.
            voyage.anchor(step_at(scene, 5.0 * turn + 0.15 * k) - voyage.step)
            voyage.sail([berths[k - turn]], 4.0)
        voyage.anchor(step_at(scene, 5.0 * (k + 1)) - voyage.step)
        leave(scene, voyage, KOREA_BAY_OPEN, [ROADS.entrance(scene.rng)])
        ids.append(scene.add(scene.registry.make("cargo", ais_class="A"), voyage.track()))
    scene.decoys.append(Decoy("queue", tuple(ids), 0, scene.grid.steps - 1, berths[2], 2.0))


def _company(scene: Scene) -> None:
    """Three ships wait for orders adrift 800-900 m apart, carried alike."""
    rng, grid = scene.rng, scene.grid
    spot = scene.spot(SITES["off Gyeongnyeolbi"], 6_000.0)
    voyage = Voyage(grid, rng, spot)
    adrift(scene, voyage, grid.steps)
    one, ids, t = voyage.track(), [], grid.times()
    for k in range(3):
        away, way = 490.0 + wander(rng, t, 15.0, 3600.0, 20_000.0), np.radians(120.0 * k)
        lon, lat = offset(one.lon, one.lat, away * np.sin(way), away * np.cos(way))
        heading = one.heading_deg + wander(rng, t, 10.0, 1800.0, 14_400.0)
        ids.append(scene.add(scene.registry.make("cargo"), Track(0, lon, lat, heading % 360.0, one.status)))
    scene.decoys.append(Decoy("adrift in company", tuple(ids), 0, grid.steps - 1, spot, 5.0))


def _overtaking(scene: Scene) -> None:
    """A laden ship at 5.6 kn creeps past another at 5 kn, 330 m abeam of her, for an hour and a half."""
    rng, grid = scene.rng, scene.grid
    begin = (124.55, 35.75)
    ids = []
    for speed, back_m, right_m in ((5.0, 0.0, 0.0), (5.6, 4_500.0, 330.0)):
        start = around(around(begin, back_m, 170.0), right_m, 80.0)
        voyage = Voyage(grid, rng, start)
        voyage.anchor(step_at(scene, 2.0), status=UNDER_WAY)
        voyage.sail([around(start, 130_000.0, 350.0)], speed)
        voyage.anchor(grid.steps - voyage.step)
        ids.append(scene.add(scene.registry.make("cargo", ais_class="A"), voyage.track()))
    scene.decoys.append(
        Decoy("overtaking", tuple(ids), 0, grid.steps - 1, scene.tracks[ids[0]].at(step_at(scene, 6.0)), 6.0)
    )


def _buoys(scene: Scene) -> None:
    """A string of eight net buoys 300-450 m apart goes with the stream, and a boat goes along it to haul."""
    rng, grid = scene.rng, scene.grid
    spot = scene.spot(Site("nets", 124.45, 37.0, 5.0, (124.3, 37.0), YELLOW_OPEN, False), 8_000.0)
    carrier = Voyage(grid, rng, spot)
    adrift(scene, carrier, grid.steps)
    drift, bearing, away, ids = carrier.track(), float(rng.uniform(0, 360)), 0.0, []
    t = grid.times()
    for k in range(8):
        way = np.radians(bearing) + wander(rng, t, 0.04, 7200.0, 30_000.0)
        lon, lat = offset(drift.lon, drift.lat, away * np.sin(way), away * np.cos(way))
        away += float(rng.uniform(300.0, 450.0))
        buoy = replace(
            scene.registry.make("fishing", ais_class="B", length_m=2),
            name=f"NET MARK-{k:02d} {int(rng.integers(55, 99))}%",
            ship_type=0,
            to_bow_m=1,
            to_stern_m=1,
            to_port_m=1,
            to_starboard_m=1,
        )
        ids.append(scene.add(buoy, Track(0, lon, lat, drift.heading_deg, drift.status)))
    ids.append(_hauler(scene, [scene.tracks[i] for i in ids]))
    scene.decoys.append(Decoy("net buoys", tuple(ids), 0, grid.steps - 1, spot, 8.0))


def _hauler(scene: Scene, buoys: list[Track]) -> int:
    """A boat that hauls the nets between buoys: 25 minutes at each."""
    first, stay, hop = step_at(scene, 9.0, 3.0), step_at(scene, 0.4), step_at(scene, 0.12)
    voyage = coming(scene, YELLOW_OPEN, [], buoys[0].at(first), first)
    for buoy, following in zip(buoys, [*buoys[1:], None], strict=True):
        rows = slice(voyage.step, voyage.step + stay)
        lon, lat = offset(buoy.lon[rows], buoy.lat[rows], np.full(stay, 9.0), np.full(stay, 4.0))
        voyage.follow(lon, lat, buoy.heading_deg[rows], FISHING)
        if following:
            voyage.sail([following.at(voyage.step + hop)], 4.0, steps=hop, status=FISHING)
    leave(scene, voyage, YELLOW_OPEN, [])
    return scene.add(scene.registry.make("fishing"), voyage.track())


def _short_contacts(scene: Scene) -> None:
    """Two ships side by side for some 40 minutes adrift, too short for an encounter."""
    bay, make = SITES["south Korea Bay"], scene.registry.make
    for hours in (12.0, 20.0):
        ship, caller = make("tanker", ais_class="A"), make("cargo", ais_class="A")
        first = step_at(scene, hours, 1.0)
        last = first + step_at(scene, 0.5, 0.3)
        lies = host_track(scene, bay, scene.spot(bay, 3_000.0), first, last, "adrift")
        visit = Visit(lies, beside(scene, ship, caller, 1), first, last)
        ids = scene.add(ship, lies), scene.add(caller, guest_track(scene, bay, [visit]))
        scene.decoys.append(Decoy("short contact", ids, first, last, lies.at(first), 0.5))
