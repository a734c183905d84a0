"""One message heard twice is one row: which rows are copies, decided by the set of rows alone.

Rule: rows equal in every payload column whose times chain within 10 s are one; where the payload has no UTC second
(NULL or 60-63; heard, identities and fixed have none) only rows of the same second of t. The row with the least
(t, station, input name, line) is kept, the others go to the table of copies, so that a row that comes later but was
earlier can still take its place: neither the order of arrival nor the split into files changes what is kept.

Payload is what the ship sent: the schema's columns without t, station, input_id and line (the receiver's), channel
and own (how it was received) and repeat (a repeater raises it). Ties of the order end with the input's hash.

A hash of the payload finds the few rows that can have a copy; only they are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ais.changed import Whose, firsts
from ais.reader import arrow
from ais.schema import COPIES, TABLES
from ais.store import insert

CHAIN_US = 10_000_000
_MOST_HOLES = 31  # between the spans of time of a query
_LEAST_HOLE_US = 600_000_000
_FEW_ROWS = 20_000  # are hashed in no longer than it takes to read a text of many spans
_FEW_ALIKE = 1_000  # are named one by one
_HELD = ("kept", "copy")
SAID = tuple(COPIES)  # positions, heard, identities, fixed
_NOT_SENT = {"t", "station", "input_id", "line", "channel", "own", "repeat"}

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Settled:
    """What rows changed, of a table and of its copies.

    Attributes:
        t: Least and greatest UTC microseconds of rows that came or went; empty when none did.
        ships: Ship numbers of those among the kept rows, ascending, with the least time of each.
        copied: The same of copies that came: they tell which sources hear, and nothing else.
    """

    t: tuple[int, ...]
    ships: Whose
    copied: Whose


def payload(name: str) -> list[str]:
    """Return the payload columns of a table of rows."""
    return [column for column in TABLES[name].names if column not in _NOT_SENT]


def sameness(name: str) -> str:
    """Return the SQL list of what equal rows agree in: the payload, and the second of t where it has none itself."""
    second = "date_trunc('second', t)"
    if "utc_s" in TABLES[name].names:
        second = f"CASE WHEN utc_s <= 59 THEN NULL ELSE {second} END"
    return ", ".join([*payload(name), second])


# Of each table, the hashes of stored rows of a span of time, and where these are.
_HASHES = {
    name: " UNION ALL ".join(
        f"SELECT {held} AS held, rowid AS row, epoch_us(t) AS us, hash({sameness(name)}) AS h FROM {table} "
        "WHERE t BETWEEN make_timestamp($low) AND make_timestamp($high)"
        for held, table in enumerate((name, COPIES[name].name))
    )
    + f" LIMIT {_FEW_ROWS + 1}"
    for name in SAID
}


def hashes(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> npt.NDArray[np.uint64]:
    """Return the hash of each row of a table by which equal ones are found."""
    con.register("to_hash", rows)
    found: npt.NDArray[np.uint64] = arrow(con, f"SELECT hash({sameness(name)}) AS h FROM to_hash")["h"].to_numpy()
    con.unregister("to_hash")
    return found


def settle(
    con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, h: npt.NDArray[np.uint64], again: Bools
) -> Settled:
    """Put rows of one table into the case, each as kept or as a copy, and correct earlier choices.

    Args:
        con: A connection inside a transaction.
        name: positions, heard, identities or fixed.
        rows: New rows in the schema's columns, in the order in which they are to lie; their input is in `inputs`.
        h: Their hashes.
        again: Which of these are there more than once.
    """
    stored = _alike(con, name, h, rows["t"])
    suspect = again | np.isin(h, stored["h"].to_numpy())
    kept = np.ones(len(h), bool)
    changed = _Changed()
    if suspect.any():
        judged = pa.concat_tables([_plain(name, rows.filter(pa.array(suspect))), _plain(name, stored)])
        keep = _keep(con, name, judged, np.concatenate([h[suspect], stored["h"].to_numpy()]))
        kept[suspect] = keep[: suspect.sum()]
        _correct(con, name, stored, keep[suspect.sum() :], changed)
    changed.add(_put(con, COPIES[name].name, rows, ~kept), copies=True)
    changed.add(_put(con, name, rows, kept))
    return changed.settled()


def judge_again(con: duckdb.DuckDBPyConnection, name: str, stored: pa.Table) -> Settled:
    """Judge stored rows anew, given with `h` and `held`, after rows like them went."""
    changed = _Changed()
    if stored.num_rows:
        keep = _keep(con, name, _plain(name, stored), stored["h"].to_numpy())
        _correct(con, name, stored, keep, changed)
    return changed.settled()


class _Changed:
    """Collects the times and ships of rows that came or went."""

    def __init__(self) -> None:
        self._t: list[int] = []
        self._ships: list[Whose] = []
        self._copied: list[Whose] = []

    def add(self, rows: pa.Table, *, copies: bool = False) -> None:
        if rows.num_rows:
            self._t += span(rows["t"])
            whose = rows["mmsi"].to_numpy(), _us(rows["t"])
            (self._copied if copies else self._ships).append(whose)

    def settled(self) -> Settled:
        t = (min(self._t), max(self._t)) if self._t else ()
        return Settled(t, firsts(self._ships), firsts(self._copied))


def _us(t: pa.ChunkedArray[Any]) -> Ints:
    """Return times as UTC microseconds."""
    return t.to_numpy().astype("datetime64[us]").astype(np.int64)


def span(t: pa.ChunkedArray[Any]) -> tuple[int, int]:
    """Return the least and the greatest of some times (at least one), UTC microseconds."""
    us = _us(t)
    return int(us.min()), int(us.max())


def _put(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, which: Bools) -> pa.Table:
    """Insert some of the rows into a table and return them."""
    if not which.all():
        rows = rows.filter(pa.array(which))
    if rows.num_rows:
        insert(con, table, rows)
    return rows


def repeated(h: npt.NDArray[np.uint64]) -> Bools:
    """Say of each hash whether it is there more than once."""
    order = np.argsort(h)
    ordered = h[order]
    same = ordered[1:] == ordered[:-1]
    found = np.zeros(len(h), bool)
    found[order[1:][same]] = True
    found[order[:-1][same]] = True
    return found


def _alike(con: duckdb.DuckDBPyConnection, name: str, h: npt.NDArray[np.uint64], t: pa.ChunkedArray[Any]) -> pa.Table:
    """Return the stored rows, kept or copies, that can be in one chain with new ones, with their hash and `held`.

    Only rows of the same spans of time are looked at: one wrong stamp among the new rows may be years from the others,
    and the hashes of all rows between would take longer, chunk by chunk, than all else. Where few rows lie between,
    their hashes take less than a query of many spans, and whole rows are read only of those that are alike.
    """
    times, few = np.sort(_us(t)), True
    while True:
        starts, ends = _spans(times, 0 if few else _MOST_HOLES)
        if few:
            near = arrow(con, _HASHES[name], {"low": int(starts[0]), "high": int(ends[0])})
            few = near.num_rows <= _FEW_ROWS
            alike = near.filter(pa.array(np.isin(near["h"].to_numpy(), h))) if few else near
            few &= alike.num_rows <= _FEW_ALIKE
            if not few:
                continue
            more = alike["us"].to_numpy()
        else:
            found = _alike_of_many(con, name, h, starts, ends)
            more = _us(found["t"])
        span = np.searchsorted(starts, more - CHAIN_US, "right") - 1
        if ((span >= 0) & (ends[span] >= more + CHAIN_US)).all():
            return _rows_of(con, name, alike) if few else found
        times = np.sort(np.concatenate([times, more]))  # a chain goes on from its last copy


def _alike_of_many(
    con: duckdb.DuckDBPyConnection, name: str, h: npt.NDArray[np.uint64], starts: Ints, ends: Ints
) -> pa.Table:
    """Return the stored rows in some spans of time that have one of some hashes."""
    near = " OR ".join(
        f"t BETWEEN make_timestamp({start}) AND make_timestamp({end})"
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )
    con.register("hashes", pa.table({"h": pa.array(h)}))
    found = arrow(con, f"SELECT * FROM ({_stored(name, (near, near))}) WHERE h IN (FROM hashes)", many=True)
    con.unregister("hashes")
    return found


def _rows_of(con: duckdb.DuckDBPyConnection, name: str, alike: pa.Table) -> pa.Table:
    """Return the stored rows of which the hashes were read."""
    if not alike.num_rows:
        return _none_of(name)
    first, last = (bound.as_py() for bound in pc.min_max(alike["us"]).values())
    held, where = alike["held"].to_numpy(), []
    for which in range(len(_HELD)):
        rows = alike["row"].to_numpy()[held == which].tolist()
        span = f"t BETWEEN make_timestamp({first}) AND make_timestamp({last})"
        where.append(f"{span} AND rowid IN ({', '.join(map(str, rows))})" if rows else "")
    return arrow(con, _stored(name, where))


def _stored(name: str, where: Sequence[str]) -> str:
    """Return a query for stored rows, kept ones and copies, by a condition on each; those without one are left out."""
    columns = f"{', '.join(TABLES[name].names)}, hash({sameness(name)}) AS h"
    tables = zip((name, COPIES[name].name), _HELD, where, strict=True)
    return " UNION ALL ".join(
        f"SELECT {columns}, '{held}' AS held FROM {t} WHERE {one}" for t, held, one in tables if one
    )


def _none_of(name: str) -> pa.Table:
    """Return no rows of a table, with the columns of those that are alike."""
    fields = [field.with_nullable(True) for field in TABLES[name].arrow_schema()]
    return pa.schema([*fields, pa.field("h", pa.uint64()), pa.field("held", pa.string())]).empty_table()


def _spans(times: Ints, most_holes: int) -> tuple[Ints, Ints]:
    """Return where a few spans begin and end that hold times, ascending, and all that can chain with them."""
    starts, ends = times - CHAIN_US, times + CHAIN_US
    holes = starts[1:] - ends[:-1]
    cuts = np.flatnonzero(holes > _LEAST_HOLE_US)
    cuts = np.sort(cuts[np.argsort(holes[cuts])[len(cuts) - min(most_holes, len(cuts)) :]])
    return starts[np.concatenate(([0], cuts + 1))], ends[np.concatenate((cuts, [len(times) - 1]))]


def _plain(name: str, rows: pa.Table) -> pa.Table:
    """Return rows in the schema's columns and types: texts may come as dictionaries."""
    fields = [field.with_nullable(True) for field in TABLES[name].arrow_schema()]
    return rows.select([field.name for field in fields]).cast(pa.schema(fields))


