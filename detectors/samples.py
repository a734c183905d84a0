"""Two ships measured against each other: one sample for every real fix of either.

A sample is a real fix of one ship with the other's place then, interpolated between two real fixes at most
``max_gap_us`` apart. Between neighbouring samples both move on straight lines, so nothing is nearer in between than at
the farther of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detectors.geo import KNOT_M_S, US_S, Bools, Floats, Ints, distance_m
from detectors.hulls import BOUND, POINTS, gap_m, offset_m

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
        tracks: The fixes that they are of.
        pair: Indices of a and b in these.
    """

    t: Ints
    of_a: Bools
    lon: Floats
    lat: Floats
    distance_m: Floats
    gap_m: Floats
    basis: npt.NDArray[np.int8]
    tracks: Tracks
    pair: tuple[int, int]

    def __len__(self) -> int:
        return len(self.t)

    @property
    def likely_gap_m(self) -> Floats:
        """Between hulls; where no heading is known, so that hulls could take up more or less, half of the most."""
        return np.where(self.basis == BOUND, (self.distance_m + self.gap_m) / 2, self.gap_m)

    @property
    def bound_m(self) -> Floats:
        """By how much the interpolated place can be wrong at most, at the ship's greatest speed around it.

        Computed when asked: few samples are.
        """
        found = np.empty(len(self), dtype=np.float64)
        for ship, side in ((self.pair[1], self.of_a), (self.pair[0], ~self.of_a)):
            if side.any():
                found[side] = _bound_m(self.tracks, ship, self.t[side])
        return found

    def __getitem__(self, keep: slice | Bools | Ints) -> Samples:
        rows = np.flatnonzero(keep) if isinstance(keep, np.ndarray) and keep.dtype == np.bool_ else keep
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = ("t", "of_a", "lon", "lat", "distance_m", "gap_m", "basis")


def measure(
    tracks: Tracks, statics: Statics, pair: tuple[int, int], from_us: int, to_us: int, max_gap_us: int
) -> Samples:
    """Return the samples of two ships (by index) in a span."""
    sides = (
        _seen(tracks, *pair, from_us, to_us, max_gap_us),
        _seen(tracks, pair[1], pair[0], from_us, to_us, max_gap_us),
    )
    times: Ints = np.concatenate([sides[0][0], sides[1][0]])
    order = np.argsort(times, kind="stable")  # a's before b's of one instant
    t, of_a = times[order], order < len(sides[0][0])
    lon, lat, other_lon, other_lat = (
        np.concatenate(both)[order] for both in zip(sides[0][1], sides[1][1], strict=True)
    )
    apart = distance_m(lon, lat, other_lon, other_lat)
    sides_a, sides_b = (statics.sides_at(int(tracks.mmsi[ship]), t) for ship in pair)
    gap, basis = apart, np.full(len(t), POINTS, np.int8)
    if not (np.isnan(sides_a[:, 0]) & np.isnan(sides_b[:, 0])).all():
        headings = [tracks.heading_near(ship, t) for ship in pair]
        east, north = (np.where(of_a, one, -one) for one in offset_m(lon, lat, other_lon, other_lat))
        gap, basis = gap_m(east, north, sides_a, sides_b, *headings)
        # The offsets are on a plane, the distances on the sphere; a point's gap is its distance.
        gap = np.where(basis > POINTS, gap, apart)
    return Samples(t, of_a, lon, lat, apart, gap, basis, tracks, pair)


def _seen(
    tracks: Tracks, ship: int, other: int, from_us: int, to_us: int, max_gap_us: int
) -> tuple[Ints, tuple[Floats, Floats, Floats, Floats]]:
    """Return the times of a ship's fixes at which the other's place is known, and both places in degrees."""
    part = tracks.fixes_of(ship, from_us, to_us)
    t, lon, lat = tracks.t[part], tracks.lon[part], tracks.lat[part]
    other_lon, other_lat, known = tracks.position_at(other, t, max_gap_us)
    if known.all():
        return t, (lon, lat, other_lon, other_lat)
    return t[known], (lon[known], lat[known], other_lon[known], other_lat[known])


def _bound_m(tracks: Tracks, ship: int, t: Ints) -> Floats:
    """Return how wrong a ship's interpolated places can be, metres."""
    part = slice(int(tracks.offsets[ship]), int(tracks.offsets[ship + 1]))
    times = tracks.t[part]
    low = np.clip(np.searchsorted(times, t, "right") - 1, 0, len(times) - 1)
    high = np.minimum(low + (times[low] != t), len(times) - 1)
    since, until = t - times[low], times[high] - t
    lon, lat = tracks.lon[part], tracks.lat[part]
    seconds = np.maximum(times[high] - times[low], 1) / US_S
    made_good = distance_m(lon[low], lat[low], lon[high], lat[high]) / seconds
    sent = np.fmax(tracks.sog_kn[part][low], tracks.sog_kn[part][high]).astype(np.float64) * KNOT_M_S
    bound: Floats = np.fmax(sent, made_good) * np.minimum(np.abs(since), np.abs(until)) / US_S
    return bound


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
