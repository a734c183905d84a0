"""Ordinary traffic: ships that keep going, through traffic on lanes, and the people of a roadstead.

Nobody here does anything that should be reported. Ships that must be somewhere in time lie waiting in the area, sail
when it is time, and wait again afterwards: at anchor in the shallow west, hove to in the deep East Sea.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from darkwake.simulate.grid import KNOT_MS, STEP_S
from darkwake.simulate.path import Point, length_m, steps_for
from darkwake.simulate.places import Area, Site
from darkwake.simulate.scene import Scene
from darkwake.simulate.voyage import Voyage
from darkwake.simulate.waters import EAST_SEA, tide_at

#: Metres that waiting ships keep from each other.
WAITING_M = 2_500.0


def arrive(scene: Scene, voyage: Voyage, points: Sequence[Point], step: int) -> None:
    """Waits where the ship lies, then sails so that she comes to rest at the last waypoint at a step of the grid.

    Raises:
        ValueError: there is not enough time to get there at 14 knots.
    """
    steps = step - voyage.step
    way = length_m([voyage.here, *points])
    speed = float(scene.rng.uniform(8.0, 12.0))
    sailing = steps_for(way, speed, 2)
    if sailing > steps:
        sailing, speed = steps, 14.0
        if steps_for(way, speed, 2) > steps:
            raise ValueError(f"no way to reach {points[-1]} in {steps} steps: plant it later or nearer")
    wait(scene, voyage, steps - sailing)
    voyage.sail(points, speed, steps=sailing)


def wait(scene: Scene, voyage: Voyage, steps: int) -> None:
    """Lies at anchor in the shallow west; hove to in the deep East Sea, where no chain reaches the ground."""
    if tide_at(voyage.here[0]) is EAST_SEA:
        voyage.drift(steps, wind_kn=0.08)
    else:
        voyage.anchor(steps)


def coming(scene: Scene, area: Area, via: Sequence[Point], target: Point, step: int) -> Voyage:
    """A new ship that waits somewhere in an area, near enough, and comes to rest at `target` at a step.

    Raises:
        ValueError: nowhere in the area is near enough.
    """
    for _ in range(300):
        begin = area.point(scene.rng)
        # Eight knots: even the slowest that `arrive` draws is in time.
        near = length_m([begin, *via, target]) < 0.9 * step * STEP_S * KNOT_MS * 8.0
        if near and scene.clear(begin, WAITING_M):
            break
    scene.taken.append(begin)
    voyage = Voyage(scene.grid, scene.rng, begin)
    arrive(scene, voyage, [*via, target], step)
    return voyage


def leave(scene: Scene, voyage: Voyage, area: Area, out: Sequence[Point]) -> None:
    """Sails out to a free place in an area and waits there until the end of the grid."""
    for _ in range(300):
        goal = area.point(scene.rng)
        if scene.clear(goal, WAITING_M):
            break
    scene.taken.append(goal)
    voyage.sail([*out, goal], float(scene.rng.uniform(8.5, 12.5)))
    wait(scene, voyage, scene.grid.steps - voyage.step)


def residents(scene: Scene, site: Site, count: int) -> list[int]:
    """Coasters, workboats and small craft of a site: out and back to their own anchorage, one in four always there."""
    made = []
    for i in range(count):
        kind: Literal["cargo", "tug"] = "cargo" if i % 3 else "tug"
        ship = scene.registry.make(kind, ais_class="A", length_m=int(scene.rng.integers(28, 75)))
        home = scene.spot(site)
        voyage = Voyage(scene.grid, scene.rng, home)
        if i % 4 == 3:
            voyage.anchor(scene.grid.steps)
        while not voyage.over:
            voyage.anchor(scene.grid.steps_in(float(scene.rng.uniform(0.5, 4.0))))
            voyage.sail([site.point(scene.rng), site.point(scene.rng), home], float(scene.rng.uniform(4.5, 8.0)))
        made.append(scene.add(ship, voyage.track()))
    return made


def through(scene: Scene, lane: Sequence[Point], count: int, speed_kn: tuple[float, float] = (10.0, 17.0)) -> None:
    """Ships up and down a lane, spread over its length and the scenario's time.

    They turn at the lane's ends, which lie beyond the receivers or in roads where they stop for some hours.
    """
    for i in range(count):
        ship = scene.registry.make("cargo" if i % 3 else "tanker", ais_class="A")
        way = [jittered(scene, p) for p in (lane if i % 2 else lane[::-1])]
        speed = float(scene.rng.uniform(*speed_kn))
        leg = int(scene.rng.integers(0, len(way) - 1))
        share = float(scene.rng.random())
        a, b = way[leg], way[leg + 1]
        voyage = Voyage(scene.grid, scene.rng, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
        rest = way[leg + 1 :]
        while not voyage.over:
            voyage.sail(rest, speed)
            voyage.anchor(scene.grid.steps_in(float(scene.rng.uniform(1.0, 6.0))))
            way = way[::-1]
            rest = way[1:]
        scene.add(ship, voyage.track())


def roamers(scene: Scene, area: Area, count: int) -> None:
    """Ships that cross an area this way and that, with rests of some hours between."""
    for i in range(count):
        ship = scene.registry.make("cargo" if i % 2 else "tanker", ais_class="A")
        voyage = Voyage(scene.grid, scene.rng, area.point(scene.rng))
        while not voyage.over:
            voyage.sail([area.point(scene.rng)], float(scene.rng.uniform(8.5, 13.0)))
            wait(scene, voyage, scene.grid.steps_in(float(scene.rng.uniform(2.0, 8.0))))
        scene.add(ship, voyage.track())


def jittered(scene: Scene, point: Point, sigma_nm: float = 0.8) -> Point:
    """A waypoint as one ship keeps it: within 2 nm of the lane's."""
    dx, dy = np.clip(scene.rng.normal(0.0, sigma_nm, 2), -2 * sigma_nm, 2 * sigma_nm) / 60.0
    return float(point[0] + dx), float(point[1] + dy)
