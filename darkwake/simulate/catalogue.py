"""The named scenarios. A name and a seed make the same bytes on every machine.

Each region has residents at its sites, traffic on its lanes, planted behaviours and decoys. Times of plants are drawn
after the first hours, which ships need to get there, and early enough that they end before the scenario does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np

from darkwake.simulate import decoys
from darkwake.simulate.blind import blind
from darkwake.simulate.busy import BUSY_DAY, busy_day
from darkwake.simulate.families import FAMILIES
from darkwake.simulate.fleets import fleet
from darkwake.simulate.grid import Grid
from darkwake.simulate.meetings import raft, transfer
from darkwake.simulate.places import (
    ANCHORAGES,
    EAST_NORTH,
    EAST_SOUTH,
    KOREA_BAY_OPEN,
    KOREA_BAY_SOUTH,
    LANES,
    SITES,
    YELLOW_OPEN,
    Site,
)
from darkwake.simulate.places import stations as named
from darkwake.simulate.scenario import Scenario, finish
from darkwake.simulate.scene import Scene
from darkwake.simulate.silences import dark, dark_passage
from darkwake.simulate.traffic import residents, roamers, through

#: The family made from published descriptions alone, by somebody who had not seen the detectors.
BLIND = "blind"
#: The scenarios of the truth corpus, the blind one last.
CORPUS = (*FAMILIES, BLIND)


class UnknownScenario(ValueError):
    """No scenario has that name."""


def scenarios() -> dict[str, str]:
    """Names of the scenarios and what each holds."""
    return {name: (make.__doc__ or "").splitlines()[0].rstrip(".") for name, make in _MAKERS.items()} | {
        BUSY_DAY: "A day of a busy region for benchmarks: 1,000,000 positions, or busy-day:N for N"
    }


def make(name: str, seed: int) -> Scenario:
    """Makes a scenario.

    Args:
        name: one of `scenarios()`; `busy-day:N` for a busy day of N positions.
        seed: any whole number from 0.

    Raises:
        UnknownScenario: there is none of that name, or N is no whole number above 0.
        ValueError: the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"the seed {seed} is negative: give a whole number from 0")
    if name == BUSY_DAY:
        return busy_day(1_000_000, seed)
    base, _, count = name.partition(":")
    if base == BUSY_DAY and count.isascii() and count.isdigit() and int(count) > 0:
        return busy_day(int(count), seed)
    if name not in _MAKERS:
        raise UnknownScenario(f"there is no scenario {name!r}: choose one of {', '.join(scenarios())}")
    return finish(_MAKERS[name](seed))


def yellow_sea(seed: int) -> Scene:
    """Yellow Sea, two days: transfers and silences in open water, lanes, a crowded anchorage, a receiver down."""
    scene = _scene(
        "yellow-sea",
        seed,
        datetime(2023, 4, 18, tzinfo=UTC),
        48,
        180.0,
        "CHENG SHIDA SOCHO GYEOK AFLOW BAENG HEUKS AFLOY",
    )
    decoys.hole(scene, YELLOW_OPEN, (124.3, 35.95), 12.0, 3)
    centre, cape, east = SITES["central Yellow Sea"], SITES["off Chengshan"], SITES["off Gyeongnyeolbi"]
    for site, count in ((centre, 7), (cape, 6), (east, 4)):
        residents(scene, site, count)
    for lane, count in (("Bohai - south", 10), ("Chengshan - Incheon", 8)):
        through(scene, LANES[lane], count)
    roamers(scene, YELLOW_OPEN, 6)
    for site in (centre, cape, centre, cape):
        _transfer(scene, site, 14)
    raft(scene, cape, _when(scene, 14, 7), 7.0, barge_speaks=False)
    for site in (centre, cape, centre):
        _dark(scene, site, 14)
    decoys.receiver_down(scene, "GYEOK", scene.grid.steps_in(20), 9.0)
    decoys.anchorage_crowd(scene, ANCHORAGES["Weihai anchorage"], 9)
    decoys.tug_alongside(scene, (122.42, 37.62), [(122.30, 37.585), (122.36, 37.61)], scene.grid.steps_in(18), 2.6)
    for _ in range(2):
        decoys.pair_trawlers(scene, YELLOW_OPEN, _when(scene, 14, 9), 9.0)
    decoys.without_fix(scene, centre, scene.grid.steps_in(12), 8.0)
    return scene


