"""JSON lines to rows: each object is a message, brought back to the sentence that it was made of for the one decoder.

Where an object carries its sentences (`nmea`), these are read and its decoded fields are not: they are exact, and
AIS-catcher's are rounded. Else its fields are sent anew (`ais.jsonbits`), so sentinels end where those of sentences do.
A line holds an object, or an array of them, which is rejected whole when one of them is, and else counts as so many
lines as it gives messages. The brackets and commas of an array that goes over many lines are passed over. Objects of
other classes (gpsd's TPV, SKY) are understood and not kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from ais import jsonbits, jsonobjects
from ais.clock import CLOCKS, Believable, SecondClock
from ais.jsonobjects import Body, Object
from ais.nmea import NmeaReading
from ais.source import MAX_LINE, Block, InputError, Source
from ais.staging import RAW_BYTES, Taken

_SENTENCE = re.compile(rb"!([A-Z]{2}VD[MO]),([1-9]),([1-9]),[0-9]?,([0-9A-Z]?),([0-W`-w]+),([0-5])\*([0-9A-Fa-f]{2})")
_ALL_TIMES = Believable(0, 1 << 60)
_BARE = b" \t\r,\xef\xbb\xbf"
_BRACKETS = (b"", b"[", b"]")


class JsonReading:
    """JSON lines from one source, block by block (`ais.staging.Reading`).

    Attributes:
        lines: Lines read, a line with several messages for so many.
        other: Lines understood and not kept.
        mmsi_like: True: a message says an MMSI.
    """

    mmsi_like = True

    def __init__(
        self,
        source: Source,
        believable: Believable,
        start: int | None,
        input_id: int,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        state = state or {}
        self.lines: int = state.get("lines", 0)
        self.other: int = state.get("other", 0)
        self._number: int = state.get("number", 0)  # of the last line
        self._end: int = state.get("end", 0)
        self._messages: int = state.get("messages", 0)
        self._untimed: int = state.get("untimed", 0)
        self._clocks = Counter[str](state.get("clocks", {}))
        self._source = source
        self._believable = believable
        self._input_id = input_id
        now = state.get("now", start)
        self._clock = None if now is None else SecondClock(now)

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block gave; raise InputError when no line holds a message or none of them has a time."""
        for block in self._source.blocks(self._end):
            yield self._taken(block)
        if not self._messages:
            raise InputError(f"{self._source.name} holds no AIS message, one JSON object a line; nothing was taken in")
        if self._untimed == self._messages:
            raise InputError(
                f"no message of {self._source.name} says when it was received; give --start-time, for example "
                "--start-time 2024-05-01T00:00:00Z, and the messages' own seconds are followed from there"
            )

    def _taken(self, block: Block) -> Taken:
        first = self._number + 1
        lines = block.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        page = _Page()
        for line in lines:
            self._number += 1
            self._line(page, line)
        tables = page.tables(self._source.name, self._input_id)
        self._end = block.end
        kept = [count for number, count in page.kept.items() if number not in page.rejects]
        self.lines += len(lines) - len(kept) + sum(kept)
        self.other += len(lines) - len(kept) - len(page.rejects)
        return Taken(
            tables=tables,
            rejects=[(number, why, lines[number - first][:RAW_BYTES]) for number, why in sorted(page.rejects.items())],
            raw=block.raw,
            first_line=first - block.inside,
            end=block.end,
            lines=self.lines,
            other=self.other,
            clocks=dict(self._clocks),
            state={
                "lines": self.lines,
                "other": self.other,
                "number": self._number,
                "end": self._end,
                "messages": self._messages,
                "untimed": self._untimed,
                "clocks": dict(self._clocks),
                "now": None if self._clock is None else self._clock.now,
            },
        )

    def _line(self, page: _Page, line: bytes) -> None:
        if len(line) >= MAX_LINE:
            page.reject(self._number, "too long")
            return
        bare = line.strip(_BARE)
        if bare in _BRACKETS:
            return
        try:
            found = jsonobjects.decode(bare)
        except UnicodeDecodeError:
            page.reject(self._number, "not UTF-8")
        except (msgspec.ValidationError, RecursionError):
            page.reject(self._number, "not understood")
        except msgspec.DecodeError:
            page.reject(self._number, "not JSON")
        else:
            for one in found if isinstance(found, list) else (found,):
                self._object(page, one, one.stationid)

    def _object(self, page: _Page, found: Object, station: object) -> None:
        """Take in one object, and those that it wraps."""
        why: str | None = None
        if found.msgs is not None:
            for one in found.msgs:
                self._object(page, one, station)
        elif found.message_type is not None or found.message is not None:
            body = jsonobjects.body_of(found)
            why = self._message(page, found, body, station) if body is not None else None
        elif found.kind == "AIS" or (found.kind is None and None not in (found.type, found.mmsi)):
            why = self._message(page, found, found, station)
        elif found.kind is None and found.error is None:
            why = "not understood"
        if why is not None:
            page.reject(self._number, why)

    def _message(self, page: _Page, found: Object, fields: Object | Body, station: object) -> str | None:
        """Take in a message, or say why it is rejected."""
        said = _said(found, fields)
        if isinstance(said, str):
            return said
        self._messages += 1
        t = jsonobjects.time_of(found)
        if isinstance(t, str):
            return t
        clock = "json"
        if t is not None:
            if self._clock is not None and t in self._believable:
                self._clock.heard(t)
        elif self._clock is None:
            self._untimed += 1
            return "no time"
        else:
            t, what = self._clock.tell(jsonobjects.second_of(fields))
            clock = CLOCKS[what]
        if t not in self._believable:
            return "clock"
        self._clocks[clock] += 1
        heard_by = found.stationid or found.station_id or station
        page.add(_Heard(self._number, t, None if heard_by is None else str(heard_by)), said)
        return None


