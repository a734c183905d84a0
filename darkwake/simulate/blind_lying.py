"""How one ship comes to another, lies by her and goes, and how long the two were truly together.

A host waits at anchor, adrift or steaming slowly; a guest comes in at any angle, lies on fenders bow to bow or bow to
stern, or astern on a hose, and moves with her host in the host's own frame. The true span of a meeting is measured on
the tracks by the published rule for an encounter (Global Fishing Watch: within 500 m for 2 h, under 2 kn, breaks under
4 h joined), between hulls, and with speed through the water as good as over the ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.grid import DEGREE_M, KNOT_MS, STEP_S, Floats, offset, wander
from darkwake.simulate.path import Point
from darkwake.simulate.places import Site
from darkwake.simulate.scene import Scene, around
from darkwake.simulate.ships import Ship
from darkwake.simulate.traffic import arrive, coming, leave
from darkwake.simulate.voyage import AT_ANCHOR, MOORED, UNDER_WAY, Track, Voyage
from darkwake.simulate.waters import current_ms

#: Global Fishing Watch's encounter: hulls within 500 m, slower than 2 kn, 2 h; breaks under 4 h are one encounter.
CLOSE_M, SLOW_KN, LEAST_H, BREAK_H = 500.0, 2.0, 2.0, 4.0

Manner = Literal["anchored", "adrift", "steaming"]


@dataclass(frozen=True)
class Lie:
    """How a guest lies: metres forward of and to starboard of the middle of her host, degrees off the host's heading.

    side: -1 to port, 1 to starboard, 0 astern or ahead on a hose.
    """

    forward_m: float
    right_m: float
    turned_deg: float
    side: int


@dataclass(frozen=True)
class Visit:
    """One stay by a host: made fast from step `first` to `last`, before it a wait of `standby` steps close by."""

    host: Track
    lie: Lie
    first: int
    last: int
    standby: int = 0
    from_m: float = 700.0


def hull_gap_m(a: Ship, track_a: Track, b: Ship, track_b: Track, steps: NDArray[np.int64]) -> Floats:
    """Metres between the hulls, as rectangles, at steps of the grid; 0 where a corner of one is inside the other."""
    i, j = steps - track_a.first, steps - track_b.first
    north = (track_b.lat[j] - track_a.lat[i]) * DEGREE_M
    east = (track_b.lon[j] - track_a.lon[i]) * DEGREE_M * np.cos(np.radians(track_a.lat[i]))
    bow_a, bow_b = np.radians(track_a.heading_deg[i]), np.radians(track_b.heading_deg[j])
    return np.minimum(_corners_m(a, bow_a, b, bow_b, east, north), _corners_m(b, bow_b, a, bow_a, -east, -north))


def together(
    scene: Scene, a: int, b: int, *, least_h: float = LEAST_H, break_h: float = BREAK_H, stream: float = 1.0
) -> list[tuple[int, int]]:
    """Spans of at least `least_h` in which two ships are within 500 m and slow, as first and last step.

    Slow is over the ground, or through water that runs at `stream` times the sea's usual tide. Breaks of up to
    `break_h` are part of a span.
    """
    one, two = scene.tracks[a], scene.tracks[b]
    steps = np.arange(max(one.first, two.first), min(one.last, two.last))
    near = hull_gap_m(scene.ships[a], one, scene.ships[b], two, steps) <= CLOSE_M
    near &= (_slow(scene, one, stream) & _slow(scene, two, stream))[: len(near)]
    index = steps[near]
    if not len(index):
        return []
    cut = np.flatnonzero(np.diff(index) > max(1, scene.grid.steps_in(break_h)))
    firsts, lasts = np.append(index[0], index[cut + 1]), np.append(index[cut], index[-1])
    least = scene.grid.steps_in(least_h)
    return [(int(x), int(y)) for x, y in zip(firsts, lasts, strict=True) if y - x >= least]


def _corners_m(a: Ship, bow_a: Floats, b: Ship, bow_b: Floats, east: Floats, north: Floats) -> Floats:
    """Metres from the nearest corner of b to the rectangle of a; b lies east and north of a."""
    nearest = np.full(len(east), np.inf)
    for fore in (-0.5, 0.5):
        for right in (-0.5, 0.5):
            x = east + fore * b.length_m * np.sin(bow_b) + right * b.beam_m * np.cos(bow_b)
            y = north + fore * b.length_m * np.cos(bow_b) - right * b.beam_m * np.sin(bow_b)
            along = np.abs(x * np.sin(bow_a) + y * np.cos(bow_a)) - a.length_m / 2.0
            abeam = np.abs(x * np.cos(bow_a) - y * np.sin(bow_a)) - a.beam_m / 2.0
            nearest = np.minimum(nearest, np.hypot(np.maximum(along, 0.0), np.maximum(abeam, 0.0)))
    return nearest


def _slow(scene: Scene, track: Track, stream: float) -> NDArray[np.bool_]:
    east = np.gradient(track.lon) * np.cos(np.radians(track.lat)) * DEGREE_M / STEP_S
    north = np.gradient(track.lat) * DEGREE_M / STEP_S
    water_e, water_n = current_ms(float(track.lon.mean()), scene.grid.times(track.first, track.last))
    ground, water = np.hypot(east, north), np.hypot(east - stream * water_e, north - stream * water_n)
    slow: NDArray[np.bool_] = np.minimum(ground, water) < SLOW_KN * KNOT_MS
    return slow


def step_at(scene: Scene, hours: float, spread_h: float = 0.0) -> int:
    """Steps in some hours, and in up to `spread_h` more by chance."""
    return scene.grid.steps_in(hours + float(scene.rng.uniform(0.0, 1.0)) * spread_h)


def beside(scene: Scene, host: Ship, guest: Ship, side: int, turned_deg: float = 0.0, between_m: float = 0.0) -> Lie:
    """Alongside on fenders of 3.5-6 m, up to a third of a length ahead or astern, a degree off parallel."""
    rng = scene.rng
    skew = float(rng.uniform(-1.5, 1.5))
    room = float(rng.uniform(3.5, 6.0)) + guest.length_m / 2.0 * abs(float(np.sin(np.radians(skew))))
    right = side * ((host.beam_m + guest.beam_m) / 2.0 + room + between_m)
    return Lie(float(rng.uniform(-0.33, 0.33)) * host.length_m, right, turned_deg + skew, side)


def astern(scene: Scene, host: Ship, guest: Ship) -> Lie:
    """On a floating hose astern, bow to stern, 45-80 m of water between."""
    away = (host.length_m + guest.length_m) / 2.0 + float(scene.rng.uniform(45.0, 80.0))
    return Lie(-away, float(scene.rng.uniform(-8.0, 8.0)), float(scene.rng.uniform(-8.0, 8.0)), 0)


def adrift(scene: Scene, voyage: Voyage, steps: int, stream: float = 1.0) -> None:
    """Engine stopped, beam to the wind, carried by `stream` times the sea's usual tide."""
    if steps <= 0:
        return
    rng, t = scene.rng, scene.grid.times(voyage.step, voyage.step + steps)
    east, north = (stream * way for way in current_ms(voyage.here[0], t))
    wind, blow = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.05, 0.3)) * KNOT_MS
    gust = blow * np.maximum(1.0 + wander(rng, t, 0.3, 1800.0, 14_400.0), 0.0)
    still = np.ones(steps)
    lon, lat = offset(
        still * voyage.here[0],
        still * voyage.here[1],
        np.cumsum(east + gust * np.sin(wind)) * STEP_S,
        np.cumsum(north + gust * np.cos(wind)) * STEP_S,
    )
    heading = np.degrees(wind) + 90.0 + wander(rng, t, 14.0, 1800.0, 14_400.0)
    voyage.follow(lon, lat, heading, UNDER_WAY)


