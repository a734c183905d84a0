"""Meetings at sea as the published accounts tell them, made without sight of any detector's rules.

Sources: rafts of 100 + 40 + 100 m round an unseen crane barge, groups 300-1000 m apart (UN Panel of Experts on Sok-do
and Cho-do, 2022-2024); one tanker's repeated engagements with two partners (Japan's foreign ministry, 2018-2019);
catch handed to a reefer. Ships drift in a stream that may itself run at 2 kn, steam slowly in company, swing on one
chain, and fall silent for part of the time. `blind_company` adds those that are close for other reasons, `blind_lying`
says what a true meeting is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Literal

import numpy as np

from darkwake.simulate.blind_company import ROADS, boats, crowd, innocents
from darkwake.simulate.blind_lying import Manner, Visit, astern, beside, guest_track, host_track, step_at, together
from darkwake.simulate.grid import Grid
from darkwake.simulate.path import Point
from darkwake.simulate.places import KOREA_BAY_OPEN, SITES, Site
from darkwake.simulate.places import stations as named
from darkwake.simulate.radio import Outage, Shadow
from darkwake.simulate.scene import Plant, Scene, around
from darkwake.simulate.traffic import residents

HOURS = 30.0
RECEIVERS = (
    "CHENG", "SHIDA", "HAIYA", "DANDO", "BAENG", "SOCHO", "AFLOW", "AFLOY", "GYEOK", "GOSEO", "AFLOE", "DALIA"
)  # fmt: skip
CHO_DO = Site("west of Cho-do", 124.70, 38.52, 2.0, (124.30, 38.60), KOREA_BAY_OPEN, True)


def blind(seed: int) -> Scene:
    """Meetings by the published descriptions, 30 hours: rafts, drifting, repeats, silences, and innocent company."""
    rng = np.random.default_rng([seed, *b"blind"])
    receivers = named(*RECEIVERS)
    start = datetime(2024, 10, 2, 15, tzinfo=UTC)
    scene = Scene("blind", seed, Grid.lasting(start, HOURS), rng, receivers, 150.0)
    _rafts(scene)
    _in_a_crowd(scene)
    _pairs(scene)
    _engagements(scene)
    _trawler_and_reefer(scene)
    innocents(scene)
    scene.outages.append(Outage("AFLOY", scene.epoch(step_at(scene, 15.0)), scene.epoch(step_at(scene, 15.8))))
    return scene


def _plant(scene: Scene, ships: Sequence[int], label: str, stream: float = 1.0) -> None:
    """Writes down every pair's meetings as they came about."""
    for a, b in combinations(ships, 2):
        scene.plants += [
            Plant("rendezvous", label, (a, b), first, last) for first, last in together(scene, a, b, stream=stream)
        ]


def _silent(scene: Scene, ship: int, first: int, hours: float) -> None:
    """Her set is off; six hours and more are a gap in the truth, as where gaps count by the global rule."""
    last = first + step_at(scene, hours)
    scene.silences.setdefault(ship, []).append((first, last))
    if hours >= 6.0:
        scene.plants.append(Plant("gap", "dark alongside", (ship,), first, last))


def _pair(
    scene: Scene,
    site: Site,
    first_h: float,
    hours: float,
    label: str,
    *,
    manner: Manner = "anchored",
    turned_deg: float = 0.0,
    hose: bool = False,
    standby_h: float = 0.0,
    between_m: float = 0.0,
    stream: float = 1.0,
    spot: Point | None = None,
    there: bool = False,
    small: bool = False,
) -> tuple[int, int]:
    """Plants two ships of 60-150 m, or one with a small class B craft; host first."""
    rng = scene.rng
    host = scene.registry.make("tanker" if rng.random() < 0.6 else "cargo", ais_class="A")
    guest = scene.registry.make("cargo", ais_class="B", length_m=int(rng.integers(30, 60))) if small else None
    guest = guest or scene.registry.make("tanker" if rng.random() < 0.6 else "cargo", ais_class="A")
    first, standby = step_at(scene, first_h, 1.0), step_at(scene, standby_h)
    last = first + step_at(scene, hours, 0.5)
    spot = spot or scene.spot(site, 1_500.0 if manner == "anchored" else 5_000.0)
    lies = host_track(scene, site, spot, first - standby, last, manner, there=there, stream=stream)
    side = int(rng.choice(np.array([-1, 1])))
    lie = astern(scene, host, guest) if hose else beside(scene, host, guest, side, turned_deg, between_m)
    visit = Visit(lies, lie, first, last, standby, float(rng.uniform(330, 420) if standby else rng.uniform(500, 1500)))
    pair = scene.add(host, lies), scene.add(guest, guest_track(scene, site, [visit], stream=stream))
    _plant(scene, pair, label, stream)
    return pair


