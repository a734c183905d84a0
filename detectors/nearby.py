"""Which pairs of ships came near each other slowly, and when: the candidates for meetings.

Every ship is set on a common clock of ``STEP`` by interpolation between its real fixes; pairs within reach of each
other at a step are found with a k-d tree over Cartesian metres, so no seam at 180 degrees, at whole degrees or at the
poles can part them. These places are never evidence: candidates are measured again on real fixes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from detectors.geo import KNOT_M_S, US_S, Bools, Floats, Ints, between, distance_m, xyz_m
from detectors.order import order_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from detectors.tracks import Paths, Tracks

STEP_US = 600 * US_S
WAITS_KN = 2.5  # between steps: at anchor, adrift, or in a queue that moves up
_APART_M = 1e7  # between steps in the tree's fourth dimension: more than any reach
_CHUNK = 100_000  # places in one tree: what fits a cache is searched faster


@dataclass(frozen=True)
class Steps:
    """Interpolated places: index of the ship, number of the step since 1970, degrees; sorted by ship and step."""

    ship: Ints
    step: Ints
    lon: Floats
    lat: Floats

    def __getitem__(self, keep: Bools | Ints) -> Steps:
        return Steps(self.ship[keep], self.step[keep], self.lon[keep], self.lat[keep])


@dataclass(frozen=True)
class Neighbours:
    """Places of slow ships, and which of them are within reach of each other at one step.

    Attributes:
        mmsi: Number of each ship by index, of slow ones and all others.
        track: Which of the ships with that number.
        steps: The places.
        waiting: At each place, how many other slow ships are within reach.
        first: One place of each pair, that of the ship with the lesser index.
        second: The other one.
        apart_m: Their distance.
        in_company: Which places have another one within reach, of these pairs or of others.
    """

    mmsi: Ints
    track: npt.NDArray[np.uint64]
    steps: Steps
    waiting: Ints
    first: Ints
    second: Ints
    apart_m: Floats
    in_company: Bools

    @property
    def paired(self) -> Ints:
        """The places with another one within reach, ascending."""
        return np.flatnonzero(self.in_company)

    @property
    def paired_ships(self) -> Ints:
        """The ships (by index) that had another one within reach, ascending."""
        return np.unique(self.steps.ship[self.paired])


@dataclass(frozen=True)
class Candidates:
    """Spans in which two ships (by index, first < second) may have met; us since 1970."""

    first: Ints
    second: Ints
    from_us: Ints
    to_us: Ints


def on_steps(paths: Paths, max_gap_us: int) -> Steps:
    """Return where each ship was at each step that lies between two of its fixes at most max_gap_us apart."""
    number = paths.t // STEP_US
    crossed = number[1:] - number[:-1]
    linked = (paths.ship[1:] == paths.ship[:-1]) & (crossed > 0) & (paths.t[1:] - paths.t[:-1] <= max_gap_us)
    low = np.flatnonzero(linked)
    count = crossed[low]
    left = np.repeat(low, count)
    nth = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    step = number[left] + 1 + nth
    span = paths.t[left + 1] - paths.t[left]
    fraction = (step * STEP_US - paths.t[left]) / span
    lon, lat = between(paths.lon[left], paths.lat[left], paths.lon[left + 1], paths.lat[left + 1], fraction)
    return Steps(paths.ship[left].astype(np.int64), step, lon, lat)


def slow(steps: Steps, max_kn: float) -> Bools:
    """Say at which steps a ship moved at most that fast on one side of the step, or has no step beside it."""
    if len(steps.ship) < 2:
        return np.ones(len(steps.ship), dtype=np.bool_)
    linked = (steps.ship[1:] == steps.ship[:-1]) & (steps.step[1:] - steps.step[:-1] == 1)
    moved = distance_m(steps.lon[:-1], steps.lat[:-1], steps.lon[1:], steps.lat[1:])
    gentle = linked & (moved <= max_kn * KNOT_M_S * STEP_US / US_S)
    keep = np.zeros(len(steps.ship), dtype=np.bool_)
    keep[:-1] |= gentle
    keep[1:] |= gentle
    alone = np.ones(len(steps.ship), dtype=np.bool_)
    alone[:-1] &= ~linked
    alone[1:] &= ~linked
    return keep | alone


def neighbours(parts: Iterable[Paths], reach_m: float, max_kn: float, max_gap_us: int) -> Neighbours:
    """Return which slow ships were within reach_m of each other, at steps between fixes at most max_gap_us apart.

    Args:
        parts: The fixes of all ships, those of some at a time, in order.
        reach_m: How near.
        max_kn: How slow between two steps.
        max_gap_us: The longest span to interpolate over.
    """
    mmsi, track = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    kept, waiting = (
        [Steps(*(np.empty(0, kind) for kind in (np.int64, np.int64, float, float)))],
        [np.empty(0, np.bool_)],
    )
    ships = 0
    for paths in parts:
        places, waits = slow_steps(paths, max_kn, max_gap_us)
        mmsi.append(paths.mmsi)
        track.append(paths.track)
        kept.append(replace(places, ship=places.ship + ships))
        waiting.append(waits)
        ships += len(paths.mmsi)
    steps = Steps(*(np.concatenate([getattr(one, field.name) for one in kept]) for field in fields(Steps)))
    first, second, apart = pairs(steps, reach_m)
    beside = np.zeros(len(steps.ship), dtype=np.bool_)
    beside[first] = beside[second] = True
    waits = np.concatenate(waiting)
    near = first, second, apart
    return Neighbours(np.concatenate(mmsi), np.concatenate(track), steps, crowds(waits, first, second), *near, beside)


def crowds(waits: Bools, first: Ints, second: Ints) -> Ints:
    """Return at each place how many of those that it makes a pair with wait."""
    number = len(waits)
    found: Ints = np.bincount(first[waits[second]], minlength=number)
    return found + np.bincount(second[waits[first]], minlength=number)


def slow_steps(paths: Paths, max_kn: float, max_gap_us: int) -> tuple[Steps, Bools]:
    """Return the places of ships where they were slow, and which of these waited."""
    steps = on_steps(paths, max_gap_us)
    waits = slow(steps, WAITS_KN)
    keep = slow(steps, max_kn) | waits
    return steps[keep], waits[keep]


def pairs(steps: Steps, reach_m: float) -> tuple[Ints, Ints, Floats]:
    """Return both places of every pair within reach at one step, the lesser ship's first, and how far apart."""
    found: list[tuple[Ints, Ints, Floats]] = []
    order = order_by(steps.step)
    number = steps.step[order]
    start = 0
    while start < len(order):
        stop = min(start + _CHUNK, len(order))
        if stop < len(order):  # never cut within a step
            stop = int(np.searchsorted(number, number[stop], "left"))
            stop = stop if stop > start else int(np.searchsorted(number, number[start], "right"))
        part = order[start:stop]
        place = xyz_m(steps.lon[part], steps.lat[part])
        tree = cKDTree(np.column_stack([place, (number[start:stop] - number[start]) * _APART_M]))
        low, high = np.ascontiguousarray(tree.query_pairs(reach_m, output_type="ndarray").T)
        found.append((part[low], part[high], _straight_m(place, low, high)))  # within a step in order of ships
        start = stop
    if not found:
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0)
    first, second, apart = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return first, second, apart


