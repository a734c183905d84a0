"""Fields of a message, as JSON writers scale them, back to the sentence that was sent: one decoder then reads them all.

Widths and sentinels: ITU-R M.1371-5 annex 8. What a writer left out or made impossible is sent as not available.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

# Field:width of each message type in the order sent; - is what no case keeps.
_HEAD = "type:6 repeat:2 mmsi:30"
_WHERE = "accuracy:1 lon:28 lat:27"
_SIDES = "to_bow:9 to_stern:9 to_port:6 to_starboard:6"
_CLASS_A = f"{_HEAD} status:4 turn:8 speed:10 {_WHERE} course:12 heading:9 second:6 -:5 raim:1 -:19"  # table 48
_BASE = f"{_HEAD} year:14 month:4 day:5 hour:5 minute:6 second:6 {_WHERE} -:34"  # table 50
_CLASS_B = f"{_HEAD} -:8 speed:10 {_WHERE} course:12 heading:9 second:6"
_SENT = {
    **dict.fromkeys((1, 2, 3), _CLASS_A),
    **dict.fromkeys((4, 11), _BASE),
    5: f"{_HEAD} -:2 imo:30 callsign:42 shipname:120 shiptype:8 {_SIDES} -:4 month:4 day:5 hour:5 minute:6 draught:8 "
    "destination:120 -:2",  # table 52
    9: f"{_HEAD} -:12 knots:10 {_WHERE} course:12 second:6 -:13 raim:1 -:20",  # table 58
    18: f"{_CLASS_B} -:8 raim:1 -:20",  # table 67
    19: f"{_CLASS_B} -:4 shipname:120 shiptype:8 {_SIDES} -:4 raim:1 -:6",  # table 70
    21: f"{_HEAD} -:125 {_WHERE} -:34 second:6 -:13",  # table 73
    27: f"{_HEAD} accuracy:1 raim:1 status:4 far_lon:18 far_lat:17 far_knots:6 degrees:9 -:2",  # table 84
    **{kind: f"{_HEAD} -:{bits - 38}" for bits, kinds in {
        40: (14, 25), 56: (8,), 64: (26,), 72: (7, 10, 12, 13, 20), 80: (17,), 88: (6, 15), 96: (16,), 160: (23,),
        168: (22,),
    }.items() for kind in kinds},
}  # fmt: skip
_PART_A = f"{_HEAD} part:2 shipname:120"  # table 76
_PART_B = f"{_HEAD} part:2 shiptype:8 -:42 callsign:42 {_SIDES} -:6"  # table 77
_TEXTS = {"callsign", "shipname", "destination"}


class _Range(NamedTuple):
    """How a number is sent: units in one of the writer's, least and greatest, and what stands for not available."""

    units: int
    least: int
    most: int
    none: int


_RANGES = {
    "type": _Range(1, 1, 27, 0),
    "repeat": _Range(1, 0, 3, 0),
    "mmsi": _Range(1, 0, 2**30 - 1, 0),
    "part": _Range(1, 0, 1, 0),
    "status": _Range(1, 0, 14, 15),
    "turn": _Range(1, -127, 127, -128),
    "speed": _Range(10, 0, 1022, 1023),
    "knots": _Range(1, 0, 1022, 1023),
    "far_knots": _Range(1, 0, 62, 63),
    "accuracy": _Range(1, 0, 1, 0),
    "raim": _Range(1, 0, 1, 0),
    "lon": _Range(600_000, -108_000_000, 108_000_000, 108_600_000),
    "lat": _Range(600_000, -54_000_000, 54_000_000, 54_600_000),
    "far_lon": _Range(600, -108_000, 108_000, 108_600),
    "far_lat": _Range(600, -54_000, 54_000, 54_600),
    "course": _Range(10, 0, 3599, 3600),
    "degrees": _Range(1, 0, 359, 511),
    "heading": _Range(1, 0, 359, 511),
    "second": _Range(1, 0, 63, 60),
    "year": _Range(1, 1, 9999, 0),
    "month": _Range(1, 1, 12, 0),
    "day": _Range(1, 1, 31, 0),
    "hour": _Range(1, 0, 23, 24),
    "minute": _Range(1, 0, 59, 60),
    "imo": _Range(1, 0, 2**30 - 1, 0),
    "shiptype": _Range(1, 0, 255, 0),
    "draught": _Range(10, 0, 255, 0),
    "to_bow": _Range(1, 0, 511, 0),
    "to_stern": _Range(1, 0, 511, 0),
    "to_port": _Range(1, 0, 63, 0),
    "to_starboard": _Range(1, 0, 63, 0),
}
_ATTRIBUTE = {"far_lon": "lon", "far_lat": "lat", "far_knots": "speed", "knots": "speed", "degrees": "course"}
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ARMOUR = bytes.maketrans(_BASE64, bytes((*range(48, 88), *range(96, 120))))
_SIX_BIT = bytes.maketrans(bytes((*range(64, 96), *range(32, 64))), _BASE64)
_NOT_SIX_BIT = re.compile(rb"[^ -_]")
_HALVES = (256, 128, 64, 32, 16, 8)  # bits
_MORE_HALVES = (*(1 << power for power in range(20, 8, -1)), *_HALVES)  # as long as a line may be
_TAG = b"\\c:1000000000*58\\"  # any time that is believed: the reading puts the true one in its place


