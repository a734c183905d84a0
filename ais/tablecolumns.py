"""Whole columns of a decoded table to arrays: what `ais.tablevalues` says of each value, at the speed of Arrow.

A column is read in one cast. Values that no cast understands are asked for one at a time, each different one once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ais.tablevalues import BLANKS, FILLERS, number, text

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

_PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,20})?$"
_SAMPLE = 64  # rows that tell what a column holds
_FEW = 8  # rows to a different value: from here on values are asked for before a cast is tried
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads what is multiplied by it
_HALF = np.uint64(32)
_FIRST_BYTES = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)  # masks of a little-endian word
_MEGA = 1_000_000
_NOTHING = pa.array(["", *sorted(FILLERS)])


def plain(column: Any) -> Any:
    """Return a column as one array of a plain type: no chunks, no dictionary, text of one width."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def numbers(column: Any, one: Callable[[object], float | None] = number) -> Floats:
    """Return a column's finite numbers; not-a-number where `one` says None."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        found = column.cast(pa.float64(), safe=False)
    elif pa.types.is_string(kind):
        found = _read(column, one)
    else:
        found = pa.array([one(value) for value in column.to_pylist()], pa.float64())
    values: Floats = found.to_numpy(zero_copy_only=False)
    odd = np.isinf(values)
    return np.where(odd, np.nan, values) if odd.any() else values


def _read(column: Any, one: Callable[[object], float | None]) -> Any:
    """Return the numbers of a column of texts."""
    try:
        column[:_SAMPLE].cast(pa.float64())  # each value that fails is dear: see whether most would
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        pass
    coded = column.dictionary_encode()
    if len(coded.dictionary) * _FEW <= len(column):
        return _each(coded, one)
    easy = pc.match_substring_regex(column, _PLAIN_NUMBER)
    hard = pc.if_else(easy, pa.scalar(None, pa.string()), column)
    return pc.coalesce(
        pc.if_else(easy, column, pa.scalar(None, pa.string())).cast(pa.float64()), _each(hard.dictionary_encode(), one)
    )


def _each(coded: Any, one: Callable[[object], float | None]) -> Any:
    return pa.array([one(value) for value in coded.dictionary.to_pylist()], pa.float64()).take(coded.indices)


def texts(column: Any, one: Callable[[object], str | None] | None = None) -> Any:
    """Return a column's texts without blanks at their ends, NULL where nothing is left.

    Args:
        column: The values.
        one: What makes a text of each different value, instead.
    """
    if not pa.types.is_string(column.type):
        return pa.array([(one or text)(value) for value in column.to_pylist()], pa.string())
    if one is None:
        found = pc.utf8_trim(column, BLANKS)
        return pc.if_else(pc.is_in(found, _NOTHING), pa.scalar(None, pa.string()), found)
    coded = column.dictionary_encode()
    return pa.array([one(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def choices(column: Any, one: Callable[[object], Any]) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return what `one` says of each different value of a column, None last, and for every row which of them it is."""
    if not pa.types.is_string(column.type):
        column = pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    coded = column.dictionary_encode()
    told = [one(value) for value in coded.dictionary.to_pylist()]
    which = pc.fill_null(coded.indices, len(told)).to_numpy(zero_copy_only=False).astype(np.int64)
    return [*told, one(None)], which


def rounded(degrees: Floats) -> Floats:
    """Return degrees to 6 decimals as Python's `round` does, which is exact where a product with 10^6 is not."""
    scaled = degrees * _MEGA
    with np.errstate(invalid="ignore"):
        found: Floats = np.rint(scaled) / _MEGA + 0.0
        unsure = np.flatnonzero(np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6)
    for i in unsure.tolist():
        found[i] = round(float(degrees[i]), 6) + 0.0
    return found


def known(values: Floats, good: Bools, kind: pa.DataType) -> Any:
    """Return an array of a type with NULL where a value is no good."""
    kept = values if good.all() else np.where(good, values, 0)
    return pa.array(kept.astype(kind.to_pandas_dtype()), kind, mask=~good)


def within(values: Floats, least: int, most: int) -> tuple[Floats, Bools]:
    """Return the nearest whole numbers and where they lie in a range."""
    with np.errstate(invalid="ignore"):
        whole = np.rint(values)
        return whole, (whole >= least) & (whole <= most)


def fingerprints(numbers: Sequence[npt.NDArray[Any]], columns: Sequence[Any]) -> Words:
    """Return 64 bits for each row that are equal where the row is, and else differ but for a chance of 1 in 2^64.

    Args:
        numbers: Arrays of 64-bit numbers.
        columns: Columns of any type; NULL and no text are the same.
    """
    bits = np.zeros(len(numbers[0]), np.uint64)
    for values in numbers:
        bits = _mixed(bits, np.ascontiguousarray(values).view(np.uint64))
    for column in columns:
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            bits = _mixed(bits, _number_bits(column))
            continue
        if not pa.types.is_string(kind):
            column = pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
        coded = column.dictionary_encode("encode")
        bits = _mixed(bits, _text_bits(coded.dictionary)[coded.indices.to_numpy()])
    return bits


def _mixed(bits: Words, more: Words) -> Words:
    mixed = (bits ^ more) * _ODD
    return mixed ^ (mixed >> _HALF)


def _number_bits(column: Any) -> Words:
    """Return 64 bits for each number; all that are no number have the same."""
    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)


def _text_bits(column: Any) -> Words:
    """Return 64 bits for each text, made of 8 bytes at a time."""
    at, lengths, data = text_bytes(column)
    bits = lengths.astype(np.uint64)
    words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))  # the 8 bytes from each byte on
    done, rows = 0, np.flatnonzero(lengths)
    while len(rows):
        left = lengths[rows] - done
        bits[rows] = _mixed(bits[rows], words[at[rows] + done] & _FIRST_BYTES[np.minimum(left, 8)])
        done += 8
        rows = rows[left > 8]
    return bits


def text_bytes(column: Any) -> tuple[Ints, Ints, npt.NDArray[np.uint8]]:
    """Return where each text of a column begins, how long it is, and the bytes, with 8 zeros behind."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4).astype(np.int64)
    got = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data is not None else np.empty(0, np.uint8)
    lengths = ends[1:] - ends[:-1]
    if column.null_count:
        lengths *= column.is_valid().to_numpy(zero_copy_only=False)
    return ends[:-1] - ends[0], lengths, np.concatenate((got, np.zeros(8, np.uint8)))
