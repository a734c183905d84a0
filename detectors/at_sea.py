"""Slow spells without what of them lies in a port or anchorage: what a ship does there is told by no detector.

A place counts as in port within a distance of its listed point. In a ship-to-ship area of the zones nothing does:
meetings there are what the area is for. Most spells lie wholly in or wholly out, which their spread around one fix
tells; the rest is asked fix by fix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detectors.geo import Bools, Floats, Ints, distance_m
from detectors.slow_spells import Limits, Spells, find_spells

if TYPE_CHECKING:
    from detectors.tracks import Tracks
    from detectors.view import View


@dataclass(frozen=True)
class Ashore:
    """How near a port's or an anchorage's point is in it, metres."""

    port_m: float
    anchorage_m: float

    def holds(self, view: View, lon: Floats, lat: Floats, t: Ints) -> Bools:
        """Say which places are in a port or anchorage and in no ship-to-ship area."""
        held = view.places.near_port(lon, lat, self.port_m) >= 0
        held |= view.places.near_anchorage(lon, lat, self.anchorage_m) >= 0
        held[held] = ~in_sts(view, lon[held], lat[held], t[held])
        return held


def in_sts(view: View, lon: Floats, lat: Floats, t: Ints) -> Bools:
    """Say which places lie in a ship-to-ship transfer area of the zones."""
    areas = [zone.id for zone in view.zones.zones if zone.kind == "sts_area"]
    if not areas or not len(lon):
        return np.zeros(len(lon), dtype=np.bool_)
    return np.asarray(view.zones.inside(lon, lat, t, ids=areas).any(axis=0))


def at_sea(
    view: View, tracks: Tracks, slow: Bools, spells: Spells, ashore: Ashore, limits: Limits, least_us: int
) -> Spells:
    """Return the parts of spells, at least so long, that lie in no port or anchorage, by ship and time."""
    wholly, partly = _in_port(view, tracks, spells, ashore)
    row, _ = _rows(spells.where(partly))
    row = row[slow[row]]
    row = row[~ashore.holds(view, tracks.lon[row], tracks.lat[row], tracks.t[row])]
    away, parts = spells.where(~wholly & ~partly), find_spells(tracks, row, limits, least_us)
    first, last = np.append(away.first, parts.first), np.append(away.last, parts.last)
    order = np.argsort(first)
    return Spells(first[order], last[order])


def _in_port(view: View, tracks: Tracks, spells: Spells, ashore: Ashore) -> tuple[Bools, Bools]:
    """Say which spells lie wholly in a port or anchorage, and which may lie partly in one."""
    wholly, partly = (np.zeros(len(spells), dtype=np.bool_) for _ in range(2))
    if not len(spells):
        return wholly, partly
    row, starts = _rows(spells)
    middle = (spells.first + spells.last) // 2
    centre = np.repeat(middle, spells.last - spells.first + 1)
    apart = distance_m(tracks.lon[row], tracks.lat[row], tracks.lon[centre], tracks.lat[centre])
    spread = np.maximum.reduceat(apart, starts)
    lon, lat, places = tracks.lon[middle], tracks.lat[middle], view.places
    for near, of, limit_m in (
        (places.near_port, places.ports, ashore.port_m),
        (places.near_anchorage, places.anchorages, ashore.anchorage_m),
    ):
        place = near(lon, lat, limit_m + float(spread.max()))
        known = np.flatnonzero(place >= 0)
        away = distance_m(lon[known], lat[known], of.lon[place[known]], of.lat[place[known]])
        wholly[known] |= away + spread[known] <= limit_m
        partly[known] |= away - spread[known] <= limit_m
    asked = np.flatnonzero(wholly)
    row, starts = _rows(spells.where(wholly))
    if len(row):
        wholly[asked] = ~np.logical_or.reduceat(in_sts(view, tracks.lon[row], tracks.lat[row], tracks.t[row]), starts)
    return wholly, partly & ~wholly


def _rows(spells: Spells) -> tuple[Ints, Ints]:
    """Return all rows of some spells in a row, and where each spell's rows start among them."""
    count = spells.last - spells.first + 1
    starts = np.cumsum(count) - count
    return np.arange(int(count.sum())) + np.repeat(spells.first - starts, count), starts
