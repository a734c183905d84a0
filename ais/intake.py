"""One input on its way into the case: blocks are gathered into chunks of rows, chunks into batches that are committed.

Where the chunks end depends on the input alone, so a case that was filled after an interruption equals, row for row,
one that was filled without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais import sentences
from ais.duplicates import CHAIN_US, SAID, settle, span
from ais.hearings import Hearings
from ais.schema import HEARINGS, PARTS, REJECTS, TOUCHED
from ais.staging import Taken
from ais.store import insert

CHUNK_ROWS = 245_760  # two of DuckDB's row groups


@dataclass(frozen=True)
class Packet:
    """What a block gave, with its raw bytes packed.

    Attributes:
        taken: What the reading made of it, without its raw bytes.
        packed: The raw bytes as they are stored, or None where they are not kept.
    """

    taken: Taken
    packed: sentences.Packed | None


def packets(blocks: Iterable[Taken], *, keep_raw: bool, plain: hashlib._Hash) -> Iterator[Packet]:
    """Pack the raw bytes of blocks and hash them on the way."""
    for taken in blocks:
        raw, taken.raw = taken.raw, b""
        plain.update(raw)
        yield Packet(taken, sentences.packed(raw, taken.first_line) if raw and keep_raw else None)


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


class Intake:
    """The rows of one input, added within transactions of the caller.

    Attributes:
        told: What is known of the input.
        taken: The last block that was added.
    """

    def __init__(self, told: Told, taken: Taken | None = None) -> None:
        self.taken = taken or Taken()
        self.told = told
        self._offset_us = round(told.clock_offset_s * 1e6)
        self._rows: dict[str, list[pa.Table]] = {name: [] for name in SAID}
        self._waiting = 0
        self._changed: list[int] = []
        self._ships: list[npt.NDArray[np.uint32]] = []
        self._times: list[int] = []
        self._hearings = Hearings()
        self._batches = 0 if taken is None else 1

    def begin(self, con: duckdb.DuckDBPyConnection) -> None:
        """Begin a batch; the first one writes the input's row."""
        told = self.told
        con.execute(
            """
            INSERT INTO inputs BY NAME
            SELECT $id AS id, $name AS name, $sha256 AS sha256, $bytes AS bytes, $format AS format, 0 AS lines,
                0 AS other, true AS mmsi_like, $options AS options, $offset AS clock_offset_s, '{}' AS clocks,
                $begun_on AS begun_on, false AS complete
            WHERE $id NOT IN (SELECT id FROM inputs)
            """,
            {
                "id": told.input_id,
                "name": told.name,
                "sha256": told.sha256,
                "bytes": told.bytes,
                "format": told.format,
                "options": told.options,
                "offset": told.clock_offset_s,
                "begun_on": told.begun_on.replace(tzinfo=None),
            },
        )
        self._changed, self._ships, self._times = [], [], []

    def add(self, con: duckdb.DuckDBPyConnection, packet: Packet) -> int:
        """Take a block in; return how many lines of the input that makes."""
        taken = packet.taken
        if packet.packed is not None:
            sentences.keep(con, self.told.input_id, [packet.packed])
        if taken.rejects:
            lines, reasons, raws = zip(*taken.rejects, strict=True)
            insert(con, "rejects", REJECTS.rows(self._ids(len(lines)), lines, reasons, raws).sort_by("line"))
        if len(taken.parts):
            further, first = np.asarray(taken.parts, np.uint64).T
            insert(con, "parts", PARTS.rows(self._ids(len(first)), further, first).sort_by("line"))
        for name, tables in taken.tables.items():
            self._rows[name] += map(self._corrected, tables)
            self._waiting += sum(table.num_rows for table in tables)
        if self._waiting >= CHUNK_ROWS:
            self._settle(con, last=False)
        self.taken = taken
        return taken.lines

    def end(self, con: duckdb.DuckDBPyConnection, *, mmsi_like: bool) -> None:
        """End a batch: its rows are settled, and the input's row says how far it came."""
        self._settle(con, last=True)
        taken = self.taken
        con.execute(
            """
            UPDATE inputs SET lines = $lines, other = $other, mmsi_like = $mmsi_like, clocks = $clocks, place = $place,
                first_t = least(first_t, make_timestamp($first)), last_t = greatest(last_t, make_timestamp($last))
            WHERE id = $id
            """,
            {
                "lines": taken.lines,
                "other": taken.other,
                "mmsi_like": mmsi_like,
                "clocks": json.dumps(taken.clocks),
                "place": json.dumps({"end": taken.end, "state": taken.state}),
                "first": min(self._times, default=None),
                "last": max(self._times, default=None),
                "id": self.told.input_id,
            },
        )
        self._hearings.store(con, self.told.input_id)
        note_changes(con, self._changed, self._ships)
        self._batches += 1

    def complete(self, con: duckdb.DuckDBPyConnection, plain_sha256: str | None) -> None:
        """Say, in the last batch, that all of the input is in the case."""
        if self._batches > 1:
            self._sum_hearings(con)
        con.execute(
            "UPDATE inputs SET complete = true, place = NULL, plain_sha256 = ? WHERE id = ?",
            [plain_sha256, self.told.input_id],
        )

    def _sum_hearings(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make one row of what several batches counted for one receiver, hour, cell and class."""
        mine, columns = f"input_id = {self.told.input_id}", ", ".join(HEARINGS.names[:-1])
        con.execute(  # a table that spills to disk: a long input has more of them than memory holds
            f"CREATE TEMP TABLE summed AS SELECT {columns}, sum(reports)::UBIGINT AS reports FROM hearings "
            f"WHERE {mine} GROUP BY ALL ORDER BY ALL"
        )
        con.execute(f"DELETE FROM hearings WHERE {mine}")
        con.execute("INSERT INTO hearings FROM summed")
        con.execute("DROP TABLE summed")

    def _settle(self, con: duckdb.DuckDBPyConnection, *, last: bool) -> None:
        """Move the rows that wait into the case, but for the latest ones unless it is the batch's last time.

        A copy of these may follow, which would have to change places with a row that was only just stored.
        """
        self._waiting = 0
        for name, tables in self._rows.items():
            if not any(table.num_rows for table in tables):
                continue
            rows = _in_order(tables)
            self._rows[name] = []
            if not last:
                t = rows["t"].to_numpy().astype("datetime64[us]").astype(np.int64)
                late = t > t.max() - CHAIN_US
                self._rows[name], rows = [rows.filter(pa.array(late))], rows.filter(pa.array(~late))
                if not rows.num_rows:
                    continue
            if name != "identities":  # those of tables are of the hour
                self._times += span(rows["t"])
            if name == "positions":
                self._hearings.add(rows)
            settled = settle(con, name, rows)
            self._changed += settled.t
            if name == "positions":
                self._ships.append(settled.ships)

    def _corrected(self, rows: pa.Table) -> pa.Table:
        """Return rows with their times put right by the input's clock offset."""
        if not self._offset_us:
            return rows
        t = rows["t"].to_numpy() + np.timedelta64(self._offset_us, "us")
        return rows.set_column(rows.schema.get_field_index("t"), "t", pa.array(t))

    def _ids(self, count: int) -> npt.NDArray[np.uint32]:
        return np.full(count, self.told.input_id, np.uint32)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """Return rows as one table in the order of their lines."""
    rows = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    line = rows["line"].to_numpy()
    return rows.take(np.argsort(line, kind="stable")) if (line[1:] < line[:-1]).any() else rows


def note_changes(con: duckdb.DuckDBPyConnection, times: Iterable[int], ships: Iterable[npt.NDArray[Any]]) -> None:
    """Note which times (UTC microseconds) detection must look at again, and whose marks must be remade."""
    times = list(times)
    if times:
        con.execute(
            "INSERT INTO changes SELECT coalesce(max(id), 0) + 1, make_timestamp($first), make_timestamp($last) "
            "FROM changes",
            {"first": min(times), "last": max(times)},
        )
    touched = [one for one in ships if len(one)]
    if touched:
        con.register("incoming", TOUCHED.rows(np.unique(np.concatenate(touched))))
        con.execute("INSERT INTO touched SELECT mmsi FROM incoming WHERE mmsi NOT IN (FROM touched) ORDER BY mmsi")
        con.unregister("incoming")