def _keep(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, h: npt.NDArray[np.uint64]) -> Bools:
    """Say of each row whether it is the kept one of its chain; rows are all that are alike, with their hash."""
    t = rows["t"].to_numpy().astype("datetime64[us]").astype(np.int64)
    key = h.view(np.int64)
    station = _rank(rows["station"]) if "station" in rows.column_names else np.zeros(len(h), np.int64)
    inputs = con.execute("SELECT id FROM inputs ORDER BY name, sha256").fetchall()
    place = np.zeros(max(number for (number,) in inputs) + 1, np.int64)
    place[[number for (number,) in inputs]] = np.arange(len(inputs))
    ties = (rows["line"].to_numpy(), place[rows["input_id"].to_numpy()], station, t)
    order = np.lexsort((*ties, key))
    if not _equal_where_hashed_alike(name, rows.take(order), key[order], t[order]):
        key = _keys(name, rows, t)
        order = np.lexsort((*ties, key))
    first = np.ones(len(h), bool)
    first[1:] = (np.diff(key[order]) != 0) | (np.diff(t[order]) > CHAIN_US)
    keep = np.zeros(len(h), bool)
    keep[order] = first
    return keep


def _rank(texts: pa.ChunkedArray[Any]) -> Ints:
    """Return the place of each text in their order, NULL first."""
    encoded: Any = texts.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    places = np.zeros(len(names) + 1, np.int64)
    places[sorted(range(len(names)), key=names.__getitem__)] = np.arange(1, len(names) + 1)
    found: Ints = places[encoded.indices.fill_null(len(names)).to_numpy()]
    return found


