"""What really happened in a scenario, as the JSON that events are scored against.

A meeting lasts while the ships lay alongside. A silence lasts from the last report received before the set went off
to the first one after it came on, for that is all that anyone could know. An incursion lasts while a fishing ship
was inside a zone with a fishing rule, by the project's own zones; sorties under an hour do not end it.
`near_decoy` says that a decoy, a third ship at rest or another meeting was within reach, so that missing the event,
or seeing another in it, may be fair.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from darkwake.simulate.broadcast import Ints
from darkwake.simulate.grid import NM_M, STEP_S, Floats, distance_m
from darkwake.simulate.log import Log
from darkwake.simulate.scene import Plant, Scene, metres

if TYPE_CHECKING:
    from zones import ZoneSet

#: A third ship slower than this, and nearer than that, belongs to the scene of a meeting.
THIRD_SHIP_KN, THIRD_SHIP_M = 3.0, 1_000.0
#: A way out of a zone that is shorter than this does not end a stay.
SORTIE_S = 3600.0


def truth(scene: Scene, log: Log, zones: ZoneSet | None) -> dict[str, object]:
    """The truth of a finished scenario.

    Args:
        scene: what was planted.
        log: what was heard.
        zones: the zones that fishing fleets may enter; None when the scenario has no fleet.

    Returns:
        JSON-ready: scenario, seed, start, end (the last report received), vessel_days, kinds (those for which the
        truth is complete), events, decoys.
    """
    heard = _heard_by_ship(log, len(scene.ships))
    events = [_event(scene, plant, heard) for plant in scene.plants]
    kinds = {plant.kind for plant in scene.plants} | set(scene.judged) - {"incursion"}
    if zones is not None:
        kinds.add("incursion")
        events += _incursions(scene, zones, heard)
    last = max(int(times[-1]) for times in heard if len(times))
    spans = sum(int(times[-1] - times[0]) for times in heard if len(times))
    return {
        "scenario": scene.name,
        "seed": scene.seed,
        "start": iso(scene.grid.epoch_s),
        "end": iso(last),
        "vessel_days": round(spans / 86_400.0, 3),
        "kinds": sorted(kinds),
        "events": sorted(events, key=lambda e: (str(e["kind"]), str(e["start"]), str(e["mmsi"]), str(e.get("zone")))),
        "decoys": [_decoy(scene, i) for i in range(len(scene.decoys))],
    }


def iso(epoch_s: float) -> str:
    """UTC as 2022-11-10T02:09:52Z, to the second."""
    return datetime.fromtimestamp(int(epoch_s), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _heard_by_ship(log: Log, ships: int) -> list[Ints]:
    owner = log.ship[log.heard.report]
    order = np.lexsort((log.heard.epoch_s, owner))
    cuts = np.searchsorted(owner[order], np.arange(ships + 1))
    times = log.heard.epoch_s[order]
    return [times[a:b] for a, b in pairwise(cuts)]


def _event(scene: Scene, plant: Plant, heard: list[Ints]) -> dict[str, object]:
    start, end = scene.epoch(plant.first), scene.epoch(plant.last)
    shown_end: str | None = iso(end)
    if plant.kind == "gap":
        times = heard[plant.ships[0]]
        before, after = times[times < start + 1], times[times >= end]
        if not len(before):
            raise ValueError(f"ship {scene.ships[plant.ships[0]].mmsi} was never heard before her planted silence")
        start = float(before[-1])
        shown_end = iso(float(after[0])) if len(after) else None
    middle = plant.first if plant.kind == "gap" else (plant.first + plant.last) // 2
    points = np.array([scene.tracks[i].at(middle) for i in plant.ships])
    return {
        "kind": plant.kind,
        "mmsi": sorted(scene.ships[i].mmsi for i in plant.ships),
        "start": iso(start),
        "end": shown_end,
        "lon": round(float(points[:, 0].mean()), 5),
        "lat": round(float(points[:, 1].mean()), 5),
        "near_decoy": _near_decoy(scene, plant),
        "label": plant.label,
    }


def _near_decoy(scene: Scene, plant: Plant) -> bool:
    ends = (plant.first, min(plant.last, scene.grid.steps) - 1)
    for decoy in scene.decoys:
        if decoy.first > plant.last or decoy.last < plant.first or decoy.label in ("no fix", "pair trawlers"):
            continue
        for step in ends:
            if any(metres(scene.tracks[i].at(step), decoy.where) < (decoy.reach_nm + 2.0) * NM_M for i in plant.ships):
                return True
    return plant.kind == "rendezvous" and _third_ship(scene, plant)


def _third_ship(scene: Scene, plant: Plant) -> bool:
    """Whether a ship that is no part of the same meeting lay close by."""
    rows = np.arange(plant.first, plant.last, 20)
    same = {
        i
        for other in scene.plants
        if other.label == plant.label and set(other.ships) & set(plant.ships)
        for i in other.ships
    }
    lon, lat = (
        getattr(scene.tracks[plant.ships[0]], name)[rows - scene.tracks[plant.ships[0]].first]
        for name in ("lon", "lat")
    )
    for i, track in enumerate(scene.tracks):
        if i in same or track.first > plant.first or track.last <= plant.last:
            continue
        at = rows - track.first
        close = distance_m(lon, lat, track.lon[at], track.lat[at]) < THIRD_SHIP_M
        step_m = distance_m(track.lon[at], track.lat[at], track.lon[at + 1], track.lat[at + 1])
        if np.any(close & (step_m / STEP_S * 3600.0 / NM_M < THIRD_SHIP_KN)):
            return True
    return False


def _incursions(scene: Scene, zones: ZoneSet, heard: list[Ints]) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    rules = [z.id for z in zones.zones if z.alert_for == "fishing"]
    for i in (i for i, ship in enumerate(scene.ships) if ship.ship_type == 30 and len(heard[i])):
        track = scene.tracks[i]
        t = scene.grid.times(track.first, track.last)
        known = (t >= heard[i][0]) & (t <= heard[i][-1])
        inside = zones.inside(track.lon, track.lat, (t * 1e6).astype(np.int64), rules)
        for zone, row in zip([z.id for z in zones.zones if z.id in rules], inside, strict=True):
            for a, b in stays(t, row & known):
                middle = (a + b) // 2
                out.append(
                    {
                        "kind": "incursion",
                        "mmsi": [scene.ships[i].mmsi],
                        "start": iso(t[a]),
                        "end": iso(t[b]),
                        "lon": round(float(track.lon[middle]), 5),
                        "lat": round(float(track.lat[middle]), 5),
                        "near_decoy": _near_decoy(
                            scene, Plant("incursion", "", (i,), track.first + a, track.first + b)
                        ),
                        "label": "fleet crosses a line" if i in scene.fleet else "fishing inside",
                        "zone": zone,
                    }
                )
    return out


def stays(t: Floats, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """First and last index of each stay; stays less than SORTIE_S apart are one, those under 10 minutes none."""
    index = np.flatnonzero(inside)
    if not len(index):
        return []
    cut = np.flatnonzero(np.diff(t[index]) > SORTIE_S)
    firsts, lasts = np.append(index[0], index[cut + 1]), np.append(index[cut], index[-1])
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True) if t[b] - t[a] >= 600.0]


def _decoy(scene: Scene, i: int) -> dict[str, object]:
    decoy = scene.decoys[i]
    return {
        "label": decoy.label,
        "mmsi": sorted(scene.ships[j].mmsi for j in decoy.ships),
        "start": iso(scene.epoch(decoy.first)),
        "end": iso(scene.epoch(min(decoy.last, scene.grid.steps - 1))),
        "lon": round(float(decoy.where[0]), 5),
        "lat": round(float(decoy.where[1]), 5),
        "reach_nm": round(float(decoy.reach_nm), 2),
    }
