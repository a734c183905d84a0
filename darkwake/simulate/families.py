"""The truth corpus: small scenarios, each of one family of meetings, lookalikes or near misses.

What counts is said by the kinds of the issue, never by what a detector does: transfers are `rendezvous`, six short
contacts are `brief_contact`, and each lookalike has a kind of its own. A meeting in known roads or at a quay is an
`anchorage_contact`. Two ships are never together by accident here: a test measures every pair of hulls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from darkwake.simulate.alone import crawler, loiterer, waiting
from darkwake.simulate.calls import call, race_at
from darkwake.simulate.contacts import Visit, abeam, in_company, visits
from darkwake.simulate.grid import NM_M, Grid
from darkwake.simulate.lookalikes import crowd, gear, one_hull, quay, queue, trawlers, within_crowd
from darkwake.simulate.meetings import Berth
from darkwake.simulate.pairs import group, merchant, pair, raft_of_three
from darkwake.simulate.path import Point
from darkwake.simulate.places import (
    EAST_SOUTH,
    KOREA_BAY_OPEN,
    KOREA_BAY_SOUTH,
    SITES,
    YELLOW_OPEN,
    Site,
)
from darkwake.simulate.radio import Station
from darkwake.simulate.scene import Scene, around, metres
from darkwake.simulate.ships import Ship

#: Kinds that every family judges; loitering is judged where no other ship lies still at sea.
MEETINGS = ("anchorage_contact", "attended", "brief_contact", "pair_trawling", "rendezvous", "same_hull")
#: All is heard, for what a receiver misses is another matter: but for the slots that collide.
EVERYWHERE = Station("WIDE", 126.0, 38.3, 600.0)
#: Seconds between two positions where only satellites hear.
SATELLITE_S = 1200.0
#: Known roads and a port with room to lie in: points that Global Fishing Watch's anchorages and the World Port Index
#: have, with the way in from the open sea.
WEIHAI = Site("Weihai roads", 122.297, 37.5257, 1.2, (122.80, 37.62), KOREA_BAY_SOUTH, False)
SHIDAO = Site("Shidao roads", 122.495, 36.8649, 1.0, (122.75, 36.72), YELLOW_OPEN, False)
DANDONG = Site("Dandong", 124.150, 39.810, 0.5, (123.95, 39.45), KOREA_BAY_OPEN, False)
#: Open water where ships anchor, and where they drift: a drift of hours would carry them onto ships at anchor.
SHALLOW, DEEP = ("off Chengshan", "mid Korea Bay"), ("central Yellow Sea", "south Korea Bay", "East Korea Bay")
OPEN = ("central Yellow Sea", "off Chengshan", "mid Korea Bay", "south Korea Bay", "East Korea Bay")


def open_sea(seed: int) -> Scene:
    """Corpus: transfers at sea, of small craft, class B, by satellite only, in a tidal race, and rafts of three."""
    scene = _family("open-sea", seed, 36.0)
    anchored, adrift = ([SITES[name] for name in names] for names in (SHALLOW, DEEP))
    for i in range(10):
        site = adrift[i % 3] if i % 2 else anchored[i % 4 // 2]
        pair(scene, site, _first(scene, 8), _hours(scene, 2.4, 9.0), "drift" if i % 2 else "anchor")
    for i in range(4):
        ships = merchant(scene, 60, 75), scene.registry.make("cargo", ais_class="B" if i % 2 else "A", length_m=60)
        pair(scene, adrift[i % 3], _first(scene, 8), _hours(scene, 2.4, 5.0), "drift", ships=ships, label="small craft")
    for i in range(4):
        small = scene.registry.make("fishing", ais_class="B"), scene.registry.make("cargo", ais_class="B", length_m=65)
        hours = _hours(scene, 2.5, 6.0)
        pair(scene, adrift[i % 3], _first(scene, 8), hours, "drift", ships=small, label="class B at rest")
    for i in range(4):
        label = "one side by satellite only" if i == 3 else "by satellite only"
        made = pair(scene, adrift[i % 3], _first(scene, 8), _hours(scene, 3.0, 8.0), "drift", label=label)
        scene.keeps |= dict.fromkeys(made[: 1 if i == 3 else 2], SATELLITE_S)
    for i in range(3):
        made = pair(scene, adrift[i], _first(scene, 8), _hours(scene, 2.5, 6.0), "drift", label="no dimensions sent")
        scene.unsized.update(made[: 1 + i % 2])
    for i in range(4):
        site, hours = SITES["off Gyeongnyeolbi"], _hours(scene, 2.4, 3.0)
        middle = race_at(site.lon, scene, _at(scene, 9.0 + 5.0 * i))
        ships = _with_gyro(merchant(scene)), _with_gyro(merchant(scene))
        label = "adrift in a tidal race"
        pair(scene, site, middle - _at(scene, hours / 2.0), hours, "race", ships=ships, label=label)
    for i in range(3):
        raft_of_three(scene, anchored[i % 2], _first(scene, 9), _hours(scene, 4.0, 8.0), barge_speaks=i == 2)
    for i in range(2):
        ships = merchant(scene), merchant(scene)
        apart = float(scene.rng.uniform(150.0, 350.0))
        berth = Berth(0.0, (ships[0].beam_m + ships[1].beam_m) / 2.0 + apart)
        hours = _hours(scene, 3.0, 5.0)
        pair(scene, adrift[i], _first(scene, 9), hours, "drift", ships=ships, berth=berth, label="lying close")
    long, short = _antenna(merchant(scene, 130, 130), 120), _antenna(merchant(scene, 40, 40), 5)
    berth = Berth(70.0, (long.beam_m + short.beam_m) / 2.0 + 3.0)
    label = "antennas at opposite ends"
    pair(scene, adrift[2], _first(scene, 8), 3.0, "drift", ships=(long, short), berth=berth, label=label)
    return scene


def sts_areas(seed: int) -> Scene:
    """Corpus: transfers, rafts of three and groups of them off Sok-do and Cho-do, with ships that only lie near."""
    scene = _family("sts-areas", seed, 32.0)
    sokdo, chodo = SITES["Sok-do roads"], SITES["Cho-do roads"]
    for site in (sokdo, chodo):
        group(scene, site, _first(scene, 9), 2)
    for i in range(6):
        pair(scene, (sokdo, chodo)[i % 2], _first(scene, 8), _hours(scene, 2.4, 8.0), "anchor", label="in an STS area")
    for i in range(3):
        raft_of_three(scene, (sokdo, chodo)[i % 2], _first(scene, 9), _hours(scene, 3.6, 7.0), barge_speaks=i == 1)
    return scene


def short_contacts(seed: int) -> Scene:
    """Corpus: six short contacts of one pair within two days, twice, and single ones."""
    scene = _family("short-contacts", seed, 54.0)
    for name in ("central Yellow Sea", "East Korea Bay"):
        site = SITES[name]
        spot, guest = scene.spot(site, 6_000.0), merchant(scene)
        host = scene.add(
            merchant(scene), call(scene, site, spot, scene.grid.steps_in(7), scene.grid.steps - 400, "anchor")
        )
        times = [_at(scene, 9.0 + 7.0 * i + float(scene.rng.uniform(0.0, 2.0))) for i in range(6)]
        planned = [Visit(host, t, float(scene.rng.uniform(20.0, 60.0))) for t in times]
        visits(scene, site, guest, planned, "brief_contact", "one of six short contacts", _off(scene, site, spot))
    for i in range(8):
        site = SITES[("off Chengshan", "south Korea Bay")[i % 2]]
        begin = _first(scene, 12)
        spot = scene.spot(site, 5_000.0)
        host = scene.add(
            merchant(scene), call(scene, site, spot, begin - _at(scene, 1), begin + _at(scene, 2), "drift")
        )
        planned = [Visit(host, begin, float(scene.rng.uniform(22.0, 90.0)))]
        visits(scene, site, merchant(scene), planned, "brief_contact", "a short contact", _off(scene, site, spot))
    for i in range(2):
        site, begin = SITES[("off Chengshan", "south Korea Bay")[i]], _first(scene, 12)
        spot = scene.spot(site, 5_000.0)
        lies = call(scene, site, spot, begin - _at(scene, 1.0), begin + _at(scene, 4.0), "drift")
        host, again = scene.add(merchant(scene), lies), begin + _at(scene, 1.75)
        planned = [Visit(host, begin, 50.0), Visit(host, again, 50.0)]
        bearing, craft = float(scene.rng.uniform(0.0, 360.0)), merchant(scene)
        label = "gone for most of an hour, and back"
        try:
            visits(scene, site, craft, planned, "brief_contact", label, around(spot, 2_500.0, bearing))
        except ValueError:  # the stream carries the host too far from there: she waits on the other side
            visits(scene, site, craft, planned, "brief_contact", label, around(spot, 2_500.0, bearing + 180.0))
    return scene


def lookalikes(seed: int) -> Scene:
    """Corpus: pair trawlers, two transponders on one hull, and tugs, pilots, bunker craft and supply boats at work."""
    scene = _family("lookalikes", seed, 32.0)
    waters = [replace(SITES[name], radius_nm=12.0) for name in ("central Yellow Sea", "East Korea Bay")]
    for i in range(12):
        hours = _hours(scene, 3.0, 9.0)
        trawlers(scene, waters[i % 2], _first(scene, 9, hours + 1.0), hours, "B" if i % 4 == 3 else "A")
    free = [SITES[name] for name in OPEN if name != "off Chengshan"]
    for i in range(8):
        one_hull(scene, free[i % 4], "B" if i % 2 else "A")
    _attended(scene, SITES["off Chengshan"])
    _attended(scene, WEIHAI)
    return scene


def crowds(seed: int) -> Scene:
    """Corpus: crowded roads, ships together in known roads and at a quay, queues, and transfers within a crowd."""
    scene = _family("crowds", seed, 30.0)
    listed, unlisted = (WEIHAI.lon, WEIHAI.lat), (124.00, 38.50)
    crowd(scene, listed, 10, "anchorage crowd")
    crowd(scene, unlisted, 10, "crowd in roads of no list")
    korea_bay = SITES["mid Korea Bay"]
    for i in range(4):
        spot = around(unlisted, 1_700.0 + 10.0 * i, 90.0 * i + float(scene.rng.uniform(0.0, 40.0)))
        ships = merchant(scene, 60, 90), merchant(scene, 60, 90)
        pair(scene, korea_bay, _first(scene, 10), _hours(scene, 3.0, 7.0), "anchor", ships=ships, spot=spot,
             berth=within_crowd(*ships), label="alongside in a crowd")  # fmt: skip
    for i in range(8):
        site = (WEIHAI, SHIDAO)[i % 2]
        ships = merchant(scene, 60, 90), merchant(scene, 60, 90)
        pair(scene, site, _first(scene, 10), _hours(scene, 3.0, 8.0), "anchor", ships=ships, spot=_roads(scene, site),
             berth=within_crowd(*ships), kind="anchorage_contact", label="alongside in known roads")  # fmt: skip
    for i in range(4):
        berth = around((DANDONG.lon, DANDONG.lat), 500.0 * i, 0.0)
        quay(scene, DANDONG, berth, 80.0, _first(scene, 9), _at(scene, 26.0))
    queue(scene, (123.35, 36.10), 20.0, 8, _at(scene, 2.0))
    queue(scene, (124.55, 36.10), 355.0, 7, _at(scene, 8.0))
    return scene


def near_misses(seed: int) -> Scene:
    """Corpus: two hours less a minute at 300 m, 510 m for hours, 2.1 kn in company, near in an STS area."""
    scene = _family("near-misses", seed, 32.0)
    scene.judged = tuple(kind for kind in MEETINGS if kind != "pair_trawling")  # by its letter, company is one
    sites = [SITES[name] for name in OPEN]
    scene.keep_s = 60.0
    for i in range(5):
        abeam(scene, sites[i], _first(scene, 9), 7140.0, 300.0, 500.0, "two hours less a minute at 300 m")
        abeam(scene, sites[i], _first(scene, 9), 6 * 3600.0, 510.0, 510.0, "510 m for six hours")
        apart = float(scene.rng.uniform(100.0, 350.0))
        in_company(scene, sites[i], _first(scene, 9), 4.0, 2.1, apart, "2.1 kn in company")
    for name in ("Sok-do roads", "Cho-do roads"):
        site, first = SITES[name], _first(scene, 9)
        spot = scene.spot(site, 1_500.0)
        for where in (spot, around(spot, 450.0, float(scene.rng.uniform(0.0, 360.0)))):
            waiting(scene, site, first, 6.0, "anchor", "at anchor near each other in an STS area", where)
    return scene


def one_sided(seed: int) -> Scene:
    """Corpus: ships that meet a silent partner, slow ships with reasons of their own, and strings of net buoys."""
    scene = _family("one-sided", seed, 36.0)
    scene.judged = (*MEETINGS, "loitering")
    sites = [SITES[name] for name in (*OPEN, "Sok-do roads", "off Wonsan")]
    for i in range(14):
        loiterer(scene, sites[i % 7], _first(scene, 8, 15), _hours(scene, 4.3, 12.0), "drift" if i % 3 else "anchor")
    for i in range(3):
        crawler(scene, sites[i], _first(scene, 8, 12), 7.0, float(scene.rng.uniform(3.0, 4.5)), "slow steaming")
        crawler(scene, sites[i], _first(scene, 8, 12), 8.0, float(scene.rng.uniform(3.0, 4.5)), "a trawler alone")
        waiting(scene, sites[i + 2], _first(scene, 8), float(scene.rng.uniform(2.0, 3.2)), "drift", "adrift under 4 h")
        spot = _roads(scene, SHIDAO)
        waiting(scene, SHIDAO, _first(scene, 8, 12), 9.0, "anchor", "at anchor in known roads", spot)
    for i in range(2):
        waiting(scene, sites[i], _first(scene, 8), 6.0, "drift", "adrift for repairs, draught unchanged")
    for area, start in ((YELLOW_OPEN, 2.0), (EAST_SOUTH, 4.0), (YELLOW_OPEN, 9.0)):
        gear(scene, area, 9, _at(scene, start), 24.0)
    return scene


FAMILIES: dict[str, Callable[[int], Scene]] = {
    "open-sea": open_sea,
    "sts-areas": sts_areas,
    "short-contacts": short_contacts,
    "lookalikes": lookalikes,
    "crowds": crowds,
    "near-misses": near_misses,
    "one-sided": one_sided,
}


def _family(name: str, seed: int, hours: float) -> Scene:
    """An empty scene that begins at an hour of the day which the seed draws, so that midnight falls anywhere."""
    rng = np.random.default_rng([seed, *name.encode()])
    start = datetime(2024, 3, int(rng.integers(1, 20)), int(rng.integers(0, 24)), tzinfo=UTC)
    return Scene(name, seed, Grid.lasting(start, hours), rng, (EVERYWHERE,), keep_s=150.0, judged=MEETINGS)


def _attended(scene: Scene, site: Site) -> None:
    """Plants five craft at work among seven ships at anchor in the middle of a site."""
    roads = replace(site, radius_nm=min(site.radius_nm, 2.5))
    end = scene.grid.steps - _at(scene, 1.0)
    hosts = []
    for _ in range(7):
        spot = scene.spot(roads, 1_500.0 if site.radius_nm > 2.0 else 1_000.0)
        begin = _at(scene, float(scene.rng.uniform(7.0, 8.5)))
        hosts.append(scene.add(merchant(scene, 80, 140), call(scene, site, spot, begin, end, "anchor")))
    crew = (
        # type, name, length, calls, minutes from..to: the last is no such craft by her papers, only by what she does
        (52, "", 30, 2, 40.0, 170.0, "a tug alongside"),
        (50, "PILOT 3", 20, 3, 22.0, 35.0, "a pilot alongside"),
        (80, "HAI BUNKER 7", 45, 3, 130.0, 170.0, "a bunker craft alongside"),
        (53, "", 35, 2, 60.0, 150.0, "a supply boat alongside"),
        (90, "", 32, 4, 40.0, 80.0, "a craft that serves ship after ship"),
    )
    for i, (code, name, length, calls, least, most, label) in enumerate(crew):
        drawn = scene.registry.make("tug", ais_class="A", length_m=length)
        craft = replace(drawn, ship_type=code, name=name or drawn.name)
        off = _toward(site, 2.5 + 1.5 * i)
        planned = [
            Visit(hosts[(i + k) % 7], _at(scene, 9.7 + 5.0 * k + float(scene.rng.uniform(0.0, 0.6))),
                  float(scene.rng.uniform(least, most)))
            for k in range(calls)
        ]  # fmt: skip
        visits(scene, site, craft, planned, "attended", label, off)


def _toward(site: Site, away_nm: float) -> Point:
    """A point so far from a site on the way to its gateway."""
    here, there = (site.lon, site.lat), site.gateway
    share = away_nm * NM_M / metres(here, there)
    return here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])


def _at(scene: Scene, hours: float) -> int:
    return scene.grid.steps_in(hours)


def _first(scene: Scene, earliest_h: float, room_h: float = 10.0) -> int:
    """A step from `earliest_h` on that leaves room before the end."""
    latest = (scene.grid.steps - 1) / 120.0 - room_h
    return scene.grid.steps_in(float(scene.rng.uniform(earliest_h, latest)))


def _hours(scene: Scene, least: float, most: float) -> float:
    return float(scene.rng.uniform(least, most))


def _with_gyro(ship: Ship) -> Ship:
    return replace(ship, gyro=True)


def _antenna(ship: Ship, to_bow_m: int) -> Ship:
    """The same ship with its antenna so far from the bow."""
    return replace(ship, to_bow_m=to_bow_m, to_stern_m=ship.length_m - to_bow_m, gyro=True)


def _off(scene: Scene, site: Site, spot: Point) -> Point:
    """A place 3-4 nm from a spot where a craft may wait between its calls."""
    return around(spot, float(scene.rng.uniform(5_600.0, 7_400.0)), float(scene.rng.uniform(0.0, 360.0)))


def _roads(scene: Scene, site: Site) -> Point:
    """A spot of known roads that has room for two ships to swing."""
    return scene.spot(site, 700.0)
