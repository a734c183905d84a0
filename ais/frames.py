"""Whole blocks of NMEA lines at once: the AIS sentences in them as columns, by the rules of `ais.framing`.

Every byte that is no payload character is found; between them the common forms of a line show as short patterns:
tag block (or anything that is none), sentence, and after its checksum nothing, a time, or a station and a time. A line
of any other form, or with anything wrong in it, is read alone by `ais.framing.read_line`: there are few, and the two
ways agree on every line (`tests/ais/test_reference.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np

from ais.framing import FAR_US, MILLISECONDS_FROM, SPACE, STATION, Sentence, Tag, Wrapper, read_line
from ais.staging import RAW_BYTES
from ais.words import NAME_BYTES, PAD, Bools, Bytes, Checksums, Ints, names_at, numbers_at, windows

UNTIMED = -(1 << 62)
"""A time that is not known, in columns."""

NO_GROUP = -1

_NEWLINE, _RETURN, _BANG, _STAR, _COMMA, _BACKSLASH, _DASH = b"\n\r!*,\\-"
_PATTERN = np.frombuffer(b"!,,,,,,*", np.uint64)[0]  # all that is no payload character in a sentence up to its checksum
_HEAD, _HEAD_IS = (np.frombuffer(text, np.uint64)[0] for text in (b"\xff\0\0\xff\xff\xfd\xff\0", b"!\0\0VDM,\0"))
_NEXT, _NEXT_IS = (np.frombuffer(text, np.uint64)[0] for text in (b"\xff\0\xff\0\0\0\0\0", b",\0,\0\0\0\0\0"))
_OWN = np.uint64(ord("O") ^ ord("M")) << np.uint64(40)
_TAG_PATTERN = re.compile(rb"\\[^\\*!]*\*\\")  # the marks of one tag block
_GROUP_DIGITS = 16
_PATTERNS = 64  # tag blocks of so many forms are read at once, those of further forms alone
_KIND = {kind: int.from_bytes(kind, "little") for kind in (b"c:", b"s:", b"g:")}


def _table(chars: bytes) -> Bools:
    """Return a table that says of each byte whether it is one of these."""
    table = np.zeros(256, np.bool_)
    table[list(chars)] = True
    return table


_COMMENT = _table(b"#" + SPACE)  # what a line that may be a comment begins with
_DIGITS = _table(b"0123456789")
_LETTERS = _table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_HEX = np.full(256, 1 << 20, np.int64)
_HEX[list(b"0123456789ABCDEF")] = range(16)
_HEX[list(b"abcdef")] = range(10, 16)


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
    total: Ints
    number: Ints
    sequence: Ints
    channel: Ints
    start: Ints
    size: Ints
    fill: Ints
    given: Ints
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
        text: The block's bytes, with a line end at the end and `PAD` bytes after it.
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

    text: bytes
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
        return self.text[start : min(int(self.ends[line - self.first_line]), start + RAW_BYTES)]


@dataclass
class _Marks:
    """The bytes of a block that are no payload characters, in order: where each stands and what it is."""

    at: Ints
    char: Bytes


def frames_of(data: bytes, first_line: int) -> Block:
    """Read a block of whole lines."""
    text = (data if data.endswith(b"\n") or not data else data + b"\n") + bytes(PAD)
    buffer = np.frombuffer(text, np.uint8)
    marks = _marks(buffer[: len(text) - PAD])
    ends_in_marks = np.flatnonzero(marks.char == _NEWLINE)
    ends = marks.at[ends_in_marks]
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    stations, groups = Names(), Groups()
    bangs, lines = _only_bangs(marks, ends_in_marks)
    good, frames = _Sentences(buffer, marks, ends_in_marks, starts, stations).read(bangs, lines)
    frames.line += first_line
    block = Block(text, first_line, starts, ends, frames, stations, groups)
    alone = np.ones(len(ends), np.bool_)
    alone[lines[good]] = False
    _read_alone(block, np.flatnonzero(alone))
    return block


def _marks(buffer: Bytes) -> _Marks:
    """Find the bytes that are no payload characters (0-9 : ; < = > ? @ A-W ` a-w)."""
    code = buffer - np.uint8(48)
    at = np.flatnonzero((code > 71) | ((code - np.uint8(40)) < 8))
    return _Marks(at, buffer[at])


def _only_bangs(marks: _Marks, ends_in_marks: Ints) -> tuple[Ints, Ints]:
    """Return, of each line with one exclamation mark, where it is among the marks, and the line counted from 0."""
    bangs = np.flatnonzero(marks.char == _BANG)
    if len(bangs) == len(ends_in_marks) and (bangs < ends_in_marks).all() and (bangs[1:] > ends_in_marks[:-1]).all():
        return bangs, np.arange(len(bangs))
    lines = np.searchsorted(ends_in_marks, bangs)
    single = np.bincount(lines, minlength=len(ends_in_marks))[lines] == 1
    return bangs[single], lines[single]


class _Sentences:
    """Reads the sentences of one block whose lines have a common form."""

    def __init__(
        self, buffer: Bytes, marks: _Marks, ends_in_marks: Ints, starts: Ints, stations: Names
    ) -> None:
        self._buffer = buffer
        self._marks = _Marks(
            np.append(marks.at, np.full(16, len(buffer) - PAD)), np.append(marks.char, np.zeros(16, np.uint8))
        )
        self._starts = starts
        self._firsts = np.concatenate([[0], ends_in_marks[:-1] + 1]) if len(starts) else starts
        self._checksums = Checksums(buffer)
        self._stations = stations

    def read(self, bangs: Ints, lines: Ints) -> tuple[Ints, Frames]:
        """Return which of the lines have a common form and nothing wrong, and their sentences.

        Args:
            bangs: Each line's one exclamation mark, as its place among the marks.
            lines: The lines, counted from 0.
        """
        shaped = np.flatnonzero(windows(self._marks.char, 8, bangs)[:, 0] == _PATTERN)
        bangs, lines = bangs[shaped], lines[shaped]
        ok, body = self._bodies(bangs)
        self._rests(ok, bangs, body)
        self._tags(ok, bangs, lines, body)
        good = np.flatnonzero(ok)
        body["line"] = lines
        whole = len(good) == len(ok)
        return shaped[good], Frames(**(body if whole else {name: column[good] for name, column in body.items()}))

    def _bodies(self, bangs: Ints) -> tuple[Bools, dict[str, Any]]:
        """Read from each exclamation mark to the checksum: what is right, and the columns."""
        buffer, n = self._buffer, len(bangs)
        eight = np.ndarray((len(self._marks.at) - 7,), "V64", self._marks.at, strides=(8,))[bangs]
        at = np.ascontiguousarray(eight.view(np.int64).reshape(n, 8).T)
        bang, _, _, _, before_channel, before_payload, after_payload, star = at
        head = windows(buffer, 16, bang)
        ok = ((head[:, 0] & _HEAD) == _HEAD_IS) & ((head[:, 1] & _NEXT) == _NEXT_IS)
        char = head.view(np.uint8).reshape(n, 16)
        ok &= _LETTERS[char[:, 1]] & _LETTERS[char[:, 2]]
        total, number = (char[:, place].astype(np.int64) - 48 for place in (7, 9))
        ok &= (total > 0) & (total < 10) & (number > 0) & (number < 10)
        sequence = np.where(before_channel == bang + 12, char[:, 11], 0)
        ok &= (before_channel == bang + 11) | _DIGITS[sequence]
        channel = np.where(before_payload == before_channel + 2, buffer[before_channel + 1], 0)
        ok &= (before_payload == before_channel + 1) | _DIGITS[channel] | _LETTERS[channel]
        fill = buffer[after_payload + 1].astype(np.int64) - 48
        ok &= (star == after_payload + 2) & (fill >= 0) & (fill < 6)
        size = after_payload - before_payload - 1
        given = _HEX[buffer[star + 1]] * 16 + _HEX[buffer[star + 2]]
        ok &= (size > 0) & (given == self._checksums.between(bang + 1, star))
        body = {
            "own": (head[:, 0] & _OWN) != 0,
            "total": total,
            "number": number,
            "sequence": sequence.astype(np.int64),
            "channel": channel.astype(np.int64),
            "start": before_payload + 1,
            "size": size,
            "fill": fill,
            "given": given,
        }
        for name in ("t", "rest_t"):
            body[name] = np.full(n, UNTIMED)
        for name in ("station", "rest_station", "group"):
            body[name] = np.full(n, -1)
        body["later"] = np.zeros(n, np.bool_)
        return ok, body

    def _rests(self, ok: Bools, bangs: Ints, body: dict[str, Any]) -> None:
        """Read what follows the checksums: nothing, or a time, or a station and a time."""
        at, char = self._marks.at, self._marks.char
        after = at[bangs + 7] + 3
        ok &= at[bangs + 8] == after
        begins = char[bangs + 8]
        nothing = (begins == _NEWLINE) | (
            (begins == _RETURN) & (char[bangs + 9] == _NEWLINE) & (at[bangs + 9] == after + 1)
        )
        ok &= nothing | (begins == _COMMA)
        rows = np.flatnonzero(ok & ~nothing)
        if not len(rows):
            return
        first = bangs[rows] + 8
        two = char[first + 1] == _COMMA
        last = first + two  # the comma before the time
        ends = (char[last + 1] == _NEWLINE) | (
            (char[last + 1] == _RETURN) & (char[last + 2] == _NEWLINE) & (at[last + 2] == at[last + 1] + 1)
        )
        t, known = self._times(at[last] + 1, at[last + 1] - at[last] - 1)
        named = np.flatnonzero(two & ends & known)
        good = ends & known
        start = at[first[named]] + 1
        size = at[first[named] + 1] - start
        short = (size > 0) & (size <= NAME_BYTES)
        codes, names = names_at(self._buffer, start[short], size[short])
        like = np.array([STATION.fullmatch(name) is not None for name in names], np.bool_)
        good[named[~short]] = False
        good[named[short]] = like[codes]
        ok[rows[~good]] = False
        body["rest_t"][rows[good]] = t[good]
        ours = self._stations.codes(
            [name.decode("latin-1") if fits else None for name, fits in zip(names, like, strict=True)]
        )
        body["rest_station"][rows[named[short]]] = ours[codes]

    def _tags(self, ok: Bools, bangs: Ints, lines: Ints, body: dict[str, Any]) -> None:
        """Read the tag blocks right before the sentences; what else stands there is passed over."""
        buffer = self._buffer
        bang = self._marks.at[bangs]
        start = self._starts[lines]
        rows = np.flatnonzero(ok & (bang > start))
        ok[rows] = ~_COMMENT[buffer[start[rows]]]
        rows = rows[buffer[bang[rows] - 1] == _BACKSLASH]
        if not len(rows):
            return
        bang, start, first = bang[rows], start[rows], self._firsts[lines[rows]]
        count = bangs[rows] - first
        at = self._marks.at
        good = (at[first] == start) & (count >= 3) & (count <= NAME_BYTES) & (bang > start + 4)
        given = _HEX[buffer[bang - 3]] * 16 + _HEX[buffer[bang - 2]]
        good &= (buffer[bang - 4] == _STAR) & (
            given == self._checksums.between(start + 1, np.maximum(bang - 4, start + 1))
        )
        kept = np.flatnonzero(good)
        codes, patterns = names_at(self._marks.char, first[kept], count[kept])
        for code, pattern in enumerate(patterns):
            one = kept[codes == code] if len(patterns) > 1 else kept
            if code >= _PATTERNS or not _TAG_PATTERN.fullmatch(pattern):
                good[one] = False
                continue
            edges = [0, *(place for place, char in enumerate(pattern) if char in b",*")]
            for begin, end in pairwise(edges):
                self._tag_fields(ok, rows[one], at[first[one] + begin] + 1, at[first[one] + end], body)
        ok[rows[~good]] = False

    def _tag_fields(self, ok: Bools, rows: Ints, start: Ints, end: Ints, body: dict[str, Any]) -> None:
        """Read one field of each of some tag blocks."""
        buffer = self._buffer
        kind = buffer[start].astype(np.int64) | (buffer[start + 1].astype(np.int64) << 8)
        kind[end - start < 2] = 0
        value, size = start + 2, end - start - 2
        times = np.flatnonzero(kind == _KIND[b"c:"])
        if len(times):
            t, known = self._times(value[times], size[times])
            body["t"][rows[times]] = t
            ok[rows[times[~known]]] = False
        stations = np.flatnonzero((kind == _KIND[b"s:"]) & (size > 0))
        if len(stations):
            short = (size[stations] <= NAME_BYTES) & (buffer[end[stations] - 1] != 0)
            ok[rows[stations[~short]]] = False
            stations = stations[short]
            codes, names = names_at(buffer, value[stations], size[stations])
            ours = self._stations.codes([name.decode(errors="replace") for name in names])
            body["station"][rows[stations]] = ours[codes]
        groups = np.flatnonzero(kind == _KIND[b"g:"])
        if len(groups):
            self._tag_groups(ok, rows[groups], value[groups], end[groups], body)

    def _tag_groups(self, ok: Bools, rows: Ints, start: Ints, end: Ints, body: dict[str, Any]) -> None:
        """Read the groups of tag blocks, each written like 1-2-7218."""
        buffer = self._buffer
        size = end - start - 4
        number, digits = numbers_at(buffer, start + 4, size)
        good = digits & (buffer[start + 1] == _DASH) & (buffer[start + 3] == _DASH)
        good &= _DIGITS[buffer[start]] & _DIGITS[buffer[start + 2]]
        ok[rows[~good]] = False
        body["group"][rows] = Groups.keys(number, size)
        body["later"][rows] = buffer[start] != ord("1")

    def _times(self, start: Ints, size: Ints) -> tuple[Ints, Bools]:
        """Return UTC microseconds of Unix times of 10 or 13 digits, and whether they are such."""
        number, digits = numbers_at(self._buffer, start, size)
        t = number * np.where(number >= MILLISECONDS_FROM, 1_000, 1_000_000)
        return np.minimum(t, FAR_US), digits & ((size == 10) | (size == 13))


def _read_alone(block: Block, indices: Ints) -> None:
    """Read lines one by one into a block."""
    rows: list[tuple[Any, ...]] = []
    stations, groups = block.stations, block.groups
    for index, start, end in zip(
        indices.tolist(), block.starts[indices].tolist(), block.ends[indices].tolist(), strict=True
    ):
        line = index + block.first_line
        said = read_line(block.text[start:end])
        if isinstance(said, str):
            block.rejects.append((line, said))
        elif isinstance(said, Sentence):
            tag = said.tag
            rows.append(
                (
                    line,
                    *said[:5],
                    start + said.at,
                    len(said.payload),
                    said.fill,
                    said.given,
                    UNTIMED if tag.t is None else tag.t,
                    UNTIMED if said.rest_t is None else said.rest_t,
                    stations.code(tag.station),
                    stations.code(said.rest_station),
                    groups.key(tag.group),
                    tag.later,
                )
            )
        elif isinstance(said, Wrapper):
            block.wrappers.append((line, said))
        else:
            block.others.append((line, said))
    if rows:
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        block.frames = Frames.joined([block.frames, Frames(*columns)])
