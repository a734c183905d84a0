"""The first and the last fix of each ship in each step of the clock, kept in memory from one detection to the next.

Where a ship was at a step hangs on the fixes beside that step alone: of a ship that reports every few seconds two in
ten minutes tell as much as all. What ships said since is joined to what is kept of them; late rows, and ships of which
rows are marked, are read from the case. Nothing of it is kept there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from detectors.changes import LATE_US
from detectors.geo import Bools, Ints
from detectors.nearby import STEP_US
from detectors.shelf import numbers_of
from detectors.tracks import Paths
from detectors.view import undoubted

if TYPE_CHECKING:
    from detectors.changes import Changes

MOST_ROWS = 1_000_000  # some 40 MB
_NAMES = ("mmsi", "track", "t", "lon", "lat")
_Rows = tuple[npt.NDArray[Any], ...]


class Thinned:
    """The fixes of one open case."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all of them."""
        self._rows: _Rows = tuple(
            np.empty(0, kind) for kind in (np.uint32, np.uint64, np.int64, np.float64, np.float64)
        )
        self._ships: npt.NDArray[np.uint32] = np.empty(0, np.uint32)
        self._since: Ints = np.empty(0, np.int64)  # of each, from when on all its fixes were looked at

    def __len__(self) -> int:
        return len(self._rows[0])

    def carried_on(self, changes: Changes, from_us: int) -> Iterator[Paths]:
        """Yield the fixes from a time up to the horizon of the ships that changed, but for those of late rows.

        Args:
            changes: What changed since it was asked last.
            from_us: From when on, us since 1970.
        """
        on_time, low_us = changes.on_time
        came, marked = changes.fixes(on_time, low_us), changes.marked_ships()
        carried = np.empty(0, np.uint32)
        if came is not None:
            carried = np.intersect1d(numbers_of(on_time - marked), self._ships[self._since <= from_us])
        mmsi, t = self._rows[0], self._rows[2]
        kept_us = from_us - LATE_US
        changed = np.isin(mmsi, numbers_of(changes.ships))
        parts = [_where(self._rows, ~changed & (t >= kept_us))]
        if came is not None and len(carried):
            before = _where(self._rows, np.isin(mmsi, carried) & (t < low_us) & (t >= kept_us))
            new = np.isin(came.mmsi[came.ship], carried)
            paths = _paths([before, _where(_rows(came), new)])
            parts.append(_rows(paths))
            yield paths
        others = on_time.difference(carried.tolist())
        for more in undoubted(changes.con, kept_us, changes.horizon_us, others) if others else ():
            paths = _paths([_rows(more)])
            parts.append(_where(rows := _rows(paths), ~np.isin(rows[0], numbers_of(marked))))
            yield paths
        if sum(len(part[0]) for part in parts) > MOST_ROWS:
            self.clear()
            return
        self._rows = tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
        ships = np.unique(self._rows[0])
        since = np.full(len(ships), kept_us, np.int64)
        at = np.searchsorted(ships, self._ships)
        there = np.isin(self._ships, ships)
        since[at[there]] = np.maximum(self._since[there], kept_us)
        since[np.isin(ships, numbers_of(others))] = kept_us
        self._ships, self._since = ships, since


def _rows(paths: Paths) -> _Rows:
    ship = paths.ship
    return paths.mmsi[ship].astype(np.uint32), paths.track[ship], paths.t, paths.lon, paths.lat


def _where(rows: _Rows, keep: Bools) -> _Rows:
    return tuple(column[keep] for column in rows)


def _paths(parts: list[_Rows]) -> Paths:
    """Return rows as paths, of each ship the first and the last one of a step alone."""
    joined = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    paths = Paths.of(pa.table({name: pa.array(column) for name, column in zip(_NAMES, joined, strict=True)}))
    step = paths.t // STEP_US
    apart = (paths.ship[1:] != paths.ship[:-1]) | (step[1:] != step[:-1])
    keep = np.append(True, apart) | np.append(apart, True)
    if keep[: len(step)].all():
        return paths
    rows = _where(_rows(paths), keep)
    return Paths.of(pa.table({name: pa.array(column) for name, column in zip(_NAMES, rows, strict=True)}))
