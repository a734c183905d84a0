"""NMEA lines to rows: every line ends as a message's part, as understood and not kept, or as a reject with its reason.

Receive time, first that is there: tag block, epoch after the checksum, $PGHP line before, then the messages' own UTC
seconds from `start_time` on (`ais.clock`). A later sentence of a tag-block group inherits time and station.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterator

import numpy as np

from ais.assembly import Assembler, Message, Part
from ais.clock import Believable, SecondClock
from ais.decode import Layout, second_of, unpack
from ais.framing import HEX, NO_TAG, SENTENCE, SIMPLE_TAG, Tag, read_pghp, read_rest, read_tags, why_not
from ais.rows import Said, rows_of
from ais.source import MAX_LINE, InputError, Source
from ais.staging import RAW_BYTES, Taken

_GROUPS_KEPT = 256
_CHANNEL = {b"": None} | {char.encode(): char for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class NmeaLines:
    """Reads blocks of lines; whoever calls takes the messages and rejects of each block and empties them.

    Attributes:
        said: Messages of the block by layout.
        parts: Further lines of messages of several parts, each with the message's first line.
        rejects: Line, reason and first bytes of each rejected line.
        lines: Lines read so far.
        other: Lines understood and not kept so far.
        sentences: AIS sentences with a right checksum so far.
        timed: Messages so far that had a time, or were given one.
        untimed: Messages so far that had none.
    """

    def __init__(self, believable: Believable, start: int | None) -> None:
        self.said: dict[Layout, Said] = defaultdict(list)
        self.parts: list[tuple[int, int]] = []
        self.rejects: list[tuple[int, str, bytes]] = []
        self.lines = 0
        self.other = 0
        self.sentences = 0
        self.timed = 0
        self.untimed = 0
        self._believable = believable
        self._clock = None if start is None else SecondClock(start)
        self._assembler = Assembler()
        self._groups: OrderedDict[bytes, Tag] = OrderedDict()
        self._wrapped: tuple[int, bytes | None] | None = None  # time and checksum of a $PGHP line

    def feed(self, block: bytes) -> None:
        """Read a block of whole lines."""
        # XOR from the block's start to each byte: a sentence's checksum is then two look-ups.
        xors = np.bitwise_xor.accumulate(np.frombuffer(block, np.uint8)).tobytes()
        match, start = SENTENCE.fullmatch, 0
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            self.lines += 1
            found = match(block, start, start + len(line))
            start += len(line) + 1
            if found is None:
                self._no_sentence(line)
            elif HEX[found[10]] != xors[found.end(9) - 1] ^ xors[found.start(2) - 1]:
                self._reject(line, "checksum")
            else:
                tag = self._tag(block, *found.span(1), xors) if found[1] else NO_TAG
                why = "checksum" if tag is None else self._sentence(line, tag, found)
                if why is not None:
                    self._reject(line, why)
        self._count_orphans()

    def finish(self) -> None:
        """Count the parts whose partner never came."""
        self._assembler.finish()
        self._count_orphans()

    def _sentence(self, line: bytes, tag: Tag, found: re.Match[bytes]) -> str | None:
        """Take in a sentence whose checksums are right, or say why it is rejected."""
        _, _, who, total, number, sequence, channel, payload, fill, given, rest = found.groups()
        self.sentences += 1
        t, station = tag.t, tag.station
        if len(rest) > 1:
            after_t, after_station = read_rest(rest)
            t = after_t if t is None else t
            station = station or after_station
        if self._wrapped is not None:
            wrapped_t, wrapped_sum = self._wrapped
            self._wrapped = None
            if t is None and (wrapped_sum is None or HEX[wrapped_sum] == HEX[given]):
                t = wrapped_t
        own = who == b"O"
        if total == b"1":
            if number != b"1":
                return "not understood"
            return self._message(self.lines, t, station, channel, own, payload, int(fill))
        if number > total:
            return "not understood"
        part = Part(self.lines, int(number), payload, int(fill), t, station, tag.group, own, line[:RAW_BYTES])
        whole = self._assembler.add(part, sequence, channel, int(total))
        if whole is not None:
            self._whole(whole, channel)
        return None

    def _whole(self, message: Message, channel: bytes) -> None:
        """Take in a message whose parts have all come."""
        first, *further = message.lines
        fill, own = message.parts[message.key[2]].fill, message.parts[1].own
        why = self._message(first, message.t, message.station, channel, own, message.payload, fill)
        if why is None:
            self.parts += [(line, first) for line in further]
        else:
            self.rejects += [(part.line, why, part.raw) for part in message.parts.values()]

    def _message(
        self, line: int, t: int | None, station: str | None, channel: bytes, own: bool, payload: bytes, fill: int
    ) -> str | None:
        """Take in a whole message, or say why it is rejected."""
        unpacked = unpack(payload, fill)
        if isinstance(unpacked, str):
            return unpacked
        layout, bits = unpacked
        if self._clock is not None:
            if t is None:
                t = self._clock.tell(second_of(layout, bits))
            elif t in self._believable:
                self._clock.heard(t)
        if t is None:
            self.untimed += 1
            return "no time"
        self.timed += 1
        if t not in self._believable:
            return "clock"
        self.said[layout].extend((line, t, station, _CHANNEL[channel], own, bits))
        return None

    def _tag(self, block: bytes, start: int, end: int, xors: bytes) -> Tag | None:
        """Read the tag blocks that lie in a block of lines; None when their checksum is wrong."""
        simple = SIMPLE_TAG.fullmatch(block, start, end)
        if simple is None:
            tag = read_tags(block[start:end])
        elif HEX[simple[5]] != xors[end - 5] ^ xors[start]:
            return None
        else:
            number, group, station, t, _ = simple.groups()
            tag = Tag(
                int(t) * 1_000_000 if t else None,
                station.decode(errors="replace") if station else None,
                group,
                number != b"1",
            )
        return tag if tag is None or tag.group is None else self._grouped(tag, tag.group)

    def _grouped(self, tag: Tag, group: bytes) -> Tag:
        """Let a later sentence of a group inherit what the ones before it said."""
        known = self._groups.pop(group, NO_TAG)
        if tag.later:
            tag = Tag(known.t if tag.t is None else tag.t, tag.station or known.station, group, True)
        self._groups[group] = tag
        if len(self._groups) > _GROUPS_KEPT:
            self._groups.popitem(last=False)
        return tag

    def _no_sentence(self, line: bytes) -> None:
        why: str | None = None
        if len(line) >= MAX_LINE:
            why = "too long"
        elif line.startswith(b"$PGHP,"):
            pghp = read_pghp(line)
            if isinstance(pghp, str):
                why = pghp
            else:
                self._wrapped = pghp
        else:
            why = why_not(line)
            if why is None and line.startswith(b"\\"):
                tag = read_tags(line[: line.rindex(b"\\") + 1])
                if tag is not None and tag.group is not None:
                    self._grouped(tag, tag.group)
        if why is None:
            self.other += 1
        else:
            self._reject(line, why)

    def _reject(self, line: bytes, why: str) -> None:
        self.rejects.append((self.lines, why, line[:RAW_BYTES]))

    def _count_orphans(self) -> None:
        self.rejects += [(part.line, "orphan part", part.raw) for part in self._assembler.orphans]
        self._assembler.orphans = []


class NmeaReading:
    """NMEA sentences from one source, block by block (`ais.staging.Reading`).

    Attributes:
        lines: Lines read.
        other: Lines understood and not kept.
        mmsi_like: True: a sentence says an MMSI.
    """

    mmsi_like = True

    def __init__(self, source: Source, believable: Believable, start: int | None, input_id: int) -> None:
        self._source = source
        self._input_id = input_id
        self._reader = NmeaLines(believable, start)

    @property
    def lines(self) -> int:
        """Lines read so far."""
        return self._reader.lines

    @property
    def other(self) -> int:
        """Lines understood and not kept so far."""
        return self._reader.other

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block gave; raise InputError when no line is AIS or no message has a time."""
        reader = self._reader
        for block in self._source.blocks():
            reader.feed(block.data)
            yield self._taken()
        reader.finish()
        yield self._taken()
        if not reader.sentences:
            raise InputError(f"{self._source.name} holds no AIS sentence with a right checksum; nothing was taken in")
        if reader.untimed and not reader.timed:
            raise InputError(
                f"no sentence of {self._source.name} says when it was received; give --start-time, for example "
                "--start-time 2024-05-01T00:00:00Z, and the sentences' own seconds are followed from there"
            )

    def _taken(self) -> Taken:
        """Turn what the reader holds into rows, and empty it."""
        reader = self._reader
        taken = Taken(rejects=reader.rejects, parts=reader.parts)
        for layout, said in reader.said.items():
            for name, rows in rows_of(layout, said, self._input_id).items():
                taken.tables.setdefault(name, []).append(rows)
        reader.said, reader.rejects, reader.parts = defaultdict(list), [], []
        return taken
