"""Many short pieces of one buffer of bytes at a time: windows, checksums, decimal digits, names.

A piece is copied out of the buffer as an opaque item of fixed width (NumPy copies those with a plain memcpy) and then
worked on as little-endian 64-bit words, eight bytes in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

PAD = 128
"""Bytes that must follow the last piece of a buffer, so that windows do not reach beyond its end."""

NAME_BYTES = 32
"""The longest name that `names_at` reads."""


def _repeated(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * 8, "little"))


_BELOW = np.array([(1 << (8 * count)) - 1 for count in range(8)], np.uint64)  # the lowest bytes of a word
_KEPT = {
    words: np.array(
        [[(1 << (8 * min(max(size - 8 * word, 0), 8))) - 1 for word in range(words)] for size in range(words * 8 + 1)],
        np.uint64,
    )
    for words in range(1, NAME_BYTES // 8 + 1)
}  # for names of so many words the bytes that a size keeps
_ZEROS, _SIX, _HIGH = _repeated(0x30), _repeated(0x06), _repeated(0xF0)
_LEFT = np.array(  # so many digits zero at the left of two words
    [[int.from_bytes(b"0" * min(max(n - 8 * word, 0), 8), "little") for n in range(16)] for word in (0, 1)], np.uint64
)
_EIGHT = np.uint64(100_000_000)
_TEN, _PAIRS = np.uint64(10), np.uint64(0x000000FF000000FF)
_FOURS = (np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32)))


def windows(buffer: Bytes, width: int, at: Ints) -> Words:
    """Return `width` bytes (a multiple of eight) from each place of a buffer, as rows of words."""
    view = np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, strides=(1,))
    taken: Words = view[at].view(np.uint64).reshape(len(at), width // 8)
    return taken


class Checksums:
    """XOR of any stretch of a buffer in a handful of steps: the XOR of all whole words before each is kept."""

    def __init__(self, buffer: Bytes) -> None:
        self._words = buffer[: len(buffer) // 8 * 8].view(np.uint64)
        self._before = np.zeros(len(self._words) + 1, np.uint64)
        np.bitwise_xor.accumulate(self._words, out=self._before[1:])

    def between(self, start: Ints, end: Ints) -> Bytes:
        """Return the XOR of the bytes from each start up to its end."""
        value = self._to(start)
        value ^= self._to(end)
        for shift in (32, 16, 8):
            value ^= value >> np.uint64(shift)
        return value.astype(np.uint8)

    def _to(self, at: Ints) -> Words:
        """Return, folded into words, the XOR of all bytes before each place."""
        word = at >> 3
        value: Words = self._words[word]
        value &= _BELOW[at & 7]
        value ^= self._before[word]
        return value


def _digits(word: Words) -> tuple[Words, Bools]:
    """Return the number that each word's eight decimal digits make, and whether they are digits."""
    good = ((word & _HIGH) == _ZEROS) & (((word + _SIX) & _HIGH) == _ZEROS)
    pairs = word - _ZEROS
    pairs = pairs * _TEN + (pairs >> np.uint64(8))
    number = (pairs & _PAIRS) * _FOURS[0] + ((pairs >> np.uint64(16)) & _PAIRS) * _FOURS[1]
    return number >> np.uint64(32), good


def numbers_at(buffer: Bytes, start: Ints, size: Ints) -> tuple[Ints, Bools]:
    """Return the decimal numbers of 1 to 16 digits at places of a buffer, and which of them are such."""
    right = np.clip(size, 1, 16)
    text = windows(buffer, 16, start)
    first, second = text[:, 0], text[:, 1]
    # Move each text to the right end of its 16 bytes; zeros come in on its left. Shifts of 64 bits and more make 0.
    missing: Any = 16 - right
    if len(right) and (right == right[0]).all():
        missing = missing[:1]  # one shift for all is faster
    bits = (missing * 8).astype(np.uint64)
    whole = np.uint64(64)
    high, high_good = _digits((first << bits) | _LEFT[0][missing])
    low, low_good = _digits(
        (second << bits) | (first >> (whole - bits)) | (first << (bits - whole)) | _LEFT[1][missing]
    )
    number = high * _EIGHT + low
    return number.view(np.int64), high_good & low_good & (size == right)


def names_at(buffer: Bytes, start: Ints, size: Ints) -> tuple[npt.NDArray[np.int32], list[bytes]]:
    """Return names of up to `NAME_BYTES` bytes, without a NUL, as codes into the list of different ones."""
    if not len(start):
        return np.zeros(0, np.int32), []
    words = -(-int(size.max()) // 8)
    text = windows(buffer, words * 8, start)
    text &= _KEPT[words][size]
    rows: Any = pa.array(text[:, 0])
    if words > 1:
        rows = pa.FixedSizeBinaryArray.from_buffers(pa.binary(words * 8), len(text), [None, held(text)])
    coded = rows.dictionary_encode()
    names = coded.dictionary.to_pylist()
    if words == 1:
        names = [name.to_bytes(8, "little") for name in names]
    return coded.indices.to_numpy(), [name.rstrip(b"\0") for name in names]


def letters(codes: Bytes) -> Any:
    """Return texts of one ASCII letter each by its code as an Arrow array; code 0 is NULL."""
    there = codes != 0
    offsets = np.zeros(len(codes) + 1, np.int32)
    np.cumsum(there, out=offsets[1:])
    valid = None if there.all() else held(np.packbits(there, bitorder="little"))
    data = codes if valid is None else codes[there]
    return pa.Array.from_buffers(pa.string(), len(codes), [valid, held(offsets), held(data)])


def strings(codes: npt.NDArray[Any], names: Sequence[str | None]) -> Any:
    """Return names by code as an Arrow array; a code of -1 is NULL."""
    index = np.where(codes < 0, len(names), codes).astype(np.int32)
    return pa.DictionaryArray.from_arrays(index, pa.array([*names, None], pa.string())).cast(pa.string())


def held(values: npt.NDArray[Any]) -> Any:
    """Return an array as an Arrow buffer, without a copy."""
    buffer: Any = values
    return pa.py_buffer(buffer)
