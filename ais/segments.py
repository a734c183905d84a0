"""Ships that share a number, told apart: which fixes of one number belong to one ship.

Fixes of a number are taken in order of time. Where every step from one to the next is likely (`ais.motion`), the
number has one track and nothing else is done. Otherwise, for all such numbers at once:

1. Each fix follows one of the `lags` fixes before it, at most `soon_h` hours earlier, by a likely step, or none; of all
   such choices the likeliest together (`ais.auction`). This gives threads.
2. Threads are joined over silences in the same way, short ones first.
3. A thread is taken into a longer one if one ship that did what it could between its fixes explains both nearly as
   well as two ships: neither noise nor a ferry heard at its two berths only makes a second ship.
4. What is left is joined wherever one ship can have done it: silence alone never starts a track. Then 3. again.

Nothing here knows other numbers, inputs or the order of arrival. Two ships that one could have been stay one: those
that were never heard in turns, or lay within `place_noise_m` of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ais.auction import followed, roots
from ais.motion import Bools, Floats, Ints, Motion, MotionRule


@dataclass(frozen=True)
class SegmentRule:
    """When fixes of one number are of two ships. Costs are natural logarithms of odds.

    Attributes:
        motion: What a ship can do, and what is likely.
        likely: A step that misses by more spreads than this is not likely.
        lags: Fixes before one that are tried (half of them where one fits): eight ships at once, or strays in a row.
        soon_h: Fixes this near are linked first: within it ships speak several times, even to satellites.
        soon_alone: A link dearer than this waits until the silences around it are weighed too.
        day_h: Then silences up to this: between two passes of a polar satellite.
        day_alone: A join dearer than this waits likewise.
        evidence: A join over any silence dearer than this waits until noise is taken in.
        proof: Two ships must explain fixes better than one that did what it could, by so much: e to the 10th, 20,000.
        never: Dearer than any join that is possible.
        other_class: Cost of a step from a set of class A to one of class B: sets are seldom changed.
        candidates: Threads that ended last before one begins and are tried for it: more are noise.
    """

    motion: MotionRule = field(default_factory=MotionRule)
    likely: float = 3.0
    lags: int = 8
    soon_h: float = 1.0
    soon_alone: float = 6.0
    day_h: float = 12.0
    day_alone: float = 12.0
    evidence: float = 20.0
    proof: float = 10.0
    never: float = 60.0
    other_class: float = 6.0
    candidates: int = 16


@dataclass(frozen=True)
class Fixes:
    """Columns of n fixes, sorted by (mmsi, t, lon, lat); none is there twice.

    Attributes:
        mmsi: Ship number.
        t: UTC microseconds.
        lon: Degrees east.
        lat: Degrees north.
        sog_kn: Knots, NaN where not sent.
        cog_deg: Degrees true, NaN where not sent.
        set_class: 1 for a set of class A, 2 for B, 0 for unknown.
    """

    mmsi: Ints
    t: Ints
    lon: Floats
    lat: Floats
    sog_kn: Floats
    cog_deg: Floats
    set_class: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.t)

    def take(self, rows: Ints | slice) -> Fixes:
        """Return some of the fixes."""
        return Fixes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Tracks:
    """The tracks of the numbers that have an unlikely step, number by number, the longest first, of equals the earlier.

    Attributes:
        rows: Their fixes, among all, track by track, each track's by time, shape (m,).
        motion: Those fixes as vectors.
        starts: Where each track begins in `rows`, and m, shape (tracks + 1,).
        mmsi: The number of each track, shape (tracks,).
        likely: Whether each fix follows the one before it in its track by a likely step, shape (m,).
    """

    rows: Ints
    motion: Motion
    starts: Ints
    mmsi: Ints
    likely: Bools

    @property
    def in_a_row(self) -> Ints:
        """The most fixes in a row that likely steps join, by track."""
        begins = np.flatnonzero(~self.likely)
        runs = np.diff(np.append(begins, len(self.rows)))
        return np.maximum.reduceat(runs, np.searchsorted(begins, self.starts[:-1])) if len(begins) else runs

    def outliers(self, likely: float) -> Ints:
        """Return the fixes (places in `rows`) unlikely after the one before and before the next, which fit together."""
        inside = np.ones(len(self.rows), bool)
        inside[self.starts[:-1]] = False
        odd = inside & ~self.likely
        middle = np.flatnonzero(odd[:-1] & odd[1:])
        return middle[self.motion.steps(middle - 1, middle + 1).surprise <= likely]


def likely_steps(fixes: Fixes, rule: SegmentRule) -> Bools:
    """Say of each fix but the first whether the step to it from the one before is likely."""
    return _likely(Motion.of(fixes.t, fixes.lon, fixes.lat, fixes.sog_kn, fixes.cog_deg, rule.motion), rule)


def tracks_of_hard(fixes: Fixes, rule: SegmentRule) -> Tracks:
    """Tell ships apart that share a number."""
    motion = Motion.of(fixes.t, fixes.lon, fixes.lat, fixes.sog_kn, fixes.cog_deg, rule.motion)
    same = fixes.mmsi[1:] == fixes.mmsi[:-1]
    likely = _likely(motion, rule)
    starts = np.flatnonzero(np.diff(fixes.mmsi, prepend=-1) != 0)
    hard = np.zeros(len(starts), bool)
    hard[np.searchsorted(starts, np.flatnonzero(same & ~likely), "right") - 1] = True
    rows = np.flatnonzero(np.repeat(hard, np.diff(np.append(starts, len(fixes)))))
    story = _Story(fixes.take(rows), motion.take(rows), rule)
    thread = story.linked()
    for hours, alone in ((rule.day_h, rule.day_alone), (np.inf, rule.evidence)):
        thread = story.joined(thread, hours, alone)
    thread = story.joined(story.merged(thread), np.inf, rule.never)
    table = _Threads.of(story.merged(thread), story.fixes.mmsi)
    moved = story.motion.take(table.rows)
    likely = np.zeros(len(rows), bool)
    likely[1:] = _likely(moved, rule)
    likely[table.starts[:-1]] = False
    return Tracks(rows[table.rows], moved, table.starts, table.mmsi, likely)


def _likely(motion: Motion, rule: SegmentRule) -> Bools:
    """Say of each fix but the first whether the step to it from the one before is likely."""
    a, b = slice(0, -1), slice(1, None)
    return (motion.steps(a, b).surprise <= rule.likely) & motion.possible(a, b)


@dataclass(frozen=True)
class _Threads:
    """Threads by number, the longest first: their fixes in order, where each begins, its number and its rank in it."""

    rows: Ints
    starts: Ints
    mmsi: Ints
    rank: Ints

    @classmethod
    def of(cls, thread: Ints, mmsi: Ints) -> _Threads:
        """Return the threads of n fixes, given each one's thread and ship number."""
        first, of = _first_and_thread(thread)
        count = np.bincount(of, minlength=len(first))
        by = np.lexsort((first, -count, mmsi[first]))
        place = np.empty(len(by), np.int64)
        place[by] = np.arange(len(by))
        rows = np.argsort(place[of], kind="stable")
        number = mmsi[first[by]]
        heads = np.flatnonzero(np.diff(number, prepend=-1) != 0)
        rank = np.arange(len(by)) - np.repeat(heads, np.diff(np.append(heads, len(by))))
        return cls(rows, np.append(0, np.cumsum(count[by])), number, rank)


