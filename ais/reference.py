"""The slow and plain way from NMEA lines to rows: line by line, message by message, fields by pyais.

It gives exactly what `ais.nmea` gives (a differential test holds them together), shares with it the rules for one line
and for assembly, and nothing of its columns: what it does not know from pyais it says anew in plain Python. About a
fiftieth of the speed; what a case keeps can be verified with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pyais
import pyarrow as pa
from pyais.bit_vector import bit_vector

from ais.assembly import Message, Part
from ais.clock import PGHP, SUFFIX, TAG_BLOCK, to_us
from ais.fields import OF_TYPE, OTHER, OTHER_LENGTHS, STATIC_A, STATIC_B, UNTITLED, WRONG_LENGTH, Layout
from ais.framing import Sentence, Wrapper, read_line
from ais.nmea import NmeaReading
from ais.rows import AUXILIARY
from ais.schema import TABLES
from ais.staging import RAW_BYTES, Taken

Row = dict[str, Any]
_CLASS = {1: "A", 2: "A", 3: "A", 27: "A", 18: "B", 19: "B", 9: None}
_KIND = {4: "base", 11: "response", 21: "aton"}
_WITH_IDENTITY = (5, 19, 24)


class ReferenceReading(NmeaReading):
    """NMEA sentences from one source, block by block, decoded by pyais (`ais.staging.Reading`)."""

    def _read(self, data: bytes, taken: Taken) -> None:
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for line in lines:
            self._carry.lines += 1
            self._line(line, taken)
        self._hand_over(taken)

    def _finish(self, taken: Taken) -> None:
        self._rows = defaultdict(list)
        for message in self._carry.assembler.finish():
            self._several(message, taken)
        self._hand_over(taken)

    def _line(self, line: bytes, taken: Taken) -> None:
        """Take one line in."""
        carry, number = self._carry, self._carry.lines
        said = read_line(line)
        if isinstance(said, str):
            taken.rejects.append((number, said, line[:RAW_BYTES]))
        elif isinstance(said, Wrapper):
            carry.wrapper = said
            carry.other += 1
        elif isinstance(said, Sentence):
            self._sentence(number, said, line[:RAW_BYTES], taken)
        else:
            carry.inherit(number, said)
            carry.other += 1

    def _sentence(self, line: int, said: Sentence, raw: bytes, taken: Taken) -> None:
        """Take one sentence in: a message, or a part of one."""
        carry = self._carry
        carry.sentences += 1
        tag = carry.inherit(line, said.tag)
        wrapped = carry.unwrap(said)
        t, clock = next(
            ((t, clock) for t, clock in ((tag.t, TAG_BLOCK), (wrapped, PGHP), (said.rest_t, SUFFIX)) if t is not None),
            (None, TAG_BLOCK),
        )
        station = tag.station or said.rest_station
        names = (said.own, said.sequence, said.channel)
        part = Part(line, said.number, said.total, *names, said.payload, said.fill, t, clock, station, tag.group, raw)
        if not said.possible:
            taken.rejects.append((line, "not understood", raw))
        elif said.total > 1:
            for message in carry.assembler.add(part):
                self._several(message, taken)
        else:
            self._several(Message.of([part]), taken)

    def _several(self, message: Message, taken: Taken) -> None:
        """Take a whole message in, of one sentence or of several."""
        first, *further = message.lines
        why = self._message(first, message)
        if why is None and further:
            taken.parts = [*taken.parts, *((line, first) for line in further)]
        elif why is not None:
            taken.rejects += [(part.line, why, part.raw) for part in message.parts.values()]

    def _message(self, line: int, message: Message) -> str | None:
        """Turn a whole message into rows, or say why it is rejected."""
        carry = self._carry
        layout = _layout(message)
        if isinstance(layout, str):
            return layout
        said = _decoded(message, layout)
        at = message.at
        if carry.second_clock is not None:
            if at is None:
                at = carry.second_clock.tell(said.get("second"))
            elif at[0] in self._believable:
                carry.second_clock.heard(at[0])
        if at is None:
            carry.untimed += 1
            return "no time"
        if at[0] not in self._believable:
            carry.unbelieved += 1
            return "clock"
        carry.timed(at[1])
        common = {"mmsi": said["mmsi"], "t": at[0], "msg_type": said["msg_type"], "station": message.names[0]}
        common |= {"input_id": self._input_id, "line": line}
        for table, row in _rows(said, message).items():
            self._rows[table].append(common | row)
        return None

    def _hand_over(self, taken: Taken) -> None:
        """Turn the rows so far into tables, and count the orphans."""
        assembler = self._carry.assembler
        taken.rejects += [(part.line, "orphan part", part.raw) for part in assembler.orphans]
        assembler.orphans = []
        for name, rows in self._rows.items():
            schema = pa.schema([f.with_nullable(True) for f in TABLES[name].arrow_schema()])
            table = pa.table([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)
            taken.tables.setdefault(name, []).append(table)


def _layout(message: Message) -> Layout | str:
    """Return a message's layout, or why it is rejected."""
    bits = bit_vector(message.payload, message.fill)
    kind = bits.get(0, 6) if len(bits) >= 6 else _first(message.payload)
    layout = OF_TYPE.get(kind)
    if layout is None:
        return UNTITLED
    if layout is STATIC_A and len(bits) >= 40 and (part := bits.get(38, 2)):
        if part != 1:
            return UNTITLED
        layout = STATIC_B
    return layout if len(bits) in OTHER_LENGTHS.get(kind, layout.lengths) else WRONG_LENGTH


