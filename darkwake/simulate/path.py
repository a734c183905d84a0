"""Ways over the water: waypoints with rounded corners, and how far along them a ship is at each step.

Straight legs joined by turns of 0.3 nm, as an autopilot steers; a start and a stop that take minutes; a speed that
breathes by 2 % and a course that wanders by some tens of metres. Plane geometry: a path spans a few degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkwake.simulate.grid import DEGREE_M, KNOT_MS, STEP_S, Floats, wander

Point = tuple[float, float]

#: Metres before and after a waypoint in which the turn is made.
TURN_M = 600.0
#: A laden coaster's start and stop, m/s2: 12 kn in about 9 minutes.
ACCELERATION_MS2 = 0.012


@dataclass(frozen=True)
class Path:
    """A rounded way: vertices in degrees and metres along it."""

    lon: Floats
    lat: Floats
    along_m: Floats

    @classmethod
    def through(cls, points: Sequence[Point]) -> Path:
        """The way through waypoints (lon, lat), corners rounded."""
        raw = np.array(points, dtype=np.float64)
        scale = np.array([DEGREE_M * np.cos(np.radians(raw[:, 1].mean())), DEGREE_M])
        xy = _rounded(raw * scale)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        keep = np.concatenate([[True], np.diff(along) > 0])
        lon, lat = (xy[keep] / scale).T
        return cls(lon, lat, along[keep])

    @property
    def length_m(self) -> float:
        """Metres from end to end."""
        return float(self.along_m[-1])


def length_m(points: Sequence[Point]) -> float:
    """Metres along the straight legs through waypoints."""
    raw = np.array(points, dtype=np.float64)
    legs = np.diff(raw, axis=0) * np.array([DEGREE_M * np.cos(np.radians(raw[:, 1].mean())), DEGREE_M])
    return float(np.hypot(*legs.T).sum())


def ramp_steps(speed_kn: float) -> float:
    """Steps that a start to `speed_kn`, or a stop from it, takes."""
    return speed_kn * KNOT_MS / ACCELERATION_MS2 / STEP_S


def steps_for(length: float, speed_kn: float, ramps: int) -> int:
    """Steps to sail `length` metres at `speed_kn` with so many starts and stops (0-2)."""
    return max(2, int(np.ceil(length / (speed_kn * KNOT_MS * STEP_S) + ramps * ramp_steps(speed_kn) / 2.0)))


def sail(
    rng: np.random.Generator, path: Path, steps: int, speed_kn: float, start: bool, stop: bool
) -> tuple[Floats, Floats]:
    """Positions after each of `steps` steps along a path, from just after its start to its very end.

    Args:
        rng: gives the breathing of the speed and the wander off the line.
        path: the way.
        steps: how many; the speed follows from it.
        speed_kn: the speed meant, which sets how long start and stop take.
        start: whether the ship begins at rest.
        stop: whether she ends at rest.
    """
    k: Floats = np.arange(steps, dtype=np.float64) + 0.5
    ramp = max(1.0, min(ramp_steps(speed_kn), steps / 3.0))
    pace = 1.0 + wander(rng, k * STEP_S, 0.02, 1800.0, 10_800.0)
    if start:
        pace *= np.clip(k / ramp, 0.02, 1.0)
    if stop:
        pace *= np.clip((steps - k) / ramp, 0.02, 1.0)
    along: Floats = np.cumsum(pace)
    along *= path.length_m / along[-1]
    lon, lat = np.interp(along, path.along_m, path.lon), np.interp(along, path.along_m, path.lat)
    aside = wander(rng, along, 30.0, 8_000.0, 40_000.0) * np.clip(np.minimum(along, along[-1] - along) / 4_000.0, 0, 1)
    return _beside(path, along, lon, lat, aside)


def _beside(path: Path, along: Floats, lon: Floats, lat: Floats, aside_m: Floats) -> tuple[Floats, Floats]:
    """Points shifted to the right of the path by `aside_m`."""
    ahead = np.minimum(along + 50.0, path.length_m)
    behind = np.maximum(along - 50.0, 0.0)
    east = (np.interp(ahead, path.along_m, path.lon) - np.interp(behind, path.along_m, path.lon)) * np.cos(
        np.radians(lat)
    )
    north = np.interp(ahead, path.along_m, path.lat) - np.interp(behind, path.along_m, path.lat)
    norm = np.maximum(np.hypot(east, north), 1e-12)
    return (lon + aside_m * north / norm / (DEGREE_M * np.cos(np.radians(lat))), lat - aside_m * east / norm / DEGREE_M)


def _rounded(xy: Floats) -> Floats:
    """Corners replaced by quadratic curves that begin and end TURN_M, or 40 % of a leg, from them."""
    out = [xy[:1]]
    s = np.linspace(0.0, 1.0, 9)[:, None]
    for before, corner, after in zip(xy[:-2], xy[1:-1], xy[2:], strict=True):
        back, on = before - corner, after - corner
        a, b = float(np.hypot(*back)), float(np.hypot(*on))
        if a < 1.0 or b < 1.0:
            continue
        cut = min(TURN_M, 0.4 * a, 0.4 * b)
        p, q = corner + back * (cut / a), corner + on * (cut / b)
        out.append((1 - s) ** 2 * p + 2 * s * (1 - s) * corner + s**2 * q)
    out.append(xy[-1:])
    return np.concatenate(out)