def host_track(
    scene: Scene,
    site: Site,
    spot: Point,
    first: int,
    last: int,
    manner: Manner,
    *,
    there: bool = False,
    stream: float = 1,
) -> Track:
    """The ship that others come to: anchored, adrift or steaming slowly well before `first` and after `last`."""
    rng, grid = scene.rng, scene.grid
    early = step_at(scene, 1.2, 0.8)
    voyage = (
        Voyage(grid, rng, spot)
        if there
        else coming(scene, site.area, [site.entrance(rng)], spot, max(first - early, 2))
    )
    rest = last + step_at(scene, 0.7, 0.6) - voyage.step
    if manner == "anchored":
        voyage.anchor(rest, status=AT_ANCHOR if rng.random() < 0.7 else UNDER_WAY)
    elif manner == "adrift":
        adrift(scene, voyage, rest, stream)
    else:
        goal = around(voyage.here, rest * STEP_S * 1.3 * KNOT_MS, float(rng.uniform(0.0, 360.0)))
        voyage.sail([goal], 1.3, steps=rest)
    leave(scene, voyage, site.area, [site.entrance(rng)])
    return voyage.track()


def guest_track(
    scene: Scene, site: Site, visits: Sequence[Visit], *, home: Point | None = None, stream: float = 1
) -> Track:
    """A ship that makes visits one after the other, from her home berth or from the open sea."""
    rng = scene.rng
    voyage = Voyage(scene.grid, rng, home) if home else None
    for visit in visits:
        begin, lon, lat, heading, status = _alongside(scene, visit)
        berth = (float(lon[0]), float(lat[0]))
        if voyage is None:
            voyage = coming(scene, site.area, [site.entrance(rng)], berth, begin)
        elif home:
            arrive(scene, voyage, [berth], begin)
        else:
            adrift(scene, voyage, begin - voyage.step - step_at(scene, 1.4), stream)
            arrive(scene, voyage, [berth], begin)
        cuts = [0, *(np.flatnonzero(np.diff(status)) + 1), len(lon)]
        for a, b in pairwise(cuts):
            voyage.follow(lon[a:b], lat[a:b], heading[a:b], int(status[a]))
        out = _away_from(voyage.here, visit.host.at(voyage.step - 1)) + float(rng.uniform(-40.0, 40.0))
        voyage.sail([around(voyage.here, 1_500.0, out), home] if home else [around(voyage.here, 5_000.0, out)], 6.0)
    if voyage is None:
        raise ValueError("a guest without a visit")
    if home:
        voyage.anchor(scene.grid.steps - voyage.step)
    else:
        leave(scene, voyage, site.area, [site.entrance(rng)])
    return voyage.track()


