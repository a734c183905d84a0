"""The AIS sentences of a block of lines as columns, and what else its lines are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from ais.framing import Tag, Wrapper
from ais.staging import RAW_BYTES
from ais.words import Bools, Bytes, Ints

UNTIMED = -(1 << 62)
"""A time that is not known, in columns."""

NO_GROUP = -1
_GROUP_DIGITS = 16


@dataclass
class Frames:
    """The AIS sentences of a block whose checksums are right, as columns in the order of their lines.

    Attributes:
        line: Line in the input.
        own: Said by the receiver's own ship (VDO).
        total: How many sentences make the message.
        number: Its place among them.
        sequence: Sequence id as an ASCII code, 0 if empty.
        channel: Radio channel as an ASCII code, 0 if empty.
        start: Where in the block the payload begins.
        size: Characters of the payload.
        fill: Fill bits at its end.
        given: Checksum of the sentence.
        t: UTC microseconds by the tag block, or UNTIMED.
        rest_t: UTC microseconds by the fields after the checksum, or UNTIMED.
        station: Station by the tag block as a code into `Block.stations`, or -1.
        rest_station: Station by the fields after the checksum.
        group: Sentence group as a key of `Groups`, or NO_GROUP.
        later: It is not the first sentence of its group.
    """

    line: Ints
    own: Bools
    total: Bytes
    number: Bytes
    sequence: Bytes
    channel: Bytes
    start: Ints
    size: Ints
    fill: Bytes
    given: Bytes
    t: Ints
    rest_t: Ints
    station: Ints
    rest_station: Ints
    group: Ints
    later: Bools

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def joined(cls, several: Sequence[Frames]) -> Frames:
        """Return the sentences of several in the order of their lines."""
        order = np.argsort(np.concatenate([one.line for one in several]), kind="stable")
        return cls(*(np.concatenate([getattr(one, f.name) for one in several])[order] for f in fields(cls)))

    @classmethod
    def followed(cls, several: Sequence[Frames]) -> Frames:
        """Return the sentences of several, one after the other."""
        if len(several) == 1:
            return several[0]
        return cls(*(np.concatenate([getattr(one, f.name) for one in several]) for f in fields(cls)))


class Names:
    """Different names, each with a code."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._codes: dict[Any, int] = {}

    def code(self, name: Any) -> int:
        """Return a name's code, a new one if it is new; -1 for None."""
        if name is None:
            return -1
        code = self._codes.setdefault(name, len(self.all))
        if code == len(self.all):
            self.all.append(name)
        return code

    def codes(self, names: Sequence[Any]) -> Ints:
        """Return the codes of names."""
        return np.array([self.code(name) for name in names], np.int64)


class Groups:
    """Keys of sentence groups: those named by up to 16 digits are numbered by them, others by a list."""

    def __init__(self) -> None:
        self._others = Names()

    def key(self, name: bytes | None) -> int:
        """Return a group's key; NO_GROUP for None."""
        if name is None:
            return NO_GROUP
        if len(name) <= _GROUP_DIGITS and name.isdigit():
            return int(name) * 32 + len(name)
        return -2 - self._others.code(name)

    @staticmethod
    def keys(numbers: Ints, digits: Ints) -> Ints:
        """Return the keys of groups that are named by so many digits."""
        return numbers * 32 + digits

    def name(self, key: int) -> bytes | None:
        """Return the name of a group, None for NO_GROUP."""
        if key == NO_GROUP:
            return None
        if key >= 0:
            return b"%0*d" % (key % 32, key // 32)
        other: bytes = self._others.all[-2 - key]
        return other


@dataclass
class Block:
    """What the lines of a block are.

    Attributes:
        data: The block's bytes.
        buffer: The same with a line end at the end, `PAD` bytes of zero after it, and room for more.
        first_line: Number of its first line.
        starts: Where each line begins.
        ends: Where each line ends.
        frames: The AIS sentences.
        stations: The stations that they name.
        groups: The sentence groups that they name.
        wrappers: Line and content of each $PGHP line.
        others: Line and tag block of each line that is understood and not kept.
        rejects: Line and reason of each line that is rejected.
    """

    data: bytes
    buffer: Bytes
    first_line: int
    starts: Ints
    ends: Ints
    frames: Frames
    stations: Names
    groups: Groups
    wrappers: list[tuple[int, Wrapper]] = field(default_factory=list)
    others: list[tuple[int, Tag]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.starts)

    def raw(self, line: int) -> bytes:
        """Return the first bytes of a line."""
        start = int(self.starts[line - self.first_line])
        return self.data[start : min(int(self.ends[line - self.first_line]), start + RAW_BYTES)]
