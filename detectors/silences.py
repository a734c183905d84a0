"""Silences of ships: spans without any sign of life, with the fixes on either side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detectors.geo import US_H, Bools, Floats, Ints
from detectors.view import as_table

if TYPE_CHECKING:
    from detectors.view import View

# A silence as long as a bucket always parts two buckets of its ship: their ends tell it without sorting all signs.
_SILENCES = """
WITH buckets AS (
  SELECT mmsi, track, min(t) AS low, max(t) AS high FROM {signs} GROUP BY mmsi, track, epoch_us(t) // {bucket}
)
SELECT mmsi, track, epoch_us(high) AS start_us, coalesce(epoch_us(next_t), -1) AS end_us FROM (
  SELECT mmsi, track, high, lead(low) OVER (PARTITION BY mmsi, track ORDER BY low) AS next_t FROM buckets
) WHERE coalesce(next_t, make_timestamp({horizon})) - high >= to_microseconds({least})
ORDER BY mmsi, track, high
"""
# The end itself was a fix in nearly all cases; min() settles two fixes of one instant.
_FIX_AT = """
SELECT i, t_us, place.lon AS lon, place.lat AS lat FROM (
  SELECT a.i AS i, a.t_us AS t_us, min({'lon': f.lon, 'lat': f.lat}) AS place
  FROM asked a JOIN fixes f ON f.mmsi = a.mmsi AND f.track = a.track AND f.t = make_timestamp(a.t_us)
  GROUP BY a.i, a.t_us
)
"""
_FIX_NEAR = """
WITH own AS (
  SELECT mmsi, track, t, min({{'lon': lon, 'lat': lat}}) AS place
  FROM fixes SEMI JOIN asked USING (mmsi, track) GROUP BY mmsi, track, t
)
SELECT a.i AS i, epoch_us(own.t) AS t_us, own.place.lon AS lon, own.place.lat AS lat
FROM (SELECT i, mmsi, track, make_timestamp(t_us) AS t FROM asked) a
ASOF JOIN own ON own.mmsi = a.mmsi AND own.track = a.track AND own.t {than} a.t
"""


@dataclass(frozen=True)
class Ends:
    """The real fix nearest to one end of each of n silences.

    Attributes:
        t_us: Its time, us since 1970; -1 where the ship gave none on that side.
        lon: Degrees east, NaN where there is none.
        lat: Degrees north, NaN where there is none.
    """

    t_us: Ints
    lon: Floats
    lat: Floats

    @property
    def known(self) -> Bools:
        """Where there is a fix."""
        return self.t_us >= 0

    def joined(self, other: Ends) -> Ends:
        """Return these ends followed by others."""
        columns = zip((self.t_us, self.lon, self.lat), (other.t_us, other.lon, other.lat), strict=True)
        return Ends(*(np.concatenate(pair) for pair in columns))

    def where(self, keep: Bools) -> Ends:
        """Return the ends of some of the silences."""
        return Ends(self.t_us[keep], self.lon[keep], self.lat[keep])


@dataclass(frozen=True)
class Silences:
    """n silences, by ship and time.

    Attributes:
        mmsi: The ship's number.
        track: Which of the ships with that number.
        start_us: Its last sign of life before, us since 1970.
        end_us: Its next sign of life; the horizon where there is none.
        is_open: Where there is none.
        before: The last fix at or before the start.
        after: The first fix at or after the end.
    """

    mmsi: Ints
    track: npt.NDArray[np.uint64]
    start_us: Ints
    end_us: Ints
    is_open: Bools
    before: Ends
    after: Ends

    def __len__(self) -> int:
        return len(self.mmsi)

    def where(self, keep: Bools) -> Silences:
        """Return some of the silences."""
        columns = {name: getattr(self, name)[keep] for name in ("mmsi", "track", "start_us", "end_us", "is_open")}
        return replace(self, **columns, before=self.before.where(keep), after=self.after.where(keep))


def find_silences(view: View, least_us: int) -> Silences:
    """Return all silences of the view of at least that many microseconds, open ones counted up to the horizon."""
    rows = view.columns(
        _SILENCES.format(signs=view.signs, horizon=view.horizon_us, least=least_us, bucket=min(least_us, US_H))
    )
    mmsi, start, end = (rows[name].astype(np.int64) for name in ("mmsi", "start_us", "end_us"))
    is_open = end < 0
    ends = _fixes(view, np.tile(mmsi, 2), np.tile(rows["track"], 2), np.concatenate([start, end]))
    number = len(mmsi)
    before, after = (ends.where(np.arange(2 * number) // max(number, 1) == side) for side in (0, 1))
    return Silences(mmsi, rows["track"], start, np.where(is_open, view.horizon_us, end), is_open, before, after)


def _fixes(view: View, mmsi: Ints, track: npt.NDArray[np.uint64], t_us: Ints) -> Ends:
    """Return each ship's fix at a time or, failing that, the nearest one on one side of it.

    The first half of the times are starts, with fixes before them; the others are ends, with fixes after them.
    """
    ends = Ends(np.full(len(mmsi), -1, dtype=np.int64), np.full(len(mmsi), np.nan), np.full(len(mmsi), np.nan))
    is_start = np.arange(len(mmsi)) < len(mmsi) // 2
    if (tracks := view.few) is not None:
        at = tracks.nearest(np.where(t_us >= 0, tracks.index_of(mmsi, track), -1), t_us, ~is_start)
        there = at >= 0
        ends.t_us[there], ends.lon[there], ends.lat[there] = (
            column[at[there]] for column in (tracks.t, tracks.lon, tracks.lat)
        )
        return ends
    before, after = (_FIX_NEAR.format(than=than) for than in ("<=", ">="))
    for sql, side in ((_FIX_AT, np.ones(len(mmsi), np.bool_)), (before, is_start), (after, ~is_start)):
        wanted = np.flatnonzero((t_us >= 0) & ~ends.known & side)
        if not len(wanted):
            continue
        ship: dict[str, npt.NDArray[Any]] = {"mmsi": mmsi[wanted].astype(np.uint32), "track": track[wanted]}
        asked = as_table({"i": wanted, **ship, "t_us": t_us[wanted]})
        found = view.columns(sql, asked=asked)
        at = found["i"]
        ends.t_us[at], ends.lon[at], ends.lat[at] = found["t_us"], found["lon"], found["lat"]
    return ends
