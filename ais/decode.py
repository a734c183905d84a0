"""Payloads of AIS messages to columns of raw numbers and texts, as sent, by the table of `ais.fields`.

Eight payload characters of six bits each become one word of 48 bits; a field is then cut out of whole columns of words
with a shift or two and a mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ais.fields import (
    LAYOUTS,
    OF_TYPE,
    OTHER_LENGTHS,
    PART,
    STATIC,
    STATIC_B,
    UNTITLED,
    WORD,
    WRONG_LENGTH,
    Field,
    Layout,
)
from ais.words import Bytes, Ints, Words, held, windows

_CODE = {layout: code for code, layout in enumerate(LAYOUTS)}
_NO_LAYOUT = len(LAYOUTS)
_MOST_BITS = max(map(max, OTHER_LENGTHS.values()))
_WHOLE = np.uint64((1 << WORD) - 1)
_AT_ONCE = 4096  # payloads: their characters stay in the processor's nearest cache
_REASONS = ("", UNTITLED, WRONG_LENGTH)

_VALUE = np.zeros(256, np.uint8)  # of a payload character
_VALUE[48:88] = range(40)
_VALUE[96:120] = range(40, 64)
_OF_TYPE = np.array([_CODE[OF_TYPE[kind]] if kind in OF_TYPE else _NO_LAYOUT for kind in range(64)], np.uint8)
_PART_B = 64  # a form of its own beside the 64 types
_LENGTHS = [OTHER_LENGTHS.get(kind, OF_TYPE[kind].lengths) if kind in OF_TYPE else () for kind in range(64)]
_ALLOWED = np.array([[bits in lengths for bits in range(_MOST_BITS + 2)] for lengths in (*_LENGTHS, STATIC_B.lengths)])


def layouts(text: Bytes, start: Ints, size: Ints, fill: Bytes) -> tuple[Bytes, Bytes]:
    """Return the layout of each payload, as its place in `LAYOUTS`, and 0 or why it is rejected (see `reason`)."""
    kind = _VALUE[text[start]]
    code = _OF_TYPE[kind]
    bits = size * 6 - fill
    why = (code == _NO_LAYOUT).view(np.uint8)
    static = np.flatnonzero(kind == STATIC)
    static = static[bits[static] >= sum(PART)]
    part = (_VALUE[text[start[static] + PART[0] // 6]] >> (6 - PART[0] % 6 - PART[1])) & 3
    code[static[part == 1]] = _CODE[STATIC_B]
    kind[static[part == 1]] = _PART_B
    why[static[part > 1]] = 1
    fits = _ALLOWED[kind, np.minimum(bits, _MOST_BITS + 1)]
    if not fits.all():
        why[~fits & (why == 0)] = 2
    return code, why


def reason(why: int) -> str:
    """Return in words why a payload is rejected."""
    return _REASONS[why]


def words(layout: Layout, text: Bytes, start: Ints, bits: Ints) -> Words:
    """Return the words that hold the fields of payloads of one layout: one row for each word, a column each payload."""
    packed = np.empty((layout.words, len(start)), np.uint64)
    for begin in range(0, len(start), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        value = windows(text, layout.words * 8, start[some]).view(np.uint8)
        value -= np.uint8(48)
        value -= (value > 39).view(np.uint8) << np.uint8(3)
        packed[:, some] = _packed(value.view(np.uint64).reshape(-1, layout.words)).T
    if min(layout.lengths) < layout.bits:
        missing = np.clip(layout.words * WORD - bits, 0, WORD).astype(np.uint64)
        packed[-1] &= (_WHOLE << missing) & _WHOLE
    return packed


def _packed(x: Words) -> Words:
    """Pack the six bits of each of a word's eight bytes, the first of which is its lowest, into 48."""
    six, twelve, half = np.uint64(0x003F003F003F003F), np.uint64(0x00000FFF00000FFF), np.uint64(0xFFFFFF)
    pairs = ((x & six) << np.uint64(6)) | ((x >> np.uint64(8)) & six)
    fours = ((pairs & twelve) << np.uint64(12)) | ((pairs >> np.uint64(16)) & twelve)
    packed: Words = ((fours & half) << np.uint64(24)) | (fours >> np.uint64(32))
    return packed


def _unpacked(word: Words) -> Words:
    """Spread a word's 48 bits over eight bytes, the first of which is its lowest."""
    six, twelve, half = np.uint64(0x003F003F003F003F), np.uint64(0x00000FFF00000FFF), np.uint64(0xFFFFFF)
    fours = (word >> np.uint64(24)) | ((word & half) << np.uint64(32))
    pairs = ((fours >> np.uint64(12)) & twelve) | ((fours & twelve) << np.uint64(16))
    spread: Words = ((pairs >> np.uint64(6)) & six) | ((pairs & six) << np.uint64(8))
    return spread


def number(words: Words, field: Field) -> Ints:
    """Return one number of each payload, as sent."""
    offset, width = field[0], abs(field[1])
    word, left = divmod(offset, WORD)
    right = WORD - left - width
    if right >= 0:
        value = words[word] >> np.uint64(right)
    else:
        value = (words[word] << np.uint64(-right)) | (words[word + 1] >> np.uint64(WORD + right))
    if field[1] > 0:
        value &= np.uint64((1 << width) - 1)
        whole: Ints = value.view(np.int64)
        return whole
    up = 64 - width  # the sign comes back down from the topmost bit
    shifted: Ints = (value << np.uint64(up)).view(np.int64)
    shifted >>= np.int64(up)
    return shifted


def numbers(layout: Layout, words: Words) -> dict[str, Ints]:
    """Return every number of payloads of one layout, as sent."""
    return {name: number(words, field) for name, field in layout.numbers.items()}


def text(words: Words, field: Field) -> Any:
    """Return one text of each payload: up to the first @, without spaces at its end, NULL when nothing is left."""
    offset, width = field
    pieces = np.empty((words.shape[1], -(-width // WORD)), np.uint64)
    for piece in range(pieces.shape[1]):
        word, left = divmod(offset + piece * WORD, WORD)
        aligned = words[word]
        if left:
            aligned = aligned << np.uint64(left)
            if word + 1 < len(words):
                aligned = aligned | (words[word + 1] >> np.uint64(WORD - left))
            aligned &= _WHOLE
        pieces[:, piece] = _unpacked(aligned)
    chars = pieces.view(np.uint8)
    chars += ((chars < 32) & (chars > 0)).view(np.uint8) << np.uint8(6)  # code 0 is @: as NUL it ends the text below
    chars[:, width // 6 :] = 0
    cut = pa.array(chars.view(f"S{chars.shape[1]}").ravel(), pa.binary()).view(pa.string())
    return _null_if_empty(pc.ascii_rtrim(cut, characters=" "))


def _null_if_empty(texts: Any) -> Any:
    """Return texts with NULL for each empty one."""
    _, offsets, data = texts.buffers()
    there = np.diff(np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]) > 0
    valid = held(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(texts), [valid, offsets, data])
