"""NMEA lines to rows: every line ends as a message's part, as understood and not kept, or as a reject with its reason.

Receive time, first that is there: tag block (a later sentence of a group inherits it), $PGHP line before, epoch after
the checksum, then the messages' own UTC seconds from `start_time` on (`ais.clock`). A $PGHP line is the receiver's own
word; where a logger adds an epoch behind it, that is when it wrote the line, for a satellite up to hours later. A
message of several sentences has the least time of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ais.around import times_and_stations
from ais.carry import Carry
from ais.clock import Believable, SecondClock
from ais.decode import layouts, number, reason, words
from ais.fields import LAYOUTS
from ais.frames import UNTIMED, Block
from ais.messages import Assembled, assembled, finished
from ais.rows import tables_of
from ais.scan import frames_of
from ais.source import InputError, Source
from ais.staging import Taken
from ais.words import Bytes, Ints

_PIECE = 6_000_000  # bytes: fewer make many small tables, more make columns that the processor's cache does not hold


class NmeaReading:
    """NMEA sentences from one source, block by block (`ais.staging.Reading`).

    Attributes:
        lines: Lines read.
        other: Lines understood and not kept.
        mmsi_like: True: a sentence says an MMSI.
    """

    mmsi_like = True

    def __init__(
        self,
        source: Source,
        believable: Believable,
        start: int | None,
        input_id: int,
        state: Mapping[str, object] | None = None,
    ) -> None:
        self._source = source
        self._believable = believable
        self._input_id = input_id
        self._carry = (
            Carry(second_clock=None if start is None else SecondClock(start)) if state is None else Carry.of(state)
        )

    @property
    def lines(self) -> int:
        """Lines read so far."""
        return self._carry.lines

    @property
    def other(self) -> int:
        """Lines understood and not kept so far."""
        return self._carry.other

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block gave; raise InputError when no line is AIS or no message has a time."""
        carry = self._carry
        for block in self._source.blocks(carry.end):
            first_line = carry.lines + (not block.inside)
            taken = Taken(raw=block.raw, first_line=first_line)
            for piece in _pieces(block.data):
                self._read(piece, taken)
            carry.end = block.end
            yield self._told(taken)
        taken = Taken(first_line=carry.lines + 1)
        self._finish(taken)
        yield self._told(taken)
        if not carry.sentences:
            raise InputError(f"{self._source.name} holds no AIS sentence with a right checksum; nothing was taken in")
        if carry.untimed and not carry.clocks and not carry.unbelieved:
            raise InputError(
                f"no sentence of {self._source.name} says when it was received; give --start-time, for example "
                "--start-time 2024-05-01T00:00:00Z, and the sentences' own seconds are followed from there"
            )

    def _told(self, taken: Taken) -> Taken:
        """Fill in what a block's yield says of the reading so far."""
        carry = self._carry
        carry.forget_groups()
        taken.rejects.sort()
        taken.end, taken.lines, taken.other = carry.end, carry.lines, carry.other
        taken.clocks = dict(carry.clocks)
        taken.state = carry.state()
        return taken

    def _read(self, data: bytes, taken: Taken) -> None:
        """Read some whole lines."""
        carry = self._carry
        block = frames_of(data, carry.lines + 1)
        t, clock, station = times_and_stations(block, carry)
        found = assembled(block, t, clock, station, carry.assembler)
        carry.lines += len(block)
        carry.other += len(block.others) + len(block.wrappers)
        carry.sentences += len(block.frames)
        taken.rejects += [(line, why, block.raw(line)) for line, why in block.rejects]
        lines = block.frames.line[found.impossible].tolist()
        taken.rejects += [(line, "not understood", block.raw(line)) for line in lines]
        self._take(block, found, taken)

    def _finish(self, taken: Taken) -> None:
        """Give up the parts whose partner never came."""
        carry = self._carry
        block = frames_of(b"", carry.lines + 1)
        self._take(block, finished(block, carry.assembler), taken)

    def _take(self, block: Block, found: Assembled, taken: Taken) -> None:
        """Turn whole messages into rows or rejects."""
        carry, sent, rows = self._carry, found.sent, found.rows
        code, why = layouts(found.buffer, sent.start[rows], sent.size[rows], sent.fill[rows])
        bad = np.flatnonzero(why)
        rejected = [(message, reason(int(why[message]))) for message in bad.tolist()]
        kept = np.flatnonzero(why == 0) if len(bad) else np.arange(len(rows))
        if carry.second_clock is not None:
            self._tell(found, code, kept[np.argsort(found.known_at[kept], kind="stable")])
        t = sent.t[rows[kept]]
        believed = (t >= self._believable.first) & (t < self._believable.end)
        if not believed.all():
            untimed = t == UNTIMED
            carry.untimed += int(untimed.sum())
            carry.unbelieved += int((~believed & ~untimed).sum())
            rejected += [(message, "no time") for message in kept[untimed].tolist()]
            rejected += [(message, "clock") for message in kept[~believed & ~untimed].tolist()]
            kept = kept[believed]
        code = code[kept]
        order = np.argsort(code, kind="stable")
        messages = sent.take(rows[kept[order]])
        for clock, count in enumerate(np.bincount(messages.clock).tolist()):
            if count:
                carry.timed(clock, count)
        tables = tables_of(found.buffer, messages, code[order], block.stations.all, self._input_id)
        for name, some in tables.items():
            taken.tables.setdefault(name, []).extend(some)
        self._account(block, found, rejected, taken)

    def _account(self, block: Block, found: Assembled, rejected: list[tuple[int, str]], taken: Taken) -> None:
        """Say of the lines of messages whether they are parts or rejects."""
        further = found.further(message for message, _ in rejected)
        if len(further):
            taken.parts = further if not len(taken.parts) else np.concatenate([taken.parts, further])
        for message, why in rejected:
            taken.rejects += [(line, why, raw) for line, raw in found.lines_of(message, block)]
        assembler = self._carry.assembler
        taken.rejects += [(part.line, "orphan part", part.raw) for part in assembler.orphans]
        assembler.orphans = []

    def _tell(self, found: Assembled, code: Bytes, order: Ints) -> None:
        """Give times to messages without one by their own UTC seconds, in their order."""
        clock, sent = self._carry.second_clock, found.sent
        assert clock is not None
        rows, code = found.rows[order], code[order]
        second = np.full(len(rows), 60)
        for place, layout in enumerate(LAYOUTS):
            some = np.flatnonzero(code == place)
            if "second" in layout.numbers and len(some):
                of = rows[some]
                cut = words(layout, found.buffer, sent.start[of], sent.size[of] * 6 - sent.fill[of])
                second[some] = number(cut, layout.numbers["second"])
        for row, t, own in zip(rows.tolist(), sent.t[rows].tolist(), second.tolist(), strict=True):
            if t == UNTIMED:
                sent.t[row], sent.clock[row] = clock.tell(own)
            elif t in self._believable:
                clock.heard(t)


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut a block of lines into smaller ones."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _PIECE) + 1 or len(data)
        yield data[start:end]
        start = end