def _straight_m(place: Floats, low: Ints, high: Ints) -> Floats:
    """Return how far places in Cartesian metres lie apart, axis by axis: as rows they would be copied twice."""
    squares = [(axis[low] - axis[high]) ** 2 for axis in np.ascontiguousarray(place.T)]
    apart: Floats = np.sqrt(squares[0] + squares[1] + squares[2])
    return apart


def spans(near: Neighbours, keep: Bools, max_gap_us: int, least_us: int, tracks: Tracks, join_us: int) -> Candidates:
    """Join the steps of each pair over holes and drop what is too short.

    Args:
        near: Places and pairs.
        keep: Which pairs.
        max_gap_us: Holes that are joined.
        least_us: Spans that could not hold a contact of this length are left out.
        tracks: All fixes.
        join_us: Longer holes are joined where one of the two was silent for up to so long.
    """
    steps = near.steps
    first, second = steps.ship[near.first[keep]], steps.ship[near.second[keep]]
    step = steps.step[near.first[keep]]
    order = order_by(step, second, first)
    first, second, step = first[order], second[order], step[order]
    reach = max_gap_us + STEP_US
    hole = 2 + 2 * reach // STEP_US  # nearer ones would overlap once widened, and tell of one contact twice
    new = np.ones(len(first), dtype=np.bool_)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1]) | (step[1:] - step[:-1] > hole)
    late = np.flatnonzero(new[1:] & (first[1:] == first[:-1]) & (second[1:] == second[:-1])) + 1
    late = late[step[late] - step[late - 1] <= (join_us + max_gap_us) // STEP_US + 2]
    low_us, high_us = step[late - 1] * STEP_US, step[late] * STEP_US
    quiet = [_silent(tracks, ship[late], low_us, high_us, max_gap_us) for ship in (first, second)]
    new[late] = ~(quiet[0] | quiet[1])
    starts = np.flatnonzero(new)
    stops = np.append(starts[1:], len(first)) - 1 if len(starts) else starts
    from_us, to_us = (step[starts] - 1) * STEP_US, (step[stops] + 1) * STEP_US
    enough = to_us - from_us >= least_us
    return Candidates(first[starts][enough], second[starts][enough], from_us[enough] - reach, to_us[enough] + reach)


def _silent(tracks: Tracks, ship: Ints, low_us: Ints, high_us: Ints, max_gap_us: int) -> Bools:
    """Say of ships (by index) whether each was silent for longer than max_gap_us somewhere between two times."""
    if not len(ship):
        return np.zeros(0, np.bool_)
    at = np.flatnonzero((tracks.ship[1:] == tracks.ship[:-1]) & (tracks.t[1:] - tracks.t[:-1] > max_gap_us))
    if not len(at):
        return np.zeros(len(ship), np.bool_)
    # By ship and second in one key, both in order as the fixes are.
    owner = tracks.ship[at].astype(np.int64) << 34
    begins, ends = owner + tracks.t[at] // US_S, owner + tracks.t[at + 1] // US_S
    wanted = ship << 34
    after = np.minimum(np.searchsorted(ends, wanted + low_us // US_S, "right"), len(at) - 1)
    found: Bools = (tracks.ship[at[after]] == ship) & (ends[after] > wanted + low_us // US_S)
    return found & (begins[after] < wanted + high_us // US_S)
