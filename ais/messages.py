"""Sentences of a block to whole messages: single ones, and those of several by rule 1 of `ais.assembly` all at once.

Parts that rule 1 does not join go one by one, in their order, to the `Assembler`, with those of the blocks before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from ais.assembly import MAX_APART_US, MAX_LINES, Assembler, Message, Part
from ais.frames import NO_GROUP, UNTIMED, Block, Frames
from ais.words import PAD, Bools, Bytes, Ints, windows


@dataclass
class Messages:
    """Messages, as columns.

    Attributes:
        line: First line of each in the input.
        t: UTC microseconds, or UNTIMED.
        clock: What gave the time (`ais.clock.CLOCKS`).
        station: Receiver, as a code into the block's stations, or -1.
        channel: Radio channel as an ASCII code, 0 if empty.
        own: Said by the receiver's own ship.
        start: Where its payload begins in the buffer.
        size: Characters of the payload.
        fill: Fill bits at its end.
    """

    line: Ints
    t: Ints
    clock: Bytes
    station: Ints
    channel: Bytes
    own: Bools
    start: Ints
    size: Ints
    fill: Bytes

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: Ints) -> Messages:
        """Return some of them."""
        return Messages(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass
class Runs:
    """Messages of several sentences that were joined at once.

    Attributes:
        first: The first sentence of each, by its place in the block.
        last: The last sentence of each.
        total: How many each has.
        lines: The lines of all, one after the other.
    """

    first: Ints
    last: Ints
    total: Ints
    lines: Ints


@dataclass
class Assembled:
    """What the sentences of a block came to.

    Attributes:
        buffer: The payloads of all messages.
        sent: A row for each sentence, that of a message joined at once in the row of its first, and behind them a row
            for each message joined one by one.
        rows: Which rows are whole messages: single ones, joined at once, joined one by one.
        known_at: The sentence that made each whole, for their order.
        runs: The messages joined at once.
        slowly: The messages joined one by one.
        impossible: Sentences, by their place in the block, whose number is greater than their total.
    """

    buffer: Bytes
    sent: Messages
    rows: Ints
    known_at: Ints
    runs: Runs
    slowly: list[Message]
    impossible: Ints

    def lines_of(self, message: int, block: Block) -> list[tuple[int, bytes]]:
        """Return all lines of a message, by its place among the whole ones, with their first bytes."""
        run = message - (len(self.rows) - len(self.slowly) - len(self.runs.first))
        if run >= len(self.runs.first):
            return [(part.line, part.raw) for part in self.slowly[run - len(self.runs.first)].parts.values()]
        lines = [int(self.sent.line[self.rows[message]])]
        if run >= 0:
            begin = int(self.runs.total[:run].sum())
            lines = self.runs.lines[begin : begin + int(self.runs.total[run])].tolist()
        return [(line, block.raw(line)) for line in lines]

    def further(self, but: Iterable[int]) -> Ints:
        """Return the further lines of messages of several sentences, each with its message's first line.

        Args:
            but: Messages to leave out, by their place among the whole ones.
        """
        singles = len(self.rows) - len(self.slowly) - len(self.runs.first)
        wanted = np.ones(len(self.runs.first) + len(self.slowly), np.bool_)
        wanted[[message - singles for message in but if message >= singles]] = False
        joined, slowly = wanted[: len(self.runs.first)], wanted[len(self.runs.first) :]
        first = np.repeat(self.sent.line[self.runs.first], self.runs.total)
        rows = np.flatnonzero(np.repeat(joined, self.runs.total) & (first != self.runs.lines))
        pairs = [
            (line, message.lines[0])
            for message, take in zip(self.slowly, slowly.tolist(), strict=True)
            if take
            for line in message.lines[1:]
        ]
        found = np.column_stack((self.runs.lines[rows], first[rows]))
        return np.concatenate([found, np.array(pairs, np.int64).reshape(-1, 2)]) if pairs else found


_ZERO = np.zeros(0, np.int64)
_NO_RUNS = Runs(_ZERO, _ZERO, _ZERO, _ZERO)


def assembled(block: Block, t: Ints, clock: Bytes, station: Ints, assembler: Assembler) -> Assembled:
    """Put the sentences of a block together."""
    frames = block.frames
    sent = Messages(frames.line, t, clock, station, frames.channel, frames.own, frames.start, frames.size, frames.fill)
    several = np.flatnonzero(frames.total != 1)
    single = np.flatnonzero((frames.total == 1) & (frames.number == 1))
    if not len(several):
        impossible = np.flatnonzero(frames.number != 1) if len(single) < len(frames) else _ZERO
        return Assembled(block.buffer, sent, single, single, _NO_RUNS, [], impossible)
    impossible = np.flatnonzero(frames.number > frames.total)
    parts = _Parts(block, sent, several[frames.number[several] <= frames.total[several]])
    done = parts.carried_on(assembler)
    runs, slowly = parts.joined(assembler)
    done += slowly
    payloads = parts.payloads(runs)
    buffer, begin = _with_payloads(block, [*payloads, *(message.payload for _, message in done)])
    size = np.add.reduceat(sent.size[parts.of_runs], np.cumsum(runs.total) - runs.total) if len(runs.first) else _ZERO
    sent.start[runs.first] = begin + np.cumsum(size) - size
    sent.size[runs.first] = size
    sent.fill[runs.first] = sent.fill[runs.last]
    rows, known_at = [single, runs.first], [single, runs.last]
    if done:
        rows.append(len(frames) + np.arange(len(done)))
        known_at.append(np.array([at for at, _ in done]))
        sent = _followed(sent, _columns(done, block, begin + int(size.sum())))
    return Assembled(
        buffer, sent, np.concatenate(rows), np.concatenate(known_at), runs, [message for _, message in done], impossible
    )


def finished(block: Block, assembler: Assembler) -> Assembled:
    """Return the messages that are whole once no further part can come.

    Args:
        block: A block without lines.
        assembler: What waits; it then holds the orphans.
    """
    done = [(0, message) for message in assembler.finish()]
    buffer, begin = _with_payloads(block, [message.payload for _, message in done])
    rows = np.arange(len(done))
    return Assembled(
        buffer, _columns(done, block, begin), rows, rows, _NO_RUNS, [message for _, message in done], _ZERO
    )


def _with_payloads(block: Block, payloads: list[bytes]) -> tuple[Bytes, int]:
    """Return the block's buffer with payloads behind the lines, and where they begin."""
    joined = np.frombuffer(b"".join([*payloads, bytes(PAD)]), np.uint8)
    begin = int(block.ends[-1]) + 1 + PAD if len(block) else 0
    if begin + len(joined) > len(block.buffer):
        return np.concatenate([block.buffer[:begin], joined]), begin
    block.buffer[begin : begin + len(joined)] = joined
    return block.buffer, begin


