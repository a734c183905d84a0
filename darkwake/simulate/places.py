"""Where things happen: open-sea areas, roads off ports, lanes and receivers of the three seas.

Areas are convex and free of land, so a straight leg between two points of one never crosses a coast; a site is a
disc whose hull with its gateway is free of land too (a test checks both against the project's land). Ports are those
of the World Port Index; the Sok-do and Cho-do roads are the transfer area that the UN Panel of Experts named.
Receivers stand where there is an island, a cape or a hill to carry one; some are afloat. Ranges follow the height of
such a site: 25 nm for an ocean platform, 60-75 nm for a mountain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkwake.simulate.grid import DEGREE_M, NM_M
from darkwake.simulate.path import Point
from darkwake.simulate.radio import Station


@dataclass(frozen=True)
class Area:
    """A convex piece of open sea: its corners in order (lon, lat)."""

    corners: tuple[Point, ...]

    def point(self, rng: np.random.Generator) -> Point:
        """A random point inside."""
        corners = np.array(self.corners)
        a, b, c = corners[0], corners[1:-1], corners[2:]
        size = np.abs((b[:, 0] - a[0]) * (c[:, 1] - a[1]) - (c[:, 0] - a[0]) * (b[:, 1] - a[1]))
        i = int(rng.choice(len(size), p=size / size.sum()))
        u, v = sorted(rng.random(2))
        lon, lat = u * a + (v - u) * b[i] + (1 - v) * c[i]
        return float(lon), float(lat)


@dataclass(frozen=True)
class Site:
    """Roads or a stretch of sea where ships stop: a disc, and the way in from an area.

    near_port: whether a silence of two hours counts there (transfer area, or within 20 nm of a DPRK port).
    """

    name: str
    lon: float
    lat: float
    radius_nm: float
    gateway: Point
    area: Area
    near_port: bool

    def point(self, rng: np.random.Generator, share: float = 1.0) -> Point:
        """A random point within `share` of the radius."""
        away = self.radius_nm * NM_M * share * float(np.sqrt(rng.random()))
        way = float(rng.uniform(0, 2 * np.pi))
        return moved((self.lon, self.lat), away * np.sin(way), away * np.cos(way))

    def entrance(self, rng: np.random.Generator) -> Point:
        """The gateway as one ship takes it: within 2 nm."""
        east, north = np.clip(rng.normal(0.0, 0.7 * NM_M, 2), -1.4 * NM_M, 1.4 * NM_M)
        return moved(self.gateway, float(east), float(north))


def moved(point: Point, east_m: float, north_m: float) -> Point:
    """A point moved by metres."""
    lon, lat = point
    return lon + east_m / (DEGREE_M * float(np.cos(np.radians(lat)))), lat + north_m / DEGREE_M


YELLOW_OPEN = Area(((123.0, 35.6), (124.8, 35.6), (124.9, 37.2), (123.0, 37.3)))
KOREA_BAY_OPEN = Area(((123.4, 37.7), (124.3, 37.8), (124.35, 38.8), (123.95, 39.2), (123.4, 38.8)))
KOREA_BAY_SOUTH = Area(((123.0, 37.4), (124.0, 37.4), (124.0, 37.75), (123.2, 37.75)))
EAST_NORTH = Area(((129.0, 39.0), (131.6, 38.7), (132.0, 41.2), (130.6, 41.3), (129.9, 40.3), (128.5, 39.45)))
EAST_SOUTH = Area(((129.7, 36.6), (130.5, 36.6), (130.5, 38.5), (129.2, 38.5)))

SITES: dict[str, Site] = {
    site.name: site
    for site in (
        Site("Sok-do roads", 124.885, 38.625, 2.5, (124.30, 38.68), KOREA_BAY_OPEN, True),
        Site("Cho-do roads", 124.790, 38.470, 1.5, (124.30, 38.40), KOREA_BAY_OPEN, True),
        Site("off Dandong", 123.95, 39.45, 5.0, (123.85, 39.15), KOREA_BAY_OPEN, False),
        Site("mid Korea Bay", 124.00, 38.55, 10.0, (123.90, 38.40), KOREA_BAY_OPEN, False),
        Site("south Korea Bay", 123.75, 37.95, 8.0, (123.75, 37.90), KOREA_BAY_OPEN, False),
        Site("central Yellow Sea", 123.90, 36.75, 12.0, (123.90, 36.70), YELLOW_OPEN, False),
        Site("off Chengshan", 123.40, 37.10, 8.0, (123.40, 37.00), YELLOW_OPEN, False),
        Site("off Wonsan", 127.72, 39.315, 3.4, (128.50, 39.30), EAST_NORTH, True),
        Site("off Hungnam", 127.80, 39.70, 4.5, (128.50, 39.45), EAST_NORTH, True),
        Site("off Chongjin", 130.02, 41.67, 5.0, (130.60, 41.25), EAST_NORTH, True),
        Site("off Kimchaek", 129.38, 40.55, 5.0, (129.95, 40.30), EAST_NORTH, True),
        Site("off Najin", 130.45, 42.06, 4.5, (130.95, 41.26), EAST_NORTH, True),
        Site("off Gyeongnyeolbi", 125.20, 36.70, 5.0, (124.70, 36.70), YELLOW_OPEN, False),
        Site("East Korea Bay", 129.30, 39.30, 10.0, (129.40, 39.25), EAST_NORTH, False),
    )
}

#: Ways that through traffic follows; the first and last points lie beyond the receivers, or in roads.
LANES: dict[str, tuple[Point, ...]] = {
    "Bohai - south": ((121.90, 38.40), (122.95, 38.05), (122.98, 37.45), (123.05, 36.40), (122.95, 33.80)),
    "Chengshan - Incheon": ((122.98, 37.25), (124.30, 37.10), (125.70, 37.06)),
    "Dalian - Dandong": ((121.95, 38.70), (122.70, 38.75), (123.40, 38.95), (123.90, 39.40)),
    "Vostochny - Busan": (
        (131.60, 42.60),
        (131.50, 42.00),
        (131.60, 41.20),
        (131.20, 40.00),
        (130.60, 38.90),
        (129.80, 37.80),
        (129.70, 36.20),
    ),
    "Busan - Tsugaru": ((129.70, 36.20), (131.50, 38.60), (134.20, 40.50)),
}

#: Known anchorages where many ships lie close together for days: near Dandong, Weihai and Zarubino.
ANCHORAGES: dict[str, Point] = {
    "Dandong anchorage": (123.98, 39.68),
    "Weihai anchorage": (122.30, 37.56),
    "Zarubino anchorage": (131.10, 42.55),
}

STATIONS: dict[str, Station] = {
    s.name: s
    for s in (
        Station("CHENG", 122.69, 37.39, 60.0),
        Station("DALIA", 121.70, 38.90, 45.0),
        Station("HAIYA", 123.16, 39.06, 50.0),
        Station("DANDO", 124.10, 39.86, 45.0),
        Station("BAENG", 124.71, 37.96, 55.0),
        Station("SOCHO", 124.74, 37.42, 25.0),
        Station("GYEOK", 125.55, 36.62, 50.0),
        Station("HEUKS", 125.43, 34.68, 60.0),
        Station("SHIDA", 122.42, 36.89, 50.0),
        Station("AFLOW", 124.20, 38.75, 35.0),
        Station("AFLOE", 129.00, 39.70, 75.0),
        Station("GOSEO", 128.40, 38.40, 65.0),
        Station("ULLEU", 130.87, 37.50, 75.0),
        Station("POHAN", 129.50, 36.05, 50.0),
        Station("KHASA", 130.80, 42.50, 60.0),
        Station("SHIPE", 130.70, 40.60, 75.0),
        Station("VLADI", 131.90, 43.05, 50.0),
        Station("AFLOY", 124.00, 36.60, 45.0),
        Station("AFLOS", 130.60, 38.90, 60.0),
    )
}


def stations(*names: str) -> tuple[Station, ...]:
    """The receivers of these names."""
    return tuple(STATIONS[name] for name in names)