def korea_bay(seed: int) -> Scene:
    """Korea Bay, two days: transfers, rafts and silences off Sok-do, a fleet crossing into the West Sea area."""
    scene = _scene(
        "korea-bay",
        seed,
        datetime(2023, 10, 9, tzinfo=UTC),
        48,
        180.0,
        "DALIA HAIYA DANDO BAENG AFLOW SOCHO CHENG",
    )
    decoys.hole(scene, KOREA_BAY_OPEN, (123.7, 38.88), 8.0, 3)
    sokdo, dandong, middle = SITES["Sok-do roads"], SITES["off Dandong"], SITES["mid Korea Bay"]
    for site, count in ((sokdo, 7), (dandong, 5), (middle, 7)):
        residents(scene, site, count)
    through(scene, LANES["Dalian - Dandong"], 8)
    roamers(scene, KOREA_BAY_OPEN, 5)
    for site in (sokdo, middle, dandong, sokdo):
        _transfer(scene, site, 13)
    raft(scene, sokdo, _when(scene, 13, 8), 8.0, barge_speaks=False)
    raft(scene, sokdo, _when(scene, 13, 6), 6.0, barge_speaks=True)
    for site in (sokdo, sokdo, sokdo, middle, dandong):
        _dark(scene, site, 13)
    dark(scene, sokdo, scene.grid.steps_in(36), 12.0, returns=False)
    _west_fleet(scene, 9)
    decoys.receiver_down(scene, "DALIA", scene.grid.steps_in(22), 8.0)
    decoys.anchorage_crowd(scene, ANCHORAGES["Dandong anchorage"], 10)
    decoys.tug_alongside(scene, (123.85, 39.57), [(124.06, 39.72), (123.95, 39.62)], scene.grid.steps_in(16), 2.4)
    decoys.without_fix(scene, middle, scene.grid.steps_in(15), 9.0)
    return scene


def east_sea(seed: int) -> Scene:
    """East Sea, two days: transfers and silences off the east-coast ports, a fleet crossing into the claimed zone."""
    scene = _scene(
        "east-sea",
        seed,
        datetime(2022, 11, 8, tzinfo=UTC),
        48,
        180.0,
        "GOSEO AFLOE ULLEU POHAN KHASA SHIPE VLADI AFLOS",
    )
    decoys.hole(scene, EAST_NORTH, (130.6, 40.2), 12.0, 3)
    ports = [SITES[f"off {name}"] for name in ("Wonsan", "Hungnam", "Chongjin", "Najin")]
    bay = SITES["East Korea Bay"]
    for site in (*ports, bay):
        residents(scene, site, 6)
    for lane, count in (("Vostochny - Busan", 10), ("Busan - Tsugaru", 5)):
        through(scene, LANES[lane], count)
    for site in (bay, ports[0], ports[2], bay):
        _transfer(scene, site, 15)
    raft(scene, ports[1], _when(scene, 15, 7), 7.0, barge_speaks=False)
    for site in (*ports, bay):
        _dark(scene, site, 15)
    dark_passage(scene, ports[1], ports[0], scene.grid.steps_in(float(scene.rng.uniform(18, 24))), 12.0)
    _east_fleet(scene, 9)
    decoys.receiver_down(scene, "KHASA", scene.grid.steps_in(20), 8.0)
    decoys.anchorage_crowd(scene, ANCHORAGES["Zarubino anchorage"], 8)
    decoys.tug_alongside(scene, (131.25, 42.46), [(131.13, 42.54), (131.18, 42.50)], scene.grid.steps_in(15), 2.5)
    decoys.pair_trawlers(scene, EAST_SOUTH, _when(scene, 15, 8), 8.0)
    decoys.without_fix(scene, bay, scene.grid.steps_in(16), 8.0)
    return scene


def transfers(seed: int) -> Scene:
    """All three seas, 60 hours: 48 transfers and 48 silences for evaluation, with decoys beside them."""
    scene = _scene(
        "transfers",
        seed,
        datetime(2024, 2, 28, tzinfo=UTC),
        60,
        240.0,
        "CHENG SHIDA SOCHO GYEOK DALIA HAIYA DANDO BAENG AFLOW GOSEO AFLOE ULLEU KHASA SHIPE AFLOS AFLOY",
    )
    decoys.hole(scene, YELLOW_OPEN, (124.3, 35.95), 10.0, 3)
    places = [
        SITES[name]
        for name in (
            "mid Korea Bay",
            "off Wonsan",
            "central Yellow Sea",
            "off Chongjin",
            "off Dandong",
            "off Hungnam",
            "off Chengshan",
            "off Kimchaek",
            "East Korea Bay",
            "off Najin",
            "Sok-do roads",
        )
    ]
    for site in places:
        residents(scene, site, 6)
    for site in (*places, *places, *places, *places, *places[:4]):
        _transfer(scene, site, 17)
        _dark(scene, site, 17)
    raft(scene, places[0], _when(scene, 17, 7), 7.0, barge_speaks=True)
    decoys.receiver_down(scene, "KHASA", scene.grid.steps_in(30), 8.0)
    decoys.anchorage_crowd(scene, ANCHORAGES["Dandong anchorage"], 8)
    decoys.tug_alongside(scene, (122.42, 37.62), [(122.30, 37.585), (122.36, 37.61)], scene.grid.steps_in(25), 2.5)
    decoys.pair_trawlers(scene, YELLOW_OPEN, _when(scene, 15, 9), 9.0)
    decoys.without_fix(scene, places[0], scene.grid.steps_in(20), 9.0)
    return scene


