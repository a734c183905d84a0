"""Spells in which a ship was slow without a break: flat arrays over all fixes, no loop over them.

A fix is slow under a speed limit: by the speed it sent, else by the fixes on either side. Slow fixes of a ship belong
to one spell where no hole between fixes is too long, what is faster between them is a short burst (a noisy fix, a turn
of the screw to keep station), and they lie no further apart than the limit allows. Whether a fix belongs to a spell
depends on the fixes within `Limits.reach_us` of it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detectors.geo import KNOT_M_S, US_S, Bools, Ints, distance_m, wrap_lon
from detectors.tracks import Tracks
from detectors.view import SMALL_ROWS

if TYPE_CHECKING:
    import pyarrow as pa

    from detectors.view import View

# Fixes err by tens of metres, and an antenna at one end swings with the ship: no sign of speed.
SWING_M = 150.0
DEGREE_M = 111_320.0  # no degree of latitude or longitude is longer on the mean sphere

# What lies more than a bucket from anything slow can neither lengthen a spell nor tell the speed of a slow fix.
_AROUND_SLOW = """
WITH slow AS (SELECT DISTINCT mmsi, track, epoch_us(t) // {bucket} AS b FROM {fixes} WHERE {said_slow}),
around AS (SELECT DISTINCT mmsi, track, unnest([b - 1, b, b + 1]) AS b FROM slow)
SELECT {columns} FROM {fixes} f
SEMI JOIN around a ON f.mmsi = a.mmsi AND f.track = a.track AND epoch_us(f.t) // {bucket} = a.b
"""


@dataclass(frozen=True)
class Limits:
    """What is slow, and what does not break a spell: knots, longest hole, longest faster burst, microseconds."""

    sog_kn: float
    gap_us: int
    burst_us: int

    @property
    def reach_us(self) -> int:
        """How far beyond its ends fixes may change a spell: two holes and a burst to a slow fix, one to its speed."""
        return 3 * self.gap_us + self.burst_us


@dataclass(frozen=True)
class Spells:
    """n spells by ship and time: rows of each one's first and last slow fix."""

    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.first)

    def where(self, keep: Bools) -> Spells:
        """Return some of the spells."""
        return Spells(self.first[keep], self.last[keep])


def near_slow(view: View, limits: Limits, rows: pa.Table | None = None) -> Tracks:
    """Return the view's fixes, or those of some rows, in hours around any that is slow or does not say its speed.

    Where they are few, all of them: to leave out the others takes longer.
    """
    if rows is None and view.few is not None:
        return view.few
    if rows is not None and rows.num_rows <= SMALL_ROWS:
        return Tracks.of(view.query(f"SELECT {Tracks.COLUMNS} FROM given_fixes", given_fixes=rows))
    sql = _AROUND_SLOW.format(
        fixes="fixes" if rows is None else "given_fixes",
        bucket=limits.gap_us + limits.burst_us,
        said_slow=f"sog_kn < {limits.sog_kn} OR sog_kn IS NULL",
        columns=Tracks.COLUMNS,
    )
    return Tracks.of(view.query(sql) if rows is None else view.query(sql, given_fixes=rows))


def slow_fixes(tracks: Tracks, limits: Limits) -> Bools:
    """Say which fixes are slow and lie where the fixes beside them allow."""
    slow = np.asarray(tracks.sog_kn < limits.sog_kn)
    linked = np.zeros(
        len(tracks) + 1, dtype=np.bool_
    )  # row i: fix i - 1 to fix i; none before the first, after the last
    linked[1:-1] = (tracks.ship[1:] == tracks.ship[:-1]) & (np.diff(tracks.t) <= limits.gap_us)
    unsaid = np.flatnonzero(np.isnan(tracks.sog_kn))
    low, high = unsaid - linked[unsaid], unsaid + linked[unsaid + 1]
    seconds = (tracks.t[high] - tracks.t[low]) / US_S
    moved = distance_m(tracks.lon[low], tracks.lat[low], tracks.lon[high], tracks.lat[high])
    slow[unsaid] = (high > low) & (moved < limits.sog_kn * KNOT_M_S * seconds)
    inner = np.flatnonzero(linked[:-1] & linked[1:] & slow)
    astray = inner[_too_far(tracks, inner - 1, inner, limits)]
    astray = astray[_too_far(tracks, astray, astray + 1, limits)]
    slow[astray[~_too_far(tracks, astray - 1, astray + 1, limits)]] = False
    return slow


def find_spells(tracks: Tracks, rows: Ints, limits: Limits, least_us: int) -> Spells:
    """Return the spells that rows of slow fixes (ascending) make and that last at least so long."""
    if not len(rows):
        return Spells(rows, rows)
    before, after = rows[:-1], rows[1:]
    hole = np.zeros(len(tracks), dtype=np.int32)
    np.cumsum(np.diff(tracks.t) > limits.gap_us, out=hole[1:])
    same = (tracks.ship[before] == tracks.ship[after]) & (hole[before] == hole[after])
    burst_us = tracks.t[after - 1] - tracks.t[np.minimum(before + 1, after - 1)]
    same &= (after - before == 1) | (burst_us <= limits.burst_us)
    at = np.flatnonzero(same)
    same[at[_too_far(tracks, before[at], after[at], limits)]] = False
    first = rows[np.append(True, ~same)]
    last = rows[np.append(~same, True)]
    spells = Spells(first, last)
    return spells.where(tracks.t[last] - tracks.t[first] >= least_us)


def _too_far(tracks: Tracks, low: Ints, high: Ints, limits: Limits) -> Bools:
    """Say which two fixes lie further apart than the limit of speed and the swing allow."""
    allowed = limits.sog_kn * KNOT_M_S / US_S * (tracks.t[high] - tracks.t[low]) + SWING_M
    d_lon = np.abs(wrap_lon(tracks.lon[high] - tracks.lon[low]))
    far = (d_lon + np.abs(tracks.lat[high] - tracks.lat[low])) * DEGREE_M > allowed  # at most so far: most are near
    at = np.flatnonzero(far)
    one, other = low[at], high[at]
    far[at] = distance_m(tracks.lon[one], tracks.lat[one], tracks.lon[other], tracks.lat[other]) > allowed[at]
    return far
