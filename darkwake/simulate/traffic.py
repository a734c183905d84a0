"""Ordinary traffic: ships that keep going, through traffic on lanes, and the people of a roadstead.

Nobody here does anything that should be reported. Ships that go nowhere in particular sail random legs of an area;
those who must be somewhere in time choose their legs and speed so that they arrive at the step given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from darkwake.simulate.grid import KNOT_MS, STEP_S
from darkwake.simulate.path import Point, length_m, ramp_steps
from darkwake.simulate.places import Area, Site
from darkwake.simulate.scene import Scene
from darkwake.simulate.voyage import Voyage


def arrive(
    scene: Scene, voyage: Voyage, area: Area, via: Sequence[Point], target: Point, step: int, out: Sequence[Point] = ()
) -> None:
    """Sails about an area and comes to rest at `target` at a step of the grid.

    Args:
        scene: gives chance.
        voyage: the ship's; she starts from rest.
        area: where she passes the time.
        via: the way from the area to the target.
        target: where to stop.
        step: when to be there.
        out: the way from where she lies into the area.

    Raises:
        ValueError: there is not enough time to get there at 14 knots.
    """
    steps = step - voyage.step
    for _ in range(500):
        meant = float(scene.rng.uniform(8.0, 12.0))
        usable = (steps - ramp_steps(meant)) * STEP_S * KNOT_MS
        legs = [*out]
        while length_m([voyage.here, *legs, *via, target]) < 0.95 * usable * meant:
            legs.append(area.point(scene.rng))
        speed = length_m([voyage.here, *legs, *via, target]) / usable if usable > 0 else np.inf
        if 5.5 <= speed <= 14.0:
            voyage.sail([*legs, *via, target], speed, steps=steps)
            return
    raise ValueError(f"no way to reach {target} in {steps} steps: plant it later or nearer")


def coming(scene: Scene, area: Area, via: Sequence[Point], target: Point, step: int) -> Voyage:
    """A new ship that begins somewhere in an area, near enough, and comes to rest at `target` at a step.

    Raises:
        ValueError: nowhere in the area is near enough.
    """
    begin = area.point(scene.rng)
    for _ in range(300):
        # Ten knots leave room for the speeds that `arrive` draws.
        if length_m([begin, *via, target]) < 0.9 * step * STEP_S * KNOT_MS * 10.0:
            break
        begin = area.point(scene.rng)
    voyage = Voyage(scene.grid, scene.rng, begin)
    arrive(scene, voyage, area, via, target, step)
    return voyage


def leave(scene: Scene, voyage: Voyage, area: Area, out: Sequence[Point]) -> None:
    """Sails out and about an area until the end of the grid."""
    legs = [*out, area.point(scene.rng)]
    speed = float(scene.rng.uniform(8.5, 12.5))
    needed = (scene.grid.steps - voyage.step) * STEP_S * KNOT_MS * speed * 1.05
    while length_m([voyage.here, *legs]) < needed:
        legs.append(area.point(scene.rng))
    voyage.sail(legs, speed)


def residents(scene: Scene, site: Site, count: int) -> list[int]:
    """Coasters, workboats and small craft that stay within a site all the time, most moving, one in four at anchor."""
    made = []
    for i in range(count):
        kind: Literal["cargo", "tug"] = "cargo" if i % 3 else "tug"
        ship = scene.registry.make(kind, ais_class="A", length_m=int(scene.rng.integers(28, 75)))
        if i % 4 == 3:
            voyage = Voyage(scene.grid, scene.rng, scene.spot(site, 1800.0))
            voyage.anchor(scene.grid.steps)
        else:
            voyage = Voyage(scene.grid, scene.rng, site.point(scene.rng))
            speed = float(scene.rng.uniform(4.5, 8.0))
            legs: list[Point] = []
            while length_m([voyage.here, *legs]) < scene.grid.steps * STEP_S * KNOT_MS * speed * 1.05:
                legs.append(site.point(scene.rng))
            voyage.sail(legs, speed)
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
    """Ships that cross an area this way and that for the whole time."""
    for i in range(count):
        ship = scene.registry.make("cargo" if i % 2 else "tanker", ais_class="A")
        voyage = Voyage(scene.grid, scene.rng, area.point(scene.rng))
        leave(scene, voyage, area, ())
        scene.add(ship, voyage.track())


def jittered(scene: Scene, point: Point, sigma_nm: float = 0.8) -> Point:
    """A waypoint as one ship keeps it: within 2 nm of the lane's."""
    dx, dy = np.clip(scene.rng.normal(0.0, sigma_nm, 2), -2 * sigma_nm, 2 * sigma_nm) / 60.0
    return float(point[0] + dx), float(point[1] + dy)