def _followed(one: Messages, other: Messages) -> Messages:
    """Return the rows of one and then those of the other."""
    return Messages(*(np.concatenate([getattr(one, f.name), getattr(other, f.name)]) for f in fields(Messages)))


def _columns(done: list[tuple[int, Message]], block: Block, begin: int) -> Messages:
    """Turn messages that were joined one by one into columns; their payloads lie one after the other."""
    size = np.array([len(message.payload) for _, message in done], np.int64)
    at = [(UNTIMED, 0) if message.at is None else message.at for _, message in done]
    return Messages(
        np.array([message.lines[0] for _, message in done], np.int64),
        np.array([t for t, _ in at], np.int64),
        np.array([clock for _, clock in at], np.uint8),
        np.array([block.stations.code(message.names[0]) for _, message in done], np.int64),
        np.array([message.key[2] for _, message in done], np.uint8),
        np.array([message.key[0] for _, message in done], np.bool_),
        begin + np.cumsum(size) - size,
        size,
        np.array([message.fill for _, message in done], np.uint8),
    )


class _Parts:
    """The sentences of a block that are parts of messages of several, in order."""

    def __init__(self, block: Block, sent: Messages, rows: Ints) -> None:
        self._block = block
        self._sent = sent
        self._rows = rows
        self.of_runs = _ZERO

    def part(self, row: int) -> Part:
        """Return one sentence as a part."""
        frames, t, station = self._block.frames, int(self._sent.t[row]), int(self._sent.station[row])
        line, start, group = int(frames.line[row]), int(frames.start[row]), int(frames.group[row])
        return Part(
            line,
            int(frames.number[row]),
            int(frames.total[row]),
            bool(frames.own[row]),
            int(frames.sequence[row]),
            int(frames.channel[row]),
            self._block.data[start : start + int(frames.size[row])],
            int(frames.fill[row]),
            None if t == UNTIMED else t,
            int(self._sent.clock[row]),
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

    def joined(self, assembler: Assembler) -> tuple[Runs, list[tuple[int, Message]]]:
        """Join all parts.

        Returns:
            The messages joined at once, and those joined one by one, each with the sentence that made it whole.
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
        self.of_runs = rows[joined]
        runs = Runs(rows[first], rows[last], total[first].astype(np.int64), frames.line[self.of_runs])
        if len(first):
            begin = np.cumsum(runs.total) - runs.total
            t, clock = _least(self._sent.t[self.of_runs], self._sent.clock[self.of_runs], begin)
            self._sent.t[runs.first], self._sent.clock[runs.first] = t, clock
        return runs, slowly

    def _follows(self, frames: Frames, rows: Ints) -> Bools:
        """Say of each part whether it continues the one before it (`Part.follows`)."""
        follows = np.zeros(len(rows), np.bool_)
        if len(rows) < 2:
            return follows
        named: Bools = np.ones(len(rows) - 1, np.bool_)
        for column in (self._sent.station, frames.group):
            named &= column[rows[1:]] == column[rows[:-1]]
        line = frames.line[rows]
        later = rows[1:]
        nameless = (self._sent.station[later] < 0) & (frames.group[later] == NO_GROUP) & (line[1:] == line[:-1] + 1)
        near = line[1:] - line[:-1] <= MAX_LINES
        near &= frames.own[rows[1:]] == frames.own[rows[:-1]]
        for sent in (frames.sequence, frames.channel, frames.total):
            near &= sent[rows[1:]] == sent[rows[:-1]]
        t = self._sent.t[rows]
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

    def payloads(self, runs: Runs) -> list[bytes]:
        """Return the payloads of the parts of messages joined at once."""
        if not len(runs.first):
            return []
        start, size = self._block.frames.start[self.of_runs], self._block.frames.size[self.of_runs]
        width = int(size.max())
        if width > PAD - 8:
            data = self._block.data
            return [data[a:b] for a, b in zip(start.tolist(), (start + size).tolist(), strict=True)]
        width = -(-width // 8) * 8
        chars = windows(self._block.buffer, width, start).view(np.uint8).reshape(len(start), width)
        return [chars[np.arange(width) < size[:, None]].tobytes()]


def _least(t: Ints, clock: Bytes, begin: Ints) -> tuple[Ints, Bytes]:
    """Return the least known time of each stretch of parts, and what gave it."""
    far = np.int64(1) << 62
    known = np.where(t == UNTIMED, far, t)
    least = np.minimum.reduceat(known, begin)
    per_part = np.repeat(least, np.diff(np.append(begin, len(t))))
    clock = np.minimum.reduceat(np.where(known == per_part, clock, np.uint8(9)), begin)
    return np.where(least == far, UNTIMED, least), np.where(least == far, np.uint8(0), clock)
