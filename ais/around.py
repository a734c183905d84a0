"""What sentences take from the lines around them, for a whole block: tag-block groups and $PGHP lines.

The same rules line by line: `ais.carry.Carry.inherit` and `unwrap`.
"""

from __future__ import annotations

import numpy as np

from ais.carry import GROUP_LINES, Carry, Known
from ais.clock import PGHP, SUFFIX, TAG_BLOCK
from ais.frames import NO_GROUP, UNTIMED, Block
from ais.words import Bytes, Ints


def times_and_stations(block: Block, carry: Carry) -> tuple[Ints, Bytes, Ints]:
    """Return each sentence's receive time or UNTIMED, what gave it, and its station's code or -1."""
    frames = block.frames
    t, station = _inherited(block, carry)
    clock = np.full(len(t), TAG_BLOCK, np.uint8)
    for row in _unwrapped(block, carry, t):
        clock[row] = PGHP
    later = np.flatnonzero((t == UNTIMED) & (frames.rest_t != UNTIMED))
    t[later] = frames.rest_t[later]
    clock[later] = SUFFIX
    return t, clock, np.where(station < 0, frames.rest_station, station)


def _inherited(block: Block, carry: Carry) -> tuple[Ints, Ints]:
    """Return the sentences' times and stations by their tag blocks and those before of their groups."""
    frames = block.frames
    grouped = np.flatnonzero(frames.group != NO_GROUP)
    tags = [(line, tag) for line, tag in block.others if tag.group is not None]
    if not len(grouped) and not tags:
        return frames.t.copy(), frames.station
    stations, groups = block.stations, block.groups
    # In front of the block's own lines stands what is known of the groups from the blocks before.
    before = [
        (k.line, groups.key(name), False, _untimed(k.t), stations.code(k.station)) for name, k in carry.groups.items()
    ]
    between = [
        (line, groups.key(tag.group), tag.later, _untimed(tag.t), stations.code(tag.station)) for line, tag in tags
    ]
    known = np.array(before + between, np.int64).reshape(-1, 5).T
    line, group, later, t, station = (
        np.concatenate([theirs, ours[grouped].astype(np.int64)])
        for theirs, ours in zip(known, (frames.line, frames.group, frames.later, frames.t, frames.station), strict=True)
    )
    order = np.lexsort((line, group))
    line, group, later, t, station = (column[order] for column in (line, group, later, t, station))
    linked = np.zeros(len(line), np.bool_)
    linked[1:] = (later[1:] == 1) & (group[1:] == group[:-1]) & (line[1:] - line[:-1] <= GROUP_LINES)
    t, station = _carried_on(t, t != UNTIMED, linked), _carried_on(station, station >= 0, linked)
    _remember(block, carry, line, group, t, station)
    rows = order - len(known.T)
    ours = rows >= 0
    all_t, all_stations = frames.t.copy(), frames.station.copy()
    all_t[grouped[rows[ours]]] = t[ours]
    all_stations[grouped[rows[ours]]] = station[ours]
    return all_t, all_stations


def _untimed(t: int | None) -> int:
    return UNTIMED if t is None else t


def _carried_on(values: Ints, known: np.ndarray, linked: np.ndarray) -> Ints:
    """Fill unknown values with the last known one of the same chain of linked rows."""
    source = np.where(known | ~linked, np.arange(len(values)), 0)
    return values[np.maximum.accumulate(source)]


def _remember(block: Block, carry: Carry, line: Ints, group: Ints, t: Ints, station: Ints) -> None:
    """Keep what is known of each group at the block's end, where a later line can still inherit it."""
    last = np.ones(len(group), np.bool_)
    last[:-1] = group[1:] != group[:-1]
    kept = np.flatnonzero(last & (line > block.first_line + len(block) - 1 - GROUP_LINES))
    columns = (line, group, t, station)
    carry.groups = {
        block.groups.name(key) or b"": Known(
            at, None if when == UNTIMED else when, None if where < 0 else block.stations.all[where]
        )
        for at, key, when, where in zip(*(column[kept].tolist() for column in columns), strict=True)
    }


def _unwrapped(block: Block, carry: Carry, t: Ints) -> list[int]:
    """Give sentences the times of the $PGHP lines before them, in place; return which sentences took one."""
    frames = block.frames
    wrappers = ([(0, carry.wrapper)] if carry.wrapper is not None else []) + block.wrappers
    if not wrappers:
        return []
    took = []
    rows = np.searchsorted(frames.line, [line for line, _ in wrappers]).tolist()
    carry.wrapper = None
    for i, (row, (_, wrapper)) in enumerate(zip(rows, wrappers, strict=True)):
        if i + 1 < len(rows) and rows[i + 1] == row:
            continue  # another $PGHP line comes before any sentence
        if row == len(t):
            carry.wrapper = wrapper
        elif t[row] == UNTIMED and wrapper.given in (None, int(frames.given[row])):
            t[row] = wrapper.t
            took.append(row)
    return took
