"""Fields of a message, as JSON writers scale them, back to the sentence that was sent: one decoder then reads them all.

Widths and sentinels: ITU-R M.1371-5 annex 8. What a writer left out or made impossible is sent as not available.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

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
_SIX_BIT = np.full(256, 63, np.uint8)  # what the code cannot say is a question mark
_SIX_BIT[64:96] = np.arange(32)
_SIX_BIT[32:64] = np.arange(32, 64)
_SIX_BIT[97:123] = _SIX_BIT[65:91]
_ARMOUR = np.array([*range(48, 88), *range(96, 120)], np.uint8)
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_HALVES = (256, 128, 64, 32, 16, 8)  # bits
_MORE_HALVES = (*(1 << power for power in range(20, 8, -1)), *_HALVES)  # as long as a line may be
_TAG = b"\\c:1000000000*58\\"  # any time that is believed: the reading puts the true one in its place


@dataclass(frozen=True, eq=False)
class Kind:
    """How to make one kind of message from its fields.

    Attributes:
        get: Returns its fields of an object (`ais.jsonobjects.Fields`).
        fields: Of each: offset and width in bits, and the range of a number or None for a text.
        bits: Its length.
    """

    get: Callable[[Any], tuple[Any, ...]]
    fields: tuple[tuple[int, int, _Range | None], ...]
    bits: int

    @classmethod
    def of(cls, sent: str) -> Kind:
        """Read a line of the tables above."""
        names, fields, bits = [], [], 0
        for name, width in (field.split(":") for field in sent.split()):
            if name != "-":
                names.append(_ATTRIBUTE.get(name, name))
                fields.append((bits, int(width), None if name in _TEXTS else _RANGES[name]))
            bits += int(width)
        return cls(attrgetter(*names), tuple(fields), bits)


KINDS = {kind: Kind.of(sent) for kind, sent in _SENT.items()}
PARTS = (Kind.of(_PART_A), Kind.of(_PART_B))


def lines_of(kind: Kind, rows: Sequence[tuple[Any, ...]], channel: bytes, *, scaled: bool) -> bytes:
    """Return messages of one kind as lines: each a tag block that means nothing, and a sentence.

    Args:
        kind: What they are.
        rows: What `kind.get` returned of each.
        channel: Their radio channel, or nothing.
        scaled: Their numbers are in degrees, knots and metres, not as sent.
    """
    chars = -(-kind.bits // 6)
    bits = np.zeros((len(rows), chars * 6), np.uint8)
    for (offset, width, span), values in zip(kind.fields, zip(*rows, strict=True), strict=True):
        if span is None:
            some = _bits(_six_bit(values, width // 6), 6).reshape(len(rows), width)
        else:
            some = _bits(_raw(values, span, scaled), width)
        bits[:, offset : offset + width] = some
    eights = np.zeros((len(rows), chars, 8), np.uint8)
    eights[:, :, 2:] = bits.reshape(len(rows), chars, 6)
    payload = _ARMOUR[np.packbits(eights, axis=2)[:, :, 0]]
    before, after = _TAG + b"!AIVDM,1,1,,%b," % channel, b",%d*" % (chars * 6 - kind.bits)
    text = np.empty((len(rows), len(before) + chars + len(after) + 3), np.uint8)
    text[:, : len(before)] = np.frombuffer(before, np.uint8)
    text[:, len(before) : len(before) + chars] = payload
    text[:, -3 - len(after) : -3] = np.frombuffer(after, np.uint8)
    sums = np.bitwise_xor.reduce(text[:, len(_TAG) + 1 : -4], axis=1)
    text[:, -3], text[:, -2], text[:, -1] = _HEX[sums >> 4], _HEX[sums & 15], ord("\n")
    return text.tobytes()


def _bits(raw: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    """Return numbers as their bits, along a new last axis."""
    return ((raw[..., None] >> np.arange(width - 1, -1, -1, dtype=raw.dtype)) & 1).astype(np.uint8)


def _raw(values: Sequence[Any], span: _Range, scaled: bool) -> npt.NDArray[np.int64]:
    """Return numbers as sent."""
    try:
        found = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.empty(0)
    if found.shape != (len(values),):
        found = np.array([_number(value, span) for value in values], np.float64)
    sent = np.rint(found * span.units if scaled else found)
    return np.where((sent >= span.least) & (sent <= span.most), sent, span.none).astype(np.int64)


def _number(value: object, span: _Range) -> float:
    """Return a number that may be written as something else; not a number where there is none."""
    if value == "fast":  # gpsd's for 102.2 knots and more
        return span.most / span.units
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _six_bit(texts: Sequence[Any], size: int) -> npt.NDArray[np.uint8]:
    """Return texts in the six-bit code, so many characters each; @ fills them."""
    plain = b"".join(
        (text[:size] if isinstance(text, str) else "").encode("ascii", "replace").ljust(size, b"@") for text in texts
    )
    return _SIX_BIT[np.frombuffer(plain, np.uint8)].reshape(len(texts), size)


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
