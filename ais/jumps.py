"""Impossible jumps: fixes that their ship cannot have reached, a pure function of one ship's fixes in order.

Fixes are taken in order of (t, lon, lat). Each joins the track that was heard last among those from whose last fix it
could have come: the way, less `position_noise_m`, in the time, plus `time_noise_s`, at no more than `max_speed_kn`.
A fix that no track can have reached starts one. At most `max_tracks` are followed; the shortest gives way.
Then, longest track first (of equals the earlier): a track whose time overlaps with one that is believed is doubted
wholly, so one stray fix, an excursion or the lesser of two ships with one number; so is one of fewer than `min_fixes`
fixes, unless the ship has no longer one. Of a believed track that follows another, the first fix is doubted: the ship
was then somewhere else than it could be, and which side is wrong nobody can tell. Doubted fixes stay in the case.

Aircraft (message type 9) are not judged. Telling apart ships that share a number is not done here.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

JUMP = 1  # flag of `marks`
EARTH_M = 6_371_008.8  # mean radius (IUGG)
KN_M_S = 1852 / 3600

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_N = Any  # a number or an array of numbers


@dataclass(frozen=True)
class JumpRule:
    """When a step is impossible.

    Attributes:
        max_speed_kn: No ship that carries AIS is faster for long: fast ferries make 50 kn, the fastest built 58.
        position_noise_m: Two fixes may be wrong by so much together: type 27 is rounded to 185 m, a poor fix to 1 km.
        time_noise_s: Receive times may be wrong by so much together: rounding to seconds, latency of satellites.
        min_fixes: A track of fewer fixes is a stray.
        max_tracks: Tracks followed at once; more are noise.
    """

    max_speed_kn: float = 60.0
    position_noise_m: float = 2_000.0
    time_noise_s: float = 15.0
    min_fixes: int = 3
    max_tracks: int = 16

    def impossible(self, t0: _N, lon0: _N, lat0: _N, t1: _N, lon1: _N, lat1: _N, m: Any = np) -> Any:
        """Say of each step (UTC microseconds, degrees) whether no ship can have made it.

        Args:
            t0: Time before.
            lon0: Longitude before.
            lat0: Latitude before.
            t1: Time after.
            lon1: Longitude after.
            lat1: Latitude after.
            m: `numpy` for arrays; `math` is ten times as fast for single steps.
        """
        x = m.radians((lon1 - lon0 + 180) % 360 - 180)
        a0, a1 = m.radians(lat0), m.radians(lat1)
        half = m.sin((a1 - a0) / 2) ** 2 + m.cos(a0) * m.cos(a1) * m.sin(x / 2) ** 2
        half = (1 + half - abs(1 - half)) / 2  # at most 1, whatever rounding did to antipodes
        way_m = 2 * EARTH_M * m.asin(m.sqrt(half))
        seconds = abs(t1 - t0) / 1e6 + self.time_noise_s
        return way_m - self.position_noise_m > self.max_speed_kn * KN_M_S * seconds


@dataclass
class _Track:
    """Fixes that one ship can have made: runs of rows, and where it was last."""

    runs: list[tuple[int, int]] = field(default_factory=list)
    fixes: int = 0

    @property
    def first(self) -> int:
        return self.runs[0][0]

    @property
    def last(self) -> int:
        return self.runs[-1][1] - 1


def jumps(mmsi: Ints, t: Ints, lon: Floats, lat: Floats, rule: JumpRule) -> Bools:
    """Say of each fix whether it is doubted; rows are sorted by (mmsi, t, lon, lat).

    Args:
        mmsi: Ship of each fix.
        t: UTC microseconds.
        lon: Degrees east.
        lat: Degrees north.
        rule: What is impossible.
    """
    doubted = np.zeros(len(t), bool)
    if len(t) < 2:
        return doubted
    bad = rule.impossible(t[:-1], lon[:-1], lat[:-1], t[1:], lon[1:], lat[1:]) & (mmsi[1:] == mmsi[:-1])
    starts = np.flatnonzero(np.r_[True, mmsi[1:] != mmsi[:-1]])
    ends = np.r_[starts[1:], len(t)]
    breaks = np.flatnonzero(bad) + 1
    for ship in np.unique(np.searchsorted(starts, breaks, side="right") - 1):
        start, end = int(starts[ship]), int(ends[ship])
        first, last = np.searchsorted(breaks, (start, end))
        cuts = [start, *breaks[first:last].tolist(), end]
        _doubt(_tracks(cuts, t, lon, lat, rule), t, lon, lat, doubted, rule)
    return doubted


def _tracks(cuts: list[int], t: Ints, lon: Floats, lat: Floats, rule: JumpRule) -> list[_Track]:
    """Follow one ship's tracks. Between two cuts every step is possible, so such a run is one piece of a track."""
    done: list[_Track] = []
    followed: list[_Track] = []  # heard longest ago first
    for start, end in pairwise(cuts):
        track = _latest_that_reaches(followed, start, t, lon, lat, rule)
        if track is None:
            track = _Track()
            if len(followed) >= rule.max_tracks:
                shortest = min(followed, key=lambda other: other.fixes)
                followed.remove(shortest)
                done.append(shortest)
        else:
            followed.remove(track)
        track.runs.append((start, end))
        track.fixes += end - start
        followed.append(track)
    return done + followed


def _latest_that_reaches(
    followed: list[_Track], fix: int, t: Ints, lon: Floats, lat: Floats, rule: JumpRule
) -> _Track | None:
    here = (int(t[fix]), float(lon[fix]), float(lat[fix]))
    for track in reversed(followed):
        last = track.last
        if not rule.impossible(int(t[last]), float(lon[last]), float(lat[last]), *here, m=math):
            return track
    return None


def _doubt(tracks: list[_Track], t: Ints, lon: Floats, lat: Floats, doubted: Bools, rule: JumpRule) -> None:
    """Mark the fixes that are doubted among one ship's tracks."""
    believed: list[_Track] = []  # by time; none overlaps another
    for track in sorted(tracks, key=lambda track: (-track.fixes, track.first)):
        at = bisect(believed, track.first, key=lambda other: other.first)
        stray = bool(believed) and track.fixes < rule.min_fixes
        if stray or any(
            track.first < other.last and other.first < track.last for other in believed[max(at - 1, 0) : at + 1]
        ):
            for start, end in track.runs:
                doubted[start:end] = True
        else:
            believed.insert(at, track)
    for track in believed[1:]:
        # Fixes of the same place and time cannot be told apart, so they share the doubt.
        i = track.first
        doubted[i] = True
        while i + 1 <= track.last and (t[i + 1], lon[i + 1], lat[i + 1]) == (t[i], lon[i], lat[i]):
            i += 1
            doubted[i] = True
