"""Columns of a decoded table to rows of a case (`ais.tables` says by which rules), a whole block at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ais.layouts import SIDES, STATIC
from ais.schema import TABLES
from ais.staging import RAW_BYTES
from ais.tablecolumns import Bools, Floats, Ints, choices, fingerprints, known, numbers, rounded, texts, within
from ais.tablevalues import MAX_ID, MMSI_END, MMSI_FROM, SPEED_NONE_KN, eta, imo, mobile, ship_type, status
from ais.timecolumn import read_times
from ais.timetext import TimeText

Columns = Mapping[str, Any]

_HOUR_US = 3_600_000_000  # static reports come every 6 minutes; joined to every row, one an hour says as much
_MOST_SIDES = (511, 511, 63, 63)  # what the bits of a dimension hold, metres
_MOST_DRAUGHT_M = 100
_FEWEST = 10  # positions that can tell that their columns are exchanged


class TableRows:
    """Turns columns to rows of one input, block after block.

    Attributes:
        example: The time as written in the first row that could not be read for it, or None.
        numbers: Rows with a ship number and a time.
        like: Those whose ship number looks like an MMSI.
        said: Fingerprints of the static reports so far; whoever calls may empty it to bound it.
    """

    def __init__(self, times: TimeText, input_id: int) -> None:
        self.example: str | None = None
        self.numbers = 0
        self.like = 0
        self.said: set[int] = set()
        self._times = times
        self._input_id = input_id

    def take(
        self, columns: Columns, lines: Ints, raw: Callable[[int], bytes]
    ) -> tuple[dict[str, list[pa.Table]], list[tuple[int, str, bytes]]]:
        """Return the tables and the rejects of a block's rows.

        Args:
            columns: Our fields to their values.
            lines: The line of each row, ascending.
            raw: Gives the bytes of a line.
        """
        if not len(lines):
            return {}, []
        ids = numbers(columns["mmsi"])
        with np.errstate(invalid="ignore"):
            named = (ids == np.floor(ids)) & (ids >= 0) & (ids <= MAX_ID)
        times = read_times(columns["t"], self._times)
        good = named & (times.why == 0)
        rejects: list[tuple[int, str, bytes]] = []
        for i in np.flatnonzero(~good).tolist():
            why = times.reasons[times.why[i]] if named[i] else "ship number"
            if why == "time" and self.example is None:
                self.example = str(columns["t"][i].as_py() or "")[:60]
            line = int(lines[i])
            rejects.append((line, why, raw(line)[:RAW_BYTES]))
        if rejects:
            kept: Any = pa.array(np.flatnonzero(good))
            columns = {ours: column.take(kept) for ours, column in columns.items()}
            ids, lines, t = ids[good], lines[good], times.t[good]
        else:
            t = times.t
        self.numbers += len(ids)
        self.like += int(((ids >= MMSI_FROM) & (ids < MMSI_END)).sum())
        return self._tables(columns, ids.astype(np.uint32), t, lines), rejects

    def _tables(self, columns: Columns, mmsi: Any, t: Ints, lines: Ints) -> dict[str, list[pa.Table]]:
        """Return the rows of columns that all have a ship and a time."""
        lon, lat = numbers(columns["lon"]), numbers(columns["lat"])
        with np.errstate(invalid="ignore"):
            fix = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        given: dict[str, Any] = {"mmsi": mmsi, "t": t, "line": lines}
        if "station" in columns:
            given["station"] = texts(columns["station"])
        stands = np.zeros(len(t), np.bool_)
        if "ais_class" in columns:
            told, which = choices(columns["ais_class"], mobile)
            classes, kinds = zip(*told, strict=True)
            at: Any = pa.array(which)
            given["ais_class"] = pa.array(classes, pa.string()).take(at)
            given["kind"] = pa.array(kinds, pa.string()).take(at)
            stands = np.array([kind is not None for kind in kinds])[which]
        given["lon"], given["lat"] = _degrees(lon, fix, 180), _degrees(lat, fix, None)
        tables = {
            "positions": self._rows("positions", given | _motion(columns), fix & ~stands),
            "heard": self._rows("heard", given, ~fix & ~stands),
            "fixed": self._rows("fixed", given, stands),
            "identities": self._identities(columns, given, stands),
        }
        return {name: [table] for name, table in tables.items() if table is not None and table.num_rows}

    def _identities(self, columns: Columns, given: dict[str, Any], stands: Bools) -> pa.Table | None:
        """Return the static reports that say something new in their hour, as of the hour's start.

        New is a ship's wording of an hour that `said` does not have, so that what is stored in the end, once
        duplicates are settled, is a set of (ship, hour, what it says): neither the order of rows nor their split into
        files changes it.
        """
        fields = [name for name in STATIC if name in columns]
        if not fields:
            return None
        if stands.any():
            moving = np.flatnonzero(~stands)
            columns = {name: columns[name].take(pa.array(moving)) for name in fields}
            given = {name: given[name][moving] for name in ("mmsi", "t", "line")}
        if not len(given["t"]):
            return None
        hours = given["t"] // _HOUR_US
        prints = fingerprints([given["mmsi"].astype(np.int64), hours], [columns[name] for name in fields])
        coded = pa.array(prints).dictionary_encode()
        told = coded.dictionary.to_numpy()
        fresh = set(told.tolist()) - self.said
        if not fresh:
            return None
        self.said |= fresh
        first = np.zeros(len(told), np.int64)
        first[coded.indices.to_numpy()[::-1]] = np.arange(len(prints) - 1, -1, -1)  # of equal ones the first is last
        rows = first[np.isin(told, np.fromiter(fresh, np.uint64, len(fresh)))]
        rows.sort()
        at = pa.array(rows)
        said = _static({name: columns[name].take(at) for name in fields}, len(rows))
        told_of = {"mmsi": given["mmsi"][rows], "t": hours[rows] * _HOUR_US, "line": given["line"][rows]}
        something = np.zeros(len(rows), np.bool_)
        for column in said.values():
            something |= column.is_valid().to_numpy(zero_copy_only=False)
        return self._rows("identities", told_of | said, something)

    def _rows(self, name: str, given: Columns, which: Bools) -> pa.Table | None:
        """Return some rows of a table; columns that are not given are NULL."""
        n = int(which.sum())
        if not n:
            return None
        kept = None if n == len(which) else pa.array(np.flatnonzero(which))
        arrays = []
        schema = TABLES[name].arrow_schema()
        for column in schema:
            if column.name == "input_id":
                arrays.append(pa.array(np.full(n, self._input_id, np.uint32)))
            elif column.name == "msg_type":
                arrays.append(pa.array(np.zeros(n, np.uint8)))
            elif column.name not in given:
                arrays.append(pa.nulls(n, column.type))
            else:
                values = given[column.name]
                whole = _array(values, column.type) if isinstance(values, np.ndarray) else values
                arrays.append(whole if kept is None else whole.take(kept))
        return pa.table(arrays, schema=pa.schema([column.with_nullable(True) for column in schema]))


def _array(values: Any, kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.array(values.view("M8[us]"), kind)
    return pa.array(values.astype(kind.to_pandas_dtype(), copy=False), kind)


def _degrees(values: Floats, fix: Bools, end: int | None) -> Any:
    """Return longitudes or latitudes of fixes; the end of the circle is its beginning."""
    found = rounded(np.where(fix, values, 0))
    return pa.array(found if end is None else np.where(found == end, -end, found), pa.float64(), mask=~fix)


def _motion(columns: Columns) -> dict[str, Any]:
    """Return what positions say of motion."""
    found: dict[str, Any] = {}
    with np.errstate(invalid="ignore"):
        for name, end in (("sog_kn", SPEED_NONE_KN), ("cog_deg", 360)):
            if name in columns:
                values = numbers(columns[name])
                found[name] = known(values, (values >= 0) & (values < end), pa.float32())
    if "heading_deg" in columns:
        found["heading_deg"] = known(*within(numbers(columns["heading_deg"]), 0, 359), pa.uint16())
    if "nav_status" in columns:
        found["nav_status"] = known(*within(numbers(columns["nav_status"], status), 0, 14), pa.uint8())
    return found


def _static(columns: Columns, n: int) -> dict[str, Any]:
    """Return what static reports say."""
    found = {name: texts(columns[name]) for name in ("name", "callsign", "destination") if name in columns}
    if "eta" in columns:
        found["eta"] = texts(columns["eta"], eta)
    if "imo" in columns:
        found["imo"] = known(*within(numbers(columns["imo"], imo), 1, MAX_ID), pa.uint32())
    if "ship_type" in columns:
        found["ship_type"] = known(*within(numbers(columns["ship_type"], ship_type), 1, 255), pa.uint8())
    if "draught_m" in columns:
        values = numbers(columns["draught_m"])
        with np.errstate(invalid="ignore"):
            found["draught_m"] = known(values, (values > 0) & (values < _MOST_DRAUGHT_M), pa.float32())
    sides = {
        name: within(numbers(columns[name]), 0, most)
        for name, most in zip(SIDES, _MOST_SIDES, strict=True)
        if name in columns
    }
    measured = np.zeros(n, np.bool_)  # all nought: not said
    for values, good in sides.values():
        measured |= good & (values > 0)
    kinds = TABLES["identities"].arrow_schema()
    for name, (values, good) in sides.items():
        found[name] = known(values, good & measured, kinds.field(name).type)
    return found


def exchanged(columns: Columns) -> bool:
    """Whether longitudes and latitudes are exchanged: most latitudes lie beyond 90, and exchanged all are possible."""
    lon, lat = numbers(columns["lon"]), numbers(columns["lat"])
    with np.errstate(invalid="ignore"):
        there = np.isfinite(lon) & np.isfinite(lat) & ~((np.abs(lat) == 181) & (np.abs(lon) == 91))
        lon, lat = np.abs(lon[there]), np.abs(lat[there])
    return len(lat) >= _FEWEST and bool(2 * (lat > 90).sum() > len(lat) and (lat <= 180).all() and (lon <= 90).all())
