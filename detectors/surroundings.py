"""What was around a ship's stay in one place: other slow ships, her own silences beside it, her navigational status.

Ships are asked about by number and track, with a span of time each; all is read within `around_us` of that span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from detectors.geo import US_H, Bools, Ints, xyz_m
from detectors.view import as_table

if TYPE_CHECKING:
    from detectors.tracks import Tracks
    from detectors.view import View

LEAST_SILENCE_US = US_H
_APART_M = 1e8  # between hours in the tree's fourth dimension: more than any distance on Earth

_STATUS = """
SELECT a.i AS i, f.track AS track, coalesce(f.nav_status, 15)::INTEGER AS status, count(*) AS n
FROM asked a JOIN fixes f ON f.mmsi = a.mmsi AND f.t >= make_timestamp(a.start_us) AND f.t <= make_timestamp(a.stop_us)
GROUP BY ALL ORDER BY ALL
"""
_FAST = """
SELECT a.i AS i, count(*) AS n
FROM asked a JOIN fixes f ON f.mmsi = a.mmsi AND f.track = a.track
  AND f.t >= make_timestamp(a.start_us) AND f.t <= make_timestamp(a.stop_us)
WHERE f.sog_kn > {kn} GROUP BY a.i ORDER BY a.i
"""
# A silence as long as a bucket always parts two buckets of its ship (as in silences.py).
_SILENCES = f"""
WITH buckets AS (
  SELECT a.i AS i, min(epoch_us(s.t)) AS low, max(epoch_us(s.t)) AS high
  FROM asked a JOIN {{signs}} s ON s.mmsi = a.mmsi AND s.track = a.track
    AND s.t >= make_timestamp(a.start_us) AND s.t <= make_timestamp(a.stop_us)
  GROUP BY a.i, epoch_us(s.t) // {LEAST_SILENCE_US}
)
SELECT i, coalesce(max(silence), 0) AS silent_us FROM (
  SELECT i, low - lag(high) OVER (PARTITION BY i ORDER BY low) AS silence FROM buckets
) GROUP BY i ORDER BY i
"""


@dataclass(frozen=True)
class Stays:
    """n ships, each with a span of time: number, track, first and last instant (us since 1970)."""

    mmsi: Ints
    track: npt.NDArray[np.uint64]
    start_us: Ints
    stop_us: Ints

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, first and last instant of each."""
        return zip(self.mmsi.tolist(), self.start_us.tolist(), self.stop_us.tolist(), strict=True)

    def where(self, keep: Bools) -> Stays:
        """Return some of the stays."""
        return Stays(self.mmsi[keep], self.track[keep], self.start_us[keep], self.stop_us[keep])

    def asked(self, start_us: Ints, stop_us: Ints) -> Any:
        """Return the ships with spans of time as a table that a query may name."""
        ship: dict[str, npt.NDArray[Any]] = {"mmsi": self.mmsi.astype(np.uint32), "track": self.track}
        return as_table({"i": np.arange(len(self.mmsi)), **ship, "start_us": start_us, "stop_us": stop_us})


@dataclass
class Status:
    """What one ship said of her status in her span: fixes by code (15 = none), ships of her number heard in it."""

    fixes: Counter[int] = field(default_factory=Counter)
    tracks: set[int] = field(default_factory=set)

    @property
    def most(self) -> int | None:
        """The code sent most often, the least of equals; None where none was sent."""
        sent = {code: n for code, n in self.fixes.items() if code != 15}
        return min(sent, key=lambda code: (-sent[code], code)) if sent else None

    def mostly(self, *codes: int) -> bool:
        """Say whether over half of the fixes sent one of some codes."""
        return 2 * sum(self.fixes[code] for code in codes) > self.fixes.total()


def statuses(view: View, stays: Stays) -> list[Status]:
    """Return what each ship said of her navigational status."""
    found = [Status() for _ in stays.mmsi]
    rows = view.query(_STATUS, asked=stays.asked(stays.start_us, stays.stop_us)).to_pylist()
    for row in rows:
        one = found[row["i"]]
        one.tracks.add(row["track"])
        if row["track"] == int(stays.track[row["i"]]):
            one.fixes[row["status"]] += row["n"]
    return found


def fast_fixes(view: View, stays: Stays, kn: float, around_us: int) -> Ints:
    """Return how many fixes each ship sent with more than a speed in its span, or that long before or after."""
    asked = stays.asked(stays.start_us - around_us, np.minimum(stays.stop_us + around_us, view.horizon_us))
    rows = view.columns(_FAST.format(kn=kn), asked=asked)
    count = np.zeros(len(stays.mmsi), dtype=np.int64)
    count[rows["i"]] = rows["n"]
    return count


def silences_us(view: View, stays: Stays, around_us: int) -> tuple[Ints, Ints]:
    """Return the longest silence of each ship that began and ended in the time before its span, and in that after it.

    us; 0 where none was of `LEAST_SILENCE_US` or more, -1 where the ship was not heard before (or after) at all.
    """
    both = Stays(
        np.tile(stays.mmsi, 2),
        np.tile(stays.track, 2),
        np.concatenate([stays.start_us - around_us, stays.stop_us]),
        np.concatenate([stays.start_us, stays.stop_us + around_us]),
    )
    rows = view.columns(
        _SILENCES.format(signs=view.signs), asked=both.asked(both.start_us, np.minimum(both.stop_us, view.horizon_us))
    )
    longest = np.full(len(both.mmsi), -1, dtype=np.int64)
    longest[rows["i"]] = np.where(rows["silent_us"] >= LEAST_SILENCE_US, rows["silent_us"], 0)
    return longest[: len(stays.mmsi)], longest[len(stays.mmsi) :]


def neighbours(tracks: Tracks, slow: Bools, ship: Ints, stays: Stays, reach_m: float) -> Ints:
    """Return the most other slow ships within reach of each ship in one hour of its span.

    In each hour of the clock a ship is where her first slow fix of it lies.

    Args:
        tracks: All fixes near any slow one.
        slow: Which of them are slow.
        ship: Index of each stay's ship in tracks.
        stays: The stays.
        reach_m: Metres.
    """
    rows = np.flatnonzero(slow)
    hour = tracks.t[rows] // US_H
    fresh = np.append(True, (np.diff(tracks.ship[rows]) != 0) | (np.diff(hour) != 0))
    rows, hour = rows[fresh], hour[fresh]
    own, stay = _places_of(tracks, rows, ship, stays)
    asked = np.isin(hour, hour[own])
    place = np.column_stack([xyz_m(tracks.lon[rows], tracks.lat[rows]), (hour - hour.min()) * _APART_M])
    around = cKDTree(place[asked]).query_ball_point(place[own], reach_m, return_length=True) - 1
    most = np.zeros(len(ship), dtype=np.int64)
    np.maximum.at(most, stay, around)
    return most


def _places_of(tracks: Tracks, rows: Ints, ship: Ints, stays: Stays) -> tuple[Ints, Ints]:
    """Return which of the hourly places (by index) are of a stay, and of which."""
    own, stay = [], []
    bounds = np.searchsorted(tracks.ship[rows], [ship, ship + 1])
    for i, (low, high) in enumerate(bounds.T.tolist()):
        t = tracks.t[rows[low:high]]
        part = np.searchsorted(t, stays.start_us[i], "left"), np.searchsorted(t, stays.stop_us[i], "right")
        own.append(np.arange(low + part[0], low + part[1]))
        stay.append(np.full(part[1] - part[0], i, dtype=np.int64))
    return np.concatenate(own), np.concatenate(stay)
