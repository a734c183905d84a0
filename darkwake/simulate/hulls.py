"""How far apart two hulls are: the least distance between two rectangles on the water, whose antennas do not matter.

Hulls here never overlap, so the least distance is that of a corner of one to a side of the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.grid import DEGREE_M, Floats
from darkwake.simulate.ships import Ship
from darkwake.simulate.voyage import Track


def gap_m(a: Ship, track_a: Track, b: Ship, track_b: Track, steps: NDArray[np.int64]) -> Floats:
    """Metres between two hulls at steps of the grid at which both ships are."""
    i, j = steps - track_a.first, steps - track_b.first
    lat = np.radians((track_a.lat[i] + track_b.lat[j]) / 2.0)
    east = (track_b.lon[j] - track_a.lon[i]) * np.cos(lat) * DEGREE_M
    north = (track_b.lat[j] - track_a.lat[i]) * DEGREE_M
    ours = _corners(a, track_a.heading_deg[i])
    theirs = _corners(b, track_b.heading_deg[j]) + np.stack([east, north], axis=-1)[:, None, :]
    return np.minimum(_least(ours, theirs), _least(theirs, ours))


def close(a: Ship, track_a: Track, b: Ship, track_b: Track, within_m: float, around: int) -> tuple[int, int]:
    """First and last step of the stretch around a step in which two hulls are within some metres.

    Raises:
        ValueError: they are not at that step.
    """
    first, last = max(track_a.first, track_b.first), min(track_a.last, track_b.last)
    near = gap_m(a, track_a, b, track_b, np.arange(first, last)) <= within_m
    if not near[around - first]:
        raise ValueError(f"{a.name} and {b.name} are not within {within_m:.0f} m at step {around}: plant them nearer")
    apart = np.flatnonzero(~near)
    low = int(apart[apart < around - first].max(initial=-1)) + 1
    high = int(apart[apart > around - first].min(initial=len(near))) - 1
    return first + low, first + high


def _corners(ship: Ship, heading_deg: Floats) -> Floats:
    """Corners of a hull around its middle, metres east and north, shape (n, 4, 2), in order."""
    bow = np.radians(heading_deg)[:, None]
    forward = np.array([0.5, 0.5, -0.5, -0.5]) * ship.length_m
    right = np.array([-0.5, 0.5, 0.5, -0.5]) * ship.beam_m
    return np.stack([forward * np.sin(bow) + right * np.cos(bow), forward * np.cos(bow) - right * np.sin(bow)], axis=-1)


def _least(corners: Floats, hull: Floats) -> Floats:
    """Least distance of any corner of one rectangle to any side of another, shape (n,)."""
    start, side = hull[:, None, :, :], (np.roll(hull, -1, axis=1) - hull)[:, None, :, :]
    point = corners[:, :, None, :]
    share = ((point - start) * side).sum(-1) / np.maximum((side * side).sum(-1), 1e-9)
    foot = start + np.clip(share, 0.0, 1.0)[..., None] * side
    away: Floats = np.hypot(*np.moveaxis(point - foot, -1, 0)).min(axis=(1, 2))
    return away
