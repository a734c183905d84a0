"""Ships that come from beyond, lie somewhere for a while and go again, and are not seen before or after.

A family of few ships needs no waiting rooms: a ship's track begins under way, hours before she is wanted, and ends
under way. What she does in between is a rest: at anchor, adrift, adrift in a tidal race, or heading steadily into
nothing so that distances to her hull stay as planted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from darkwake.simulate.grid import NM_M, STEP_S, Floats, offset, wander
from darkwake.simulate.path import Point, length_m, steps_for
from darkwake.simulate.places import Site
from darkwake.simulate.scene import Scene
from darkwake.simulate.voyage import AT_ANCHOR, UNDER_WAY, Track, Voyage
from darkwake.simulate.waters import RACE, current_ms

Rest = Literal["anchor", "drift", "race", "steady"]

#: Nautical miles that a ship sails in sight before she comes and after she goes.
NEAREST_NM, FARTHEST_NM = 6.0, 60.0


def come(scene: Scene, site: Site, spot: Point, step: int, via: Sequence[Point] = ()) -> Voyage:
    """A ship under way from the site's area that comes to rest at a spot at a step of the grid.

    Raises:
        ValueError: there is no time to come from the area.
    """
    for _ in range(500):
        begin, entrance = site.area.point(scene.rng), site.entrance(scene.rng)
        speed = float(scene.rng.uniform(8.5, 12.5))
        way = length_m([begin, entrance, *via, spot])
        steps = steps_for(way, speed, 1)
        if NEAREST_NM * NM_M < way < FARTHEST_NM * NM_M and steps < step:
            voyage = Voyage(scene.grid, scene.rng, begin, first=step - 1 - steps)
            return voyage.sail([entrance, *via, spot], speed, steps=steps, start=False)
    raise ValueError(f"no way to reach {site.name} in {step} steps: plant it later")


def go(scene: Scene, voyage: Voyage, site: Site, via: Sequence[Point] = ()) -> Track:
    """The track of a ship that sails off into the site's area, where she is lost from sight."""
    goal = site.area.point(scene.rng)
    for _ in range(100):
        if length_m([voyage.here, *via, goal]) > NEAREST_NM * NM_M:
            break
        goal = site.area.point(scene.rng)
    voyage.sail([*via, site.entrance(scene.rng), goal], float(scene.rng.uniform(8.5, 12.5)), stop=False)
    return voyage.track()


def rest(scene: Scene, voyage: Voyage, steps: int, how: Rest) -> None:
    """Lies for some steps; `race` and `steady` are adrift with the bow across the stream."""
    if how == "anchor":
        voyage.anchor(steps, status=AT_ANCHOR if scene.rng.random() < 0.7 else UNDER_WAY)
    elif how == "drift":
        voyage.drift(steps, wind_kn=float(scene.rng.uniform(0.05, 0.2)))
    else:
        voyage.follow(*_swept(scene, voyage, steps, how), UNDER_WAY)


def call(scene: Scene, site: Site, spot: Point, first: int, last: int, how: Rest) -> Track:
    """A whole visit: at the spot from step `first` to `last`."""
    voyage = come(scene, site, spot, first)
    rest(scene, voyage, last - voyage.step, how)
    return go(scene, voyage, site)


def race_at(lon: float, scene: Scene, earliest: int) -> int:
    """The first step from `earliest` on at which the stream of a tidal race at a longitude is at its strongest."""
    east, north = current_ms(lon, scene.grid.times(earliest), RACE)
    speed = np.hypot(east, north)
    peaks = np.flatnonzero((speed[1:-1] >= speed[:-2]) & (speed[1:-1] > speed[2:]))
    return earliest + 1 + int(peaks[0])


def _swept(scene: Scene, voyage: Voyage, steps: int, how: Rest) -> tuple[Floats, Floats, Floats]:
    """Where the stream carries a ship, her bow 60-120 degrees off it."""
    t = scene.grid.times(voyage.step, voyage.step + steps)
    east, north = current_ms(voyage.here[0], t, RACE if how == "race" else None)
    middle = len(t) // 2
    toward = float(np.degrees(np.arctan2(east[middle], north[middle])))
    bow = toward + float(scene.rng.choice([-1.0, 1.0])) * float(scene.rng.uniform(60.0, 120.0)) + np.zeros(steps)
    if how == "race":
        bow += wander(scene.rng, t, 8.0, 1800.0, 14_400.0)
    here_lon, here_lat = np.full(steps, voyage.here[0]), np.full(steps, voyage.here[1])
    lon, lat = offset(here_lon, here_lat, np.cumsum(east) * STEP_S, np.cumsum(north) * STEP_S)
    return lon, lat, bow % 360.0
