"""Whole blocks of NMEA lines at once: the AIS sentences in them as columns, by the rules of `ais.framing`.

Every byte that is no payload character is found; between them the common forms of a line show as short patterns:
tag block (or anything that is none), sentence, and after its checksum nothing, a time, or a station and a time. A line
of any other form, or with anything wrong in it, is read alone by `ais.framing.read_line`: there are few, and the two
ways agree on every line (`tests/ais/test_reference.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ais.frames import NO_GROUP, UNTIMED, Block, Frames, Groups, Names
from ais.framing import FAR_US, MILLISECONDS_FROM, SPACE, STATION, Sentence, Wrapper, read_line
from ais.words import NAME_BYTES, PAD, Bools, Bytes, Checksums, Ints, names_at, numbers_at, windows

_NEWLINE, _RETURN, _BANG, _STAR, _COMMA, _BACKSLASH, _DASH = b"\n\r!*,\\-"
_PATTERN = np.frombuffer(b"!,,,,,,*", np.uint64)[0]  # all that is no payload character in a sentence up to its checksum
_HEAD, _HEAD_IS = (np.frombuffer(text, np.uint64)[0] for text in (b"\xff\0\0\xff\xff\xfd\xff\0", b"!\0\0VDM,\0"))
_NEXT, _NEXT_IS = (np.frombuffer(text, np.uint64)[0] for text in (b"\xff\0\xff\0\0\0\0\0", b",\0,\0\0\0\0\0"))
_OWN = ord("O") ^ ord("M")
_TAG_PATTERN = re.compile(rb"\\[^\\*!]*\*\\")  # the marks of one tag block
_PIECE = 2_000_000  # bytes: columns of the lines of so many stay in the processor's cache
_AHEAD = 40  # marks that one may look ahead: those of a tag block and more
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
_CHANNELS = _DIGITS | _LETTERS
_HEX = np.full(256, 255, np.uint8)
_HEX[list(b"0123456789ABCDEF")] = range(16)
_HEX[list(b"abcdef")] = range(10, 16)


@dataclass
class _Marks:
    """The bytes of a block that are no payload characters, in order: where each stands and what it is."""

    at: Ints
    char: Bytes


def frames_of(data: bytes, first_line: int) -> Block:
    """Read a block of whole lines."""
    buffer, end = _buffer(data)
    checksums, stations = Checksums(buffer[: end + PAD]), Names()
    pieces = [_scanned(buffer, *bounds, checksums, stations) for bounds in _pieces(data, end)]
    ends = np.concatenate([ends for ends, _, _ in pieces])
    starts = np.zeros(len(ends), np.int64)
    np.add(ends[:-1], 1, out=starts[1:])
    frames = Frames.followed([frames for _, _, frames in pieces])
    good = np.concatenate([good for _, good, _ in pieces])
    frames.line = np.flatnonzero(good) + first_line
    block = Block(data, buffer, first_line, starts, ends, frames, stations, Groups())
    if len(frames) < len(ends):
        _read_alone(block, np.flatnonzero(~good))
    return block


def _pieces(data: bytes, end: int) -> Iterator[tuple[int, int]]:
    """Yield where pieces of whole lines begin and end."""
    start = 0
    while True:
        stop = data.find(b"\n", start + _PIECE) + 1 or end
        yield start, stop
        if stop >= end:
            return
        start = stop


def _scanned(buffer: Bytes, start: int, stop: int, checksums: Checksums, stations: Names) -> tuple[Ints, Bools, Frames]:
    """Return where the lines of a piece end, which have a common form and nothing wrong, and their sentences."""
    marks = _marks(buffer, start, stop)
    ends_in_marks = np.flatnonzero(marks.char == _NEWLINE)
    ends = marks.at[ends_in_marks]
    starts = np.full(len(ends), start)
    np.add(ends[:-1], 1, out=starts[1:])
    bangs, lines = _only_bangs(marks, ends_in_marks)
    read, frames = _Sentences(buffer, marks, ends_in_marks, starts, checksums, stations).read(bangs, lines)
    good = np.zeros(len(ends), np.bool_)
    good[lines[read]] = True
    return ends, good, frames


def _buffer(data: bytes) -> tuple[Bytes, int]:
    """Return lines with a line end at their end, zeros, and room for payloads; and where the line end is."""
    end = len(data) + (len(data) > 0 and not data.endswith(b"\n"))
    buffer = np.empty(end + PAD + end // 2, np.uint8)
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    buffer[len(data) : end] = _NEWLINE
    buffer[end : end + PAD] = 0
    return buffer, end


def _marks(buffer: Bytes, start: int, stop: int) -> _Marks:
    """Find the bytes that are no payload characters (0-9 : ; < = > ? @ A-W ` a-w); some of zero stand behind them."""
    code = buffer[start:stop] - np.uint8(48)
    found = np.flatnonzero((code > 71) | ((code - np.uint8(40)) < 8))
    at = np.full(len(found) + _AHEAD, stop)
    np.add(found, start, out=at[: len(found)])
    char = np.zeros(len(at), np.uint8)
    np.take(buffer, at[: len(found)], out=char[: len(found)], mode="clip")
    return _Marks(at, char)


def _only_bangs(marks: _Marks, ends_in_marks: Ints) -> tuple[Ints, Ints]:
    """Return, of each line with one exclamation mark, where it is among the marks, and the line counted from 0."""
    bangs = np.flatnonzero(marks.char == _BANG)
    if len(bangs) == len(ends_in_marks) and (bangs < ends_in_marks).all() and (bangs[1:] > ends_in_marks[:-1]).all():
        return bangs, np.arange(len(bangs))
    lines = np.searchsorted(ends_in_marks, bangs)
    single = np.bincount(lines, minlength=len(ends_in_marks))[lines] == 1
    return bangs[single], lines[single]


class _Sentences:
    """Reads the sentences of one block whose lines have a common form.

    What is wrong with a line is said in `ok`, and what is right goes to the columns of `body`, row by row.
    """

    def __init__(
        self, buffer: Bytes, marks: _Marks, ends_in_marks: Ints, starts: Ints, checksums: Checksums, stations: Names
    ) -> None:
        self._buffer = buffer
        self._marks = marks
        self._starts = starts
        self._firsts = np.zeros(len(starts), np.int64)  # each line's first mark
        np.add(ends_in_marks[:-1], 1, out=self._firsts[1:])
        self._checksums = checksums
        self._stations = stations

    def read(self, bangs: Ints, lines: Ints) -> tuple[Ints, Frames]:
        """Return which of the lines have a common form and nothing wrong, and their sentences.

        Args:
            bangs: Each line's one exclamation mark, as its place among the marks.
            lines: The lines, counted from 0.
        """
        shaped = np.flatnonzero(windows(self._marks.char, 8, bangs)[:, 0] == _PATTERN)
        if len(shaped) < len(bangs):
            bangs, lines = bangs[shaped], lines[shaped]
        bang = self._marks.at[bangs]
        ok, tail, body = self._bodies(bangs, bang)
        body["line"] = lines
        self._rests(ok, tail, bangs, body)
        self._tags(ok, bangs, bang, lines, body)
        if not ok.all():
            good = np.flatnonzero(ok)
            return shaped[good], Frames(**{name: column[good] for name, column in body.items()})
        return shaped, Frames(**body)

    def _bodies(self, bangs: Ints, bang: Ints) -> tuple[Bools, Bytes, dict[str, Any]]:
        """Read from each exclamation mark to the checksum.

        Returns:
            Which are right, the eight bytes from each payload's end on, and the columns.
        """
        n = len(bangs)
        head = windows(self._buffer, 16, bang)
        ok = ((head[:, 0] & _HEAD) == _HEAD_IS) & ((head[:, 1] & _NEXT) == _NEXT_IS)
        char = np.ascontiguousarray(head.view(np.uint8).reshape(n, 16).T)
        ok &= _LETTERS[char[1]] & _LETTERS[char[2]]
        total, number = (char[place] - np.uint8(48) for place in (7, 9))
        ok &= ((total - np.uint8(1)) < 9) & ((number - np.uint8(1)) < 9)
        # Sequence id and channel may be empty: what follows moves to the left.
        unnumbered = char[11] == _COMMA
        ok &= unnumbered | (_DIGITS[char[11]] & (char[12] == _COMMA))
        channel = np.where(unnumbered, char[12], char[13])
        silent = channel == _COMMA
        ok &= silent | (_CHANNELS[channel] & (np.where(unnumbered, char[13], char[14]) == _COMMA))
        start = bang + 15
        start -= unnumbered
        start -= silent
        end = self._marks.at[bangs + 6]
        tail = np.ascontiguousarray(windows(self._buffer, 8, end).view(np.uint8).reshape(n, 8).T)
        fill = tail[1] - np.uint8(48)
        high, low = _HEX[tail[3]], _HEX[tail[4]]
        given = (high << np.uint8(4)) | low
        size = end - start
        ok &= (tail[2] == _STAR) & (fill < 6) & ((high | low) < 16) & (size > 0)
        ok &= given == self._checksums.between(bang + 1, end + 2)
        body = {
            "own": (char[5] & np.uint8(_OWN)) != 0,
            "total": total,
            "number": number,
            "sequence": np.where(unnumbered, np.uint8(0), char[11]),
            "channel": np.where(silent, np.uint8(0), channel),
            "start": start,
            "size": size,
            "fill": fill,
            "given": given,
            "later": np.zeros(n, np.bool_),
        }
        for name, lack in (("t", UNTIMED), ("rest_t", UNTIMED), ("group", NO_GROUP), ("station", -1)):
            body[name] = np.full(n, lack)
        body["rest_station"] = np.full(n, -1)
        return ok, tail, body

    def _rests(self, ok: Bools, tail: Bytes, bangs: Ints, body: dict[str, Any]) -> None:
        """Read what follows the checksums: nothing, or a time, or a station and a time."""
        nothing = tail[5] == _NEWLINE
        if nothing.all():
            return
        nothing |= (tail[5] == _RETURN) & (tail[6] == _NEWLINE)
        ok &= nothing | (tail[5] == _COMMA)
        rows = np.flatnonzero(ok & ~nothing)
        at, char = self._marks.at, self._marks.char
        first = bangs[rows] + 8
        two = char[first + 1] == _COMMA
        last = first + two  # the comma before the time
        good = (char[last + 1] == _NEWLINE) | (
            (char[last + 1] == _RETURN) & (char[last + 2] == _NEWLINE) & (at[last + 2] == at[last + 1] + 1)
        )
        t, known = self._times(at[last] + 1, at[last + 1] - at[last] - 1)
        good &= known
        named = np.flatnonzero(two & good)
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

    def _tags(self, ok: Bools, bangs: Ints, bang: Ints, lines: Ints, body: dict[str, Any]) -> None:
        """Read the tag blocks right before the sentences; what else stands there is passed over."""
        buffer, at = self._buffer, self._marks.at
        start = self._starts[lines]
        begin = buffer[start]
        ok &= (bang == start) | ~_COMMENT[begin]
        rows = np.flatnonzero((bang > start) & (buffer[bang - 1] == _BACKSLASH))
        if not len(rows):
            return
        first, star = self._firsts[lines], np.maximum(bang - 4, start)
        if len(rows) < len(ok):
            bangs, first, start, star = (column[rows] for column in (bangs, first, start, star))
            begin = begin[rows]
        tail = np.ascontiguousarray(windows(buffer, 8, star).view(np.uint8).reshape(len(rows), 8).T)
        high, low = _HEX[tail[1]], _HEX[tail[2]]
        count = bangs - first
        good = (begin == _BACKSLASH) & (tail[0] == _STAR) & ((high | low) < 16) & (count >= 3) & (count <= NAME_BYTES)
        good &= ((high << np.uint8(4)) | low) == self._checksums.between(start + 1, star)
        kept = np.flatnonzero(good)
        codes, patterns = names_at(self._marks.char, first[kept], count[kept])
        for code, pattern in enumerate(patterns):
            one = kept[codes == code] if len(patterns) > 1 else kept
            if code >= _PATTERNS or not _TAG_PATTERN.fullmatch(pattern):
                good[one] = False
                continue
            theirs, opening = rows[one], first[one]
            before = at[opening]
            for edge in (place for place, char in enumerate(pattern) if char in b",*"):
                after = at[opening + edge]
                self._tag_fields(ok, theirs, before + 1, after, body)
                before = after
        ok[rows[~good]] = False

    def _tag_fields(self, ok: Bools, rows: Ints, start: Ints, end: Ints, body: dict[str, Any]) -> None:
        """Read one field of each of some tag blocks."""
        buffer = self._buffer
        kind = windows(buffer, 8, start)[:, 0] & np.uint64(0xFFFF)
        kind[end - start < 2] = 0
        value, size = start + 2, end - start - 2
        for some in _rows_where(kind == _KIND[b"c:"]):
            t, known = self._times(value[some], size[some])
            body["t"][rows[some]] = t
            if not known.all():
                ok[rows[some][~known]] = False
        for some in _rows_where((kind == _KIND[b"s:"]) & (size > 0)):
            self._tag_stations(ok, rows[some], value[some], end[some], body)
        for some in _rows_where(kind == _KIND[b"g:"]):
            self._tag_groups(ok, rows[some], value[some], end[some], body)

    def _tag_stations(self, ok: Bools, rows: Ints, start: Ints, end: Ints, body: dict[str, Any]) -> None:
        """Read the sources of tag blocks."""
        size = end - start
        short = (size <= NAME_BYTES) & (self._buffer[end - 1] != 0)
        if not short.all():
            ok[rows[~short]] = False
            rows, start, size = rows[short], start[short], size[short]
        codes, names = names_at(self._buffer, start, size)
        ours = self._stations.codes([name.decode(errors="replace") for name in names])
        body["station"][rows] = ours[codes]

    def _tag_groups(self, ok: Bools, rows: Ints, start: Ints, end: Ints, body: dict[str, Any]) -> None:
        """Read the groups of tag blocks, each written like 1-2-7218."""
        buffer = self._buffer
        size = end - start - 4
        number, digits = numbers_at(buffer, start + 4, size)
        char = np.ascontiguousarray(windows(buffer, 8, start).view(np.uint8).reshape(len(start), 8).T)
        good = digits & (char[1] == _DASH) & (char[3] == _DASH) & _DIGITS[char[0]] & _DIGITS[char[2]]
        ok[rows[~good]] = False
        body["group"][rows] = Groups.keys(number, size)
        body["later"][rows] = char[0] != ord("1")

    def _times(self, start: Ints, size: Ints) -> tuple[Ints, Bools]:
        """Return UTC microseconds of Unix times of 10 or 13 digits, and whether they are such."""
        number, digits = numbers_at(self._buffer, start, size)
        t = number * 1_000_000
        far = np.flatnonzero(number >= MILLISECONDS_FROM)
        t[far] = np.minimum(number[far] * 1_000, FAR_US)
        return t, digits & ((size == 10) | (size == 13))


def _rows_where(true: Bools) -> tuple[slice | Ints, ...]:
    """Return the rows for which something is true, all as a slice; nothing where there is none."""
    if true.all():
        return (slice(None),) if len(true) else ()
    rows = np.flatnonzero(true)
    return (rows,) if len(rows) else ()


def _read_alone(block: Block, indices: Ints) -> None:
    """Read lines one by one into a block."""
    rows: list[tuple[Any, ...]] = []
    starts, ends = block.starts[indices].tolist(), block.ends[indices].tolist()
    for index, start, end in zip(indices.tolist(), starts, ends, strict=True):
        line = index + block.first_line
        said = read_line(block.data[start:end])
        if isinstance(said, str):
            block.rejects.append((line, said))
        elif isinstance(said, Sentence):
            rows.append(_row(block, line, start, said))
        elif isinstance(said, Wrapper):
            block.wrappers.append((line, said))
        else:
            block.others.append((line, said))
    if rows:
        types = [getattr(block.frames, f.name).dtype for f in fields(Frames)]
        columns = [np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
        block.frames = Frames.joined([block.frames, Frames(*columns)])


def _row(block: Block, line: int, start: int, said: Sentence) -> tuple[Any, ...]:
    """Return a sentence as a row of `Frames`; the line begins at `start`."""
    tag = said.tag
    return (
        line,
        *said[:5],
        start + said.at,
        len(said.payload),
        said.fill,
        said.given,
        UNTIMED if tag.t is None else tag.t,
        UNTIMED if said.rest_t is None else said.rest_t,
        block.stations.code(tag.station),
        block.stations.code(said.rest_station),
        block.groups.key(tag.group),
        tag.later,
    )
