"""Innocent things that look suspicious: what a detector should not raise, or should say it cannot assess.

A hole in reception, a receiver that is down, a crowded anchorage, pair trawlers, a tug at a ship's side, a set
without a fix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkwake.simulate.path import Point
from darkwake.simulate.places import STATIONS, Area, Site
from darkwake.simulate.radio import Outage, Shadow
from darkwake.simulate.scene import Decoy, Scene, around
from darkwake.simulate.traffic import coming, leave
from darkwake.simulate.voyage import FISHING, Voyage


def hole(scene: Scene, area: Area, where: Point, radius_nm: float, ships: int) -> None:
    """A disc that no receiver covers; ships sail in, drift there for 7-12 h and come out again."""
    rng, grid = scene.rng, scene.grid
    scene.shadows.append(Shadow(where[0], where[1], radius_nm, scene.epoch(0), scene.epoch(grid.steps)))
    made = []
    for _ in range(ships):
        ship = scene.registry.make("cargo", ais_class="A")
        inside = around(where, float(rng.uniform(0, 0.4)) * radius_nm * 1852.0, float(rng.uniform(0, 360)))
        voyage = coming(scene, area, [], inside, int(rng.uniform(0.2, 0.5) * grid.steps))
        voyage.drift(grid.steps_in(float(rng.uniform(7.0, 12.0))), wind_kn=0.1)
        leave(scene, voyage, area, [])
        made.append(scene.add(ship, voyage.track()))
    scene.decoys.append(Decoy("reception hole", tuple(made), 0, grid.steps, where, radius_nm))


def receiver_down(scene: Scene, station: str, first: int, hours: float) -> None:
    """A receiver that hears nothing for some hours."""
    last = first + scene.grid.steps_in(hours)
    scene.outages.append(Outage(station, scene.epoch(first), scene.epoch(last)))
    place = STATIONS[station]
    scene.decoys.append(Decoy("receiver down", (), first, last, (place.lon, place.lat), place.range_nm * 1.2))


def anchorage_crowd(scene: Scene, where: Point, count: int) -> None:
    """Ships at anchor 300-800 m apart in known roads, for all of the time."""
    rng, grid = scene.rng, scene.grid
    made, bearing = [], float(rng.uniform(0, 360))
    for i in range(count):
        row, column = divmod(i, 4)
        gap = float(rng.uniform(300.0, 800.0))
        spot = around(around(where, 650.0 * row, bearing), 550.0 * (column - 1.5) + 0.2 * gap, bearing + 90.0)
        voyage = Voyage(grid, rng, spot).anchor(grid.steps)
        made.append(scene.add(scene.registry.make("cargo", ais_class="A"), voyage.track()))
    scene.decoys.append(Decoy("anchorage crowd", tuple(made), 0, grid.steps, where, 2.0))


def pair_trawlers(scene: Scene, area: Area, first: int, hours: float) -> None:
    """Two trawlers towing one net: parallel, 200-500 m apart, at 2-5 kn, for hours (Park et al. 2020)."""
    rng, grid = scene.rng, scene.grid
    last = first + grid.steps_in(hours)
    start, speed = area.point(rng), float(rng.uniform(2.6, 4.6))
    apart = float(rng.uniform(220.0, 450.0))
    lead = coming(scene, area, [], start, first)
    lead.sail(_tows(scene, area, start, speed, hours), speed, steps=last - lead.step, status=FISHING)
    leave(scene, lead, area, [])
    track = lead.track()
    rows = slice(first - track.first, last - track.first)
    made = [scene.add(scene.registry.make("fishing", ais_class="A"), track)]
    bow = np.radians(smooth(track.heading_deg[rows]))
    lat = track.lat[rows] - apart * np.sin(bow) / 111_120.0
    lon = track.lon[rows] + apart * np.cos(bow) / (111_120.0 * np.cos(np.radians(lat)))
    other = coming(scene, area, [], (float(lon[0]), float(lat[0])), first)
    other.follow(lon, lat, track.heading_deg[rows], FISHING)
    leave(scene, other, area, [])
    made.append(scene.add(scene.registry.make("fishing", ais_class="A"), other.track()))
    scene.decoys.append(Decoy("pair trawlers", tuple(made), first, last, start, speed * hours))


def tug_alongside(scene: Scene, roads: Point, port: Sequence[Point], first: int, hours: float) -> None:
    """A tug that comes out of port to a ship at anchor, stays at her side and goes back.

    Args:
        scene: the scenario.
        roads: where the ship lies.
        port: the way from the tug's berth to the roads.
        first: step of her coming alongside.
        hours: how long she stays.
    """
    rng, grid = scene.rng, scene.grid
    ship = scene.registry.make("cargo", ais_class="A", length_m=int(rng.integers(90, 150)))
    host = Voyage(grid, rng, roads).anchor(grid.steps).track()
    tug = scene.registry.make("tug", ais_class="A")
    last = first + grid.steps_in(hours)
    rows = slice(first - host.first, last - host.first)
    bow = np.radians(host.heading_deg[rows])
    aside = ship.beam_m / 2 + tug.beam_m / 2 + 2.0
    lat = host.lat[rows] - aside * np.sin(bow) / 111_120.0
    lon = host.lon[rows] + aside * np.cos(bow) / (111_120.0 * np.cos(np.radians(lat)))
    home = port[0]
    voyage = Voyage(grid, rng, home)
    way = [*port[1:], (float(lon[0]), float(lat[0]))]
    run = Voyage(grid, np.random.default_rng(0), home).sail(way, 8.0).step
    voyage.anchor(first - run, status=5)
    voyage.sail(way, 8.0, steps=first - voyage.step)
    voyage.follow(lon, lat, host.heading_deg[rows], 0)
    voyage.sail([*port[:0:-1], home], 8.0)
    voyage.anchor(grid.steps - min(voyage.step, grid.steps), status=5)
    made = (scene.add(ship, host), scene.add(tug, voyage.track()))
    scene.decoys.append(Decoy("tug alongside", made, first, last, roads, 1.0))


def without_fix(scene: Scene, site: Site, first: int, hours: float) -> None:
    """A ship under way whose set has no position for some hours but goes on reporting that."""
    last = first + scene.grid.steps_in(hours)
    voyage = Voyage(scene.grid, scene.rng, site.point(scene.rng))
    leave(scene, voyage, site.area, [site.entrance(scene.rng)])
    index = scene.add(scene.registry.make("cargo", ais_class="A"), voyage.track())
    scene.blind.setdefault(index, []).append((first, last))
    scene.decoys.append(Decoy("no fix", (index,), first, last, (site.lon, site.lat), site.radius_nm))


def _tows(scene: Scene, area: Area, start: Point, speed_kn: float, hours: float) -> list[Point]:
    """Waypoints of long tows within an area, some 8 nm each."""
    points, left = [start], speed_kn * hours
    while left > 0:
        goal = area.point(scene.rng)
        a = points[-1]
        nm = float(np.hypot((goal[0] - a[0]) * np.cos(np.radians(a[1])), goal[1] - a[1])) * 60.0
        share = min(1.0, 8.0 / max(nm, 0.1))
        points.append((a[0] + share * (goal[0] - a[0]), a[1] + share * (goal[1] - a[1])))
        left -= nm * share
    return points[1:]


def smooth(
    heading_deg: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Headings averaged over ten minutes, so that the second ship of a pair wheels wide instead of jumping."""
    turns = np.unwrap(np.radians(heading_deg))
    width = 21
    padded = np.pad(turns, width // 2, mode="edge")
    return np.degrees(np.convolve(padded, np.ones(width) / width, mode="valid"))