def _alongside(scene: Scene, visit: Visit) -> tuple[int, Floats, Floats, Floats, NDArray[np.int64]]:
    """The whole visit in the host's frame: first step, lon, lat, heading, state.

    The way in bends from the place of standby to a point abeam of the berth, and straight in from there.
    """
    rng, lie, host = scene.rng, visit.lie, visit.host
    come = step_at(scene, 0.25 + visit.from_m / 3000.0, 0.25)
    go, stay = step_at(scene, 0.2, 0.2), visit.last - visit.first
    begin = visit.first - come - visit.standby
    rows = slice(begin - host.first, visit.last + go - host.first)
    ease_in, ease_out = (u * u * (3.0 - 2.0 * u) for u in (np.linspace(0, 1, come), np.linspace(1, 0, go)))
    fast = np.concatenate([np.zeros(visit.standby), ease_in, np.ones(stay), ease_out])
    leaving = np.arange(len(fast)) >= visit.standby + come + stay // 2
    bow = np.degrees(np.unwrap(np.radians(host.heading_deg[rows])))
    still = np.where(leaving, bow[visit.standby + come + stay], bow[visit.standby + come])
    frame = fast * bow + (1.0 - fast) * still
    ways = [_far(scene, lie, visit.from_m), _far(scene, lie, float(rng.uniform(600.0, 900.0)))]
    mid = np.array([lie.forward_m - (120.0 if lie.side == 0 else 0.0), lie.right_m + 110.0 * lie.side])
    berth = np.array([lie.forward_m, lie.right_m])
    far = np.where(leaving[:, None], ways[1], ways[0])
    s = fast[:, None]
    place = (1 - s) ** 2 * far + 2 * s * (1 - s) * mid + s**2 * berth
    t = scene.grid.times(begin, visit.last + go)
    forward = place[:, 0] + wander(rng, t, 0.8, 300.0, 5400.0) * fast
    right = place[:, 1] + wander(rng, t, 0.3, 300.0, 5400.0) * fast
    course = np.where(leaving, -1.0, 1.0) * (mid - far).T
    turn = (np.degrees(np.arctan2(course[1], course[0])) - lie.turned_deg + 180.0) % 360.0 - 180.0
    loose = 1.0 - np.minimum(1.0, 1.6 * fast)
    heading = frame + lie.turned_deg + turn * loose + wander(rng, t, 0.2, 600.0, 5400.0)
    rad = np.radians(frame)
    lon, lat = offset(
        host.lon[rows],
        host.lat[rows],
        forward * np.sin(rad) + right * np.cos(rad),
        forward * np.cos(rad) - right * np.sin(rad),
    )
    shown = int(rng.choice(np.array([UNDER_WAY, UNDER_WAY, AT_ANCHOR, MOORED])))
    return begin, lon, lat, heading, np.where(fast >= 1.0, shown, UNDER_WAY)


def _away_from(here: Point, other: Point) -> float:
    """The bearing from another ship through `here`, in degrees: the way that leads clear of her."""
    east = (here[0] - other[0]) * float(np.cos(np.radians(here[1])))
    return float(np.degrees(np.arctan2(east, here[1] - other[1])))


def _far(scene: Scene, lie: Lie, away_m: float) -> NDArray[np.float64]:
    """A place forward and to starboard of the host, on the side of the berth."""
    angle = np.radians(180.0 + scene.rng.uniform(-25, 25) if lie.side == 0 else lie.side * scene.rng.uniform(30, 150))
    return np.array([away_m * np.cos(angle), away_m * np.sin(angle)])
