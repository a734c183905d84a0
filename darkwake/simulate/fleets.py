"""Fishing fleets that cross a line: a night passage in, days of fishing inside, and home again.

Ships of type 30, class A and B, keep a mile apart. Some trawl at 2.5-4 kn, some lie adrift under lamps as squid
jiggers do. Truth about the zones they enter comes from `truth`, which asks the zones themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkwake.simulate.path import Point
from darkwake.simulate.scene import Scene, around
from darkwake.simulate.voyage import FISHING, Voyage


def fleet(scene: Scene, way: Sequence[Point], grounds: Point, count: int, first: int, hours: float) -> list[int]:
    """Plants a fleet that fishes `hours` on grounds reached by a way.

    Args:
        scene: the scenario.
        way: waypoints from where the fleet gathers towards the grounds; they go back by it.
        grounds: middle of the fishing grounds, free of land for 12 nm around.
        count: how many ships.
        first: step of sailing.
        hours: fishing time.
    """
    rng, grid = scene.rng, scene.grid
    made = []
    for i in range(count):
        row, column = divmod(i, 3)
        shift = (3500.0 * (column - 1) + float(rng.uniform(-300, 300)), -3500.0 * row + float(rng.uniform(-300, 300)))
        mine = [_moved(p, shift) for p in way]
        ship = scene.registry.make("fishing", ais_class="A" if i % 2 else "B")
        voyage = Voyage(grid, rng, mine[0])
        voyage.anchor(first + grid.steps_in(0.15 * i), status=0)
        speed = float(rng.uniform(7.0, 9.0))
        centre = _moved(grounds, shift)
        voyage.sail([*mine[1:], centre], speed)
        _fish(scene, voyage, centre, hours, jig=i % 3 == 0)
        voyage.sail([*mine[::-1]], speed)
        voyage.anchor(max(0, grid.steps - voyage.step), status=0)
        made.append(scene.add(ship, voyage.track()))
    scene.fleet += made
    return made


def _fish(scene: Scene, voyage: Voyage, centre: Point, hours: float, *, jig: bool) -> None:
    """Trawling back and forth, or drifting and shifting berth every few hours."""
    rng, grid = scene.rng, scene.grid
    end = voyage.step + grid.steps_in(hours)
    bearing = float(rng.uniform(0, 360))
    while voyage.step < min(end, grid.steps):
        if jig:
            voyage.drift(grid.steps_in(float(rng.uniform(3.0, 5.0))), wind_kn=0.15, status=FISHING)
            voyage.sail([around(centre, float(rng.uniform(0, 800)), float(rng.uniform(0, 360)))], 5.0)
        else:
            bearing += 180.0 + float(rng.uniform(-12, 12))
            voyage.sail(
                [around(centre, float(rng.uniform(5000, 9000)), bearing)],
                float(rng.uniform(2.5, 4.0)),
                start=False,
                stop=False,
                status=FISHING,
            )


def _moved(point: Point, shift_m: tuple[float, float]) -> Point:
    away = float(np.hypot(*shift_m))
    return around(point, away, float(np.degrees(np.arctan2(*shift_m))))
