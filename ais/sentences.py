"""The raw lines of a case: kept in compressed blocks, read back to the byte.

A block is one zstd frame of the decompressed input; blocks follow each other without a hole, so all of an input's
blocks put together are its bytes. A line longer than `ais.source.MAX_LINE` may go over several blocks, which then
begin in the same line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb
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
    """Return raw lines of an input by their number, without line ends; lines that are not kept are left out."""
    found: dict[int, bytes] = {}
    for number in sorted(set(wanted)):
        # The block that begins before the line, and those that begin inside it.
        rows = _rows(
            reader.query(
                """
                SELECT first_line, bytes, data FROM sentences
                WHERE input_id = $input_id AND first_line <= $number AND first_line >= (
                    SELECT coalesce(max(first_line), 1) FROM sentences
                    WHERE input_id = $input_id AND first_line < $number
                ) ORDER BY rowid
                """,
                input_id=input_id,
                number=number,
            )
        )
        if not rows:
            continue
        at = number - rows[0][0]
        split = b"".join(_unpacked(*row) for row in rows).split(b"\n", at + 1)
        if at < len(split) - 1 or (at < len(split) and split[at]):
            found[number] = split[at].rstrip(b"\r")
    return found


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
