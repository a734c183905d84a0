"""Ships alongside each other: transfers between two, rafts of three.

One ship comes first and waits at anchor or adrift; the other comes alongside, both on one heading with fenders of
3 m between the hulls, and leaves first. Antennas are then 20-150 m apart, as dimensions and the fore-and-aft offset
have it. In a raft a crane barge of 40 m lies in the middle (UN Panel of Experts on Sok-do, 2023); she may be silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from darkwake.simulate.grid import Floats, offset
from darkwake.simulate.places import Site, moved
from darkwake.simulate.scene import Plant, Scene, around
from darkwake.simulate.ships import Ship
from darkwake.simulate.traffic import coming, leave
from darkwake.simulate.voyage import AT_ANCHOR, UNDER_WAY, Track

#: Metres between two hulls: Yokohama fenders.
FENDER_M = 3.0


@dataclass(frozen=True)
class Berth:
    """A place alongside another ship: metres forward of and to starboard of the middle of her hull."""

    forward_m: float
    right_m: float


def antennas_m(host: Ship, guest: Ship, berth: Berth) -> float:
    """Metres between the antennas of two ships on one heading."""
    return float(
        np.hypot(
            berth.forward_m + guest.antenna_forward_m - host.antenna_forward_m,
            berth.right_m + guest.antenna_right_m - host.antenna_right_m,
        )
    )


def beside(host: Track, berth: Berth, first: int, last: int) -> tuple[Floats, Floats, Floats]:
    """Longitudes, latitudes and headings of a ship at a place alongside another from step `first` to `last`."""
    rows = slice(first - host.first, last - host.first)
    bow = np.radians(host.heading_deg[rows])
    lon, lat = offset(
        host.lon[rows],
        host.lat[rows],
        berth.forward_m * np.sin(bow) + berth.right_m * np.cos(bow),
        berth.forward_m * np.cos(bow) - berth.right_m * np.sin(bow),
    )
    return lon, lat, host.heading_deg[rows]


def transfer(
    scene: Scene, site: Site, first: int, hours: float, *, anchored: bool, label: str = "alongside transfer"
) -> tuple[int, int]:
    """Plants two ships alongside from step `first` for `hours`; gives their indices, the waiting ship first."""
    host_ship = scene.registry.make("tanker")
    guest_ship = scene.registry.make("tanker" if scene.rng.random() < 0.6 else "cargo")
    berth = _berth(scene, host_ship, guest_ship, 0.0)
    last = first + scene.grid.steps_in(hours)
    host = _waiting(scene, site, first, last, anchored)
    guest = _coming(scene, site, host, berth, first, last)
    a, b = scene.add(host_ship, host), scene.add(guest_ship, guest)
    scene.plants.append(Plant("rendezvous", label, (a, b), first, last))
    return a, b


def raft(scene: Scene, site: Site, first: int, hours: float, *, barge_speaks: bool) -> tuple[int, ...]:
    """Plants two ships of 80-110 m on either side of a 40 m barge; gives the indices of those that speak."""
    outer = [scene.registry.make("tanker", ais_class="A", length_m=int(scene.rng.integers(80, 111))) for _ in range(2)]
    barge = scene.registry.make("cargo", ais_class="A", length_m=40)
    last = first + scene.grid.steps_in(hours)
    host = _waiting(scene, site, first, last, True)
    middle = _berth(scene, outer[0], barge, 0.0)
    far = _berth(scene, outer[0], outer[1], barge.beam_m + FENDER_M)
    # The barge makes fast first and casts off last but for the ship that waits.
    later, sooner = (scene.grid.steps_in(float(scene.rng.uniform(0.2, 0.6))) for _ in range(2))
    speaking = [(scene.add(outer[0], host), first, last)]
    if barge_speaks:
        speaking.append((scene.add(barge, _coming(scene, site, host, middle, first, last)), first, last))
    third = _coming(scene, site, host, far, first + later, last - sooner)
    speaking.append((scene.add(outer[1], third), first + later, last - sooner))
    scene.plants += [
        Plant("rendezvous", "three-ship raft", (a, b), max(from_a, from_b), min(to_a, to_b))
        for (a, from_a, to_a), (b, from_b, to_b) in combinations(speaking, 2)
    ]
    return tuple(ship for ship, _, _ in speaking)


def _berth(scene: Scene, host: Ship, guest: Ship, between_m: float) -> Berth:
    """A place that keeps the antennas 20-150 m apart, the offset fore and aft up to 40 % of the host's length."""
    right = (host.beam_m + guest.beam_m) / 2.0 + FENDER_M + between_m
    for _ in range(200):
        berth = Berth(float(scene.rng.uniform(-0.4, 0.4)) * host.length_m, right)
        if 20.0 <= antennas_m(host, guest, berth) <= 150.0:
            return berth
    raise ValueError(f"no berth for {guest.name} beside {host.name} has antennas 20-150 m apart: take other ships")


def _waiting(scene: Scene, site: Site, first: int, last: int, anchored: bool) -> Track:
    """The ship that is there first: she stops 15-60 minutes before, and leaves 15-40 minutes after."""
    rng, grid = scene.rng, scene.grid
    spot = scene.spot(site, 1_200.0 if anchored else 3_000.0)
    before, after = grid.steps_in(float(rng.uniform(0.25, 1.0))), grid.steps_in(float(rng.uniform(0.25, 0.7)))
    voyage = coming(scene, site.area, [site.entrance(scene.rng)], spot, first - before)
    rest = last + after - voyage.step
    if anchored:
        voyage.anchor(rest, status=AT_ANCHOR if rng.random() < 0.7 else UNDER_WAY)
    else:
        voyage.drift(rest, wind_kn=float(rng.uniform(0.05, 0.2)))
    leave(scene, voyage, site.area, [site.entrance(scene.rng)])
    return voyage.track()


def _coming(scene: Scene, site: Site, host: Track, berth: Berth, first: int, last: int) -> Track:
    """The ship that comes alongside, lies there from `first` to `last` and leaves."""
    lon, lat, heading = beside(host, berth, first, last)
    abeam = float(heading[0]) + 90.0
    near = around((float(lon[0]), float(lat[0])), 400.0, abeam)
    voyage = coming(scene, site.area, [site.entrance(scene.rng), near], (float(lon[0]), float(lat[0])), first)
    voyage.follow(lon, lat, heading, UNDER_WAY)
    off = moved(voyage.here, 500.0 * float(np.sin(np.radians(abeam))), 500.0 * float(np.cos(np.radians(abeam))))
    leave(scene, voyage, site.area, [off, site.entrance(scene.rng)])
    return voyage.track()
