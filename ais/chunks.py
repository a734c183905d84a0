"""Blocks of an input gathered into chunks of rows, ready to be settled: in order, hashed, their hearings counted.

All of it happens in threads beside the one that fills the case. Where chunks and batches end depends on the input
alone, so a case that was filled after an interruption equals, row for row, one that was filled without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais import sentences
from ais.ahead import ahead
from ais.duplicates import CHAIN_US, SAID, hashes, repeated
from ais.hearings import Counted, Stations, counted
from ais.schema import PARTS, REJECTS
from ais.staging import Reading, Taken
from ais.toolate import refuse_late

CHUNK_ROWS = 245_760  # two of DuckDB's row groups


@dataclass(frozen=True)
class Told:
    """What is known of an input before its rows: the first columns of `inputs`."""

    input_id: int
    name: str
    sha256: str
    bytes: int
    format: str
    options: str
    clock_offset_s: float
    begun_on: datetime  # UTC


@dataclass(frozen=True)
class Rows:
    """Rows of one table, with the hash by which equal ones are found, and which of them it finds more than once."""

    table: pa.Table
    h: npt.NDArray[np.uint64]
    repeated: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chunk:
    """What some blocks gave.

    Attributes:
        rows: By table name.
        heard: Positions by receiver, hour, cell and class.
        rejects: Rows of `rejects`.
        parts: Rows of `parts`.
        packed: The raw bytes as they are stored; none where they are not kept.
        taken: The last block, without its rows and bytes.
        mmsi_like: Whether the ship numbers so far look like MMSIs.
        ends_batch: A batch ends with it.
        last: So does the input.
    """

    rows: dict[str, Rows]
    heard: Counted | None
    rejects: pa.Table | None
    parts: pa.Table | None
    packed: Sequence[sentences.Packed]
    taken: Taken
    mmsi_like: bool
    ends_batch: bool
    last: bool


def chunks(
    con: duckdb.DuckDBPyConnection,
    told: Told,
    stations: Stations,
    reading: Reading,
    *,
    since: Taken,
    batch_lines: int,
    keep_raw: bool = False,
    plain: hashlib._Hash | None = None,
    seal_us: int | None = None,
) -> Generator[Chunk, None, None]:
    """Yield what a reading gives, made in two threads while the caller works; the last chunk says that it is the last.

    Args:
        con: A connection of its own to the case: it computes hashes.
        told: The input.
        stations: Codes of the receivers; the reader of the chunks has the same.
        reading: Its blocks.
        since: The block after which the reading goes on.
        batch_lines: A batch ends with the block that brings it to so many lines.
        keep_raw: Pack the raw bytes.
        plain: Takes in the raw bytes.
        seal_us: What lies before it is refused, UTC microseconds.
    """

    def packed() -> Iterator[tuple[Taken, sentences.Packed | None]]:
        for taken in reading.blocks():
            _seal(taken, told, seal_us)
            raw, taken.raw = taken.raw, b""
            if plain is not None:
                plain.update(raw)
            yield taken, sentences.packed(raw, taken.first_line) if raw and keep_raw else None

    def gathered() -> Iterator[Chunk]:
        gathering = _Gathering(con, told, stations, since)
        end = since.lines + batch_lines
        with closing(ahead(packed(), depth=3)) as blocks:
            for taken, raw in blocks:
                gathering.add(taken, raw)
                full = taken.lines >= end
                if full or gathering.waiting >= CHUNK_ROWS:
                    yield gathering.chunk(reading.mmsi_like, ends_batch=full)
                if full:
                    end = taken.lines + batch_lines
        yield gathering.chunk(reading.mmsi_like, ends_batch=True, last=True)

    return ahead(gathered())


def chunk_of(
    con: duckdb.DuckDBPyConnection,
    told: Told,
    stations: Stations,
    taken: Taken,
    *,
    mmsi_like: bool,
    seal_us: int | None = None,
) -> Chunk:
    """Return all that one block gave as the one chunk of a batch, but for what lies before the seal."""
    _seal(taken, told, seal_us)
    gathering = _Gathering(con, told, stations, Taken())
    gathering.add(taken, None)
    return gathering.chunk(mmsi_like, ends_batch=True)


def _seal(taken: Taken, told: Told, seal_us: int | None) -> None:
    if seal_us is not None:
        refuse_late(taken, seal_us - round(told.clock_offset_s * 1e6))


@dataclass
class _Gathering:
    """Blocks on their way into a chunk."""

    con: duckdb.DuckDBPyConnection
    told: Told
    stations: Stations
    last: Taken
    waiting: int = 0  # rows
    rows: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in SAID})
    rejects: list[tuple[int, str, bytes]] = field(default_factory=list)
    parts: list[npt.NDArray[Any]] = field(default_factory=list)
    packed: list[sentences.Packed] = field(default_factory=list)

    def add(self, taken: Taken, packed: sentences.Packed | None) -> None:
        for name, tables in taken.tables.items():
            self.rows[name] += map(self._corrected, tables)
            self.waiting += sum(table.num_rows for table in tables)
        self.rejects += taken.rejects
        if len(taken.parts):
            self.parts.append(np.asarray(taken.parts, np.uint64).reshape(-1, 2))
        if packed is not None:
            self.packed.append(packed)
        taken.tables, taken.rejects, taken.parts = {}, [], ()
        self.last = taken

    def chunk(self, mmsi_like: bool, *, ends_batch: bool, last: bool = False) -> Chunk:
        """Return what was gathered, but for the latest rows unless a batch ends.

        A copy of these may follow, which would have to change places with a row that was only just stored.
        """
        rows = {}
        for name, tables in self.rows.items():
            if not any(table.num_rows for table in tables):
                continue
            table = _in_order(tables)
            self.rows[name] = []
            if not ends_batch:
                t = table["t"].to_numpy().astype("datetime64[us]").astype(np.int64)
                table, later = _parted(table, t > t.max() - CHAIN_US)
                self.rows[name] = [later]
            if table.num_rows:
                h = hashes(self.con, name, table)
                rows[name] = Rows(table, h, repeated(h))
        heard = counted(rows["positions"].table, self.stations) if "positions" in rows else None
        made = Chunk(rows, heard, *self._besides(), self.packed, self.last, mmsi_like, ends_batch, last)
        self.waiting, self.rejects, self.parts, self.packed = 0, [], [], []
        return made

    def _besides(self) -> tuple[pa.Table | None, pa.Table | None]:
        """Return the rows of `rejects` and of `parts`, in order."""
        rejects = parts = None
        if self.rejects:
            lines, reasons, raws = zip(*self.rejects, strict=True)
            rejects = REJECTS.rows(self._ids(len(lines)), lines, reasons, raws).sort_by("line")
        if self.parts:
            further, first = np.concatenate(self.parts).T
            parts = PARTS.rows(self._ids(len(first)), further, first).sort_by("line")
        return rejects, parts

    def _corrected(self, rows: pa.Table) -> pa.Table:
        """Return rows with their times put right by the input's clock offset."""
        offset_us = round(self.told.clock_offset_s * 1e6)
        if not offset_us:
            return rows
        t = rows["t"].to_numpy() + np.timedelta64(offset_us, "us")
        return rows.set_column(rows.schema.get_field_index("t"), "t", pa.array(t))

    def _ids(self, count: int) -> npt.NDArray[np.uint32]:
        return np.full(count, self.told.input_id, np.uint32)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """Return rows as one table in the order of their lines."""
    rows = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    line = rows["line"].to_numpy()
    return rows.take(np.argsort(line, kind="stable")) if (line[1:] < line[:-1]).any() else rows


def _parted(table: pa.Table, late: npt.NDArray[np.bool_]) -> tuple[pa.Table, pa.Table]:
    """Return rows that may be stored and rows that wait: all late ones, and a few others where that saves a copy."""
    first = int(np.argmax(late))
    if len(late) - first <= 2 * int(late.sum()):
        return table.slice(0, first), table.slice(first)
    return table.filter(pa.array(~late)), table.filter(pa.array(late))
