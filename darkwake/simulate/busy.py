"""A day of a busy region with as many positions as asked: input for benchmarks, not for evaluation.

Yellow Sea and Korea Bay: ships on lanes, crossing open water, at work in roads, fishing and at anchor, in numbers that
grow with the positions. Nothing is planted. One copy of each report is kept, and of the reports heard exactly N
positions, at random.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from darkwake.simulate.grid import Grid
from darkwake.simulate.log import Log
from darkwake.simulate.places import ANCHORAGES, LANES, SITES, YELLOW_OPEN, stations
from darkwake.simulate.radio import Heard
from darkwake.simulate.scenario import Scenario, record
from darkwake.simulate.scene import Scene
from darkwake.simulate.traffic import residents, roamers, through
from darkwake.simulate.truth import truth
from darkwake.simulate.voyage import Voyage

#: The scenario's name.
BUSY_DAY = "busy-day"
#: Positions that one ship gives in a day, cautiously: at 15 s, some of them at anchor, some out of range.
PER_SHIP = 1_700


def busy_day(positions: int, seed: int) -> Scenario:
    """A day with `positions` position reports.

    Raises:
        ValueError: `positions` is not above 0.
    """
    if positions <= 0:
        raise ValueError(f"{positions} positions make no day: give a number above 0")
    rng = np.random.default_rng([seed, *BUSY_DAY.encode()])
    name = f"{BUSY_DAY}:{positions}"
    ships = max(30, positions // PER_SHIP)
    while True:
        scene = Scene(
            name,
            seed,
            Grid.lasting(datetime(2024, 5, 20, tzinfo=UTC), 24.0),
            rng,
            stations("CHENG", "SHIDA", "SOCHO", "GYEOK", "HAIYA", "DANDO", "BAENG", "AFLOW", "DALIA"),
            15.0,
        )
        _populate(scene, ships)
        log = _first_copies(record(scene))
        is_position = np.isin(log.reports.kind[log.heard.report], (1, 3, 18))
        if np.count_nonzero(is_position) >= positions:
            break
        ships = int(ships * 1.4) + 1
    chosen = np.zeros(len(is_position), dtype=np.bool_)
    chosen[rng.choice(np.flatnonzero(is_position), positions, replace=False)] = True
    kept = _copies(log, chosen | ~is_position)
    return Scenario(name, seed, kept, truth(scene, kept, None))


def _populate(scene: Scene, ships: int) -> None:
    sites = [SITES[n] for n in ("central Yellow Sea", "off Chengshan", "mid Korea Bay", "off Dandong")]
    for site in sites:
        residents(scene, site, ships // 10)
    through(scene, LANES["Bohai - south"], ships // 8)
    through(scene, LANES["Chengshan - Incheon"], ships // 8)
    through(scene, LANES["Dalian - Dandong"], ships // 8)
    roamers(scene, YELLOW_OPEN, ships // 8)
    for place in ANCHORAGES.values():
        if place[0] < 127.0:
            _at_anchor(scene, place, ships // 20)


def _at_anchor(scene: Scene, place: tuple[float, float], count: int) -> None:
    for _ in range(count):
        spot = (place[0] + float(scene.rng.uniform(-0.025, 0.025)), place[1] + float(scene.rng.uniform(-0.02, 0.02)))
        voyage = Voyage(scene.grid, scene.rng, spot).anchor(scene.grid.steps)
        scene.add(scene.registry.make("cargo", ais_class="A"), voyage.track())


def _first_copies(log: Log) -> Log:
    _, first = np.unique(log.heard.report, return_index=True)
    chosen = np.zeros(len(log.heard.report), dtype=np.bool_)
    chosen[first] = True
    return _copies(log, chosen)


def _copies(log: Log, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Log:
    h = log.heard
    return replace(log, heard=Heard(h.report[chosen], h.station[chosen], h.epoch_s[chosen]))
