"""Messages of every type as ITU-R M.1371-5 lays them out: a table of fields of our own, and random messages by it.

Written from annex 8 of the recommendation and from nothing in `ais/`, so that it can hold the decoder to the text.
Offsets follow from the order. Numbers are as sent: 1/600000 degree (1/600 in type 27), 0.1 kn, 0.1 degree, 0.1 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from random import Random

Value = int | str
SIX_BIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
_ARMOUR = [chr(48 + six if six < 40 else 56 + six) for six in range(64)]
_CHARS_A_SENTENCE = 60


@dataclass(frozen=True)
class Number:
    """A number: its bits, what may be sent, what says not available, what the text gives no meaning."""

    name: str
    bits: int
    low: int
    high: int
    absent: int | None = None
    reserved: tuple[int, int] | None = None

    def draw(self, random: Random) -> int:
        if self.absent is not None and random.random() < 0.15:
            return self.absent
        if self.reserved is not None and random.random() < 0.08:
            return random.randint(*self.reserved)
        return random.choice((self.low, self.high)) if random.random() < 0.1 else random.randint(self.low, self.high)


@dataclass(frozen=True)
class Text:
    """A six-bit text of so many characters, filled up with @; table 47."""

    name: str
    chars: int

    @property
    def bits(self) -> int:
        return self.chars * 6

    def draw(self, random: Random) -> str:
        if random.random() < 0.1:
            return ""
        drawn = random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-", k=random.randint(1, self.chars))
        if random.random() < 0.2:  # any character at all, @ in the middle and spaces at both ends among them
            drawn = random.choices(SIX_BIT, k=len(drawn))
        return "".join(drawn)


Field = Number | Text


def _bits(name: str, bits: int, absent: int | None = None) -> Number:
    return Number(name, bits, 0, (1 << bits) - 1, absent)


_SPEED = Number("speed", 10, 0, 1022, 1023)
_COURSE = Number("course", 12, 0, 3599, 3600, (3601, 4095))
_HEADING = Number("heading", 9, 0, 359, 511, (360, 510))
_LON = Number("lon", 28, -108_000_000, 108_000_000, 108_600_000, (108_000_001, 134_217_727))
_LAT = Number("lat", 27, -54_000_000, 54_000_000, 54_600_000, (54_000_001, 67_108_863))
_PLACE = [_bits("accuracy", 1), _LON, _LAT]
_SIDES = [_bits("to_bow", 9, 0), _bits("to_stern", 9, 0), _bits("to_port", 6, 0), _bits("to_starboard", 6, 0)]
_PARENT = Number("parent", 30, 200_000_000, 775_999_999)
_DEST = Number("dest_mmsi", 30, 0, 999_999_999)
_AREA = [_bits("ne_lon", 18), _bits("ne_lat", 17), _bits("sw_lon", 18), _bits("sw_lat", 17)]
_UTC = [
    Number("year", 14, 1970, 2099, 0),
    Number("month", 4, 1, 12, 0, (13, 15)),
    Number("day", 5, 1, 31, 0),
    Number("hour", 5, 0, 23, 24, (25, 31)),
    Number("minute", 6, 0, 59, 60, (61, 63)),
    Number("second", 6, 0, 59, 60, (61, 63)),
]
_SHIPTYPE = Number("shiptype", 8, 1, 99, 0, (100, 255))

_POSITION = [
    _bits("status", 4, 15),
    Number("turn", 8, -127, 127, -128),
    *[_SPEED, *_PLACE, _COURSE, _HEADING],
    *[_bits("second", 6, 60), Number("maneuver", 2, 0, 2), _bits("", 3), _bits("raim", 1), _bits("radio", 19)],
]
_BASE = [*_UTC, *_PLACE, _bits("epfd", 4), _bits("", 10), _bits("raim", 1), _bits("radio", 19)]
_VOYAGE = [
    _bits("version", 2),
    Number("imo", 30, 1_000_000, 9_999_999, 0, (1, 999_999)),
    *[Text("callsign", 7), Text("name", 20), _SHIPTYPE, *_SIDES, _bits("epfd", 4)],
    *_UTC[1:5],
    *[_bits("draught", 8, 0), Text("destination", 20), _bits("dte", 1), _bits("", 1)],
]
_AIRCRAFT = [
    *[_bits("alt", 12, 4095), _SPEED, *_PLACE, _COURSE, _bits("second", 6, 60), _bits("alt_sensor", 1), _bits("", 7)],
    *[_bits("dte", 1), _bits("", 3), _bits("assigned", 1), _bits("raim", 1), _bits("radio", 20)],
]
_CLASS_B = [
    *[_bits("", 8), _SPEED, *_PLACE, _COURSE, _HEADING, _bits("second", 6, 60), _bits("", 2), _bits("flags", 6)],
    *[_bits("raim", 1), _bits("radio", 20)],
]
_CLASS_B_LONG = [
    *[_bits("", 8), _SPEED, *_PLACE, _COURSE, _HEADING, _bits("second", 6, 60), _bits("", 4), Text("name", 20)],
    *[_SHIPTYPE, *_SIDES, _bits("epfd", 4), _bits("raim", 1), _bits("dte", 1), _bits("assigned", 1), _bits("", 4)],
]
_ATON = [
    *[_bits("aid_type", 5), Text("aton", 20), *_PLACE, *_SIDES, _bits("epfd", 4), _bits("second", 6, 60)],
    *[
        _bits("off_position", 1),
        _bits("", 8),
        _bits("raim", 1),
        _bits("virtual", 1),
        _bits("assigned", 1),
        _bits("", 1),
    ],
]
_CHANNELS = [
    *[_bits("", 2), _bits("channel_a", 12), _bits("channel_b", 12), _bits("txrx", 4), _bits("power", 1), *_AREA],
    *[_bits("addressed", 1), _bits("bands", 2), _bits("zone", 3), _bits("", 23)],
]
_GROUP = [
    *[_bits("", 2), *_AREA, _bits("station", 4), _bits("shiptype_of", 8), _bits("", 22), _bits("txrx", 2)],
    *[_bits("interval", 4), _bits("quiet", 4), _bits("", 6)],
]
_LONG_RANGE = [
    *[_bits("accuracy", 1), _bits("raim", 1), _bits("status", 4, 15)],
    Number("lon", 18, -108_000, 108_000, 108_600, (108_001, 131_071)),
    Number("lat", 17, -54_000, 54_000, 54_600, (54_001, 65_535)),
    *[Number("speed", 6, 0, 62, 63), Number("course", 9, 0, 359, 511, (360, 510)), _bits("latency", 1), _bits("", 1)],
]

MESSAGES: dict[str, tuple[str, list[Field], tuple[int, ...]]] = {
    "1": ("Table 48", _POSITION, ()),
    "2": ("Table 48", _POSITION, ()),
    "3": ("Table 48", _POSITION, ()),
    "4": ("Table 51", _BASE, ()),
    "5": ("Table 52", _VOYAGE, ()),
    "6": ("message 6", [_bits("seqno", 2), _DEST, _bits("", 2), _bits("dac", 10), _bits("fid", 6)], (8, 80, 400)),
    "7": ("message 7", [_bits("", 2), _DEST, _bits("seqno", 2)], (0, 32, 64, 96)),
    "8": ("message 8", [_bits("", 2), _bits("dac", 10), _bits("fid", 6)], (8, 112, 600)),
    "9": ("Table 59", _AIRCRAFT, ()),
    "10": ("message 10", [_bits("", 2), _DEST, _bits("", 2)], ()),
    "11": ("Table 51", _BASE, ()),
    "12": ("message 12", [_bits("seqno", 2), _DEST, _bits("", 2), Text("text", 16)], ()),
    "13": ("message 13", [_bits("", 2), _DEST, _bits("seqno", 2)], (0, 32, 64, 96)),
    "14": ("message 14", [_bits("", 2), Text("text", 20)], ()),
    "15": ("message 15", [_bits("", 2), _DEST, Number("asked", 6, 1, 27), _bits("offset", 12)], (0, 22, 72)),
    "16": ("message 16", [_bits("", 2), _DEST, _bits("offset", 12), _bits("increment", 10)], (4, 52)),
    "17": ("message 17", [_bits("", 2), _bits("lon", 18), _bits("lat", 17), _bits("", 5)], (0, 200)),
    "18": ("Table 70", _CLASS_B, ()),
    "19": ("Table 71", _CLASS_B_LONG, ()),
    "20": ("message 20", [_bits("", 2), _bits("first", 30)], (2, 34, 66, 90)),
    "21": ("Table 73", _ATON, (0, 8, 40, 88)),
    "22": ("message 22", _CHANNELS, ()),
    "23": ("message 23", _GROUP, ()),
    "24A": ("Table 78", [Number("part", 2, 0, 0), Text("name", 20)], ()),
    "24B": (
        "Table 79",
        [Number("part", 2, 1, 1), _SHIPTYPE, _bits("vendor", 42), Text("callsign", 7), *_SIDES, _bits("epfd", 6)],
        (),
    ),
    "25": ("message 25", [Number("", 2, 0, 0)], (40, 128)),
    "26": ("message 26", [Number("", 2, 0, 0)], (60, 128, 300)),
    "27": ("message 27", _LONG_RANGE, ()),
}
"""Type to its table in annex 8, its fields after the MMSI, and how many further bits of any content may follow."""


@dataclass(frozen=True)
class Drawn:
    """A random message: what was drawn for its fields, and its sentences."""

    kind: str
    values: Mapping[str, Value]
    sentences: list[bytes]


def draw(kind: str, random: Random, sequence: int) -> Drawn:
    """A random message of a type."""
    _, fields, tails = MESSAGES[kind]
    mmsi = random.choice(
        [random.randint(201_000_000, 775_999_999), random.choice([2_440_000, 111_232_500, 992_440_001])]
    )
    if (
        kind == "24B" and random.random() < 0.2
    ):  # a craft of a parent ship: its dimensions' bits say the parent's number
        mmsi = random.randint(980_000_000, 989_999_999)
        fields = [
            replaced
            for field in fields
            for replaced in ([_PARENT] if field is _SIDES[0] else [field] if field not in _SIDES else [])
        ]
    number = int(kind.rstrip("AB"))
    values: dict[str, Value] = {"type": number, "repeat": random.randint(0, 3), "mmsi": mmsi}
    bits = f"{number:06b}{values['repeat']:02b}{mmsi:030b}"
    for field in fields:
        value = field.draw(random) if field.name else 0
        bits += _packed(field, value)
        if field.name:
            values[field.name] = value
    if tails:
        bits += "".join(random.choices("01", k=random.choice(tails)))
    talker = random.choice(("AIVDM", "AIVDM", "AIVDO", "BSVDM", "ABVDM"))
    values["channel"] = random.choice(("A", "B", "1", "2"))
    return Drawn(kind, values, sentences(bits, talker, values["channel"], sequence))


def _packed(field: Field, value: Value) -> str:
    if isinstance(value, str):
        return "".join(f"{SIX_BIT.index(char):06b}" for char in value.ljust(field.bits // 6, "@"))
    return f"{value & ((1 << field.bits) - 1):0{field.bits}b}"


def sentences(bits: str, talker: str, channel: str, sequence: int) -> list[bytes]:
    """The NMEA sentences that carry a message's bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    chars = "".join(_ARMOUR[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    parts = [chars[at : at + _CHARS_A_SENTENCE] for at in range(0, len(chars), _CHARS_A_SENTENCE)]
    name = str(sequence % 10) if len(parts) > 1 else ""
    found = []
    for number, part in enumerate(parts, 1):
        body = f"{talker},{len(parts)},{number},{name},{channel},{part},{fill if number == len(parts) else 0}"
        found.append(f"!{body}*{reduce(xor, body.encode()):02X}".encode())
    return found
