"""Raw numbers of decoded messages to rows of a case: units, and the end of every sentinel.

Not available becomes NULL here and nowhere later (ITU-R M.1371-5 annex 8): speed 1023 (63 in type 27), course from
360 degrees, heading from 360, rate of turn -128, status 15, IMO, draught and ship type 0, dimensions all 0, a date
whose month, day, hour or minute is out of range, empty texts. A longitude beyond 180 or a latitude beyond 90 degrees
(181 and 91 are the sentinels) is no fix: the ship was heard, that is all. 180 east is written -180.
Speeds are in 0.1 kn but in whole knots for aircraft and type 27; degrees in 1/600000, in type 27 in 1/600.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from ais.decode import numbers, text, words
from ais.fields import (
    AIRCRAFT,
    ATON,
    BASE,
    CLASS_A,
    CLASS_B,
    CLASS_B_LONG,
    LAYOUTS,
    LONG_RANGE,
    OTHER,
    STATIC_A,
    STATIC_B,
    VOYAGE,
    Layout,
)
from ais.messages import Messages
from ais.schema import TABLES
from ais.words import Bools, Bytes, Ints, Words, letters, strings

_WITH_FIX = (CLASS_A, CLASS_B, CLASS_B_LONG, AIRCRAFT, LONG_RANGE)
_SILENT = (VOYAGE, STATIC_A, STATIC_B, OTHER)  # say no place; they stand side by side in `LAYOUTS`
_WITH_IDENTITY = (CLASS_B_LONG, VOYAGE, STATIC_A, STATIC_B)
_CLASS = {CLASS_A: ord("A"), LONG_RANGE: ord("A"), CLASS_B: ord("B"), CLASS_B_LONG: ord("B"), AIRCRAFT: 0}
_KINDS = ("base", "response", "aton")
RESPONSE = 11
AUXILIARY = 98  # first two digits of a craft of a parent ship: part B says the parent's number, not dimensions
_TWO = np.array([list(f"{number:02}".encode()) for number in range(100)], np.uint8)
_POSITION = {"second": 255, "heading": 511, "status": 15, "turn": -128}  # what stands for what a layout lacks
_DIMENSIONS: dict[str, Any] = {
    "to_bow": np.uint16,
    "to_stern": np.uint16,
    "to_port": np.uint8,
    "to_starboard": np.uint8,
}


@dataclass(frozen=True)
class Batch:
    """Messages of one layout.

    Attributes:
        layout: Their layout.
        words: The bits of their fields.
        raw: Their numbers as sent.
        rows: Where they are among all messages.
    """

    layout: Layout
    words: Words
    raw: dict[str, Ints]
    rows: slice


class _Common:
    """The columns that every table has, of all messages.

    Attributes:
        own: Which messages are of the receiver's own ship.
        channel: Their radio channels.
    """

    def __init__(self, messages: Messages, stations: Sequence[str], batches: Sequence[Batch], input_id: int) -> None:
        mmsi, kind = (np.concatenate([batch.raw[name] for batch in batches]) for name in ("mmsi", "msg_type"))
        self._columns = {
            "mmsi": pa.array(mmsi.astype(np.uint32)),
            "t": pa.array(messages.t.view("datetime64[us]")),
            "msg_type": pa.array(kind.astype(np.uint8)),
            "station": strings(messages.station, stations),
            "input_id": pa.array(np.full(len(messages), input_id, np.uint32)),
            "line": pa.array(messages.line.astype(np.uint64)),
            "own": pa.array(messages.own),
            "channel": letters(messages.channel),
        }

    def of(self, rows: slice | Ints) -> dict[str, Any]:
        """Return the columns of some messages."""
        if isinstance(rows, slice):
            return {name: column[rows] for name, column in self._columns.items()}
        taken = pa.array(rows)
        return {name: column.take(taken) for name, column in self._columns.items()}


def tables_of(
    buffer: Bytes, messages: Messages, codes: Bytes, stations: Sequence[str], input_id: int
) -> dict[str, list[pa.Table]]:
    """Return the rows that messages give, by table.

    Args:
        buffer: Where their payloads are.
        messages: The messages, each with a time, in the order of their layouts.
        codes: The layout of each, as its place in `LAYOUTS`.
        stations: The names of their stations by code.
        input_id: The input that said them.
    """
    batches = _batches(buffer, messages, codes)
    if not batches:
        return {}
    common = _Common(messages, stations, batches, input_id)
    tables: dict[str, list[pa.Table]] = {"positions": [], "fixed": [], "identities": [], "heard": []}
    unplaced = [_positions(tables["positions"], [batch for batch in batches if batch.layout in _WITH_FIX], common)]
    for batch in batches:
        if batch.layout in (BASE, ATON):
            tables["fixed"].append(_fixed(batch, common))
            unplaced.append(batch.rows.start + np.flatnonzero(batch.raw["msg_type"] == RESPONSE))
        if batch.layout in _WITH_IDENTITY:
            tables["identities"].append(_identities(batch, common))
    silent = [batch.rows for batch in batches if batch.layout in _SILENT]
    if silent:
        tables["heard"].append(table("heard", common.of(slice(silent[0].start, silent[-1].stop))))
    tables["heard"].append(table("heard", common.of(np.concatenate(unplaced))))
    return {name: some for name, found in tables.items() if (some := [one for one in found if one.num_rows])}


def _batches(buffer: Bytes, messages: Messages, codes: Bytes) -> list[Batch]:
    """Cut the messages' fields, one layout at a time."""
    bounds = np.searchsorted(codes, np.arange(len(LAYOUTS) + 1)).tolist()
    batches = []
    for layout, begin, end in zip(LAYOUTS, bounds[:-1], bounds[1:], strict=True):
        if begin < end:
            bits = messages.size[begin:end] * 6 - messages.fill[begin:end]
            cut = words(layout, buffer, messages.start[begin:end], bits)
            batches.append(Batch(layout, cut, numbers(layout, cut), slice(begin, end)))
    return batches


