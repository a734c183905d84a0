"""Sentences of a block to whole messages: single ones, and those of several by rule 1 of `ais.assembly` all at once.

Parts that rule 1 does not join go one by one, in their order, to the `Assembler`, with those of the blocks before.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ais.assembly import MAX_APART_US, MAX_LINES, Assembler, Message, Part
from ais.frames import NO_GROUP, UNTIMED, Block, Frames
from ais.words import PAD, Bools, Ints


@dataclass
class Messages:
    """Whole messages, as columns.

    Attributes:
        line: First line of each in the input.
        t: UTC microseconds, or UNTIMED.
        clock: What gave the time (`ais.clock.CLOCKS`).
        station: Receiver, as a code into the block's stations, or -1.
        channel: Radio channel as an ASCII code, 0 if empty.
        own: Said by the receiver's own ship.
        start: Where its payload begins in `text`.
        size: Characters of the payload.
        fill: Fill bits at its end.
        known_at: The block's sentence that made it whole, for their order.
        parts: How many lines it has.
    """

    line: Ints
    t: Ints
    clock: Ints
    station: Ints
    channel: Ints
    own: Bools
    start: Ints
    size: Ints
    fill: Ints
    known_at: Ints
    parts: Ints

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: Ints) -> Messages:
        """Return some of them."""
        return Messages(*(getattr(self, f.name)[rows] for f in fields(self)))


_ZERO = np.zeros(0, np.int64)
_NONE = Messages(*(_ZERO,) * 5, np.zeros(0, np.bool_), *(_ZERO,) * 5)


@dataclass
class Assembled:
    """What the sentences of a block came to.

    Attributes:
        text: The payloads of all messages.
        messages: Whole messages: single ones, joined at once, joined one by one.
        lines: The lines of the messages joined at once, one after the other.
        slowly: The messages joined one by one.
        impossible: Sentences, by their place in the block, whose number is greater than their total.
    """

    text: bytes
    messages: Messages
    lines: Ints
    slowly: list[Message]
    impossible: Ints

    def lines_of(self, row: int, block: Block) -> list[tuple[int, bytes]]:
        """Return all lines of a message with their first bytes."""
        single = len(self.messages) - len(self.slowly)
        if row >= single:
            return [(part.line, part.raw) for part in self.slowly[row - single].parts.values()]
        count = self.messages.parts[: row + 1]
        lines = [int(self.messages.line[row])]
        if count[row] > 1:
            first = int(count[:row][count[:row] > 1].sum())
            lines = self.lines[first : first + int(count[row])].tolist()
        return [(line, block.raw(line)) for line in lines]

    def further(self, but: set[int]) -> Ints:
        """Return the further lines of messages of several sentences, each with its message's first line.

        Args:
            but: Messages to leave out.
        """
        single = len(self.messages) - len(self.slowly)
        runs = np.flatnonzero(self.messages.parts[:single] > 1)
        first = np.repeat(self.messages.line[runs], self.messages.parts[runs])
        wanted = first != self.lines
        left_out = [row for row in but if row < single and self.messages.parts[row] > 1]
        if left_out:
            wanted &= ~np.isin(first, self.messages.line[left_out])
        pairs = [
            (line, message.lines[0])
            for row, message in enumerate(self.slowly, single)
            if row not in but
            for line in message.lines[1:]
        ]
        joined = np.column_stack((self.lines[wanted], first[wanted]))
        return np.concatenate([joined, np.array(pairs, np.int64).reshape(-1, 2)]) if pairs else joined


def finished(block: Block, assembler: Assembler) -> Assembled:
    """Return the messages that are whole once no further part can come.

    Args:
        block: A block without lines.
        assembler: What waits; it then holds the orphans.
    """
    done = [(0, message) for message in assembler.finish()]
    text = b"".join([*(message.payload for _, message in done), bytes(PAD)])
    return Assembled(text, _columns(done, block, 0), _ZERO, [message for _, message in done], _ZERO)


def assembled(block: Block, t: Ints, clock: Ints, station: Ints, assembler: Assembler) -> Assembled:
    """Put the sentences of a block together."""
    frames = block.frames
    possible = frames.number <= frames.total
    single = np.flatnonzero(possible & (frames.total == 1))
    sent = (frames.channel, frames.own, frames.start, frames.size, frames.fill)
    columns: list[Any] = [column[single] for column in (frames.line, t, clock, station, *sent)]
    columns += [single, np.ones(len(single), np.int64)]
    messages = [Messages(*columns)]
    impossible = np.flatnonzero(~possible)
    several = np.flatnonzero(possible & (frames.total > 1))
    if not len(several):
        return Assembled(block.text, messages[0], several, [], impossible)
    parts = _Parts(block, t, clock, station, several)
    done = parts.carried_on(assembler)
    runs, lines, payloads, slowly = parts.joined(assembler)
    done += slowly
    text = b"".join([block.text, *payloads, *(message.payload for _, message in done), bytes(PAD)])
    messages.append(replace(runs, start=runs.start + len(block.text)))
    messages.append(_columns(done, block, len(block.text) + sum(map(len, payloads))))
    joined = Messages(*(np.concatenate([getattr(one, f.name) for one in messages]) for f in fields(Messages)))
    return Assembled(text, joined, lines, [message for _, message in done], impossible)


def _columns(done: list[tuple[int, Message]], block: Block, start: int) -> Messages:
    """Turn messages that were joined one by one into columns; their payloads begin one after the other."""
    sizes = [len(message.payload) for _, message in done]
    rows = [
        (
            min(part.line for part in message.parts.values()),
            *((UNTIMED, 0) if message.at is None else message.at),
            block.stations.code(message.names[0]),
            message.key[2],
            message.key[0],
            message.fill,
            row,
            message.key[3],
        )
        for row, message in done
    ]
    if not rows:
        return _NONE
    line, t, clock, station, channel, own, fill, known_at, parts = (np.array(c) for c in zip(*rows, strict=True))
    size = np.array(sizes)
    return Messages(line, t, clock, station, channel, own, start + np.cumsum(size) - size, size, fill, known_at, parts)


class _Parts:
    """The sentences of a block that are parts of messages of several, in order."""

    def __init__(self, block: Block, t: Ints, clock: Ints, station: Ints, rows: Ints) -> None:
        self._block = block
        self._t = t
        self._clock = clock
        self._station = station
        self._rows = rows

    def part(self, row: int) -> Part:
        """Return one sentence as a part."""
        frames, t, station = self._block.frames, int(self._t[row]), int(self._station[row])
        line, start, group = int(frames.line[row]), int(frames.start[row]), int(frames.group[row])
        return Part(
            line,
            int(frames.number[row]),
            int(frames.total[row]),
            bool(frames.own[row]),
            int(frames.sequence[row]),
            int(frames.channel[row]),
            self._block.text[start : start + int(frames.size[row])],
            int(frames.fill[row]),
            None if t == UNTIMED else t,
            int(self._clock[row]),
            None if station < 0 else self._block.stations.all[station],
            self._block.groups.name(group),
            self._block.raw(line),
        )

    def carried_on(self, assembler: Assembler) -> list[tuple[int, Message]]:
        """Give parts to the run that is open from the block before, until it is open no more."""
        done: list[tuple[int, Message]] = []
        taken = 0
        first_line = self._block.first_line
        while assembler.run and assembler.run[0].line < first_line and taken < len(self._rows):
            row = int(self._rows[taken])
            done += [(row, message) for message in assembler.add(self.part(row))]
            taken += 1
        if assembler.run and assembler.run[0].line >= first_line:
            assembler.run.clear()  # it began with the part just given, which is then looked at with the rest
            taken -= 1
        self._rows = self._rows[taken:]
        return done

    def joined(self, assembler: Assembler) -> tuple[Messages, Ints, list[bytes], list[tuple[int, Message]]]:
        """Join all parts.

        Returns:
            The messages joined at once, their lines, their payloads by part, and the messages joined one by one,
            each with the sentence that made it whole.
        """
        frames, rows = self._block.frames, self._rows
        number, total = frames.number[rows], frames.total[rows]
        follows = self._follows(frames, rows)
        place = np.arange(len(rows))
        # Where each chain of followers begins; one that begins with part 1 and ends with the last part is a message.
        begins = np.maximum.accumulate(np.where(follows, 0, place))
        from_one = number[begins] == 1
        last = np.flatnonzero(from_one & (number == total))
        first = begins[last]
        inside = np.zeros(len(rows) + 1, np.int64)
        inside[first] += 1
        inside[last + 1] -= 1
        joined = np.cumsum(inside[:-1]) > 0
        left = np.flatnonzero(~joined)
        slowly = self._one_by_one(left, begins, from_one, assembler)
        return *self._runs(rows[joined], rows[first], rows[last], total[first]), slowly

    def _follows(self, frames: Frames, rows: Ints) -> Bools:
        """Say of each part whether it continues the one before it (`Part.follows`)."""
        follows = np.zeros(len(rows), np.bool_)
        if len(rows) < 2:
            return follows
        named: Bools = np.ones(len(rows) - 1, np.bool_)
        for column in (self._station, frames.group):
            named &= column[rows[1:]] == column[rows[:-1]]
        line = frames.line[rows]
        later = rows[1:]
        nameless = (self._station[later] < 0) & (frames.group[later] == NO_GROUP) & (line[1:] == line[:-1] + 1)
        near = line[1:] - line[:-1] <= MAX_LINES
        near &= frames.own[rows[1:]] == frames.own[rows[:-1]]
        for column in (frames.sequence, frames.channel, frames.total):
            near &= column[rows[1:]] == column[rows[:-1]]
        t = self._t[rows]
        near &= (t[1:] == UNTIMED) | (t[:-1] == UNTIMED) | (np.abs(t[1:] - t[:-1]) <= MAX_APART_US)
        number = frames.number[rows]
        follows[1:] = near & (named | nameless) & (number[1:] == number[:-1] + 1)
        return follows

    def _one_by_one(self, left: Ints, begins: Ints, from_one: Bools, assembler: Assembler) -> list[tuple[int, Message]]:
        """Give the parts that rule 1 does not join to the assembler; leave a run at the block's end open."""
        done: list[tuple[int, Message]] = []
        if not len(left):
            return done
        n = len(begins)
        open_from = int(begins[-1]) if left[-1] == n - 1 and from_one[-1] else n
        ends = np.append(np.flatnonzero(np.diff(begins)) + 1, n)  # where the next chain begins
        breaks = ends[np.searchsorted(ends, left, side="right")] if len(left) else left
        known = np.where(from_one[left], breaks, left)
        for place, known_at in zip(left.tolist(), known.tolist(), strict=True):
            part = self.part(int(self._rows[place]))
            if place >= open_from:
                assembler.run.append(part)
            else:
                done += [(int(self._rows[known_at]), message) for message in assembler.wait(part)]
        return done

    def _runs(self, rows: Ints, first: Ints, last: Ints, total: Ints) -> tuple[Messages, Ints, list[bytes]]:
        """Return messages joined at once: their columns, lines, and payloads by part.

        Args:
            rows: All their sentences.
            first: The first sentence of each.
            last: The last sentence of each.
            total: How many each has.
        """
        frames, text = self._block.frames, self._block.text
        start, size = frames.start[rows], frames.size[rows]
        payloads = [text[a:b] for a, b in zip(start.tolist(), (start + size).tolist(), strict=True)]
        if not len(first):
            return _NONE, rows, payloads
        begin = np.cumsum(total) - total
        t = self._t[rows]
        least, clock = _least(t, self._clock[rows], begin)
        whole = np.add.reduceat(size, begin)
        messages = Messages(
            frames.line[first],
            least,
            clock,
            self._station[first],
            frames.channel[first],
            frames.own[first],
            np.cumsum(whole) - whole,
            whole,
            frames.fill[last],
            last,
            total,
        )
        return messages, frames.line[rows], payloads


def _least(t: Ints, clock: Ints, begin: Ints) -> tuple[Ints, Ints]:
    """Return the least known time of each stretch of parts, and what gave it."""
    far = np.int64(1) << 62
    known = np.where(t == UNTIMED, far, t)
    least = np.minimum.reduceat(known, begin)
    per_part = np.repeat(least, np.diff(np.append(begin, len(t))))
    clock = np.minimum.reduceat(np.where(known == per_part, clock, 9), begin)
    return np.where(least == far, UNTIMED, least), np.where(least == far, 0, clock)