def _rafts(scene: Scene) -> None:
    """Off Sok-do a raft that grows and shrinks and another 700 m off; off Cho-do one of 60 + 40 + 60 m."""
    make, sokdo = scene.registry.make, SITES["Sok-do roads"]
    spot = around((sokdo.lon, sokdo.lat), 600.0, float(scene.rng.uniform(0, 360)))
    second = around(spot, 750.0, float(scene.rng.uniform(0, 360)))
    scene.taken += [spot, second]
    residents(scene, sokdo, 3)
    first, last = step_at(scene, 8.0, 1.0), step_at(scene, 24.5, 1.0)
    host = make("cargo", ais_class="A", length_m=int(scene.rng.integers(95, 115)))
    lies = host_track(scene, sokdo, spot, first, last, "anchored")
    ids = [scene.add(host, lies)]
    # A barge of 10 m beam without a set lies on her port side, between her and whoever comes there.
    for side, between, start, hours in (
        (-1, 14.0, 0.0, 5.5),
        (1, 0.0, 2.0, 7.5),
        (-1, 14.0, 7.0, 5.0),
        (1, 0.0, 11, 4),
    ):
        ship = make("tanker", ais_class="A", length_m=int(scene.rng.integers(70, 110)))
        come = first + step_at(scene, start)
        lie = beside(scene, host, ship, side, 180.0 if scene.rng.random() < 0.3 else 0.0, between)
        visit = Visit(lies, lie, come, come + step_at(scene, hours))
        ids.append(scene.add(ship, guest_track(scene, sokdo, [visit])))
    _silent(scene, ids[2], come - step_at(scene, 4.0), 1.3)
    _plant(scene, ids, "raft that grows and shrinks")
    _pair(scene, sokdo, 10.5, 6.5, "raft round an unseen barge", spot=second, between_m=14.0, there=True)
    spot = scene.spot(CHO_DO)
    first, last = step_at(scene, 9.0, 4.0), step_at(scene, 20.0, 2.0)
    host, barge, third = (make("cargo", ais_class="A", length_m=metres) for metres in (62, 40, 60))
    lies = host_track(scene, CHO_DO, spot, first, last, "anchored")
    near, later = beside(scene, host, barge, 1), first + step_at(scene, 0.8)
    far = beside(scene, host, third, 1, 0.0, barge.beam_m + 10.0)
    ids = [scene.add(host, lies), scene.add(barge, guest_track(scene, CHO_DO, [Visit(lies, near, first, last)]))]
    ids.append(scene.add(third, guest_track(scene, CHO_DO, [Visit(lies, far, later, last - step_at(scene, 0.9))])))
    _plant(scene, ids, "raft of three that speak")


def _in_a_crowd(scene: Scene) -> None:
    """Two of a crowd at anchor take a tanker alongside, with others 400 m off; boats serve the rest."""
    hosts = crowd(scene)
    for host, hours in ((hosts[0], 9.0), (hosts[15], 14.0)):
        first = step_at(scene, hours, 3.0)
        guest = scene.registry.make("tanker", ais_class="A", length_m=int(scene.rng.integers(60, 90)))
        lie = beside(scene, scene.ships[host], guest, int(scene.rng.choice(np.array([-1, 1]))))
        visit = Visit(scene.tracks[host], lie, first, first + step_at(scene, 4.0, 2.0), from_m=260.0)
        _plant(scene, (host, scene.add(guest, guest_track(scene, ROADS, [visit]))), "transfer in a crowd")
    boats(scene, hosts)