_Number = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class _Sent:
    """How to make one kind of message from its fields.

    Attributes:
        get: Returns its numbers, and any texts after them, of an object.
        scaled: Of each number: shift and mask in bits, units, least, most, and the bits that stand for not available.
        as_sent: The same for numbers that are as sent.
        texts: Shift and characters of each text.
        bits: Its length.
    """

    get: Callable[[Any], tuple[Any, ...]]
    scaled: tuple[_Number, ...]
    as_sent: tuple[_Number, ...]
    texts: tuple[tuple[int, int], ...]
    bits: int

    @classmethod
    def of(cls, sent: str) -> _Sent:
        """Read a line of the tables above."""
        fields = [(name, int(width)) for name, width in (field.split(":") for field in sent.split())]
        left = bits = sum(width for _, width in fields)
        numbers: dict[str, _Number] = {}
        texts: dict[str, tuple[int, int]] = {}
        for name, width in fields:
            left -= width
            if name in _TEXTS:
                texts[name] = left, width // 6
            elif name != "-":
                units, least, most, none = _RANGES[name]
                mask = (1 << width) - 1
                numbers[name] = left, mask, units, least, most, (none & mask) << left
        get = attrgetter(*(_ATTRIBUTE.get(name, name) for name in (*numbers, *texts)))
        as_sent = tuple((shift, mask, 1, *rest) for shift, mask, _, *rest in numbers.values())
        return cls(get, tuple(numbers.values()), as_sent, tuple(texts.values()), bits)  # type: ignore[arg-type]


_BY_TYPE = {kind: _Sent.of(sent) for kind, sent in _SENT.items()}
_PARTS = (_Sent.of(_PART_A), _Sent.of(_PART_B))


def sentence(fields: Any, channel: bytes, *, scaled: bool, part: int | None = None) -> bytes:
    """Return the line of a message: a tag block that means nothing, and the sentence.

    Args:
        fields: An object whose attributes have the names above (`ais.jsonobjects.Fields`), its type from 1 to 27.
        channel: The radio channel, or nothing.
        scaled: Its numbers are in degrees, knots and metres, not as sent.
        part: Of type 24, 0 for part A and 1 for part B.
    """
    sent = _BY_TYPE[fields.type] if part is None else _PARTS[part]
    values = sent.get(fields)
    numbers = sent.scaled if scaled else sent.as_sent
    bits = 0
    for value, (shift, mask, units, least, most, none) in zip(values, numbers, strict=False):  # texts come after
        kind = type(value)
        if kind is int or kind is bool:
            raw = value * units
        elif kind is float:
            raw = round(value * units)
        elif value == "fast":  # gpsd's for 102.2 knots and more
            raw = most
        else:
            other = _number(value)
            raw = least - 1 if other is None else round(other * units)
        bits |= (raw & mask) << shift if least <= raw <= most else none
    for text, (shift, size) in zip(values[len(numbers) :], sent.texts, strict=True):
        bits |= _six_bit(text, size) << shift
    chars = -(-sent.bits // 6)
    whole = -(-sent.bits // 24) * 24
    payload = b64encode((bits << (whole - sent.bits)).to_bytes(whole // 8, "big")).translate(_ARMOUR)[:chars]
    return line(b"AIVDM,1,1,,%b,%b,%d" % (channel, payload, chars * 6 - sent.bits))


def line(body: bytes) -> bytes:
    """Return a sentence as a line with its checksum, behind a tag block that means nothing."""
    return b"%b!%b*%02X\n" % (_TAG, body, checksum(body))


def tagged(sentence: bytes) -> bytes:
    """Return a sentence that has its checksum as a line."""
    return b"%b%b\n" % (_TAG, sentence)


def checksum(body: bytes) -> int:
    """Return the XOR of the bytes, by halves."""
    folded = int.from_bytes(body, "big")
    for half in _HALVES if len(body) <= 64 else _MORE_HALVES:
        folded ^= folded >> half
    return folded & 0xFF


def _number(value: object) -> float | None:
    """Return a number that is written as something else, or None."""
    if not isinstance(value, (str, bool)):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _six_bit(text: Any, size: int) -> int:
    """Return a text of so many characters in the six-bit code; @ fills it."""
    if not isinstance(text, str):
        return 0
    plain = _NOT_SIX_BIT.sub(b"?", text[:size].upper().encode("ascii", "replace")).ljust(-(-size // 4) * 4, b"@")
    return int.from_bytes(b64decode(plain.translate(_SIX_BIT)), "big") >> ((-size % 4) * 6)
