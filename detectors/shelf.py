"""Fixes of the ships that were looked at of late, kept in memory from one detection to the next.

Rows lie in a case in the order in which they came: to read one ship's stay of a month is to read that month of all
ships. A watch looks at the same ships again and again; here a ship's fixes are read once, and then what came since.
Nothing of it is kept in the case, and all of it can be read anew at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from ais.store import Store

MOST_ROWS = 4_000_000  # some 200 MB
SHIP_ROWS = 80  # a ship's table of its own takes 4 kB, as much as so many rows
MOST_SHIPS = MOST_ROWS // SHIP_ROWS // 2  # asked for at once: more are read from the case, none of them is kept
_MOST_PIECES = 8  # of a ship's table, to which each batch adds one
SLACK_US = 86_400_000_000  # what lies so far before all that is asked of a ship is let go
_open: WeakKeyDictionary[Store, Shelf] = WeakKeyDictionary()

Read = Callable[[Iterable[int], int | None], pa.Table]


@dataclass
class _Held:
    """One ship's fixes by time: all from `low_us` (None = the first) to `high_us`, and each track's last one before."""

    low_us: int | None
    high_us: int
    rows: pa.Table
    asked_us: int | None

    def since(self, start_us: int | None) -> pa.Table:
        """Return the fixes from a time on, with each track's last one before."""
        if start_us is None:
            return self.rows
        t = self.rows["t"].to_numpy().view(np.int64)
        first = int(np.searchsorted(t, start_us))
        if not first:
            return self.rows
        tracks = self.rows["track"].to_numpy()
        if (tracks == tracks[0]).all():
            return self.rows.slice(int(np.searchsorted(t, t[first - 1])))
        before = {int(track): i for i, track in enumerate(tracks[:first].tolist())}
        return self.rows.take(pa.array([*sorted(before.values()), *range(first, len(t))], pa.int64()))


class Shelf:
    """The fixes at hand of one case that is open.

    Attributes:
        beside: What else is kept in memory of the case, by what it is.
    """

    def __init__(self) -> None:
        self.beside: dict[Hashable, object] = {}
        self._ships: dict[int, _Held] = {}
        self.change_id = self.horizon_us = 0

    @classmethod
    def of(cls, store: Store) -> Shelf:
        """Return that of a case, empty at first."""
        return _open.setdefault(store, cls())

    @staticmethod
    def forget(store: Store) -> None:
        """Empty that of a case of which rows are gone."""
        _open.pop(store, None)

    def renew(self, changed: Iterable[int] | None, low_us: int, horizon_us: int, change_id: int) -> None:
        """Let go of what changed.

        Args:
            changed: The ships whose rows did since the last time; None = any.
            low_us: No earlier row of theirs did.
            horizon_us: The horizon now, no earlier than it was.
            change_id: The last change there is.
        """
        self.change_id, self.horizon_us = change_id, horizon_us
        if changed is None:
            self._ships.clear()
        for held in self._ships.values():
            held.high_us = horizon_us
        for ship in self._ships.keys() & set(changed or ()):
            held = self._ships[ship]
            if held.low_us is None or low_us > held.low_us:
                held.high_us = low_us - 1
                t = held.rows["t"].to_numpy().view(np.int64)
                held.rows = held.rows.slice(0, int(np.searchsorted(t, low_us)))
            else:
                del self._ships[ship]
        room = MOST_ROWS
        for ship, held in reversed(list(self._ships.items())):
            if held.asked_us is not None and (held.low_us is None or held.asked_us > held.low_us + SLACK_US):
                held.rows, held.low_us = held.since(held.asked_us).combine_chunks(), held.asked_us
            room -= held.rows.num_rows + SHIP_ROWS
            if room < 0:
                del self._ships[ship]

    def fixes(self, ships: Iterable[int], start_us: int | None, horizon_us: int, read: Read, tail: Read) -> pa.Table:
        """Return the fixes of some ships from a time up to the horizon, with each one's last before.

        Args:
            ships: Their numbers.
            start_us: From when; None = from the first.
            horizon_us: Up to when.
            read: Reads just that.
            tail: Reads all fixes of some ships after a time.
        """
        wanted = sorted(set(ships))
        short = [ship for ship in wanted if not self._reaches(ship, start_us)]
        for ship, rows in _by_ship(read(short, start_us) if short else None, short):
            self._ships[ship] = _Held(start_us, horizon_us, rows, start_us)
        behind = [ship for ship in wanted if self._ships[ship].high_us < horizon_us]
        if behind:
            low = min(self._ships[ship].high_us for ship in behind)
            for ship, rows in _by_ship(tail(behind, low), behind):
                held = self._ships[ship]
                t = rows["t"].to_numpy().view(np.int64)
                new = rows.slice(int(np.searchsorted(t, held.high_us, "right")))
                if new.num_rows:
                    held.rows = pa.concat_tables([held.rows, new])
                if held.rows["t"].num_chunks > _MOST_PIECES:
                    held.rows = held.rows.combine_chunks()
                held.high_us = horizon_us
        parts = []
        for ship in wanted:
            held = self._ships[ship] = self._ships.pop(ship)  # the last asked for is the last let go
            if held.asked_us is not None:
                held.asked_us = None if start_us is None else min(held.asked_us, start_us)
            parts.append(held.since(start_us))
        return pa.concat_tables(parts).combine_chunks()  # each query of it takes its pieces one by one

    def _reaches(self, ship: int, start_us: int | None) -> bool:
        held = self._ships.get(ship)
        return held is not None and (held.low_us is None or (start_us is not None and held.low_us <= start_us))


def _by_ship(rows: pa.Table | None, ships: Iterable[int]) -> Iterable[tuple[int, pa.Table]]:
    """Yield the rows of each ship by time, none for one that has none."""
    if rows is None:
        return
    rows = rows.sort_by([("mmsi", "ascending"), ("t", "ascending")])
    number, wanted = rows["mmsi"].to_numpy(), np.fromiter(ships, np.uint32)
    lows, highs = (np.searchsorted(number, wanted, side).tolist() for side in ("left", "right"))
    for ship, low, high in zip(wanted.tolist(), lows, highs, strict=True):
        yield ship, rows.slice(low, high - low)
