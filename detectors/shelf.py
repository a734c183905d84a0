"""Fixes of the ships that were looked at of late, kept in memory from one detection to the next.

Rows lie in a case in the order in which they came: to read one ship's stay of a month is to read that month of all
ships. A watch looks at the same ships again and again; here a ship's fixes are read once, and then what came since.
What was read at once is a piece, by ship and time; small pieces are put together as they become many, so that a batch
of ten thousand ships costs a few steps over columns and not some for each ship.
Nothing of it is kept in the case, and all of it can be read anew at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from detectors.geo import Bools, Ints
from detectors.order import order_by

if TYPE_CHECKING:
    from ais.store import Store

MOST_ROWS = 2_500_000  # some 120 MB, and for moments twice that
SHIP_ROWS = 2  # what is noted of a ship takes as much as so many rows
_FULL = 0.75  # of the most rows, once room was made
MOST_SHIPS = 25_000  # asked for at once: more are read from the case, none of them is kept
SLACK_US = 86_400_000_000  # what lies so far before all that is asked of a ship is let go
SLACK_ROWS = 10_000
BEHIND_US = 600_000_000  # a ship that nobody asked for in so long is read anew: what came since is read for all at once
_EVER = np.iinfo(np.int64).min  # for the time None: from the first fix on
_NEVER = np.iinfo(np.int64).max
_open: WeakKeyDictionary[Store, Shelf] = WeakKeyDictionary()

Read = Callable[[Iterable[int], int | None], pa.Table]
Numbers = npt.NDArray[np.uint32]


@dataclass
class _Piece:
    """Fixes by ship and time, in one chunk.

    Attributes:
        rows: The fixes, some of which may be dead: they belong to no ship's span.
        t: Their times, us since 1970.
        mmsi: The ships, ascending.
        start: Where each one's fixes begin.
        stop: And end.
    """

    rows: pa.Table
    t: Ints
    mmsi: Numbers
    start: Ints
    stop: Ints

    @classmethod
    def of(cls, rows: pa.Table) -> _Piece:
        """Put rows in order."""
        number, t = rows["mmsi"].to_numpy(), rows["t"].to_numpy().view(np.int64)
        order = order_by(t, number)
        rows = rows.take(order).combine_chunks()
        number = number[order]
        starts = np.flatnonzero(np.append(True, number[1:] != number[:-1])) if len(number) else np.empty(0, np.int64)
        return cls(rows, t[order], number[starts], starts, np.append(starts[1:], len(number))[: len(starts)])

    @cached_property
    def latest_us(self) -> int:
        """The time of its last row."""
        return int(self.t.max())

    @property
    def live(self) -> int:
        """How many of its rows belong to a ship's span."""
        return int((self.stop - self.start).sum())

    def places(self, ships: Numbers) -> tuple[Ints, Ints]:
        """Return which of some ships (ascending) it has fixes of, and where in its lists these are."""
        at = np.searchsorted(self.mmsi, ships)
        there = np.flatnonzero(at < len(self.mmsi))
        there = there[self.mmsi[at[there]] == ships[there]]
        return there, at[there]

    def first_at(self, at: Ints, from_us: Ints | int) -> Ints:
        """Return the row of the first fix of some ships, by place, at a time or later; where theirs end for none."""
        low, high = self.start[at].copy(), self.stop[at].copy()
        while (undecided := low < high).any():
            middle = (low + high) // 2
            before = undecided & (self.t[np.minimum(middle, len(self.t) - 1)] < from_us)
            low = np.where(before, middle + 1, low)
            high = np.where(undecided & ~before, middle, high)
        return low

    def cut(self, ships: Numbers, from_us: int) -> None:
        """Let go of what some ships said at a time or later."""
        _, at = self.places(ships)
        self.stop[at] = self.first_at(at, from_us)

    def taken(self, start: Ints, stop: Ints) -> pa.Table:
        """Return the rows of some spans."""
        if len(start) == len(self.start) and int((stop - start).sum()) == len(self.rows):
            return self.rows
        return self.rows.take(_within(start, stop))


