"""Bit fields of many AIS messages at once, packed into armoured payload characters.

An AIS payload is a row of bit fields, most significant bit first, cut into 6-bit values that are sent as one
character each (ITU-R M.1371, IEC 61162-1 6-bit armour: value + 48, and 8 more above 39). Messages of one type
have one layout, so a field is written for all of them with a few shifts on whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: One 6-bit value to its payload character.
ARMOUR: NDArray[np.uint8] = np.array([v + 48 if v < 40 else v + 56 for v in range(64)], dtype=np.uint8)


@dataclass(frozen=True)
class Field:
    """One bit field: its width in bits, and one value for every message (or one for all).

    Negative values are written as two's complement; bits beyond the width are cut off.
    """

    width: int
    values: NDArray[np.int64] | int


def pack(fields: list[Field], count: int) -> tuple[NDArray[np.uint8], int]:
    """Packs `count` messages of one layout.

    Args:
        fields: the layout in order of sending.
        count: how many messages.

    Returns:
        Payload characters as ASCII, shape (characters, count), and the fill bits that pad the last one (0-5).
    """
    bits = sum(field.width for field in fields)
    rows = -(-bits // 6)
    six = np.zeros((rows, count), dtype=np.uint8)
    offset = 0
    for field in fields:
        _write(six, offset, field)
        offset += field.width
    return ARMOUR[six], rows * 6 - bits


def _write(six: NDArray[np.uint8], offset: int, field: Field) -> None:
    mask = (1 << field.width) - 1
    end = offset + field.width
    for row in range(offset // 6, -(-end // 6)):
        shift = end - (row + 1) * 6  # > 0: this character holds the field's upper bits
        if isinstance(field.values, int):
            value = field.values & mask
            six[row] |= (value >> shift if shift >= 0 else value << -shift) & 63
        else:
            column = field.values & mask
            column = column >> shift if shift >= 0 else column << -shift
            six[row] |= (column & 63).astype(np.uint8)


def text_fields(texts: NDArray[np.bytes_], length: int) -> list[Field]:
    """Six-bit text of `length` characters as one field per character.

    Args:
        texts: ASCII, shape (n,); lower case is raised, what six bits cannot hold becomes '?', the rest is '@'.
        length: characters on the air; longer texts are cut.
    """
    wide = np.char.upper(texts).astype(f"S{length}")
    codes = wide.view(np.uint8).reshape(len(wide), length).astype(np.int64)
    sendable = (codes >= 32) & (codes <= 95)
    six = np.where(codes == 0, 0, np.where(sendable, codes & 63, ord("?")))
    return [Field(6, six[:, i]) for i in range(length)]
