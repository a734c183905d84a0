"""The common clock of a scenario: every simulated track is sampled on the same 30-second steps.

One grid for all ships lets two of them meet by index, without interpolation. Reports are made between the steps,
at the times the reporting rules give.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Seconds between two steps: at 12 kn in a 15 degree/min turn the chord misses the arc by 3 m, the noise of GPS.
STEP_S = 30.0
#: Metres in a nautical mile, and in a degree of latitude on the sphere of that mile.
NM_M = 1852.0
DEGREE_M = 60.0 * NM_M
#: Metres per second in a knot.
KNOT_MS = NM_M / 3600.0


@dataclass(frozen=True)
class Grid:
    """Steps of a scenario: `start` (UTC) and how many of them."""

    start: datetime
    steps: int

    @classmethod
    def lasting(cls, start: datetime, hours: float) -> Grid:
        """A grid of `hours` from `start`."""
        return cls(start, int(hours * 3600.0 / STEP_S) + 1)

    @property
    def epoch_s(self) -> float:
        """Seconds since 1970 of the first step."""
        return self.start.timestamp()

    @property
    def end(self) -> datetime:
        """UTC of the last step."""
        return self.at(self.steps - 1)

    def times(self, first: int = 0, last: int | None = None) -> Floats:
        """Seconds since 1970 of the steps first..last, the last not included (all by default)."""
        return self.epoch_s + STEP_S * np.arange(first, self.steps if last is None else last, dtype=np.float64)

    def at(self, step: int) -> datetime:
        """UTC of one step."""
        return datetime.fromtimestamp(self.epoch_s + STEP_S * step, tz=UTC)

    def steps_in(self, hours: float) -> int:
        """How many steps make `hours`, rounded."""
        return round(hours * 3600.0 / STEP_S)


def offset(lon: Floats, lat: Floats, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    """Longitudes and latitudes moved by metres east and north."""
    return lon + east_m / (DEGREE_M * np.cos(np.radians(lat))), lat + north_m / DEGREE_M


def distance_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Metres between points by the haversine on the sphere of the nautical mile."""
    a, b = np.radians(lat1), np.radians(lat2)
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    metres: Floats = 2.0 * np.degrees(np.arcsin(np.sqrt(h))) * DEGREE_M
    return metres


def wander(rng: np.random.Generator, t: Floats, sigma: float, shortest_s: float, longest_s: float) -> Floats:
    """Smooth random variation: six sines of random period and phase, together of standard deviation `sigma`."""
    period = np.exp(rng.uniform(np.log(shortest_s), np.log(longest_s), 6))
    phase = rng.uniform(0.0, 2 * np.pi, 6)
    out: Floats = np.zeros_like(t)
    for p, f in zip(period, phase, strict=True):
        out += np.sin(2 * np.pi * (t % p) / p + f)
    out *= sigma / np.sqrt(3.0)
    return out
