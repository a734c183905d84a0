"""A scenario under construction: its clock, ships with their tracks, what is switched off, and what was planted.

Planting code adds ships and says what it did; `finish` broadcasts, listens and writes down the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from darkwake.simulate.grid import DEGREE_M, NM_M, Grid
from darkwake.simulate.path import Point
from darkwake.simulate.places import Site, moved
from darkwake.simulate.radio import Outage, Radio, Shadow, Station
from darkwake.simulate.ships import Registry, Ship
from darkwake.simulate.voyage import Track


@dataclass(frozen=True)
class Plant:
    """A planted behaviour: kind of event, label, indices of the speaking ships, steps first..last of the grid.

    A gap's times are when the set was off; the truth says instead what was received around it.
    """

    kind: str
    label: str
    ships: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Decoy:
    """Something innocent that looks suspicious: who, when, and where it reaches (nautical miles around a point)."""

    label: str
    ships: tuple[int, ...]
    first: int
    last: int
    where: Point
    reach_nm: float


@dataclass
class Scene:
    """Everything in a scenario before it is broadcast.

    silences, blind: per ship, steps from..to in which her set is off, or has no fix.
    judged: kinds for which the truth is complete; incursions only where a ship fishes.
    keeps: per ship, seconds between two positions kept of her where that is not `keep_s`, as by satellite.
    unsized: ships whose sets send no dimensions.
    laden: per ship, the step from which her crew has typed another draught, and that draught in metres.
    """

    name: str
    seed: int
    grid: Grid
    rng: np.random.Generator
    stations: tuple[Station, ...]
    keep_s: float
    keep_static_s: float = 1800.0
    ships: list[Ship] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    silences: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    blind: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    plants: list[Plant] = field(default_factory=list)
    decoys: list[Decoy] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    shadows: list[Shadow] = field(default_factory=list)
    taken: list[Point] = field(default_factory=list)
    fleet: list[int] = field(default_factory=list)
    judged: tuple[str, ...] = ("gap", "incursion", "rendezvous")
    keeps: dict[int, float] = field(default_factory=dict)
    unsized: set[int] = field(default_factory=set)
    laden: dict[int, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Opens the register of ships."""
        self.registry = Registry(self.rng)

    def add(self, ship: Ship, track: Track) -> int:
        """Puts a ship to sea; gives her index."""
        self.ships.append(ship)
        self.tracks.append(track)
        return len(self.ships) - 1

    def spot(self, site: Site, apart_m: float = 1_200.0) -> Point:
        """A point of a site at least `apart_m` from every spot given before.

        Raises:
            ValueError: the site is full.
        """
        for _ in range(2_000):
            point = site.point(self.rng)
            if self.clear(point, apart_m):
                self.taken.append(point)
                return point
        raise ValueError(f"{site.name} is full: plant fewer ships there, or nearer together than {apart_m:.0f} m")

    def clear(self, point: Point, apart_m: float) -> bool:
        """Whether no spot given before lies nearer than `apart_m`, and the point is in no reception hole."""
        dark = any(metres(point, (s.lon, s.lat)) < (s.radius_nm + 2.0) * NM_M for s in self.shadows)
        return not dark and all(metres(point, other) >= apart_m for other in self.taken)

    def radio(self) -> Radio:
        """The receivers with all the troubles planted so far."""
        return Radio(self.stations, tuple(self.outages), tuple(self.shadows), self.keep_s, self.keep_static_s)

    def epoch(self, step: int) -> float:
        """Seconds since 1970 of a step."""
        return float(self.grid.times(step, step + 1)[0])


def metres(a: Point, b: Point) -> float:
    """Metres between two points a few miles apart, on the plane."""
    east = (a[0] - b[0]) * float(np.cos(np.radians((a[1] + b[1]) / 2)))
    return float(np.hypot(east, a[1] - b[1])) * DEGREE_M


def around(point: Point, away_m: float, bearing_deg: float) -> Point:
    """The point `away_m` from another on a bearing."""
    way = np.radians(bearing_deg)
    return moved(point, away_m * float(np.sin(way)), away_m * float(np.cos(way)))
