"""Transfers as a truth corpus needs them: any two ships, any way of lying, rafts of three, groups of rafts.

As in `meetings`, one ship is there first and the other comes alongside and leaves first; but ships come from beyond
and are gone afterwards, and who they are, how they lie and how far apart is the caller's to say. Rafts and groups are
those of Sok-do: some 100 m, a crane barge of 40 m and a beam of 12-18 m, some 100 m; groups 300-1000 m apart.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from darkwake.simulate.calls import Rest, call, come, go
from darkwake.simulate.meetings import FENDER_M, Berth, antennas_m, beside
from darkwake.simulate.path import Point
from darkwake.simulate.places import Site
from darkwake.simulate.scene import Plant, Scene, around
from darkwake.simulate.ships import Ship
from darkwake.simulate.voyage import UNDER_WAY, Track


def pair(
    scene: Scene,
    site: Site,
    first: int,
    hours: float,
    how: Rest,
    *,
    ships: tuple[Ship, Ship] | None = None,
    label: str = "alongside at sea",
    kind: str = "rendezvous",
    spot: Point | None = None,
    berth: Berth | None = None,
) -> tuple[int, int]:
    """Plants two ships together from step `first` for `hours`; gives their indices, the waiting ship first.

    Args:
        scene: the scenario.
        site: where, and from where they come.
        first: step of coming alongside.
        hours: how long they lie together.
        how: how the waiting ship lies.
        ships: who; two tankers or cargo ships of 60-150 m unless given.
        label: what the truth calls it.
        kind: of the planted event.
        spot: where exactly; a free spot of the site unless given.
        berth: the guest's place beside the waiting ship; alongside with fenders unless given.
    """
    host_ship, guest_ship = ships or (merchant(scene), merchant(scene))
    spot = spot or scene.spot(site, 1_200.0 if how == "anchor" else 6_000.0)
    last = first + scene.grid.steps_in(hours)
    host = _host(scene, site, spot, first, last, how)
    guest = joining(scene, site, host, berth or alongside(scene, host_ship, guest_ship), first, last)
    a, b = scene.add(host_ship, host), scene.add(guest_ship, guest)
    scene.plants.append(Plant(kind, label, (a, b), first, last))
    return a, b


def raft_of_three(
    scene: Scene, site: Site, first: int, hours: float, *, barge_speaks: bool, spot: Point | None = None
) -> None:
    """Plants two ships of 80-115 m on either side of a crane barge, who may be silent; they come one by one."""
    outer = merchant(scene, 80, 115), merchant(scene, 80, 115)
    small = scene.registry.make("cargo", ais_class="A", length_m=40)
    beam = int(scene.rng.integers(12, 19))
    barge = replace(small, to_port_m=beam // 2, to_starboard_m=beam - beam // 2)
    last = first + scene.grid.steps_in(hours)
    spot = spot or scene.spot(site)
    host = _host(scene, site, spot, first, last, "anchor")
    later, sooner = (scene.grid.steps_in(float(scene.rng.uniform(0.2, 0.6))) for _ in range(2))
    far = alongside(scene, *outer, beam + 2 * FENDER_M)
    third = joining(scene, site, host, far, first + later, last - sooner)
    speaking = [(scene.add(outer[0], host), first, last), (scene.add(outer[1], third), first + later, last - sooner)]
    if barge_speaks:
        track = joining(scene, site, host, alongside(scene, outer[0], barge), first, last)
        speaking.append((scene.add(barge, track), first, last))
    label = "raft of three" if barge_speaks else "raft of three, the middle one silent"
    scene.plants += [
        Plant("rendezvous", label, (a, b), max(from_a, from_b), min(to_a, to_b))
        for (a, from_a, to_a), (b, from_b, to_b) in combinations(speaking, 2)
    ]


def group(scene: Scene, site: Site, first: int, pairs: int) -> None:
    """Plants pairs, and a raft, at anchor 600-1000 m from each other, all at once: each a transfer, no two are one."""
    spot = scene.spot(site, 3_000.0)
    east, north = site.gateway[0] - spot[0], site.gateway[1] - spot[1]
    bearing = float(np.degrees(np.arctan2(east, north))) + float(scene.rng.uniform(-20.0, 20.0))  # away from the land
    for i in range(pairs + 1):
        begin = first + scene.grid.steps_in(float(scene.rng.uniform(0.0, 1.0)))
        hours = float(scene.rng.uniform(3.6, 6.0))
        if i == pairs:
            raft_of_three(scene, site, begin, hours, barge_speaks=False, spot=spot)
        else:
            pair(scene, site, begin, hours, "anchor", spot=spot, label="one pair of a group")
        spot = around(spot, float(scene.rng.uniform(600.0, 1_000.0)), bearing)
        scene.taken.append(spot)


def merchant(scene: Scene, least_m: int = 60, most_m: int = 150) -> Ship:
    """A tanker or a cargo ship with class A."""
    length = int(scene.rng.integers(least_m, most_m + 1))
    return scene.registry.make("tanker" if scene.rng.random() < 0.6 else "cargo", ais_class="A", length_m=length)


def alongside(scene: Scene, host: Ship, guest: Ship, apart_m: float = FENDER_M) -> Berth:
    """A place to starboard with so many metres between the hulls, up to 40 % of the host's length fore or aft."""
    for _ in range(100):
        forward = float(scene.rng.uniform(-0.4, 0.4)) * host.length_m
        berth = Berth(forward, (host.beam_m + guest.beam_m) / 2.0 + apart_m)
        if antennas_m(host, guest, berth) >= 15.0:
            break
    return berth


def joining(scene: Scene, site: Site, host: Track, berth: Berth, first: int, last: int) -> Track:
    """The ship that comes alongside, lies there from `first` to `last` and leaves."""
    lon, lat, heading = beside(host, berth, first, last)
    spot, abeam = (float(lon[0]), float(lat[0])), float(heading[0]) + 90.0
    voyage = come(scene, site, spot, first, [around(spot, 500.0, abeam)])
    voyage.follow(lon, lat, heading, UNDER_WAY)
    return go(scene, voyage, site, [around(voyage.here, 600.0, float(heading[-1]) + 90.0)])


def _host(scene: Scene, site: Site, spot: Point, first: int, last: int, how: Rest) -> Track:
    """The ship that is there 15-60 minutes before and leaves 15-40 minutes after."""
    before, after = (scene.grid.steps_in(float(scene.rng.uniform(0.25, most))) for most in (1.0, 0.7))
    return call(scene, site, spot, first - before, last + after, how)