class Shelf:
    """The fixes at hand of one case that is open.

    Attributes:
        beside: What else is kept in memory of the case, by what it is.
        change_id: The last change that is taken in.
        horizon_us: The horizon then.
    """

    def __init__(self) -> None:
        self.beside: dict[Hashable, object] = {}
        self.change_id = self.horizon_us = 0
        self._clear()

    @classmethod
    def of(cls, store: Store) -> Shelf:
        """Return that of a case, empty at first."""
        return _open.setdefault(store, cls())

    @staticmethod
    def forget(store: Store) -> None:
        """Empty that of a case of which rows are gone."""
        _open.pop(store, None)

    def _clear(self) -> None:
        self._pieces: list[_Piece] = []
        self._ships: Numbers = np.empty(0, np.uint32)
        # Of each: from when and up to when all its fixes are here, the least time asked for, when that was last.
        self._low, self._high, self._least, self._used = (np.empty(0, np.int64) for _ in range(4))
        self._shared: set[int] = set()  # numbers that several ships may have
        self._turn = 0

    def renew(self, changed: Iterable[int] | None, low_us: int, horizon_us: int, change_id: int) -> None:
        """Let go of what changed.

        Args:
            changed: The ships whose rows did since the last time; None = any.
            low_us: No earlier row of theirs did.
            horizon_us: The horizon now, no earlier than it was.
            change_id: The last change there is.
        """
        whole = self._high == self.horizon_us  # what an earlier change cut, and nobody asked for since, stays behind
        self.change_id, self.horizon_us = change_id, horizon_us
        if changed is None:
            self._clear()
            return
        self._high[whole] = horizon_us
        at = np.flatnonzero(np.isin(self._ships, numbers_of(changed)))
        later = low_us > self._low[at]
        self._high[at[later]] = np.minimum(self._high[at[later]], low_us - 1)
        for piece in self._pieces:
            if len(piece.t) and low_us <= piece.latest_us:
                piece.cut(self._ships[at], low_us)
        self._drop(at[~later])
        self._make_room()

    def fixes(self, ships: Iterable[int], start_us: int | None, horizon_us: int, read: Read, tail: Read) -> pa.Table:
        """Return the fixes of some ships from a time up to the horizon, with each one's last before; in any order.

        Args:
            ships: Their numbers.
            start_us: From when; None = from the first.
            horizon_us: Up to when.
            read: Reads just that.
            tail: Reads all fixes of some ships after a time.
        """
        wanted, start = numbers_of(ships), _EVER if start_us is None else start_us
        at, there = self._places(wanted)
        known = at[there]
        there[there] = (self._low[known] <= start) & (self._high[known] >= horizon_us - BEHIND_US)
        short = wanted[~there]
        if len(short) or not self._pieces:
            self._drop(np.flatnonzero(np.isin(self._ships, short)))
            self._add(_Piece.of(read(short.tolist(), start_us)))
            self._note(short, start, horizon_us)
        at, _ = self._places(wanted)
        behind = at[self._high[at] < horizon_us]
        if len(behind):
            rows = tail(self._ships[behind].tolist(), int(self._high[behind].min()))
            whose, _ = self._places(rows["mmsi"].to_numpy())
            new = rows["t"].to_numpy().view(np.int64) > self._high[whose]
            self._add(_Piece.of(rows if new.all() else rows.filter(pa.array(new))))
            self._high[behind] = horizon_us
        self._turn += 1
        self._used[at] = self._turn
        self._least[at] = np.minimum(self._least[at], start)
        return self._taken(wanted, start)

    def _places(self, ships: Numbers) -> tuple[Ints, Bools]:
        """Return where ships are in the list, and whether they are."""
        at = np.searchsorted(self._ships, ships)
        there = at < len(self._ships)
        there[there] = self._ships[at[there]] == ships[there]
        return at, there

    def _note(self, ships: Numbers, low: int, high: int) -> None:
        """Note that all fixes of some more ships are here from one time to another."""
        values = ((self._low, low), (self._high, high), (self._least, _NEVER), (self._used, self._turn))
        numbers = np.append(self._ships, ships)
        order = np.argsort(numbers)
        self._ships = numbers[order]
        self._low, self._high, self._least, self._used = (
            np.append(column, np.full(len(ships), value, np.int64))[order] for column, value in values
        )

    def _drop(self, at: Ints) -> None:
        """Let go of some ships, by place."""
        if not len(at):
            return
        gone = self._ships[at]
        for piece in self._pieces:
            _, there = piece.places(gone)
            piece.stop[there] = piece.start[there]
        keep = np.ones(len(self._ships), np.bool_)
        keep[at] = False
        self._ships = self._ships[keep]
        self._low, self._high, self._least, self._used = (
            column[keep] for column in (self._low, self._high, self._least, self._used)
        )

    def _add(self, piece: _Piece) -> None:
        """Add a piece with later fixes than those of the same ships before it; what is no larger goes together."""
        self._shared.update(piece.rows["mmsi"].to_numpy()[piece.rows["track"].to_numpy() != 0].tolist())
        if not len(piece.rows) and self._pieces:
            return
        self._pieces.append(piece)
        while len(self._pieces) > 1 and len(self._pieces[-2].rows) < 2 * len(self._pieces[-1].rows):
            two = [self._pieces.pop(), self._pieces.pop()]
            self._pieces.append(_Piece.of(pa.concat_tables([one.taken(one.start, one.stop) for one in two])))

    def _spans(self, ships: Numbers, since_us: Ints) -> Iterator[tuple[_Piece, Ints, Ints]]:
        """Yield, by piece, from where on to read ships from some times on, with each one's last before; or earlier."""
        shared = np.isin(ships, numbers_of(self._shared))
        without = ~shared  # their last one before is not found yet
        for piece in reversed(self._pieces):
            there, at = piece.places(ships)
            low = np.where(shared[there], piece.start[at], piece.first_at(at, since_us[there]))
            before = np.flatnonzero((low > piece.start[at]) & without[there])
            low[before] = piece.first_at(at[before], piece.t[low[before] - 1])  # all of that instant
            without[there[before]] = False
            yield piece, at, low

    def _taken(self, ships: Numbers, start: int) -> pa.Table:
        """Return the fixes of ships from a time on, with each one's last before."""
        since_us = np.full(len(ships), start, np.int64)
        rows = pa.concat_tables([piece.taken(low, piece.stop[at]) for piece, at, low in self._spans(ships, since_us)])
        if start != _EVER and not self._shared.isdisjoint(ships.tolist()):
            rows = rows.take(_from(rows, start))
        return rows.combine_chunks()  # each query of it takes its pieces one by one

    def _make_room(self) -> None:
        """Put all together where dead rows are many or rows too many; of these go what was not asked for of late."""
        there, live = sum(len(piece.rows) for piece in self._pieces), sum(piece.live for piece in self._pieces)
        full = live + SHIP_ROWS * len(self._ships) > MOST_ROWS
        if not full and there <= 2 * live + SLACK_ROWS:
            return
        far = np.flatnonzero((self._least < _NEVER) & (self._least > self._low + SLACK_US))
        for piece, at, low in self._spans(self._ships[far], self._least[far]):
            piece.start[at] = low
        self._low[far] = self._least[far]
        self._least[:] = _NEVER
        if full:
            rows = np.full(len(self._ships), SHIP_ROWS, np.int64)
            for piece in self._pieces:
                at, known = self._places(piece.mmsi)
                rows[at[known]] += (piece.stop - piece.start)[known]
            latest = np.lexsort((self._ships, -self._used))
            self._drop(latest[np.cumsum(rows[latest]) > _FULL * MOST_ROWS])
        if self._pieces:
            parts = [piece.taken(piece.start, piece.stop) for piece in self._pieces]
            self._pieces = [_Piece.of(pa.concat_tables(parts))]


def numbers_of(ships: Iterable[int]) -> Numbers:
    """Return ship numbers, ascending, each once."""
    return np.unique(np.fromiter(ships, np.uint32))


def _within(start: Ints, stop: Ints) -> Ints:
    """Return the numbers of all rows of some spans."""
    count = stop - start
    rows: Ints = np.arange(int(count.sum())) + np.repeat(start - (np.cumsum(count) - count), count)
    return rows


def _from(rows: pa.Table, start_us: int) -> Ints:
    """Return the places of rows of a time or later, and of each track's last before."""
    t, late = (column := rows["t"].to_numpy().view(np.int64)), column >= start_us
    early = np.flatnonzero(~late)
    number, track = rows["mmsi"].to_numpy()[early], rows["track"].to_numpy()[early]
    order = np.lexsort((t[early], track, number))
    number, track, early = number[order], track[order], early[order]
    new = np.append(True, (number[1:] != number[:-1]) | (track[1:] != track[:-1]))[: len(early)]
    group = np.cumsum(new) - 1
    last = t[early][np.append(np.flatnonzero(new)[1:], len(early)) - 1] if len(early) else np.empty(0, np.int64)
    found: Ints = np.append(early[t[early] == last[group]], np.flatnonzero(late))
    return found
