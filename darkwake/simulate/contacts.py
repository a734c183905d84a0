"""Craft that call at ships again and again, and meetings that fall short by one threshold.

A contact lasts while the hulls are within 100 m: the truth takes its times from the tracks. Near misses are measured
hull to hull on steady headings, so that what they break they break by the metre and the minute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkwake.simulate.calls import call, come, go
from darkwake.simulate.decoys import smooth
from darkwake.simulate.grid import NM_M, STEP_S, Floats, offset
from darkwake.simulate.hulls import close, gap_m
from darkwake.simulate.meetings import beside
from darkwake.simulate.pairs import alongside, merchant
from darkwake.simulate.path import Point
from darkwake.simulate.places import Site
from darkwake.simulate.scene import Decoy, Plant, Scene, around
from darkwake.simulate.ships import Ship
from darkwake.simulate.traffic import arrive
from darkwake.simulate.voyage import UNDER_WAY, Track

#: Metres between hulls up to which a contact counts.
CONTACT_M = 100.0
#: Metres that two ships of a near miss keep from each other before and after it.
APART_M = 1_000.0
#: Metres over which a ship comes up from astern to her place abeam of another, and goes on ahead.
RUN_UP_M = 3_000.0


@dataclass(frozen=True)
class Visit:
    """One call of a craft at a ship: whose, from which step, for how many minutes."""

    host: int
    first: int
    minutes: float


def visits(scene: Scene, site: Site, craft: Ship, planned: Sequence[Visit], kind: str, label: str, off: Point) -> int:
    """Plants a craft that lies at `off` between her calls at ships; gives her index."""
    start = planned[0].first - scene.grid.steps_in(1.0)
    voyage = come(scene, site, off, start)
    spans = []
    for visit in planned:
        host, ship = scene.tracks[visit.host], scene.ships[visit.host]
        last = visit.first + scene.grid.steps_in(visit.minutes / 60.0)
        lon, lat, heading = beside(host, alongside(scene, ship, craft), visit.first, last)
        near = around((float(lon[0]), float(lat[0])), 400.0, float(heading[0]) + 90.0)
        arrive(scene, voyage, [near, (float(lon[0]), float(lat[0]))], visit.first)
        voyage.follow(lon, lat, heading, UNDER_WAY)
        spans.append((visit.host, (visit.first + last) // 2))
        clear = around(voyage.here, 500.0, float(heading[-1]) + 90.0)
        back = around(off, float(scene.rng.uniform(0.0, 400.0)), float(scene.rng.uniform(0.0, 360.0)))
        voyage.sail([clear, back], float(scene.rng.uniform(7.0, 10.0)))
    track = go(scene, voyage, site)
    index = scene.add(craft, track)
    for other, middle in spans:
        first, last = close(craft, track, scene.ships[other], scene.tracks[other], CONTACT_M, middle)
        scene.plants.append(Plant(kind, label, (other, index), first, last))
    return index


def abeam(scene: Scene, site: Site, first: int, hold_s: float, apart_m: float, within_m: float, label: str) -> None:
    """A near miss: a ship comes up abeam of one adrift, stays and goes on ahead.

    Args:
        scene: the scenario.
        site: where.
        first: step at which the hulls come within `within_m`.
        hold_s: seconds until they part to that again.
        apart_m: metres between the hulls abeam.
        within_m: metres between hulls from which `hold_s` counts; `apart_m` or less if they are never that near.
        label: what the truth's decoy is called.
    """
    host_ship, guest_ship = merchant(scene), merchant(scene)
    last = first + round(hold_s / STEP_S)
    spare = scene.grid.steps_in(1.0)
    host = call(scene, site, scene.spot(site, 5_000.0), first - spare, last + spare, "steady")
    # Abeam, bow and stern overlap while the ships' middles are within half their lengths of each other.
    reach = (host_ship.length_m + guest_ship.length_m) / 2.0 + float(np.sqrt(max(within_m**2 - apart_m**2, 0.0)))
    steps = np.arange(first - round((RUN_UP_M - reach) / 3.0 / STEP_S), last + round((RUN_UP_M - reach) / 3.0 / STEP_S))
    seconds = (steps - first) * STEP_S
    slowing = reach / 2.0
    ahead = np.interp(
        seconds,
        [seconds[0], 0.0, slowing, hold_s - slowing, hold_s, seconds[-1]],
        [-RUN_UP_M, -reach, 0.0, 0.0, reach, RUN_UP_M],
    )
    right = (host_ship.beam_m + guest_ship.beam_m) / 2.0 + apart_m
    rows = steps - host.first
    lon, lat = _placed(host.lon[rows], host.lat[rows], host.heading_deg[rows], ahead, right)

    def passing() -> Track:
        spot, astern = (float(lon[0]), float(lat[0])), float(host.heading_deg[rows][0]) + 180.0
        voyage = come(scene, site, spot, int(steps[0]), [_by_the_way(scene, spot, astern)])
        voyage.follow(lon, lat, host.heading_deg[rows], UNDER_WAY)
        return go(scene, voyage, site, [_by_the_way(scene, voyage.here, astern - 180.0)])

    guest = _once(host_ship, host, guest_ship, passing, int(steps[0]), int(steps[-1]), APART_M)
    made = scene.add(host_ship, host), scene.add(guest_ship, guest)
    scene.decoys.append(Decoy(label, made, first, last, (float(lon[0]), float(lat[0])), 3.0))


def in_company(scene: Scene, site: Site, first: int, hours: float, speed_kn: float, apart_m: float, label: str) -> None:
    """A near miss: two ships steaming side by side, slowly, their bows on their course, which both send."""
    ships = replace(merchant(scene), gyro=True), replace(merchant(scene), gyro=True)
    last = first + scene.grid.steps_in(hours)
    start, way = scene.spot(site, 5_000.0), float(scene.rng.uniform(0.0, 360.0))
    lead = come(scene, site, start, first)
    lead.sail([around(start, speed_kn * hours * NM_M, way)], speed_kn, steps=last - lead.step)
    track = go(scene, lead, site)
    rows = slice(first - track.first, last - track.first)
    heading = smooth(track.heading_deg[rows])
    right = (ships[0].beam_m + ships[1].beam_m) / 2.0 + apart_m
    lon, lat = _placed(track.lon[rows], track.lat[rows], heading, np.zeros(len(heading)), right)

    def consort() -> Track:
        spot = float(lon[0]), float(lat[0])
        voyage = come(scene, site, spot, first, [_by_the_way(scene, spot, way + 180.0)])
        voyage.follow(lon, lat, heading % 360.0, UNDER_WAY)
        return go(scene, voyage, site, [_by_the_way(scene, voyage.here, way)])

    margin = scene.grid.steps_in(0.3)
    other = _once(ships[0], track, ships[1], consort, first - margin, last + margin, CONTACT_M)
    made = scene.add(ships[0], track), scene.add(ships[1], other)
    scene.decoys.append(Decoy(label, made, first, last, start, speed_kn * hours))


def _by_the_way(scene: Scene, spot: Point, bearing_deg: float) -> Point:
    """A point some miles from a spot, within 80 degrees of a bearing."""
    return around(spot, float(scene.rng.uniform(4_000.0, 9_000.0)), bearing_deg + float(scene.rng.uniform(-80.0, 80.0)))


def _once(a: Ship, track: Track, b: Ship, make: Callable[[], Track], first: int, last: int, apart_m: float) -> Track:
    """A second ship's track that keeps some metres off the first's but from step `first` to `last`.

    Raises:
        ValueError: her ways in and out lead past the other too often.
    """
    for _ in range(50):
        made = make()
        steps = np.arange(max(track.first, made.first), min(track.last, made.last))
        outside = steps[(steps < first) | (steps > last)]
        if not len(outside) or gap_m(a, track, b, made, outside).min() > apart_m:
            return made
    raise ValueError(f"{b.name} cannot come and go without passing {a.name}: plant them elsewhere")


def _placed(lon: Floats, lat: Floats, heading_deg: Floats, forward_m: Floats, right_m: float) -> tuple[Floats, Floats]:
    """Points forward of and to starboard of a ship's middle."""
    bow = np.radians(heading_deg)
    return offset(
        lon,
        lat,
        forward_m * np.sin(bow) + right_m * np.cos(bow),
        forward_m * np.cos(bow) - right_m * np.sin(bow),
    )