def _first(payload: bytes) -> int:
    """Return what the first character of a payload stands for."""
    value: int = bit_vector(payload[:1], 0).get(0, 6)
    return value


def _decoded(message: Message, layout: Layout) -> Row:
    """Return what pyais says of a message, with numbers and texts as sent where it changes them."""
    payload, fill = message.payload, message.fill
    missing = layout.bits - (len(payload) * 6 - fill)
    if missing > 0:  # bits that it is short of read as zero
        last = bit_vector(payload[-1:], 0).get(0, 6 - fill) << fill
        payload = payload[:-1] + bytes([last + 48 if last < 40 else last + 56]) + b"0" * (missing // 6 + 1)
        fill = 0
    bits = bit_vector(payload, fill)
    if layout is OTHER:
        return {"msg_type": bits.get(0, 6), "mmsi": bits.get(8, 30)}
    said = pyais.decode(b"!AIVDM,1,1,,A,%b,%d*00" % (payload, fill))
    row: Row = said.asdict(enum_as_int=True)
    for name, offset, width, *_ in type(said).decoder_plan():
        if name == "turn":  # pyais: degrees a minute
            row[name] = bits.get_signed(offset, width)
        elif name == "ship_type":  # pyais: reserved types become one
            row[name] = bits.get(offset, width)
        elif name in ("shipname", "callsign", "destination"):  # pyais: on beyond the first @, without spaces in front
            row[name] = _text([bits.get(at, 6) for at in range(offset, offset + width, 6)])
    return row


def _text(codes: list[int]) -> str | None:
    """Return a six-bit text up to its first @, without spaces at its end; None when nothing is left."""
    until = codes.index(0) if 0 in codes else len(codes)
    return "".join(chr(code + 64 if code < 32 else code) for code in codes[:until]).rstrip(" ") or None


def _rows(said: Mapping[str, Any], message: Message) -> dict[str, Row]:
    """Return the rows that a message gives, by table, without the columns that all tables have."""
    kind = said["msg_type"]
    rows: dict[str, Row] = {}
    there = "lon" in said and abs(said["lon"]) <= 180 and abs(said["lat"]) <= 90
    place: Row = {"lon": None, "lat": None}
    if there:
        place = {"lon": -180.0 if said["lon"] == 180 else said["lon"] + 0.0, "lat": said["lat"] + 0.0}
    if kind in _CLASS and there:
        rows["positions"] = place | _position(said, message)
    if kind in _KIND:
        rows["fixed"] = place | {"kind": _KIND[kind], "said_t": _said_t(said) if kind != 21 else None}
    if kind in _WITH_IDENTITY:
        rows["identities"] = _identity(said)
    if not rows.keys() & {"positions", "fixed"} or kind == 11:
        rows["heard"] = {}
    return rows


def _position(said: Mapping[str, Any], message: Message) -> Row:
    """Return what a position report says besides the place."""
    kind = said["msg_type"]
    no_speed = {27: 63, 9: 1023}.get(kind, 102.3)
    channel = message.key[2]
    return {
        "utc_s": said.get("second"),
        "sog_kn": _unless(said["speed"], said["speed"] == no_speed),
        "cog_deg": _unless(said["course"], said["course"] >= 360),
        "heading_deg": _unless(said.get("heading"), said.get("heading", 511) >= 360),
        "rot": _unless(said.get("turn"), said.get("turn") == -128),
        "nav_status": _unless(said.get("status"), said.get("status") == 15),
        "ais_class": _CLASS[kind],
        "accurate": bool(said["accuracy"]),
        "raim": bool(said["raim"]),
        "repeat": said["repeat"],
        "channel": chr(channel) if channel else None,
        "own": message.key[0],
    }


def _identity(said: Mapping[str, Any]) -> Row:
    """Return what a static report says."""
    row: Row = {
        "imo": said.get("imo") or None,
        "name": said.get("shipname"),
        "callsign": said.get("callsign"),
        "destination": said.get("destination"),
        "ship_type": said.get("ship_type") or None,
        "draught_m": said.get("draught") or None,
    }
    sides = [f"to_{side}" for side in ("bow", "stern", "port", "starboard")]
    if any(said.get(side) for side in sides) and said["mmsi"] // 10_000_000 != AUXILIARY:
        row |= {f"{side}_m": said[side] for side in sides}
    if said["msg_type"] == 5:
        month, day, hour, minute = (said[name] for name in ("month", "day", "hour", "minute"))
        if 1 <= month <= 12 and day > 0 and hour < 24 and minute < 60:
            row["eta"] = f"{month:02}-{day:02} {hour:02}:{minute:02}"
    return row


def _said_t(said: Mapping[str, Any]) -> int | None:
    """Return a station's own time, UTC microseconds, or None where it has none."""
    day = [said[name] for name in ("year", "month", "day")]
    hour, minute, second = (said[name] for name in ("hour", "minute", "second"))
    try:
        return to_us(datetime.combine(date(*day), time(hour, minute, second, tzinfo=UTC)))
    except ValueError:
        return None


def _unless(value: Any, unknown: bool) -> Any:
    return None if unknown else value