def _first_and_thread(thread: Ints) -> tuple[Ints, Ints]:
    """Return the first fix of each thread, ascending, and which of these threads each fix is of."""
    begins = thread == np.arange(len(thread))
    return np.flatnonzero(begins), (np.cumsum(begins) - 1)[thread]


@dataclass(frozen=True)
class _Story:
    """What is told of n fixes of hard numbers; a thread is named by its first fix, as an array of shape (n,)."""

    fixes: Fixes
    motion: Motion
    rule: SegmentRule

    def _costs(self, a: Ints, b: Ints, within_h: float, likely: float) -> Floats:
        """Return the costs of steps, infinite for those not likely or not of one number."""
        fits = (self.fixes.mmsi[a] == self.fixes.mmsi[b]) & (self.motion.t[b] - self.motion.t[a] <= within_h * 3.6e9)
        at = np.flatnonzero(fits)
        at = at[self.motion.possible(a[at], b[at])]
        a, b = a[at], b[at]
        steps = self.motion.steps(a, b)
        before, after = self.fixes.set_class[a], self.fixes.set_class[b]
        steps.cost[(before != after) & (before > 0) & (after > 0)] += self.rule.other_class
        cost = np.full(len(fits), np.inf)
        cost[at] = np.where(steps.surprise <= likely, steps.cost, np.inf)
        return cost

    def linked(self) -> Ints:
        """Link each fix to one of those shortly before it."""
        n, rule = len(self.fixes), self.rule
        cost = np.full((rule.lags, n), np.inf)
        after = np.arange(n)
        for lag in range(1, rule.lags + 1):
            if lag == rule.lags // 2 + 1:
                after = after[np.isinf(cost[:, after].min(axis=0))]
            after = after[np.searchsorted(after, lag) :]
            cost[lag - 1, after] = self._costs(after - lag, after, rule.soon_h, rule.likely)
        before = np.maximum(np.arange(n) - np.arange(1, rule.lags + 1)[:, None], 0)
        return roots(followed(cost, before, rule.soon_alone))

    def joined(self, thread: Ints, within_h: float, alone: float) -> Ints:
        """Join threads over silences of at most so many hours."""
        first, of = _first_and_thread(thread)
        n, most = len(first), min(self.rule.candidates, len(first))
        last = np.zeros(n, np.int64)
        np.maximum.at(last, of, np.arange(len(thread)))
        ended = np.argsort(last)
        place = np.searchsorted(last[ended], first)
        cost, before = np.full((most, n), np.inf), np.zeros((most, n), np.int64)
        for k in range(most):
            b = np.flatnonzero(place > k)
            a = ended[place[b] - 1 - k]
            own = self.fixes.mmsi[first[a]] == self.fixes.mmsi[first[b]]
            a, b = a[own], b[own]
            cost[k, b] = self._costs(last[a], first[b], within_h, np.inf)
            before[k, b] = a
        return first[roots(followed(cost, before, alone))][of]

    def merged(self, thread: Ints) -> Ints:
        """Take threads into longer ones that may be theirs."""
        table = _Threads.of(thread, self.fixes.mmsi)
        n = len(table.rank)
        of = np.repeat(np.arange(n), np.diff(table.starts))
        best, host = np.full(n, self.rule.proof), np.arange(n)
        for rank in range(self.rule.candidates):
            lesser = table.rank > rank
            if not lesser.any():
                break
            hosts = np.sort(table.rows[table.rank[of] == rank])
            odds = self._odds_of_two(hosts, table.rows[lesser[of]], of[lesser[of]], n)
            better = lesser & (odds < best)
            best[better] = odds[better]
            host[better] = np.flatnonzero(better) - table.rank[better] + rank
        into = roots(host)[of]
        first = np.full(n, len(thread))
        np.minimum.at(first, into, table.rows)
        merged = np.empty(len(thread), np.int64)
        merged[table.rows] = first[into]
        return merged

    def _odds_of_two(self, hosts: Ints, rows: Ints, of: Ints, n: int) -> Floats:
        """Return by how much two ships explain a host and a thread better than one; infinite where one could not.

        Args:
            hosts: The fixes of all hosts, one to a number.
            rows: The fixes of the threads, thread by thread.
            of: The thread of each, less than n.
            n: How many odds to return.
        """
        mmsi, motion = self.fixes.mmsi, self.motion
        padded = np.concatenate([[-1], hosts, [-1]])
        at = np.searchsorted(hosts, rows)
        before, after = padded[at], padded[at + 1]  # the host's fixes around each
        before = np.where(mmsi[before] == mmsi[rows], before, -1)
        after = np.where(mmsi[after] == mmsi[rows], after, -1)
        begins = np.diff(of, prepend=-1) != 0
        enters = np.flatnonzero(begins | (np.diff(at, prepend=-1) != 0))
        leaves = np.append(enters[1:], len(at)) - 1
        goes, comes = enters[before[enters] >= 0], leaves[after[leaves] >= 0]
        a, b, crosses = (
            np.append(before[goes], rows[comes]),
            np.append(rows[goes], after[comes]),
            of[np.append(goes, comes)],
        )
        one_can = np.ones(n, bool)
        one_can[crosses[~motion.possible(a, b)]] = False
        tried = one_can[crosses]
        over, again = goes[after[goes] >= 0], enters[~begins[enters]]
        over, again = over[one_can[of[over]]], again[one_can[of[again]]]
        kept = motion.strain(np.append(before[over], rows[again - 1]), np.append(after[over], rows[again]))
        odds = np.bincount(crosses[tried], motion.strain(a[tried], b[tried]), n)
        odds -= np.bincount(of[np.append(over, again)], kept, n)
        return np.where(one_can, odds, np.inf)
