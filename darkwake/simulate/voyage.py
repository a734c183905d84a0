"""What one ship does from start to end of a scenario: legs under way and rests, one after the other.

A voyage fills the steps of the grid in turn. Under way the heading is the path's; at anchor the bow looks into the
stream and the ship swings on her chain; adrift she goes with stream and wind. Positions are of the hull's middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.grid import KNOT_MS, STEP_S, Floats, Grid, offset, wander
from darkwake.simulate.path import Path, Point, sail, steps_for
from darkwake.simulate.waters import current_ms

#: Navigational states (ITU-R M.1371): under way, at anchor, moored, fishing.
UNDER_WAY, AT_ANCHOR, MOORED, FISHING = 0, 1, 5, 7


@dataclass(frozen=True)
class Track:
    """Where a ship is at the grid's steps first, first + 1, ...: degrees, heading in degrees true, state."""

    first: int
    lon: Floats
    lat: Floats
    heading_deg: Floats
    status: NDArray[np.uint8]

    @property
    def last(self) -> int:
        """The step after the last one."""
        return self.first + len(self.lon)

    def at(self, step: int) -> Point:
        """Position at one step of the grid."""
        return float(self.lon[step - self.first]), float(self.lat[step - self.first])


class Voyage:
    """Builds one track, leg by leg. Legs beyond the end of the grid are cut off."""

    def __init__(self, grid: Grid, rng: np.random.Generator, where: Point, first: int = 0) -> None:
        """A ship that lies at `where` at step `first`."""
        self.grid = grid
        self._rng = rng
        self._first = first
        self._lon = [np.array([where[0]])]
        self._lat = [np.array([where[1]])]
        self._heading = [np.array([float(rng.uniform(0, 360))])]
        self._status = [np.array([UNDER_WAY], dtype=np.uint8)]
        self.step = first + 1
        self.here: Point = where

    def sail(
        self,
        points: Sequence[Point],
        speed_kn: float,
        *,
        steps: int | None = None,
        start: bool = True,
        stop: bool = True,
        status: int = UNDER_WAY,
    ) -> Voyage:
        """Through waypoints (lon, lat) to the last of them, at a speed or in so many steps."""
        path = Path.through([self.here, *points])
        count = steps or steps_for(path.length_m, speed_kn, int(start) + int(stop))
        lon, lat = sail(self._rng, path, count, speed_kn, start, stop)
        return self._add(lon, lat, _course(np.append(self.here[0], lon), np.append(self.here[1], lat)), status)

    def anchor(self, steps: int, *, status: int = AT_ANCHOR) -> Voyage:
        """At anchor, on a chain that lets the ship swing 60-150 m; moored (status 5) she lies still."""
        if steps <= 0:
            return self
        t = self.grid.times(self.step, self.step + steps)
        if status == MOORED:
            still = np.full(steps, 1.0)
            return self._add(still * self.here[0], still * self.here[1], still * self._heading[-1][-1], status)
        east, north = current_ms(self.here[0], t)
        bow = np.degrees(np.arctan2(-east, -north)) + wander(self._rng, t, 8.0, 600.0, 5400.0)
        bow = _eased(float(self._heading[-1][-1]), bow)
        chain = float(self._rng.uniform(60.0, 150.0))
        swing_e, swing_n = -chain * np.sin(np.radians(bow)), -chain * np.cos(np.radians(bow))
        lon, lat = offset(
            np.full(steps, self.here[0]), np.full(steps, self.here[1]), swing_e - swing_e[0], swing_n - swing_n[0]
        )
        return self._add(lon, lat, bow % 360.0, status)

    def drift(self, steps: int, *, wind_kn: float = 0.25, status: int = UNDER_WAY) -> Voyage:
        """Adrift with the stream and a steady wind drift of `wind_kn` in a random direction."""
        if steps <= 0:
            return self
        t = self.grid.times(self.step, self.step + steps)
        east, north = current_ms(self.here[0], t)
        way = self._rng.uniform(0, 2 * np.pi)
        east, north = east + wind_kn * KNOT_MS * np.sin(way), north + wind_kn * KNOT_MS * np.cos(way)
        lon, lat = offset(
            np.full(steps, self.here[0]),
            np.full(steps, self.here[1]),
            np.cumsum(east) * STEP_S,
            np.cumsum(north) * STEP_S,
        )
        beam = float(np.degrees(way)) + 90.0 + wander(self._rng, t, 12.0, 1800.0, 14_400.0)
        return self._add(lon, lat, _eased(float(self._heading[-1][-1]), beam) % 360.0, status)

    def follow(self, lon: Floats, lat: Floats, heading_deg: Floats, status: int) -> Voyage:
        """Positions that are given, one per step, as of a ship made fast to another."""
        return self._add(lon, lat, heading_deg, status)

    @property
    def over(self) -> bool:
        """Whether the grid is full."""
        return self.step >= self.grid.steps

    def track(self) -> Track:
        """What was built, cut at the end of the grid."""
        n = self.grid.steps - self._first
        return Track(
            self._first,
            np.concatenate(self._lon)[:n],
            np.concatenate(self._lat)[:n],
            np.concatenate(self._heading)[:n] % 360.0,
            np.concatenate(self._status)[:n],
        )

    def _add(self, lon: Floats, lat: Floats, heading_deg: Floats, status: int) -> Voyage:
        self._lon.append(lon)
        self._lat.append(lat)
        self._heading.append(heading_deg)
        self._status.append(np.full(len(lon), status, dtype=np.uint8))
        self.step += len(lon)
        if len(lon):
            self.here = (float(lon[-1]), float(lat[-1]))
        return self


def _course(lon: Floats, lat: Floats) -> Floats:
    """Degrees true from each point to the next."""
    east = np.diff(lon) * np.cos(np.radians(lat[1:]))
    course: Floats = np.degrees(np.arctan2(east, np.diff(lat))) % 360.0
    return course


def _eased(before_deg: float, heading_deg: Floats) -> Floats:
    """Headings that come round from `before_deg` within some ten minutes, the short way."""
    turn = (before_deg - heading_deg[:1] + 180.0) % 360.0 - 180.0
    late: Floats = np.arange(len(heading_deg), dtype=np.float64) * STEP_S
    eased: Floats = heading_deg + turn * np.exp(-late / 240.0)
    return eased
