"""Two ships measured against each other: one sample for every real fix of either.

A sample is a real fix of one ship with the other's place then, interpolated between two real fixes at most
``max_gap_us`` apart. Between neighbouring samples both move on straight lines, so nothing is nearer in between than at
the farther of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detectors.geo import KNOT_M_S, US_S, Bools, Floats, Ints, distance_m
from detectors.hulls import BOUND, gap_m, offset_m

if TYPE_CHECKING:
    from detectors.statics import Statics
    from detectors.tracks import Tracks


_SEEN_APART = 2  # real fixes of each ship; one may be a bad fix


@dataclass(frozen=True)
class Samples:
    """Samples of two ships, a and b, by time; n of each.

    Attributes:
        t: us since 1970.
        of_a: Whether the real fix is that of a.
        lon: Degrees east of the real fix.
        lat: Degrees north of the real fix.
        distance_m: Between antennas.
        gap_m: Between hulls where they are known, else between antennas.
        basis: What the gap rests on (`detectors.hulls.BASES`).
        bound_m: By how much the interpolated place can be wrong at most, at the ship's greatest speed around it.
        east_m: Antenna b east of antenna a.
        north_m: Antenna b north of antenna a.
    """

    t: Ints
    of_a: Bools
    lon: Floats
    lat: Floats
    distance_m: Floats
    gap_m: Floats
    basis: npt.NDArray[np.int8]
    bound_m: Floats
    east_m: Floats
    north_m: Floats

    def __len__(self) -> int:
        return len(self.t)

    @property
    def likely_gap_m(self) -> Floats:
        """Between hulls; where no heading is known, so that hulls could take up more or less, half of the most."""
        return np.where(self.basis == BOUND, (self.distance_m + self.gap_m) / 2, self.gap_m)

    def __getitem__(self, keep: slice | Bools | Ints) -> Samples:
        return Samples(*(getattr(self, field.name)[keep] for field in fields(self)))


def measure(
    tracks: Tracks, statics: Statics, pair: tuple[int, int], from_us: int, to_us: int, max_gap_us: int
) -> Samples:
    """Return the samples of two ships (by index) in a span."""
    columns: list[tuple[npt.NDArray[np.generic], ...]] = []
    for ship, other, sign in ((pair[0], pair[1], 1.0), (pair[1], pair[0], -1.0)):
        part = tracks.fixes_of(ship, from_us, to_us)
        t, lon, lat = tracks.t[part], tracks.lon[part], tracks.lat[part]
        other_lon, other_lat, known = tracks.position_at(other, t, max_gap_us)
        t, lon, lat = t[known], lon[known], lat[known]
        other_lon, other_lat = other_lon[known], other_lat[known]
        east, north = offset_m(lon, lat, other_lon, other_lat)
        heading = _heading(tracks.heading_deg[part][known])
        other_heading, bound = _beside(tracks, other, t)
        columns.append(
            (t, np.full(len(t), sign > 0), lon, lat, distance_m(lon, lat, other_lon, other_lat), bound,
             sign * east, sign * north, *((heading, other_heading) if sign > 0 else (other_heading, heading)))
        )  # fmt: skip
    t, of_a, lon, lat, apart, bound, east, north, heading_a, heading_b = (
        np.concatenate(both) for both in zip(*columns, strict=True)
    )
    order = np.lexsort((~of_a, t))
    t = t[order]
    sides_a, sides_b = (statics.sides_at(int(tracks.mmsi[ship]), t) for ship in pair)
    gap, basis = gap_m(east[order], north[order], sides_a, sides_b, heading_a[order], heading_b[order])
    # The offsets are on a plane, the distances on the sphere; a point's gap is its distance.
    gap = np.where(basis > 0, gap, apart[order])
    rest = (column[order] for column in (bound, east, north))
    return Samples(t, of_a[order], lon[order], lat[order], apart[order], gap, basis, *rest)


def _heading(sent: npt.NDArray[np.int16]) -> Floats:
    return np.where(sent >= 0, sent, np.nan).astype(np.float64)


def _beside(tracks: Tracks, ship: int, t: Ints) -> tuple[Floats, Floats]:
    """Return a ship's heading as sent with the fix nearest to each time, and how wrong its place can be, metres."""
    part = slice(int(tracks.offsets[ship]), int(tracks.offsets[ship + 1]))
    times = tracks.t[part]
    low = np.clip(np.searchsorted(times, t, "right") - 1, 0, len(times) - 1)
    high = np.minimum(low + (times[low] != t), len(times) - 1)
    since, until = t - times[low], times[high] - t
    lon, lat = tracks.lon[part], tracks.lat[part]
    seconds = np.maximum(times[high] - times[low], 1) / US_S
    made_good = distance_m(lon[low], lat[low], lon[high], lat[high]) / seconds
    sent = np.fmax(tracks.sog_kn[part][low], tracks.sog_kn[part][high]).astype(np.float64) * KNOT_M_S
    bound = np.fmax(sent, made_good) * np.minimum(np.abs(since), np.abs(until)) / US_S
    return tracks.heading_near(ship, t), bound