@cache
def _schema(name: str) -> pa.Schema:
    return pa.schema([f.with_nullable(True) for f in TABLES[name].arrow_schema()])


def table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Return a table of the schema; columns that are not given are NULL."""
    n, schema = len(columns["mmsi"]), _schema(name)
    arrays = [columns[f.name] if f.name in columns else pa.nulls(n, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _known(values: Any, known: Bools) -> Any:
    """Return values as Arrow, NULL where they are not known."""
    return pa.array(values) if known.all() else pa.array(values, mask=~known)


def _place(batch: Batch) -> tuple[Ints, Ints, Bools]:
    """Return longitude and latitude in microdegrees, and whether they are a fix."""
    # In whole microdegrees as pyais rounds them, so that no float error depends on the machine.
    per_unit = 10_000 if batch.layout is LONG_RANGE else 10
    lon, lat = ((per_unit * batch.raw[name] + 3) // 6 for name in ("lon", "lat"))
    fix = (np.abs(lon) <= 180_000_000) & (np.abs(lat) <= 90_000_000)
    lon[lon == 180_000_000] = -180_000_000
    return lon, lat, fix


def _motion(batch: Batch) -> tuple[Ints, Ints]:
    """Return speed in 0.1 kn and course in 0.1 degrees; -1 where they are not known."""
    speed, course = batch.raw["speed"], batch.raw["course"]
    unknown = speed == (63 if batch.layout is LONG_RANGE else 1023)
    speed = speed * 10 if batch.layout in (AIRCRAFT, LONG_RANGE) else speed.copy()
    course = course * 10 if batch.layout is LONG_RANGE else course.copy()
    speed[unknown] = -1
    course[course >= 3600] = -1
    return speed, course


def _positions(tables: list[pa.Table], batches: Sequence[Batch], common: _Common) -> Ints:
    """Add the rows of all messages that have a fix; return which have none."""
    if not batches:
        return np.zeros(0, np.int64)
    found: list[dict[str, Any]] = []
    for batch in batches:
        raw, n = batch.raw, batch.rows.stop - batch.rows.start
        lon, lat, fix = _place(batch)
        speed, course = _motion(batch)
        one: dict[str, Any] = {name: raw[name] for name in ("accuracy", "raim", "repeat")}
        one |= {name: raw[name] if name in raw else np.full(n, lack) for name, lack in _POSITION.items()}
        one |= {"lon": lon, "lat": lat, "fix": fix, "speed": speed, "course": course}
        one["class"] = np.full(n, _CLASS[batch.layout], np.uint8)
        found.append(one)
    of = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    fix = of["fix"]
    rows: slice | Ints = slice(batches[0].rows.start, batches[-1].rows.stop)
    if not fix.all():
        rows = np.flatnonzero(fix)  # positions are the first in `LAYOUTS`
        of = {name: values[rows] for name, values in of.items()}
    columns = common.of(rows) | {
        "utc_s": _known(of["second"].astype(np.uint8), of["second"] < 64),
        "lon": pa.array(of["lon"] / 1e6),
        "lat": pa.array(of["lat"] / 1e6),
        "sog_kn": _known((of["speed"] / 10).astype(np.float32), of["speed"] >= 0),
        "cog_deg": _known((of["course"] / 10).astype(np.float32), of["course"] >= 0),
        "heading_deg": _known(of["heading"].astype(np.uint16), of["heading"] < 360),
        "rot": _known(of["turn"].astype(np.int8), of["turn"] != -128),
        "nav_status": _known(of["status"].astype(np.uint8), of["status"] != 15),
        "ais_class": letters(of["class"]),
        "accurate": pa.array(of["accuracy"] == 1),
        "raim": pa.array(of["raim"] == 1),
        "repeat": pa.array(of["repeat"].astype(np.uint8)),
    }
    tables.append(table("positions", columns))
    return np.flatnonzero(~fix)


def _fixed(batch: Batch, common: _Common) -> pa.Table:
    """Return the rows of base stations and aids to navigation."""
    raw = batch.raw
    lon, lat, fix = _place(batch)
    columns = common.of(batch.rows) | {"lon": _known(lon / 1e6, fix), "lat": _known(lat / 1e6, fix)}
    if batch.layout is ATON:
        columns["kind"] = strings(np.full(len(lon), _KINDS.index("aton")), _KINDS)
    else:
        columns["kind"] = strings((raw["msg_type"] == RESPONSE).astype(np.int64), _KINDS)
        columns["said_t"] = _said_t(raw)
    return table("fixed", columns)


def _said_t(raw: Mapping[str, Ints]) -> Any:
    """Return a station's own date and time, NULL where any of it is a sentinel or there is no such day."""
    year, month, day = raw["year"], raw["month"], raw["day"]
    known = (year > 0) & (year <= 9999) & (month > 0) & (month <= 12) & (day > 0)
    months = (np.where(known, year, 1970) - 1970) * 12 + np.where(known, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + np.where(known, day, 1) - 1
    known &= days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) == months
    known &= (raw["hour"] < 24) & (raw["minute"] < 60) & (raw["second"] < 60)
    seconds = ((days * 24 + raw["hour"]) * 60 + raw["minute"]) * 60 + raw["second"]
    return _known((seconds * 1_000_000).view("datetime64[us]"), known)


