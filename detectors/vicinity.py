"""Which slow ships were near each other, kept in memory from one detection to the next, in blocks of two hours.

Where ships were at each step hangs on their own fixes alone, so that after a change the places of the ships that
changed are made anew, and only at the steps that it can reach: those not farther from it than two fixes may be apart.
What was there before tells, exactly, beside whom a ship no longer lies. Nothing of it is kept in the case, and all of
it can be read anew at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detectors.geo import Bools, Floats, Ints
from detectors.nearby import STEP_US, Neighbours, Steps, crowds, pairs, slow_steps
from detectors.shelf import numbers_of
from detectors.thinned import Thinned
from detectors.view import SMALL_ROWS, undoubted

if TYPE_CHECKING:
    import duckdb

    from detectors.changes import Changes
    from detectors.shelf import Shelf
    from detectors.tracks import Paths, Tracks

MOST_PLACES = 4_000_000  # some 200 MB
MOST_BEFORE = 300_000  # fixes that are kept as they were before the last look, too
BLOCK = 12  # steps
_AT_ONCE, _FEW_AT_ONCE = 12, 365 * 12  # blocks that are read together, and where few fixes are in all of them
_COUNT = "SELECT count(*) FROM positions WHERE t >= make_timestamp(?::BIGINT) AND t <= make_timestamp(?::BIGINT)"
_COLUMNS: dict[str, type[np.generic]] = {
    "mmsi": np.uint32,
    "track": np.uint64,
    "step": np.int32,
    "lon": np.float64,
    "lat": np.float64,
    "waits": np.bool_,
}
Places = Mapping[str, npt.NDArray[Any]]
_NOWHERE: Places = {name: np.empty(0, kind) for name, kind in _COLUMNS.items()}


def _where(places: Places, keep: Bools | Ints) -> Places:
    return {name: column[keep] for name, column in places.items()}


def _joined(parts: Iterable[Places]) -> Places:
    held = [_NOWHERE, *parts]
    return {name: np.concatenate([part[name] for part in held]) for name in _COLUMNS}


@dataclass(frozen=True)
class Block:
    """Places of slow ships at the steps of a block, by ship and step, and which are near each other.

    Attributes:
        places: Number and track of the ship, the step, degrees, and whether it waited, as columns.
        first: One place of each pair, that of the lesser ship.
        second: The other one.
        apart_m: Their distance.
        waiting: At each place, how many other slow ships are near.
    """

    places: Places
    first: Ints
    second: Ints
    apart_m: Floats
    waiting: Ints

    @classmethod
    def of(cls, places: Places, reach_m: float) -> Block:
        """Find who is near whom."""
        if not len(places["mmsi"]):
            return _EMPTY
        places = _where(places, np.lexsort((places["step"], places["track"], places["mmsi"])))
        new = np.ones(len(places["mmsi"]), np.bool_)
        new[1:] = (np.diff(places["mmsi"]) != 0) | (places["track"][1:] != places["track"][:-1])
        step = places["step"].astype(np.int64)
        first, second, apart_m = pairs(Steps(np.cumsum(new) - 1, step, places["lon"], places["lat"]), reach_m)
        return cls(places, first, second, apart_m, crowds(places["waits"], first, second))

    @cached_property
    def paired(self) -> Bools:
        """Which places have another one near."""
        found = np.zeros(len(self.waiting), np.bool_)
        found[self.first] = found[self.second] = True
        return found

    @cached_property
    def in_company(self) -> frozenset[int]:
        """The numbers of the ships that had another one near."""
        return frozenset(self.places["mmsi"][self.paired].tolist())

    def touching(self, ships: Ints) -> Bools:
        """Say in which pairs some ships, by number, take part."""
        ours = np.isin(self.places["mmsi"], ships)
        found: Bools = ours[self.first] | ours[self.second]
        return found

    def beside(self, at: Bools) -> frozenset[int]:
        """Return the numbers of the ships that are near some places."""
        mmsi = self.places["mmsi"]
        return frozenset(mmsi[self.second[at[self.first]]].tolist() + mmsi[self.first[at[self.second]]].tolist())


_NONE = np.empty(0, np.int64)
_EMPTY = Block(_NOWHERE, _NONE, _NONE, np.empty(0), _NONE)


class Vicinity:
    """Blocks of one open case, by one detector's thresholds.

    Attributes:
        reach_m: How near is near.
        max_kn: How slow between two steps.
        max_gap_us: The longest span to interpolate over.
    """

    def __init__(self, reach_m: float, max_kn: float, max_gap_us: int) -> None:
        self.reach_m, self.max_kn, self.max_gap_us = reach_m, max_kn, max_gap_us
        self._blocks: dict[int, Block] = {}
        self._as_of: tuple[int, int] | None = None
        self._horizon_us = 0
        self._thinned = Thinned()
        # A look that is cut off leaves the events as they were: the next one goes on from what was known before it.
        self._before: tuple[tuple[int, int], dict[int, Block], Thinned] | None = None

    @classmethod
    def of(cls, shelf: Shelf, reach_m: float, max_kn: float, max_gap_us: int) -> Vicinity:
        """Return that of a case, empty at first."""
        found = shelf.beside.setdefault((cls.__name__, reach_m, max_kn, max_gap_us), cls(reach_m, max_kn, max_gap_us))
        assert isinstance(found, cls)
        return found

    def changed(self, changes: Changes) -> frozenset[int] | None:
        """Take in a change.

        Returns:
            The ships that changed, and all that are or were near one of them where she now was elsewhere or, before,
            had been; None where what was before is not known.
        """
        seen = changes.since_id, changes.before_us
        if self._as_of != seen:
            self._as_of, self._blocks, self._thinned = None, {}, Thinned()
            if self._before is not None and self._before[0] == seen:
                self._as_of, self._blocks, self._thinned = self._before
        known = self._as_of == seen
        few = len(self._thinned) <= MOST_BEFORE
        self._before = (seen, dict(self._blocks), copy(self._thinned)) if few else None
        self._as_of, self._horizon_us = None, changes.horizon_us  # until all is taken in
        self._let_go()
        around_us = self.max_gap_us + STEP_US
        high = min(changes.high_us + around_us, changes.horizon_us) // STEP_US + 1
        on_time, since_us = changes.on_time
        first, stirred = (changes.low_us - around_us) // STEP_US, set(changes.ships)
        low = (since_us - around_us) // STEP_US
        anew = self._slow(self._thinned.carried_on(changes, low * STEP_US - self._beside_us), low, high)
        groups = [(on_time, low, anew)]
        if late := changes.ships - on_time:
            groups.append((late, first, self._places(changes.con, first, high, late)))
        for ships, low, anew in groups:
            ours, nows = numbers_of(ships), _by_block(anew)
            for number in range(low // BLOCK, high // BLOCK + 1):
                block = self._blocks.get(number)
                if block is None:
                    if number * BLOCK * STEP_US <= changes.before_us:
                        known = False
                        continue
                    block = _EMPTY
                if number not in nows and not len(block.waiting):  # a wrong stamp may leave years between two fixes
                    self._blocks[number] = block
                    continue
                mine = np.isin(block.places["mmsi"], ours)
                mine &= (block.places["step"] >= low) & (block.places["step"] <= high)
                now = nows.get(number, _NOWHERE)
                gone, came = _unlike(before := _where(block.places, mine), now)
                if gone.any() or came.any():
                    renewed = Block.of(_joined([_where(block.places, ~mine), now]), self.reach_m)
                    differ = _joined([_where(before, gone), _where(now, came)])
                    stirred |= block.beside(_at(block.places, differ)) | renewed.beside(_at(renewed.places, differ))
                    block = renewed
                self._blocks[number] = block
        self._fill(changes.con, first // BLOCK, high // BLOCK)
        self._as_of = changes.last_id, changes.horizon_us
        return frozenset(stirred) if known else None

    def in_company(self, con: duckdb.DuckDBPyConnection, low_us: int, high_us: int) -> frozenset[int]:
        """Return the numbers of all ships that had another one near in a span of time."""
        return frozenset().union(*(block.in_company for block in self._span(con, low_us, high_us)))

    def partners(self, con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, ships: Ints) -> Ints:
        """Return the numbers of all ships that were near one of some in a span, and of those of them that were."""
        found = [np.empty(0, np.uint32)]
        for block in self._span(con, low_us, high_us):
            touching = block.touching(ships)
            found += [block.places["mmsi"][side[touching]] for side in (block.first, block.second)]
        return np.unique(np.concatenate(found))

    def neighbours(
        self, con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, ships: Ints, tracks: Tracks
    ) -> Neighbours:
        """Return the places of ships in a span, with their pairs in which some take part.

        Args:
            con: The case.
            low_us: Begin of the span.
            high_us: Its end.
            ships: Numbers of those whose pairs are wanted.
            tracks: All fixes of these and of those near them: the ships of the places.
        """
        ours, parts, count = np.unique(tracks.mmsi), [(_NOWHERE, *np.zeros((3, 0), np.int64), np.empty(0))], 0
        beside = [(np.empty(0, np.int64), np.empty(0, np.bool_))]
        for block in self._span(con, low_us, high_us):
            t = block.places["step"].astype(np.int64) * STEP_US
            keep = np.isin(block.places["mmsi"], ours) & (t >= low_us) & (t <= high_us)
            place = np.cumsum(keep) - 1 + count
            pair = np.flatnonzero(block.touching(ships) & keep[block.first])
            parts.append(
                (_where(block.places, keep), place[block.first[pair]], place[block.second[pair]], block.apart_m[pair])
            )
            beside.append((block.waiting[keep], block.paired[keep]))
            count += int(keep.sum())
        places = _joined(part[0] for part in parts)
        first, second, apart_m = (np.concatenate([part[i] for part in parts]) for i in (1, 2, 3))
        waiting, paired = (np.concatenate([part[i] for part in beside]) for i in (0, 1))
        # A place lies between two fixes of its ship, which are in the window or beside its edge.
        ship = _ships_of(tracks, places)
        order = np.lexsort((places["step"], ship))
        to = np.empty(count, np.int64)
        to[order] = np.arange(count)
        steps = Steps(ship, places["step"].astype(np.int64), places["lon"], places["lat"])[order]
        near = to[first], to[second], apart_m
        return Neighbours(tracks.mmsi, tracks.track, steps, waiting[order], *near, paired[order])

    def _span(self, con: duckdb.DuckDBPyConnection, low_us: int, high_us: int) -> Iterator[Block]:
        """Yield the blocks of a span of time, up to the horizon, in which there are places."""
        first, last = (t // STEP_US // BLOCK for t in (low_us, min(high_us, self._horizon_us)))
        self._fill(con, first, last)
        for number in range(first, last + 1):
            if len((block := self._blocks[number]).waiting):
                yield block

    def _fill(self, con: duckdb.DuckDBPyConnection, first: int, last: int) -> None:
        """Read what is missing of some blocks."""
        missing = [number for number in range(first, last + 1) if number not in self._blocks]
        at_once = _AT_ONCE
        if len(missing) > at_once:
            span = (number * BLOCK * STEP_US for number in (missing[0], missing[-1] + 1))
            few = con.execute(_COUNT, [*span]).fetchall()[0][0] <= SMALL_ROWS
            at_once = _FEW_AT_ONCE if few else at_once
        while missing:
            part = [number for number in missing[:at_once] if number < missing[0] + at_once]
            missing = missing[len(part) :]
            found = _by_block(self._places(con, part[0] * BLOCK, (part[-1] + 1) * BLOCK - 1, None))
            for one in part:
                self._blocks[one] = Block.of(found.get(one, _NOWHERE), self.reach_m)

    def _places(self, con: duckdb.DuckDBPyConnection, low: int, high: int, ships: frozenset[int] | None) -> Places:
        """Return where ships were slow at the steps from one to another, both included."""
        span = low * STEP_US - self._beside_us, min(high * STEP_US + self._beside_us, self._horizon_us)
        return self._slow(undoubted(con, *span, ships), low, high)

    @property
    def _beside_us(self) -> int:
        """How far beside a step fixes tell where a ship was there, and whether slow: that hangs on the steps beside."""
        return self.max_gap_us + 2 * STEP_US

    def _slow(self, parts: Iterable[Paths], low: int, high: int) -> Places:
        """Return where ships were slow at the steps from one to another, both included."""
        found = []
        for paths in parts:  # of a flood of numbers nothing is kept that was nowhere slow
            steps, waits = slow_steps(paths, self.max_kn, self.max_gap_us)
            columns = paths.mmsi[steps.ship], paths.track[steps.ship], steps.step, steps.lon, steps.lat, waits
            named = zip(_COLUMNS.items(), columns, strict=True)
            places = {name: column.astype(kind, copy=False) for (name, kind), column in named}
            found.append(_where(places, (steps.step >= low) & (steps.step <= high)))
        return _joined(found)

    def _let_go(self) -> None:
        """Let go of the oldest blocks where there are too many places."""
        room = MOST_PLACES
        for number in sorted(self._blocks, reverse=True):
            room -= len(self._blocks[number].waiting)
            if room < 0:
                del self._blocks[number]


def _by_block(places: Places) -> dict[int, Places]:
    """Return places by the number of their block."""
    number = places["step"] // BLOCK
    order = np.argsort(number, kind="stable")
    numbers, starts = np.unique(number[order], return_index=True)
    return {int(one): _where(places, rows) for one, rows in zip(numbers, np.split(order, starts[1:]), strict=False)}


def _unlike(one: Places, other: Places) -> tuple[Bools, Bools]:
    """Say which of two lots of places are not in the other lot; no lot has a ship twice at a step."""
    rows = _joined([one, other])
    order, twice = _by_place(rows)
    like = twice.copy()
    for column in rows.values():
        like &= column[order[1:]] == column[order[:-1]]
    unlike = np.ones(len(order), np.bool_)
    unlike[order[1:][like]] = unlike[order[:-1][like]] = False
    return unlike[: len(one["mmsi"])], unlike[len(one["mmsi"]) :]


def _at(places: Places, others: Places) -> Bools:
    """Say which places are those of ships at steps at which others are."""
    order, twice = _by_place(_joined([places, others]))
    found = np.zeros(len(order), np.bool_)
    at = np.flatnonzero(twice)  # of the same ship and step, some of the first lot come first
    found[order[at]] = found[order[at + 1]] = True
    return found[: len(places["mmsi"])]


def _by_place(places: Places) -> tuple[Ints, Bools]:
    """Return the order of places by ship and step, and which of them is followed by one of the same."""
    order = np.lexsort((places["step"], places["track"], places["mmsi"]))
    twice = np.ones(max(len(order) - 1, 0), np.bool_)
    for name in ("mmsi", "track", "step"):
        twice &= places[name][order[1:]] == places[name][order[:-1]]
    return order, twice


def _ships_of(tracks: Tracks, places: Places) -> Ints:
    """Return the index of each place's ship."""
    if (tracks.track == 0).all():
        return np.searchsorted(tracks.mmsi, places["mmsi"].astype(np.int64))
    index = {key: i for i, key in enumerate(zip(tracks.mmsi.tolist(), tracks.track.tolist(), strict=True))}
    keys = zip(places["mmsi"].tolist(), places["track"].tolist(), strict=True)
    return np.array([index[key] for key in keys], np.int64)
