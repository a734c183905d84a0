"""Payload of an AIS message to raw integers: pyais gives bits and layout, NumPy cuts whole columns from them.

pyais turns the armoured payload into bits (`bit_vector`) and names every field's place (`decoder_plan` of its message
classes, ITU-R M.1371-5 annex 8). Its converters are left out: they lose the rate of turn as sent and let sentinels
pass as numbers (`ais.rows` ends them). One call per field and batch instead of one object per message makes decoding
about six times as fast; a test holds every field against `pyais.decode` on all sentences of the test data.

A payload whose length the standard does not allow for its type is no message of that type (satellite captures are
full of noise with a right checksum), so it is rejected. Tolerated: up to five bits more, as some receivers send wrong
fill bits; types 1-3 without the end of the communication state (gpsd takes 163 bits); type 27 padded to one slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pyais.bit_vector import bit_vector
from pyais.messages import MSG_CLASS, MessageType24PartA, MessageType24PartB

Ints = npt.NDArray[np.int64]
Field = tuple[int, int, bool]

_POSITION = ["repeat", "mmsi", "status", "turn", "speed", "accuracy", "lon", "lat", "course", "heading", "second"]
_POSITION += ["raim"]
_STATIC = ["mmsi", "imo", "ship_type", "to_bow", "to_stern", "to_port", "to_starboard"]
_STATIC += ["month", "day", "hour", "minute", "draught"]
_TEXTS = ["callsign", "shipname", "destination"]
_PLACE = ["mmsi", "lon", "lat", "second"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the fields of one kind of message lie.

    Attributes:
        name: What it is, for people.
        lengths: Allowed lengths in bits.
        bits: How many bits from the start hold all its fields.
        fields: Offset, width and signedness of each number, in bits.
        texts: Offset and width of each six-bit text, in bits.
    """

    name: str
    lengths: frozenset[int]
    bits: int
    fields: dict[str, Field]
    texts: dict[str, Field]


def _layout(name: str, message: Any, lengths: Sequence[int], wanted: Sequence[str]) -> Layout:
    """Take the wanted fields' places from a pyais message class."""
    plan = {field: (offset, width, signed) for field, offset, width, signed, *_ in message.decoder_plan()}
    fields = {field: plan[field] for field in ("msg_type", *wanted) if field in plan and field not in _TEXTS}
    texts = {field: plan[field] for field in wanted if field in plan and field in _TEXTS}
    bits = max(offset + width for offset, width, _ in (*fields.values(), *texts.values()))
    return Layout(name, frozenset(lengths), bits, fields, texts)


CLASS_A = _layout("position of class A", MSG_CLASS[1], range(163, 174), _POSITION)
CLASS_B = _layout("position of class B", MSG_CLASS[18], range(168, 174), _POSITION)
CLASS_B_LONG = _layout("long position of class B", MSG_CLASS[19], range(312, 318), [*_POSITION, *_STATIC, *_TEXTS])
AIRCRAFT = _layout("position of a search aircraft", MSG_CLASS[9], range(168, 174), _POSITION)
LONG_RANGE = _layout("long-range position", MSG_CLASS[27], [*range(96, 102), 168], _POSITION)
VOYAGE = _layout("static data of class A", MSG_CLASS[5], range(420, 430), [*_STATIC, *_TEXTS])
STATIC_A = _layout("static data of class B, part A", MessageType24PartA, range(160, 174), [*_STATIC, *_TEXTS])
STATIC_B = _layout("static data of class B, part B", MessageType24PartB, range(168, 174), [*_STATIC, *_TEXTS])
BASE = _layout("base station", MSG_CLASS[4], range(168, 174), _PLACE)
ATON = _layout("aid to navigation", MSG_CLASS[21], range(272, 374), _PLACE)
OTHER = _layout("other message", MSG_CLASS[10], range(40, 1400), ["mmsi"])

_BY_TYPE: dict[int, Layout] = {
    **dict.fromkeys(range(1, 28), OTHER),
    **dict.fromkeys((1, 2, 3), CLASS_A),
    **dict.fromkeys((4, 11), BASE),
    **{5: VOYAGE, 9: AIRCRAFT, 18: CLASS_B, 19: CLASS_B_LONG, 21: ATON, 24: STATIC_A, 27: LONG_RANGE},
}
_TYPE_OF = {char: (char - 48 if char < 88 else char - 56) for char in (*range(48, 88), *range(96, 120))}
_BY_FIRST = [_BY_TYPE.get(_TYPE_OF.get(char, 0)) for char in range(256)]
_SIX_POWERS = np.array([32, 16, 8, 4, 2, 1], np.uint8)
_SIX_BIT = np.frombuffer(bytes([0, *range(65, 96), *range(32, 64)]), np.uint8)


def unpack(payload: bytes, fill: int) -> tuple[Layout, bytes] | str:
    """Return a payload's layout and the bits that hold its fields, or why it is rejected."""
    layout = _BY_FIRST[payload[0]]
    if layout is None:
        return "unknown message type"
    vector = bit_vector(payload, fill)
    if layout is STATIC_A and (part := vector.get(38, 2)):
        if part != 1:
            return "unknown message type"
        layout = STATIC_B
    if len(payload) * 6 - fill not in layout.lengths:
        return "wrong length"
    bits: bytes = vector.get_bytes(0, layout.bits)
    return layout, bits


def second_of(layout: Layout, bits: bytes) -> int | None:
    """Return a message's own UTC second, 0-63 as sent, or None where it has none."""
    if "second" not in layout.fields:
        return None
    offset, width, _ = layout.fields["second"]
    return (int.from_bytes(bits, "big") >> (len(bits) * 8 - offset - width)) & ((1 << width) - 1)


def numbers(layout: Layout, bits: Sequence[bytes]) -> dict[str, Ints]:
    """Return every number of a batch of messages of one layout, as sent."""
    matrix = _matrix(bits)
    return {name: _cut(matrix, *field) for name, field in layout.fields.items()}


def texts(layout: Layout, bits: Sequence[bytes]) -> dict[str, list[str | None]]:
    """Return every text of a batch: up to the first @, without spaces at its end, None when nothing is left."""
    singles = np.unpackbits(_matrix(bits), axis=1)
    found: dict[str, list[str | None]] = {}
    for name, (offset, width, _) in layout.texts.items():
        codes = singles[:, offset : offset + width].reshape(len(bits), -1, 6) @ _SIX_POWERS
        chars = _SIX_BIT[codes] * np.logical_and.accumulate(codes > 0, axis=1)
        rows = chars.view(f"S{width // 6}").ravel().tolist()
        found[name] = [row.decode("ascii").rstrip(" ") or None for row in rows]
    return found


def _matrix(bits: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(bits), np.uint8).reshape(len(bits), -1)


def _cut(matrix: npt.NDArray[np.uint8], offset: int, width: int, signed: bool) -> Ints:
    """Cut one field of at most 57 bits from every row."""
    first, last = offset // 8, (offset + width - 1) // 8
    value = np.zeros(len(matrix), np.int64)
    for byte in range(first, last + 1):
        value = (value << 8) | matrix[:, byte]
    value = (value >> ((last + 1) * 8 - offset - width)) & ((1 << width) - 1)
    return value - ((value >> (width - 1)) << width) if signed else value