def _second(rows: pa.Table, t: Ints) -> Ints:
    """Return what tells rows apart beside their payload: the second of t where the payload has none of its own."""
    if "utc_s" not in rows.column_names:
        return t // 1_000_000
    own = rows["utc_s"].combine_chunks().fill_null(63).to_numpy()
    return np.where(own <= 59, 0, t // 1_000_000)


def _equal_where_hashed_alike(name: str, rows: pa.Table, h: Ints, t: Ints) -> bool:
    """Say whether neighbours with one hash are equal in all that the hash covers."""
    alike = h[1:] == h[:-1]
    second = _second(rows, t)
    differ = second[1:] != second[:-1]
    for column in payload(name):
        values: Any = rows[column].combine_chunks()
        now, before = values.slice(1), values.slice(0, len(values) - 1)
        same = pc.or_(pc.fill_null(pc.equal(now, before), False), pc.and_(now.is_null(), before.is_null()))
        differ |= ~same.to_numpy(zero_copy_only=False)
    return not (differ & alike).any()


def _keys(name: str, rows: pa.Table, t: Ints) -> Ints:
    """Return a number for each different payload: two payloads may have one hash, once in an age."""
    numbers: dict[tuple[Any, ...], int] = {}
    columns = [rows[column].to_pylist() for column in payload(name)]
    said = zip(*columns, _second(rows, t).tolist(), strict=True)
    return np.array([numbers.setdefault(one, len(numbers)) for one in said], np.int64)


def _correct(con: duckdb.DuckDBPyConnection, name: str, stored: pa.Table, keep: Bools, changed: _Changed) -> None:
    """Move stored rows to where they belong now: a copy can become the kept one and back."""
    was_kept = stored["held"].to_numpy(zero_copy_only=False) == "kept"
    copies = COPIES[name].name
    if (moves := was_kept != keep).any():  # what takes the place of a row may be one that was there all along
        h = stored["h"].to_numpy()
        changed.add(stored.filter(pa.array(np.isin(h, h[moves]))), copies=True)
    for here, there, moves in ((name, copies, was_kept & ~keep), (copies, name, ~was_kept & keep)):
        if not moves.any():
            continue
        moved = (
            stored.filter(pa.array(moves))
            .select(list(TABLES[name].names))
            .sort_by([("input_id", "ascending"), ("line", "ascending")])
        )
        changed.add(moved)
        con.register("moved", moved)
        con.execute(f"INSERT INTO {there} BY NAME SELECT * FROM moved")
        first, last = span(moved["t"])
        con.execute(
            f"DELETE FROM {here} USING moved AS m WHERE {here}.input_id = m.input_id AND {here}.line = m.line "
            f"AND {here}.t BETWEEN make_timestamp({first}) AND make_timestamp({last})"
        )
        con.unregister("moved")
