"""The bit fields of AIS messages as data: which bits hold what, and how long a message of each kind may be.

Source: ITU-R M.1371-5, annex 8; the table of each kind stands beside it. Offsets and widths are in bits from the
message's first. Kinds that are read for their sender alone (6-8, 10, 12-17, 20, 22, 23, 25, 26) share one layout.

A payload whose length the standard does not allow for its type is no message of that type (satellite captures are
full of noise with a right checksum). Tolerated: up to five bits more, as some receivers send wrong fill bits; types
1-3 without the end of the communication state (gpsd takes 163 bits); type 5 without its last bits; type 27 padded to
one slot. Bits that a message is short of read as zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

Field = tuple[int, int]
"""Offset and width; a negative width means a signed number (two's complement)."""

WORD = 48
"""Bits of a word: eight characters of six bits. No number spans more than two words."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the fields of one kind of message lie.

    Attributes:
        name: What it is, for people.
        lengths: Allowed lengths in bits.
        numbers: Offset and width of each number.
        texts: Offset and width of each six-bit text.
    """

    name: str
    lengths: frozenset[int]
    numbers: dict[str, Field]
    texts: dict[str, Field]

    @cached_property
    def bits(self) -> int:
        """How many bits from the start hold all its fields."""
        return max(offset + abs(width) for offset, width in (*self.numbers.values(), *self.texts.values()))

    @cached_property
    def words(self) -> int:
        """How many words hold all its fields."""
        return -(-self.bits // WORD)


def _layout(
    name: str, lengths: Iterable[int], numbers: dict[str, Field], texts: dict[str, Field] | None = None
) -> Layout:
    head = {"msg_type": (0, 6), "repeat": (6, 2), "mmsi": (8, 30)}
    return Layout(name, frozenset(lengths), head | numbers, texts or {})


CLASS_A = _layout(  # Table 48: messages 1, 2 and 3
    "position of class A",
    range(163, 174),
    {
        "status": (38, 4),
        "turn": (42, -8),
        "speed": (50, 10),
        "accuracy": (60, 1),
        "lon": (61, -28),
        "lat": (89, -27),
        "course": (116, 12),
        "heading": (128, 9),
        "second": (137, 6),
        "raim": (148, 1),
    },
)
CLASS_B = _layout(  # Table 70: message 18
    "position of class B",
    range(168, 174),
    {
        "speed": (46, 10),
        "accuracy": (56, 1),
        "lon": (57, -28),
        "lat": (85, -27),
        "course": (112, 12),
        "heading": (124, 9),
        "second": (133, 6),
        "raim": (147, 1),
    },
)
CLASS_B_LONG = _layout(  # Table 71: message 19
    "long position of class B",
    range(312, 318),
    {
        "speed": (46, 10),
        "accuracy": (56, 1),
        "lon": (57, -28),
        "lat": (85, -27),
        "course": (112, 12),
        "heading": (124, 9),
        "second": (133, 6),
        "ship_type": (263, 8),
        "to_bow": (271, 9),
        "to_stern": (280, 9),
        "to_port": (289, 6),
        "to_starboard": (295, 6),
        "raim": (305, 1),
    },
    {"shipname": (143, 120)},
)
AIRCRAFT = _layout(  # Table 57: message 9
    "position of a search aircraft",
    range(168, 174),
    {
        "speed": (50, 10),
        "accuracy": (60, 1),
        "lon": (61, -28),
        "lat": (89, -27),
        "course": (116, 12),
        "second": (128, 6),
        "raim": (147, 1),
    },
)
LONG_RANGE = _layout(  # Table 85: message 27
    "long-range position",
    [*range(96, 102), 168],
    {
        "accuracy": (38, 1),
        "raim": (39, 1),
        "status": (40, 4),
        "lon": (44, -18),
        "lat": (62, -17),
        "speed": (79, 6),
        "course": (85, 9),
    },
)
VOYAGE = _layout(  # Table 52: message 5
    "static data of class A",
    range(420, 430),
    {
        "imo": (40, 30),
        "ship_type": (232, 8),
        "to_bow": (240, 9),
        "to_stern": (249, 9),
        "to_port": (258, 6),
        "to_starboard": (264, 6),
        "month": (274, 4),
        "day": (278, 5),
        "hour": (283, 5),
        "minute": (288, 6),
        "draught": (294, 8),
    },
    {"callsign": (70, 42), "shipname": (112, 120), "destination": (302, 120)},
)
STATIC_A = _layout(  # Table 78: message 24, part A
    "static data of class B, part A", range(160, 174), {}, {"shipname": (40, 120)}
)
STATIC_B = _layout(  # Table 79: message 24, part B
    "static data of class B, part B",
    range(168, 174),
    {
        "ship_type": (40, 8),
        "to_bow": (132, 9),
        "to_stern": (141, 9),
        "to_port": (150, 6),
        "to_starboard": (156, 6),
    },
    {"callsign": (90, 42)},
)
BASE = _layout(  # Table 51: messages 4 and 11
    "base station",
    range(168, 174),
    {
        "year": (38, 14),
        "month": (52, 4),
        "day": (56, 5),
        "hour": (61, 5),
        "minute": (66, 6),
        "second": (72, 6),
        "lon": (79, -28),
        "lat": (107, -27),
    },
)
ATON = _layout(  # Table 74: message 21
    "aid to navigation", range(272, 374), {"lon": (164, -28), "lat": (192, -27), "second": (253, 6)}
)
OTHER = _layout("other message", range(40, 1070), {})  # of all that follow
_TOLERATED = 5  # bits more, as some receivers send wrong fill bits
_SLOT = 168  # bits: some transmitters fill a shorter message up to one slot, as they do with type 27
OTHER_LENGTHS = {
    kind: frozenset((*range(least, most + _TOLERATED + 1), _SLOT))
    for kind, least, most in (
        *((6, 88, 1008), (7, 72, 168), (8, 56, 1008), (10, 72, 72), (12, 72, 1008), (13, 72, 168), (14, 40, 1008)),
        *((15, 88, 160), (16, 96, 144), (17, 80, 816), (20, 72, 186), (22, 168, 168), (23, 160, 160)),
        *((25, 40, 168), (26, 60, 1064)),
    )
}
"""Allowed lengths in bits of the types of `OTHER`: Tables 53 to 77 and 80 to 82; real base stations send type 20 up to
186 bits, where the table ends at 160 (gpsd's sample has one)."""

LAYOUTS = (CLASS_A, CLASS_B, CLASS_B_LONG, AIRCRAFT, LONG_RANGE, VOYAGE, STATIC_A, STATIC_B, OTHER, BASE, ATON)
"""All layouts; a layout's place here is its code in columns."""

OF_TYPE: dict[int, Layout] = {
    **dict.fromkeys(range(1, 28), OTHER),
    **dict.fromkeys((1, 2, 3), CLASS_A),
    **dict.fromkeys((4, 11), BASE),
    **{5: VOYAGE, 9: AIRCRAFT, 18: CLASS_B, 19: CLASS_B_LONG, 21: ATON, 24: STATIC_A, 27: LONG_RANGE},
}
"""The layout of each message type; of type 24 the layout of part A, whose part number is in `PART`."""

STATIC = 24
PART: Field = (38, 2)  # of message 24: 0 is part A, 1 part B
UNTITLED = "unknown message type"
WRONG_LENGTH = "wrong length"
