"""NMEA lines to rows: every line ends as a message's part, as understood and not kept, or as a reject with its reason.

Receive time, first that is there: tag block (a later sentence of a group inherits it), epoch after the checksum, $PGHP
line before, then the messages' own UTC seconds from `start_time` on (`ais.clock`). A message of several sentences has
the least time of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ais.around import times_and_stations
from ais.carry import Carry
from ais.clock import Believable, SecondClock
from ais.decode import layouts, number, reason, words
from ais.fields import LAYOUTS
from ais.frames import UNTIMED, Block, frames_of
from ais.messages import Assembled, Messages, assembled, finished
from ais.rows import tables_of
from ais.source import InputError, Source
from ais.staging import Taken
from ais.words import Ints

_PIECE = 1_500_000  # bytes: columns of about 20 k lines stay in the processor's cache


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
        carry, messages = self._carry, found.messages
        buffer = np.frombuffer(found.text, np.uint8)
        code, why = layouts(buffer, messages.start, messages.size, messages.fill)
        rejected = [(row, reason(int(why[row]))) for row in np.flatnonzero(why).tolist()]
        kept = np.flatnonzero(why == 0)
        if carry.second_clock is not None:
            self._tell(found.text, messages, code, kept[np.argsort(messages.known_at[kept], kind="stable")])
        t = messages.t[kept]
        untimed = t == UNTIMED
        believed = (t >= self._believable.first) & (t < self._believable.end)
        carry.untimed += int(untimed.sum())
        carry.unbelieved += int((~believed & ~untimed).sum())
        rejected += [(row, "no time") for row in kept[untimed].tolist()]
        rejected += [(row, "clock") for row in kept[~believed & ~untimed].tolist()]
        kept = kept[believed]
        for clock, count in enumerate(np.bincount(messages.clock[kept]).tolist()):
            if count:
                carry.timed(clock, count)
        order = np.argsort(code[kept].astype(np.uint8), kind="stable")
        kept = kept[order]
        tables = tables_of(found.text, messages.take(kept), code[kept], block.stations.all, self._input_id)
        for name, some in tables.items():
            taken.tables.setdefault(name, []).extend(some)
        self._account(block, found, rejected, taken)

    def _account(self, block: Block, found: Assembled, rejected: list[tuple[int, str]], taken: Taken) -> None:
        """Say of the lines of messages whether they are parts or rejects."""
        further = found.further({row for row, _ in rejected})
        if len(further):
            taken.parts = further if not len(taken.parts) else np.concatenate([taken.parts, further])
        for row, why in rejected:
            taken.rejects += [(line, why, raw) for line, raw in found.lines_of(row, block)]
        assembler = self._carry.assembler
        taken.rejects += [(part.line, "orphan part", part.raw) for part in assembler.orphans]
        assembler.orphans = []

    def _tell(self, text: bytes, messages: Messages, code: Ints, rows: Ints) -> None:
        """Give times to messages without one by their own UTC seconds, in their order."""
        clock = self._carry.second_clock
        assert clock is not None
        buffer = np.frombuffer(text, np.uint8)
        second = np.full(len(messages), 60)
        for place, layout in enumerate(LAYOUTS):
            of_layout = rows[code[rows] == place]
            if "second" in layout.numbers and len(of_layout):
                bits = messages.size[of_layout] * 6 - messages.fill[of_layout]
                cut = words(layout, buffer, messages.start[of_layout], bits)
                second[of_layout] = number(cut, layout.numbers["second"])
        for row, t, own in zip(rows.tolist(), messages.t[rows].tolist(), second[rows].tolist(), strict=True):
            if t == UNTIMED:
                messages.t[row], messages.clock[row] = clock.tell(own)
            elif t in self._believable:
                clock.heard(t)


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut a block of lines into smaller ones."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _PIECE) + 1 or len(data)
        yield data[start:end]
        start = end