def _identities(batch: Batch, common: _Common) -> pa.Table:
    """Return the rows of static reports."""
    raw = batch.raw
    columns = common.of(batch.rows)
    for column, name in (("name", "shipname"), ("callsign", "callsign"), ("destination", "destination")):
        if name in batch.layout.texts:
            columns[column] = text(batch.words, batch.layout.texts[name])
    integers: dict[str, Any] = {"imo": np.uint32, "ship_type": np.uint8}
    for column, kind in integers.items():
        if column in raw:
            columns[column] = _known(raw[column].astype(kind), raw[column] > 0)
    if "to_bow" in raw:
        measured = sum(raw[name] for name in _DIMENSIONS) > 0
        measured &= raw["mmsi"] // 10_000_000 != AUXILIARY
        for name, kind in _DIMENSIONS.items():
            columns[f"{name}_m"] = _known(raw[name].astype(kind), measured)
    if "draught" in raw:
        columns["draught_m"] = _known((raw["draught"] / 10).astype(np.float32), raw["draught"] > 0)
        columns["eta"] = _eta(raw)
    return table("identities", columns)


def _eta(raw: Mapping[str, Ints]) -> Any:
    """Return times of arrival as sent, MM-DD HH:MM; hour 24 and minute 60 are the sentinels."""
    month, day, hour, minute = (raw[name] for name in ("month", "day", "hour", "minute"))
    known = (month >= 1) & (month <= 12) & (day > 0) & (hour < 24) & (minute < 60)
    chars = np.empty((len(month), 11), np.uint8)
    chars[:] = np.frombuffer(b"00-00 00:00", np.uint8)
    for place, values in ((0, month), (3, day), (6, hour), (9, minute)):
        chars[:, place : place + 2] = _TWO[values]
    return pa.array(chars.view("S11").ravel(), pa.binary(), mask=~known).view(pa.string())
