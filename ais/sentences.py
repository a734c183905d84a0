"""The raw lines of a case: kept in compressed blocks, read back to the byte.

A block is one zstd frame of the decompressed input; blocks follow each other without a hole, so all of an input's
blocks put together are its bytes. A line longer than `ais.source.MAX_LINE` may go over several blocks, which then
begin in the same line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from ais.reader import Reader
from ais.schema import SENTENCES
from ais.store import insert
from ais.sums import sums

LEVEL = 1  # of zstd: level 3 takes half as long again for 4 % fewer bytes, level 9 six times as long for 12 %
Packed = tuple[int, int, int, int, bytes]  # first line, bytes, their sums, frame
_MOST_BYTES = 1 << 28  # of a block that is believed; those of `ais.source` are far smaller


def packed(raw: bytes, first_line: int) -> Packed:
    """Return one block as it is stored."""
    return first_line, len(raw), *sums(raw), pa.Codec("zstd", LEVEL).compress(raw, asbytes=True)


def keep(con: duckdb.DuckDBPyConnection, input_id: int, blocks: Sequence[Packed]) -> None:
    """Store blocks of one input, in their order."""
    if not blocks:
        return
    insert(con, "sentences", SENTENCES.rows([input_id] * len(blocks), *zip(*blocks, strict=True)))


def blocks(reader: Reader, input_id: int) -> Iterator[tuple[int, bytes]]:
    """Yield the first line and the bytes of each block of an input, one block in memory at a time.

    Raises:
        ValueError: A block was damaged; the text names its first line.
    """
    places = reader.query(
        "SELECT rowid AS place FROM sentences WHERE input_id = $input_id ORDER BY rowid", input_id=input_id
    )["place"].to_pylist()
    for place in places:
        ((first_line, size, data),) = _rows(
            reader.query("SELECT first_line, bytes, data FROM sentences WHERE rowid = $place", place=place)
        )
        yield first_line, _unpacked(first_line, size, data)


def lines(reader: Reader, input_id: int, wanted: Iterable[int]) -> dict[int, bytes]:
    """Return raw lines of an input by their number, without line ends; lines that are not kept are left out.

    Each block is unpacked once, however many of its lines are wanted.
    """
    index = reader.query(
        "SELECT rowid AS place, first_line FROM sentences WHERE input_id = $input_id ORDER BY rowid", input_id=input_id
    )
    places, starts = (
        [int(row["place"]) for row in index.to_pylist()],
        np.asarray(index["first_line"].to_numpy()).astype(np.int64),
    )
    found: dict[int, bytes] = {}
    opened, text, ends = (0, 0), b"", np.empty(0, dtype=np.int64)
    for number in sorted(set(wanted)):
        # The block that begins before the line, and those that begin inside it.
        before, end = np.searchsorted(starts, number, "left"), int(np.searchsorted(starts, number, "right"))
        first = int(np.searchsorted(starts, starts[before - 1], "left")) if before else 0
        if first >= end or number < starts[first]:
            continue
        if (first, end) != opened:
            opened = first, end
            text = b"".join(_block(reader, place) for place in places[first:end])
            ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        at = number - int(starts[first])
        if at > len(ends):
            continue
        begin = int(ends[at - 1]) + 1 if at else 0
        if at < len(ends):
            found[number] = text[begin : ends[at]].rstrip(b"\r")
        elif begin < len(text):
            found[number] = text[begin:].rstrip(b"\r")
    return found


def _block(reader: Reader, place: int) -> bytes:
    """Return the bytes of one block."""
    query = "SELECT first_line, bytes, data FROM sentences WHERE rowid = $place"
    (row,) = _rows(reader.query(query, place=place))
    return _unpacked(*row)


def _rows(table: pa.Table) -> list[tuple[int, int, bytes]]:
    return list(zip(*(table[name].to_pylist() for name in ("first_line", "bytes", "data")), strict=True))


def _unpacked(first_line: int, size: int, data: bytes) -> bytes:
    try:
        raw = pa.Codec("zstd").decompress(data, decompressed_size=size, asbytes=True) if size < _MOST_BYTES else b""
    except (OSError, ValueError):
        raw = b""
    if len(raw) != size:
        raise ValueError(f"the kept sentences from line {first_line:,} on are damaged")
    return bytes(raw)