def _pairs(scene: Scene) -> None:
    """Transfers between two in open water and roads, each in its own manner."""
    names = ("mid Korea Bay", "central Yellow Sea", "off Chengshan", "south Korea Bay", "East Korea Bay")
    bay, yellow, cape, south, east = (SITES[name] for name in names)
    _pair(scene, bay, 7.0, 4.5, "adrift", manner="adrift")
    _pair(scene, bay, 15.0, 6.0, "adrift, bow to stern", manner="adrift", turned_deg=180.0)
    _pair(scene, bay, 11.0, 3.0, "adrift, small craft", manner="adrift", small=True)
    _pair(scene, south, 9.0, 5.5, "adrift in a strong stream", manner="adrift", stream=2.4)
    _pair(scene, south, 17.0, 4.0, "adrift in a strong stream", manner="adrift", stream=2.4)
    _, guest = _pair(scene, yellow, 8.0, 7.5, "guest silent for a while", manner="adrift")
    _silent(scene, guest, scene.plants[-1].first + step_at(scene, 2.0, 1.0), 1.6)
    host, _ = _pair(scene, yellow, 16.0, 5.0, "host silent on arrival", manner="adrift")
    _silent(scene, host, scene.plants[-1].first - step_at(scene, 0.5), 1.2)
    _, guest = _pair(scene, yellow, 12.5, 8.8, "guest dark alongside", manner="adrift")
    _silent(scene, guest, scene.plants[-1].first + step_at(scene, 1.1), 6.6)
    _pair(scene, yellow, 20.0, 4.0, "on a hose astern", manner="adrift", hose=True)
    _pair(scene, cape, 10.0, 2.6, "at anchor, after standing by", standby_h=1.5)
    _pair(scene, cape, 14.0, 8.0, "at anchor, bow to stern", turned_deg=180.0, there=True)
    _pair(scene, cape, 21.0, 3.2, "at anchor, small craft", small=True)
    _pair(scene, east, 9.0, 3.5, "steaming slowly", manner="steaming")
    _pair(scene, east, 18.0, 5.0, "adrift, small craft", manner="adrift", small=True)
    host, _ = _pair(scene, east, 13.0, 4.2, "in a hole of reception", manner="adrift")
    hole = scene.plants[-1]
    where, middle = scene.tracks[host].at((hole.first + hole.last) // 2), (hole.first + hole.last) // 2
    scene.shadows.append(
        Shadow(*where, 4.0, scene.epoch(middle - step_at(scene, 0.6)), scene.epoch(middle + step_at(scene, 0.5)))
    )


def _engagements(scene: Scene) -> None:
    """One tanker adrift for a day and two partners by turns, four times in all."""
    site, make = SITES["central Yellow Sea"], scene.registry.make
    spot = scene.spot(site, 6_000.0)
    tanker, one, two = make("tanker", ais_class="A", length_m=115), make("tanker"), make("cargo")
    first = step_at(scene, 6.5, 0.5)
    lies = host_track(scene, site, spot, first, first + step_at(scene, 19.0), "adrift")
    at = [first + step_at(scene, hours) for hours in (0.0, 4.2, 8.6, 13.6)]
    stay = [step_at(scene, 2.2, 0.4) for _ in at]
    host = scene.add(tanker, lies)
    for ship, side, turns in ((one, -1, (0, 2)), (two, 1, (1, 3))):
        visits = [Visit(lies, beside(scene, tanker, ship, side), at[k], at[k] + stay[k]) for k in turns]
        _plant(scene, (host, scene.add(ship, guest_track(scene, site, visits))), "repeated engagement")


def _trawler_and_reefer(scene: Scene) -> None:
    """A reefer adrift on the grounds takes the catch of two trawlers, one after the other."""
    site, make = SITES["central Yellow Sea"], scene.registry.make
    reefer = make("cargo", ais_class="A", length_m=92)
    first = step_at(scene, 7.0, 1.0)
    lies = host_track(scene, site, scene.spot(site, 5_000.0), first, first + step_at(scene, 9.0), "adrift")
    ids = [scene.add(reefer, lies)]
    visitors: tuple[tuple[float, Literal["A", "B"]], ...] = ((0.0, "A"), (4.5, "B"))
    for late, ais_class in visitors:
        ship = make("fishing", ais_class=ais_class)
        come = first + step_at(scene, late)
        visit = Visit(lies, beside(scene, reefer, ship, 1), come, come + step_at(scene, 2.6, 0.6))
        ids.append(scene.add(ship, guest_track(scene, site, [visit])))
    _plant(scene, ids, "catch to a reefer")
