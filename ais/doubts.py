"""Which fixes are doubted and why, and which ship each is of: a pure function of one number's fixes.

- `JUMP`: strays (fewer than `min_fixes` fixes in a row that likely steps join); a track that lies wholly within one
  silence of a longer one: no other ship was heard in turns with it, so the ship seems to have been elsewhere; and the
  first fix of a track that begins after another was last heard, out of its reach: nobody can tell which side is wrong.
- `LATE`: a stray, or a fix that is unlikely on both sides, at a place where the same track was at another time.
- `FROZEN`: exactly the same place again and again at a speed that would have taken the ship `frozen_m` away.
- `NOWHERE`: exactly 0/0. Such fixes are of no track.
- `OTHER`: a fix of another track than the number's longest.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ais.flags import FROZEN, JUMP, LATE, NOWHERE, OTHER
from ais.motion import KN_M_S, Bools, Floats, Ints
from ais.segments import Fixes, SegmentRule, Tracks, likely_steps, tracks_of_hard

Flags = npt.NDArray[np.uint8]
FIXES_AT_ONCE = 65_536  # columns of so many stay in a core's cache: twice as fast as all at once
MOST_COMPARED = 16  # ships of one number that a lesser one is held against


@dataclass(frozen=True)
class DoubtRule:
    """What is doubted.

    Attributes:
        segments: How ships that share a number are told apart.
        min_fixes: Fixes in a row that make a ship of a track.
        frozen_kn: Speed that says that a ship moves: sets at rest show up to 1 kn, tidal streams seldom 2.
        frozen_m: Way that it must have made by its own word while its place stayed the same to the last digit.
        frozen_fixes: In at least so many fixes: two alike may be one report told twice.
        late_h: A report comes at most so late or early: satellites' clocks were seen off by up to two days, most by
            hours (Global Fishing Watch, satellite timing).
        late_m: So near to the track's own way, between fixes at most an hour apart.
        late_fixes: Fixes of the track looked at on either side.
    """

    segments: SegmentRule = field(default_factory=SegmentRule)
    min_fixes: int = 3
    frozen_kn: float = 2.0
    frozen_m: float = 1_000.0
    frozen_fixes: int = 3
    late_h: float = 24.0
    late_m: float = 300.0
    late_fixes: int = 500


@dataclass(frozen=True)
class Judged:
    """What is said of n fixes: flags, and the track of those that have any (0 for all others)."""

    flags: Flags
    track: npt.NDArray[np.uint64]


def judge(fixes: Fixes, rule: DoubtRule, stop: Callable[[], None] = lambda: None) -> Judged:
    """Judge the fixes of some numbers, sorted by (mmsi, t, lon, lat), each there once; all of a number, or none.

    Args:
        fixes: The fixes.
        rule: What is doubted.
        stop: Called now and then; what it raises ends the work.
    """
    parts = []
    for part in _parts(fixes):
        stop()
        parts.append(_judge(part, rule))
    none = Judged(np.empty(0, np.uint8), np.empty(0, np.uint64))
    return Judged(*(np.concatenate([getattr(one, name) for one in (none, *parts)]) for name in ("flags", "track")))


def plain(fixes: Fixes, rule: DoubtRule) -> Bools:
    """Say of each number, ascending, whether its fixes follow each other by likely steps and give no cause for doubt.

    Nothing is said then of any of them. More fixes after the last are judged by that one and themselves alone, as long
    as they are plain with it too.
    """
    return np.concatenate([np.zeros(0, np.bool_), *(_plain(part, rule) for part in _parts(fixes))])


def _parts(fixes: Fixes) -> Iterator[Fixes]:
    """Yield the fixes of a few numbers at a time, all of each: what is made of them takes several times as much."""
    starts = np.flatnonzero(_starts(fixes.mmsi))
    part = np.append(starts, len(fixes)) // FIXES_AT_ONCE
    cuts = [*starts[np.flatnonzero(np.diff(part[:-1], prepend=-1))].tolist(), len(fixes)]
    for low, high in pairwise(cuts):
        yield fixes.take(slice(low, high))


def _plain(fixes: Fixes, rule: DoubtRule) -> Bools:
    """Say of a few numbers whether they are plain."""
    odd = (fixes.lon == 0) & (fixes.lat == 0)
    same = fixes.mmsi[1:] == fixes.mmsi[:-1]
    moving = fixes.sog_kn >= rule.frozen_kn
    again = moving[1:] & moving[:-1] & (fixes.lon[1:] == fixes.lon[:-1]) & (fixes.lat[1:] == fixes.lat[:-1])
    odd[1:] |= same & (again | ~likely_steps(fixes, rule.segments))
    return np.asarray(~np.logical_or.reduceat(odd, np.flatnonzero(_starts(fixes.mmsi))))


def _judge(fixes: Fixes, rule: DoubtRule) -> Judged:
    """Judge the fixes of a few numbers."""
    nowhere = (fixes.lon == 0) & (fixes.lat == 0)
    flags = NOWHERE * nowhere.astype(np.uint8)
    first = np.flatnonzero(_starts(fixes.mmsi))  # of each number; then of its main track
    head = np.repeat(first, np.diff(np.append(first, len(fixes))))  # the first fix of each one's track
    there = np.flatnonzero(~nowhere)
    somewhere = fixes.take(there) if len(there) < len(fixes) else fixes
    new = _starts(somewhere.mmsi)
    seen = np.flatnonzero(new)
    head[there] = there[np.repeat(seen, np.diff(np.append(seen, len(there))))]
    found, order = np.zeros(len(there), np.uint8), np.arange(len(there))
    tracks = tracks_of_hard(somewhere, rule.segments)
    of = np.repeat(np.arange(len(tracks.mmsi)), np.diff(tracks.starts))
    part_of, said = _judge_tracks(tracks, rule)
    head[there[tracks.rows]] = there[tracks.rows[tracks.starts[part_of][of]]]
    found[tracks.rows] = said
    order[np.sort(tracks.rows)] = tracks.rows
    new[np.sort(tracks.rows)[tracks.starts[:-1]]] = True
    found[order] |= _frozen(somewhere.take(order) if len(of) else somewhere, new, rule)
    flags[there] |= found
    track = np.zeros(len(fixes), np.uint64)
    flagged = np.flatnonzero(flags)
    if len(there) < len(fixes):  # fixes at 0/0 go by the name of their number's longest track
        main = there[(found & OTHER) == 0]
        at = np.searchsorted(fixes.mmsi[main], fixes.mmsi[nowhere])
        known = np.flatnonzero(at < len(main))
        known = known[fixes.mmsi[main[at[known]]] == fixes.mmsi[nowhere][known]]
        head[np.flatnonzero(nowhere)[known]] = head[main[at[known]]]
    heads, of = np.unique(head[flagged], return_inverse=True)
    columns = (column[heads].tolist() for column in (fixes.mmsi, fixes.t, fixes.lon, fixes.lat))
    track[flagged] = np.array([track_name(*first) for first in zip(*columns, strict=True)], np.uint64)[of]
    return Judged(flags, track)


def _starts(mmsi: Ints) -> Bools:
    """Say which fixes are the first of their number."""
    return np.asarray(np.diff(mmsi, prepend=-1) != 0)


def _judge_tracks(tracks: Tracks, rule: DoubtRule) -> tuple[Ints, Flags]:
    """Return the track that each track belongs to (strays: the number's longest), and what is said of each fix."""
    said = np.zeros(len(tracks.rows), np.uint8)
    part_of = np.arange(len(tracks.mmsi))
    is_ship = tracks.in_a_row >= rule.min_fixes
    outliers = tracks.outliers(rule.segments.likely)
    heads = np.flatnonzero(np.diff(tracks.mmsi, prepend=-1) != 0)
    for low, high in pairwise([*heads.tolist(), len(is_ship)]):
        odd = outliers[slice(*np.searchsorted(outliers, tracks.starts[[low, high]]))]
        if high - low == 1 and not len(odd):
            continue
        ships = (low + np.flatnonzero(is_ship[low:high])).tolist() or [low]
        main = slice(*tracks.starts[ships[0] : ships[0] + 2])
        strays = np.setdiff1d(np.arange(low, high), ships)
        part_of[strays] = ships[0]
        places = [np.arange(*tracks.starts[k : k + 2]) for k in strays]
        said[np.concatenate([[], *places]).astype(np.int64)] = JUMP
        suspects = np.concatenate([odd[(odd >= main.start) & (odd < main.stop)], *places])
        said[_was_there(tracks, main, suspects.astype(np.int64), rule)] = LATE
        if len(ships) > 1:
            _judge_ships([slice(*tracks.starts[k : k + 2]) for k in ships], tracks.rows, said)
    return part_of, said


def _judge_ships(ships: list[slice], rows: Ints, said: Flags) -> None:
    """Flag the fixes of all ships of one number but the first, and those where one seems to have jumped."""
    for i, own in enumerate(ships[1:], 1):
        said[own] |= OTHER
        if any(_within_a_silence(rows[own], rows[longer]) for longer in ships[: min(i, MOST_COMPARED)]):
            said[own] |= JUMP
    heard_to = -1
    for own in sorted(ships, key=lambda own: int(rows[own.start])):
        if 0 <= heard_to < rows[own.start]:
            said[own.start] |= JUMP
        heard_to = max(heard_to, int(rows[own.stop - 1]))


def _within_a_silence(own: Ints, longer: Ints) -> bool:
    """Say whether a track lies between two fixes of another that follow each other."""
    low, high = np.searchsorted(longer, own[[0, -1]])
    return bool(low == high and 0 < low < len(longer))


def _was_there(tracks: Tracks, main: slice, suspects: Ints, rule: DoubtRule) -> Ints:
    """Return the suspects that lie on the main track's way at another time than their own."""
    place, t = tracks.motion.place, tracks.motion.t
    box = place[main].min(axis=0) - rule.late_m, place[main].max(axis=0) + rule.late_m
    inside = ((place[suspects] >= box[0]) & (place[suspects] <= box[1])).all(axis=1)
    there = []
    for fix in suspects[inside].tolist():
        middle = main.start + int(np.searchsorted(tracks.rows[main], tracks.rows[fix]))
        part = np.arange(max(middle - rule.late_fixes, main.start), min(middle + rule.late_fixes, main.stop))
        part = part[(part != fix) & (np.abs(t[part] - t[fix]) <= rule.late_h * 3.6e9)]
        a, b = part[:-1], part[1:]
        near = t[b] - t[a] <= 3.6e9
        if _way_off(place[fix], place[a[near]], place[b[near]]) <= rule.late_m:
            there.append(fix)
    return np.array(there, np.int64)


def _way_off(at: Floats, a: Floats, b: Floats) -> float:
    """Return the distance in metres of a place from the nearest of the straight ways from a to b."""
    if not len(a):
        return np.inf
    way, to = b - a, at - a
    along = np.einsum("ni,ni->n", way, to) / np.maximum(np.einsum("ni,ni->n", way, way), 1e-9)
    off = to - np.clip(along, 0, 1)[:, None] * way
    return float(np.sqrt(np.einsum("ni,ni->n", off, off).min()))


def _frozen(fixes: Fixes, new: Bools, rule: DoubtRule) -> Flags:
    """Flag the frozen fixes among fixes in order of their tracks; `new` says where a track begins."""
    frozen = np.zeros(len(fixes), np.uint8)
    moving = fixes.sog_kn >= rule.frozen_kn  # false for NaN
    again = ~new[1:] & moving[1:] & moving[:-1]
    again &= (fixes.lon[1:] == fixes.lon[:-1]) & (fixes.lat[1:] == fixes.lat[:-1])
    if not again.any():
        return frozen
    edges = np.flatnonzero(np.diff(again.astype(np.int8), prepend=0, append=0))
    for low, high in edges.reshape(-1, 2).tolist():  # the fixes from low to high, both included
        seconds = (fixes.t[high] - fixes.t[low]) / 1e6
        way_m = float(fixes.sog_kn[low : high + 1].min()) * KN_M_S * seconds
        if high - low + 1 >= rule.frozen_fixes and way_m >= rule.frozen_m:
            frozen[low : high + 1] = FROZEN
    return frozen


def track_name(mmsi: int, t_us: int, lon: float, lat: float) -> int:
    """Return the name of a track: 64 bits of the hash of its first fix, the same on every machine."""
    said = struct.pack("<qqqq", mmsi, t_us, round(lon * 1e6), round(lat * 1e6))
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little")
