"""Ships that spoke but of which nothing can have come, told from what they said since the last look alone.

Most ships that a watch hears are no concern of a detector: they steam where none of its zones is, at no speed of its
own, without a silence. To see that anew each second is to read half a day of all of them. Here is kept, of each ship,
since when all her fixes are known and when she last gave one that matters to the detector; what came since is joined to
that, whether in order or late. A ship without such a fix around a change, of whose events none read what changed, has
the events that she had. Nothing of it is kept in the case, and of a ship that is not known all is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
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
MOST_BEFORE = 50_000  # ships of which is kept what was known before the last look, too
_NEVER_US = -(2**62)  # as far back as no time lies, and a difference still fits


@dataclass(frozen=True)
class Run:
    """Fixes that matter only many together: those in a row without a longer hole, once they last for so long (us)."""

    hole_us: int
    least_us: int


SINGLY = Run(0, 0)
# What is kept of a ship: from when on all its fixes are known, when the last one was that matters, when the last one of
# all, and of those that may matter the begin and the end of the last run.
_SINCE, _LATEST, _LAST, _BEGUN, _MET = range(5)

# Which fixes matter, given them and, of each, how long before it the same ship gave another (us; 0 where she did
# but it is not known when, ages where none is known).
Matters = Callable[["Tracks", Ints], Bools]

# As of which change and horizon, the ships, and what is known of each.
_State = tuple[tuple[int, int] | None, npt.NDArray[np.uint32], npt.NDArray[np.int64]]
_UNKNOWN: _State = None, np.empty(0, np.uint32), np.empty((5, 0), np.int64)


class Idle:
    """What is known of the ships of one open case, for one detector with its settings."""

    def __init__(self, run: Run = SINGLY) -> None:
        self._run = run
        self._as_of: tuple[int, int] | None = None
        self._sealed_us: int | None = None
        self._clear()
        # A look that is cut off leaves the events as they were: the next one goes on from what was known before it.
        self._before = _UNKNOWN

    @classmethod
    def of(cls, shelf: Shelf, *key: Hashable, run: Run = SINGLY) -> Idle:
        """Return that of a case and what it is for, empty at first."""
        found = shelf.beside.setdefault((cls.__name__, *key), cls(run))
        assert isinstance(found, cls)
        return found

    def _clear(self) -> None:
        self._ships: npt.NDArray[np.uint32] = np.empty(0, np.uint32)
        # Of each, us since 1970, as rows: see `_SINCE` and the others.
        self._state = np.empty((5, 0), np.int64)

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
        seen = changes.since_id, changes.before_us
        if self._as_of != seen:
            before, self._ships, self._state = self._before
            if before != seen:
                self._clear()
        few = len(self._ships) <= MOST_BEFORE
        self._before = (seen, self._ships, self._state.copy()) if few else _UNKNOWN
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
            self._state[_SINCE, at] = np.minimum(self._state[_SINCE, at], low_us)
            self._join(tracks, at, low_us, matters)
            least_us = low_us - around_us
            idle = (self._state[_SINCE, at] <= least_us) & (self._state[_LATEST, at] < least_us)
            if heard_within_us is not None:
                idle &= changes.horizon_us - self._state[_LAST, at] < heard_within_us
            found = frozenset(ours[idle].tolist())
            if len(self._ships) > MOST_SHIPS:
                self._forget(np.argsort(self._state[_LAST], kind="stable")[: -MOST_SHIPS // 2])
        self._as_of = changes.last_id, changes.horizon_us
        return found - changes.marked_ships() - changes.standing_ships(0) if found else found

    def calm(self, ships: frozenset[int], since_us: int) -> frozenset[int]:
        """Return those of some known ships that gave no fix since a time that may matter, be it alone."""
        ours = numbers_of(ships)
        ours = ours[np.isin(ours, self._ships)]  # of a flood some are forgotten
        at = np.searchsorted(self._ships, ours)
        return frozenset(ours[self._state[_MET, at] <= since_us].tolist())

    def looked_at(self, view: View, mmsi: Ints, t: Ints) -> None:
        """Note all fixes that matter, by number and time, of the ships that were looked at, or the last of each."""
        if view.ships is None or view.end_us < view.horizon_us:
            return
        ours = numbers_of(view.ships)
        self._add(ours[~np.isin(ours, self._ships)])
        at = np.searchsorted(self._ships, ours)
        start_us = _NEVER_US if view.start_us is None else view.start_us
        whole = self._sealed_us is not None and start_us <= self._sealed_us
        self._state[_SINCE, at] = _NEVER_US if whole else start_us
        self._state[_LATEST:_LAST, at] = self._state[_BEGUN:, at] = _NEVER_US
        known = np.isin(mmsi, self._ships[at])
        place = np.searchsorted(self._ships, mmsi[known])
        # What was before is not known: a run that may have begun there did so long ago.
        self._state[_MET, at] = start_us
        self._tell(place, t[known])

    def _join(self, tracks: Tracks, at: Ints, low_us: int, matters: Matters) -> None:
        """Join all fixes that changed ships (by place) gave from a time on to what is known of them."""
        place = np.searchsorted(self._ships, tracks.mmsi)
        first, end = tracks.offsets[:-1], tracks.offsets[1:] - 1
        before = self._state[_LAST, place]
        since = np.diff(tracks.t, prepend=0)
        # Rows leave a case by a mark, or as copies of one that is kept, which counts as changed too: a ship without
        # marks that gave fixes from then on already has none later than she had.
        since[first] = np.where(before < low_us, tracks.t[first] - before, 0)
        telling = matters(tracks, since)
        self._tell(place[tracks.ship[telling]], tracks.t[telling])
        self._state[_LAST, at[self._state[_LAST, at] >= low_us]] = _NEVER_US
        np.maximum.at(self._state[_LAST], place, tracks.t[end])

    def _tell(self, place: Ints, t: Ints) -> None:
        """Join fixes that may matter, by place of their ships, to the last run of each; note the last that does."""
        if not len(t):
            return
        order = np.lexsort((t, place))
        place, t = place[order], t[order]
        first = np.append(True, place[1:] != place[:-1])
        begun, met = self._state[_BEGUN, place], self._state[_MET, place]
        goes_on = first & (t - met <= self._run.hole_us)
        begins = first | np.append(True, np.diff(t) > self._run.hole_us)
        at = np.maximum.accumulate(np.where(begins, np.arange(len(t)), 0))
        start = np.where(goes_on, np.minimum(begun, t), t)[at]
        long = t - start >= self._run.least_us
        np.maximum.at(self._state[_LATEST], place[long], t[long])
        end = np.flatnonzero(np.append(first[1:], True))
        self._state[_BEGUN, place[end]] = start[end]
        self._state[_MET, place[end]] = np.maximum(self._state[_MET, place[end]], t[end])

    def _add(self, ships: npt.NDArray[np.uint32]) -> None:
        """Add ships of which nothing is known yet."""
        numbers = np.append(self._ships, ships)
        order = np.argsort(numbers)
        self._ships = numbers[order]
        new = np.full((len(self._state), len(ships)), _NEVER_US)
        new[_SINCE] = np.iinfo(np.int64).max
        self._state = np.concatenate([self._state, new], axis=1)[:, order]

    def _forget(self, which: Bools | Ints) -> None:
        """Forget some ships, by place."""
        keep = np.ones(len(self._ships), np.bool_)
        keep[which] = False
        self._ships, self._state = self._ships[keep], self._state[:, keep]
