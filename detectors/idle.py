"""Ships that spoke but of which nothing can have come, told from what they said since the last look alone.

Most ships that a watch hears are no concern of a detector: they steam where none of its zones is, at no speed of its
own, without a silence. To see that anew each second is to read half a day of all of them. Here is kept, of each ship,
since when all her fixes are known and when she last gave one that matters to the detector; what came since is joined to
that, whether in order or late. A ship without such a fix around a change, of whose events none read what changed, has
the events that she had. Nothing of it is kept in the case, and of a ship that is not known all is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detectors.geo import Bools, Ints
from detectors.shelf import numbers_of

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.shelf import Shelf
    from detectors.tracks import Tracks
    from detectors.view import View

MOST_SHIPS = 250_000  # some 7 MB; of a flood of numbers those heard last
_NEVER_US = -(2**62)  # as far back as no time lies, and a difference still fits

# Which fixes matter, given them and, of each, how long before it the same ship gave another (us; 0 where she did
# but it is not known when, ages where none is known).
Matters = Callable[["Tracks", Ints], Bools]


class Idle:
    """What is known of the ships of one open case, for one detector with its settings."""

    def __init__(self) -> None:
        self._as_of: tuple[int, int] | None = None
        self._sealed_us: int | None = None
        self._clear()

    @classmethod
    def of(cls, shelf: Shelf, *key: Hashable) -> Idle:
        """Return that of a case and what it is for, empty at first."""
        found = shelf.beside.setdefault((cls.__name__, *key), cls())
        assert isinstance(found, cls)
        return found

    def _clear(self) -> None:
        self._ships: npt.NDArray[np.uint32] = np.empty(0, np.uint32)
        # Of each: from when on all its fixes are known, when the last one was that matters, when the last one of all.
        self._since, self._latest, self._last = (np.empty(0, np.int64) for _ in range(3))

    def among(
        self, changes: Changes, around_us: int, matters: Matters, *, heard_within_us: int | None = None
    ) -> frozenset[int]:
        """Take in a change; return the ships of it whose events are as they were.

        Args:
            changes: What changed.
            around_us: A fix that matters tells for so long before and after it.
            matters: Which fixes do.
            heard_within_us: Where given, a ship must have given a fix no longer than that before the horizon, too.
        """
        if self._as_of != (changes.since_id, changes.before_us):
            self._clear()
        self._as_of, self._sealed_us = None, changes.sealed_us  # until all is taken in
        on_time, low_us = changes.on_time
        self._forget(np.isin(self._ships, numbers_of(changes.ships - on_time)))
        tracks, ours = changes.fixes(on_time, low_us), numbers_of(on_time)
        if tracks is None:
            self._forget(np.isin(self._ships, ours))
            found = frozenset[int]()
        else:
            self._add(ours[~np.isin(ours, self._ships)])
            at = np.searchsorted(self._ships, ours)
            self._since[at] = np.minimum(self._since[at], low_us)
            self._join(tracks, at, low_us, matters)
            least_us = low_us - around_us
            idle = (self._since[at] <= least_us) & (self._latest[at] < least_us)
            if heard_within_us is not None:
                idle &= changes.horizon_us - self._last[at] < heard_within_us
            found = frozenset(ours[idle].tolist())
            if len(self._ships) > MOST_SHIPS:
                self._forget(np.argsort(self._last, kind="stable")[: -MOST_SHIPS // 2])
        self._as_of = changes.last_id, changes.horizon_us
        return found - changes.marked_ships() - changes.standing_ships(0) if found else found

    def looked_at(self, view: View, mmsi: Ints, t: Ints) -> None:
        """Note all fixes that matter, by number and time, of the ships that were looked at, or the last of each."""
        if view.ships is None or view.end_us < view.horizon_us:
            return
        ours = numbers_of(view.ships)
        self._add(ours[~np.isin(ours, self._ships)])
        at = np.searchsorted(self._ships, ours)
        start_us = _NEVER_US if view.start_us is None else view.start_us
        whole = self._sealed_us is not None and start_us <= self._sealed_us
        self._since[at] = _NEVER_US if whole else start_us
        self._latest[at] = _NEVER_US
        known = np.isin(mmsi, self._ships[at])
        np.maximum.at(self._latest, np.searchsorted(self._ships, mmsi[known]), t[known])

    def _join(self, tracks: Tracks, at: Ints, low_us: int, matters: Matters) -> None:
        """Join all fixes that changed ships (by place) gave from a time on to what is known of them."""
        place = np.searchsorted(self._ships, tracks.mmsi)
        first, end = tracks.offsets[:-1], tracks.offsets[1:] - 1
        before = self._last[place]
        since = np.diff(tracks.t, prepend=0)
        # Rows leave a case by a mark, or for a copy that was heard earlier: a ship without marks that gave fixes from
        # then on already has none later than she had.
        since[first] = np.where(before < low_us, tracks.t[first] - before, 0)
        telling = matters(tracks, since)
        np.maximum.at(self._latest, place[tracks.ship[telling]], tracks.t[telling])
        self._last[at[self._last[at] >= low_us]] = _NEVER_US
        np.maximum.at(self._last, place, tracks.t[end])

    def _add(self, ships: npt.NDArray[np.uint32]) -> None:
        """Add ships of which nothing is known yet."""
        numbers = np.append(self._ships, ships)
        order = np.argsort(numbers)
        self._ships = numbers[order]
        news = np.iinfo(np.int64).max, _NEVER_US, _NEVER_US
        self._since, self._latest, self._last = (
            np.append(column, np.full(len(ships), new, np.int64))[order]
            for column, new in zip((self._since, self._latest, self._last), news, strict=True)
        )

    def _forget(self, which: Bools | Ints) -> None:
        """Forget some ships, by place."""
        keep = np.ones(len(self._ships), np.bool_)
        keep[which] = False
        self._ships = self._ships[keep]
        self._since, self._latest, self._last = (column[keep] for column in (self._since, self._latest, self._last))