def demo(seed: int) -> Scene:
    """Korea Bay and off Wonsan, 34 hours: every behaviour and every decoy once or twice, small enough for a demo."""
    scene = _scene(
        "demo",
        seed,
        datetime(2023, 10, 10, 18, tzinfo=UTC),
        34,
        300.0,
        "HAIYA DANDO BAENG AFLOW GOSEO AFLOE CHENG",
    )
    decoys.hole(scene, KOREA_BAY_OPEN, (123.7, 38.88), 8.0, 2)
    sokdo, middle, wonsan = SITES["Sok-do roads"], SITES["mid Korea Bay"], SITES["off Wonsan"]
    for site, count in ((sokdo, 6), (middle, 6), (wonsan, 6)):
        residents(scene, site, count)
    through(scene, LANES["Dalian - Dandong"], 4)
    for site in (sokdo, middle):
        _transfer(scene, site, 12)
    raft(scene, sokdo, _when(scene, 13, 6), 6.0, barge_speaks=False)
    raft(scene, middle, _when(scene, 13, 5), 5.0, barge_speaks=True)
    dark(scene, sokdo, _when(scene, 12, 4), 2.8)
    for site in (middle, wonsan):
        _dark(scene, site, 14)
    dark(scene, sokdo, scene.grid.steps_in(25), 9.0, returns=False)
    _west_fleet(scene, 6)
    decoys.receiver_down(scene, "DANDO", scene.grid.steps_in(20), 7.0)
    decoys.anchorage_crowd(scene, ANCHORAGES["Dandong anchorage"], 7)
    decoys.tug_alongside(scene, (123.85, 39.57), [(124.06, 39.72), (123.95, 39.62)], scene.grid.steps_in(14), 2.4)
    decoys.pair_trawlers(scene, KOREA_BAY_SOUTH, _when(scene, 14, 8), 8.0)
    decoys.without_fix(scene, middle, scene.grid.steps_in(10), 8.0)
    return scene


_MAKERS: dict[str, Callable[[int], Scene]] = {
    "demo": demo,
    "yellow-sea": yellow_sea,
    "korea-bay": korea_bay,
    "east-sea": east_sea,
    "transfers": transfers,
    **FAMILIES,
    BLIND: blind,
}


def _scene(name: str, seed: int, start: datetime, hours: float, keep_s: float, receivers: str) -> Scene:
    rng = np.random.default_rng([seed, *name.encode()])
    return Scene(name, seed, Grid.lasting(start, hours), rng, named(*receivers.split()), keep_s)


def _when(scene: Scene, earliest_h: float, hours: float) -> int:
    """A step after `earliest_h` that leaves `hours` and two more before the end."""
    latest = scene.grid.steps * 30.0 / 3600.0 - hours - 2.0
    return scene.grid.steps_in(float(scene.rng.uniform(earliest_h, latest)))


def _transfer(scene: Scene, site: Site, earliest_h: float) -> None:
    """A transfer of 3-10 h at a site: at anchor in roads, there or adrift where there is room to drift."""
    hours = float(scene.rng.uniform(3.0, 10.0))
    anchored = site.radius_nm < 8.0 or bool(scene.rng.random() < 0.4)
    transfer(scene, site, _when(scene, earliest_h, hours), hours, anchored=anchored)


def _dark(scene: Scene, site: Site, earliest_h: float) -> None:
    """A silence: over 6 h, or as often 2-4 h where that counts."""
    short = site.near_port and bool(scene.rng.random() < 0.5)
    hours = float(scene.rng.uniform(2.2, 4.0) if short else scene.rng.uniform(6.5, 16.0))
    dark(scene, site, _when(scene, earliest_h, hours), hours)


def _west_fleet(scene: Scene, count: int) -> Sequence[int]:
    return fleet(
        scene,
        [(123.35, 37.75), (123.7, 38.15)],
        (124.35, 38.35),
        count,
        scene.grid.steps_in(2.0),
        scene.grid.steps * 30.0 / 3600.0 * 0.4,
    )


def _east_fleet(scene: Scene, count: int) -> Sequence[int]:
    return fleet(
        scene,
        [(130.2, 38.05), (130.6, 38.35)],
        (131.0, 39.05),
        count,
        scene.grid.steps_in(2.0),
        scene.grid.steps * 30.0 / 3600.0 * 0.45,
    )