class _Said(NamedTuple):
    """A message by its fields: the kinds of sentence that it makes, what these need, and how to write them."""

    rows: list[tuple[jsonbits.Kind, tuple[Any, ...]]]
    channel: bytes
    scaled: bool


def _said(found: Object, fields: Object | Body) -> list[bytes] | _Said | str:
    """Return the lines of NMEA that an object carries, or its message by its fields, or why it is rejected."""
    if isinstance(found.nmea, list) and found.nmea:
        return _joined(found.nmea)
    if type(fields.type) is not int or not 1 <= fields.type <= 27:
        return "unknown message type"
    if type(fields.mmsi) is not int or not 0 <= fields.mmsi < 2**30:
        return "ship number"
    if isinstance(fields, Body):
        if fields.valid is False:
            return "not valid"
    else:
        jsonobjects.settle(fields)
    channel = found.channel.encode() if found.channel in ("A", "B") else b""
    scaled = found.scaled is not False
    if fields.type != 24:
        kind = jsonbits.KINDS[fields.type]
        return _Said([(kind, kind.get(fields))], channel, scaled)
    parts = jsonobjects.parts_of_body(fields) if isinstance(fields, Body) else jsonobjects.parts_of(found)
    rows = []
    for part in parts:
        fields.part = part
        rows.append((jsonbits.PARTS[part], jsonbits.PARTS[part].get(fields)))
    return _Said(rows, channel, scaled) if rows else "not understood"


def _joined(texts: list[Any]) -> list[bytes] | str:
    """Return an object's sentences as lines, those of several parts as one, or why they are rejected."""
    lines, waiting = [], b""
    for text in texts:
        found = _SENTENCE.search(text.encode("ascii", "replace")) if isinstance(text, str) else None
        if found is None:
            return "not understood"
        who, total, number, channel, payload, fill, given = found.groups()
        if total == b"1":
            lines.append(jsonbits.tagged(found[0]))
            continue
        if jsonbits.checksum(found[0][1:-3]) != int(given, 16):
            return "checksum"
        waiting += payload
        if number == total:
            lines.append(jsonbits.line(b"%b,1,1,,%b,%b,%b" % (who, channel, waiting, fill)))
            waiting = b""
    return lines if not waiting else "orphan part"


class _Heard(NamedTuple):
    """Where and when a sentence was received, and whether it is a further part of a message."""

    line: int
    t: int
    station: str | None
    further: bool = False


class _Page:
    """The messages of one block on their way through the decoder.

    Attributes:
        kept: How many messages each line gave.
        rejects: Why lines are rejected, by line.
    """

    def __init__(self) -> None:
        self.kept = Counter[int]()
        self.rejects: dict[int, str] = {}
        self._lines: list[bytes] = []
        self._heard: list[_Heard] = []
        self._rows: dict[tuple[jsonbits.Kind, bytes, bool], tuple[list[tuple[Any, ...]], list[_Heard]]] = {}

    def reject(self, line: int, why: str) -> None:
        """Reject a line, for the first thing that is wrong with it."""
        self.rejects.setdefault(line, why)

    def add(self, heard: _Heard, said: list[bytes] | _Said) -> None:
        """Take in the lines of messages, or a message by its fields."""
        if isinstance(said, list):
            self.kept[heard.line] += len(said)
            self._lines += said
            self._heard += [heard] * len(said)
            return
        self.kept[heard.line] += 1
        for number, (kind, row) in enumerate(said.rows):
            rows, received = self._rows.setdefault((kind, said.channel, said.scaled), ([], []))
            rows.append(row)
            received.append(heard._replace(further=True) if number else heard)

    def tables(self, name: str, input_id: int) -> dict[str, list[pa.Table]]:
        """Decode the messages, note what the decoder rejects, and return their rows."""
        data, heard = list(self._lines), list(self._heard)
        for (kind, channel, scaled), (fields, received) in self._rows.items():
            data.append(jsonbits.lines_of(kind, fields, channel, scaled=scaled))
            heard += received
        made = NmeaReading(_Sentences(name, b"".join(data)), _ALL_TIMES, None, input_id)  # type: ignore[arg-type]
        found: list[tuple[str, pa.Table]] = []
        try:
            for taken in made.blocks():
                for number, why, _ in taken.rejects:
                    self.reject(heard[number - 1].line, why)
                found += [(table, rows) for table, tables in taken.tables.items() for rows in tables]
        except InputError:  # not one of them was sound: each has been rejected
            pass
        lines, times, stations, further = zip(*heard, strict=True) if heard else ((), (), (), ())
        line, t = np.array(lines, np.int64), np.array(times, np.int64)
        station: Any = pa.array(stations, pa.string())
        good = ~np.isin(line, list(self.rejects))
        once = good & ~np.array(further, bool)
        tables: dict[str, list[pa.Table]] = {}
        for table, rows in found:
            at = rows["line"].to_numpy().astype(np.int64) - 1
            keep = (once if table == "heard" else good)[at]
            if not keep.all():
                rows, at = rows.take(np.flatnonzero(keep)), at[keep]
            columns = {"line": pa.array(line[at]), "t": pa.array(t[at]), "station": station.take(at)}
            for where, field in enumerate(rows.schema):
                if field.name in columns:
                    rows = rows.set_column(where, field, columns[field.name].cast(field.type))
            if rows.num_rows:
                tables.setdefault(table, []).append(rows)
        return tables


class _Sentences:
    """Lines that were made here, as a source."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._data = data

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """Yield the lines as one block."""
        if self._data:
            yield Block(self._data, self._data, len(self._data))
