"""Fixes of many ships as flat arrays, by ship and time; one fix per ship and instant.

A ship is a number and a track: ships that share a number stand beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from detectors.geo import KNOT_M_S, US_S, Bools, Floats, Ints, between, distance_m
from detectors.order import order_by


@dataclass(frozen=True)
class Paths:
    """Where ships were: columns of n fixes, sorted by ship and then strictly by time.

    Attributes:
        mmsi: Ship number of each of s ships, shape (s,), ascending.
        track: Which of the ships with that number, shape (s,), ascending within it; 0 = the one with most fixes.
        offsets: Fixes of ship i are ``offsets[i]:offsets[i + 1]``, shape (s + 1,).
        ship: Index of each fix's ship, shape (n,).
        t: us since 1970, shape (n,).
        lon: Degrees east, shape (n,).
        lat: Degrees north, shape (n,).
    """

    mmsi: Ints
    track: npt.NDArray[np.uint64]
    offsets: Ints
    ship: npt.NDArray[np.int32]
    t: Ints
    lon: Floats
    lat: Floats

    SAID: ClassVar[tuple[str, ...]] = ("lon", "lat")
    COLUMNS: ClassVar[str] = "mmsi, track, t, lon, lat"

    @classmethod
    def of(cls, rows: pa.Table) -> Self:
        """Build from rows of `COLUMNS` in any order."""
        keys: list[npt.NDArray[Any]] = [rows["mmsi"].to_numpy(), rows["track"].to_numpy()]
        times: Ints = rows["t"].to_numpy().view(np.int64)
        order = order_by(times, *reversed(keys))
        number, track, t = (column if _one_value(column) else column[order] for column in (*keys, times))
        said: list[npt.NDArray[Any]] = [rows[name].to_numpy()[order] for name in cls.SAID]
        first = np.ones(len(t), dtype=np.bool_)
        np.not_equal(number[1:], number[:-1], out=first[1:])
        first[1:] |= track[1:] != track[:-1]
        fresh = first.copy()
        fresh[1:] |= t[1:] != t[:-1]
        if not fresh.all():
            keep = _one_per_instant(fresh, *said)
            number, track, t, *said = (column[keep] for column in (number, track, t, *said))
            first = first[fresh]
        starts = np.flatnonzero(first)
        return cls(
            mmsi=number[starts].astype(np.int64),
            track=track[starts],
            offsets=np.append(starts, len(number)).astype(np.int64),
            ship=np.cumsum(first, dtype=np.int32) - np.int32(1),
            t=t,
            **dict(zip(cls.SAID, said, strict=True)),
        )

    def __len__(self) -> int:
        return len(self.t)

    def among(self, mmsi: Ints, track: npt.NDArray[np.uint64]) -> Self:
        """Return the same fixes with their ships among more ships, of which the others have none here.

        Args:
            mmsi: Numbers of all ships, those of these fixes among them, in the order of `Paths`.
            track: Their tracks.
        """
        place = np.flatnonzero(np.isin(mmsi, self.mmsi))
        count = np.zeros(len(mmsi), dtype=np.int64)
        count[place] = np.diff(self.offsets)
        offsets = np.append(0, np.cumsum(count))
        return replace(self, mmsi=mmsi, track=track, offsets=offsets, ship=place.astype(np.int32)[self.ship])


@dataclass(frozen=True)
class Tracks(Paths):
    """Paths with what ships said of their motion.

    Attributes:
        sog_kn: Knots as sent, NaN where unknown, shape (n,).
        cog_deg10: Course over ground as sent, tenths of a degree true, -1 where unknown, shape (n,).
        heading_deg: Heading as sent, degrees true, -1 where unknown, shape (n,).
    """

    sog_kn: npt.NDArray[np.float32]
    cog_deg10: npt.NDArray[np.int16]
    heading_deg: npt.NDArray[np.int16]

    SAID: ClassVar[tuple[str, ...]] = ("lon", "lat", "sog_kn", "cog_deg10", "heading_deg")
    COLUMNS: ClassVar[str] = (
        "mmsi, track, t, lon, lat, sog_kn, coalesce(round(cog_deg * 10)::SMALLINT, -1) AS cog_deg10, "
        "coalesce(heading_deg::SMALLINT, -1) AS heading_deg"
    )

    def nearest(self, ship: Ints, t: Ints, after: Bools) -> Ints:
        """Return each time's nearest fix of a ship (by index, -1 = none), at or before or at or after it; -1 for none.

        Args:
            ship: The ships, shape (m,).
            t: us since 1970, shape (m,).
            after: Where it is the one at or after the time, shape (m,).
        """
        found = np.full(len(t), -1, np.int64)
        for one in np.unique(ship[ship >= 0]).tolist():
            own = np.flatnonzero(ship == one)
            low, high = self.offsets[one], self.offsets[one + 1]
            times = self.t[low:high]
            at = low + np.where(
                after[own], np.searchsorted(times, t[own], "left"), np.searchsorted(times, t[own], "right") - 1
            )
            found[own] = np.where((at >= low) & (at < high), at, -1)
        return found

    def index_of(self, mmsi: Ints, track: npt.NDArray[np.uint64]) -> Ints:
        """Return the index of each of some ships by number and track, -1 for one that is not there."""
        place = {key: i for i, key in enumerate(zip(self.mmsi.tolist(), self.track.tolist(), strict=True))}
        keys = zip(mmsi.tolist(), track.tolist(), strict=True)
        return np.array([place.get(key, -1) for key in keys], np.int64)

    def sharing(self, ship: int, from_us: int, to_us: int) -> int:
        """Return how many ships of one's number (by index) have a fix with from_us <= t <= to_us."""
        low, high = (int(np.searchsorted(self.mmsi, self.mmsi[ship], side)) for side in ("left", "right"))
        if high - low == 1:
            return 1
        parts = (self.fixes_of(other, from_us, to_us) for other in range(low, high))
        return sum(part.stop > part.start for part in parts)

    def fixes_of(self, ship: int, from_us: int, to_us: int) -> slice:
        """Return the fixes of one ship (by index) with from_us <= t <= to_us."""
        low, high = self.offsets[ship], self.offsets[ship + 1]
        times = self.t[low:high]
        return slice(
            int(low + np.searchsorted(times, from_us, "left")), int(low + np.searchsorted(times, to_us, "right"))
        )

    def position_at(self, ship: int, t: Ints, max_gap_us: int) -> tuple[Floats, Floats, Bools]:
        """Return where one ship was at given times, by its two real fixes around each.

        Returns:
            lon, lat in degrees and whether each is known: a real fix at that very time, or two real fixes around it
            at most max_gap_us apart.
        """
        part = slice(int(self.offsets[ship]), int(self.offsets[ship + 1]))
        times, lon, lat = self.t[part], self.lon[part], self.lat[part]
        before = np.searchsorted(times, t, "right") - 1
        low = np.maximum(before, 0)
        exact = (before >= 0) & (times[low] == t)
        high = np.minimum(low + 1, len(times) - 1)
        span = times[high] - times[low]
        known = exact | ((before >= 0) & (high > low) & (span <= max_gap_us))
        fraction = (t - times[low]) / np.maximum(span, 1)
        at_lon, at_lat = between(lon[low], lat[low], lon[high], lat[high], fraction)
        return at_lon, at_lat, known

    def heading_near(self, ship: int, t: Ints) -> Floats:
        """Return the heading that one ship (by index) sent with the fix nearest to each time; NaN where none."""
        part = slice(int(self.offsets[ship]), int(self.offsets[ship + 1]))
        times = self.t[part]
        low = np.clip(np.searchsorted(times, t, "right") - 1, 0, len(times) - 1)
        high = np.minimum(low + (times[low] != t), len(times) - 1)
        sent = self.heading_deg[part][np.where(np.abs(t - times[low]) <= np.abs(times[high] - t), low, high)]
        return np.where(sent >= 0, sent, np.nan).astype(np.float64)

    def speed_kn(self, part: slice) -> Floats:
        """Return the speeds of one ship's fixes in a part: as sent, else by the fixes of the part on either side."""
        sent = self.sog_kn[part].astype(np.float64)
        if not np.isnan(sent).any() or len(sent) < 2:
            return sent
        index = np.arange(part.start, part.stop)
        low, high = np.maximum(index - 1, part.start), np.minimum(index + 1, part.stop - 1)
        seconds = np.maximum(self.t[high] - self.t[low], 1) / US_S
        moved = distance_m(self.lon[low], self.lat[low], self.lon[high], self.lat[high])
        return np.where(np.isnan(sent), moved / seconds / KNOT_M_S, sent)


def _one_value(column: npt.NDArray[Any]) -> bool:
    """Say whether a column holds one value throughout, as tracks mostly do, and need not be put in order."""
    return not len(column) or bool(column.min() == column.max())


def _one_per_instant(fresh: Bools, *columns: npt.NDArray[Any]) -> Ints:
    """Return which row to keep of each instant of a ship: the least by its columns, the first of them first.

    Sorting all rows by all of it would double the time of the sort; instants said twice are few.

    Args:
        fresh: Where a new instant (or ship) begins, shape (n,).
        columns: Longitude, latitude and so on, NaN last, each of shape (n,).
    """
    shared = ~fresh
    shared[:-1] |= ~fresh[1:]
    rows = np.flatnonzero(shared)
    instant = np.cumsum(fresh)[rows]
    order = np.lexsort((*(column[rows] for column in reversed(columns)), instant))
    least = order[np.append(True, instant[order][1:] != instant[order][:-1])]
    keep = np.flatnonzero(fresh)
    keep[instant[least] - 1] = rows[least]
    return keep