def silence_us(samples: Samples, max_gap_us: int) -> Ints:
    """Return for each sample the time before it, since the first, that lies in holes longer than the greatest."""
    step = np.diff(samples.t, prepend=samples.t[:1])
    total: Ints = np.cumsum(np.where(step > max_gap_us, step, 0))
    return total


def runs(
    samples: Samples,
    near: Bools,
    max_gap_us: int,
    least_us: int,
    *,
    state: Bools | None = None,
    apart: Bools | None = None,
    join_us: int = 0,
) -> Iterator[slice]:
    """Yield stretches of samples that begin and end near, joined over holes, that last long enough.

    Samples in between that are not near are within the slice, as long as the next near one is not farther than the
    greatest hole: one bad fix does not end a contact. A change of state does.

    Args:
        samples: Of two ships.
        near: Which of them are in contact.
        max_gap_us: The greatest hole.
        least_us: Shorter stretches are left out.
        state: What the ships did at each sample.
        apart: Which samples show the ships clearly apart: two real fixes of each among them end a contact.
        join_us: Stretches are joined over a time of up to so long in which nothing was known of one ship, as long as no
            more of the whole is unseen than seen.
    """
    at = np.flatnonzero(near)
    if not len(at):
        return
    unseen = np.diff(silence_us(samples, max_gap_us)[at])
    ends = np.diff(samples.t[at]) - unseen > max_gap_us
    if state is not None:
        ends |= state[at][1:] != state[at][:-1]
    if apart is not None:
        seen_a, seen_b = (np.diff(np.cumsum(apart & side)[at]) for side in (samples.of_a, ~samples.of_a))
        ends |= (seen_a >= _SEEN_APART) & (seen_b >= _SEEN_APART)
    breaks = np.flatnonzero(ends | (unseen > 0))
    pieces = list(zip(at[[0, *(breaks + 1)]].tolist(), at[[*breaks, -1]].tolist(), strict=True))
    if join_us:
        silences = np.where(ends[breaks] | (unseen[breaks] > join_us), -1, unseen[breaks])
        pieces = _joined(samples.t, pieces, silences.tolist())
    for low, high in pieces:
        if samples.t[high] - samples.t[low] >= least_us:
            yield slice(low, high + 1)


def _joined(t: Ints, pieces: list[tuple[int, int]], silences: list[int]) -> list[tuple[int, int]]:
    """Join stretches, from the first on, over the silences between them; -1 where another reason parts them."""
    found = pieces[:1]
    seen, unseen = int(t[pieces[0][1]] - t[pieces[0][0]]), 0
    for silence, (low, high) in zip(silences, pieces[1:], strict=True):
        more = int(t[high] - t[low])
        if silence >= 0 and unseen + silence <= seen + more:
            found[-1] = (found[-1][0], high)
            seen, unseen = seen + more, unseen + silence
        else:
            found.append((low, high))
            seen, unseen = more, 0
    return found
