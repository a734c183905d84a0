"""Ships that are close together for other reasons: one hull, a berth, a crowd, a queue; and gear that looks like ships.

Distances are those of practice: ships lie 200-400 m apart in crowded roads, follow each other at one to three cables
(185-555 m) in a queue, and 20-45 m apart at a quay. Net buoys carry AIS with names of their own (Global Fishing
Watch's patterns) and the dimensions of a buoy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from darkwake.simulate.calls import call, come, go
from darkwake.simulate.decoys import smooth
from darkwake.simulate.grid import KNOT_MS, NM_M, STEP_S, Floats, offset, wander
from darkwake.simulate.meetings import Berth, beside
from darkwake.simulate.pairs import merchant
from darkwake.simulate.path import Point
from darkwake.simulate.places import Area, Site
from darkwake.simulate.scene import Decoy, Plant, Scene, around
from darkwake.simulate.ships import Ship
from darkwake.simulate.voyage import FISHING, MOORED, Track, Voyage

#: Names that buoys and drift nets send, for which the published patterns were written.
GEAR_NAMES = ("NET MARK {}", "FISHING BUOY {}", "BOUY-{}", "{}-7", "LU YU {} 86%", "NETMARK{}", "HX{} 12.3V")


def trawlers(scene: Scene, site: Site, first: int, hours: float, ais_class: Literal["A", "B"]) -> None:
    """Plants two trawlers abreast, 100-535 m apart, that tow to and fro at 2.5-4.7 kn (Park et al. 2020)."""
    speed, apart = float(scene.rng.uniform(2.5, 4.7)), float(scene.rng.uniform(110.0, 520.0))
    last, start = first + scene.grid.steps_in(hours), scene.spot(site, 4_000.0)
    lead = come(scene, site, start, first)
    way, left, points = float(scene.rng.uniform(0.0, 360.0)), speed * hours, [start]
    while left > 0.0:
        points.append(around(points[-1], min(left, 6.0) * NM_M, way))
        way, left = way + float(scene.rng.uniform(40.0, 150.0)), left - 6.0
    lead.sail(points[1:], speed, steps=last - lead.step, status=FISHING)
    track = go(scene, lead, site)
    heading = smooth(track.heading_deg[first - track.first : last - track.first]) % 360.0
    ships = [scene.registry.make("fishing", ais_class=ais_class) for _ in range(2)]
    steady = replace(track, heading_deg=np.concatenate([track.heading_deg[: first - track.first], heading]))
    lon, lat, _ = beside(steady, Berth(0.0, apart), first, last)
    other = come(scene, site, (float(lon[0]), float(lat[0])), first)
    other.follow(lon, lat, heading, FISHING)
    made = scene.add(ships[0], track), scene.add(ships[1], go(scene, other, site))
    scene.plants.append(Plant("pair_trawling", "two trawlers, one net", made, first, last))


def one_hull(scene: Scene, site: Site, second: Literal["A", "B"]) -> None:
    """Plants two transponders on one hull, for a voyage out, some hours' stop and a voyage on."""
    ship = scene.registry.make("fishing" if second == "B" else "cargo", ais_class="A")
    other = scene.registry.make("fishing" if second == "B" else "cargo", ais_class=second, length_m=ship.length_m)
    bow = max(3, ship.to_bow_m - int(scene.rng.integers(4, max(5, ship.length_m // 3))))
    other = replace(
        other,
        to_bow_m=bow,
        to_stern_m=ship.length_m - bow,
        to_port_m=ship.to_port_m,
        to_starboard_m=ship.to_starboard_m,
    )
    first = scene.grid.steps_in(float(scene.rng.uniform(7.0, 10.0)))
    last = first + scene.grid.steps_in(float(scene.rng.uniform(3.0, 7.0)))
    track = call(scene, site, scene.spot(site, 4_000.0), first, last, "drift")
    both = scene.add(ship, track), scene.add(other, track)
    scene.plants.append(Plant("same_hull", f"one hull, classes A and {second}", both, track.first, track.last - 1))


def quay(scene: Scene, site: Site, where: Point, heading_deg: float, first: int, last: int) -> None:
    """Plants two ships moored at one quay, the bow of one 20-45 m from the stern of the other."""
    ships = merchant(scene, 60, 110), merchant(scene, 60, 110)
    apart = float(scene.rng.uniform(20.0, 45.0)) + (ships[0].length_m + ships[1].length_m) / 2.0
    made = []
    for ship, spot, begin in zip(ships, (where, around(where, apart, heading_deg)), (0, first), strict=True):
        voyage = come(scene, site, spot, begin) if begin else Voyage(scene.grid, scene.rng, spot)
        steps = (last if begin else scene.grid.steps) - voyage.step
        still = np.ones(steps)
        voyage.follow(still * spot[0], still * spot[1], still * heading_deg, MOORED)
        made.append(scene.add(ship, go(scene, voyage, site) if begin else voyage.track()))
    scene.plants.append(Plant("anchorage_contact", "at one quay", (made[0], made[1]), first, last))


def crowd(scene: Scene, where: Point, count: int, label: str) -> list[int]:
    """Ships at anchor in rows, 200-400 m from hull to hull; gives their indices."""
    bearing, made = float(scene.rng.uniform(0.0, 360.0)), []
    for i in range(count):
        row, column = divmod(i, 4)
        spot = around(around(where, 455.0 * row, bearing), 455.0 * (column - 1.5), bearing + 90.0)
        spot = around(spot, float(scene.rng.uniform(0.0, 25.0)), float(scene.rng.uniform(0.0, 360.0)))
        made.append(scene.add(merchant(scene, 60, 95), _at_anchor(scene, spot)))
        scene.taken.append(spot)
    scene.decoys.append(Decoy(label, tuple(made), 0, scene.grid.steps, where, 1.5))
    return made


def queue(scene: Scene, start: Point, bearing_deg: float, count: int, first: int) -> None:
    """Ships in a row at one to three cables that steam in convoy, wait their turn for 7 h, and steam on."""
    scene.decoys.append(
        Decoy("queue and convoy", tuple(range(len(scene.ships), len(scene.ships) + count)), first,
              min(first + scene.grid.steps_in(12.0), scene.grid.steps), start, 30.0)
    )  # fmt: skip
    hours = [0.0, 2.5]
    knots = [7.0, 7.0]
    for _ in range(5):  # five moves up by one or two places
        hours += [hours[-1] + 0.01, hours[-1] + 1.2, hours[-1] + 1.21, hours[-1] + 1.36]
        knots += [0.05, 0.05, 2.5, 2.5]
    hours += [hours[-1] + 0.1, hours[-1] + 2.6]
    knots += [7.0, 7.0]
    t = scene.grid.times(first, min(first + scene.grid.steps_in(hours[-1]), scene.grid.steps))
    along = np.cumsum(np.interp((t - t[0]) / 3600.0, hours, knots)) * KNOT_MS * STEP_S
    behind = 0.0
    for _ in range(count):
        ship = merchant(scene, 60, 110)
        shifts = [wander(scene.rng, t, 8.0, 1800.0, 7200.0) for _ in range(2)]
        lon, lat = _ahead(start, bearing_deg, along - behind + shifts[0], shifts[1], len(t))
        heading = bearing_deg + wander(scene.rng, t, 2.0, 900.0, 7200.0)
        scene.add(ship, Track(first, lon, lat, heading % 360.0, np.zeros(len(t), dtype=np.uint8)))
        behind += ship.length_m + float(scene.rng.uniform(190.0, 430.0))


def gear(scene: Scene, area: Area, count: int, first: int, hours: float) -> None:
    """A string of net buoys 150-400 m apart that drifts for hours, each with an AIS set of its own."""
    made, spot, bearing = [], area.point(scene.rng), float(scene.rng.uniform(0.0, 360.0))
    start = spot
    last = first + scene.grid.steps_in(hours)
    for i in range(count):
        buoy = scene.registry.make("fishing", ais_class="B", length_m=2)
        tiny = int(scene.rng.integers(0, 2))
        name = f"WANG BIAO {i}" if i % 4 == 3 else GEAR_NAMES[i % len(GEAR_NAMES)].format(buoy.mmsi % 1_000 + i)
        buoy = replace(buoy, name=name, to_bow_m=1, to_stern_m=tiny, to_port_m=1, to_starboard_m=tiny)
        voyage = Voyage(scene.grid, np.random.default_rng([scene.seed, first]), spot, first=first)
        track = voyage.drift(last - voyage.step, wind_kn=0.3).track()
        made.append(scene.add(buoy, track))
        spot = around(spot, float(scene.rng.uniform(150.0, 400.0)), bearing)
    scene.decoys.append(Decoy("net buoys", tuple(made), first, last, start, 10.0))


def within_crowd(host: Ship, guest: Ship) -> Berth:
    """A place alongside in roads where there is no room to choose."""
    return Berth(0.1 * host.length_m, (host.beam_m + guest.beam_m) / 2.0 + 3.0)


def _at_anchor(scene: Scene, spot: Point) -> Track:
    """A ship at anchor for all of the time, on a chain as long as her neighbours'."""
    voyage = Voyage(scene.grid, scene.rng, spot)
    voyage.anchor(scene.grid.steps)
    return voyage.track()


def _ahead(start: Point, bearing_deg: float, along_m: Floats, aside_m: Floats, count: int) -> tuple[Floats, Floats]:
    """Points along a bearing from a start, and to starboard of it."""
    way = np.radians(bearing_deg)
    return offset(
        np.full(count, start[0]),
        np.full(count, start[1]),
        along_m * np.sin(way) + aside_m * np.cos(way),
        along_m * np.cos(way) - aside_m * np.sin(way),
    )
